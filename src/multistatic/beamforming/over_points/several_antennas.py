"""Beams for several points where receivers have several antennas: a search over receive vectors from several starts
(docs/algorithms.md §1.10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming.downlink.gram_problem import GramProblem, Streams, gram_problem
from multistatic.beamforming.over_points.fixed_vectors import (
    TOLERANCE,
    PointSolution,
    followed,
    inside,
    least_prices,
    solved,
)
from multistatic.beamforming.over_points.point_streams import with_more_point_streams
from multistatic.beamforming.over_points.receive_side import PointReceivers
from multistatic.beamforming.over_points.vector_search import Stage, searched
from multistatic.beamforming.value_function.earlier_beams import streams_of_beams
from multistatic.beamforming.value_function.reachable_rates import reach
from multistatic.beamforming.value_function.receive_vectors import descend
from multistatic.beamforming.value_function.several_starts import ValueFunctionSettings, best_streams, feasible_start
from multistatic.beamforming.value_function.starting_vectors import random_streams
from multistatic.beamforming.value_function.streams import without_idle_streams
from multistatic.units import C, F

_ROUGH, _SCREENING = 0.1, 2e-3  # parts of the loss to which the beams of starts, and of starts improved, are known
_SCREENED = (Stage(gap=0.1, steps=60, enough=1e-3), Stage(gap=1e-2, steps=60, enough=1e-4))
_FINISHED = (Stage(gap=1e-2, steps=80, enough=3e-5), Stage(gap=1e-3, steps=80, enough=1e-5))
_ROUNDS = 4  # of a search over some points, to which those are added that it leaves short
_WORTH_A_STREAM = 1e-4  # of the loss
_STREAM_ROUNDS = 3
_PROVEN = 5e-5  # gap to a bound on all receive vectors at which no others are looked for
_SEED = 0x5EED


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StreamSolution:
    """`streams` with the `solution` of the convex problem for their receive vectors; `starts`: how many were tried."""

    streams: Streams
    solution: PointSolution
    starts: int = 1

    @property
    def loss(self) -> float:
        """The loss of the beams; infinite without any."""
        return np.inf if self.solution.beams is None else self.solution.beams.loss


def best_receive_vectors(
    receivers: PointReceivers,
    earlier: Sequence[C],
    limit: int,
    settings: ValueFunctionSettings,
    proven: Callable[[F], float] = lambda price: 0.0,
) -> StreamSolution | None:
    """The best streams, at most `limit` for each receiver, over several starts; None where no start meets the rates.

    `earlier`: beams [1+K, n, L] of power 1 to start from besides; they need not meet the rates. `proven`: a lower bound
    on the loss for all receive vectors, from prices μ [M] of the points. Where it proves that the first vectors are
    the best there is no search.
    """
    towards = mean_problem(receivers)
    feasible = feasible_start(towards, limit)
    if feasible.scale < 1.0:
        return None
    mean = best_streams(towards, feasible.streams, limit, settings).best
    first = None if mean is None else _solved(receivers, replace(mean, solution=None), TOLERANCE)
    if first is not None and proven(first.solution.at.point) >= first.loss * (1.0 - _PROVEN):
        return first
    found = list[StreamSolution]()
    for start in _starts(receivers, towards, feasible.streams, mean, earlier, limit, settings):
        screened = _improved(receivers, start, _SCREENED, _SCREENING)
        found.append(min(start, screened or start, key=lambda each: each.loss))
    if not found:
        return None
    best = _finished(receivers, min(found, key=lambda each: each.loss))
    return replace(_with_streams(receivers, towards, best, limit), starts=len(found))


def mean_problem(receivers: PointReceivers) -> GramProblem:
    """One target in the direction that illuminates all points most in the weighted mean."""
    weighted = np.sqrt(receivers.objective.weight)[:, None] * receivers.steering
    direction = np.linalg.svd(weighted, full_matrices=False)[2][0]
    return gram_problem(receivers.channels, direction, receivers.rate / np.log(2.0), receivers.receives_sensing)


def _starts(
    receivers: PointReceivers,
    towards: GramProblem,
    feasible: Streams,
    mean: Streams | None,
    earlier: Sequence[C],
    limit: int,
    settings: ValueFunctionSettings,
) -> Iterator[StreamSolution]:
    """Streams with their beams: the best ones for the mean direction, those of least power, earlier ones, and random
    ones where no receiver is selected.
    """
    lean = descend(towards, replace(feasible, solution=None), "power", steps=60, tolerance=1e-5)
    others = [streams_of_beams(towards, receivers.channels, weights) for weights in earlier]
    if receivers.receives_sensing.all():
        # Without a sensing beam the data carry the light to all points, and local optima differ most.
        rng = np.random.default_rng(_SEED)
        drawn = [random_streams(towards, rng) for _ in range(settings.random_starts)]
        others += [reach(towards, start, limit, 1.0).streams for start in drawn]
    for streams in (mean, lean, *others):
        found = None if streams is None else _solved(receivers, replace(streams, solution=None), _ROUGH)
        if found is not None:
            yield found


def _solved(receivers: PointReceivers, streams: Streams, tolerance: float) -> StreamSolution | None:
    """The beams for the receive vectors of the streams; None where they do not meet the rates."""
    barrier = receivers.barrier(streams)
    prices = least_prices(barrier)
    if prices is None or not prices.sum() < 1.0:
        return None
    return StreamSolution(streams=streams, solution=solved(barrier, prices, tolerance))


def _finished(receivers: PointReceivers, start: StreamSolution) -> StreamSolution:
    """The end of the search from streams that the first stages found, or these, whichever beams lose less."""
    same = _solved(receivers, start.streams, TOLERANCE) or start
    return min(same, _improved(receivers, same, _FINISHED, TOLERANCE) or same, key=lambda each: each.loss)


def _improved(
    receivers: PointReceivers, start: StreamSolution, stages: tuple[Stage, ...], tolerance: float
) -> StreamSolution | None:
    """The streams after the stages of a search, with their beams; None where the search fails.

    The search knows the points that have a price. Where others come to have one, they join, and it goes on.
    """
    best, at, points = None, start, np.zeros(0, int)
    for _ in range(_ROUNDS):
        priced = np.flatnonzero(at.solution.at.point > 0.0)
        if not len(np.setdiff1d(priced, points)):
            break
        points = np.union1d(points, priced)
        end = _searched_over(receivers.of_points(points), at, stages)
        found = None if end is None else _solved(receivers, end, tolerance)
        if found is None or not np.isfinite(found.loss):
            break
        at, best = found, found if best is None or found.loss < best.loss else best
    return best


def _searched_over(receivers: PointReceivers, start: StreamSolution, stages: tuple[Stage, ...]) -> Streams | None:
    """The streams at the end of the search for the receivers' points, some of those that the start's beams are for."""
    barrier, objective, beams = receivers.barrier(start.streams), receivers.objective, start.solution.beams
    prices = least_prices(barrier)
    if prices is None or not prices.sum() < 1.0 or beams is None:
        return None
    if barrier.worst:
        at = inside(barrier, prices, 1.0 / objective.weight)
        weight = barrier.degree / barrier.dual_value(at)
    else:
        light = np.sum(
            np.abs(receivers.steering.conj() @ np.concatenate([beams.data, beams.sensing], axis=1)) ** 2, axis=1
        )
        at = inside(barrier, prices, objective.marginal(light))
        weight = barrier.degree / objective.loss(light)
    at, weight, _ = followed(barrier, at, stages[0].gap, weight)
    end = searched(receivers, start.streams, at, weight, stages)
    return None if end is None else end.streams


def _with_streams(receivers: PointReceivers, towards: GramProblem, best: StreamSolution, limit: int) -> StreamSolution:
    """More streams as long as they help."""
    for _ in range(_STREAM_ROUNDS):
        more = with_more_point_streams(receivers, best.streams, best.solution, limit)
        begun = None if more is None else _solved(receivers, more, _SCREENING)
        richer = None if begun is None else _improved(receivers, begun, _FINISHED, TOLERANCE)
        if richer is None:
            break
        lean = without_idle_streams(towards, richer.streams)
        if lean is not richer.streams:
            richer = _solved(receivers, lean, TOLERANCE) or richer
        if not richer.loss < best.loss * (1.0 - _WORTH_A_STREAM):
            break
        best = richer
    return best
