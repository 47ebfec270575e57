"""Physical constants, the only conversions between decibels and linear units, and read-only arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Shapes are written beside each use: F float64, C complex128, B bool.
F = NDArray[np.float64]
C = NDArray[np.complex128]
B = NDArray[np.bool_]

SPEED_OF_LIGHT_M_S = 299_792_458.0
BOLTZMANN_J_K = 1.380649e-23


def db_to_ratio(value_db: float) -> float:
    """Power ratio of a level in dB."""
    return float(10.0 ** (value_db / 10.0))


def ratio_to_db(ratio: float) -> float:
    """Level in dB of a power ratio > 0."""
    return float(10.0 * np.log10(ratio))


def dbm_to_watt(level_dbm: float) -> float:
    """Power in W of a level in dBm."""
    return db_to_ratio(level_dbm - 30.0)


def watt_to_dbm(power_w: float) -> float:
    """Level in dBm of a power > 0 in W."""
    return ratio_to_db(power_w) + 30.0


def read_only(values: ArrayLike, dtype: Any = np.float64) -> NDArray[Any]:
    """A contiguous copy that cannot be written to: what frozen values hold."""
    array = np.array(values, dtype=dtype, order="C", copy=True)
    array.flags.writeable = False
    return array
