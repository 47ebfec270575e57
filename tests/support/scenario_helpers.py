"""What several tests of the scenario share."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

MINIMAL = """
[radio]
carrier_hz = 3e9
bandwidth_hz = 1e8
samples = 64

[transmitter]
position_m = [0, 0]
antennas = 4
power_dbm = 20

[[receivers.site]]
id = "a"
position_m = [10, 0]

[[receivers.site]]
id = "b"
position_m = [0, 30, 2]
antennas = 3

[target]
position_m = [20, 40]

[channel]
path_loss_exponent = 2
noise_power_dbm = -90
"""

THREE_AROUND = """
[radio]
carrier_hz = 3e9
bandwidth_hz = 10e6
samples = 20000
pulse = "half_sine"
[transmitter]
position_m = [0, 0]
antennas = 1
power_w = 10
[[receivers.site]]
id = "a"
position_m = [900, 0]
[[receivers.site]]
id = "b"
position_m = [0, 1100]
[[receivers.site]]
id = "c"
position_m = [-700, -300]
[target]
position_m = [400, 500]
velocity_m_s = [20, 10]
[channel]
path_loss_exponent = 2
noise_power_dbm = -90
"""
"""A moving target with three receivers around it, a kilometre away."""

SYNCHRONISED = {
    "paper": (),
    "urban": (
        *(
            f"{node}.{key}=0"
            for node in ("transmitter", "receivers", "receivers.site[6]", "receivers.site[7]")
            for key in ("clock_offset_std_s", "frequency_offset_std_hz")
        ),
    ),
}
"""Overrides that take the clocks out of a preset: what is tested is not about them, or needs errors of millimetres."""


def assert_same_bits(one: Any, other: Any, path: str = "") -> None:
    """Two frozen values are the same, every float to the last bit."""
    assert type(one) is type(other), path
    if dataclasses.is_dataclass(one):
        for field in filter(lambda field: field.compare, dataclasses.fields(one)):  # the rest is computed from these
            assert_same_bits(getattr(one, field.name), getattr(other, field.name), f"{path}.{field.name}")
    elif isinstance(one, np.ndarray):
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes()), path
    elif isinstance(one, tuple):
        assert len(one) == len(other), path
        for index, pair in enumerate(zip(one, other, strict=True)):
            assert_same_bits(*pair, f"{path}[{index}]")
    else:
        assert repr(one) == repr(other), path
