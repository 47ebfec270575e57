"""Streams from beams of a neighbouring problem, from which a descent can begin in place of a search."""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.downlink.gram_problem import GramProblem, Streams
from multistatic.beamforming.power import streams as undisturbed
from multistatic.units import C

_ALIKE = 0.999  # |vᴴv'| of all streams: the same local optimum
_WORTH_KEEPING = 1.3  # times the least loss
_WORTH_A_SHARE = 1e-3  # of a receiver's rate


def streams_of_beams(problem: GramProblem, channels: C, weights: C) -> Streams | None:
    """The streams of beams `weights` [1+K, N_t, L] of power 1, received through `channels` [K, n, N_t] with noise 1.

    Receive vectors are the MMSE combiners of the streams that do not disturb each other; shares are what each of them
    carries of its receiver's rate. None where a receiver gets no signal.
    """
    _, combiners, sinr = undisturbed(channels, weights, problem.receives_sensing)
    carried = np.log1p(sinr)
    total = carried.sum(axis=1)
    if not np.all(total > 0.0):
        return None
    kept = carried >= _WORTH_A_SHARE * total[:, None]
    receiver, stream = np.nonzero(kept)
    share = carried[receiver, stream] * (problem.rate / np.sum(carried * kept, axis=1))[receiver]
    return Streams(receiver=receiver, vectors=np.ascontiguousarray(combiners[receiver, :, stream]), share=share)


def distinct(found: list[Streams], best: Streams) -> tuple[Streams, ...]:
    """Local optima other than `best` whose loss is at most 1.3 times as large, the least first.

    They can become the best one where the problem changes a little.
    """
    kept: list[Streams] = [best]
    for each in sorted(found, key=lambda streams: streams.value):
        proven = each.solution is not None and each.solution.proven
        if proven and each.value <= _WORTH_KEEPING * best.value and not any(_alike(each, one) for one in kept):
            kept.append(each)
    return tuple(kept[1:])


def _alike(one: Streams, other: Streams) -> bool:
    if len(one.receiver) != len(other.receiver) or not np.array_equal(one.receiver, other.receiver):
        return False
    return bool(np.abs(np.einsum("sr,sr->s", one.vectors.conj(), other.vectors)).min() > _ALIKE)
