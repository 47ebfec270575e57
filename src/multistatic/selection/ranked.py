"""What `best_n` and `nearest_n` share: the first receivers of a ranking, as many as required or affordable."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from multistatic.selection.infeasible import of_rule
from multistatic.selection.selection_problem import Selection, SelectionProblem


def first_affordable(
    problem: SelectionProblem, order: NDArray[np.intp], *, method: str, rule: tuple[str, str]
) -> Selection:
    """The forced receivers, then those of `order` [K], the best first: `count` of them, or the largest such group
    within the cost limit (the smallest one if none is).

    A ranking looks neither at the cost nor at the geometry of the group: where its group will not do, that is the
    answer, with the cost of that very group as the budget it needs. `rule`: its words for one receiver and for several.
    """
    ranked = [*np.flatnonzero(problem.forced), *(k for k in order if not problem.forced[k])]
    prefixes = np.tri(problem.size, dtype=bool)[:, np.argsort(ranked)]
    prefixes = prefixes[max(int(problem.forced.sum()), 1) - 1 :]
    if problem.count is not None:
        mask = prefixes[prefixes.sum(axis=1) == problem.count]
        mask = mask[0] if len(mask) else prefixes[0]
    else:
        affordable = np.flatnonzero(replace(problem, count=None).feasible(prefixes))
        mask = prefixes[affordable[-1] if len(affordable) else 0]
    return of_rule(problem, mask, method=method, rule=_in_words(rule, int(mask.sum())))


def _in_words(rule: tuple[str, str], count: int) -> str:
    """`The receiver nearest to the target`, `The 4 receivers nearest to the target`."""
    one, several = rule
    return f"The receiver {one}" if count == 1 else f"The {count} receivers {several}"
