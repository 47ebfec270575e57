"""How every design method ends: a verified design, or the reason why there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.beamforming.certificate import certified
from multistatic.beamforming.problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.stationarity import stationarity
from multistatic.design.accuracy import accuracy
from multistatic.design.instance import Instance
from multistatic.design.result import Design, Scheme
from multistatic.design.sensitivity import Sensitivity, sensitivity
from multistatic.design.verify import verify
from multistatic.scenario.model import JOINT
from multistatic.selection.problem import Selection, is_power
from multistatic.units import B

CERTIFIED_GAP = 1e-6
# Relative force that is left over. Solvers that stop at a stationary point leave up to some 1e-3; the prices are then
# off by about as much.
NEARLY_STATIONARY = 1e-2


def finished(
    instance: Instance, scheme: Scheme, selection: Selection, beamforming: BeamformingResult, rounds: int
) -> Design:
    """Put group and beams together, evaluate every figure of merit at the final illumination and verify all of it.

    The selection's value was computed for other beams. A criterion that is a power of p_t times a function of the
    group carries value and proven bound over to the illumination of the final beams by one ratio. Signal-dependent
    clutter breaks that (the weights move with the beams), and so do clocks that are not synchronised: what was proven
    at other beams is then dropped. Beams get their certificate once, here.
    """
    beams = beamforming.beams
    assert beams is not None
    selected = np.asarray(selection.selected, bool)
    problem = instance.beamforming_problem(selected)
    beamforming = with_certificate(problem, beamforming)
    illumination_w = beams.illumination_w(instance.channel.steering_tx)
    criterion = instance.criterion(beams.covariance_w)
    value = float(criterion.values(selected[None], illumination_w)[0])
    fixed_weights = instance.scenario.propagation.clutter == "independent"
    if fixed_weights and (is_power(criterion) or selection.method == JOINT):
        carried = value / selection.value if selection.value else None
        bound = None if selection.bound is None or carried is None else carried * selection.bound
        selection = replace(selection, value=value, bound=bound)
    else:
        selection = replace(selection, value=value, bound=None, status="feasible")
    design = Design(
        status="optimal" if _is_optimal(instance, selection, beamforming) else "feasible",
        message=f"{selection.message} {beamforming.message}".strip(),
        scheme=scheme,
        scenario=instance.scenario,
        channel=instance.channel,
        selected=selected,
        selection=selection,
        beamforming=beamforming,
        cost_m=selection.cost_m,
        accuracy=accuracy(instance.network(beams.covariance_w), selected, illumination_w),
        verification=None,
        rounds=rounds,
        sensitivity=_sensitivity(instance, scheme, selected, beamforming),
    )
    return verified(design)


def with_certificate(problem: BeamformingProblem, result: BeamformingResult) -> BeamformingResult:
    """The result with how far its beams are from a stationary point and, where they come without a proof of their own,
    with the upper bound of `certified`.

    Beams without prices of their method get those of their first-order conditions, where these nearly hold.
    """
    beams = result.beams
    assert beams is not None
    if result.upper_bound_w >= problem.illumination_limit_w:
        result = certified(problem, result)
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
    """No beams meet the rates: say so, with the largest common rate that was reached."""
    return _none(instance, scheme, f"The rate requirements cannot be met. {result.message}", selection, result)


def infeasible_selection(instance: Instance, selection: Selection) -> Design:
    """No group meets the cooperation cost, the asked number or the criterion."""
    return _none(instance, "multi", selection.message, selection, None)


def _none(
    instance: Instance, scheme: Scheme, message: str, selection: Selection | None, result: BeamformingResult | None
) -> Design:
    nobody: B = np.zeros(instance.size, bool)
    return Design(
        status="infeasible",
        message=message,
        scheme=scheme,
        scenario=instance.scenario,
        channel=instance.channel,
        selected=nobody,
        selection=selection,
        beamforming=result,
        cost_m=None,
        accuracy=None,
        verification=None,
        rounds=0,
    )


def _sensitivity(instance: Instance, scheme: Scheme, selected: B, beamforming: BeamformingResult) -> Sensitivity:
    """Nobody is forced: beams of their own would be designed for another group. One receiver alone stays alone."""
    assert beamforming.beams is not None
    problem = replace(instance.selection_problem(beamforming.beams), forced=np.zeros(instance.size, bool))
    if instance.scenario.propagation.clutter != "independent":
        beamforming = replace(beamforming, prices=None)  # they leave out that the clutter moves with the beams
    if scheme != "multi":
        problem = replace(problem, cost_limit_m=float("inf"))
    return sensitivity(problem, selected, beamforming)


def _is_optimal(instance: Instance, selection: Selection, beamforming: BeamformingResult) -> bool:
    """True where group and beams are proven optimal together.

    The best group does not depend on p_t (every criterion is a power of it), so a proven group is jointly optimal
    when no other group could have more illumination: at the limit N_t P_T, or with everyone selected and proven
    beams, since p(b) ≤ p(1).
    """
    if selection.status != "optimal" or instance.scenario.propagation.clutter != "independent":
        return False
    if selection.method == JOINT:
        return True
    problem = instance.beamforming_problem(np.asarray(selection.selected, bool))
    at_limit = (beamforming.illumination_w or 0.0) >= problem.illumination_limit_w * (1.0 - CERTIFIED_GAP)
    everyone = bool(np.all(selection.selected)) and beamforming.status == "optimal"
    return at_limit or everyone
