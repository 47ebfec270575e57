"""Beams for several points from the semidefinite program, settled and judged like all others."""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.evaluate import POINT_OPTIMALITY_GAP, infeasible
from multistatic.beamforming.over_points.dual_certificate import proven_light
from multistatic.beamforming.over_points.fixed_vectors import least_prices
from multistatic.beamforming.over_points.method import (
    in_space,
    of_one_point,
    posed_points,
    rank_one_dual,
    refuse_high_ranks,
    result_of,
)
from multistatic.beamforming.over_points.recovered_beams import beams_of_covariances
from multistatic.beamforming.over_points.semidefinite_program import BALANCED, semidefinite_optimum

_EXPONENTS = (BALANCED, -0.125, -0.5)  # scalings of the program, until beams and bound agree


def program_beams(problem: BeamformingProblem, method: str) -> BeamformingResult:
    """The optimum over the problem's points by CVXPY and Clarabel, whose prices give the proven bound.

    Raises `InputError` where a receiver with a rate has a channel of rank above one.
    """
    posed = posed_points(problem)
    refuse_high_ranks(posed, method)
    dual, basis = rank_one_dual(posed)
    prices = least_prices(dual)
    if prices is None or not prices.sum() < 1.0:
        return of_one_point(posed, None)
    beams, bound = None, 0.0
    for exponent in _EXPONENTS:
        solution = semidefinite_optimum(dual, exponent=exponent)
        if solution is None:
            continue
        found = beams_of_covariances(dual, solution.covariances)
        if found is not None and (beams is None or found.loss < beams.loss):
            beams = found
        bound = max(bound, dual.objective.proven_loss(solution.prices.point, proven_light(dual, solution.prices)))
        if beams is not None and bound >= beams.loss * (1.0 - POINT_OPTIMALITY_GAP):
            break
    if beams is None:
        message = (
            "The solver of the semidefinite program gave no beams that meet the required rates. This proves nothing: "
            "the beamformer 'value_function' finds such beams, or says why there are none."
        )
        return infeasible(problem, method=method, message=message)
    return result_of(posed, in_space(beams, basis), np.arange(len(posed.required)), bound, 0, method)
