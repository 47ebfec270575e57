"""Light for points that need little of it: what it costs, what stays proven, and where it is left out."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from multistatic import design_network
from multistatic.beamforming.stationarity import NEARLY_STATIONARY
from multistatic.design import Design, refined_points
from multistatic.design.light_margin import COSTS
from multistatic.design.unit_changes import unit_changes
from multistatic.scenario.model import Scenario
from tests.support.close import close_to
from tests.support.uncertain_networks import with_targets


def with_clocks(count: int, seed: int) -> Scenario:
    """Several exact targets far apart, and clocks that decide most of the errors."""
    made = with_targets(count, seed=seed, clock_s=1e-8)
    middle = made.middle_m
    apart = [replace(target, position_m=middle + 3.0 * (target.position_m - middle)) for target in made.targets]
    return replace(made, targets=tuple(apart))


@cache
def designed(seed: int) -> Design:
    return design_network(with_clocks(3, seed))


def light_of(design: Design) -> np.ndarray:
    return np.asarray(design.beamforming.beams.illumination_w(design.channel.steering_tx))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_targets_that_need_little_light_get_some_for_a_thousandth_of_the_worst_value(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    design = designed(seed)
    monkeypatch.setattr(refined_points, "beams_with_cheap_light", lambda *given: None)
    dark = design_network(with_clocks(3, seed))
    assert design.verification.passed
    assert design.over_points.bound == close_to(dark.over_points.bound, rel=1e-9)
    assert design.over_points.value_reduced <= (1.0 + COSTS) * dark.over_points.value_reduced
    assert light_of(design).min() > 1.5 * light_of(dark).min()
    assert light_of(design).min() > 0.05 * light_of(design).max()
    assert "no point stays dark" in design.message


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_slopes_and_stationarity_are_those_of_the_beams_that_are_sent(seed: int) -> None:
    design = designed(seed)
    assert design.beamforming.stationarity < NEARLY_STATIONARY
    found = design.sensitivity
    assert found.target_share.sum() == close_to(1.0, rel=1e-6)
    stronger = replace(design.scenario.transmitter, power_w=10.0**0.1 * design.scenario.transmitter.power_w)
    again = design_network(
        replace(design.scenario, transmitter=stronger), selector=lambda problem, rng: design.selected_ids
    )
    change = again.over_points.value_reduced / design.over_points.value_reduced - 1.0
    assert found.power_per_db == close_to(change, abs=2.0 * COSTS)


def test_values_that_are_powers_keep_their_beams() -> None:
    design = design_network(with_targets(3, seed=3))
    assert "stays dark" not in design.message
    assert design.over_points.gap < 1e-3


def test_a_mean_keeps_its_beams() -> None:
    scenario = with_clocks(3, 3)
    design = design_network(replace(scenario, design=replace(scenario.design, over_points="mean")))
    assert "stays dark" not in design.message


@pytest.mark.parametrize("seed", [1, 2])
def test_changes_by_a_unit_are_those_without_the_light(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = unit_changes(designed(seed))
    monkeypatch.setattr(refined_points, "beams_with_cheap_light", lambda *given: None)
    dark = unit_changes(design_network(with_clocks(3, seed)))
    assert found.power_change == close_to(dark.power_change, abs=3e-5)
    assert found.rate_change is None or found.rate_change >= -1e-4
