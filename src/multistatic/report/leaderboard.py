"""The leaderboard of the benchmark suite as a table for the terminal and as files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from multistatic.registry import Origin
from multistatic.report.summary import light_table
from multistatic.report.wording import percent, quantity
from multistatic.scenario.tables import csv_text
from multistatic.suite.best_known import BEAMS
from multistatic.suite.ranking import Standing, standings
from multistatic.suite.tasks import BOARDS, VERDICTS, SuiteOutcome

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

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

_COLUMNS = ("method", ">solved", ">reached", ">median", ">mean gap", ">largest", ">time")


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
        table = _table(rows, (origins or {}).get(board, {}))
        parts += [Text(TITLES[board], "bold"), table, *_remarks(outcomes, board, rows), Text()]
    return Group(*parts[:-1])


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


def _table(rows: Sequence[Standing], origins: Mapping[str, Origin]) -> Table:
    from rich.text import Text

    table = light_table(">", *_COLUMNS)
    table.columns[1].no_wrap = True
    for row in rows:
        tied = sum(other.rank == row.rank for other in rows) > 1
        cells = (
            f"{row.rank}{'=' if tied else ''}",
            _named(row.method, origins.get(row.method)),
            f"{row.solved}/{row.instances}",
            str(row.reached),
            *(percent(gap) for gap in (row.median_gap, row.mean_gap, row.largest_gap)),
            quantity(row.time_s, "s"),
        )
        style = "bold" if row.rank == 1 and row.solved else "" if row.solved == row.instances else "dim"
        table.add_row(*map(Text, cells), style=style)
    return table


def _named(method: str, origin: Origin | None) -> str:
    return method if origin is None or origin.distribution == OURS else f"{method} ({origin})"


def _remarks(outcomes: Sequence[SuiteOutcome], board: str, rows: Sequence[Standing]) -> list[RenderableType]:
    from rich.text import Text

    mine = [each for each in outcomes if each.board == board]
    lines: list[RenderableType] = [
        Text(
            f"A new best, verified: {each.method} on {each.instance}, {_value(each)} ({percent(each.gap)}).",
            "bold green",
        )
        for each in mine
        if each.record
    ]
    lines += [Text(f"{each.method} on {each.instance} {each.note}.", "red") for each in mine if each.note]
    return lines + [Text(line, "dim") for row in rows for line in failures_in_words(row)]


def _value(outcome: SuiteOutcome) -> str:
    unit = {"peb": "m", BEAMS: "W"}.get(outcome.board, "")
    return f"{outcome.value:.10g} {unit}".rstrip()


def failures_in_words(row: Standing) -> list[str]:
    """One line for each kind of failure of a method: on which instances, and the first one's reason."""
    lines = []
    for verdict in VERDICTS:
        failed = [each for each in row.failures if each.verdict == verdict]
        if failed:
            everywhere = len(failed) == row.instances
            where = "every instance" if everywhere else ", ".join(each.instance for each in failed)
            reason = f": {failed[0].message.rstrip('.')}" if failed[0].message else ""
            lines.append(f"{row.method}, {verdict} ({where}){reason}.")
    return lines
