"""What a failed receiver and a target that is off do: recomputed one by one, by networks of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic import design_network, load_preset
from multistatic.bounds.sensing import mono_static_network, sensing_network
from multistatic.channel.realise import realise
from multistatic.design.algorithms import criterion_of
from multistatic.design.changed_conditions import directions, displaced, robustness_of
from multistatic.design.result import Design
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.target_points import TargetPoints
from tests.support.close import assert_close, close_to
from tests.support.uncertain_networks import with_targets


def value_at(design: Design, position_m: np.ndarray, velocity_m_s: np.ndarray) -> float:
    """The criterion of the design's group where its one target is elsewhere, by a network made for that place."""
    scenario = design.scenario
    points = TargetPoints(position_m=position_m[None], velocity_m_s=velocity_m_s[None])
    channel = realise(scenario, points=points)
    network = sensing_network(scenario, channel, design.beamforming.beams.covariance_w, points)
    light = float(design.beamforming.beams.illumination_w(channel.steering_tx)[0])
    criterion = criterion_of(scenario.design.criterion)(network)
    return float(criterion.values(design.selected[None], light)[0])


@pytest.mark.parametrize("preset", ["paper", "urban"])
def test_a_target_that_is_off_has_the_worst_value_of_all_directions(preset: str) -> None:
    design = design_network(load_preset(preset))
    target, dimensions = design.scenario.target, design.scenario.dimensions
    for row in design.robustness.target_off:
        places = target.position_m + row.distance_m * directions(dimensions)
        values = [value_at(design, place, target.velocity_m_s) for place in places]
        assert row.worst_change == close_to(max(values) / design.selection.value - 1.0, rel=1e-6, abs=1e-9)


def test_the_distances_are_those_that_are_stated() -> None:
    design = design_network(load_preset("paper"))
    assert [row.distance_m for row in design.robustness.target_off] == [1.0, 3.0, 10.0, 30.0]


def test_the_worst_failure_is_that_of_the_group_without_the_receiver() -> None:
    design = design_network(load_preset("paper"), criterion="peb")
    target = design.scenario.target
    changes = {}
    for k in np.flatnonzero(design.selected):
        left = replace(design, selected=np.where(np.arange(len(design.selected)) == k, False, design.selected))
        changes[design.scenario.receiver_ids[k]] = value_at(left, target.position_m, target.velocity_m_s)
    worst = max(changes, key=lambda name: changes[name])
    found = design.robustness.one_fails
    assert found.receiver == worst
    assert found.change == close_to(changes[worst] / design.selection.value - 1.0)
    assert not found.unobservable


def test_a_group_of_two_leaves_the_target_unobservable_without_one_of_them() -> None:
    design = design_network(load_preset("paper"), criterion="peb", selector=lambda problem, rng: ["rx05", "rx07"])
    found = design.robustness.one_fails
    assert found.unobservable
    assert found.change is None


def test_with_prior_information_a_failure_leaves_the_target_observable() -> None:
    design = design_network(with_targets(1, seed=3, prior_std_m=3.0), scheme="bi")
    found = design.robustness.one_fails
    assert not found.unobservable
    assert found.change > 0.0


@pytest.mark.parametrize("over", ["worst", "mean"])
def test_of_several_targets_each_is_off_in_its_own_worst_direction(over: str) -> None:
    design = design_network(with_targets(3, seed=3, over=over))
    weight = np.array([each.weight for each in design.scenario.targets])
    row = design.robustness.target_off[1]
    worst = np.array(
        [
            max(
                value_at(design, target.position_m + row.distance_m * step, target.velocity_m_s)
                for step in directions(2)
            )
            for target in design.scenario.targets
        ]
    )
    together = worst.max() if over == "worst" else weight @ worst / weight.sum()
    assert row.worst_change == close_to(together / design.over_points.value_reduced - 1.0, rel=1e-6)


def test_the_mono_static_scheme_has_no_receiver_that_fails() -> None:
    design = design_network(load_preset("paper"), scheme="mono")
    assert design.robustness.one_fails is None
    scenario, beams = design.scenario, design.beamforming.beams

    def strength(position_m: np.ndarray) -> float:
        there = replace(scenario, target=replace(scenario.target, position_m=position_m))
        channel = realise(there)
        network = mono_static_network(there, channel)
        return float(network.snr_per_watt[0] * beams.illumination_w(channel.steering_tx)[0])

    here = strength(scenario.target.position_m)
    row = design.robustness.target_off[2]
    weakest = min(strength(scenario.target.position_m + row.distance_m * step) for step in directions(2))
    assert row.worst_change == close_to(here / weakest - 1.0)


def test_places_next_to_a_site_are_left_out() -> None:
    scenario = load_preset("paper")
    target = replace(scenario.target, position_m=scenario.receivers[0].position_m + np.array([3.0, 0.0, 0.0]))
    design = design_network(replace(scenario, target=target))
    assert all(row.worst_change is not None and np.isfinite(row.worst_change) for row in design.robustness.target_off)


def test_steering_vectors_from_a_file_say_nothing_of_other_places() -> None:
    scenario = load_preset("paper")
    channel = realise(scenario)
    given = GivenChannel(direct=channel.direct, steering_tx=channel.steering_tx)
    design = design_network(replace(scenario, propagation=replace(scenario.propagation, direct=given)))
    assert design.robustness.target_off == ()
    assert design.robustness.one_fails is not None


def test_echo_gains_from_a_file_change_as_those_of_the_geometry() -> None:
    scenario = load_preset("paper")
    channel = realise(scenario)
    given = GivenChannel(direct=channel.direct, echo_gain=4.0 * channel.echo_gain)
    design = design_network(replace(scenario, propagation=replace(scenario.propagation, direct=given)))
    plain = design_network(scenario)
    for own, other in zip(design.robustness.target_off, plain.robustness.target_off, strict=True):
        assert own.worst_change == close_to(other.worst_change, rel=1e-6, abs=1e-9)


def test_no_beams_no_robustness() -> None:
    scenario = load_preset("paper")
    fast = tuple(replace(each, rate_required_bps_hz=40.0) for each in scenario.receivers)
    assert robustness_of(design_network(replace(scenario, receivers=fast))) is None


def test_directions_have_length_one_and_cancel() -> None:
    for dimensions, count in ((2, 24), (3, 26)):
        found = directions(dimensions)
        assert found.shape == (count, 3)
        assert_close(np.linalg.norm(found, axis=1), np.ones(count), rel=1e-14)
        assert_close(found.sum(axis=0), np.zeros(3), abs=1e-13)
    points = TargetPoints(position_m=[[0.0, 0.0, 0.0], [100.0, 0.0, 0.0]], target=[0, 1])
    moved = displaced(points, 2)
    assert moved.count == 4 * 2 * 24
    assert moved.target.reshape(4, 2, 24)[3, 1].tolist() == [1] * 24
