"""Which rates can be reached at all: minimum power over receive vectors and rate splits (docs/algorithms.md §1.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming.downlink.gram_problem import GramProblem, Streams, downlink_of
from multistatic.beamforming.value_function.rate_balancing import CommonFactor, common_factor
from multistatic.beamforming.value_function.receive_vectors import descend, with_beams
from multistatic.beamforming.value_function.streams import with_more_streams, without_idle_streams

_ROUNDS = 12
_WORTH_GOING_ON = 1e-3
_DOUBT = 1e-7  # relative: the precision of `common_factor`


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reach:
    """`streams` that reach `scale` times the rates of the problem with the power budget 1 (at scale 1: with less).

    `at_most`: no beams reach more with these receive vectors and splits, so none at all where channels have rank one.
    """

    scale: float
    streams: Streams
    at_most: float = np.inf


def scaled(problem: GramProblem, streams: Streams, scale: float) -> tuple[GramProblem, Streams]:
    """Problem and streams with every rate scaled to `scale` times the rates of `problem`."""
    total = np.bincount(streams.receiver, streams.share, len(problem.rate))
    share = streams.share * (scale * problem.rate / total)[streams.receiver]
    return replace(problem, rate=scale * problem.rate), replace(streams, share=share, solution=None)


def largest_scale(problem: GramProblem, streams: Streams, highest: float) -> CommonFactor:
    """The largest scale of the rates that the budget allows with these receive vectors and splits, between two bounds;
    what is reached is at most `highest`.
    """
    total = np.bincount(streams.receiver, streams.share, len(problem.rate))
    share = streams.share * (problem.rate / total)[streams.receiver]
    found = common_factor(downlink_of(problem, streams)[1].gram, share, enough=highest)
    # Where the bounds cannot distinguish, the least power decides: at 130 dB a factor of 1 may be out of reach by
    # 1e-13.
    doubtful = highest <= found.reached < highest * (1.0 + _DOUBT)
    if doubtful and not with_beams(*scaled(problem, streams, highest), "power").value <= 1.0:
        return replace(found, reached=highest * (1.0 - _DOUBT))
    return replace(found, reached=min(found.reached, highest))


def reach(problem: GramProblem, streams: Streams, limit: int, highest: float) -> Reach:
    """Raise the common scale of all rates as far as receive vectors, splits and extra streams allow, up to `highest`.

    In turn: the largest scale for the present receive vectors; then less power at that scale by `descend`, with more
    streams where `with_more_streams` finds them worth it.
    """
    best = _reached(problem, streams, highest)
    for _ in range(_ROUNDS):
        if best.scale >= highest or best.scale <= 0.0 or problem.antennas == 1:
            break  # done, or there is nothing to choose
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
                best = max(best, _reached(problem, candidate, highest), key=lambda found: found.scale)
        if best.scale <= previous.scale * (1.0 + _WORTH_GOING_ON):
            break
    return best


def _reached(problem: GramProblem, streams: Streams, highest: float) -> Reach:
    found = largest_scale(problem, streams, highest)
    return Reach(scale=found.reached, streams=scaled(problem, streams, found.reached)[1], at_most=found.at_most)
