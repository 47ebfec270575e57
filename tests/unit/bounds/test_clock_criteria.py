"""Groups chosen with what the clocks are worth: the criteria of position and velocity are those that are reported."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic import design_network, load_preset, registry, sensing_network
from multistatic.bounds.clock import ClockErrors, without_offsets
from multistatic.bounds.criteria import ClockedLocalizationCriterion, LocalizationCriterion
from multistatic.bounds.position import position_bound
from multistatic.channel.realise import channel_rng, realise
from multistatic.design.instance import instance_of
from multistatic.design.joint import JointSettings, design_joint
from multistatic.errors import InputError
from multistatic.scenario.model import DesignSettings, Scenario
from multistatic.selection.branch_and_bound import branch_and_bound
from tests.support.close import assert_close, close_to
from tests.support.networks import network

FAST = DesignSettings(beamformer="value_function", criterion="peb")
STD = st.sampled_from([0.0, 1e-10, 1e-8, np.inf])


def clocked(scenario: Scenario, seed: int = 0) -> Scenario:
    """Every receiver with a clock of its own, some good, some poor."""
    draws = np.random.default_rng(seed).choice([0.0, 3e-11, 1e-9, 1e-8], len(scenario.receivers))
    receivers = (
        replace(each, clock_offset_std_s=float(std), frequency_offset_std_hz=float(std * 1e9))
        for each, std in zip(scenario.receivers, draws, strict=True)
    )
    return replace(scenario, receivers=tuple(receivers))


@pytest.mark.slow
@given(st.integers(0, 10_000), st.lists(STD, min_size=5, max_size=5), STD, STD, st.floats(1e-6, 1e6), st.booleans())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_values_are_the_bounds_that_are_reported(
    seed: int, own: list[float], common: float, common_hz: float, illumination_w: float, spatial: bool
) -> None:
    scenario = network(5, seed=seed, height_m=30.0 * spatial)
    # Two ways to sum an ill-conditioned matrix: what differs in the last digit of it differs more in its inverse.
    clock = ClockErrors(
        time_s=np.array(own), frequency_hz=1e9 * np.array(own), common_time_s=common, common_frequency_hz=common_hz
    )
    plain = sensing_network(scenario, realise(scenario, channel_rng(seed)))
    net = replace(plain, clock=clock)
    masks = np.random.default_rng(seed).random((6, 5)) < 0.7
    criteria = {name: registry.load("criteria", name)(net) for name in ("peb", "veb", "weighted")}
    assert all(isinstance(each, ClockedLocalizationCriterion) for each in criteria.values())
    values = {name: each.values(masks, illumination_w) for name, each in criteria.items()}
    for i, mask in enumerate(masks):
        bound = position_bound(net, mask, illumination_w)
        peb, veb = (np.inf if each is None else each for each in (bound.peb_m, bound.veb_m_s))
        assert values["peb"][i] == close_to(peb, rel=1e-6)
        assert values["veb"][i] == close_to(veb, rel=1e-6)
        assert values["weighted"][i] == close_to(np.hypot(peb, net.velocity_weight_s * veb), rel=1e-6)


def test_synchronised_clocks_are_a_special_case() -> None:
    scenario = network(5, seed=2)
    plain = sensing_network(scenario, realise(scenario, channel_rng(2)))
    perfect = replace(plain, clock=ClockErrors(time_s=np.zeros(5), frequency_hz=np.zeros(5)))
    masks = np.array(list(product([False, True], repeat=5)))
    for name in ("peb", "veb", "weighted"):
        usual, general = (registry.load("criteria", name)(net) for net in (plain, perfect))
        assert isinstance(usual, LocalizationCriterion)
        assert isinstance(general, ClockedLocalizationCriterion)
        assert_close(general.values(masks, 3.0), usual.values(masks, 3.0), rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("antennas", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_the_joint_design_is_the_best_of_all_by_the_reported_bound(seed: int, antennas: int) -> None:
    scenario = clocked(network(6, seed=seed, antennas=antennas, transmit_antennas=8, cost_m=150.0, design=FAST), seed)
    instance = instance_of(scenario)
    best = design_joint(instance, lambda stage: None)
    assert best.accuracy is not None
    assert best.selection is not None
    assert best.selection.value == close_to(best.accuracy.position.peb_m, rel=1e-9)
    found = []
    for mask in product([False, True], repeat=6):
        group = np.array(mask)
        ids = tuple(name for name, chosen in zip(scenario.receiver_ids, mask, strict=True) if chosen)
        asked = replace(scenario, design=replace(FAST, selector="given", given=ids))
        if group.any():
            design = design_network(asked)
            if design.accuracy is not None and design.accuracy.position.peb_m is not None:
                found.append(design.accuracy.position.peb_m)
    assert best.selection.value <= min(found) * (1 + (1e-6 if antennas == 1 else 1e-3))
    assert len(set(found)) > 3
    if antennas == 1:
        assert best.status == "optimal"


def test_what_is_proven_at_other_beams_is_not_carried_over() -> None:
    scenario = clocked(network(5, seed=1, cost_m=150.0, design=replace(FAST, selector="enumeration")), 1)
    design = design_network(scenario)
    assert design.selection is not None
    assert design.accuracy is not None
    assert (design.selection.status, design.selection.bound) == ("feasible", None)
    assert design.status == "feasible"
    assert design.selection.value == close_to(design.accuracy.position.peb_m, rel=1e-9)
    still = design_network(replace(scenario, design=replace(scenario.design, criterion="surrogate")))
    assert still.selection is not None
    assert still.selection.status == "optimal"


def test_signal_dependent_clutter_proves_no_group_either() -> None:
    scenario = network(5, seed=1, clutter="signal_dependent", direct_path_leakage=1e-2)
    design = design_network(replace(scenario, design=replace(FAST, selector="enumeration")))
    assert design.selection is not None
    assert (design.selection.status, design.selection.bound) == ("feasible", None)


def test_an_unknown_clock_is_not_chosen_where_a_known_one_will_do() -> None:
    """The nearest receiver has the strongest echo and no clock: a pair with it locates nothing."""
    scenario = network(4, seed=3, design=replace(FAST, receivers=2))
    nearest = int(np.argmin(scenario.geometry().target_receiver_m))
    receivers = list(scenario.receivers)
    receivers[nearest] = replace(
        receivers[nearest], clock_offset_std_s=float("inf"), frequency_offset_std_hz=float("inf")
    )
    design = design_network(replace(scenario, receivers=tuple(receivers)))
    assert receivers[nearest].id not in design.selected_ids
    assert design.accuracy is not None
    assert design.accuracy.position.peb_m is not None
    assert receivers[nearest].id in design_network(scenario).selected_ids


def test_slopes_are_those_of_the_clocked_bound() -> None:
    """A dB of power is worth less where clocks limit the position."""
    scenario = clocked(network(4, seed=2, antennas=1, transmit_antennas=6, rate_bps_hz=0.5, design=FAST), 2)
    design = design_network(scenario)
    assert design.sensitivity is not None
    assert design.sensitivity.power_per_db is not None
    louder = replace(scenario.transmitter, power_w=scenario.transmitter.power_w * 10**0.001)
    given_ = replace(FAST, selector="given", given=design.selected_ids)
    more = design_network(replace(scenario, transmitter=louder, design=given_))
    assert design.selection is not None
    assert more.selection is not None
    change = 100.0 * (more.selection.value / design.selection.value - 1.0)
    assert design.sensitivity.power_per_db == close_to(change, rel=2e-2)
    assert abs(change) < 0.11  # an error that falls as p^(-1/2) would change by 0.115


def test_too_many_groups_to_list_have_a_bound_by_synchronised_clocks() -> None:
    scenario = clocked(network(21, seed=4, transmit_antennas=16, rate_bps_hz=0.2, design=FAST), 4)
    instance = instance_of(scenario)
    design = design_joint(instance, lambda stage: None, JointSettings(listed=8))
    assert design.status == "feasible"
    assert design.selection is not None
    assert 0.0 < design.selection.bound < design.selection.value
    assert "the design is proven within" in design.message
    problem = instance.selection_problem(design.beamforming.beams)
    with pytest.raises(InputError, match="local_search accepts any criterion"):
        branch_and_bound(problem, np.random.default_rng(0))


def test_an_unobservable_target_is_explained() -> None:
    design = design_network(load_preset("paper", overrides=["receivers.random.count=1", "design.criterion=peb"]))
    assert design.status == "infeasible"
    assert "need at least 2 receivers" in design.message


def test_offsets_add_their_variances_to_coupled_measurements() -> None:
    """(J⁻¹ + diag s²)⁻¹, with an inverse; an unknown offset leaves nothing of its own coordinate."""
    rng = np.random.default_rng(2)
    half = rng.standard_normal((20, 2, 3))
    information, std = half @ np.swapaxes(half, 1, 2), rng.uniform(0.1, 2.0, (20, 2))
    expected = np.linalg.inv(np.linalg.inv(information) + std[:, :, None] ** 2 * np.eye(2))
    assert_close(without_offsets(information, std), expected, rel=1e-9, abs=1e-12)
    unknown = without_offsets(information, np.array([np.inf, 0.0]))
    left = information[:, 1, 1] - information[:, 0, 1] ** 2 / information[:, 0, 0]
    assert_close(unknown[:, 1, 1], left, rel=1e-9)
    assert not unknown[:, 0].any()
