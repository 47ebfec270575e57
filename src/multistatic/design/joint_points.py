"""The best group and the best beams together over several points, with a certificate (docs/algorithms.md §3.2).

The prices of the beams for one group prove Σ μ_i p_i ≤ V(b) of any beams for every group b, and so a lower bound on the
value of every group (`light_limits`). The search begins with beams for all receivers, whose prices bound all groups,
and then always gives beams to the group of least floor; each solve adds prices. It ends when no floor is below the best
value. Unlike with one point, which group is best depends on how the beams share their light among the points, so the
best group for common illuminations proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from multistatic import registry
from multistatic.beamforming.beamforming_problem import BeamformingResult
from multistatic.design.algorithms import beamformer_of
from multistatic.design.bound_of_all_groups import bound_of_all_groups
from multistatic.design.finish import finished, infeasible_beams, infeasible_selection
from multistatic.design.group_beams import loss_of, proven_value, solved_beams
from multistatic.design.instance import Instance
from multistatic.design.joint_search import near_groups
from multistatic.design.joint_words import joint_selection, so_far
from multistatic.design.light_limits import GroupLimits
from multistatic.design.point_candidates import PointCandidates, UnlistedGroups, more_is_never_worse
from multistatic.design.point_laws import power_law_of
from multistatic.design.point_losses import PointLoss
from multistatic.design.result import Design
from multistatic.selection.affordable import affordable_groups
from multistatic.selection.declared_gain import Knowledge, knowledge_of
from multistatic.selection.groups import ENUMERABLE
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B

_VALUES = 1 << 22  # of groups at points that are kept at once


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Solved:
    """A group [K] with its beams and its value over the points."""

    group: B
    result: BeamformingResult
    value: float


class PointSearch:
    """The state of one search: `candidates`, those `tried` [n, K], the `best`, and beams that `failed`.

    `problem`: that of the groups at the illuminations of the beams for all receivers, and what is `known` of it.
    """

    def __init__(self, instance: Instance, *, max_solves: int, listed: int) -> None:
        self.instance, self.max_solves, self.listed = instance, max_solves, listed
        self.beamformer = beamformer_of(instance.scenario.design.beamformer, instance.scenario.design.options)
        self.law = power_law_of(instance)
        self.tried = np.zeros((0, instance.size), bool)
        self.best: _Solved | None = None
        self.failed: BeamformingResult | None = None
        self.problem: SelectionProblem
        self.known: Knowledge
        self.candidates: PointCandidates
        self.all_selected: tuple[BeamformingResult, GroupLimits | None]

    def begin(self) -> Design | None:
        """Beams for all receivers, and the groups in question; the design that says why there is none."""
        everyone = np.ones(self.instance.size, bool)
        result, limits = solved_beams(self.instance, self.beamformer, everyone)
        if result.beams is None:
            return infeasible_beams(self.instance, "multi", result)
        self.all_selected = result, limits
        self.problem = self.instance.selection_problem(result.beams, forced=False)
        self.known = knowledge_of(self.problem)
        found = self._candidates(limits)
        if isinstance(found, Selection):
            return infeasible_selection(self.instance, found)
        self.candidates = found
        self.candidates.learn(limits, np.inf)
        return None

    def run(self, on_stage: Callable[[str], None]) -> None:
        """Beams for the group of least floor, until that floor is not below the best value."""
        limits = self.instance.limits
        while len(self.tried) < self.max_solves and (following := self.candidates.least()) is not None:
            number, floor = following
            if self.best is not None:
                if floor * (1.0 + limits.gap) >= self.best.value or limits.stop():
                    break
                on_stage(f"beamforming: group {len(self.tried) + 1}, {so_far(self.best.value, floor)}")
            self._try(number)

    def _try(self, number: int) -> None:
        """Beams for one candidate."""
        group = self.candidates.take(number)
        result, limits = self.all_selected if group.all() else solved_beams(self.instance, self.beamformer, group)
        self.tried = np.vstack([self.tried, group])
        if result.beams is None:
            self.failed = result
            return
        light = result.beams.illumination_w(self.instance.channel.steering_tx)
        value = float(self.problem.values_at(group[None], light)[0])
        self.candidates.settle(number, proven_value(self.law, result))
        if self.best is None or value < self.best.value:
            self.best = _Solved(group=group, result=result, value=value)
            self.candidates.order_at(light)
        self.candidates.learn(limits, self.best.value)

    def _candidates(self, limits: GroupLimits | None) -> PointCandidates | Selection:
        """All affordable groups, as far as they can be listed; beyond, the best at the illuminations of the beams for
        all receivers and those of the receivers nearest to the target.
        """
        problem, known, instance = self.problem, self.known, self.instance
        certain, grows = known.gain_here is not None, more_is_never_worse(problem, known)
        listed = 1 << ENUMERABLE if instance.size <= ENUMERABLE else self.listed
        most = min(listed, _VALUES // problem.points)
        groups = affordable_groups(problem, most, full=grows)
        if groups is not None and len(groups):
            found = PointCandidates(problem, known, groups, self.law, self._loss_of)
            if not found.nothing:
                return found
        small = instance.size <= ENUMERABLE and groups is not None
        large = "branch_and_bound" if certain else "local_search"
        selection: Selection = registry.load("selectors", "enumeration" if small else large)(problem, instance.rng(2))
        if selection.status == "infeasible" or selection.value is None:
            return selection
        others = near_groups(problem, most // 8, grows)
        if len(others):
            others = others[np.isfinite(problem.values(others))]
        return PointCandidates(
            problem,
            known,
            np.unique(np.concatenate([selection.selected[None], others]), axis=0),
            self.law,
            self._loss_of,
            UnlistedGroups(
                bound=bound_of_all_groups(instance, problem, known, self.law, limits) if instance.certificate else 0.0,
                count=selection.evaluated,
                message="Selection for the beams with all receivers selected: "
                f"{selection.message[0].lower()}{selection.message[1:]}",
            ),
        )

    def _loss_of(self, group: B) -> PointLoss:
        return loss_of(self.instance, self.problem.criterion, group)


def design_joint_points(instance: Instance, on_stage: Callable[[str], None], *, max_solves: int, listed: int) -> Design:
    """The best (b, W) over the points, certified; clutter does not depend on the beams."""
    search = PointSearch(instance, max_solves=max_solves, listed=listed)
    on_stage("beams for all receivers")
    nothing = search.begin()
    if nothing is not None:
        return nothing
    on_stage("beamforming")
    search.run(on_stage)
    if search.best is None:
        assert search.failed is not None
        return infeasible_beams(instance, "multi", search.failed)
    on_stage("verification")
    return _finished(search, search.best, len(search.tried))


def certified_joint_points(design: Design, instance: Instance, *, max_solves: int, listed: int) -> Design:
    """A joint design over several points that was made without its certificate, with the one it would have. Group and
    beams stay; what is proven of all groups comes from the same search.
    """
    result, group = design.beamforming, np.asarray(design.selected, bool)
    assert result is not None
    assert result.beams is not None
    search = PointSearch(instance, max_solves=max_solves, listed=listed)
    nothing = search.begin()
    assert nothing is None
    search.run(lambda stage: None)
    own, _ = solved_beams(instance, search.beamformer, group)
    bound = proven_value(search.law, own)
    search.candidates.settle_group(group, bound)
    light = result.beams.illumination_w(instance.channel.steering_tx)
    value = float(search.problem.values_at(group[None], light)[0])
    kept = replace(result, loss_bound=min(own.loss_bound, result.loss or np.inf))
    return _finished(search, _Solved(group=group, result=kept, value=value), design.rounds)


def _finished(search: PointSearch, best: _Solved, solved: int) -> Design:
    instance = search.instance
    certificate = instance.certificate
    selection = joint_selection(
        search.problem, search.candidates, best.group, best.value, solved, certificate=certificate
    )
    posed = search.problem, search.known
    return finished(instance, "multi", selection, best.result, solved, tried=search.tried, posed=posed)
