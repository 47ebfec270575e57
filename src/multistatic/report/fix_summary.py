"""Fixes as a table for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from multistatic.estimation.error_digits import error_decimals, fixed
from multistatic.localization.fix import Fix
from multistatic.localization.times import times_text
from multistatic.report.text_table import Emphasis, Prose, TableColumn, TableRow, TextTable
from multistatic.report.wording import time_unit
from multistatic.units import F

if TYPE_CHECKING:
    from rich.console import RenderableType

LEGEND = (
    "±: one standard deviation; of xy and of v that of all coordinates together. p value: of the residuals, small "
    "where the measurements contradict each other."
)
WITH_PRIOR = (
    "Each fix is of the measurements and the prior of the target: position, standard deviation and p value are those "
    "of both together."
)
ROWS_AT_MOST = 40
_EMPHASIS: dict[str, Emphasis] = {"unique": "", "ambiguous": "strong", "contradictory": "bad", "unobservable": "bad"}
# Digits of a number, before and behind the point together.
_PLACE_DIGITS, _SPEED_DIGITS = 7, 5


def fix_summary(fixes: Sequence[Fix], dimensions: int, *, told: str = "") -> RenderableType:
    """One line a fix, then what there is to say of them. In space the standard deviation of the height is a column of
    its own. `told`: a message that is left out, because it is shown elsewhere.
    """
    from rich.console import Group

    shown = fixes[:ROWS_AT_MOST]
    scale, unit = time_unit([fix.time_s for fix in shown])
    times = times_text([fix.time_s for fix in shown], scale)
    errors_m = [(fix.horizontal_std_m, fix.vertical_std_m)[: dimensions - 1] for fix in shown]
    place = _format([(fix.position_m, fix.position_std_m) for fix in shown], _PLACE_DIGITS)
    place_error = _error_format([std for pair in errors_m for std in pair])
    speed = _format([(fix.velocity_m_s, fix.velocity_std_m_s) for fix in shown], _SPEED_DIGITS)
    speed_error = _error_format([fix.velocity_std_m_s for fix in shown])
    axes = "xyz"[:dimensions]
    errors = ("±xy",) if dimensions == 2 else ("±xy", "±z")
    columns = (
        TableColumn(name="time", unit=unit),
        *(TableColumn(name=name, unit="m") for name in (*axes, *errors)),
        *(TableColumn(name=name, unit="m/s") for name in (*(f"v{axis}" for axis in axes), "±v")),
        TableColumn(name="verdict", number=False),
        TableColumn(name="receivers used"),
        TableColumn(name="p value"),
    )
    rows = []
    for fix, time, pair in zip(shown, times, errors_m, strict=True):
        cells = (
            time,
            *_cells(fix.position_m, place, dimensions),
            *map(place_error, pair),
            *_cells(fix.velocity_m_s, speed, dimensions),
            speed_error(fix.velocity_std_m_s),
            fix.position_verdict,
            str(len(fix.used)),
            _p_value(fix),
        )
        rows.append(TableRow(cells=cells, emphasis=_EMPHASIS[fix.position_verdict]))
    more = [f"and {len(fixes) - len(shown)} more"] if len(fixes) > len(shown) else []
    prior = [WITH_PRIOR] if any(fix.prior_position_m is not None for fix in fixes) else []
    said = (Prose(sentence) for sentence in [*more, *prior, *_said(shown, times, unit, told)])
    return Group(TextTable(columns=columns, rows=tuple(rows), notes=(LEGEND,)), *said)


def _format(vectors: Sequence[tuple[F | None, float | None]], digits: int) -> Callable[[float], str]:
    """How a coordinate is written: to a tenth of the typical standard deviation, with so many digits at most."""
    largest = max((float(np.abs(vector).max()) for vector, _ in vectors if vector is not None), default=0.0)
    deviations = [std for _, std in vectors if std]
    wanted = 1 - int(np.floor(np.log10(np.median(deviations)))) if deviations else 3
    decimals = max(0, min(wanted, digits - len(f"{largest:.0f}")))
    # Adding 0 after rounding: no "-0.00".
    return lambda value: f"{round(value, decimals) + 0.0:.{decimals}f}"


def _cells(vector: F | None, written: Callable[[float], str], dimensions: int) -> list[str]:
    """Coordinates; dashes where there are none."""
    return ["–"] * dimensions if vector is None else [written(float(value)) for value in vector[:dimensions]]


def _error_format(deviations: Sequence[float | None]) -> Callable[[float | None], str]:
    """How a standard deviation is written: with as many decimals as the smallest of the column needs."""
    decimals = error_decimals(std for std in deviations if std is not None)
    return lambda std: "–" if std is None else fixed(std, decimals)


def _p_value(fix: Fix) -> str:
    """Two decimals; a small one, which tells of contradictions, as a power of ten."""
    if not fix.degrees_of_freedom:
        return "–"
    return f"{fix.p_value:.2f}" if fix.p_value >= 0.005 else f"{fix.p_value:.1e}"


def _said(fixes: Sequence[Fix], times: Sequence[str], unit: str, told: str) -> list[str]:
    """Each message but `told` once, with the times of its fixes."""
    said: dict[str, list[str]] = {}
    for fix, time in zip(fixes, times, strict=True):
        if fix.message and fix.message != told:
            said.setdefault(fix.message, []).append(time)
    return [f"at {', '.join(when)} {unit}: {message}" for message, when in said.items()]
