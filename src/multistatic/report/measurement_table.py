"""Measurements as a table: what was found at each receiver, and what a person should know of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from multistatic.estimation.measurement import Measurement
from multistatic.units import ratio_to_db

if TYPE_CHECKING:
    from rich.console import RenderableType

ROWS_AT_MOST = 40


def measurement_table(found: Sequence[Measurement]) -> RenderableType:
    """One line a measurement, the first 40; below them their notes, each once, and how many were detected."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("receiver", no_wrap=True)
    for name, unit in (("delay", "ns"), ("±", "ps"), ("Doppler", "Hz"), ("±", "Hz"), ("SNR", "dB")):
        table.add_column(f"{name}\n{unit}", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for one in found[:ROWS_AT_MOST]:
        table.add_row(Text(one.receiver_id), *_numbers(one), one.verdict.replace("_", " "))
    more = [f"and {len(found) - ROWS_AT_MOST} more"] if len(found) > ROWS_AT_MOST else []
    detected = sum(one.verdict == "detected" for one in found)
    below = [*more, *_notes(found[:ROWS_AT_MOST]), f"detected: {detected} of {len(found)}"]
    return Group(table, *(Text(line) for line in below))


def _numbers(one: Measurement) -> tuple[str, ...]:
    if one.verdict == "not_detected":
        return ("",) * 5
    return (
        f"{1e9 * one.delay_s:.4f}",
        f"{1e12 * one.delay_std_s:.3g}",
        f"{one.doppler_hz:.1f}",
        f"{one.doppler_std_hz:.3g}",
        f"{ratio_to_db(one.snr):.1f}" if one.snr > 0 else "",
    )


def _notes(found: Sequence[Measurement]) -> list[str]:
    """Every message once, behind the receivers that it is about."""
    notes: dict[str, list[str]] = {}
    for one in found:
        if one.message and one.receiver_id not in notes.setdefault(one.message, []):
            notes[one.message].append(one.receiver_id)
    return [f"{', '.join(ids)}: {note}" for note, ids in notes.items()]
