"""What `minimax_linkage` and `kmeans` share: choosing from the groups of a clustering."""

from __future__ import annotations

import numpy as np

from multistatic.selection.chosen import best_feasible, chosen
from multistatic.selection.greedy import grown
from multistatic.selection.infeasible import nothing
from multistatic.selection.selection_problem import LinkageTree, Selection, SelectionProblem
from multistatic.units import B


def from_candidates(
    problem: SelectionProblem, candidates: B, *, method: str, kind: str, tree: LinkageTree | None = None
) -> Selection:
    """The best feasible of `candidates` [n, K]; `kind` says what they are: "groups of the linkage tree".

    A clustering knows neither which receivers are forced nor how many are required: with two forced ones it usually
    has no feasible group. Then each candidate is repaired (`repaired_groups`); if that does not help either, the
    answer is the greedy group. The message says which of these happened.
    """
    evaluated, count = len(candidates), len(candidates)
    best, message = best_feasible(problem, candidates), f"Best feasible group among {count} {kind}; not proven optimal."
    if best is None:
        repaired = repaired_groups(problem, candidates)
        evaluated += len(repaired)
        best = best_feasible(problem, repaired)
        message = f"None of {count} {kind} is feasible; the best group after adding and removing receivers was taken."
    if best is None:
        best, more = grown(problem)
        evaluated += more
        message = (
            f"None of {count} {kind} is feasible, and adding receivers did not help; the group of the greedy selector "
            "was taken."
        )
    if best is None:
        return nothing(problem, method=method, evaluated=evaluated, tree=tree)
    return chosen(problem, best, method=method, evaluated=evaluated, message=message, tree=tree)


def repaired_groups(problem: SelectionProblem, candidates: B) -> B:
    """Candidates [n, K] joined by the forced receivers; with `count`, those nearest to the target stay or join."""
    groups: B = np.unique(candidates | problem.forced, axis=0)
    if problem.count is None:
        return groups
    # Order of preference: forced, then members, then the others; within each, the nearest to the target.
    rank = np.argsort(np.argsort(problem.target_distance_m, kind="stable"))
    keys = rank + problem.size * ~groups + 2 * problem.size * ~problem.forced
    place = np.argsort(np.argsort(keys, axis=1), axis=1)
    return np.unique(place < problem.count, axis=0)
