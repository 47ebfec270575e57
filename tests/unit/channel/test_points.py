"""Several points: every value of the general case is that of the point alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.bounds.criteria import peb, surrogate, veb
from multistatic.bounds.sensing import sensing_network
from multistatic.channel.channel import Channel
from multistatic.channel.realise import channel_rng, realise
from multistatic.errors import InputError
from multistatic.files.scenario_file import load_preset
from multistatic.scenario.model import Scenario
from multistatic.selection.criterion_of_points import CriterionOfPoints
from multistatic.selection.groups import all_groups
from multistatic.selection.selection_problem import SelectionProblem
from multistatic.signal.beams import Beams, illumination
from multistatic.simulation.block import simulate_block
from tests.support.close import close_to
from tests.support.selection_problems import selection_problem

PLACES_M = ([20.0, 40.0, 0.0], [35.0, -10.0, 0.0], [-25.0, 60.0, 0.0])


def scenario_at(position_m: list[float]) -> Scenario:
    made = load_preset("paper", ["receivers.random.count=5"])
    return replace(made, target=replace(made.target, position_m=np.array(position_m)))


def alone() -> list[Channel]:
    """The channel for each place of the target; the direct channel is the same."""
    return [realise(scenario, channel_rng(1)) for scenario in map(scenario_at, PLACES_M)]


def together() -> Channel:
    channels = alone()
    of_points = ("steering_tx", "steering_rx", "echo_gain", "echo_path_gain")
    return replace(channels[0], **{name: np.concatenate([getattr(c, name) for c in channels]) for name in of_points})


def beams(channel: Channel) -> Beams:
    rng = np.random.default_rng(2)
    shape = (6, channel.direct.shape[2], 2)
    return Beams(weights=rng.standard_normal(shape) + 1j * rng.standard_normal(shape))


def test_a_point_of_several_is_the_channel_of_its_own() -> None:
    channel = together()
    assert channel.points == 3
    for point, expected in enumerate(alone()):
        taken = channel.at(point)
        for name in ("direct", "steering_tx", "steering_rx", "echo_gain", "echo_path_gain", "clutter"):
            np.testing.assert_array_equal(getattr(taken, name), getattr(expected, name), err_msg=name)
        np.testing.assert_array_equal(channel.echo_snr_per_watt()[point], expected.echo_snr_per_watt()[0])


def test_illumination_of_each_point_is_a_transposed_s_a_conjugate() -> None:
    channel = together()
    sent = beams(channel)
    for power_w, steering in zip(sent.illumination_w(channel.steering_tx), channel.steering_tx, strict=True):
        assert power_w == close_to((steering @ sent.covariance_w @ steering.conj()).real, rel=1e-12)
    np.testing.assert_array_equal(
        illumination(sent.weights, channel.steering_tx[1]), sent.illumination_w(channel.steering_tx)[1:2]
    )


@pytest.mark.parametrize("make", [surrogate, peb, veb])
def test_values_over_points_are_those_of_each_point_and_the_worst_counts(make) -> None:
    channels, scenarios = alone(), [scenario_at(place) for place in PLACES_M]
    criteria = [make(sensing_network(s, c)) for s, c in zip(scenarios, channels, strict=True)]
    light = beams(channels[0]).illumination_w(together().steering_tx)
    base = selection_problem(5, seed=1)
    groups = np.concatenate(list(all_groups(base)))
    both = CriterionOfPoints(criteria=tuple(criteria))
    values = both.values(groups, light)
    expected = np.stack([c.values(groups, float(p)) for c, p in zip(criteria, light, strict=True)], axis=1)
    assert values == close_to(expected, rel=1e-9)
    problem = replace(base, criterion=both, illumination_w=light)
    np.testing.assert_array_equal(problem.values(groups), values.max(axis=1))
    np.testing.assert_array_equal(criteria[0].values(groups, light[:1])[:, 0], expected[:, 0])


def test_a_criterion_that_knows_no_points_is_named_where_there_are_several() -> None:
    class Old:
        name, unit = "old", ""

        def values(self, masks, illumination_w):
            return np.ones(len(masks)) / np.max(illumination_w)

    base = selection_problem(4, seed=1)
    one = replace(base, criterion=Old(), illumination_w=np.array([2.0]))
    assert one.values(np.ones((1, 4), bool)).tolist() == [0.5]
    several: SelectionProblem = replace(one, illumination_w=np.array([2.0, 3.0]))
    with pytest.raises(InputError, match="'old'"):
        several.values(np.ones((1, 4), bool))


def test_a_bound_for_one_point_refuses_several() -> None:
    with pytest.raises(ValueError, match="3 points"):
        sensing_network(scenario_at(PLACES_M[0]), together())


def test_the_steering_vector_of_one_point_is_refused_in_words_where_there_are_several() -> None:
    channel, scenario = together(), scenario_at(PLACES_M[0])
    problem = BeamformingProblem(
        direct=channel.direct,
        steering_tx=channel.steering_tx,
        noise_power_w=channel.noise_power_w,
        power_limit_w=1.0,
        rate_required_bps_hz=scenario.rate_required_bps_hz,
        selected=np.ones(5, bool),
        point_weight=np.array([0.5, 0.25, 0.25]),
    )
    sent = beams(channel)
    light = sent.illumination_w(channel.steering_tx)
    assert problem.illumination_w(sent) == float(np.array([0.5, 0.25, 0.25]) @ light)
    with pytest.raises(InputError, match="3 points"):
        _ = problem.steering


@pytest.mark.parametrize("point", [-1, 3])
def test_a_point_that_is_none_is_refused(point: int) -> None:
    with pytest.raises(IndexError, match=f"point {point} of a channel with 3 points"):
        together().at(point)


def test_a_block_has_one_place_for_each_target() -> None:
    channel = together()
    with pytest.raises(ValueError, match="3 points, expected 1, one for each target"):
        simulate_block(scenario_at(PLACES_M[0]), channel, beams(channel))


@pytest.mark.parametrize("name", ["steering_rx", "echo_gain", "echo_path_gain"])
@pytest.mark.parametrize("lost", [(slice(1, None),), (slice(None), slice(1, None))])
def test_arrays_of_another_number_of_points_or_receivers_are_refused(name: str, lost: tuple[slice, ...]) -> None:
    channel = together()
    with pytest.raises(InputError, match=f"channel.{name}: received shape"):
        replace(channel, **{name: getattr(channel, name)[lost]})


def test_the_mean_direct_gain_leaves_out_rows_of_zeros_beyond_the_antennas_of_a_receiver() -> None:
    """Two receivers of 1 and 2 antennas, |entry|² = 4 everywhere."""
    padded = np.array([[[2.0, 2.0], [0.0, 0.0]], [[2.0, 2.0], [2.0, 2.0]]])
    channel = Channel(
        direct=padded,
        steering_tx=np.ones(2),
        steering_rx=[[1.0, 0.0], [1.0, 1.0]],
        echo_gain=np.ones(2),
        noise_power_w=1.0,
    )
    assert channel.direct_power_gain().tolist() == [4.0, 4.0]
    assert ("direct gain", "6.0 dB") in channel.overview().facts


@pytest.mark.parametrize("shape", [(), (3,), (5, 2), (1, 5)])
def test_values_of_another_shape_are_refused_for_one_point_too(shape: tuple[int, ...]) -> None:
    """The first of two columns was taken for the value of the only point."""

    class Odd:
        name, unit = "odd", ""

        def values(self, masks: np.ndarray, illumination_w: float) -> np.ndarray:
            return np.ones(shape)

    problem = replace(selection_problem(5, seed=1), criterion=Odd())
    with pytest.raises(InputError, match=r"expected \[5, 1\]: one for each group and each point"):
        problem.values(np.eye(5, dtype=bool))
