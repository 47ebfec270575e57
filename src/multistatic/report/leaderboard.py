"""The leaderboard of the benchmark suite as a table for the terminal and as files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from multistatic.registry import Origin
from multistatic.report.text_table import Emphasis, Prose, TableColumn, TableRow, TextTable
from multistatic.report.wording import in_percent, one_unit, percent
from multistatic.scenario.tables import csv_text
from multistatic.suite.best_known import BEAMS
from multistatic.suite.ranking import Standing, standings
from multistatic.suite.tasks import BOARDS, VERDICTS, SuiteOutcome

if TYPE_CHECKING:
    from rich.console import RenderableType

FORMAT = "multistatic-leaderboard/1"
TITLES = {
    "surrogate": "Selectors, surrogate U",
    "peb": "Selectors, position error bound",
    BEAMS: "Beamformers, illumination for a fixed group",
}
OURS = "multistatic"
"""The distribution whose methods need no mention of it."""
Origins = Mapping[str, Mapping[str, Origin]]
"""Board → method → whose it is."""

COLUMN_NOTES = (
    "rank: by the number of instances solved, then by the mean gap; methods with mean gaps within 1e-6 of each other "
    "share a rank (=), the faster one first. at best known: number of instances on which the method reached the best "
    "known value. gap: how much worse the method's value is than the best known one, over the instances that it "
    "solved. time: geometric mean of the method's times on these instances."
)


def boards(outcomes: Sequence[SuiteOutcome]) -> dict[str, tuple[Standing, ...]]:
    """Board → its methods in order; boards without a method are left out."""
    found = {board: standings(outcomes, board) for board in BOARDS}
    return {board: rows for board, rows in found.items() if rows}


def leaderboard_tables(outcomes: Sequence[SuiteOutcome], origins: Origins | None = None) -> RenderableType:
    """One table a board; below, new best values, claims that are not true, and why methods failed. Methods of other
    packages stand with the name and the version of theirs.
    """
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = []
    for board, rows in boards(outcomes).items():
        table = board_table(rows, (origins or {}).get(board, {}))
        parts += [Text(TITLES[board], "bold"), table, *_remarks(outcomes, board, rows), Text()]
    return Group(*parts, Prose(COLUMN_NOTES, "dim"))


def leaderboard_document(
    outcomes: Sequence[SuiteOutcome], about: Mapping[str, Any], origins: Origins | None = None
) -> dict[str, Any]:
    """Everything as plain values for JSON; `about`: suite, limit, machine and versions."""
    return {
        "format": FORMAT,
        **about,
        "methods": {
            board: {name: asdict(origin) for name, origin in methods.items()}
            for board, methods in (origins or {}).items()
        },
        "boards": {board: [_plain_standing(row) for row in rows] for board, rows in boards(outcomes).items()},
        "outcomes": [asdict(each) for each in outcomes],
    }


def leaderboard_csv(outcomes: Sequence[SuiteOutcome]) -> str:
    """One line a method and board."""
    return _csv(_plain_standing(row) for rows in boards(outcomes).values() for row in rows)


def outcomes_csv(outcomes: Sequence[SuiteOutcome]) -> str:
    """One line a method, board and instance."""
    return _csv(map(asdict, outcomes))


def _csv(rows: Iterable[Mapping[str, Any]]) -> str:
    plain = list(rows)
    return csv_text(plain[0] if plain else (), plain)


def _plain_standing(row: Standing) -> dict[str, Any]:
    """All of a standing but the failures, which are among the outcomes, as their number by verdict."""
    plain = {field.name: getattr(row, field.name) for field in fields(row) if field.name != "failures"}
    return {
        **plain,
        **{name: sum(each.verdict == name for each in row.failures) for name in VERDICTS if name != "solved"},
    }


def board_table(rows: Sequence[Standing], origins: Mapping[str, Origin]) -> TextTable:
    """One line a method of one board, in their order."""
    time_unit, times = one_unit([float("nan") if row.time_s is None else row.time_s for row in rows], "s")
    gaps = (TableColumn(name=f"{which} gap", unit="%") for which in ("median", "mean", "largest"))
    columns = (
        TableColumn(name="rank"),
        TableColumn(name="method", number=False),
        TableColumn(name="solved", unit="instances"),
        TableColumn(name="at best known", unit="instances"),
        *gaps,
        TableColumn(name="time", unit=time_unit),
    )
    shown = []
    for row, time in zip(rows, times, strict=True):
        tied = sum(other.rank == row.rank for other in rows) > 1
        cells = (
            f"{row.rank}{'=' if tied else ''}",
            _named(row.method, origins.get(row.method)),
            f"{row.solved} of {row.instances}",
            str(row.reached),
            *(in_percent(gap) for gap in (row.median_gap, row.mean_gap, row.largest_gap)),
            time,
        )
        first = row.rank == 1 and row.solved
        emphasis: Emphasis = "strong" if first else "" if row.solved == row.instances else "weak"
        shown.append(TableRow(cells=cells, emphasis=emphasis))
    return TextTable(columns=columns, rows=tuple(shown), keys=2)


def _named(method: str, origin: Origin | None) -> str:
    return method if origin is None or origin.distribution == OURS else f"{method} ({origin})"


def _remarks(outcomes: Sequence[SuiteOutcome], board: str, rows: Sequence[Standing]) -> list[RenderableType]:
    mine = [each for each in outcomes if each.board == board]
    lines: list[RenderableType] = [
        Prose(
            f"A new best value, verified: {each.method} on {each.instance}, {_value(each)} ({percent(each.gap)}).",
            "bold green",
        )
        for each in mine
        if each.record
    ]
    lines += [Prose(f"{each.method} on {each.instance} {each.note}.", "red") for each in mine if each.note]
    return lines + [Prose(line, "dim") for row in rows for line in failures_in_words(row)]


def _value(outcome: SuiteOutcome) -> str:
    unit = {"peb": "m", BEAMS: "W"}.get(outcome.board, "")
    return f"{outcome.value:.10g} {unit}".rstrip()


def failures_in_words(row: Standing) -> list[str]:
    """One line for each kind of failure of a method: on which instances, and the reason. Where the reasons differ, the
    first is given with the instance that it belongs to.
    """
    lines = []
    for verdict in VERDICTS:
        failed = [each for each in row.failures if each.verdict == verdict]
        if failed:
            everywhere = len(failed) == row.instances
            where = "every instance" if everywhere else ", ".join(each.instance for each in failed)
            reasons = {each.message for each in failed}
            example = "" if len(reasons) == 1 else f", for example on {failed[0].instance}"
            reason = f"{example}: {failed[0].message.rstrip('.')}" if failed[0].message else ""
            lines.append(f"“{row.method}”: {VERDICTS[verdict]} ({where}){reason}.")
    return lines
