"""Globally optimal beams where every direct channel has rank one (line of sight): one semidefinite program.

With H_k = g_k r_k t_kᵀ the signal fills one receive direction, matched by the combiner v_k = r_k/‖r_k‖ (maximum ratio
combining: the gain ‖r_k‖² = N_r of the array). R_k ≥ R_th,k is then a linear SINR constraint, the problem is convex in
the covariances, one stream each is enough, and the dual gives a certificate (model.md §8; `miso`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.evaluate import evaluate, everything_on_target, infeasible, with_objective
from multistatic.beamforming.miso import solve_miso
from multistatic.beamforming.normalised_problem import expand, normalise
from multistatic.beamforming.over_points.semidefinite_beams import program_beams
from multistatic.beamforming.power import allocate
from multistatic.beamforming.rate_words import distinct_digits
from multistatic.beamforming.sca.searched_start import infeasibility_proof, largest_common_rate
from multistatic.errors import InputError, Problem
from multistatic.registry import algorithm
from multistatic.units import C

METHOD = "los_sdp"
RANK_ONE = 1e-8
# From the tightest down: rounding decides how far the last digits can be pushed.
TOLERANCES = (1e-10, 1e-9, 1e-8, 1e-7)


@algorithm(fast=True)
def los_sdp(problem: BeamformingProblem) -> BeamformingResult:
    """The global optimum with a dual certificate, or the proof that there is none.

    Raises `InputError` where a receiver with a requirement has a channel of higher rank; `sca` and `value_function`
    take any rank. For several points CVXPY with Clarabel solves the program. The bound is evaluated in closed form from
    the multipliers, so it holds for any solver.
    """
    if len(problem.steering_tx) > 1:
        return program_beams(problem, METHOD)
    if problem.objective is not None:
        found = los_sdp(replace(problem, objective=None))
        return with_objective(problem, found)
    reduced = normalise(problem)
    if reduced.size == 0:
        return everything_on_target(problem, reduced, METHOD)
    rows = _rows(problem, reduced.channels, reduced.required)
    proof = infeasibility_proof(problem, reduced)
    best: tuple[float, C] | None = None
    bound, steps = reduced.illumination_limit, 0
    for tolerance in TOLERANCES if not proof else ():
        solution = solve_miso(
            rows,
            reduced.steering,
            np.expm1(reduced.rate_nats),
            reduced.receives_sensing,
            sensing=reduced.uses_sensing_beam,
            tolerance=tolerance,
        )
        steps += solution.newton_steps
        if solution.beams is None:
            proof = "The dual of the semidefinite program proves that no beams meet the required rates with this power."
            break
        bound = min(bound, solution.upper_bound)
        exact = allocate(solution.beams, rows[:, None], reduced.merit, reduced.receives_sensing, reduced.rate_nats)
        if exact is not None and (best is None or reduced.illumination(exact) > best[0]):
            best = reduced.illumination(exact), exact
        if best is not None and best[0] >= bound * (1 - 10 * tolerance):
            break
    if best is None:
        reached = largest_common_rate(problem, reduced)
        common = distinct_digits(reached, reduced.rate_nats / np.log(2.0))
        verdict = proof or "No beams that meet the required rates were found."
        message = f"{verdict} The largest common rate is {common} bit/s/Hz."
        return infeasible(problem, method=METHOD, message=message, largest_common_rate_bps_hz=reached)
    gap = 1 - best[0] / bound
    return evaluate(
        problem,
        expand(problem, reduced, best[1]),
        method=METHOD,
        message=f"The beams are the optimum of a semidefinite program (relative duality gap {max(gap, 0):.1e}).",
        iterations=steps,
        upper_bound_w=bound * problem.power_limit_w,
    )


def _rows(problem: BeamformingProblem, channels: C, required: np.ndarray) -> C:
    """What each matched combiner receives, v_kᴴH_k [K, n]; refuses channels of rank above one."""
    _, singular, right = np.linalg.svd(channels, full_matrices=False)
    if singular.shape[1] > 1:
        bad = np.flatnonzero(singular[:, 1] > RANK_ONE * singular[:, 0])
        if bad.size:
            raise InputError(
                [
                    Problem(
                        path=f"direct channel of receiver {problem.name(required[k])}",
                        received=f"second singular value {singular[k, 1] / singular[k, 0]:.3g} of the first",
                        expected="rank one (line of sight)",
                        hint="use the beamformer 'value_function' or 'sca'",
                    )
                    for k in bad
                ],
                source=METHOD,
            )
    rows: C = singular[:, :1] * right[:, 0]
    return rows
