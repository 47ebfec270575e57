"""A design and a comparison as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from multistatic.design.compare import Comparison
from multistatic.design.instance import criterion_unit
from multistatic.design.result import Design
from multistatic.design.unit_changes import UnitChanges
from multistatic.report.assumption_sentences import assumptions_in_words
from multistatic.report.design_facts import design_facts
from multistatic.report.receiver_table import receiver_table
from multistatic.report.text_table import FactList, Prose
from multistatic.report.wording import criterion_name, percent, quantity

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_COLORS = {"optimal": "green", "feasible": "green", "infeasible": "red", "unverified": "red"}


def design_summary(design: Design, unit: UnitChanges | None = None) -> RenderableType:
    """Verdict, group, beams, accuracy, then one line a receiver. An infeasible design is its message.

    `unit`: what a whole unit more of rate and power does; without it the slopes tell of a tenth.
    """
    from rich.console import Group
    from rich.text import Text

    head = Text.assemble((design.scenario.name, "bold"), "  ", (design.status, f"bold {_COLORS[design.status]}"))
    table = receiver_table(design)
    if table is None:
        return Group(head, Prose(design.message))
    return Group(head, Prose(design.message), Text(), FactList(facts=design_facts(design, unit)), Text(), table)


def comparison_table(rows: Sequence[Comparison], criterion: str) -> RenderableType:
    """One line a method, best first, and below it why some have no design and what all of them assume."""
    from rich.console import Group
    from rich.text import Text

    # Names are for copying: they are never broken. What is long is the criterion's name, so that gets lines of its own.
    columns = (f">{name}" for name in _columns(rows, criterion))
    table = light_table("selector", "beamformer", "status", *columns, whole=True)
    for row in rows:
        size = "" if row.design is None or row.value is None else str(int(row.design.selected.sum()))
        value = "–" if row.value is None else f"{row.value:.5g}"
        cells = (row.selector, row.beamformer, row.status, size, value, percent(row.gap), quantity(row.time_s, "s"))
        best = row.gap is not None and row.gap < 1e-9
        table.add_row(*(Text(cell) for cell in cells), style="bold" if best else "" if row.value is not None else "dim")
    failed = [Text(f"{row.selector} + {row.beamformer}: {row.message}", "dim") for row in rows if row.value is None]
    scenario = next((row.design.scenario for row in rows if row.design is not None), None)
    assumed = [] if scenario is None else [Text(assumptions_in_words(scenario), "dim")]
    return Group(table, *failed, *assumed)


def _columns(rows: Sequence[Comparison], criterion: str) -> tuple[str, ...]:
    unit = next((criterion_unit(row.design) for row in rows if row.design is not None), "")
    return "group", fill(criterion_name(criterion, unit), 9), "gap", "time"


def light_table(*columns: str, whole: bool = False) -> Table:
    """A light table; a column whose name begins with > is set flush right. `whole`: no cell is ever broken."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", collapse_padding=True)
    for name in columns:
        number = name.startswith(">")
        table.add_column(
            name.removeprefix(">"), justify="right" if number else "left", no_wrap=number or whole, overflow="fold"
        )
    return table
