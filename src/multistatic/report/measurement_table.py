"""Measurements as a table: what was found at each receiver, and what a person should know of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from multistatic.estimation.measurement import Measurement
from multistatic.localization.times import times_text
from multistatic.report.text_table import Prose, TableColumn, TableRow, TextTable
from multistatic.report.wording import common_unit, one_unit
from multistatic.units import ratio_to_db

if TYPE_CHECKING:
    from rich.console import RenderableType

ROWS_AT_MOST = 40
LEGEND = "±: one standard deviation. block SNR: of the echo, integrated over block and antennas."


def measurement_table(found: Sequence[Measurement]) -> RenderableType:
    """One line a measurement, the first 40; below them their notes, each once, and how many were detected.

    Blocks at several times have a column for the time.
    """
    from rich.console import Group

    shown = found[:ROWS_AT_MOST]
    several = len({one.time_s for one in found}) > 1
    scale, unit = common_unit([one.time_s for one in shown], "s")
    times = times_text([one.time_s for one in shown], scale)
    delay_unit, delays = one_unit([one.delay_std_s for one in shown], "s")
    doppler_unit, dopplers = one_unit([one.doppler_std_hz for one in shown], "Hz")
    columns = (
        TableColumn(name="receiver", number=False),
        *([TableColumn(name="time", unit=unit)] if several else []),
        TableColumn(name="delay", unit="ns"),
        TableColumn(name="± delay", unit=delay_unit),
        TableColumn(name="Doppler", unit="Hz"),
        TableColumn(name="± Doppler", unit=doppler_unit),
        TableColumn(name="block SNR", unit="dB"),
        TableColumn(name="verdict", number=False),
    )
    rows = [
        TableRow(cells=(one.receiver_id, *([time] if several else []), *_numbers(one, *std), _verdict(one)))
        for one, time, *std in zip(shown, times, delays, dopplers, strict=True)
    ]
    more = [f"and {len(found) - ROWS_AT_MOST} more"] if len(found) > ROWS_AT_MOST else []
    detected = sum(one.verdict == "detected" for one in found)
    below = [*more, *_notes(shown), f"detected: {detected} of {len(found)}"]
    table = TextTable(columns=columns, rows=tuple(rows), keys=1 + several, notes=(LEGEND,))
    return Group(table, *map(Prose, below))


def _numbers(one: Measurement, delay_std: str, doppler_std: str) -> tuple[str, ...]:
    if one.verdict == "not_detected":
        return ("–",) * 5
    snr = f"{ratio_to_db(one.snr):.1f}" if one.snr > 0 else "–"
    return f"{1e9 * one.delay_s:.4f}", delay_std, f"{one.doppler_hz:.1f}", doppler_std, snr


def _verdict(one: Measurement) -> str:
    return one.verdict.replace("_", " ")


def _notes(found: Sequence[Measurement]) -> list[str]:
    """Every message once, behind the receivers that it is about."""
    notes: dict[str, list[str]] = {}
    for one in found:
        if one.message and one.receiver_id not in notes.setdefault(one.message, []):
            notes[one.message].append(one.receiver_id)
    return [f"{', '.join(ids)}: {note}" for note, ids in notes.items()]
