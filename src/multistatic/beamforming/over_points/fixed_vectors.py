"""Beams for several points with fixed receive vectors: a convex problem, solved with a proof (docs/algorithms.md,
"Several points").
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming.downlink.downlink import least_power
from multistatic.beamforming.downlink.fixed_prices import Downlink
from multistatic.beamforming.over_points.dual_barrier import DualBarrier, DualPoint
from multistatic.beamforming.over_points.dual_certificate import proven_light
from multistatic.beamforming.over_points.recovered_beams import PointBeams, recovered
from multistatic.beamforming.point_objective import PointObjective
from multistatic.units import C, F

TOLERANCE = 2e-5
_FASTER, _SLOWEST = 30.0, 1.5
_COARSE = 2e-3
_ROUGH = 0.3
_CENTRED, _NEARLY_CENTRED = 1e-6, 1e-1  # squared Newton decrement, at the last weight and before
_ALL = 8  # points of the kind `worst` that are all there from the beginning
_NEW = 0.3  # of a vector's length², outside the span of others
_AT_ONCE = 3
_NEIGHBOURS = 0.8  # |a_iᴴa_k|²/(‖a_i‖²‖a_k‖²) beyond which two points are not added together
_LEVELS = (0.3,)
_FINER = 1.0 / 30.0
_ROUNDS = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointSolution:
    """Prices of the dual with the beams they give, and what they prove.

    `at`: prices, those of all points; `weight` t of the barrier; `beams`; `bound`: proven lower bound on the loss of
    any beams of this group for these receive vectors; `steps` of Newton's method.
    """

    at: DualPoint
    weight: float
    beams: PointBeams | None
    bound: float
    steps: int

    @property
    def gap(self) -> float:
        """1 - bound/loss, 1 without beams."""
        return 1.0 if self.beams is None else max(0.0, 1.0 - self.bound / self.beams.loss)


def least_prices(barrier: DualBarrier) -> F | None:
    """Prices λ [S] of the beams of least power, whose sum is that power; None where no power reaches the targets."""
    channels = barrier.channels
    if not len(channels):
        return np.zeros(0)
    if not np.all(np.any(channels != 0.0, axis=1)):
        return None
    solution = least_power(
        Downlink(
            gram=channels.conj() @ channels.T,
            cross=np.zeros(len(channels), complex),
            norm2=1.0,
            target=barrier.target,
            receives_sensing=barrier.receives_sensing,
        )
    )
    return None if solution is None else solution.price


def inside(barrier: DualBarrier, prices: F, points: F) -> DualPoint:
    """Prices inside the domain for point prices μ = `points`, from those of least power with Σλ < 1."""
    weighted = np.sqrt(points)[:, None] * barrier.steering
    largest = float(np.linalg.norm(weighted, 2) ** 2)
    return barrier.scaled(DualPoint(largest * prices, points, 2.2 * largest))


def followed(barrier: DualBarrier, at: DualPoint, tolerance: float, weight: float) -> tuple[DualPoint, float, int]:
    """The centre at the weight where the gap ϑ/t is `tolerance` of the dual value, by way of smaller weights from
    `weight`, and the steps of Newton's method.

    Where Newton's method does not arrive at a weight, the next one is nearer to the last centre.
    """
    steps, centre, factor = 0, 0.0, _FASTER
    while True:
        last = barrier.degree / (tolerance * max(abs(barrier.dual_value(at)), 1e-300))
        ends = weight >= 0.5 * last
        weight = last if ends else weight
        final = tolerance < _COARSE and ends
        there, used, arrived = barrier.centred(at, weight, _CENTRED if final else _NEARLY_CENTRED)
        steps += used
        if not arrived and factor > _SLOWEST:
            factor **= 0.5
            weight = centre * factor if centre else weight / _FASTER
            continue
        at, centre = there, weight
        if ends:
            return at, weight, steps
        weight *= factor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Active:
    """A centre of the problem of some points: `points` their indices, `barrier` of them in the orthonormal `basis` of
    what they span, prices `at` for weight t.
    """

    points: np.ndarray
    barrier: DualBarrier
    basis: C
    at: DualPoint
    weight: float
    steps: int


def _generated(barrier: DualBarrier, prices: F, tolerance: float) -> _Active:
    """The kind `worst` with points that are added where the light is short, until none is by more than `tolerance`.

    A point that gets less than the others by a part x is added at a centre where the gap is at least x: at a larger
    weight Newton's method would take long to give the point its price.
    """
    objective, steering = barrier.objective, barrier.steering
    every = np.arange(len(steering))
    points = every if len(every) <= _ALL else _spread(steering / np.sqrt(objective.weight)[:, None])
    part, basis = _of_points(barrier, points)
    at, steps = inside(part, prices, 1.0 / part.objective.weight), 0
    wanted, weight, path = _LEVELS[0], part.degree / part.dual_value(at), list[_Active]()
    if len(points) == len(every):
        wanted = tolerance
    for _ in range(_ROUNDS):
        at, weight, used = followed(part, at, wanted, weight)
        steps += used
        path.append(_Active(points=points, barrier=part, basis=basis, at=at, weight=weight, steps=steps))
        if len(points) == len(every) and wanted <= tolerance:
            break
        light = part.light(at, weight, steering @ basis.conj()) / objective.weight
        missing, short = _missing(light, steering, points, max(wanted, tolerance))
        if not len(missing):
            if wanted <= tolerance:
                break
            wanted = max(tolerance, wanted * _FINER)
            weight *= _FASTER
            continue
        while len(path) > 1 and path[-1].weight * short * part.dual_value(at) > 3.0 * part.degree:
            path.pop()
        back = path[-1]
        added = np.setdiff1d(points, back.points, assume_unique=True)
        points = np.concatenate([back.points, added, missing])
        new = points[len(back.points) :]
        part, basis = _of_points(barrier, points)
        weight = back.weight
        # Small enough that every Z_j stays positive: a_iᴴZ_j⁻¹a_i ≤ t p_i, with what lies outside of the basis, too
        bright = barrier.with_points(steering[back.points], objective.restricted(back.points)).light(
            back.at, weight, steering[new]
        )
        at = back.at._replace(point=np.concatenate([back.at.point, 0.2 / (len(new) * weight * bright)]))
        wanted = part.degree / (weight * part.dual_value(at))
    return replace(path[-1], steps=steps)


def _of_points(barrier: DualBarrier, points: np.ndarray) -> tuple[DualBarrier, C]:
    """The barrier of some points, in an orthonormal basis [n, m] of the channels and of these points where that is
    smaller: outside of it beams only cost power.
    """
    steering, objective = barrier.steering[points], barrier.objective.restricted(points)
    vectors = np.concatenate([barrier.channels, steering])
    if len(vectors) >= vectors.shape[1]:
        return barrier.with_points(steering, objective), np.eye(vectors.shape[1], dtype=complex)
    basis = np.linalg.qr(vectors.T)[0]
    coordinates = basis.conj()
    part = replace(
        barrier, channels=barrier.channels @ coordinates, steering=steering @ coordinates, objective=objective
    )
    return part, basis


def _spread(vectors: C) -> np.ndarray:
    """Vectors of which each has at least the part `_NEW` of its length² outside the span of those before it, by
    Gram-Schmidt with pivots; so about one point for each beam width.
    """
    left, chosen = vectors.copy(), list[int]()
    lengths = np.sum(np.abs(vectors) ** 2, axis=1)
    for _ in range(min(vectors.shape)):
        norms = np.sum(np.abs(left) ** 2, axis=1)
        best = int(np.argmax(np.where(norms > _NEW * lengths, norms, 0.0)))
        if not norms[best] > _NEW * lengths[best]:
            break
        chosen.append(best)
        unit = left[best] / np.sqrt(norms[best])
        left = left - np.outer(left @ unit.conj(), unit)
    return np.array(chosen)


def _missing(light: F, steering: C, points: np.ndarray, tolerance: float) -> tuple[np.ndarray, float]:
    """Points that get less than all of `points` by more than `tolerance`, and by which part the least of all does.

    At most `_AT_ONCE`, or half as many as there are; no neighbours.
    """
    least = float(light[points].min())
    chosen = list[int]()
    for i in np.argsort(light):
        if light[i] >= least * (1.0 - tolerance) or len(chosen) == max(_AT_ONCE, len(points) // 2):
            break
        alike = np.abs(steering[chosen] @ steering[i].conj()) ** 2
        if i in points or np.any(alike > _NEIGHBOURS * np.sum(np.abs(steering[i]) ** 2) ** 2):
            continue
        chosen.append(int(i))
    return np.array(chosen, int), 1.0 - float(light.min()) / least


def _marginal_start(barrier: DualBarrier, prices: F) -> tuple[DualPoint, float, int]:
    """Prices of the kind `sum` from a coarse solution of the kind `worst` that gives every point some light, and the
    weight t to begin with.
    """
    objective = barrier.objective
    weight = objective.weight ** (1.0 / (1.0 + objective.exponent))
    even = barrier.with_points(barrier.steering, PointObjective(kind="worst", weight=weight / weight.sum()))
    found = _generated(even, prices, _ROUGH)
    light = found.barrier.light(found.at, found.weight, barrier.steering @ found.basis.conj())
    return inside(barrier, prices, objective.marginal(light)), barrier.degree / objective.loss(light), found.steps


def solved(barrier: DualBarrier, prices: F, tolerance: float = TOLERANCE) -> PointSolution:
    """The optimum of the problem, from the prices λ of least power (`least_prices`), whose sum is below 1."""
    basis = None
    if barrier.worst:
        found = _generated(barrier, prices, tolerance)
        active, at, weight, steps, points = found.barrier, found.at, found.weight, found.steps, found.points
        basis = found.basis
    else:
        start, weight, steps = _marginal_start(barrier, prices)
        at, weight, used = followed(barrier, start, tolerance, weight)
        active, steps, points = barrier, steps + used, np.arange(len(barrier.steering))
    bound = active.objective.proven_loss(at.point, proven_light(active, at))
    steering = barrier.steering if basis is None else barrier.steering @ basis.conj()
    beams = recovered(active, at, weight, steering, barrier.objective, bound)
    if beams is not None and basis is not None:
        beams = replace(beams, data=basis @ beams.data, sensing=basis @ beams.sensing)
    every = np.zeros(len(barrier.steering))
    every[points] = at.point
    return PointSolution(at=at._replace(point=every), weight=weight, beams=beams, bound=bound, steps=steps)
