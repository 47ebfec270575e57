"""Exact selection by looking at every group (paper §IV-A), for up to 20 receivers."""

from __future__ import annotations

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.selection.chosen import best_feasible, chosen
from multistatic.selection.groups import ENUMERABLE, all_groups
from multistatic.selection.infeasible import nothing
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B, F


def enumeration(problem: SelectionProblem, rng: np.random.Generator) -> Selection:
    """The optimal group, proven by looking at all 2^(K-|forced|) of them.

    Assumes nothing of the criterion. More than 20 receivers that are not forced raise `InputError`.
    """
    refuse_large(problem)
    looked_at, winners = 0, []
    for groups in all_groups(problem):
        looked_at += len(groups)
        winner = best_feasible(problem, groups)
        winners += [] if winner is None else [winner]
    best = best_feasible(problem, np.array(winners)) if winners else None
    if best is None:
        return nothing(problem, method="enumeration", evaluated=looked_at)
    message = f"Best of all {looked_at} groups."
    return chosen(problem, best, method="enumeration", evaluated=looked_at, message=message, proven=True)


def feasible_groups(problem: SelectionProblem) -> tuple[B, F]:
    """Every feasible group [n, K] with a finite value, best first, and the values [n].

    Refuses what `enumeration` refuses.
    """
    refuse_large(problem)
    feasible = [groups[problem.feasible(groups)] for groups in all_groups(problem)]
    values = [problem.values(groups) if len(groups) else np.empty(0) for groups in feasible]
    masks, scores = np.concatenate(feasible), np.concatenate(values)
    order = np.lexsort((problem.costs_m(masks), scores)) if len(masks) else np.empty(0, np.intp)
    order = order[np.isfinite(scores[order])]
    return masks[order], scores[order]


def refuse_large(problem: SelectionProblem) -> None:
    """Raise `InputError` where there are too many groups to look at."""
    free = int(np.sum(~problem.forced))
    if free > ENUMERABLE:
        raise InputError(
            [
                Problem(
                    path="design.selector",
                    received=f"enumeration of 2^{free} groups",
                    expected=f"at most {ENUMERABLE} receivers that are not forced",
                    hint="branch_and_bound is exact for more",
                )
            ]
        )
