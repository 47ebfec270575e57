"""The groups that may be the best one together with their beams, and what is known of each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic import registry
from multistatic.beamforming.illumination_cut import IlluminationCut
from multistatic.bounds.criteria import ClockedLocalizationCriterion
from multistatic.design.instance import Instance
from multistatic.selection.affordable import affordable_groups
from multistatic.selection.branch_and_bound import BranchAndBoundSettings, branch_and_bound
from multistatic.selection.declared_gain import Knowledge, exact_gain
from multistatic.selection.groups import ENUMERABLE
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B

_CLOSE = 1e-3  # relative gap of a bound that is far from tight for other reasons
_REORDERED = 1 << 14  # groups: beyond, looking at all of them after each solve takes longer than the solve


class CandidateGroups:
    """Groups with two bounds on the value of each: `floors` by what beams reached, `bounds` by what is proven.

    Both begin with the value at an illumination that beams for all receivers do not exceed: `problem.illumination_w`,
    what they reached, and `upper_bound_w`, which is proven; cuts raise them. Of a criterion of which nothing is
    `known` the floors only say in which order the groups are tried, and the bounds are 0. `rest` bounds the value of
    all groups that are no candidates (0: nothing is known of them): of a criterion with a gain at
    `problem.illumination_w`, of others at the proven illumination. `count`: how many groups were
    looked at; `message`: by what search, where they are not listed. `full`: only groups that no receiver can join are
    candidates.
    """

    def __init__(
        self,
        problem: SelectionProblem,
        known: Knowledge,
        groups: B,
        upper_bound_w: float,
        *,
        rest: float = np.inf,
        count: int | None = None,
        message: str = "",
    ) -> None:
        self.count, self.message, self.complete = len(groups) if count is None else count, message, rest == np.inf
        self.known, self.full = known, known.gain is not None and problem.count is None
        self._problem = problem
        values = problem.values(groups)
        order = np.lexsort((problem.costs_m(groups), values))
        order = order[np.isfinite(values[order])]
        self._groups, self._values = groups[order], values[order]
        self._floors, self._rest = self._values.copy(), 0.0
        self._bounds = np.zeros(len(order))
        if known.gain is not None:
            # What a criterion gains from the proven illumination over the one that was reached.
            better = (problem.one_illumination_w / upper_bound_w) ** known.gain.exponent
            self._bounds, self._rest = better * self._values, better * rest
        elif known.falls:
            self._bounds = problem.values_at(self._groups, upper_bound_w)
            self._rest = rest
        self._open = np.ones(len(order), bool)

    def least(self) -> tuple[int, float] | None:
        """The candidate of least floor among those without beams of their own, and the floor; None: all have some."""
        if not self._open.any():
            return None
        number = int(np.argmin(np.where(self._open, self._floors, np.inf)))
        return number, float(self._floors[number])

    def take(self, number: int) -> B:
        """The group, which now gets beams of its own."""
        self._open[number] = False
        return np.asarray(self._groups[number])

    def settle(self, number: int, upper_bound_w: float) -> None:
        """Beams for the group were found, and a bound on the illumination of any that it can have."""
        if self.known.falls:
            at_most = float(self._problem.values_at(self._groups[number][None], upper_bound_w)[0])
            self._bounds[number] = max(self._bounds[number], at_most)

    def settle_group(self, group: B, upper_bound_w: float) -> None:
        """The same for a group that may be a candidate."""
        for number in np.flatnonzero((self._groups == group).all(axis=1)):
            self._open[number] = False
            self.settle(int(number), upper_bound_w)

    def reached(self, illumination_w: float) -> None:
        """Beams for all receivers reach no more than `illumination_w`, less than what the floors began with."""
        if self.known.gain is not None:
            dimmer = (self._problem.one_illumination_w / illumination_w) ** self.known.gain.exponent
            self._floors = np.maximum(self._floors, dimmer * self._values)
        elif self.known.falls:
            self._floors = np.maximum(self._floors, self._problem.values_at(self._groups, illumination_w))

    def learn(self, cut: IlluminationCut, best: float) -> None:
        """Raise the floors of candidates below `best` by what the beams for one group prove of all groups."""
        rows = np.flatnonzero(self._open & (self._floors < best))
        if not len(rows) or self.known.gain is None:
            return
        ratio = self._problem.one_illumination_w / cut.bounds_w(self._groups[rows])
        values = self._values[rows] * ratio**self.known.gain.exponent
        self._floors[rows] = np.maximum(self._floors[rows], values)
        self._bounds[rows] = np.maximum(self._bounds[rows], values)

    def order_at(self, illumination_w: float) -> None:
        """Try next what is best at the illumination of the incumbent, where nothing is known of another one."""
        if not self.known.falls and len(self._groups) <= _REORDERED:
            self._floors = self._problem.values_at(self._groups, illumination_w)

    def proven(self) -> float:
        """A bound on the value of every affordable group with any beams; 0 where nothing is proven."""
        return min(float(self._bounds.min(initial=np.inf)), self._rest)


def candidates_of(
    problem: SelectionProblem, known: Knowledge, instance: Instance, *, most: int, upper_bound_w: float
) -> CandidateGroups | Selection:
    """All affordable groups where there are at most `most`; the selection that says why there is none, where none is
    feasible.

    Where there are more: the one that branch and bound finds best for the beams for all receivers, and all of the
    receivers nearest to the target, as many of these as leave an eighth of `most` groups; none of them where `most` is
    0. Of a criterion with a gain, which never falls when a receiver joins, only groups that no receiver can join are
    candidates: more receivers do not disturb the beams either.
    """
    certain = known.gain is not None
    groups = affordable_groups(problem, most, full=certain)
    if groups is not None and len(groups) and np.isfinite(problem.values(groups)).any():
        return CandidateGroups(problem, known, groups, upper_bound_w)
    large = "branch_and_bound" if certain else "local_search"
    selector = registry.load("selectors", "enumeration" if problem.size <= ENUMERABLE else large)
    selection: Selection = selector(problem, instance.rng(2))
    if selection.status == "infeasible" or selection.value is None:
        return selection
    message = (
        f"Selection for the beams with all receivers selected: {selection.message[0].lower()}{selection.message[1:]}"
    )
    return CandidateGroups(
        problem,
        known,
        np.unique(np.concatenate([selection.selected[None], near_groups(problem, most // 8, certain)]), axis=0),
        upper_bound_w,
        rest=(selection.bound or 0.0) if certain else _bound_of_all(problem, known, instance, upper_bound_w),
        count=selection.evaluated,
        message=message,
    )


def _bound_of_all(problem: SelectionProblem, known: Knowledge, instance: Instance, upper_bound_w: float) -> float:
    """A bound on the value of every group under a criterion with clocks, at any illumination up to `upper_bound_w`, by
    branch and bound with the transmitter's clock known; 0 where there is none, or where it is left for later.
    """
    criterion = problem.criterion
    if not (instance.certificate and known.falls and isinstance(criterion, ClockedLocalizationCriterion)):
        return 0.0
    relaxed = criterion.with_transmitter_clock_known(upper_bound_w)
    easier = replace(problem, criterion=relaxed, illumination_w=np.ones(1))
    if exact_gain(easier) is None:
        return 0.0
    settings = BranchAndBoundSettings(gap=max(_CLOSE, problem.limits.gap), stop=problem.limits.stop)
    return branch_and_bound(easier, instance.rng(2), settings).bound or 0.0


def near_groups(problem: SelectionProblem, most: int, full: bool) -> B:
    """Affordable groups of the receivers nearest to the target."""
    rank = np.argsort(np.argsort(problem.target_distance_m, kind="stable"))
    near = problem.size
    while most > 0 and (near := int(0.85 * near)) > 0:
        groups = affordable_groups(problem, most, full=full, among=rank < near)
        if groups is not None:
            return groups
    return np.zeros((0, problem.size), bool)
