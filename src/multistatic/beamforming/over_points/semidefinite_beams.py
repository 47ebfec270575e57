"""Beams for several points from the semidefinite program, settled and judged like all others."""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.evaluate import infeasible
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
from multistatic.beamforming.over_points.semidefinite_program import semidefinite_optimum


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
    solution = semidefinite_optimum(dual)
    beams = None if solution is None else beams_of_covariances(dual, solution.covariances)
    if solution is None or beams is None:
        message = "The solver of the semidefinite program found no beams that meet the required rates."
        return infeasible(problem, method=method, message=message)
    bound = dual.objective.proven_loss(solution.prices.point, proven_light(dual, solution.prices))
    return result_of(posed, in_space(beams, basis), np.arange(len(posed.required)), bound, 0, method)
