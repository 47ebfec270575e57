"""A design and a comparison as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from multistatic.design.compare import Comparison
from multistatic.design.instance import criterion_unit
from multistatic.design.result import Design
from multistatic.design.unit_changes import UnitChanges
from multistatic.registry import fact
from multistatic.report.assumption_sentences import assumptions_in_words
from multistatic.report.design_facts import design_facts
from multistatic.report.points_in_words import compared_over
from multistatic.report.receiver_table import receiver_table
from multistatic.report.text_table import FactList, Prose, TableColumn, TableRow, TextTable
from multistatic.report.wording import common_unit, criterion_words, in_percent, one_unit

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

ABOVE_BEST = "above best: the value relative to that of the best row; lower values are better."
_COLORS = {"optimal": "green", "feasible": "green", "infeasible": "red", "unverified": "red"}


def design_summary(design: Design, unit: UnitChanges | None = None) -> RenderableType:
    """Verdict, group, beams, accuracy, then one line a receiver. An infeasible design is its message.

    `unit`: what a whole unit more of rate and power does; without it the slopes tell of a tenth.
    """
    from rich.console import Group
    from rich.text import Text

    head, table = design_heading(design), receiver_table(design)
    if table is None:
        return Group(head, Prose(design.message))
    return Group(head, Prose(design.message), Text(), FactList(facts=design_facts(design, unit)), Text(), table)


def design_heading(design: Design) -> Text:
    """The name of the network and the status of its design, in one line."""
    from rich.text import Text

    return Text.assemble((design.scenario.name, "bold"), "  ", (design.status, f"bold {_COLORS[design.status]}"))


def comparison_table(rows: Sequence[Comparison], criterion: str) -> TextTable:
    """One line a method, best first, and below it why some have no design and what all of them assume."""
    unit = next((criterion_unit(row.design) for row in rows if row.design is not None), "")
    unit = fact("criteria", criterion, "unit", unit)
    value_unit, values = _values([row.value for row in rows], unit)
    time_unit, times = one_unit([float("nan") if row.status == "not run" else row.time_s for row in rows], "s")
    beamformers = dict.fromkeys(row.beamformer for row in rows)
    several = len(beamformers) > 1
    columns = (
        TableColumn(name="selector", number=False),
        *([TableColumn(name="beamformer", number=False)] if several else []),
        TableColumn(name="status", number=False),
        TableColumn(name="group", unit="receivers"),
        TableColumn(name=criterion_words(criterion), unit=value_unit),
        TableColumn(name="above best", unit="%"),
        TableColumn(name="time", unit=time_unit),
    )
    shown = []
    for row, value, time in zip(rows, values, times, strict=True):
        size = "–" if row.design is None or row.value is None else str(int(row.design.selected.sum()))
        best = row.gap is not None and row.gap < 1e-9
        method = (row.selector, *([row.beamformer] if several else []))
        cells = (*method, row.status, size, value, in_percent(row.gap), time)
        shown.append(TableRow(cells=cells, emphasis="strong" if best else "" if row.value is not None else "weak"))
    common = [] if several else [f"beamformer: {name}" for name in beamformers]
    failed = _reasons([row for row in rows if row.value is None], several)
    scenario = next((row.design.scenario for row in rows if row.design is not None), None)
    ranking = [ABOVE_BEST] if any(row.value is not None for row in rows) else []
    below = failed + ([] if scenario is None else [assumptions_in_words(scenario)])
    if scenario is not None and scenario.uncertain:
        below = [
            f"{criterion_words(criterion)}: {compared_over(scenario.over_points, scenario.points().count)}.",
            *below,
        ]
    table = TextTable(columns=columns, rows=tuple(shown), keys=1 + several, notes=(*common, *ranking, *below))
    return table


def _reasons(rows: Sequence[Comparison], several: bool) -> list[str]:
    """Why rows have no design, each reason once behind all methods that it is the reason of."""
    methods: dict[str, list[str]] = {}
    for row in rows:
        method = f"{row.selector} + {row.beamformer}" if several else row.selector
        methods.setdefault(row.message, []).append(method)
    return [f"{', '.join(names)}: {message}" for message, names in methods.items()]


def _values(values: Sequence[float | None], unit: str) -> tuple[str, list[str]]:
    """Values of the criterion with five digits and the unit that all of them have."""
    factor, name = common_unit([value for value in values if value is not None], unit) if unit else (1.0, "")
    return name, ["–" if value is None else f"{factor * value:.5g}" for value in values]
