"""How many coordinates of the target are unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.scenario.model import Scenario
from tests.support.networks import network


def moved(scenario: Scenario, what: str) -> Scenario:
    """A flat network with one thing out of the plane."""
    up = np.array([0.0, 0.0, 2.0])
    if what == "velocity":
        target = replace(scenario.target, velocity_m_s=scenario.target.velocity_m_s + up)
        return replace(scenario, target=target)
    if what == "target":
        return replace(scenario, target=replace(scenario.target, position_m=scenario.target.position_m + up))
    if what == "transmitter":
        transmitter = replace(scenario.transmitter, position_m=scenario.transmitter.position_m + up)
        return replace(scenario, transmitter=transmitter)
    last = replace(scenario.receivers[-1], position_m=scenario.receivers[-1].position_m + up)
    return replace(scenario, receivers=(*scenario.receivers[:-1], last))


def test_everything_in_one_plane_leaves_two() -> None:
    assert network(3).dimensions == 2


@pytest.mark.parametrize("what", ["velocity", "target", "transmitter", "receiver"])
def test_anything_out_of_the_plane_makes_three(what: str) -> None:
    assert moved(network(3), what).dimensions == 3


@pytest.mark.parametrize("stated", [2, 3])
def test_the_stated_dimensions_decide(stated: int) -> None:
    scenario = network(3, height_m=10.0 * (stated == 2))
    settings = replace(scenario.design, dimensions=stated)  # type: ignore[arg-type]
    assert replace(scenario, design=settings).dimensions == stated
