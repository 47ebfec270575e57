"""The best group and the best beams together, with a certificate.

Every criterion is g(b)·f(p) with f falling in the illumination p, and p(b) ≤ p(1): a selected receiver cancels the
sensing beam, so with everyone selected the beams are least constrained. Take the groups in the order of g: a later
group is no better than g·f(p(1)), so the search ends when that does not beat the incumbent. Usually one or two
beamforming solves settle all 2^K groups.

Two numbers of p(1) play a part: what the beamformer reached decides when to stop, and its proven upper bound p̄, which
holds for every group, makes the certificate, so that the reported gap is rigorous where the beamformer is a local
method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from multistatic import registry
from multistatic.beamforming.certificate import bounded, certified
from multistatic.beamforming.problem import BeamformingResult
from multistatic.design.decoupled import design_decoupled
from multistatic.design.instance import Instance
from multistatic.design.outcome import CERTIFIED_GAP, finished, infeasible_beams, infeasible_selection
from multistatic.design.result import Design
from multistatic.scenario.model import JOINT
from multistatic.selection.enumeration import feasible_groups
from multistatic.selection.groups import ENUMERABLE
from multistatic.selection.problem import Selection, SelectionProblem
from multistatic.units import B, F


@dataclass(frozen=True, slots=True, kw_only=True)
class JointSettings:
    """At most `max_solves` beamforming problems, then the incumbent with its proven gap."""

    max_solves: int = 64


DEFAULT = JointSettings()


def design_joint(instance: Instance, on_stage: Callable[[str], None], settings: JointSettings = DEFAULT) -> Design:
    """The best (b, W), certified.

    Beyond 20 receivers the groups are not listed: branch and bound finds the best one at a common illumination, and the
    certificate is its bound at p̄. Where clutter depends on the beams the order of the groups moves with them: group
    and beams are then designed in turn with greedy exchange, without a certificate.
    """
    scenario = instance.scenario
    if scenario.propagation.clutter != "independent":
        settings_in_turn = replace(scenario.design, selector="greedy_swap", alternate=True)
        return design_decoupled(replace(instance, scenario=replace(scenario, design=settings_in_turn)), on_stage)
    beamformer = registry.load("beamformers", scenario.design.beamformer)
    on_stage("beams for everyone")
    least_constrained = instance.beamforming_problem(np.ones(instance.size, bool))
    everyone: BeamformingResult = beamformer(least_constrained)
    beams = everyone.beams
    if beams is None:
        return infeasible_beams(instance, "multi", everyone)
    everyone = certified(least_constrained, everyone)
    on_stage("selection")
    # Nobody is forced: without a sensing beam the rates do not depend on b, so what is feasible for one b is for all.
    problem = replace(instance.selection_problem(beams), forced=np.zeros(instance.size, bool))
    candidates = _candidates(problem, instance)
    if isinstance(candidates, Selection):
        return infeasible_selection(instance, candidates)
    on_stage("beamforming")
    best, solved, proven = None, 0, float("inf")
    for group, floor in zip(candidates.groups[: settings.max_solves], candidates.floors, strict=False):
        if best is not None and (floor * (1.0 + instance.limits.gap) >= best[0] or instance.limits.stop()):
            break
        result = everyone if group.all() else beamformer(instance.beamforming_problem(group))
        result = bounded(result, everyone.upper_bound_w)
        solved += 1
        if result.beams is None or result.illumination_w is None:
            continue
        proven = min(proven, _value(problem, group, result.upper_bound_w))
        value = _value(problem, group, result.illumination_w)
        if best is None or value < best[0]:
            best = (value, group, result)
    if best is None:
        return infeasible_beams(instance, "multi", result)
    # What every criterion gains from the proven p̄ over the illumination at which the floors were computed.
    gain = _value(problem, candidates.groups[0], everyone.upper_bound_w) / candidates.floors[0]
    unsolved = candidates.floors[solved] if solved < len(candidates.groups) else float("inf")
    proven = min(proven, gain * min(unsolved, candidates.rest))
    value, group, result = best
    selection = Selection(
        status="optimal" if proven >= value * (1.0 - CERTIFIED_GAP) else "feasible",
        method=JOINT,
        selected=group,
        value=value,
        bound=min(proven, value) if proven > 0 else None,
        cost_m=float(problem.costs_m(group[None])[0]),
        evaluated=candidates.count,
        message=_verdict(candidates, solved, value / proven - 1.0 if proven > 0 else float("inf")),
    )
    on_stage("verification")
    return finished(instance, "multi", selection, result, solved)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidates:
    """Groups [n, K], best first, with their values at p(1), the `floors` [n]; `rest`: a bound on all other groups."""

    groups: B
    floors: F
    rest: float
    count: int
    message: str


def _candidates(problem: SelectionProblem, instance: Instance) -> _Candidates | Selection:
    """What may be the best group; the selection that says why there is none, where none is feasible."""
    if problem.size <= ENUMERABLE:
        groups, floors = feasible_groups(problem)
        if not len(groups):
            selection: Selection = registry.load("selectors", "enumeration")(problem, instance.rng(2))
            return selection
        return _Candidates(groups=groups, floors=floors, rest=float("inf"), count=len(groups), message="")
    selection = registry.load("selectors", "branch_and_bound")(problem, instance.rng(2))
    if selection.status == "infeasible" or selection.value is None:
        return selection
    return _Candidates(
        groups=np.asarray(selection.selected)[None],
        floors=np.array([selection.value]),
        rest=selection.bound if selection.bound is not None else 0.0,
        count=selection.evaluated,
        message=f"For the beams for everyone the group is: {selection.message[0].lower()}{selection.message[1:]}",
    )


def _verdict(candidates: _Candidates, solved: int, gap: float) -> str:
    """How far the search went and what it proves of group and beams together."""
    beams = f"{solved} of {candidates.count} affordable groups got beams of {'its' if solved == 1 else 'their'} own"
    if candidates.rest < float("inf"):
        beams = f"{candidates.message} It got beams of its own"
    if gap <= CERTIFIED_GAP:
        return f"{beams}; together they are proven optimal."
    return f"{beams}; together at most {100.0 * gap:.2g} % above the optimum."


def _value(problem: SelectionProblem, group: B, illumination_w: float) -> float:
    return float(problem.criterion.values(group[None], illumination_w)[0])
