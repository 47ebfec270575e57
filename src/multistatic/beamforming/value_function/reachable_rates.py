"""Which rates can be reached at all: minimum power over receive vectors and rate splits (docs/algorithms.md §1.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming.downlink.gram_problem import GramProblem, Streams
from multistatic.beamforming.value_function.receive_vectors import descend, evaluate
from multistatic.beamforming.value_function.streams import with_more_streams, without_idle_streams

_HALVINGS = 40
_ROUNDS = 12
_WORTH_GOING_ON = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reach:
    """`streams` that reach `scale` times the rates of the problem with the power budget 1 (at scale 1: with less)."""

    scale: float
    streams: Streams


def scaled(problem: GramProblem, streams: Streams, scale: float) -> tuple[GramProblem, Streams]:
    """Problem and streams with every rate scaled to `scale` times the rates of `problem`."""
    total = np.bincount(streams.receiver, streams.share, len(problem.rate))
    share = streams.share * (scale * problem.rate / total)[streams.receiver]
    return replace(problem, rate=scale * problem.rate), replace(streams, share=share, solution=None)


def largest_scale(problem: GramProblem, streams: Streams, highest: float) -> float:
    """The largest scale ≤ `highest` of the rates that the budget allows with these receive vectors and splits."""

    def used(scale: float) -> float:
        return evaluate(*scaled(problem, streams, scale), "power").value

    if used(highest) <= 1.0:
        return highest
    low, high = 0.0, highest
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if used(middle) <= 1.0 else (low, middle)
        if high - low <= 1e-6 * high:
            break
    return low


def reach(problem: GramProblem, streams: Streams, limit: int, highest: float) -> Reach:
    """Raise the common scale of all rates as far as receive vectors, splits and extra streams allow, up to `highest`.

    In turn: the largest scale for the present receive vectors; then less power at that scale by `descend`, with more
    streams where `with_more_streams` finds them worth it.
    """
    scale = largest_scale(problem, streams, highest)
    best = Reach(scale=scale, streams=scaled(problem, streams, scale)[1])
    for _ in range(_ROUNDS):
        if best.scale >= highest or best.scale <= 0.0:
            break
        at, start = scaled(problem, best.streams, best.scale)
        lean = descend(at, start, "power", steps=60, enough=0.1, tolerance=1e-5)
        richer = with_more_streams(at, lean, limit) if np.isfinite(lean.value) else None
        candidates = [lean]
        if richer is not None:
            candidates.append(
                without_idle_streams(at, descend(at, richer, "power", steps=60, enough=0.1, tolerance=1e-5))
            )
        previous = best
        for candidate in candidates:
            if np.isfinite(candidate.value):
                scale = largest_scale(problem, candidate, highest)
                if scale > best.scale:
                    best = Reach(scale=scale, streams=scaled(problem, candidate, scale)[1])
        if best.scale <= previous.scale * (1.0 + _WORTH_GOING_ON):
            break
    return best
