"""A simulated block as a table: what each receiver recorded, and the truth behind it."""

from __future__ import annotations

from multistatic.report.text_table import TableColumn, TableRow, TextTable
from multistatic.simulation.block import SimulatedBlock
from multistatic.units import ratio_to_db


def simulation_table(block: SimulatedBlock) -> TextTable:
    """One line a receiver, and below it what all of them have alike."""
    columns = (
        TableColumn(name="receiver", number=False),
        TableColumn(name="samples"),
        TableColumn(name="antennas"),
        TableColumn(name="delay", unit="ns"),
        TableColumn(name="Doppler", unit="Hz"),
        TableColumn(name="block SNR", unit="dB"),
    )
    rows = []
    for o in block.observations:
        _, antennas, count = o.recording.samples.shape
        snr = block.expected_snr[o.recording.receiver_id]
        shown = f"{ratio_to_db(snr):.1f}" if snr > 0 else "–"
        numbers = (f"{count}", f"{antennas}", f"{1e9 * o.delay_s:.2f}", f"{o.doppler_hz:.1f}", shown)
        rows.append(TableRow(cells=(o.recording.receiver_id, *numbers)))
    first = block.observations[0].recording
    foot = (
        f"Trials: {first.samples.shape[0]}, sampled at {1e-6 * first.sample_rate_hz:.6g} MHz. delay, Doppler: the true "
        "ones, as the clock of each receiver measures them. block SNR: expected, of the echo over noise, clutter and "
        "the direct path that remains, integrated over block and antennas."
    )
    return TextTable(columns=columns, rows=tuple(rows), notes=(foot,))
