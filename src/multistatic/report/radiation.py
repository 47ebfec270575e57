"""Where the beams send their power, and in which direction everybody stands, seen from the transmitter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from multistatic.scenario.model import Scenario
from multistatic.units import C, F

_BLOCK = 2048


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bearings:
    """Azimuth (from x towards y, -180 … 180) and elevation in degrees, [n] each."""

    azimuth_deg: F
    elevation_deg: F


def bearings(scenario: Scenario, places: F) -> Bearings:
    """Directions of `places` [n, 3] from the transmitter."""
    x, y, z = (places - scenario.transmitter.position_m).T
    return Bearings(azimuth_deg=np.degrees(np.arctan2(y, x)), elevation_deg=np.degrees(np.arctan2(z, np.hypot(x, y))))


def radiated_power_w(scenario: Scenario, weights: C, azimuth_deg: ArrayLike, elevation_deg: ArrayLike) -> F:
    """EIRP a(u)ᵀ W Wᴴ conj(a(u)) in W [...] of isotropic elements, for beams `weights` [j, N_t, L] together.

    In the target's direction it is the illumination p_t.
    """
    azimuth, elevation = np.broadcast_arrays(np.radians(azimuth_deg), np.radians(elevation_deg))
    directions = np.stack(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)], axis=-1
    ).reshape(-1, 3)
    streams = np.moveaxis(weights, 1, 0).reshape(weights.shape[1], -1)
    array, wavelength_m = scenario.transmitter.array, scenario.radio.wavelength_m
    blocks = [
        np.sum(np.abs(array.steering_vector(block, wavelength_m) @ streams) ** 2, axis=-1)
        for block in np.array_split(directions, len(directions) // _BLOCK + 1)
    ]
    power: F = np.concatenate(blocks).reshape(azimuth.shape)
    return power


def mirror_azimuth_deg(scenario: Scenario, azimuth_deg: float) -> float | None:
    """The other azimuth that the array cannot tell from this one, None where there is none.

    Elements on one line of the ground plan (a ULA, or a UPA on a wall) along azimuth ψ see α and 2ψ - α alike at every
    elevation.
    """
    spread, axes = np.linalg.eigh(scenario.transmitter.array.aperture_m2()[:2, :2])
    if spread[1] <= 0 or spread[0] > 1e-9 * spread[1]:
        return None
    along_deg = np.degrees(np.arctan2(axes[1, 1], axes[0, 1]))
    return float((2 * along_deg - azimuth_deg + 180.0) % 360.0 - 180.0)


def has_sensing_beam(weights: C) -> bool:
    """True where a beam of its own, the first of `weights` [j, N_t, L], does the sensing; else the data beams do."""
    power_w = np.abs(weights) ** 2
    return bool(power_w[0].sum() > 1e-6 * power_w.sum())


def level_dbm(power_w: F) -> F:
    """Levels in dBm of powers in W; nothing at all is -270 dBm."""
    level: F = 10.0 * np.log10(np.maximum(power_w, 1e-30)) + 30.0
    return level
