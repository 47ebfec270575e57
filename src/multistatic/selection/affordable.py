"""Every group within the cooperation cost, as far as they can be listed.

The cost Ω (22) never rises when a receiver leaves. Of a group of m let A = Σ_{i≠k} d_ik over ordered pairs and r_j =
Σ_i d_ij. By the triangle inequality the pairs without j sum to at most 2(m-2) r_j, so A ≤ 2(m-1) r_j, and that is
(A - 2 r_j)/(m-2) ≤ A/(m-1). So all affordable groups are found by adding receivers to affordable ones, each group once
where receivers join in the order of their numbers. A budget leaves few: 8 000 of 2⁴⁰ groups of the published scenario
with 40 receivers.

Where a receiver that joins never makes a criterion worse, the best group is one that no receiver can join: a maximal
group.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistatic.selection.selection_problem import SelectionProblem
from multistatic.units import B, F

Index = NDArray[np.intp]
_CHUNK = 1 << 12


def affordable_groups(problem: SelectionProblem, most: int, *, full: bool = False, among: B | None = None) -> B | None:
    """All feasible groups [n, K], the small ones first; `full`: only those that no receiver can join within cost and
    the required number; `among` [K]: of these receivers. None where more than `most` groups are within the cost.
    """
    others = np.zeros(problem.size, bool) if among is None else ~among
    members = np.zeros((1, 0), np.intp)
    near, apart = np.zeros(1), np.zeros(1)
    found: list[B] = []
    count = 0
    while len(members) and members.shape[1] != problem.count:
        grown = []
        for i in range(0, len(members), _CHUNK):
            grown.append(_grown(problem, others, members[i : i + _CHUNK], near[i : i + _CHUNK], apart[i : i + _CHUNK]))
            count += len(grown[-1][1])
            if count > most:
                return None
        closed = np.concatenate([part[0] for part in grown])
        if members.shape[1]:
            found += _masks(problem, members[closed] if full else members)
        members, near, apart = (np.concatenate([part[i] for part in grown]) for i in (1, 2, 3))
    found += _masks(problem, members)
    return np.concatenate([np.zeros((0, problem.size), bool), *found])


def _grown(problem: SelectionProblem, others: B, members: Index, near: F, apart: F) -> tuple[B, Index, F, F]:
    """Which of `members` [n, m] can be joined by `others` only; then the larger groups, each by a receiver of a higher
    number, with their `near` Σ d_0k and `apart` Σ d_kk' over ordered pairs.
    """
    size, rho = members.shape[1], problem.distance_weight
    new_near = near[:, None] + problem.target_distance_m
    new_apart = apart[:, None] + 2.0 * problem.receiver_distance_m[members].sum(axis=1)
    cost = rho * new_near + (1.0 - rho) * new_apart / max(size, 1)
    cost[:, others] = np.nan
    np.put_along_axis(cost, members, values=np.nan, axis=1)  # below no limit, not even an infinite one
    # Two ways to sum differ in rounding: who surely can join, and who perhaps can (`feasible` has the last word).
    closed = ~(cost <= problem.cost_limit_m * (1 + 0.5e-12)).any(axis=1)
    allowed = cost <= problem.cost_limit_m * (1 + 2e-12)
    if size:
        allowed &= np.arange(problem.size) > members[:, -1:]
    row, joining = np.nonzero(allowed)
    return closed, np.column_stack([members[row], joining]), new_near[row, joining], new_apart[row, joining]


def _masks(problem: SelectionProblem, members: Index) -> list[B]:
    """The feasible ones of the groups `members` [n, m] as masks [n, K], some at a time: `feasible` counts in floats."""
    parts = []
    for i in range(0, len(members), _CHUNK):
        part = members[i : i + _CHUNK]
        masks = np.zeros((len(part), problem.size), bool)
        np.put_along_axis(masks, part, values=True, axis=1)
        parts.append(masks[problem.feasible(masks)])
    return parts
