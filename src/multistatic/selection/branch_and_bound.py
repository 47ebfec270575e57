"""Certified selection: the optimal group under the cooperation cost, with proof, for hundreds of receivers.

A node of the search fixes the group's size m, some members and some outsiders. Its bound joins three relaxations:
the criterion by a tangent of its gain (`gain`), the cost by a bound that is linear in what is missing (`pair_cost`),
the choice by a Lagrangian knapsack (`knapsack`). For matrix criteria Frank-Wolfe steps refine the tangent; every
iterate gives a valid bound, the lowest counts. Reduced costs then settle receivers that no better group can hold or
lack. Nodes are taken best first, many at once: what is still open bounds what was not looked at, so the search can stop
at any time with an incumbent and its proven gap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from annotated_types import Ge, Lt

from multistatic.registry import algorithm
from multistatic.selection.declared_gain import gain_of, surely_unobservable
from multistatic.selection.greedy import grown
from multistatic.selection.greedy_swap import improved
from multistatic.selection.infeasible import nothing
from multistatic.selection.nodes import Nodes, bounded_subtree, branched, joined, roots
from multistatic.selection.scaled_gain import Gain
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B

METHOD = "branch_and_bound"
PROVEN = 1e-6
# Gains below this, where the gain of all receivers is 1, are what rounding leaves of unobservable groups.
NO_GAIN = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchAndBoundSettings:
    """When to stop: at a proven relative `gap` of the value, after `nodes`, or when `stop` says so (a clock, a key).

    Both limits are looked at once for each `batch` of nodes. The limits of the problem itself count as well: the larger
    gap, and whichever says stop.
    """

    gap: Annotated[float, Ge(0.0), Lt(1.0)] = 1e-9
    nodes: Annotated[int, Ge(1)] = 50_000
    batch: Annotated[int, Ge(1)] = 64
    stop: Callable[[], bool] = lambda: False


@algorithm(settings=BranchAndBoundSettings)
def branch_and_bound(
    problem: SelectionProblem,
    rng: np.random.Generator,
    settings: BranchAndBoundSettings | None = None,
    gain: Gain | None = None,
) -> Selection:
    """The optimal group: `optimal` where the proven gap is at most 1e-6, else the best group found and its bound.

    For criteria that declare a gain (`selection.gain.exact_gain`); others raise `InputError`. Starts from greedy with
    exchanges. Of groups that are equal within `settings.gap` any is returned. `gain`: that of the values, where it is
    known already.
    """
    limits = problem.limits
    if settings is None:
        settings = BranchAndBoundSettings(gap=limits.gap, stop=limits.stop)
    else:
        own = settings
        settings = replace(own, gap=max(own.gap, limits.gap), stop=lambda: own.stop() or limits.stop())
    if surely_unobservable(problem):
        return nothing(problem, method=METHOD, evaluated=1)
    gain = gain_of(problem, METHOD) if gain is None else gain
    all_selected = float(problem.values(np.ones((1, problem.size), bool))[0])
    start, evaluated = grown(problem) if np.isfinite(all_selected) else (None, 1)
    if not np.isfinite(all_selected) or not _possible(problem):
        return nothing(problem, method=METHOD, evaluated=evaluated)
    if start is not None:
        start, _, looked_at = improved(problem, start)
        evaluated += looked_at
    # A budget for all receivers never binds; an infinite one would leave nothing to multiply a price with.
    affordable = min(problem.cost_limit_m, float(problem.costs_m(np.ones((1, problem.size), bool))[0]))
    problem = replace(problem, cost_limit_m=affordable)
    search = _Search(problem, gain, settings, all_selected)
    search.run(start)
    if search.best is None:
        return nothing(problem, method=METHOD, evaluated=evaluated + search.nodes)
    return search.answer(evaluated)


def _possible(problem: SelectionProblem) -> bool:
    return problem.count is None or max(1, int(problem.forced.sum())) <= problem.count <= problem.size


class _Search:
    """The state of one search: the incumbent, what is open, how many nodes were looked at."""

    def __init__(
        self, problem: SelectionProblem, gain: Gain, settings: BranchAndBoundSettings, all_selected: float
    ) -> None:
        self.problem, self.gain, self.settings, self.all_selected = problem, gain, settings, all_selected
        self.best: B | None = None
        self.value, self.floor = np.inf, NO_GAIN
        self.nodes, self.open = 0, roots(problem)

    def run(self, start: B | None) -> None:
        """Search until nothing above the floor is open, or a limit is reached."""
        if start is not None:
            self._try(start[None])
        self.open = self._bounded(self.open)
        while self.open.count and self.nodes < self.settings.nodes and not self.settings.stop():
            order = np.argsort(-self.open.bound, kind="stable")
            first, rest = self.open.take(order[: self.settings.batch]), self.open.take(order[self.settings.batch :])
            self.open = joined([self._bounded(branched(first)), rest])
            self.open = self.open.take(self.open.bound > self.floor)

    def answer(self, evaluated: int) -> Selection:
        """The incumbent, and how far from the optimum it can be at most."""
        assert self.best is not None
        highest = max(self.floor, float(self.open.bound.max(initial=0.0)))
        bound = self.all_selected * highest**-self.gain.exponent
        excess = self.value / bound - 1.0
        proven = excess <= PROVEN
        verdict = "proven optimal" if proven else f"at most {100 * excess:.3g} % above the optimum"
        return Selection(
            status="optimal" if proven else "feasible",
            method=METHOD,
            selected=self.best,
            value=self.value,
            bound=min(bound, self.value),
            cost_m=float(self.problem.costs_m(self.best[None])[0]),
            evaluated=evaluated + self.nodes,
            message=f"The group is {verdict} after {self.nodes} nodes of branch and bound.",
        )

    def _bounded(self, nodes: Nodes) -> Nodes:
        self.nodes += nodes.count
        nodes, groups = bounded_subtree(self.problem, self.gain, nodes, self.floor)
        self._try(groups)
        return nodes.take(nodes.bound > self.floor)

    def _try(self, groups: B) -> None:
        """Raise the floor: the gain that a group must exceed to be better than the incumbent by more than the gap."""
        groups = groups[self.problem.feasible(groups)] if len(groups) else groups
        if not len(groups):
            return
        values = self.problem.values(groups)
        i = int(np.argmin(values))
        if values[i] < self.value:
            self.best, self.value = np.asarray(groups[i]), float(values[i])
            if self.problem.points > 1:  # sums over many groups at once may differ in the last digit
                self.value = float(self.problem.values(groups[i][None])[0])
            lowest_worthwhile = self.value / (1.0 + self.settings.gap)
            self.floor = (self.all_selected / lowest_worthwhile) ** (1.0 / self.gain.exponent)
