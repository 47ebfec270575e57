"""Prices for every beamformer: those without a dual of their own take them from the first-order conditions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.beamforming.los import los_sdp
from multistatic.beamforming.value_function import value_function
from multistatic.design import design_network
from multistatic.design.finish import NEARLY_STATIONARY, with_certificate
from multistatic.design.instance import instance_of
from multistatic.scenario.model import DesignSettings
from multistatic.signal.beams import Beams
from tests.support.beamforming_problems import complex_normal, line_of_sight_problem
from tests.support.close import assert_close, close_to
from tests.support.networks import network


@pytest.mark.parametrize("selected", [(), (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("rate", [0.0, 2.0, 4.0])
def test_prices_of_two_methods_are_the_same(rate: float, selected: tuple[int, ...]) -> None:
    problem = line_of_sight_problem(1, count=3, rate=rate, selected=selected)
    dual, bare = value_function(problem).prices, los_sdp(problem)
    assert dual is not None
    assert bare.prices is None
    found = with_certificate(problem, bare)
    assert found.stationarity is not None
    assert found.stationarity < NEARLY_STATIONARY
    assert found.prices is not None
    assert found.prices.power == close_to(dual.power, rel=1e-5)
    scale = dual.rate_w_per_bps_hz.max()
    assert_close(found.prices.rate_w_per_bps_hz, dual.rate_w_per_bps_hz, rel=5e-3, abs=1e-3 * scale)


def test_prices_of_a_dual_stay() -> None:
    problem = line_of_sight_problem(1, count=3, rate=3.0)
    result = value_function(problem)
    assert with_certificate(problem, result).prices is result.prices


def test_beams_far_from_a_stationary_point_have_no_prices() -> None:
    problem = line_of_sight_problem(1, count=3, rate=3.0)
    result = los_sdp(problem)
    assert result.beams is not None
    weights = np.asarray(result.beams.weights)
    turned = weights + 0.05 * np.linalg.norm(weights) * complex_normal(np.random.default_rng(0), *weights.shape)
    beams = Beams(weights=turned / np.linalg.norm(turned))
    found = with_certificate(problem, replace(result, beams=beams))
    assert found.stationarity is not None
    assert found.stationarity > NEARLY_STATIONARY
    assert found.prices is None


@pytest.mark.parametrize("beamformer", ["los_sdp", "value_function"])
def test_a_design_says_what_the_next_unit_of_rate_and_of_power_is_worth(beamformer: str) -> None:
    settings = DesignSettings(selector="greedy", beamformer=beamformer)
    design = design_network(network(3, direct="los", antennas=1, transmit_antennas=6, rate_bps_hz=4.0, design=settings))
    found = design.sensitivity
    assert found is not None
    assert found.rate_per_bps_hz is not None
    reference = value_function(instance_of(design.scenario).beamforming_problem(design.selected))
    assert reference.prices is not None
    expected = reference.prices.rate_w_per_bps_hz / reference.illumination_w
    assert_close(found.rate_per_bps_hz, expected, rel=5e-3, abs=1e-3 * expected.max())
    assert expected.max() > 0.0
    assert found.power_per_db is not None
    assert found.power_per_db < 0.0


@pytest.mark.parametrize("beamformer", ["los_sdp", "value_function"])
def test_prices_leave_out_moving_clutter_and_are_not_shown_with_it(beamformer: str) -> None:
    settings = DesignSettings(selector="greedy", beamformer=beamformer)
    moving = {"clutter": "signal_dependent", "direct_path_leakage": 1e-2}
    design = design_network(
        network(3, direct="los", antennas=1, transmit_antennas=6, rate_bps_hz=4.0, design=settings, **moving)
    )
    assert design.beamforming is not None
    assert design.beamforming.prices is not None
    assert design.sensitivity is not None
    assert design.sensitivity.rate_per_bps_hz is None
    assert design.sensitivity.power_per_db is None
