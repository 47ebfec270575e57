"""Groups of receivers to look at: every one of a small network, the neighbours of one, and the smallest useful ones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from multistatic.selection.problem import SelectionProblem
from multistatic.units import B

ENUMERABLE = 20
CHUNK = 1 << 14
POOL = 64


def all_groups(problem: SelectionProblem) -> Iterator[B]:
    """Every group [n, K] that holds the forced receivers and has the asked number of members, in chunks of rows.

    K - |forced| receivers are free, so there are 2^(K-|forced|) groups: the caller limits K.
    """
    free = np.flatnonzero(~problem.forced)
    for first in range(0, 1 << len(free), CHUNK):
        numbers = np.arange(first, min(first + CHUNK, 1 << len(free)), dtype=np.int64)
        masks = np.repeat(problem.forced[None], len(numbers), axis=0)
        masks[:, free] = (numbers[:, None] >> np.arange(len(free))) & 1
        sizes = masks.sum(axis=1)
        yield masks[sizes >= 1 if problem.count is None else sizes == problem.count]


def additions(mask: B) -> B:
    """Groups with one more receiver, [K - |G|, K]."""
    outside = np.flatnonzero(~mask)
    groups = np.repeat(mask[None], len(outside), axis=0)
    groups[np.arange(len(outside)), outside] = True
    return groups


def removals(mask: B, forced: B) -> B:
    """Groups with one receiver less that keep the forced ones."""
    inside = np.flatnonzero(mask & ~forced)
    groups = np.repeat(mask[None], len(inside), axis=0)
    groups[np.arange(len(inside)), inside] = False
    return groups


def swaps(mask: B, forced: B) -> B:
    """Groups with one receiver exchanged that keep the forced ones."""
    inside, outside = np.flatnonzero(mask & ~forced), np.flatnonzero(~mask)
    groups = np.repeat(mask[None], len(inside) * len(outside), axis=0)
    rows = np.arange(len(groups))
    groups[rows, np.repeat(inside, len(outside))] = False
    groups[rows, np.tile(outside, len(inside))] = True
    return groups


def smallest_groups(problem: SelectionProblem) -> Iterator[B]:
    """The forced receivers alone, then with one, two and three more: batches [n, K] to start a search from.

    A bound on position is infinite for the first one to three receivers, so a search cannot start from nobody. In
    large networks only the `POOL` receivers that cost least beside the forced ones are tried.
    """
    if problem.forced.any():
        yield problem.forced[None]
    beside = additions(problem.forced)
    pool = np.flatnonzero(~problem.forced)[np.argsort(problem.costs_m(beside), kind="stable")]
    if len(beside):
        yield beside
    for more in (2, 3):
        chosen = np.array(list(combinations(np.sort(pool[:POOL]), more)), dtype=np.intp).reshape(-1, more)
        groups = np.repeat(problem.forced[None], len(chosen), axis=0)
        groups[np.arange(len(chosen))[:, None], chosen] = True
        if len(groups):
            yield groups
