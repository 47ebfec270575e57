"""The cheapest group that would do: the smallest cooperation budget at which a selection problem has an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.selection.groups import ENUMERABLE, additions, all_groups, smallest_groups, swaps
from multistatic.selection.selection_problem import SelectionProblem
from multistatic.units import B


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cheapest:
    """A group [K] of least known cost; `exact`: proven that no cheaper one would do."""

    mask: B
    cost_m: float
    exact: bool


def cheapest_group(problem: SelectionProblem) -> Cheapest | None:
    """The cheapest group that holds the forced receivers, has the required number and a finite value; None: none is
    known.

    The cost limit plays no part. The cost is monotone in G: by the triangle inequality
    Σ_{i≠j} d_ij ≤ 2(m-1) Σ_i d_ix for any x, so that adding x to m receivers never lowers Σ_{i≠j} d_ij / (m-1). Without
    `count` and with a finite value there, the forced receivers alone (or the single cheapest one) are therefore
    exact; K ≤ 20 is enumerated; beyond, growth by cheapest receivers and exchanges give an upper bound on the cost.
    """
    forced = int(problem.forced.sum())
    if problem.count is not None and not max(1, forced) <= problem.count <= problem.size:
        return None
    unlimited = replace(problem, cost_limit_m=float("inf"))
    if problem.count is None:
        smallest = problem.forced[None] if forced else np.eye(problem.size, dtype=bool)
        mask = _cheapest_useful(unlimited, smallest)
        # A cheaper single receiver that is useless leaves room for a pair below the cost of this one.
        if mask is not None and np.isfinite(problem.values(smallest)).all():
            return _answer(problem, mask, exact=True)
    if problem.size - forced <= ENUMERABLE:
        best = [mask for groups in all_groups(unlimited) if (mask := _cheapest_useful(unlimited, groups)) is not None]
        mask = _cheapest_useful(unlimited, np.array(best)) if best else None
        return None if mask is None else _answer(problem, mask, exact=True)
    mask = _search(unlimited)
    return None if mask is None else _answer(problem, mask, exact=False)


def _answer(problem: SelectionProblem, mask: B, *, exact: bool) -> Cheapest:
    return Cheapest(mask=mask, cost_m=float(problem.costs_m(mask[None])[0]), exact=exact)


def _cheapest_useful(problem: SelectionProblem, masks: B) -> B | None:
    """The cheapest row of `masks` [n, K] with a finite value: values are computed in batches of rising cost."""
    if not len(masks):
        return None
    order = np.argsort(problem.costs_m(masks), kind="stable")
    first, batch = 0, 16
    while first < len(order):
        rows = order[first : first + batch]
        useful = np.isfinite(problem.values(masks[rows]))
        if useful.any():
            return np.asarray(masks[rows[np.argmax(useful)]])
        first, batch = first + batch, 4 * batch
    return None


def _search(problem: SelectionProblem) -> B | None:
    """Smallest useful group, grown to `count` by the receivers that cost least, then made cheaper by exchanges."""
    count = problem.size if problem.count is None else problem.count
    small = (groups[groups.sum(axis=1) <= count] for groups in smallest_groups(problem))
    mask = next((found for groups in small if (found := _cheapest_useful(problem, groups)) is not None), None)
    if problem.count is None:
        return mask if mask is not None else _cheapest_useful(problem, np.ones((1, problem.size), bool))
    while mask is not None and mask.sum() < count:
        mask = _cheapest_useful(problem, additions(problem, mask))
    while mask is not None:
        better = _cheapest_useful(problem, np.vstack([mask, swaps(problem, mask)]))
        if better is None or np.array_equal(better, mask):
            break
        mask = better
    return mask
