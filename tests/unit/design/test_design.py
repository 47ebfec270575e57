"""Design methods: categories are feasibility, equivalence with exhaustive search, schemes, clutter, comparison."""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest

from multistatic import registry
from multistatic.beamforming.certificate import upper_bound
from multistatic.communication.rates import rates_bps_hz
from multistatic.design import design_network
from multistatic.design.compare import compare_methods
from multistatic.design.instance import instance_of
from multistatic.design.joint import design_joint
from multistatic.design.schemes import design_bi_static
from multistatic.files.design_files import design_document
from multistatic.files.scenario_file import load_preset
from multistatic.scenario.model import DesignSettings, Requirements
from multistatic.selection.enumeration import feasible_groups
from tests.support.close import close_to
from tests.support.networks import network

FAST = DesignSettings(selector="enumeration", beamformer="value_function")


def silent(stage):
    pass


def exhaustive(instance):
    """Value of every affordable group with beams of its own: the definition of the joint optimum."""
    best = (np.inf, None)
    solve = registry.load("beamformers", instance.scenario.design.beamformer)
    for bits in itertools.product([False, True], repeat=instance.size):
        group = np.array(bits)
        result = solve(instance.beamforming_problem(group))
        problem = instance.selection_problem(result.beams)
        if not group.any() or problem.costs_m(group[None])[0] > instance.scenario.requirements.cooperation_cost_m:
            continue
        value = instance.criterion().values(group[None], result.illumination_w)[0]
        best = min(best, (float(value), tuple(group)), key=lambda pair: pair[0])
    return best


@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
@pytest.mark.parametrize("seed", range(3))
def test_joint_equals_exhaustive_search(criterion, seed):
    scenario = network(4, seed=seed, cost_m=140.0, rate_bps_hz=3.0, design=replace(FAST, criterion=criterion))
    instance = instance_of(scenario)
    design, (value, group) = design_joint(instance, silent), exhaustive(instance)
    assert design.verification.passed
    assert design.selection.value == close_to(value, rel=1e-6)
    assert tuple(design.selected) == group
    assert design.selection.bound <= design.selection.value * (1 + 1e-12)


def test_joint_is_never_worse_than_decoupled():
    for seed in range(4):
        scenario = network(5, seed=seed, cost_m=160.0, design=replace(FAST, selector="minimax_linkage"))
        joint, decoupled = design_joint(instance_of(scenario), silent), design_network(scenario)
        assert joint.selection.value <= decoupled.selection.value * (1 + 1e-9)


def test_starting_beams_force_nobody_where_the_rates_are_feasible():
    instance = instance_of(network(4, design=FAST))
    start = registry.load("beamformers", "value_function")(instance.beamforming_problem(np.zeros(4, bool)))
    assert not instance.selection_problem(start.beams).forced.any()


def test_beams_designed_for_everyone_force_receivers():
    """Why the starting beams are designed for b = 0: those for b = 1 spend the interference that selection cancels."""
    instance = instance_of(network(4, design=FAST))
    result = registry.load("beamformers", "value_function")(instance.beamforming_problem(np.ones(4, bool)))
    forced = instance.selection_problem(result.beams).forced
    alone = rates_bps_hz(instance.channel.direct, result.beams, 1e-9, np.zeros(4, bool))
    np.testing.assert_array_equal(forced, alone < 2.0 * (1 - 1e-9))
    assert forced.any()


def test_unreachable_rates_are_infeasible_with_the_largest_common_rate():
    design = design_network(network(4, rate_bps_hz=60.0, design=FAST))
    assert design.status == "infeasible"
    largest = design.beamforming.largest_common_rate_bps_hz
    assert f"at most {largest / 60.0:.4g} of each required rate, or {largest:.4g} bit/s/Hz" in design.message
    assert design.accuracy is None
    assert not design.selected.any()
    # It is the largest: a little less can be reached, a little more cannot.
    assert design_network(network(4, rate_bps_hz=largest * (1 - 1e-4), design=FAST)).status == "feasible"
    assert design_network(network(4, rate_bps_hz=largest * (1 + 1e-4), design=FAST)).status == "infeasible"


def test_an_unaffordable_group_names_the_nearest_budget():
    design = design_network(network(4, cost_m=0.5, design=FAST))
    assert design.status == "infeasible"
    budget = design.selection.nearest_budget_m
    assert f"costs {budget:.6g} m" in design.message
    again = design_network(network(4, cost_m=budget * (1 + 1e-9), design=FAST))
    assert again.status != "infeasible"
    just_below = design_network(network(4, cost_m=budget * (1 - 1e-6), design=FAST))
    assert just_below.status == "infeasible"


def test_alternating_ends_and_is_verified():
    scenario = network(5, cost_m=160.0, design=replace(FAST, alternate=True))
    design = design_network(scenario)
    once = design_network(replace(scenario, design=FAST))
    assert design.verification.passed
    assert design.selection.value <= once.selection.value * (1 + 1e-9)


def test_bi_static_is_the_best_of_all_single_receivers():
    instance = instance_of(network(4, seed=2, rate_bps_hz=3.0, design=FAST))
    design = design_bi_static(instance, silent)
    solve = registry.load("beamformers", "value_function")
    values = [
        instance.criterion().values(one[None], solve(instance.beamforming_problem(one)).illumination_w)[0]
        for one in np.eye(4, dtype=bool)
    ]
    assert design.selected.sum() == 1
    assert design.accuracy.surrogate == close_to(min(values), rel=1e-6)
    assert design.verification.passed


def test_bi_static_under_peb_says_that_it_ranked_by_the_surrogate():
    design = design_network(network(3, design=replace(FAST, criterion="peb")), scheme="bi")
    assert "surrogate" in design.message
    assert design.scenario.design.criterion == "surrogate"
    assert design.accuracy.position.peb_m is None


def test_bi_static_without_budget_for_anyone():
    design = design_network(network(3, cost_m=0.1, design=FAST), scheme="bi")
    assert design.status == "infeasible"
    cheapest = 0.5 * np.linalg.norm(design.scenario.receiver_positions_m - [20.0, 40.0, 0.0], axis=1).min()
    assert design.message == (
        f"The least expensive single receiver has a cooperation cost of {cheapest:.6g} m; the limit is 0.1 m."
    )


def test_mono_static_hears_its_own_echo_and_nobody_cancels():
    scenario = network(3, design=FAST)
    design = design_network(scenario, scheme="mono")
    distance = np.hypot(20.0, 40.0)
    snr = 0.6 * (2 * distance) ** -2.7 * 2 * design.beamforming.illumination_w / 2e-9
    slots = 2 * 1024 * (2.4674011 - 1.0)
    assert design.accuracy.delay_std_s[0] == close_to(5e-9 / np.sqrt(slots * snr), rel=1e-6)
    assert design.accuracy.sensor_ids == ("transmitter",)
    assert not design.selected.any()
    assert design.verification.passed
    assert design.accuracy.position.position == "unobservable"


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("law", ["sum", "product"])
def test_every_geometry_and_law_is_verified(dimension, law):
    gain = 1.0 if law == "sum" else 1e3
    height = 20.0 * (dimension == 3)
    scenario = network(6, rate_bps_hz=1.0, height_m=height, echo_law=law, reference_gain=gain, design=FAST)
    design = design_network(scenario)
    assert scenario.dimensions == dimension
    assert design.verification.passed
    assert design.accuracy.position.peb_m > 0


def test_signal_dependent_clutter_is_evaluated_at_the_final_beams():
    scenario = network(4, clutter="signal_dependent", direct_path_leakage=1e-2, design=FAST)
    design = design_network(scenario)
    assert design.verification.passed
    assert design.selection.bound is None
    quiet = design_network(replace(scenario, propagation=replace(scenario.propagation, direct_path_leakage=0.0)))
    assert design.accuracy.surrogate > quiet.accuracy.surrogate


def test_compare_ranks_by_one_criterion():
    scenario = replace(network(5, seed=1, design=FAST), requirements=Requirements(cooperation_cost_m=150.0))
    rows = compare_methods(
        scenario, ["nearest_n", "enumeration", "greedy"], ["value_function"], clock=time.perf_counter
    )
    assert rows[0].gap == 0.0
    assert [row.value for row in rows] == sorted(row.value for row in rows)
    by_name = {row.selector: row for row in rows}
    assert by_name["enumeration"].value == rows[0].value


def test_compare_keeps_a_method_that_cannot_run():
    scenario = network(3, design=FAST)
    rows = compare_methods(scenario, ["given", "greedy"], ["value_function"], clock=time.perf_counter)
    assert {row.selector for row in rows} == {"given", "greedy"}
    assert rows[-1].value is None
    assert rows[-1].message


def test_the_certificate_holds_for_the_largest_conceivable_illumination():
    """Local beams prove nothing about other groups: the bound supposes that each of them reaches what is proven of
    everyone selected.
    """
    scenario = network(5, seed=1, cost_m=160.0, rate_bps_hz=2.0, design=FAST)
    instance = instance_of(scenario)
    design = design_joint(instance, silent)
    problem = replace(instance.selection_problem(design.beamforming.beams), forced=np.zeros(5, bool))
    groups, _ = feasible_groups(problem)
    limit_w = upper_bound(instance.beamforming_problem(np.ones(5, bool))).value_w
    assert limit_w < instance.beamforming_problem(groups[0]).illumination_limit_w
    assert design.beamforming.illumination_w < limit_w * (1 - 1e-4)
    assert design.beamforming.upper_bound_w == limit_w
    floor = problem.criterion.values(groups, limit_w).min()
    assert design.selection.bound <= floor * (1 + 1e-9)


def test_a_design_carries_the_stationarity_of_its_beams_into_its_document() -> None:
    design = design_network(load_preset("paper"))
    assert design.beamforming is not None
    assert design.beamforming.stationarity is not None
    assert design.beamforming.stationarity < 1e-2
    document = design_document(design, timing_s={})
    assert document["beamforming"]["stationarity"] == design.beamforming.stationarity
