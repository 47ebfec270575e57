"""Criteria and selectors of other packages: what they return is checked, and what they claim stays their claim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from multistatic.registry import Plugin, says
from multistatic.selection.chosen import best_feasible
from multistatic.selection.groups import LISTED, all_groups
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B, F

CLAIMED_GAP = 1e-6
# Rounding of single precision, summed in another order, is far below.
_REPEATABLE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PluginCriterion:
    """A criterion of another package: every answer of it is checked, and its exceptions name the package."""

    criterion: Any
    plugin: Plugin

    @property
    def name(self) -> str:
        """The registered name."""
        return self.plugin.name

    @property
    def unit(self) -> str:
        """As the criterion says."""
        return str(self.plugin.run(getattr, self.criterion, "unit"))

    @property
    def gain(self) -> Any:
        """What the criterion declares; None where it has no such attribute."""
        return self.plugin.run(lambda: getattr(self.criterion, "gain", None), doing="in its gain")

    def values(self, masks: B, illumination_w: F | float) -> F:
        """Value [n] of each row of `masks` [n, K] at a number, [n, M] at illuminations [M]: positive numbers, infinity
        where the target is unobservable. The criterion itself always gets a number.

        The empty group sees nothing, whatever the criterion says of it. The best row is evaluated once more
        alone: a value that depends on the other rows, or on the number of calls, is no value of a group.
        """
        if np.ndim(illumination_w):
            return np.stack([self.values(masks, float(each)) for each in np.asarray(illumination_w)], axis=1)
        illumination_w = float(illumination_w)
        rows = np.atleast_2d(masks)
        values = self._numbers(rows, illumination_w)
        if len(values) > 1 and np.isfinite(values.min()):
            best = int(np.argmin(values))
            alone = float(self._numbers(rows[best : best + 1], illumination_w)[0])
            if not abs(alone - values[best]) <= _REPEATABLE * values[best]:
                received = (
                    f"the value {values[best]:.6g} for a group among {len(values)} groups, and {alone:.6g} for it alone"
                )
                self.plugin.refuse(received, "a value that depends on the group and the illumination alone")
        return values

    def _numbers(self, rows: B, illumination_w: float) -> F:
        found = self.plugin.run(self.criterion.values, rows.copy(), illumination_w, doing="in values")
        array = self.plugin.run(np.asarray, found)
        if array.shape != (len(rows),) or array.dtype.kind not in "fiu":
            received = f"values of type {type(found).__name__}, shape {list(array.shape)} and {array.dtype}"
            self.plugin.refuse(received, f"one real number for each of {len(rows)} groups")
        values: F = array.astype(float)
        values[~rows.any(axis=1)] = np.inf
        if np.isnan(values).any():
            self.plugin.refuse(f"NaN for {int(np.isnan(values).sum())} of {len(values)} groups", _POSITIVE)
        if np.any(values <= 0.0):
            self.plugin.refuse(f"the value {values.min():g}", _POSITIVE)
        return values

    def reason(self, mask: B, illumination_w: float) -> str:
        """Why the target is unobservable, where the criterion can say."""
        explain = getattr(self.criterion, "reason", None)
        return "" if explain is None else str(self.plugin.run(explain, mask, illumination_w, doing="in reason"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _ValuesAlone:
    """A criterion of which there is nothing but a function (masks, illumination_w) → values."""

    name: str
    values: Any
    unit: str = ""


_POSITIVE = "positive numbers, lower is better, and infinity where the target is unobservable"


def checked_criterion(criterion: Any, plugin: Plugin) -> PluginCriterion:
    """The criterion of another package behind checks; `PluginError` where it is none. A function in its place is taken
    as `values` of a criterion without a unit.
    """
    if callable(criterion) and not hasattr(criterion, "values"):
        criterion = _ValuesAlone(name=plugin.name, values=criterion)
    missing = [name for name in ("name", "unit", "values") if not hasattr(criterion, name)]
    if missing:
        plugin.refuse(
            f"{type(criterion).__name__} without {' and '.join(missing)}",
            "an object with name, unit and values(masks, illumination_w), or this function",
        )
    if not callable(criterion.values):
        plugin.refuse("values that cannot be called", "a method values(masks, illumination_w)")
    return PluginCriterion(criterion=criterion, plugin=plugin)


def checked_selection(problem: SelectionProblem, answer: Any, plugin: Plugin) -> Selection:
    """The answer of another package's selector with everything recomputed: group, value and cost.

    That a group is optimal, or a bound, is the package's claim. Up to 12 receivers that are not forced it is compared
    with all groups; beyond, the answer is `feasible`, without a bound, and the message says whose claim it is.
    """
    if not isinstance(answer, Selection):
        answer = _as_selection(problem, answer, plugin)
    if answer.status not in ("optimal", "feasible", "infeasible"):
        plugin.refuse(f"the status {answer.status!r}", "optimal, feasible or infeasible")
    words = says(plugin, answer.message)
    if answer.status == "infeasible":
        nothing = np.zeros(problem.size, bool)
        return replace(
            answer, method=plugin.name, selected=nothing, value=None, bound=None, message=words, nearest_budget_m=None
        )
    group = np.asarray(answer.selected)
    if group.shape != (problem.size,):
        plugin.refuse(f"a group of shape {list(group.shape)}", f"one truth value for each of {problem.size} receivers")
    _check_constraints(problem, group, plugin)
    value = float(problem.values(group[None])[0])
    if not np.isfinite(value):
        names = ", ".join(problem.ids(group))
        plugin.refuse(f"the group {names}, for which the target is unobservable", "a group with a finite value")
    proven, note = _judged(problem, answer, value)
    return replace(
        answer,
        status="optimal" if proven else "feasible",
        method=plugin.name,
        value=value,
        bound=value if proven else None,
        cost_m=float(problem.costs_m(group[None])[0]),
        message=f"{words}{note}",
    )


def _as_selection(problem: SelectionProblem, answer: Any, plugin: Plugin) -> Selection:
    """A group as a mask [K], as indices or as ids."""
    group, found = np.zeros(problem.size, bool), plugin.run(np.asarray, answer)
    expected = f"a Selection, {problem.size} truth values, or the indices or ids of receivers"
    if found.ndim != 1 or not (found.dtype.kind in "biuU" or found.size == 0):
        what = f"an array of shape {list(found.shape)} and type {found.dtype}" if found.ndim else type(answer).__name__
        plugin.refuse(what, expected)
    if found.dtype.kind == "b":
        group = found
    elif found.dtype.kind == "U":
        unknown = [str(name) for name in found if name not in problem.receiver_ids]
        if unknown:
            plugin.refuse(f"the id {unknown[0]!r}", f"ids of receivers, such as {problem.receiver_ids[0]!r}")
        group = np.isin(problem.receiver_ids, found)
    elif found.size:
        if found.min() < 0 or found.max() >= problem.size:
            wrong = found[(found < 0) | (found >= problem.size)][0]
            plugin.refuse(f"the index {wrong}", f"indices of receivers, 0 to {problem.size - 1}")
        group[found] = True
    if group.shape != (problem.size,):
        plugin.refuse(f"a group of shape {list(group.shape)}", f"one truth value for each of {problem.size} receivers")
    return Selection(status="feasible", method=plugin.name, selected=group, value=None, cost_m=0.0, evaluated=1)


def _check_constraints(problem: SelectionProblem, group: B, plugin: Plugin) -> None:
    if problem.feasible(group[None])[0]:
        return
    names, cost_m = ", ".join(problem.ids(group)) or "without receivers", float(problem.costs_m(group[None])[0])
    if np.any(problem.forced & ~group):
        left_out = ", ".join(problem.ids(problem.forced & ~group))
        plugin.refuse(
            f"the group {names}", f"a group that contains {left_out}, which must be selected to meet the required rate"
        )
    if not group.any() or (problem.count is not None and group.sum() != problem.count):
        rows = "at least one receiver" if problem.count is None else f"exactly {problem.count} receivers"
        plugin.refuse(f"the group {names}", rows)
    plugin.refuse(
        f"the group {names}, with a cooperation cost of {cost_m:.6g} m",
        f"a cost of at most {problem.cost_limit_m:.6g} m",
    )


def _judged(problem: SelectionProblem, answer: Selection, value: float) -> tuple[bool, str]:
    """Whether the group is proven best for these beams, and a sentence on what the selector claims of it."""
    bound = answer.bound
    if answer.status != "optimal" and bound is None:
        return False, ""
    claim = "optimal" if answer.status == "optimal" else f"within a bound of {bound:.5g}"
    if int((~problem.forced).sum()) > LISTED:
        return False, f" (The plug-in claims that the group is {claim} for the starting beams; this was not checked.)"
    groups = np.concatenate(list(all_groups(problem)))
    best = best_feasible(problem, groups)
    lowest = value if best is None else float(problem.values(best[None])[0])
    if lowest >= value * (1.0 - CLAIMED_GAP):
        return True, f" (Checked: it is the best of all {len(groups)} groups for the starting beams.)"
    names = "" if best is None else ", ".join(problem.ids(best))
    return False, f" (The plug-in claims that the group is {claim}; this is wrong, because {names} is better.)"
