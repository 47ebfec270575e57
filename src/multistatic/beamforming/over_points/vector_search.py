"""BFGS over receive vectors and shares of the rates for several points (docs/algorithms.md §1.10).

The optimum of the convex problem is not twice differentiable in the receive vectors: where the sensing covariance has a
rank above one, the largest eigenvalue of its dual is multiple. At a fixed weight t of the barrier the minimum of f_t is
smooth, and t grows in stages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from multistatic.beamforming.downlink.gram_problem import Streams
from multistatic.beamforming.over_points.dual_barrier import DualPoint
from multistatic.beamforming.over_points.receive_side import PointReceivers, stream_gradient
from multistatic.units import C, F

_CENTRED = 1e-3  # squared Newton decrement
_PATIENCE = 3  # steps in a row that gain little
_TRIALS, _SHORTER, _ARMIJO = 10, 0.4, 1e-4
_FIRST, _LONGEST = 0.3, 0.7  # of a vector of length one: the first step, and any
_RAISE, _RAISES = (
    0.02,
    12,
)  # of τ, each twice the last, where the last prices are outside of the domain of the new receive vectors
_CURVED = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """BFGS at the weight where the duality gap is `gap` of the value, up to `steps`, until three steps in a row gain
    less than `enough` of the value.
    """

    gap: float
    steps: int
    enough: float


class SearchEnd(NamedTuple):
    """The streams found, prices at the weight t of the last stage, and the number of steps and evaluations."""

    streams: Streams
    at: DualPoint
    weight: float
    steps: int
    evaluations: int


class _Chart(NamedTuple):
    """Coordinates of receive vectors and shares: vectors of any length, and logarithms of shares of any sum."""

    raw: C  # [S, r]
    logs: F  # [S]

    def moved(self, step: F) -> _Chart:
        size = self.raw.size
        return _Chart(
            self.raw + (step[:size] + 1j * step[size : 2 * size]).reshape(self.raw.shape),
            self.logs + step[2 * size :],
        )

    def streams(self, receivers: PointReceivers, like: Streams) -> Streams:
        parts = np.exp(self.logs)
        total = np.bincount(like.receiver, parts, len(receivers.rate))
        return replace(
            like,
            vectors=self.raw / np.linalg.norm(self.raw, axis=1, keepdims=True),
            share=parts * (receivers.rate / total)[like.receiver],
            solution=None,
        )


class _Evaluated(NamedTuple):
    """A chart with the centre there, -f_t/t and its gradient."""

    chart: _Chart
    streams: Streams
    at: DualPoint
    loss: float
    gradient: F


def searched(
    receivers: PointReceivers, start: Streams, at: DualPoint, weight: float, stages: tuple[Stage, ...]
) -> SearchEnd | None:
    """The streams at the end of the stages, from prices inside of the domain of the streams `start`, which are a centre
    for `weight`, or near it; None where Newton's method does not arrive at the first centre.
    """
    chart = _Chart(start.vectors.copy(), np.log(start.share))
    inverse: F | None = None
    steps = evaluations = 0
    streams = start
    for stage in stages:
        barrier = receivers.barrier(streams)
        weight = max(weight, barrier.degree / (stage.gap * max(abs(barrier.dual_value(at)), 1e-300)))
        here = _evaluated(receivers, chart, start, weight, at)
        evaluations += 1
        if here is None:
            return None if not steps else SearchEnd(streams, at, weight, steps, evaluations)
        idle, value = 0, abs(here.loss)
        for _ in range(stage.steps):
            direction = _direction(here.gradient, inverse, value)
            there, length, tried = _stepped(receivers, here, start, weight, direction)
            evaluations += tried
            if there is None:
                if inverse is None:
                    break
                inverse = None
                continue
            steps += 1
            promised = -float(direction @ here.gradient)
            inverse = _updated(inverse, length * direction, there.gradient - here.gradient)
            gained, here = here.loss - there.loss, there
            idle = idle + 1 if max(gained, length * promised) < stage.enough * value else 0
            if idle == _PATIENCE:
                break
        chart, streams, at = here.chart, here.streams, here.at
    return SearchEnd(streams, at, weight, steps, evaluations)


def _evaluated(
    receivers: PointReceivers, chart: _Chart, like: Streams, weight: float, at: DualPoint
) -> _Evaluated | None:
    """-f_t/t at a chart, from prices of a neighbouring one; None where Newton's method does not arrive."""
    streams = chart.streams(receivers, like)
    barrier = receivers.barrier(streams)
    found = barrier.minimum(at, weight, _CENTRED)
    for doubled in range(_RAISES):
        if found.inside:
            break
        at = at._replace(power=(1.0 + _RAISE * 2.0**doubled) * at.power)
        found = barrier.minimum(at, weight, _CENTRED)
    if not found.arrived:
        return None
    centre = found.at
    slopes = stream_gradient(receivers, streams, barrier, centre)
    unit, by_vector = streams.vectors, -slopes.by_vector / weight
    by_vector = by_vector - unit * np.einsum("sr,sr->s", unit.conj(), by_vector).real[:, None]
    by_vector *= 2.0 / np.linalg.norm(chart.raw, axis=1, keepdims=True)
    by_log = -slopes.by_share / weight * streams.share
    total = np.bincount(streams.receiver, by_log, len(receivers.rate))
    by_log = by_log - streams.share * (total / receivers.rate)[streams.receiver]
    gradient = np.concatenate([by_vector.real.ravel(), by_vector.imag.ravel(), by_log])
    return _Evaluated(chart, streams, centre, -found.value / weight, gradient)


def _direction(gradient: F, inverse: F | None, value: float) -> F:
    """The quasi-Newton direction, or the steepest one where nothing is known of the curvature; not too long."""
    direction = -gradient if inverse is None else -inverse @ gradient
    if inverse is None or not direction @ gradient < 0.0:
        length = float(np.linalg.norm(gradient))
        return -gradient / max(length, 1e-300) * min(_FIRST, length / value)
    longest = float(np.abs(direction).max())
    return direction * min(1.0, _LONGEST / max(longest, 1e-300))


def _stepped(
    receivers: PointReceivers, here: _Evaluated, like: Streams, weight: float, direction: F
) -> tuple[_Evaluated | None, float, int]:
    """The first point along the direction that lowers the loss enough, or None; its length; how many were tried."""
    slope, length = float(direction @ here.gradient), 1.0
    for trial in range(_TRIALS):
        there = _evaluated(receivers, here.chart.moved(length * direction), like, weight, here.at)
        if there is not None and there.loss <= here.loss + _ARMIJO * length * slope:
            return there, length, trial + 1
        length *= _SHORTER
    return None, length, _TRIALS


def _updated(inverse: F | None, step: F, change: F) -> F | None:
    """The inverse Hessian of BFGS after a step and the change of the gradient on it."""
    curvature = float(step @ change)
    if not curvature > _CURVED * float(np.linalg.norm(step) * np.linalg.norm(change)):
        return inverse
    if inverse is None:
        inverse = np.eye(len(step)) * (curvature / float(change @ change))
    turned = inverse @ change
    widened = (curvature + float(change @ turned)) / curvature**2
    return np.asarray(
        inverse + widened * np.outer(step, step) - (np.outer(turned, step) + np.outer(step, turned)) / curvature
    )
