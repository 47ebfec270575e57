"""A random group: what any method has to beat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from annotated_types import Ge

from multistatic.registry import algorithm
from multistatic.selection.chosen import chosen
from multistatic.selection.greedy import grown
from multistatic.selection.infeasible import nothing
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomSettings:
    """`draws`: how many orders are tried before giving up on `count` or on observability."""

    draws: Annotated[int, Ge(1)] = 100


DEFAULT = RandomSettings()


@algorithm(settings=RandomSettings)
def random(problem: SelectionProblem, rng: np.random.Generator, settings: RandomSettings = DEFAULT) -> Selection:
    """A maximal feasible group in uniformly random order: each receiver joins if the group stays affordable.

    Nothing can be added to the result: the cost is monotone in the group, so a receiver that was once too expensive
    stays so. With `count` the group ends at that size. Where no drawn group will do, the greedy group is returned and
    the message says so.
    """
    for draw in range(1, settings.draws + 1):
        mask = _drawn(problem, rng)
        if problem.feasible(mask[None])[0] and np.isfinite(problem.values(mask[None])[0]):
            message = f"Receivers were added in random order up to the cost limit ({draw} drawn)."
            return chosen(problem, mask, method="random", evaluated=draw, message=message)
    fallback, evaluated = grown(problem)
    evaluated += settings.draws
    if fallback is None:
        return nothing(problem, method="random", evaluated=evaluated)
    message = f"None of {settings.draws} random groups is feasible; the group of the greedy selector was taken."
    return chosen(problem, fallback, method="random", evaluated=evaluated, message=message)


def _drawn(problem: SelectionProblem, rng: np.random.Generator) -> B:
    largest = problem.size if problem.count is None else problem.count
    affordable = replace(problem, count=None)
    mask: B = problem.forced.copy()
    for k in rng.permutation(np.flatnonzero(~problem.forced)):
        if mask.sum() >= largest:
            break
        wider = mask.copy()
        wider[k] = True
        if affordable.feasible(wider[None])[0]:
            mask = wider
    return mask
