"""Groups of receivers to look at: every one of a small network, the neighbours of one, and the smallest useful ones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from multistatic.selection.selection_problem import SelectionProblem
from multistatic.units import B, F

ENUMERABLE = 20
CHUNK = 1 << 14
# All groups of so many receivers are looked at without a second thought: 4095.
LISTED = 12
_SAMPLE = 1024
# Receivers from which pairs and triples are formed: about 2 000 groups each.
POOL = {2: 64, 3: 24}


def all_groups(problem: SelectionProblem) -> Iterator[B]:
    """Every group [n, K] that holds the forced receivers and has the required number of members, in chunks of rows.

    K - |forced| receivers are free, so there are 2^(K-|forced|) groups: the caller limits K.
    """
    free = np.flatnonzero(~problem.forced)
    for first in range(0, 1 << len(free), CHUNK):
        numbers = np.arange(first, min(first + CHUNK, 1 << len(free)), dtype=np.int64)
        masks = np.repeat(problem.forced[None], len(numbers), axis=0)
        masks[:, free] = (numbers[:, None] >> np.arange(len(free))) & 1
        sizes = masks.sum(axis=1)
        yield masks[sizes >= 1 if problem.count is None else sizes == problem.count]


def groups_of_all_sizes(size: int, seed: int) -> B:
    """Groups [n, K] to compare a criterion with what it declares, all receivers first: every group up to `LISTED`
    receivers; beyond, singles, pairs, all but one, and random groups of every size. `seed`: of the random ones, so that
    they differ from network to network and nothing can be made to fit them.
    """
    if size <= LISTED:
        numbers = np.arange((1 << size) - 1, 0, -1)
        return (numbers[:, None] >> np.arange(size)) & 1 == 1
    rng = np.random.default_rng(seed)
    one = np.eye(size, dtype=bool)
    first, second = np.triu_indices(size, 1)
    few = rng.permutation(len(first))[:_SAMPLE]
    place = np.argsort(rng.random((_SAMPLE, size)), axis=1)
    drawn = place < rng.integers(1, size, (_SAMPLE, 1))
    return np.concatenate([np.ones((1, size), bool), drawn, one, ~one, one[first[few]] | one[second[few]]])


def additions(problem: SelectionProblem, mask: B) -> B:
    """Affordable groups [n, K] with one receiver more than `mask` [K]."""
    outside = np.flatnonzero(~mask)
    reach = problem.receiver_distance_m[mask].sum(axis=0)
    cost = _cost(
        problem,
        problem.target_distance_m[mask].sum() + problem.target_distance_m[outside],
        reach[mask].sum() + 2.0 * reach[outside],
        int(mask.sum()) + 1,
    )
    return _exchanged(mask, (), outside[_affordable(problem, cost)])


def removals(problem: SelectionProblem, mask: B) -> B:
    """Groups [n, K] with one receiver less than `mask` [K] that keep the forced ones; the cost never rises."""
    return _exchanged(mask, np.flatnonzero(mask & ~problem.forced), ())


def swaps(problem: SelectionProblem, mask: B) -> B:
    """Affordable groups [n, K] with one receiver of `mask` [K] exchanged for another; the forced ones stay."""
    inside, outside = np.flatnonzero(mask & ~problem.forced), np.flatnonzero(~mask)
    reach = problem.receiver_distance_m[mask].sum(axis=0)
    between = problem.receiver_distance_m[np.ix_(inside, outside)]
    near = problem.target_distance_m
    cost = _cost(
        problem,
        near[mask].sum() - near[inside, None] + near[outside],
        reach[mask].sum() + 2.0 * (reach[outside] - reach[inside, None] - between),
        int(mask.sum()),
    )
    leaving, joining = np.nonzero(_affordable(problem, cost))
    return _exchanged(mask, inside[leaving], outside[joining])


def _cost(problem: SelectionProblem, near: F, apart: F, size: int) -> F:
    """Ω (22) of groups of `size` from Σ_{k∈G} d_0k and Σ_{k,k'∈G} d_kk': a move changes both by a few terms."""
    cost: F = problem.distance_weight * near + (1.0 - problem.distance_weight) * apart / max(size - 1, 1)
    return cost


def _affordable(problem: SelectionProblem, cost_m: F) -> B:
    # Tighter than `SelectionProblem.feasible` by more than the two ways to sum can differ.
    return np.asarray(cost_m <= problem.cost_limit_m * (1 + 0.5e-12))


def _exchanged(mask: B, leaving: ArrayLike, joining: ArrayLike) -> B:
    """Copies of `mask`: in row i without receiver `leaving[i]` and with `joining[i]`; an empty sequence: no
    receiver.
    """
    out, into = np.asarray(leaving, np.intp), np.asarray(joining, np.intp)
    groups = np.repeat(mask[None], max(len(out), len(into)), axis=0)
    groups[np.arange(len(out)), out] = False
    groups[np.arange(len(into)), into] = True
    return groups


def smallest_groups(problem: SelectionProblem) -> Iterator[B]:
    """The forced receivers alone, then with one, two and three more: batches [n, K] to start a search from.

    A bound on position is infinite for the first one to three receivers, so a search cannot start from no receiver. In
    large networks only the receivers that cost least beside the forced ones are tried together (`POOL`).
    """
    if problem.forced.any():
        yield problem.forced[None]
    free = np.flatnonzero(~problem.forced)
    beside = _exchanged(problem.forced, (), free)
    if len(beside):
        yield beside
    cheapest = free[np.argsort(problem.costs_m(beside), kind="stable")]
    for more, pool in POOL.items():
        members = np.array(list(combinations(np.sort(cheapest[:pool]), more)), dtype=np.intp).reshape(-1, more)
        groups = np.repeat(problem.forced[None], len(members), axis=0)
        groups[np.arange(len(members))[:, None], members] = True
        if len(groups):
            yield groups
