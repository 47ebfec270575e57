"""Sensitivities against problems solved again with a little more of each thing, and the next group against a search."""

from dataclasses import replace

import numpy as np
import pytest

from multistatic.beamforming.value_function import value_function
from multistatic.design import design_network
from multistatic.design.instance import instance_of
from multistatic.scenario.model import DesignSettings
from tests.support.close import close_to
from tests.support.networks import network

STEP = 1e-3


def problem_of(rate_bps_hz, selected, seed=0, direct="rician", transmit_antennas=6):
    scenario = network(
        4, antennas=2, transmit_antennas=transmit_antennas, rate_bps_hz=rate_bps_hz, seed=seed, direct=direct
    )
    return instance_of(scenario).beamforming_problem(np.array(selected, bool))


CASES = [
    (4.0, [1, 1, 1, 1], "rician"),
    (3.0, [1, 1, 0, 0], "rician"),
    (2.0, [0, 0, 0, 0], "rician"),
    (3.0, [1, 0, 1, 0], "los"),
    (3.0, [0, 0, 0, 0], "los"),
]


@pytest.mark.parametrize(("rate", "selected", "direct"), CASES)
def test_price_of_every_rate(rate, selected, direct):
    problem = problem_of(rate, selected, direct=direct)
    result = value_function(problem)
    for k in range(4):
        step = STEP * np.eye(4)[k]
        up, down = (
            value_function(replace(problem, rate_required_bps_hz=problem.rate_required_bps_hz + sign * step))
            for sign in (1, -1)
        )
        resolved = (down.illumination_w - up.illumination_w) / (2 * STEP)
        assert result.prices.rate_w_per_bps_hz[k] == close_to(resolved, rel=1e-2, abs=1e-7)


@pytest.mark.parametrize(("rate", "selected", "direct"), CASES)
def test_price_of_power(rate, selected, direct):
    problem = problem_of(rate, selected, direct=direct)
    result = value_function(problem)
    up, down = (value_function(replace(problem, power_limit_w=1.0 + sign * STEP)) for sign in (1, -1))
    resolved = (up.illumination_w - down.illumination_w) / (2 * STEP)
    assert result.prices.power == close_to(resolved, rel=1e-3)


@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
def test_relative_changes_of_the_criterion(criterion):
    design_settings = DesignSettings(criterion=criterion, beamformer="value_function")
    scenario = network(4, transmit_antennas=6, rate_bps_hz=4.0, cost_m=150.0, design=design_settings)
    design = design_network(scenario)
    louder = replace(scenario, transmitter=replace(scenario.transmitter, power_w=10 ** (STEP / 10)))
    resolved = np.log(design_network(louder).selection.value / design.selection.value) / STEP
    assert design.sensitivity.power_per_db == close_to(resolved, rel=1e-2)
    k = int(np.argmax(design.sensitivity.rate_per_bps_hz))
    asked = replace(scenario.receivers[k], rate_required_bps_hz=4.0 + STEP)
    more = replace(scenario, receivers=(*scenario.receivers[:k], asked, *scenario.receivers[k + 1 :]))
    resolved = np.log(design_network(more).selection.value / design.selection.value) / STEP
    assert design.sensitivity.rate_per_bps_hz[k] == close_to(resolved, rel=2e-2)


def test_the_next_group_is_just_out_of_reach_and_better():
    scenario = network(6, seed=3, rate_bps_hz=0.5, cost_m=120.0, design=DesignSettings(selector="enumeration"))
    design = design_network(scenario)
    step = design.sensitivity.budget
    assert step.extra_m > 0
    wider = replace(scenario, requirements=replace(scenario.requirements, cooperation_cost_m=120.0 + step.extra_m))
    again = design_network(wider)
    assert again.selection.value <= design.selection.value * (1 + step.change) * (1 + 1e-3)
    assert step.change < 0


def test_without_a_limit_there_is_no_next_group():
    design = design_network(network(3, rate_bps_hz=0.5, design=DesignSettings()))
    assert design.sensitivity.budget is None
