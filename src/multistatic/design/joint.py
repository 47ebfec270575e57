"""The best group and the best beams together, with a certificate.

A criterion that declares a gain (`selection.gain`) is g(b)·f(p) with f falling in the illumination p, and p(b) ≤ p(1):
a selected receiver cancels the sensing beam, so with all receivers selected the beams are least constrained. Take the
groups in the order of g: a later group is no better than g·f(p(1)), so the search ends when that does not beat the
incumbent. With several receive antennas one or two beamforming solves settle all 2^K groups. Where a criterion
declares nothing the same search is a heuristic, and nothing is proven.

With one antenna (or in line of sight) p(b) can be a fraction of p(1). There the prices of the beams for one group bound
the illumination of every other group (`beamforming.illumination_cut`): each solve raises what is known of all groups,
and the next one is that of the least bound. Again one or two solves are enough, now with proof that nothing is better.

Two numbers of p(1) play a part: what the beamformer reached decides when to stop, and its proven upper bound p̄, which
holds for every group, makes the certificate, so that the reported gap is rigorous where the beamformer is a local
method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from multistatic.beamforming.beamforming_problem import BeamformingResult
from multistatic.beamforming.certificate import bounded, certified, upper_bound
from multistatic.beamforming.illumination_cut import has_cuts, illumination_cut
from multistatic.beamforming.interference_bound import tightened
from multistatic.design.algorithms import beamformer_of
from multistatic.design.decoupled import design_decoupled
from multistatic.design.finish import finished, infeasible_beams, infeasible_selection
from multistatic.design.instance import Instance, instance_for
from multistatic.design.joint_points import certified_joint_points, design_joint_points
from multistatic.design.joint_search import candidates_of
from multistatic.design.joint_words import joint_selection, so_far
from multistatic.design.result import Design
from multistatic.registry import algorithm
from multistatic.selection.declared_gain import Knowledge, knowledge_of
from multistatic.selection.groups import ENUMERABLE
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.signal.beams import Beams
from multistatic.units import B


@dataclass(frozen=True, slots=True, kw_only=True)
class JointSettings:
    """At most `max_solves` beamforming problems, then the incumbent with its proven gap. `listed`: up to so many
    affordable groups are listed beyond 20 receivers, where channels of rank one give each a bound of its own.
    """

    max_solves: Annotated[int, Ge(1)] = 64
    listed: Annotated[int, Ge(0), Le(1 << 22)] = 1 << 20


DEFAULT = JointSettings()


@algorithm(settings=JointSettings)
def design_joint(instance: Instance, on_stage: Callable[[str], None], settings: JointSettings = DEFAULT) -> Design:
    """The best (b, W), certified.

    Over several points the search is that of `design.joint_points`.

    Where there are too many groups to list, branch and bound finds the best one at a common illumination, and the
    certificate is its bound at p̄. Where clutter depends on the beams the order of the groups moves with them: group
    and beams are then designed in turn with greedy exchange, without a certificate.
    """
    scenario = instance.scenario
    if scenario.propagation.clutter != "independent":
        settings_in_turn = replace(scenario.design, selector="greedy_swap", alternate=True)
        return design_decoupled(replace(instance, scenario=replace(scenario, design=settings_in_turn)), on_stage)
    if instance.several:
        return design_joint_points(instance, on_stage, max_solves=settings.max_solves, listed=settings.listed)
    search = _Search(instance, settings)
    beams, illumination_w = search.begun()
    if beams is None:
        on_stage("beams for all receivers")
        all_selected = search.solve_all_selected()
        if all_selected.beams is None or all_selected.illumination_w is None:
            return infeasible_beams(instance, "multi", all_selected)
        beams, illumination_w = all_selected.beams, all_selected.illumination_w
    on_stage("selection")
    nothing = search.list_groups(beams, illumination_w)
    if nothing is not None:
        return infeasible_selection(instance, nothing)
    on_stage("beamforming")
    search.run(on_stage)
    if search.best is None:
        assert search.failed is not None
        return infeasible_beams(instance, "multi", search.failed)
    if instance.tight:
        on_stage("tight certificate")
        search.tighten(lambda step: on_stage(f"tight certificate: {step}"))
    value, group, result = search.best
    solved = len(search.tried)
    selection = joint_selection(
        search.problem, search.candidates, group, value, solved, certificate=instance.certificate
    )
    on_stage("verification")
    return finished(instance, "multi", selection, result, solved, tried=search.tried, posed=search.posed)


class _Search:
    """The state of one search: the beams for `all_selected`, None where they were not needed yet, the `candidates`,
    those `tried` [n, K], the `best` (value, group, beams), and beams that `failed` to meet the rates.

    `upper_bound_w` p̄ holds for every group: proven, or all power on the target where the certificate is left for later.
    """

    def __init__(self, instance: Instance, settings: JointSettings) -> None:
        self.instance, self.settings = instance, settings
        self.beamformer = beamformer_of(instance.scenario.design.beamformer, instance.scenario.design.options)
        self.least_constrained = instance.beamforming_problem(np.ones(instance.size, bool))
        self.cuts = has_cuts(self.least_constrained)
        self.all_selected: BeamformingResult | None = None
        self.upper_bound_w = self.least_constrained.illumination_limit_w
        self.tried = np.zeros((0, instance.size), bool)
        self.best: tuple[float, B, BeamformingResult] | None = None
        self.failed: BeamformingResult | None = None

    @property
    def posed(self) -> tuple[SelectionProblem, Knowledge]:
        """The problem of the groups, and what is known of its criterion."""
        return self.problem, self.candidates.known

    def begun(self) -> tuple[Beams | None, float]:
        """The beams of an earlier design, and an illumination that none exceed: the first group has its beams at once,
        and those for all receivers seldom decide anything then. None where there are none, where the groups are
        distinguished by the prices of beams, or where the bound says that no beams meet the rates.
        """
        starts, limit_w = self.least_constrained.starts, self.upper_bound_w
        if not starts or self.cuts:
            return None, limit_w
        if self.instance.certificate:
            proven_w = upper_bound(self.least_constrained).value_w
            if not proven_w > 0.0:
                return None, limit_w
            self.upper_bound_w = proven_w
        return starts[0], limit_w

    def solve_all_selected(self) -> BeamformingResult:
        """Beams for all receivers selected, and what is proven of any beams."""
        all_selected: BeamformingResult = self.beamformer(self.least_constrained)
        if all_selected.beams is None:
            self.failed = all_selected
            return all_selected
        if self.upper_bound_w < self.least_constrained.illumination_limit_w:
            all_selected = bounded(all_selected, self.upper_bound_w)
        elif self.instance.certificate:
            all_selected = certified(self.least_constrained, all_selected)
        self.all_selected, self.upper_bound_w = all_selected, all_selected.upper_bound_w
        return all_selected

    def list_groups(self, beams: Beams, illumination_w: float) -> Selection | None:
        """The groups in question with what is known of each at an illumination that beams for all receivers do not
        exceed; the selection that says why there is no group.
        """
        instance = self.instance
        # No receiver is forced: without a sensing beam the rates do not depend on b: what is feasible for one b is for
        # all.
        problem = instance.selection_problem(beams, forced=False)
        problem = replace(problem, illumination_w=np.array([illumination_w]))
        known = knowledge_of(problem)
        # Branch and bound has the best group where the criterion has a gain: others have to be listed.
        listed = self.settings.listed if self.cuts or known.gain is None else 0
        most = 1 << ENUMERABLE if instance.size <= ENUMERABLE else listed
        found = candidates_of(problem, known, instance, most=most, upper_bound_w=self.upper_bound_w)
        if isinstance(found, Selection):
            return found
        self.problem, self.candidates = problem, found
        return None

    def run(self, on_stage: Callable[[str], None]) -> None:
        """Beams for the group of least floor, until that floor is not below the best value."""
        limits = self.instance.limits
        while len(self.tried) < self.settings.max_solves and (following := self.candidates.least()) is not None:
            number, floor = following
            if self.best is not None and (floor * (1.0 + limits.gap) >= self.best[0] or limits.stop()):
                break
            if self.all_selected is None and len(self.tried):
                all_selected = self.solve_all_selected()
                if all_selected.illumination_w is None:
                    break  # rates that cannot be met with all receivers selected cannot be met at all
                self.candidates.reached(all_selected.illumination_w)
            else:
                if self.best is not None:
                    on_stage(f"beamforming: group {len(self.tried) + 1}, {so_far(self.best[0], floor)}")
                self._try(number)

    def _try(self, number: int) -> None:
        """Beams for one candidate."""
        group = self.candidates.take(number)
        beam_problem = self.instance.beamforming_problem(group)
        found = self.all_selected if group.all() and self.all_selected is not None else self.beamformer(beam_problem)
        result = bounded(found, self.upper_bound_w)
        self.tried = np.vstack([self.tried, group])
        if result.beams is None or result.illumination_w is None:
            self.failed = result
            return
        self.candidates.settle(number, result.upper_bound_w)
        value = _value(self.problem, group, result.illumination_w)
        if self.best is None or value < self.best[0]:
            self.best = (value, group, result)
            self.candidates.order_at(result.illumination_w)
        if self.cuts and (cut := illumination_cut(beam_problem)) is not None:
            self.candidates.learn(cut, self.best[0])

    def tighten(self, on_step: Callable[[str], None] = lambda step: None) -> None:
        """The bound that sees which receivers are selected, for the best group and its beams.

        It says nothing of other groups: `upper_bound_w` stays, and so do their bounds.
        """
        assert self.best is not None
        value, group, result = self.best
        result = tightened(self.instance.beamforming_problem(group), result, on_step)
        self.candidates.settle_group(group, result.upper_bound_w)
        self.best = (value, group, result)


def certified_joint(design: Design, settings: JointSettings = DEFAULT) -> Design:
    """A joint design that was made without its certificate, with the one it would have: the bounds of all groups at the
    proven illumination p̄. Group and beams stay.

    Of channels of rank one the bounds of the groups that the search tried are not known any more; the prices of the
    design's own group, which bound every group, take their place.
    """
    instance = instance_for(design)
    if instance.several:
        return certified_joint_points(design, instance, max_solves=settings.max_solves, listed=settings.listed)
    result, group = design.beamforming, np.asarray(design.selected, bool)
    assert result is not None
    assert result.beams is not None
    assert result.illumination_w is not None
    search = _Search(instance, settings)
    search.upper_bound_w = upper_bound(search.least_constrained).value_w
    nothing = search.list_groups(result.beams, result.illumination_w)
    assert nothing is None
    result = bounded(result, search.upper_bound_w)
    search.candidates.settle_group(group, result.upper_bound_w)
    if search.cuts and (cut := illumination_cut(instance.beamforming_problem(group))) is not None:
        search.candidates.learn(cut, np.inf)
    value = _value(search.problem, group, search.problem.one_illumination_w)
    if instance.tight:
        search.best = (value, group, result)
        search.tighten()
        result = search.best[2]
    selection = joint_selection(search.problem, search.candidates, group, value, design.rounds)
    return finished(instance, "multi", selection, result, design.rounds, tried=group[None], posed=search.posed)


def _value(problem: SelectionProblem, group: B, illumination_w: float) -> float:
    return float(problem.values_at(group, illumination_w)[0])
