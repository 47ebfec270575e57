"""Fixes as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from multistatic.localization.fix import Fix
from multistatic.report.wording import quantity
from multistatic.units import F

if TYPE_CHECKING:
    from rich.console import RenderableType

_STYLE = {"unique": "", "ambiguous": "yellow", "unobservable": "red"}


def fix_summary(fixes: Sequence[Fix]) -> RenderableType:
    """One line a fix, then what there is to say of each."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", collapse_padding=True)
    for name in ("time", "position", "±", "velocity", "±", "verdict", "receivers", "left out", "p"):
        table.add_column(name, justify="right" if name in ("time", "±", "receivers", "p") else "left", overflow="fold")
    for fix in fixes:
        cells = (
            f"{fix.time_s:g} s",
            _vector(fix.position_m, "m"),
            quantity(fix.position_std_m, "m"),
            _vector(fix.velocity_m_s, "m/s"),
            quantity(fix.velocity_std_m_s, "m/s"),
            fix.position_verdict,
            str(len(fix.used)),
            " ".join(fix.outliers),
            f"{fix.p_value:.2g}" if fix.degrees_of_freedom else "–",
        )
        table.add_row(*map(Text, cells), style=_STYLE[fix.position_verdict])
    said = [Text(f"{fix.time_s:g} s: {fix.message}") for fix in fixes if fix.message]
    return Group(table, *said)


def _vector(values: F | None, unit: str) -> str:
    return "–" if values is None else f"({', '.join(f'{value:.3f}' for value in values)}) {unit}"
