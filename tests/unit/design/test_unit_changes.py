"""What a whole unit more does, and the next group: against designs made again and a search over all groups."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from multistatic.design import design_network
from multistatic.design.instance import instance_of
from multistatic.design.unit_changes import unit_changes
from multistatic.report.summary import design_summary
from multistatic.scenario.model import DesignSettings, Scenario
from tests.support.close import assert_close, close_to
from tests.support.networks import network

FAST = DesignSettings(beamformer="value_function")


def shown(design) -> str:
    from rich.console import Console

    console = Console(width=160)
    with console.capture() as capture:
        console.print(design_summary(design, unit_changes(design)))
    return capture.get()


def value_with(scenario: Scenario, group: tuple[str, ...]) -> float:
    """The criterion of a given group, designed from the start."""
    settings = replace(scenario.design, selector="given", given=group)
    return design_network(replace(scenario, design=settings)).selection.value


@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
@pytest.mark.parametrize(("rate", "direct"), [(4.0, "rician"), (6.5, "rician"), (1.5, "los")])
def test_a_whole_unit_is_what_designing_again_gives(criterion, rate, direct):
    scenario = network(
        4, transmit_antennas=6, rate_bps_hz=rate, cost_m=200.0, direct=direct, design=replace(FAST, criterion=criterion)
    )
    scenario = replace(scenario, transmitter=replace(scenario.transmitter, power_w=2.0))
    design = design_network(scenario)
    found, group = unit_changes(design), design.selected_ids
    before = value_with(scenario, group)
    louder = replace(scenario, transmitter=replace(scenario.transmitter, power_w=2.0 * 10**0.1))
    assert found.power_change == close_to(value_with(louder, group) / before - 1.0, rel=1e-5)
    receivers = tuple(
        replace(one, rate_required_bps_hz=rate + (one.id == found.receiver_id)) for one in scenario.receivers
    )
    more = value_with(replace(scenario, receivers=receivers), group) / before - 1.0
    assert found.rate_change == close_to(more, rel=1e-3, abs=1e-9)
    # Power alone: 10^(-e/10), plus what the rates gain.
    exponent = 0.5 if criterion == "peb" else 1.0
    assert found.power_change < 10 ** (-0.1 * exponent) - 1.0


def test_slopes_are_per_unit_of_the_power_that_there_is():
    """The relative slope by dB does not see the unit of power: noise and power doubled change nothing."""
    scenario = network(4, transmit_antennas=6, rate_bps_hz=4.0, cost_m=150.0, design=FAST)
    louder = replace(
        scenario,
        transmitter=replace(scenario.transmitter, power_w=2.0),
        propagation=replace(scenario.propagation, noise_power_w=2e-9, clutter_power_w=2e-9),
    )
    plain, doubled = (design_network(one).sensitivity for one in (scenario, louder))
    assert doubled.power_per_db == close_to(plain.power_per_db, rel=1e-4)
    assert_close(doubled.rate_per_bps_hz, plain.rate_per_bps_hz, rel=1e-3, abs=1e-9)


def test_a_rate_that_cannot_be_raised_is_said():
    design = design_network(network(4, antennas=1, transmit_antennas=1, rate_bps_hz=0.3, design=FAST))
    assert unit_changes(design).rate_change is None
    assert "cannot be met" in shown(design)


@pytest.mark.parametrize("seed", range(6))
def test_the_next_group_is_the_nearest_of_all_that_are_better(seed):
    scenario = network(6, seed=seed, rate_bps_hz=0.5, cost_m=120.0, design=replace(FAST, selector="enumeration"))
    design = design_network(scenario)
    problem = instance_of(scenario).selection_problem(design.beamforming.beams)
    every = np.array([g for g in itertools.product([False, True], repeat=6) if any(g)])
    values, costs = problem.values(every), problem.costs_m(every)
    better = (values < problem.values(design.selected[None])[0] * (1 - 1e-9)) & (costs > 120.0)
    assert design.sensitivity.budget.extra_m == close_to(costs[better].min() - 120.0)
    assert design.sensitivity.budget.change < 0.0


def test_a_better_group_that_is_affordable_needs_no_budget():
    for seed in range(20):
        scenario = network(
            6, seed=seed, rate_bps_hz=0.5, cost_m=150.0, design=replace(FAST, selector="minimax_linkage")
        )
        design = design_network(scenario)
        best = design_network(replace(scenario, design=replace(FAST, selector="enumeration")))
        if best.selection.value < design.selection.value * (1 - 1e-6):
            assert design.sensitivity.budget.extra_m == 0.0
            assert "affordable" in shown(design)
            return
    pytest.fail("the linkage was never worse than the optimum: the test looks at nothing")


def test_a_bi_static_scheme_has_no_next_group():
    scenario = network(5, rate_bps_hz=0.5, cost_m=100.0, design=FAST)
    assert design_network(scenario, scheme="bi").sensitivity.budget is None
