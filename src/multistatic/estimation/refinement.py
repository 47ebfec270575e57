"""Off the grid: from coarse cells to the peak of the likelihood, compiled (docs/algorithms.md §4).

One trial at a time. A candidate is a cell k, a fraction δ of a sample and a Doppler shift ν₀. The trial is projected
there (`projection`) and L climbed (`climb`); a second projection about the peak takes away the error of parts of finite
length.

Time in samples, Doppler in cycles per sample. Loops over scalars, as Numba compiles them fastest.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from multistatic.compiled import vectorised
from multistatic.estimation.newton import Height, climb
from multistatic.estimation.projection import (
    PARTS,
    Known,
    Place,
    Projection,
    fill_energies,
    fill_snapshot,
    project,
)
from multistatic.units import C, F

_ROUNDS = 8
_LOBE = 5.0  # squared distance in units of 1/Λ within which two peaks are one: past the first zero of all usual pulses
# Squared Doppler shift from the centre of the projection, in units of 1/Λ, times the SNR. The parts of a block displace
# the peak by about 1/(S sqrt(M/S)) of that shift: its square stays below 1e-2 of the variance 1/(2 SNR Λ).
_RECENTRE = 4.0


class Cells(NamedTuple):
    """Where the cells of a map [H, J] are: J runs over whole samples from `first` on, each with its `fractions` δ; H
    over `dopplers`.
    """

    first: int
    fractions: F
    dopplers: F


class Rules(NamedTuple):
    """How peaks are compared and refined.

    `noise`: power of a sample's noise, the unit of T. `gain`: factor by which a peak may exceed its cell. `candidates`:
    how many are refined. `margin`: T by which a second peak has to be below the best not to matter. `reach`: how near
    to its edge the next cell is tried too.
    """

    noise: float
    gain: float
    candidates: int
    margin: float
    reach: float


class Found(NamedTuple):
    """What `refine_trials` fills, for B trials.

    `statistic`, `second` [B]: T of the best peak inside the limits and of the second best (0: there is none), at
    `inside`, `other` [B, 3], each (k, δ, ν). `free` [B, 3]: the peak without limits of Doppler; there `level` [B],
    T; `curvature` [B, 2, 2], -∇²L; `smooth` [B], whether it is a smooth maximum; `snapshots` [B, P], A_p.
    """

    statistic: F
    second: F
    inside: F
    other: F
    free: F
    level: F
    curvature: F
    smooth: NDArray[np.bool_]
    snapshots: C


class _Workspace(NamedTuple):
    """Projections: of the peak in work, of its neighbour, of the best peak so far. `samples` [2, I], `whole` [D]: all
    of the reference's energy.
    """

    held: Projection
    spare: Projection
    kept: Projection
    samples: F
    whole: F


@vectorised
def _workspace(known: Known, branches: int) -> _Workspace:
    nodes, size = known.real.shape
    whole = np.zeros(nodes)
    for d in range(nodes):
        for i in range(size):
            whole[d] += known.real[d, i] * known.real[d, i] + known.imag[d, i] * known.imag[d, i]
    return _Workspace(
        Projection(np.empty((branches, PARTS, nodes), np.complex128), np.empty(nodes)),
        Projection(np.empty((branches, PARTS, nodes), np.complex128), np.empty(nodes)),
        Projection(np.empty((branches, PARTS, nodes), np.complex128), np.empty(nodes)),
        np.empty((2, size)),
        whole,
    )


@vectorised
def _copy(source: Projection, target: Projection) -> None:
    target.sums[:] = source.sums
    target.energies[:] = source.energies


@vectorised
def _look(known: Known, samples: C, cell: int, about: float, work: _Workspace, projection: Projection) -> None:
    """Fill `projection` at a cell, about a Doppler shift."""
    shift = cell + known.first
    project(known, samples, shift, about, work.samples, projection.sums)
    fill_energies(known, shift, samples.shape[1], work.whole, projection.energies)


@vectorised
def _refine(
    known: Known, samples: C, place: Place, limits: tuple[float, float], rules: Rules, work: _Workspace
) -> tuple[Place, Height]:
    """The peak of L near `place` within `limits` of ν, and the height there.

    `work.held` is the projection at the cell and about ν₀, there already unless ν₀ is NaN, and stays so. At an edge of
    the cell the climb goes on in the next one as long as L grows; else the peak is a kink at the edge. Where L jumps
    from cell to cell, the next one is tried from `rules.reach` before the edge on.
    """
    held, (cell, fraction, doppler, about) = work.held, place
    if np.isnan(about):
        about = doppler
        _look(known, samples, cell, about, work, held)
    tried_up, tried_down = False, False
    for _ in range(_ROUNDS):
        box = (limits[0] - about, limits[1] - about)
        fraction, near, here = climb(known, held, fraction, doppler - about, box)
        doppler = near + about
        step = 0
        if not tried_up and (fraction > 1.0 - rules.reach or (fraction >= 1.0 and here.t > 0.0)):
            step, tried_up = 1, True
        elif not tried_down and (fraction < rules.reach or (fraction <= 0.0 and here.t < 0.0)):
            step, tried_down = -1, True
        if step != 0:
            _look(known, samples, cell + step, about, work, work.spare)
            beside, near, there = climb(known, work.spare, 0.0 if step > 0 else 1.0, near, box)
            if there.value > here.value:
                cell, fraction, doppler, here = cell + step, beside, near + about, there
                _copy(work.spare, held)
                tried_up, tried_down = step < 0, step > 0
        elif (doppler - about) ** 2 * known.scale[1] * here.power > _RECENTRE * rules.noise:
            about = doppler
            project(known, samples, cell + known.first, about, work.samples, held.sums)
        else:
            break
    return Place(cell, fraction, doppler, about), here


@vectorised
def _candidates(values: Any, count: int, cells: Any) -> int:
    """The `count` largest local maxima of a map [H, J], largest first, as rows (h, j) of `cells`; returns how many."""
    heights = np.empty(count)
    found = 0
    rows, columns = values.shape
    for h in range(rows):
        for j in range(columns):
            value = values[h, j]
            if found == count and value <= heights[count - 1]:
                continue
            peak = True
            for g in range(max(0, h - 1), min(rows, h + 2)):
                for i in range(max(0, j - 1), min(columns, j + 2)):
                    if values[g, i] > value:
                        peak = False
            if not peak:
                continue
            place = found if found < count else count - 1
            while place > 0 and heights[place - 1] < value:
                heights[place] = heights[place - 1]
                cells[place, 0], cells[place, 1] = cells[place - 1, 0], cells[place - 1, 1]
                place -= 1
            heights[place] = value
            cells[place, 0], cells[place, 1] = h, j
            found = min(found + 1, count)
    return found


@vectorised
def _apart(one: Place, other: Place, scale: F) -> bool:
    """Whether two peaks are two: farther from each other than a lobe reaches."""
    distance = one.cell + one.fraction - other.cell - other.fraction
    squared = distance**2 * scale[0] + (one.doppler - other.doppler) ** 2 * scale[1]
    return bool(squared > _LOBE)


@vectorised
def _best_two(
    known: Known, samples: C, values: Any, cells: Cells, limits: tuple[float, float], rules: Rules, work: _Workspace
) -> tuple[Place, float, Place, float]:
    """The best peak within `limits` and the second best, each with its T; `work.kept` is the projection of the best."""
    places = np.empty((rules.candidates, 2), np.int64)
    found = _candidates(values, rules.candidates, places)
    best = other = Place(0, 0.0, 0.0, np.nan)
    top, second = -1.0, 0.0
    for c in range(found):
        h, j = places[c, 0], places[c, 1]
        if c > 0 and rules.gain * values[h, j] + 2.0 < top - rules.margin:
            break
        start = Place(
            cells.first + j // len(cells.fractions),
            cells.fractions[j % len(cells.fractions)],
            cells.dopplers[h],
            np.nan,
        )
        place, height = _refine(known, samples, start, limits, rules, work)
        statistic = height.power / rules.noise
        apart = top >= 0.0 and _apart(place, best, known.scale)
        if statistic > top:
            if apart:
                second, other = top, best
            top, best = statistic, place
            _copy(work.held, work.kept)
        elif apart and statistic > second:
            second, other = statistic, place
    return best, top, other, second


@vectorised
def refine_trials(
    known: Known, samples: C, maps: Any, cells: Cells, limits: tuple[float, float], rules: Rules, found: Found
) -> None:
    """For each trial the best peak inside the limits, the second best, and the peak without limits of Doppler.

    `samples` [B, P, N]; `maps` [B, H, J], T on `cells`; `limits` of ν. Fills `found`.
    """
    work = _workspace(known, samples.shape[1])
    reach = 1.0 / np.sqrt(known.scale[1])
    for b in range(samples.shape[0]):
        best, found.statistic[b], other, found.second[b] = _best_two(
            known, samples[b], maps[b], cells, limits, rules, work
        )
        found.inside[b, 0], found.inside[b, 1], found.inside[b, 2] = best.cell, best.fraction, best.doppler
        found.other[b, 0], found.other[b, 1], found.other[b, 2] = other.cell, other.fraction, other.doppler
        low, high = best.doppler - reach, best.doppler + reach
        _copy(work.kept, work.held)
        free, top = _refine(known, samples[b], best, (low, high), rules, work)
        found.free[b, 0], found.free[b, 1], found.free[b, 2] = free.cell, free.fraction, free.doppler
        found.level[b] = top.power / rules.noise
        found.curvature[b, 0, 0], found.curvature[b, 1, 1] = -top.tt, -top.ff
        found.curvature[b, 0, 1] = found.curvature[b, 1, 0] = -top.tf
        concave = top.tt < 0.0 and top.ff < 0.0 and top.tt * top.ff > 2.0 * top.tf**2
        found.smooth[b] = concave and 0.0 < free.fraction < 1.0 and low < free.doppler < high
        fill_snapshot(known, work.held, free, found.snapshots[b])
