"""Greedy selection: the receiver that helps most, while the budget lasts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.selection.cheapest import cheapest_group
from multistatic.selection.chosen import best_feasible, best_of, chosen
from multistatic.selection.groups import additions, smallest_groups
from multistatic.selection.infeasible import nothing
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B


def greedy(problem: SelectionProblem, rng: np.random.Generator) -> Selection:
    """Start from the forced receivers, then add the receiver that lowers the criterion most, until no addition is
    affordable or lowers it.

    Where the forced receivers leave the criterion infinite (or there are none), the start is the best feasible group
    with one more receiver, else two, else three; a position bound is infinite for the first ones. If the budget runs
    out before the required `count` is reached, the answer grows from the cheapest group of that size instead, by
    exchanges (none: infeasible).
    """
    mask, evaluated = grown(problem)
    if mask is None:
        return nothing(problem, method="greedy", evaluated=evaluated)
    message = "Receivers were added one at a time; not proven optimal."
    return chosen(problem, mask, method="greedy", evaluated=evaluated, message=message)


def grown(problem: SelectionProblem) -> tuple[B | None, int]:
    """The greedy group [K], or None where no feasible group is known, and the number of groups looked at."""
    largest = problem.size if problem.count is None else problem.count
    on_the_way = replace(problem, count=None)
    mask, evaluated = None, 0
    for groups in smallest_groups(problem):
        groups = groups[groups.sum(axis=1) <= largest]
        evaluated += len(groups)
        if (mask := best_feasible(on_the_way, groups)) is not None:
            break
    while mask is not None and mask.sum() < largest:
        groups = additions(problem, mask)
        evaluated += len(groups)
        added = best_of(problem, groups)
        if added is None or (problem.count is None and not _better(problem, added, mask)):
            break
        mask = added
    if mask is not None and problem.feasible(mask[None])[0]:
        return mask, evaluated
    cheapest = cheapest_group(problem)
    if cheapest is not None and problem.feasible(cheapest.mask[None])[0]:
        return cheapest.mask, evaluated
    return None, evaluated


def _better(problem: SelectionProblem, group: B, than: B) -> bool:
    value, old = problem.values(np.array([group, than]))
    return bool(value < old)
