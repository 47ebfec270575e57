"""How wide a beam is, as far as the places of its antennas decide: the scale on which the points of a target are laid.

With all N antennas in phase towards a direction, the power in a direction that differs by δ is |Σ_n exp(j k e_n·δ)/N|².
For a half-wavelength line it falls to half at δ = 0.886/N along the line, which is 0.886 r/(N cos ψ) m across at the
distance r, with ψ the angle off broadside (reference: the half-power half-width).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.scenario.arrays import AntennaArray
from multistatic.units import F

COARSE = 0.3
"""Largest step in a direction and, relative to the distance, in range: what the geometry alone needs."""
_SEARCHED = 3.0  # standard deviations of phase; a uniform line needs 0.8 of them
_STEPS = 600


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DirectionGrid:
    """Steps in the direction from the transmitter that leave no null of a beam between two points.

    axes [3, 3]: principal axes of the array, one a row.
    step [3]: largest steps of the direction cosines along them: half of the half-power half-width, at most `COARSE`.
    """

    axes: F
    step: F


def half_power_half_width(array: AntennaArray, along: F, wavelength_m: float) -> float:
    """Change of a direction along the vector `along` [3] at which the power of a beam falls to half.

    For a unit vector it is in radian, for small changes across the direction. Infinite where the array has no extent
    along it.
    """
    centred = array.elements_m - array.elements_m.mean(axis=0)
    phase = 2.0 * np.pi / wavelength_m * (centred @ np.asarray(along, float))
    spread = float(np.sqrt(np.mean(phase**2)))
    if spread < 1e-6:
        return float("inf")
    change = np.linspace(0.0, _SEARCHED, _STEPS + 1) / spread
    power = np.abs(np.exp(1j * np.multiply.outer(change, phase)).mean(axis=1)) ** 2
    below = np.flatnonzero(power < 0.5)
    if not len(below):
        return float(change[-1])
    last = below[0]
    part = (power[last - 1] - 0.5) / (power[last - 1] - power[last])
    return float(change[last - 1] + part * (change[last] - change[last - 1]))


def direction_grid(array: AntennaArray, wavelength_m: float) -> DirectionGrid:
    """The steps in direction for the transmitter's array."""
    _, vectors = np.linalg.eigh(array.aperture_m2())
    axes = np.ascontiguousarray(vectors.T[::-1])
    widths = [half_power_half_width(array, axis, wavelength_m) for axis in axes]
    return DirectionGrid(axes=axes, step=np.minimum(0.5 * np.array(widths), COARSE))


def across(direction: F) -> tuple[F, F]:
    """Two unit vectors across a direction [3]: the horizontal one, and the one that points most upwards."""
    x, y, _ = direction
    level = float(np.hypot(x, y))
    horizontal = np.array([1.0, 0.0, 0.0]) if level < 1e-12 else np.array([-y, x, 0.0]) / level
    return horizontal, np.cross(direction, horizontal)
