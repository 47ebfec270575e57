"""The points of an area: one in every cell of direction and distance from the transmitter, weighted by measure.

Only the direction from the transmitter decides about the illumination, so that directions are close (half of a beam's
half-power half-width) and distances are not: they enter through the geometry alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.scenario.area_samples import AreaSamples
from multistatic.scenario.beam_width import COARSE, DirectionGrid
from multistatic.units import F

_GROWTH = 1.12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaidPoints:
    """Points of one target.

    position_m [n, 3]: points in m.
    weight [n]: weights, which sum to 1.
    coarser: factor by which steps are longer than half of the beam's half-width; 1 unless that takes too many points.
    distances: number of distances from the transmitter.
    """

    position_m: F
    weight: F
    coarser: float = 1.0
    distances: int = 1


def area_points(samples: AreaSamples, transmitter_m: F, grid: DirectionGrid, finer: float, most: int) -> LaidPoints:
    """The points of an area.

    samples: places all over the area.
    transmitter_m [3]: position of the transmitter in m.
    grid: steps in direction.
    finer: factor by which steps are shorter than those of `grid`.
    most: at most this many points; with more, steps are made longer.
    """
    path = samples.position_m - transmitter_m
    distance = np.linalg.norm(path, axis=1)
    where = np.column_stack([(path / distance[:, None]) @ grid.axes.T, distance])
    steps = np.array([*grid.step, COARSE * float(np.median(distance))]) / finer
    coarse = np.array([step >= COARSE / finer for step in (*grid.step, COARSE)])
    low, extent = where.min(axis=0), np.ptp(where, axis=0)
    coarser = 1.0
    while True:
        counts = np.maximum(np.ceil(extent / steps - 1e-9), 0.0)
        # Two distances or more, so that the nearest and the farthest part of the area are both looked at.
        cells, offset = _cells(where, low, extent, counts)
        number = len(np.unique(cells))
        if number <= most:
            break
        # What the geometry alone needs gives way first.
        if np.any(counts[coarse] > 1):
            steps = np.where(coarse, steps * 1.6, steps)
        else:
            coarser *= max(_GROWTH, min((number / most) ** 0.5, 4.0))
            steps = np.where(coarse, steps, np.array([*grid.step, 1.0]) / finer * coarser)
    order = np.lexsort((offset, cells))
    _, first, which = np.unique(cells[order], return_index=True, return_inverse=True)
    chosen = order[first]
    weight = np.bincount(which, weights=samples.measure[order], minlength=len(chosen))
    return LaidPoints(
        position_m=samples.position_m[chosen],
        weight=weight / weight.sum(),
        coarser=coarser,
        distances=int(counts[3]) + 1,
    )


def _cells(where: F, low: F, extent: F, counts: F) -> tuple[np.ndarray, F]:
    """The cell of each sample as one number, and how far the sample is from the cell's middle, in squared steps."""
    scaled = (where - low) / np.where(extent > 0, extent, 1.0) * counts
    nearest = np.rint(scaled)
    cell = np.zeros(len(where), dtype=np.int64)
    for axis in range(where.shape[1]):
        cell = cell * (int(counts[axis]) + 1) + nearest[:, axis].astype(np.int64)
    return cell, ((scaled - nearest) ** 2).sum(axis=1)
