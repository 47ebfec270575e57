"""What every selector shares: the best feasible of some groups, and the answer made from it.

Ties. Criterion values within `TIE` (relative) count as equal; then the cheaper group wins, then the one with the lower
indices, so that an answer depends on nothing but the problem.
"""

from __future__ import annotations

import numpy as np

from multistatic.selection.selection_problem import LinkageTree, Selection, SelectionProblem
from multistatic.units import B

TIE = 1e-12


def best_feasible(problem: SelectionProblem, masks: B) -> B | None:
    """The best row of `masks` [n, K] that is feasible and has a finite value, or None."""
    return best_of(problem, masks[problem.feasible(masks)]) if len(masks) else None


def best_of(problem: SelectionProblem, masks: B) -> B | None:
    """The best row of `masks` [n, K], all of them feasible, or None where no value is finite."""
    if not len(masks):
        return None
    values = problem.values(masks)
    if not np.isfinite(values.min()):
        return None
    tied = masks[values <= values.min() * (1 + TIE)]
    if len(tied) > 1:
        costs_m = problem.costs_m(tied)
        tied = tied[costs_m <= costs_m.min() * (1 + TIE)]
        # lexsort sorts by its last key first, and False before True: the group that holds receiver 0 leads.
        tied = tied[np.lexsort(~tied[:, ::-1].T)]
    return np.asarray(tied[0])


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
