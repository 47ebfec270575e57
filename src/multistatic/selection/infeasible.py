"""Answers of selectors that found no feasible group: which constraint fails, and what would make it feasible."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, islice

import numpy as np

from multistatic.selection.cheapest import Cheapest, cheapest_group
from multistatic.selection.chosen import chosen, named
from multistatic.selection.selection_problem import LinkageTree, Selection, SelectionProblem
from multistatic.units import B

# How many groups of one size are looked at for one that observes the target, and how many more receivers it may have.
_LOOKED_AT, _MORE = 256, 6


def nothing(problem: SelectionProblem, *, method: str, evaluated: int, tree: LinkageTree | None = None) -> Selection:
    """The answer of a selector for which no feasible group exists, or none is known.

    `nearest_budget_m` is the smallest cost limit that would do: exact for up to 20 receivers that are not forced and
    wherever the forced ones alone are too expensive, else an upper bound, and the message says which.
    """
    cheapest = None
    if problem.count is not None and not max(1, problem.forced.sum()) <= problem.count <= problem.size:
        message = _wrong_count(problem, problem.count)
    elif (cheapest := cheapest_group(problem)) is None:
        message = _unobservable(problem)
    else:
        message = _over_budget(problem, cheapest)
    return _infeasible(problem, method, evaluated, message, cheapest.cost_m if cheapest else None, tree)


def of_rule(problem: SelectionProblem, mask: B, *, method: str, rule: str) -> Selection:
    """The answer of a selector whose rule leaves it only the group `mask` [K]: that group, or why it will not do.

    `rule` names the group at the start of a sentence: "All receivers". `nearest_budget_m` is then the group's cost.
    """
    cost_m, needs_m, hint = float(problem.costs_m(mask[None])[0]), None, "Another selector may find a feasible group."
    left_out = problem.forced & ~mask
    if left_out.any():
        message = (
            f"{rule}: {named(problem, left_out)} would be left out, but must be selected to meet the required rate."
        )
    elif not mask.any() or (problem.count is not None and mask.sum() != problem.count):
        needed = (
            "at least one receiver is needed"
            if problem.count is None
            else f"exactly {problem.count} are required (design.receivers)"
        )
        message = f"{rule}: the group has {mask.sum()} member{'' if mask.sum() == 1 else 's'}, but {needed}."
        if problem.count is not None and mask.any():
            message = f"{message} Set design.receivers to {mask.sum()}, or leave it out."
    elif not np.isfinite(problem.values(mask[None])[0]):
        message = f"{rule}: the target is unobservable under the criterion {problem.criterion.name}."
        if problem.points > 1:
            message = f"{message} {_reason(problem, mask)}".strip()
    elif not problem.feasible(mask[None])[0]:
        needs_m = cost_m
        whose = "its" if mask.sum() == 1 else "their"
        message = f"{rule}: {whose} cooperation cost is {cost_m:.6g} m and the limit is {problem.cost_limit_m:.6g} m."
        if not _any_affordable(problem):
            hint = "No other group is within the limit either."
    else:
        message = f"{rule} ({mask.sum()} of {problem.size})."
        return chosen(problem, mask, method=method, evaluated=1, message=message)
    return _infeasible(problem, method, 1, f"{message} {hint}", needs_m, None)


def _any_affordable(problem: SelectionProblem) -> bool:
    """False where even the smallest groups exceed the cost limit: the cost never falls when a receiver joins."""
    smallest = problem.forced[None] if problem.forced.any() else np.eye(problem.size, dtype=bool)
    return bool(replace(problem, count=None).feasible(smallest).any())


def _unobservable(problem: SelectionProblem) -> str:
    """That no group will do, and what every receiver together would: observe the target, or why not even they."""
    found, all_selected = "No group was found that makes", np.ones(problem.size, bool)
    if problem.count is not None:
        members = f"{problem.count} receiver{'s' if problem.count > 1 else ''}"
        found = f"No group of exactly {members} (design.receivers) was found that makes"
    message = f"{found} the target observable under the criterion {problem.criterion.name}."
    if np.isfinite(problem.values(all_selected[None])[0]):
        cause = _clocks(problem, problem.count)
        if (enough := _observing(problem)) is not None:
            return (
                f"{message}{cause} {enough.sum()} receivers are enough, for example {', '.join(problem.ids(enough))}."
            )
        return f"{message}{cause} With all {problem.size} receivers selected the target is observable."
    words = _reason(problem, all_selected)
    return f"{message} With every receiver selected: {words[0].lower()}{words[1:]}" if words else message


def _reason(problem: SelectionProblem, mask: B) -> str:
    """Why the target is unobservable for the group `mask` [K], where the criterion can say."""
    reason = getattr(problem.criterion, "reason", None)
    light = problem.one_illumination_w if problem.points == 1 else problem.illumination_w
    return "" if reason is None else str(reason(mask, light))


def _clocks(problem: SelectionProblem, count: int | None) -> str:
    """A sentence that names the clocks where these alone make the nearest group of `count` fail, else nothing."""
    if count is None:
        return ""
    order = np.lexsort((problem.target_distance_m, ~problem.forced))
    nearest = np.isin(np.arange(problem.size), order[:count])
    words = _reason(problem, nearest)
    return f" With the {count} nearest receivers: {words[0].lower()}{words[1:]}" if "clock offset" in words else ""


def _observing(problem: SelectionProblem) -> B | None:
    """A group of the next larger number of receivers with which the target is observable, the cost limit aside; None
    where the number is not required, or where none of the few groups that are looked at will do.
    """
    if problem.count is None:
        return None
    free = np.flatnonzero(~problem.forced)
    nearest = free[np.argsort(problem.target_distance_m[free], kind="stable")]
    forced = int(problem.forced.sum())
    for size in range(max(problem.count + 1, forced), min(problem.count + _MORE, problem.size - 1) + 1):
        members = np.array(list(islice(combinations(nearest, size - forced), _LOOKED_AT)), np.intp)
        groups = np.repeat(problem.forced[None], len(members), axis=0)
        groups[np.arange(len(members))[:, None], members] = True
        if (observed := np.isfinite(problem.values(groups))).any():
            return np.asarray(groups[int(np.argmax(observed))])
    return None


def _wrong_count(problem: SelectionProblem, count: int) -> str:
    """Why `count` cannot be met at any budget."""
    if count > problem.size:
        return f"Exactly {count} receivers are required (design.receivers), but the scenario has only {problem.size}."
    if count < 1:
        return f"Exactly {count} receivers are required (design.receivers); expected at least one."
    return (
        f"The {named(problem, problem.forced)} must be selected to meet their required rates, but exactly {count} are "
        "required (design.receivers)."
    )


def _over_budget(problem: SelectionProblem, cheapest: Cheapest) -> str:
    """The forced receivers alone are too expensive; or the cheapest group that would do is."""
    limit = f"the limit is {problem.cost_limit_m:.6g} m"
    forced_m = float(problem.costs_m(problem.forced[None])[0])
    if forced_m > problem.cost_limit_m:
        alone = problem.forced.sum() == 1
        sentence = (
            f"The {named(problem, problem.forced)} must be selected to meet "
            f"{'its required rate; its' if alone else 'their required rates; their'} cooperation cost is "
            f"{forced_m:.6g} m and {limit}."
        )
        if np.array_equal(cheapest.mask, problem.forced):
            return sentence
        return f"{sentence} {_needed(problem, cheapest)}."
    return f"{_needed(problem, cheapest)}; {limit}."


def _needed(problem: SelectionProblem, cheapest: Cheapest) -> str:
    """What the cheapest group that would do is, and what it costs."""
    alone = problem.forced[None] if problem.forced.any() else np.eye(problem.size, dtype=bool)
    conditions = [
        f"has {problem.count} members" if problem.count is not None else "",
        "contains the receivers that must be selected" if problem.forced.any() else "",
        ""
        if np.isfinite(problem.values(alone)).any()
        else f"makes the target observable under the criterion {problem.criterion.name}",
    ]
    which = " and ".join(filter(None, conditions))
    kind = f"{'cheapest' if cheapest.exact else 'cheapest known'} group{f' that {which}' if which else ''}"
    return f"The {kind} ({named(problem, cheapest.mask)}) costs {cheapest.cost_m:.6g} m"


def _infeasible(
    problem: SelectionProblem,
    method: str,
    evaluated: int,
    message: str,
    nearest_budget_m: float | None,
    tree: LinkageTree | None,
) -> Selection:
    return Selection(
        status="infeasible",
        method=method,
        selected=np.zeros(problem.size, bool),
        value=None,
        bound=None,
        cost_m=0.0,
        evaluated=evaluated,
        message=message,
        tree=tree,
        nearest_budget_m=nearest_budget_m,
    )
