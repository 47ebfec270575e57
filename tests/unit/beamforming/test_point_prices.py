"""Prices of beams for several points: compared with beams for other rates, another power and other weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.point_objective import PointObjective
from multistatic.beamforming.point_prices import point_prices
from multistatic.beamforming.value_function import value_function
from multistatic.scenario.arrays import linear_array
from multistatic.signal.beams import Beams
from tests.support.close import assert_close, close_to

SMALL = 0.03
"""Relative steps: the beams themselves are good to some 1e-5."""


def problem_with(objective: PointObjective, *, selected: int) -> BeamformingProblem:
    rng = np.random.default_rng(4)
    array = linear_array(6, 0.5)
    direct = (rng.standard_normal((3, 1, 6)) + 1j * rng.standard_normal((3, 1, 6))) / np.sqrt(2.0)
    angle = np.array([-0.2, 0.0, 0.25, 0.4])
    towards = array.steering_vector(np.stack([np.cos(angle), np.sin(angle), 0.0 * angle], axis=1), 1.0)
    return BeamformingProblem(
        direct=direct,
        steering_tx=towards,
        noise_power_w=0.1,
        power_limit_w=2.0,
        rate_required_bps_hz=np.array([1.5, 1.0, 2.0]),
        selected=np.arange(3) < selected,
        objective=objective,
    )


OBJECTIVES = {
    "worst": PointObjective(kind="worst", weight=[1.0, 2.0, 1.5, 1.0]),
    "mean of roots": PointObjective(kind="sum", weight=[1.0, 2.0, 1.5, 1.0], exponent=0.5),
    "mean square": PointObjective(kind="sum", weight=[1.0, 2.0, 1.5, 1.0]),
    "shifted": PointObjective(kind="sum", weight=[1.0, 2.0, 1.5, 1.0], shift=[0.5, 1.0, 0.1, 2.0]),
}


@pytest.mark.parametrize("selected", [0, 2, 3])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_prices_are_the_derivatives_of_the_common_illumination(name: str, selected: int) -> None:
    problem = problem_with(OBJECTIVES[name], selected=selected)
    result = value_function(problem)
    found = point_prices(problem, result.beams, result.illumination_w)
    assert found.residual < 1e-2

    def common(changed: BeamformingProblem) -> float:
        """ln of the factor on all illuminations of the first beams that has the loss of the beams for `changed`."""
        loss = value_function(changed).loss
        light = result.point_illumination_w
        low, high = 0.5, 2.0
        for _ in range(60):
            middle = np.sqrt(low * high)
            low, high = (middle, high) if problem.objective.loss(middle * light) > loss else (low, middle)
        return float(np.log(low))

    for k in range(3):
        step = SMALL * np.eye(3)[k]
        rates = problem.rate_required_bps_hz
        more, less = (common(replace(problem, rate_required_bps_hz=rates + sign * step)) for sign in (1, -1))
        slope = -found.prices.rate_w_per_bps_hz[k] / result.illumination_w
        assert slope == close_to((more - less) / (2.0 * SMALL), rel=0.03, abs=2e-3)
    more, less = (common(replace(problem, power_limit_w=2.0 * np.exp(sign * SMALL))) for sign in (1, -1))
    of_power = found.prices.power * problem.power_limit_w / result.illumination_w
    assert of_power == close_to((more - less) / (2.0 * SMALL), rel=0.01)


def test_shares_of_a_sum_are_those_of_its_terms() -> None:
    problem = problem_with(OBJECTIVES["mean square"], selected=3)
    result = value_function(problem)
    found = point_prices(problem, result.beams, result.illumination_w)
    terms = problem.objective.weight / result.point_illumination_w
    assert_close(found.share, terms / terms.sum(), rel=1e-9)


def test_the_share_of_a_point_says_what_its_weight_costs() -> None:
    problem = problem_with(OBJECTIVES["worst"], selected=3)
    result = value_function(problem)
    found = point_prices(problem, result.beams, result.illumination_w)
    assert found.share.sum() == close_to(1.0, rel=1e-6)
    for i in range(4):
        losses = []
        for sign in (1.0, -1.0):
            weight = problem.objective.weight * np.exp(sign * SMALL * (np.arange(4) == i))
            losses.append(value_function(replace(problem, objective=PointObjective(kind="worst", weight=weight))).loss)
        assert found.share[i] == close_to(np.log(losses[0] / losses[1]) / (2.0 * SMALL), abs=0.02)


def test_beams_that_are_no_optimum_leave_a_residual() -> None:
    problem = problem_with(OBJECTIVES["mean square"], selected=3)
    result = value_function(problem)
    rng = np.random.default_rng(3)
    weights = np.asarray(result.beams.weights)
    noise = rng.standard_normal(weights.shape) + 1j * rng.standard_normal(weights.shape)
    off = Beams(weights=weights + 0.1 * noise * (np.abs(weights) > 0.0))
    assert point_prices(problem, off, result.illumination_w).residual > 0.05
