"""The groups that may be the best one over several points, and what is proven of each (docs/algorithms.md §3.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from multistatic.bounds.criteria import ClockedLocalizationCriterion
from multistatic.design.light_limits import GroupLimits
from multistatic.design.point_laws import PowerLaw
from multistatic.design.point_losses import PointLoss
from multistatic.selection.criterion_of_points import criteria_of
from multistatic.selection.declared_gain import Knowledge
from multistatic.selection.over_points import reduced
from multistatic.selection.selection_problem import SelectionProblem
from multistatic.units import B, F

_LATEST = 3  # limits that are used for a group that is looked at by itself


def more_is_never_worse(problem: SelectionProblem, known: Knowledge) -> bool:
    """A receiver that joins makes no value worse: of criteria with a gain, and of ours with clocks, for what a receiver
    measures adds information whatever the offsets are.
    """
    return known.gain_here is not None or all(
        type(each) is ClockedLocalizationCriterion for each in criteria_of(problem)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlistedGroups:
    """Groups that are too many to list: a `bound` on the value of all of them, 0 where nothing is proven, how many were
    looked at (`count`), and by what search (`message`).
    """

    bound: float
    count: int
    message: str


class PointCandidates:
    """Groups with two bounds on the value of each with any beams: `bounds` are proven, `floors` decide which group is
    next and when the search ends.

    Both rise by limits of the illuminations: what the prices of beams for one group prove of all groups (`learn`).
    Where channels have a rank above one the floors count with what beams reached. Of a criterion of which nothing is
    known the floors are values at the illuminations of the best beams, and nothing is proven.

    `law`: how values depend on illuminations, where they are powers; else `loss_of` is the loss of a group, and its
    floor is computed by itself when the group is next. `unlisted`: of groups that are no candidates; None: there are
    none. `full`: only groups that no receiver can join are candidates.
    """

    def __init__(
        self,
        problem: SelectionProblem,
        known: Knowledge,
        groups: B,
        law: PowerLaw | None,
        loss_of: Callable[[B], PointLoss],
        unlisted: UnlistedGroups | None = None,
    ) -> None:
        self.known, self.full = known, more_is_never_worse(problem, known) and problem.count is None
        others = UnlistedGroups(bound=np.inf, count=len(groups), message="") if unlisted is None else unlisted
        self.count, self.message, self.complete = others.count, others.message, unlisted is None
        self._problem, self._law, self._loss_of, self._rest = problem, law, loss_of, others.bound
        at_one_watt = None if law is None else problem.values_of_points(groups, 1.0)
        if law is None or at_one_watt is None:
            values = problem.values(groups)
        else:
            each = at_one_watt * np.asarray(problem.illumination_w) ** -law.exponent
            values = reduced(each, problem.shares, problem.over_points)
        order = np.lexsort((problem.costs_m(groups), values))
        order = order[np.isfinite(values[order])]
        self._groups, self._light = groups[order], np.asarray(problem.illumination_w)
        self._weights = None if law is None or at_one_watt is None else law.weights(at_one_watt[order])
        self._bounds = np.zeros(len(order))
        self._floors = np.zeros(len(order)) if known.falls else values[order]
        self._open = np.ones(len(order), bool)
        self._limits: list[GroupLimits] = []
        self._looked_at = np.zeros(len(order), int)

    @property
    def nothing(self) -> bool:
        """No group makes the target observable at every point."""
        return not len(self._groups)

    def least(self) -> tuple[int, float] | None:
        """The candidate of least floor among those without beams of their own, and the floor; None: all have some."""
        while self._open.any():
            number = int(np.argmin(np.where(self._open, self._floors, np.inf)))
            if self._law is not None or self._looked_at[number] == len(self._limits) or not self.known.falls:
                return number, float(self._floors[number])
            self._look_at(number)
        return None

    def take(self, number: int) -> B:
        """The group, which now gets beams of its own."""
        self._open[number] = False
        return np.asarray(self._groups[number])

    def settle(self, number: int, bound: float) -> None:
        """Beams for the group were found, and a proven bound on the value of any that it can have."""
        if self.known.falls:
            self._bounds[number] = max(self._bounds[number], bound)

    def settle_group(self, group: B, bound: float) -> None:
        """The same for a group that may be a candidate."""
        for number in np.flatnonzero((self._groups == group).all(axis=1)):
            self._open[number] = False
            self.settle(int(number), bound)

    def learn(self, limits: GroupLimits | None, best: float) -> None:
        """Raise the floors of candidates below `best`, and all bounds, by limits of the illuminations."""
        if limits is None or not self.known.falls:
            return
        self._limits.append(limits)
        rows = np.flatnonzero(self._open & (self._floors < best))
        if not len(rows):
            return
        proven = self._at_limits(limits, rows, limits.proven_w(self._groups[rows]))
        self._bounds[rows] = np.maximum(self._bounds[rows], proven)
        reached = proven
        if limits.reached_w is not None:
            reached = self._at_limits(limits, rows, np.full(len(rows), limits.reached_w))
        self._floors[rows] = np.maximum(self._floors[rows], reached)

    def order_at(self, light: F) -> None:
        """Try next what is best at the illuminations of the incumbent, where nothing is known of others."""
        if not self.known.falls:
            self._floors = self._problem.values_at(self._groups, light)

    def proven(self) -> float:
        """A bound on the value of every affordable group with any beams; 0 where nothing is proven."""
        return min(float(self._bounds.min(initial=np.inf)), self._rest)

    def _at_limits(self, limits: GroupLimits, rows: np.ndarray, light_w: F) -> F:
        """Lower bounds [n] of the candidates `rows` at Σ μ_i p_i ≤ `light_w` [n]."""
        if self._law is not None:
            assert self._weights is not None
            return self._law.proven(limits.price, light_w, self._weights[rows])
        # One point of illuminations for all groups; a group that is next is looked at by itself.
        light = self._light * float(light_w.max()) / max(float(limits.price @ self._light), 1e-300)
        values = self._problem.values_of_points(self._groups[rows], light)
        if self._problem.over_points == "worst":
            return np.asarray(values[:, limits.price > 0.0].min(axis=1))
        return np.zeros(len(rows))

    def _look_at(self, number: int) -> None:
        """The floor of one group by the latest limits."""
        group, floor, bound = self._groups[number], self._floors[number], self._bounds[number]
        loss = self._loss_of(group)
        for limits in self._limits[max(int(self._looked_at[number]), len(self._limits) - _LATEST) :]:
            proven = loss.proven(limits.of_group(group), self._light)
            bound = max(bound, proven)
            if limits.reached_w is not None:
                proven = loss.proven(limits.reached(), self._light)
            floor = max(floor, proven)
        self._floors[number], self._bounds[number], self._looked_at[number] = floor, bound, len(self._limits)
