"""What every selector shares: the best feasible of some groups, and the answer made from it.

Ties. Criterion values within `TIE` (relative) count as equal; then the cheaper group wins, then the one with the lower
indices, so that an answer depends on nothing but the problem.
"""

from __future__ import annotations

import numpy as np

from multistatic.selection.problem import LinkageTree, Selection, SelectionProblem
from multistatic.units import B, F

TIE = 1e-12


def first_of(masks: B, values: F, costs_m: F) -> int:
    """Index of the best row of `masks` [n, K], n ≥ 1: lowest value, then lowest cost, then lowest indices."""
    tied = np.flatnonzero(values <= values.min() * (1 + TIE))
    tied = tied[costs_m[tied] <= costs_m[tied].min() * (1 + TIE)]
    # lexsort sorts by its last key first, and False before True: the group that holds receiver 0 leads.
    return int(tied[np.lexsort(~masks[tied][:, ::-1].T)[0]])


def best_feasible(problem: SelectionProblem, masks: B) -> B | None:
    """The best row of `masks` [n, K] that is feasible and has a finite value, or None."""
    masks = masks[problem.feasible(masks)] if len(masks) else masks
    if not len(masks):
        return None
    values = problem.values(masks)
    masks, values = masks[np.isfinite(values)], values[np.isfinite(values)]
    return np.asarray(masks[first_of(masks, values, problem.costs_m(masks))]) if len(masks) else None


def chosen(
    problem: SelectionProblem,
    mask: B,
    *,
    method: str,
    evaluated: int,
    message: str,
    proven: bool = False,
    tree: LinkageTree | None = None,
) -> Selection:
    """The answer of a selector that found the feasible group `mask` [K]; `proven`: no feasible group is better."""
    value = float(problem.values(mask[None])[0])
    return Selection(
        status="optimal" if proven else "feasible",
        method=method,
        selected=mask,
        value=value,
        bound=value if proven else None,
        cost_m=float(problem.costs_m(mask[None])[0]),
        evaluated=evaluated,
        message=message,
        tree=tree,
    )


def named(problem: SelectionProblem, mask: B, most: int = 8) -> str:
    """Ids of a group inside a sentence: "receivers rx3, rx7"; long lists are cut."""
    ids = problem.ids(mask)
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return f"receiver{'s' if len(ids) != 1 else ''} {', '.join(ids[:most])}{more}"
