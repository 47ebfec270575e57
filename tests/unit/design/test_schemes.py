"""Bi-static and mono-static designs: who is tried, at what cost, and how the search for one receiver ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic import registry
from multistatic.design import design_network
from multistatic.design.instance import instance_of
from multistatic.design.schemes import design_bi_static
from multistatic.scenario.model import DesignSettings, Requirements, Scenario
from tests.support.close import close_to
from tests.support.networks import network

FAST = DesignSettings(selector="enumeration", beamformer="value_function")


def single_values(scenario: Scenario) -> np.ndarray:
    """The criterion of every receiver alone, with beams of its own."""
    instance = instance_of(scenario)
    solve = registry.load("beamformers", "value_function")
    return np.array(
        [
            instance.criterion().values(one[None], solve(instance.beamforming_problem(one)).illumination_w)[0]
            for one in np.eye(instance.size, dtype=bool)
        ]
    )


def with_budget(scenario: Scenario, cost_m: float, weight: float = 0.25) -> Scenario:
    return replace(scenario, requirements=Requirements(cooperation_cost_m=cost_m, distance_weight=weight))


def test_one_receiver_costs_its_weighted_distance_and_the_best_affordable_one_is_taken() -> None:
    scenario = network(5, seed=0, antennas=(1, 2, 4, 1, 3), rate_bps_hz=0.5, design=FAST)
    values, costs_m = single_values(scenario), 0.25 * scenario.geometry().target_receiver_m
    best = int(np.argmin(values))
    design = design_network(with_budget(scenario, costs_m[best] * (1 + 1e-9)), scheme="bi")
    assert design.selected_ids == (scenario.receiver_ids[best],)
    assert design.cost_m == close_to(costs_m[best], rel=1e-12)
    assert design.selection is not None
    assert design.selection.value == close_to(values[best], rel=1e-6)
    cheaper = costs_m < costs_m[best] * (1 - 1e-9)
    assert cheaper.any(), "the best receiver is the cheapest: the test looks at nothing"
    below = design_network(with_budget(scenario, costs_m[best] * (1 - 1e-9)), scheme="bi")
    second = int(np.flatnonzero(cheaper)[np.argmin(values[cheaper])])
    assert below.selected_ids == (scenario.receiver_ids[second],)
    assert f"(of {cheaper.sum()} affordable)." in below.message


def test_a_budget_below_the_cheapest_receiver_is_said_with_both_numbers() -> None:
    scenario = network(4, rate_bps_hz=0.5, design=FAST)
    cheapest_m = 0.25 * scenario.geometry().target_receiver_m.min()
    instance = instance_of(with_budget(scenario, 0.5 * cheapest_m))
    design = design_bi_static(instance, lambda stage: None)
    assert design.status == "infeasible"
    assert f"cost of {cheapest_m:.6g} m" in design.message
    assert f"the limit is {0.5 * cheapest_m:.6g} m" in design.message
    assert (design.scheme, design.rounds, design.selected.any()) == ("bi", 0, False)
    assert design.channel is instance.channel
    assert design.scenario is instance.scenario


def test_receivers_are_tried_only_while_one_might_still_be_better() -> None:
    """Without rates the first receiver has all the illumination there is: its ceiling is its value."""
    scenario = network(5, seed=1, rate_bps_hz=0.0, design=FAST)
    stages: list[str] = []
    design = design_bi_static(instance_of(scenario), stages.append)
    assert design.selection is not None
    assert design.selection.evaluated == 1
    assert sum(stage.startswith("beamforming") for stage in stages) == 1


def test_several_are_tried_where_rates_take_from_the_illumination() -> None:
    """In line of sight with one antenna the ceiling is far above what rates leave: the first tried is not the last."""
    scenario = network(5, seed=1, antennas=1, rate_bps_hz=1.5, direct="los", design=FAST)
    values = single_values(scenario)
    stages: list[str] = []
    design = design_bi_static(instance_of(scenario), stages.append)
    tried = sum(stage.startswith("beamforming") for stage in stages)
    assert tried > 1
    assert design.selection is not None
    assert 1 <= design.selection.evaluated <= tried
    assert design.selection.value == close_to(values.min(), rel=1e-6)


def test_the_criterion_of_one_receiver_that_is_finite_is_kept() -> None:
    scenario = network(4, rate_bps_hz=0.5, design=replace(FAST, criterion="published"))
    design = design_network(scenario, scheme="bi")
    assert design.scenario.design.criterion == "published"
    assert "surrogate" not in design.message


def test_a_mono_static_design_has_no_group_and_costs_nothing() -> None:
    scenario = network(3, rate_bps_hz=0.5, design=FAST)
    design = design_network(scenario, scheme="mono")
    assert (design.scheme, design.cost_m, design.rounds, design.selection) == ("mono", 0.0, 1, None)
    assert design.accuracy is not None
    assert design.accuracy.block_snr.shape == (1,)
    alone = instance_of(scenario).beamforming_problem(np.zeros(3, bool))
    assert design.beamforming is not None
    beams = registry.load("beamformers", "value_function")(alone)
    assert design.beamforming.illumination_w == close_to(beams.illumination_w, rel=1e-9)
