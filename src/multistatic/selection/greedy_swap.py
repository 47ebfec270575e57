"""Greedy selection repaired by local search: add, drop or exchange one receiver while that lowers the criterion."""

from __future__ import annotations

import numpy as np

from multistatic.selection.chosen import TIE, best_of, chosen
from multistatic.selection.greedy import grown
from multistatic.selection.groups import additions, removals, swaps
from multistatic.selection.infeasible import nothing
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B


def greedy_swap(problem: SelectionProblem, rng: np.random.Generator) -> Selection:
    """Steepest descent from the greedy group; the answer cannot be improved by adding, dropping or exchanging one."""
    start, evaluated = grown(problem)
    if start is None:
        return nothing(problem, method="greedy_swap", evaluated=evaluated)
    mask, steps, looked_at = improved(problem, start)
    message = (
        f"No single addition, removal or exchange of a receiver improves the group ({steps} steps from greedy); "
        "not proven optimal."
    )
    return chosen(problem, mask, method="greedy_swap", evaluated=evaluated + looked_at, message=message)


def improved(problem: SelectionProblem, mask: B) -> tuple[B, int, int]:
    """The end of steepest descent from the feasible group `mask` [K], its steps, and the groups looked at."""
    value, steps, evaluated = float(problem.values(mask[None])[0]), 0, 0
    while True:
        groups = swaps(problem, mask)
        if problem.count is None:
            groups = np.vstack([additions(problem, mask), removals(problem, mask), groups])
        evaluated += len(groups)
        neighbour = best_of(problem, groups)
        lower = np.inf if neighbour is None else float(problem.values(neighbour[None])[0])
        if neighbour is None or lower >= value * (1 - TIE):
            return mask, steps, evaluated
        mask, value, steps = neighbour, lower, steps + 1
