"""The best group and the best beams together, with a certificate.

A criterion that declares a gain (`selection.gain`) is g(b)·f(p) with f falling in the illumination p, and p(b) ≤ p(1):
a selected receiver cancels the sensing beam, so with everyone selected the beams are least constrained. Take the groups
in the order of g: a later group is no better than g·f(p(1)), so the search ends when that does not beat the incumbent.
With several receive antennas one or two beamforming solves settle all 2^K groups. Where a criterion declares nothing
the same search is a heuristic, and nothing is proven.

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

import numpy as np

from multistatic.beamforming.certificate import bounded, certified
from multistatic.beamforming.illumination_cut import has_cuts, illumination_cut
from multistatic.beamforming.problem import BeamformingResult
from multistatic.design.algorithms import beamformer_of
from multistatic.design.decoupled import design_decoupled
from multistatic.design.finish import CERTIFIED_GAP, finished, infeasible_beams, infeasible_selection
from multistatic.design.instance import Instance
from multistatic.design.joint_search import CandidateGroups, candidates_of
from multistatic.design.result import Design
from multistatic.scenario.model import JOINT
from multistatic.selection.declared_gain import knowledge_of
from multistatic.selection.groups import ENUMERABLE
from multistatic.selection.problem import Selection, SelectionProblem
from multistatic.units import B


@dataclass(frozen=True, slots=True, kw_only=True)
class JointSettings:
    """At most `max_solves` beamforming problems, then the incumbent with its proven gap. `listed`: up to so many
    affordable groups are listed beyond 20 receivers, where channels of rank one give each a bound of its own.
    """

    max_solves: int = 64
    listed: int = 1 << 20


DEFAULT = JointSettings()


def design_joint(instance: Instance, on_stage: Callable[[str], None], settings: JointSettings = DEFAULT) -> Design:
    """The best (b, W), certified.

    Where there are too many groups to list, branch and bound finds the best one at a common illumination, and the
    certificate is its bound at p̄. Where clutter depends on the beams the order of the groups moves with them: group
    and beams are then designed in turn with greedy exchange, without a certificate.
    """
    scenario = instance.scenario
    if scenario.propagation.clutter != "independent":
        settings_in_turn = replace(scenario.design, selector="greedy_swap", alternate=True)
        return design_decoupled(replace(instance, scenario=replace(scenario, design=settings_in_turn)), on_stage)
    beamformer = beamformer_of(scenario.design.beamformer)
    on_stage("beams for all receivers")
    least_constrained = instance.beamforming_problem(np.ones(instance.size, bool))
    everyone: BeamformingResult = beamformer(least_constrained)
    beams = everyone.beams
    if beams is None:
        return infeasible_beams(instance, "multi", everyone)
    everyone = certified(least_constrained, everyone)
    on_stage("selection")
    # Nobody is forced: without a sensing beam the rates do not depend on b, so what is feasible for one b is for all.
    problem = replace(instance.selection_problem(beams), forced=np.zeros(instance.size, bool))
    cuts = has_cuts(least_constrained)
    known = knowledge_of(problem)
    # Branch and bound has the best group where the criterion has a gain: others have to be listed.
    listed = settings.listed if cuts or known.gain is None else 0
    most = 1 << ENUMERABLE if instance.size <= ENUMERABLE else listed
    candidates = candidates_of(problem, known, instance, most=most, upper_bound_w=everyone.upper_bound_w)
    if isinstance(candidates, Selection):
        return infeasible_selection(instance, candidates)
    on_stage("beamforming")
    best, tried = None, np.zeros((0, instance.size), bool)
    while len(tried) < settings.max_solves and (following := candidates.least()) is not None:
        number, floor = following
        if best is not None and (floor * (1.0 + instance.limits.gap) >= best[0] or instance.limits.stop()):
            break
        group = candidates.take(number)
        asked = instance.beamforming_problem(group)
        result = bounded(everyone if group.all() else beamformer(asked), everyone.upper_bound_w)
        tried = np.vstack([tried, group])
        if result.beams is None or result.illumination_w is None:
            continue
        candidates.settle(number, result.upper_bound_w)
        value = _value(problem, group, result.illumination_w)
        if best is None or value < best[0]:
            best = (value, group, result)
            candidates.order_at(result.illumination_w)
        if cuts and (cut := illumination_cut(asked)) is not None:
            candidates.learn(cut, best[0])
    if best is None:
        return infeasible_beams(instance, "multi", result)
    value, group, result = best
    selection = _certified(problem, candidates, group, value, len(tried))
    on_stage("verification")
    return finished(instance, "multi", selection, result, len(tried), tried=tried)


def _certified(
    problem: SelectionProblem, candidates: CandidateGroups, group: B, value: float, solved: int
) -> Selection:
    """The best group found, with what is proven of all others after `solved` beamforming problems."""
    proven = candidates.proven()
    return Selection(
        status="optimal" if proven >= value * (1.0 - CERTIFIED_GAP) else "feasible",
        method=JOINT,
        selected=group,
        value=value,
        bound=min(proven, value) if proven > 0 else None,
        cost_m=float(problem.costs_m(group[None])[0]),
        evaluated=candidates.count,
        message=_verdict(candidates, solved, value / proven - 1.0 if proven > 0 else float("inf")),
    )


def _verdict(candidates: CandidateGroups, solved: int, gap: float) -> str:
    """How far the search went and what it proves of group and beams together."""
    if candidates.complete:
        kind = "maximal affordable groups" if candidates.full else "affordable groups"
        beams = f"Beams were optimised for {solved} of the {candidates.count} {kind}"
    else:
        more = "" if solved == 1 else f" and {solved - 1} others"
        beams = f"{candidates.message} Beams were optimised for it{more}"
    if gap == float("inf"):
        why = "" if candidates.known.falls else "the criterion declares no gain, so "
        return f"{beams}; {why}nothing is proven of other groups."
    verdict = "optimal" if gap <= CERTIFIED_GAP else f"within {100.0 * gap:.2g} % of the optimum"
    return f"{beams}; the design is proven {verdict}. {candidates.known.claim}".strip()


def _value(problem: SelectionProblem, group: B, illumination_w: float) -> float:
    return float(problem.criterion.values(group[None], illumination_w)[0])
