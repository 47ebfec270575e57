"""Notes on values of the table `[channel]` that are probably a mistake: another unit, or a key without effect."""

from __future__ import annotations

from collections.abc import Iterator

from multistatic.scenario.channel_schema import ChannelTable

_LARGEST_FIGURE_DB = 30.0
_COLDEST_K = 40.0


def channel_notes(table: ChannelTable) -> Iterator[str]:
    """A note on each key whose value is implausible for a receiver, or that is not used."""
    figure_db, temperature_k = table.noise_figure_db, table.noise_temperature_k
    if figure_db is not None and figure_db > _LARGEST_FIGURE_DB:
        yield f"noise_figure_db = {figure_db:g} dB is higher than that of any receiver: 3 to 12 dB are usual"
    if temperature_k is not None and temperature_k < _COLDEST_K:
        yield (
            f"noise_temperature_k = {temperature_k:g} K is the temperature of a cooled receiver: the key is in "
            f"kelvin, and {temperature_k:g} °C are {temperature_k + 273.15:g} K"
        )
    leakage = table.direct_path_leakage_db
    ratio = table.direct_path_leakage
    if ratio is not None and ratio > 1.0:
        yield (
            f"direct_path_leakage = {ratio:g} leaves more power than the whole direct path has: a power ratio is 0 to 1"
        )
    if isinstance(leakage, int | float) and leakage > 0:
        yield (
            f"direct_path_leakage_db = {leakage:g} leaves more power than the direct path has: suppression is negative"
        )
    if table.scatterer and table.clutter == "independent":
        yield (
            'channel.scatterer has no effect with clutter = "independent": set clutter = "signal_dependent" to use it'
        )
