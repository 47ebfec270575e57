"""How every design method ends: a verified design, or the reason why there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic import registry
from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.certificate import certified
from multistatic.beamforming.interference_bound import tightened
from multistatic.beamforming.point_prices import PointStationarity, point_prices
from multistatic.beamforming.stationarity import NEARLY_STATIONARY, stationarity
from multistatic.design.accuracy import accuracy
from multistatic.design.figures_at_points import figures_at_points
from multistatic.design.group_beams import objective_at
from multistatic.design.instance import Instance
from multistatic.design.result import Design, Scheme
from multistatic.design.sensitivity import Sensitivity, sensitivity
from multistatic.design.solved_group import SolvedGroup, solved_group
from multistatic.design.verify import verify
from multistatic.scenario.model import JOINT
from multistatic.selection.declared_gain import Knowledge
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B

CERTIFIED_GAP = 1e-6
UNCERTIFIED = "No certificate was computed; `certify(design)` computes how far the design can be from the optimum."


def finished(
    instance: Instance,
    scheme: Scheme,
    selection: Selection,
    beamforming: BeamformingResult,
    rounds: int,
    tried: B | None = None,
    posed: tuple[SelectionProblem, Knowledge] | None = None,
) -> Design:
    """Put group and beams together, evaluate every figure of merit at the final illumination and verify all of it.

    The selection's value was computed for other beams. A criterion with a gain carries value and proven bound over to
    the illumination of the final beams by one ratio. Signal-dependent clutter breaks that (the weights move with the
    beams), and so does a criterion without a gain: what was proven at other beams is then dropped. A bound is dropped,
    too, where the design's own sensitivities know a better group that is affordable. `tried` [n, K]: groups that had
    beams of their own and were no better. Beams get their certificate once, here. A criterion that is infinite for the
    group at the final beams leaves no design.
    """
    beams = beamforming.beams
    assert beams is not None
    selected = np.asarray(selection.selected, bool)
    beam_problem = instance.beamforming_problem(selected)
    of_points: PointStationarity | None = None
    if instance.certificate and instance.several:
        beamforming, of_points = _with_point_prices(instance, selected, beamforming)
    elif instance.certificate:
        # A joint search has tightened the bound of its own group already: it counts in what is proven of all groups.
        beamforming = with_certificate(beam_problem, beamforming, tight=instance.tight and selection.method != JOINT)
    solved = solved_group(instance, scheme, beam_problem, beamforming, posed)
    if not np.isfinite(solved.value):
        return _none(instance, scheme, _unobservable(solved), _nobody(selection), beamforming)
    selection = _carried(solved, selection)
    found, proven = None, False
    if instance.certificate:
        found = _sensitivity(solved, selection, tried, of_points)
        if found.budget is not None and found.budget.extra_m == 0.0:
            selection = _unproven(selection, f"{', '.join(found.budget.selected)} is affordable and better")
        proven = _is_optimal(solved, selection)
    design = Design(
        status="optimal" if proven else "feasible",
        message=_in_words(selection, beamforming, proven),
        scheme=scheme,
        scenario=instance.scenario,
        channel=instance.channel,
        selected=selected,
        selection=selection,
        beamforming=beamforming,
        cost_m=selection.cost_m,
        accuracy=accuracy(solved.network, selected, solved.worst_illumination_w),
        verification=None,
        rounds=rounds,
        sensitivity=found,
        points=instance.points,
        over_points=figures_at_points(solved, selection),
    )
    return verified(design if instance.certificate else without_claims(design))


def without_claims(design: Design) -> Design:
    """The design whose certificate is left for `certify`: it says so, and is called feasible."""
    return replace(design, status="feasible", message=f"{design.message} {UNCERTIFIED}", certified=False)


def _carried(solved: SolvedGroup, selection: Selection) -> Selection:
    """The selection with its value at the final beams, and its bound where that is still proven there."""
    known, value = solved.known, solved.value
    fixed_weights = solved.instance.scenario.propagation.clutter == "independent"
    if solved.instance.several:
        if selection.method == JOINT and fixed_weights:
            return replace(selection, value=value)
        return _unproven(replace(selection, value=value), "no bound is proven for the final beams")
    if fixed_weights and selection.value and (known.gain is not None or (selection.method == JOINT and known.falls)):
        bound = None if selection.bound is None else selection.bound * value / selection.value
        return replace(selection, value=value, bound=bound)
    return _unproven(replace(selection, value=value), "no bound is proven for the final beams")


def _unproven(selection: Selection, why: str) -> Selection:
    """The selection without what was proven of it, and without words that say so."""
    message = selection.message
    if selection.status == "optimal" or selection.bound is not None:
        message = f"The group was selected by {selection.method} for the starting beams; {why}."
    return replace(selection, bound=None, status="feasible", message=message)


def _in_words(selection: Selection, beamforming: BeamformingResult, proven: bool) -> str:
    """The verdict on the group, then that on the beams. Of a design that is proven as a whole, beams that are only a
    local optimum of their own method are not worth a sentence, which would say the opposite.
    """
    of_beams = beamforming.message if beamforming.status == "optimal" or not proven else ""
    of_group = selection.message
    if not proven and selection.method != JOINT and selection.bound is not None:
        of_group = (
            f"{of_group} This holds for the designed beams; another group with beams that are optimised for it may be "
            "better, so that the design as a whole is called feasible, not optimal."
        )
    return f"{of_group} {of_beams}".strip()


def _unobservable(solved: SolvedGroup) -> str:
    """Why there is no design with this group: what made it finite for other beams is lost with the final ones."""
    name, group = solved.problem.criterion.name, ", ".join(solved.problem.ids(solved.selected))
    if not solved.instance.several:
        return f"With the group {group} and the final beams the target is unobservable under the criterion {name}."
    where = ", ".join(f"{each:.6g}" for each in solved.instance.points.position_m[solved.worst].tolist())
    return (
        f"With the group {group} and the final beams the target is unobservable under the criterion {name} at point "
        f"{solved.worst + 1} of {solved.instance.points.count}, at ({where}) m."
    )


def _nobody(selection: Selection) -> Selection:
    """The selection without its group, which turned out to be none."""
    none_selected: B = np.zeros(len(selection.selected), bool)
    return replace(selection, status="infeasible", selected=none_selected, value=None, bound=None, cost_m=0.0)


def proof_stage(instance: Instance) -> str:
    """What the last stage is called: `verification`, with the certificate where that takes seconds."""
    return "tight certificate and verification" if instance.tight else "verification"


def with_certificate(
    problem: BeamformingProblem, result: BeamformingResult, *, tight: bool = False
) -> BeamformingResult:
    """The result with how far its beams are from a stationary point and, where they come without a proof of their own,
    with the upper bound of `certified`; `tight`: with that of `tightened` too, which holds for this group alone.

    Beams without prices of their method get those of their first-order conditions, where these nearly hold.
    """
    beams = result.beams
    assert beams is not None
    if result.upper_bound_w >= problem.illumination_limit_w:
        result = certified(problem, result)
    if tight:
        result = tightened(problem, result)
    if result.prices is not None and result.stationarity is not None:
        return result  # a method of ours has computed both from these very beams
    found = stationarity(problem, beams)
    prices = found.prices if result.prices is None and found.residual < NEARLY_STATIONARY else result.prices
    return replace(result, stationarity=found.residual, prices=prices)


def verified(design: Design) -> Design:
    """The design with the outcome of its verification; its status says so where that failed."""
    outcome = verify(design)
    return replace(design, verification=outcome, status=design.status if outcome.passed else "unverified")


def infeasible_beams(
    instance: Instance, scheme: Scheme, result: BeamformingResult, selection: Selection | None = None
) -> Design:
    """No beams meet the required rates: the beamformer's message says so, with the largest common rate that was
    reached. In front of the message of another package's beamformer stands a verdict of ours.
    """
    ours = registry.find("beamformers", instance.scenario.design.beamformer).plugin is None
    verdict = "" if ours else "No beams that meet the required rates were found. "
    return _none(instance, scheme, f"{verdict}{result.message}", selection, result)


def infeasible_selection(instance: Instance, selection: Selection) -> Design:
    """No group meets the cooperation cost, the required number or the criterion."""
    return _none(instance, "multi", selection.message, selection, None)


def _none(
    instance: Instance, scheme: Scheme, message: str, selection: Selection | None, result: BeamformingResult | None
) -> Design:
    none_selected: B = np.zeros(instance.size, bool)
    return Design(
        status="infeasible",
        message=message,
        scheme=scheme,
        scenario=instance.scenario,
        channel=instance.channel,
        selected=none_selected,
        selection=selection,
        beamforming=result,
        cost_m=None,
        accuracy=None,
        verification=None,
        rounds=0,
        points=instance.points,
    )


def _with_point_prices(
    instance: Instance, selected: B, result: BeamformingResult
) -> tuple[BeamformingResult, PointStationarity | None]:
    """The result with the prices of beams for several points, and what each point counts, where they are stationary."""
    assert result.beams is not None
    assert result.illumination_w is not None
    covariance_w = result.beams.covariance_w
    light = result.beams.illumination_w(instance.channel.steering_tx)
    if not np.all(light > 0.0):
        return result, None
    problem = instance.beamforming_problem(selected, objective_at(instance, selected, light, covariance_w))
    solved_for = None if result.point_prices is None else result.point_prices.point
    found = point_prices(problem, result.beams, result.illumination_w, solved_for)
    nearly = found.residual < NEARLY_STATIONARY
    return (
        replace(result, stationarity=found.residual, prices=found.prices if nearly else None),
        found if nearly else None,
    )


def _sensitivity(
    solved: SolvedGroup, selection: Selection, tried: B | None, of_points: PointStationarity | None
) -> Sensitivity:
    beamforming = solved.beamforming
    if solved.instance.scenario.propagation.clutter != "independent":
        beamforming = replace(beamforming, prices=None)  # they leave out that the clutter moves with the beams
    # A joint design with a bound has compared every affordable group: its bound says how much better one can be.
    every = selection.method == JOINT and selection.bound is not None
    settled = every if tried is None or every else tried
    found = sensitivity(solved.problem, solved.selected, beamforming, solved.known.gain, settled=settled)
    targets = len(solved.instance.scenario.targets)
    if of_points is None or targets == 1:
        return found
    share = np.bincount(solved.instance.points.target, weights=of_points.share, minlength=targets)
    return replace(found, target_share=np.asarray(share, float))


def _is_optimal(solved: SolvedGroup, selection: Selection) -> bool:
    """True where group and beams are proven optimal together.

    The best group of a criterion with a gain does not depend on p_t (others lose their proof in `_carried`), so a
    proven group is jointly optimal when no other group could have more illumination: at the limit N_t P_T, or with
    all receivers selected and proven beams, since p(b) ≤ p(1).
    """
    if selection.status != "optimal" or solved.instance.scenario.propagation.clutter != "independent":
        return False
    if selection.method == JOINT or solved.instance.several:
        return selection.method == JOINT
    beamforming = solved.beamforming
    at_limit = (beamforming.illumination_w or 0.0) >= solved.beam_problem.illumination_limit_w * (1.0 - CERTIFIED_GAP)
    all_selected = bool(np.all(selection.selected)) and beamforming.status == "optimal"
    return at_limit or all_selected
