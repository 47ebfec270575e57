"""From beams to a result: every figure recomputed from the beams themselves, in physical units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.normalised_problem import NormalisedProblem, expand
from multistatic.communication.rates import rates_bps_hz
from multistatic.signal.beams import Beams
from multistatic.units import F

VIOLATION_LIMIT = 1e-6
OPTIMALITY_GAP = 1e-6
POINT_OPTIMALITY_GAP = 1e-4  # of the loss of several points


def violations(problem: BeamformingProblem, beams: Beams) -> dict[str, float]:
    """Relative violation of each constraint, 0 where it holds: `power` and `rate` (of the worst receiver)."""
    return _violations(problem, beams, rates_bps_hz(problem.direct, beams, problem.noise_power_w, problem.selected))


def _violations(problem: BeamformingProblem, beams: Beams, rates: F) -> dict[str, float]:
    required = problem.rate_required_bps_hz
    short = np.max((required - rates) / np.maximum(required, 1.0), initial=0.0)
    return {"power": max(0.0, beams.power_w / problem.power_limit_w - 1.0), "rate": max(0.0, float(short))}


def evaluate(
    problem: BeamformingProblem,
    beams: Beams,
    *,
    method: str,
    message: str,
    iterations: int = 0,
    upper_bound_w: float | None = None,
    loss_bound: float = 0.0,
    history_w: tuple[float, ...] = (),
) -> BeamformingResult:
    """The result of `beams`, whatever a solver said of them.

    `upper_bound_w`: a proven bound on every p_t, by default N_t P_T. Beams that break a constraint by more than
    `VIOLATION_LIMIT` (relative) give an `infeasible` result that names the constraint; a gap to the bound of at most
    `OPTIMALITY_GAP` gives `optimal`. `loss_bound`: a proven lower bound on the loss of any beams, where the problem has
    an objective; its gap decides then, against `POINT_OPTIMALITY_GAP`.
    """
    rates = rates_bps_hz(problem.direct, beams, problem.noise_power_w, problem.selected)
    worst = _violations(problem, beams, rates)
    broken = {name: value for name, value in worst.items() if not value <= VIOLATION_LIMIT}
    if broken:
        what = ", ".join(f"{name} by {value:.2g}" for name, value in broken.items())
        return infeasible(
            problem, method=method, message=f"The beams that were found violate their constraints: {what}."
        )
    if problem.point_objective is not None:
        return _evaluate_points(problem, beams, rates, loss_bound, method, message, iterations)
    illumination = problem.illumination_w(beams)
    limit = problem.illumination_limit_w
    bound = limit if upper_bound_w is None else min(upper_bound_w, limit)
    bound = max(bound, illumination)  # equal up to rounding and the tolerated violation
    return BeamformingResult(
        status="optimal" if illumination >= bound * (1.0 - OPTIMALITY_GAP) else "feasible",
        method=method,
        beams=beams,
        illumination_w=illumination,
        upper_bound_w=bound,
        power_w=beams.power_w,
        rates_bps_hz=rates,
        iterations=iterations,
        message=message,
        history_w=history_w,
        point_illumination_w=beams.illumination_w(problem.steering_tx),
    )


def _evaluate_points(
    problem: BeamformingProblem, beams: Beams, rates: F, loss_bound: float, method: str, message: str, iterations: int
) -> BeamformingResult:
    """The result of beams that meet the constraints, where an objective says what counts."""
    objective = problem.point_objective
    assert objective is not None
    light = beams.illumination_w(problem.steering_tx)
    loss = objective.loss(light)
    proven = min(loss_bound, loss)  # equal up to rounding and the tolerated violation
    summed = objective.kind == "sum"
    return BeamformingResult(
        status="optimal" if proven >= loss * (1.0 - POINT_OPTIMALITY_GAP) else "feasible",
        method=method,
        beams=beams,
        illumination_w=float(np.asarray(problem.point_weight) @ light) if summed else float(light.min()),
        upper_bound_w=problem.illumination_limit_w,
        power_w=beams.power_w,
        rates_bps_hz=rates,
        iterations=iterations,
        message=message,
        point_illumination_w=light,
        loss=loss,
        loss_bound=proven,
    )


def with_objective(problem: BeamformingProblem, found: BeamformingResult) -> BeamformingResult:
    """The result of one point, found without the problem's objective, with its loss and the bound on it: every loss of
    one point falls with the illumination.
    """
    if found.beams is None or problem.objective is None:
        return found
    light = found.beams.illumination_w(problem.steering_tx)
    loss = problem.objective.loss(light)
    bound = problem.objective.loss(np.array([found.upper_bound_w]))
    return replace(found, loss=loss, loss_bound=min(bound, loss))


def infeasible(
    problem: BeamformingProblem, *, method: str, message: str, largest_common_rate_bps_hz: float | None = None
) -> BeamformingResult:
    """A result without beams, with the reason."""
    return BeamformingResult(
        status="infeasible",
        method=method,
        beams=None,
        illumination_w=None,
        upper_bound_w=problem.illumination_limit_w,
        power_w=None,
        rates_bps_hz=None,
        iterations=0,
        message=message,
        largest_common_rate_bps_hz=largest_common_rate_bps_hz,
    )


def everything_on_target(problem: BeamformingProblem, reduced: NormalisedProblem, method: str) -> BeamformingResult:
    """No receiver requires a rate: all power in the beam conj(a_b), which meets the bound."""
    beam = reduced.steering.conj()[None, :, None]
    return evaluate(
        problem,
        expand(problem, reduced, beam),
        method=method,
        message="No receiver requires a rate, so all power goes to the target.",
    )
