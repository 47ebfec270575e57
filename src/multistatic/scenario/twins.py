"""Keys that say the same thing in two ways: at most one of them may be given, and an override of one replaces the rest.

One table, which `scenario.consistency` checks and `scenario.overrides` follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_INDEX = re.compile(r"\[\d+\]")
PLACE = ("position_m", "position_llh")
SPACING = ("spacing_wavelengths", "spacing_m")
ELEMENTS = ("elements_m", "elements_wavelengths")
WORD_OR_TABLE = ("channel.direct",)
"""Keys that hold a word or a table: a key of the table replaces the word."""
COUNTS = (("antennas", "array"), ("receive_antennas", "receive_array"))
"""A number of antennas and an array: both may be given, where the array leaves its size to the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """`keys` of the table at `table` (dotted, without indices) that exclude each other; exactly one where `needed`.

    `hint`: how they are related, for messages.
    `also`: what else a value of one of `keys` replaces, as a noise power the temperature of the noise.
    """

    table: str
    keys: tuple[str, ...]
    needed: bool = False
    hint: str = ""
    also: tuple[tuple[str, tuple[str, ...]], ...] = ()


NODES = ("transmitter", "target", "receivers.site", "channel.scatterer")
TWINS = (
    *(Twins(table=node, keys=PLACE, needed=node != "target") for node in NODES),  # a polygon has a middle of its own
    Twins(table="target", keys=("prior", "area"), hint="each says where the target may be"),
    Twins(table="target.prior", keys=("position_std_m", "position_covariance_m2"), needed=True),
    Twins(table="target.prior", keys=("velocity_std_m_s", "velocity_covariance_m2_s2")),
    Twins(table="target.area", keys=("vertices_m", "vertices_llh", "file")),
    Twins(table="receivers.random", keys=("centre_m", "centre_llh")),
    Twins(
        table="radio",
        keys=("bandwidth_hz", "symbol_rate_hz"),
        needed=True,
        hint="symbol_rate_hz = 1/slot = 2 · bandwidth_hz",
    ),
    Twins(table="transmitter", keys=("power_dbm", "power_w"), needed=True),
    Twins(
        table="target",
        keys=("rcs_m2", "rcs_dbsm", "rcs", "reflection"),
        also=(("rcs", ("rcs_std_db", "rcs_bistatic_db")),),
    ),
    Twins(table="channel.scatterer", keys=("rcs_m2", "rcs_dbsm", "reflection")),
    Twins(
        table="channel",
        keys=("noise_power_dbm", "noise_power_w", "noise_figure_db"),
        needed=True,
        also=(("noise_power_dbm", ("noise_temperature_k",)), ("noise_power_w", ("noise_temperature_k",))),
    ),
    Twins(table="channel.direct", keys=("file", "folder"), needed=True),
    Twins(table="channel", keys=("reference_loss_db", "reference_gain")),
    Twins(table="channel", keys=("clutter_power_dbm", "clutter_power_w")),
    Twins(table="channel", keys=("direct_path_leakage_db", "direct_path_leakage")),
)


def twins_at(table: str) -> Iterator[Twins]:
    """The twins of a table's keys; `table` may have indices, as `receivers.site[2]`."""
    name = _INDEX.sub("", table)
    yield from (twins for twins in TWINS if twins.table == name)
    if name.endswith("array"):
        yield from (Twins(table=name, keys=keys) for keys in (SPACING, ELEMENTS))


def replaced_by(path: str) -> tuple[str, ...]:
    """The keys beside `path` that a value written there replaces, by name: `power_w` for `transmitter.power_dbm`."""
    table, _, last = _INDEX.sub("", path).rpartition(".")
    names: list[str] = []
    for twins in twins_at(table):
        if last in twins.keys:
            names += [key for key in twins.keys if key != last]
            names += dict(twins.also).get(last, ())
    return tuple(names)
