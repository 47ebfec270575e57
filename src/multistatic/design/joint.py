"""The best group and the best beams together, with a certificate.

Every criterion is g(b)·f(p) with f falling in the illumination p, and p(b) ≤ p(1): a selected receiver cancels the
sensing beam, so with everyone selected the beams are least constrained. Take the groups in the order of g: a later
group is no better than g·f(p(1)), so the search ends when that does not beat the incumbent. Usually one or two
beamforming solves settle all 2^K groups.

Two numbers of p(1) play a part: what the beamformer reached decides when to stop, and its proven upper bound p̄ makes
the certificate, so that the reported gap is rigorous where the beamformer is a local method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from multistatic import registry
from multistatic.beamforming.problem import BeamformingResult
from multistatic.design.decoupled import design_decoupled
from multistatic.design.instance import Instance
from multistatic.design.outcome import CERTIFIED_GAP, finished, infeasible_beams, infeasible_selection
from multistatic.design.result import Design
from multistatic.selection.enumeration import feasible_groups
from multistatic.selection.groups import ENUMERABLE
from multistatic.selection.problem import Selection, SelectionProblem
from multistatic.units import B


@dataclass(frozen=True, slots=True, kw_only=True)
class JointSettings:
    """At most `max_solves` beamforming problems, then the incumbent with its proven gap."""

    max_solves: int = 64


def design_joint(instance: Instance, on_stage: Callable[[str], None], settings: JointSettings | None = None) -> Design:
    """The best (b, W) of at most 20 receivers, certified.

    More receivers than can be enumerated, or clutter that depends on the beams (the order of the groups then moves
    with them), fall back to the decoupled method with its selector.
    """
    scenario = instance.scenario
    if instance.size > ENUMERABLE or scenario.propagation.clutter != "independent":
        return design_decoupled(instance, on_stage)
    beamformer = registry.load("beamformers", scenario.design.beamformer)
    on_stage("beams for everyone")
    everyone: BeamformingResult = beamformer(instance.beamforming_problem(np.ones(instance.size, bool)))
    if everyone.beams is None:
        return infeasible_beams(instance, "multi", everyone)
    on_stage("selection")
    # Nobody is forced: without a sensing beam the rates do not depend on b, so what is feasible for one b is for all.
    problem = replace(instance.selection_problem(everyone.beams), forced=np.zeros(instance.size, bool))
    groups, floors = feasible_groups(problem)
    if not len(groups):
        return infeasible_selection(instance, registry.load("selectors", "enumeration")(problem, instance.rng(2)))
    on_stage("beamforming")
    most = (settings or JointSettings()).max_solves
    best, solved, proven = None, 0, float("inf")
    for group, floor in zip(groups[:most], floors, strict=False):
        if best is not None and floor >= best[0]:
            break
        result = everyone if group.all() else beamformer(instance.beamforming_problem(group))
        solved += 1
        if result.beams is None or result.illumination_w is None:
            continue
        proven = min(proven, _value(problem, group, result.upper_bound_w))
        value = _value(problem, group, result.illumination_w)
        if best is None or value < best[0]:
            best = (value, group, result)
    if best is None:
        return infeasible_beams(instance, "multi", result)
    if solved < len(groups):
        proven = min(proven, _value(problem, groups[solved], everyone.upper_bound_w))
    value, group, result = best
    selection = Selection(
        status="optimal" if proven >= value * (1.0 - CERTIFIED_GAP) else "feasible",
        method="joint",
        selected=group,
        value=value,
        bound=min(proven, value),
        cost_m=float(problem.costs_m(group[None])[0]),
        evaluated=len(groups),
        message=f"The best of {len(groups)} groups and their beams; {solved} needed beams of their own.",
    )
    on_stage("verification")
    return finished(instance, "multi", selection, result, solved)


def _value(problem: SelectionProblem, group: B, illumination_w: float) -> float:
    return float(problem.criterion.values(group[None], illumination_w)[0])
