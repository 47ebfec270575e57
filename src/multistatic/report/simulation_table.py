"""A simulated block as a table: what each receiver recorded, and the truth behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multistatic.simulation.block import SimulatedBlock
from multistatic.units import ratio_to_db

if TYPE_CHECKING:
    from rich.console import RenderableType


def simulation_table(block: SimulatedBlock) -> RenderableType:
    """One line a receiver, and below it what all of them have alike."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("receiver", no_wrap=True)
    for name, unit in (("samples", ""), ("ant.", ""), ("delay", "ns"), ("Doppler", "Hz"), ("echo SNR", "dB")):
        table.add_column(f"{name}\n{unit}", justify="right", no_wrap=True)
    for o in block.observations:
        _, antennas, count = o.recording.samples.shape
        snr = block.expected_snr[o.recording.receiver_id]
        shown = f"{ratio_to_db(snr):.1f}" if snr > 0 else "none"
        numbers = (f"{count}", f"{antennas}", f"{1e9 * o.delay_s:.2f}", f"{o.doppler_hz:.1f}", shown)
        table.add_row(Text(o.recording.receiver_id), *numbers)
    first = block.observations[0].recording
    foot = (
        f"trials: {first.samples.shape[0]}, at {1e-6 * first.sample_rate_hz:.6g} MHz; delay and Doppler by each "
        "receiver's clock; echo SNR as expected after integration over block and antennas"
    )
    return Group(table, Text(foot))
