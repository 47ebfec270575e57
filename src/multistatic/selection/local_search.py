"""Local search from several starts: the fast heuristic, also for criteria that offer no bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from multistatic.registry import algorithm
from multistatic.selection.chosen import best_of, chosen
from multistatic.selection.greedy import grown
from multistatic.selection.greedy_swap import improved
from multistatic.selection.groups import additions
from multistatic.selection.infeasible import nothing
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSearchSettings:
    """`starts`: from how many receivers a group is grown by value for money, besides the greedy group."""

    starts: Annotated[int, Ge(0)] = 8


DEFAULT = LocalSearchSettings()


@algorithm(settings=LocalSearchSettings)
def local_search(
    problem: SelectionProblem, rng: np.random.Generator, settings: LocalSearchSettings = DEFAULT
) -> Selection:
    """The best end of steepest descent (add, drop, exchange one) from the greedy group and from thrifty ones.

    Greedy looks at the value alone and fills the budget with few expensive receivers; the other starts grow by the
    relative fall of the value for each metre of cost, from each of the receivers that are cheapest beside the forced.
    """
    first, evaluated = grown(problem)
    if first is None:
        return nothing(problem, method="local_search", evaluated=evaluated)
    nearby = additions(problem, problem.forced)
    nearby = nearby[np.argsort(problem.costs_m(nearby), kind="stable")[: settings.starts]] if len(nearby) else nearby
    ends: list[B] = []
    for start in [first, *(_thrifty(problem, seed) for seed in nearby)]:
        if problem.feasible(start[None])[0] and np.isfinite(problem.values(start[None])[0]):
            end, _, looked_at = improved(problem, start)
            ends.append(end)
            evaluated += looked_at
    best = best_of(problem, np.array(ends))
    assert best is not None
    message = f"The best of {len(ends)} local optima (adding, removing or exchanging one receiver); not proven optimal."
    return chosen(problem, best, method="local_search", evaluated=evaluated, message=message)


def _thrifty(problem: SelectionProblem, mask: B) -> B:
    """`mask` [K] and the affordable receiver with the largest fall of log(value) for each metre, again and again.

    While the value is infinite the cheapest receiver joins, or one that makes it finite.
    """
    largest = problem.size if problem.count is None else problem.count
    value, cost_m = problem.values(mask[None])[0], problem.costs_m(mask[None])[0]
    while mask.sum() < largest and len(groups := additions(problem, mask)):
        values, costs_m = problem.values(groups), problem.costs_m(groups)
        metres = np.maximum(costs_m - cost_m, np.finfo(float).tiny)
        if np.isfinite(value):
            score = (np.log(value) - np.log(values)) / metres
        elif np.isfinite(values).any():
            score = -np.log(values) - np.log(metres)
        else:
            score = -metres
        i = int(np.argmax(score))
        mask, value, cost_m = np.asarray(groups[i]), values[i], costs_m[i]
    return mask
