"""From starts to the best streams found (docs/algorithms.md §1.6)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming.downlink.gram_problem import GramProblem, Streams
from multistatic.beamforming.value_function import starting_vectors
from multistatic.beamforming.value_function.reachable_rates import Reach, reach
from multistatic.beamforming.value_function.receive_vectors import descend, evaluate
from multistatic.beamforming.value_function.streams import with_more_streams, without_idle_streams

_SCREENING_STEPS = 20
_PROMISING = 1.5  # times the best loss so far
_WORTH_A_STREAM = 1e-4
_STREAM_ROUNDS = 4
_FEASIBLE_TRIES = 4
_POLISHING_ROUNDS, _POLISHING_STEPS, _POLISHING_TOLERANCE = 3, 3000, 1e-12
_SEED = 0x5EED


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFunctionSettings:
    """`random_starts` besides the constructed ones, `random_starts_mixed` where some receivers hear the sensing beam
    and others do not (local optima then differ most), but none there beyond `many` receivers, where each takes seconds.
    `steps` and `tolerance` of each descent: three steps in a row that gain less (relative to the loss) end it.
    `stream_tolerance`: the same while streams are added.
    """

    random_starts: int = 1
    random_starts_mixed: int = 3
    many: int = 64
    steps: int = 300
    tolerance: float = 1e-8
    stream_tolerance: float = 1e-6


def feasible_start(problem: GramProblem, limit: int) -> Reach:
    """Streams that reach all rates within the power (scale 1), or the largest scale of the rates found."""
    best = Reach(scale=0.0, streams=starting_vectors.dominant(problem))
    rng = np.random.default_rng(_SEED)
    for attempt in range(_FEASIBLE_TRIES):
        start = best.streams if attempt == 0 else starting_vectors.random(problem, rng)
        found = reach(problem, start, limit, 1.0)
        best = max(best, found, key=lambda reached: reached.scale)
        if best.scale >= 1.0 or problem.antennas == 1:
            break
    return best


def best_streams(problem: GramProblem, feasible: Streams, limit: int, settings: ValueFunctionSettings) -> Streams:
    """The best local optimum over the starts, then with more streams as long as they help."""
    best = evaluate(problem, replace(feasible, solution=None), "loss")
    if problem.antennas == 1:
        return best
    for number, start in enumerate(_starts(problem, feasible, settings)):
        found = start
        if number > 0:
            found = descend(problem, start, "loss", steps=_SCREENING_STEPS)
            if not found.value < _PROMISING * best.value:
                continue
        found = descend(problem, found, "loss", steps=settings.steps, tolerance=settings.tolerance)
        best = min(best, found, key=lambda streams: streams.value)
    for _ in range(_STREAM_ROUNDS):
        richer = with_more_streams(problem, best, limit)
        if richer is None:
            break
        richer = descend(problem, richer, "loss", steps=settings.steps, tolerance=settings.stream_tolerance)
        richer = evaluate(problem, without_idle_streams(problem, richer), "loss")
        if not richer.value < best.value * (1.0 - _WORTH_A_STREAM):
            break
        best = richer
    return best


def polished(problem: GramProblem, best: Streams) -> Streams:
    """`best` after a descent that ends at rounding, and without the streams that vanish on the way.

    A stream about to vanish makes the loss so flat that the usual tolerance ends the descent early: some per cent of
    the forces are then left over, though hardly any loss.
    """
    for _ in range(_POLISHING_ROUNDS):
        finer = descend(problem, best, "loss", steps=_POLISHING_STEPS, tolerance=_POLISHING_TOLERANCE)
        finer = evaluate(problem, without_idle_streams(problem, finer), "loss")
        if finer.solution is None or not finer.solution.proven or not finer.value <= best.value:
            return best
        fewer, best = len(finer.share) < len(best.share), finer
        if not fewer:
            return best
    return best


def _starts(problem: GramProblem, feasible: Streams, settings: ValueFunctionSettings) -> list[Streams]:
    """The feasible streams, random ones, and for a mixed selection receivers turned away from the target."""
    rng, count = np.random.default_rng(_SEED), settings.random_starts
    found = [replace(feasible, solution=None)]
    if problem.hears.any() and not problem.hears.all():
        alone = starting_vectors.everyone_hears(problem)
        count = settings.random_starts_mixed if len(problem.rate) <= settings.many else 0
        found.append(starting_vectors.deaf_to_target(problem, 1.0))
        found.append(
            replace(descend(alone, found[0], "loss", steps=settings.steps, tolerance=settings.tolerance), solution=None)
        )
    return found + [starting_vectors.random(problem, rng) for _ in range(count)]
