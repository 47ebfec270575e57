"""Measurements as a table: what was found at each receiver, and what a person should know of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from multistatic.estimation.error_digits import error_decimals, fixed
from multistatic.estimation.measurement import Measurement
from multistatic.localization.times import times_text
from multistatic.report.direction_angles import DirectionAngles, direction_angles
from multistatic.report.text_table import Prose, TableColumn, TableRow, TextTable
from multistatic.report.wording import common_unit
from multistatic.units import ratio_to_db

if TYPE_CHECKING:
    from rich.console import RenderableType

ROWS_AT_MOST = 40
LEGEND = (
    "±: one standard deviation, of noise; offsets of the clocks are not included (localize adds them). block SNR: of "
    "the echo, integrated over block and antennas."
)
_AZIMUTH = "azimuth: of the direction of arrival, from the x axis counterclockwise."
_LINE = (
    "angle to line: between the direction and the line of the antennas, where these determine no azimuth and elevation."
)
_NOTHING = DirectionAngles(*[math.nan] * 6)


def measurement_table(found: Sequence[Measurement], dimensions: int = 2) -> RenderableType:
    """One line a measurement, the first 40; below them their notes, each once, and how many were detected.

    Blocks at several times have a column for the time. Directions are shown as angles, as far as antennas in a network
    of so many `dimensions` determine them.
    """
    from rich.console import Group

    shown = found[:ROWS_AT_MOST]
    several = len({one.time_s for one in found}) > 1
    scale, unit = common_unit([one.time_s for one in shown], "s")
    times = times_text([one.time_s for one in shown], scale)
    seen = [one for one in shown if one.verdict != "not_detected"]
    delay_digits = error_decimals(1e9 * one.delay_std_s for one in seen)
    doppler_digits = error_decimals(one.doppler_std_hz for one in seen)
    angles, cells = _angle_columns(shown, dimensions)
    columns = (
        TableColumn(name="receiver", number=False),
        *([TableColumn(name="time", unit=unit)] if several else []),
        TableColumn(name="delay", unit="ns"),
        TableColumn(name="± delay", unit="ns"),
        TableColumn(name="Doppler", unit="Hz"),
        TableColumn(name="± Doppler", unit="Hz"),
        TableColumn(name="block SNR", unit="dB"),
        *angles,
        TableColumn(name="verdict", number=False),
    )
    rows = [
        TableRow(
            cells=(
                one.receiver_id,
                *([time] if several else []),
                *_numbers(one, delay_digits, doppler_digits),
                *angle_cells,
                _verdict(one),
            )
        )
        for one, time, angle_cells in zip(shown, times, cells, strict=True)
    ]
    more = [f"and {len(found) - ROWS_AT_MOST} more"] if len(found) > ROWS_AT_MOST else []
    detected = sum(one.verdict == "detected" for one in found)
    below = [*more, *_notes(shown), f"detected: {detected} of {len(found)}"]
    table = TextTable(columns=columns, rows=tuple(rows), keys=1 + several, notes=(_legend(angles),))
    return Group(table, *map(Prose, below))


def _numbers(one: Measurement, delay_digits: int, doppler_digits: int) -> tuple[str, ...]:
    """Delay, its deviation, Doppler shift, its deviation, and SNR; value and deviation in one unit."""
    if one.verdict == "not_detected":
        return ("–",) * 5
    delays = (fixed(1e9 * value, delay_digits) for value in (one.delay_s, one.delay_std_s))
    dopplers = (fixed(value, doppler_digits) for value in (one.doppler_hz, one.doppler_std_hz))
    return *delays, *dopplers, f"{ratio_to_db(one.snr):.1f}" if one.snr > 0 else "–"


def _angle_columns(
    shown: Sequence[Measurement], dimensions: int
) -> tuple[tuple[TableColumn, ...], list[tuple[str, ...]]]:
    """The columns of the angles that any measurement has, each followed by its deviation, and their cells row by row;
    no columns where no direction was measured.
    """
    found = [direction_angles(one, dimensions) or _NOTHING for one in shown]
    measured = any(one.direction is not None for one in shown)
    names, shares = [], []
    for n, name in enumerate(("azimuth", "elevation", "angle to line")):
        pairs = [angles[2 * n : 2 * n + 2] for angles in found]
        if any(math.isfinite(value) for value, _ in pairs) or (measured and name == "azimuth"):
            digits = error_decimals(std for _, std in pairs)
            names += [name, f"± {name}"]
            shares.append([tuple(_angle(value, digits) for value in pair) for pair in pairs])
    columns = tuple(TableColumn(name=name, unit="°") for name in names)
    return columns, [tuple(cell for share in shares for cell in share[row]) for row in range(len(shown))]


def _angle(value: float, digits: int) -> str:
    return fixed(value, digits) if math.isfinite(value) else "–"


def _legend(angles: Sequence[TableColumn]) -> str:
    names = {column.name for column in angles}
    parts = [LEGEND, *([_AZIMUTH] if names else []), *([_LINE] if "angle to line" in names else [])]
    return " ".join(parts)


def _verdict(one: Measurement) -> str:
    return one.verdict.replace("_", " ")


def _notes(found: Sequence[Measurement]) -> list[str]:
    """Every message once, behind the receivers that it is about."""
    notes: dict[str, list[str]] = {}
    for one in found:
        if one.message and one.receiver_id not in notes.setdefault(one.message, []):
            notes[one.message].append(one.receiver_id)
    return [f"{', '.join(ids)}: {note}" for note, ids in notes.items()]
