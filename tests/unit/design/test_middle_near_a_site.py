"""The middle of the targets where it is next to a site: the cost is confirmed, and a wrong one is not.

Categories: an area around the transmitter; targets whose mean is a receiver; costs by a middle that is not theirs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.design.verify import verify
from multistatic.scenario.model import DesignSettings, Scenario, Target
from multistatic.scenario.uncertain_target import TargetArea
from tests.support.networks import network
from tests.support.points_design import points_design


def around_the_transmitter() -> Scenario:
    """A target somewhere in a disc with the transmitter at its centre."""
    scenario = network(4, seed=3, design=DesignSettings(criterion="peb"))
    area = TargetArea(kind="disc", radius_m=10.0)
    place = scenario.transmitter.position_m
    return replace(scenario, targets=(Target(position_m=place, velocity_m_s=np.array([10.0, 0.0, 0.0]), area=area),))


def on_both_sides_of_a_receiver() -> Scenario:
    """Two targets whose weighted mean is half a metre from a receiver."""
    scenario = network(4, seed=3, design=DesignSettings(criterion="peb"))
    mean = scenario.receivers[1].position_m + np.array([0.5, 0.0, 0.0])
    apart = np.array([4.0, 9.0, 0.0])
    first = replace(scenario.target, id="first", position_m=mean + 3.0 * apart)
    second = replace(scenario.target, id="second", position_m=mean - apart, weight=3.0)
    return replace(scenario, targets=(first, second))


SCENARIOS = {"area": around_the_transmitter, "two targets": on_both_sides_of_a_receiver}


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_the_cost_is_confirmed(name):
    scenario = SCENARIOS[name]()
    design = points_design(scenario, scenario.points())
    checked = verify(design)
    assert checked.violations["reported cost"] < 1e-12
    assert checked.passed


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_the_cost_by_the_plain_mean_is_not(name):
    scenario = SCENARIOS[name]()
    design = points_design(scenario, scenario.points())
    weight = np.array([target.weight for target in scenario.targets])
    mean = weight @ np.array([target.position_m for target in scenario.targets]) / weight.sum()
    rho, places = scenario.requirements.distance_weight, scenario.receiver_positions_m
    moved = np.linalg.norm(places - mean, axis=1) - np.linalg.norm(places - scenario.middle_m, axis=1)
    other = replace(design, cost_m=design.cost_m + rho * float(moved[design.selected].sum()))
    assert verify(other).violations["reported cost"] > 1e-6
