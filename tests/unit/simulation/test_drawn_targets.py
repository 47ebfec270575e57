"""Targets of simulated blocks: drawn from what is known of them, all of their echoes recorded, each with its truth.

Categories: the distribution of what is drawn, with five standard deviations of the statistic; where nothing is drawn;
echoes of several targets; the truth in the files.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from multistatic.channel.realise import channel_rng, realise
from multistatic.errors import InputError
from multistatic.files.designed_network import DesignedNetwork
from multistatic.files.simulation_files import simulation_files, truth_document
from multistatic.scenario.model import PulseSpec, Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.scenario.uncertain_target import TargetArea, TargetPrior
from multistatic.signal.beams import Beams
from multistatic.simulation.block import SimulatedBlock, SimulationSettings, simulate_block
from multistatic.simulation.drawn_targets import drawn_targets
from tests.support.close import assert_close, close_to
from tests.support.networks import network

COVARIANCE = np.array([[9.0, 3.0, 0.0], [3.0, 4.0, -0.5], [0.0, -0.5, 1.0]])
TRIANGLE = np.array([[0.0, 20.0], [40.0, 20.0], [0.0, 60.0]])
HOLE = np.array([[5.0, 25.0], [15.0, 25.0], [15.0, 35.0], [5.0, 35.0]])


def with_target(height_m: float = 40.0, **known: object) -> Scenario:
    scenario = network(3, height_m=height_m)
    return replace(scenario, target=replace(scenario.target, **known))


def places(scenario: Scenario, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    found = [drawn_targets(scenario, child) for child in np.random.default_rng(3).spawn(count)]
    return np.array([each.position_m[0] for each in found]), np.array([each.velocity_m_s[0] for each in found])


@pytest.mark.parametrize("height_m", [0.0, 40.0])
def test_a_prior_is_a_gaussian_around_what_is_stated(height_m):
    prior = TargetPrior(position_covariance_m2=COVARIANCE, velocity_covariance_m2_s2=np.diag([4.0, 1.0, 0.25]))
    scenario = with_target(height_m, prior=prior, velocity_m_s=np.array([15.0, 1.0, 0.0]))
    if height_m == 0.0:
        scenario = replace(scenario, design=replace(scenario.design, dimensions=2))
    d, count = scenario.dimensions, 4000
    position, velocity = places(scenario, count)
    for drawn, stated, covariance in (
        (position, scenario.target.position_m, COVARIANCE),
        (velocity, scenario.target.velocity_m_s, prior.velocity_covariance_m2_s2),
    ):
        error = (drawn - stated)[:, :d]
        deviation = np.sqrt(np.diagonal(covariance))[:d]
        assert np.all(np.abs(error.mean(axis=0)) < 5.0 * deviation / math.sqrt(count))
        found = error.T @ error / count
        assert np.all(np.abs(found - covariance[:d, :d]) < 5.0 * np.outer(deviation, deviation) * math.sqrt(2 / count))
        assert np.array_equal(drawn[:, d:], np.tile(stated[d:], (count, 1)))


def test_a_velocity_of_which_nothing_is_known_is_the_one_stated():
    scenario = with_target(prior=TargetPrior(position_covariance_m2=COVARIANCE))
    position, velocity = places(scenario, 20)
    assert np.array_equal(velocity, np.tile(scenario.target.velocity_m_s, (20, 1)))
    assert len(np.unique(position[:, 0])) == 20


def test_areas_are_drawn_uniformly():
    """Shares of halves and of parts that the outline cuts off."""
    disc, _ = places(with_target(area=TargetArea(kind="disc", radius_m=10.0, height_m=(5.0, 9.0))))
    middle = with_target().target.position_m
    away = np.linalg.norm(disc[:, :2] - middle[:2], axis=1)
    assert away.max() <= 10.0
    assert abs(np.mean(away < 10.0 / math.sqrt(2.0)) - 0.5) < 5.0 * 0.5 / math.sqrt(len(disc))
    assert abs(np.mean(disc[:, 2] < 7.0) - 0.5) < 5.0 * 0.5 / math.sqrt(len(disc))
    assert (disc[:, 2].min(), disc[:, 2].max()) == (close_to(5.0, abs=0.1), close_to(9.0, abs=0.1))

    box, _ = places(with_target(area=TargetArea(kind="box", size_m=np.array([30.0, 8.0, 6.0]))))
    low, high = (box - middle).min(axis=0), (box - middle).max(axis=0)
    assert_close(low, [-15.0, -4.0, -3.0], abs=0.2)
    assert_close(high, [15.0, 4.0, 3.0], abs=0.2)

    polygon, _ = places(with_target(area=TargetArea(kind="polygon", rings_m=(TRIANGLE, HOLE))))
    x, y = polygon[:, 0], polygon[:, 1]
    assert np.all((x >= 0.0) & (y >= 20.0) & (x + y <= 60.0))
    assert not np.any((x > 5.0) & (x < 15.0) & (y > 25.0) & (y < 35.0))
    # Of 800 m² without a hole of 100 m², those left of x = 5 m have 187.5 m².
    share = 187.5 / 700.0
    assert abs(np.mean(x < 5.0) - share) < 5.0 * math.sqrt(share * (1 - share) / len(x))
    assert np.all(polygon[:, 2] == middle[2])


def test_places_next_to_a_site_are_drawn_again():
    scenario = network(1)
    near = replace(
        scenario.target,
        position_m=scenario.receivers[0].position_m + np.array([0.5, 0.0, 0.0]),
        area=TargetArea(kind="disc", radius_m=2.0),
    )
    position, _ = places(replace(scenario, target=near), 200)
    assert np.linalg.norm(position - scenario.receivers[0].position_m, axis=1).min() >= 1.0
    hidden = replace(near, area=TargetArea(kind="disc", radius_m=0.2))
    with pytest.raises(InputError, match="1 m or more from every site"):
        drawn_targets(replace(scenario, target=hidden), np.random.default_rng(0))


def several() -> Scenario:
    scenario = network(3, antennas=(1, 2, 2), height_m=20.0)
    scenario = replace(scenario, radio=replace(scenario.radio, samples=32, pulse=PulseSpec(kind="half_sine")))
    first = replace(scenario.target, id="one")
    second = replace(first, id="two", position_m=np.array([-30.0, 25.0, 12.0]), velocity_m_s=np.array([0.0, 40.0, 0.0]))
    return replace(scenario, targets=(first, second))


BEAMS = Beams(weights=0.2 * np.random.default_rng(0).standard_normal((4, 4, 2)) + 0j)
CLEAN = SimulationSettings(noise=False, clutter=False, trials=2, oversampling=2.0)


def simulated(scenario: Scenario, settings: SimulationSettings = CLEAN, seed: int = 1) -> SimulatedBlock:
    return simulate_block(scenario, realise(scenario, channel_rng(0)), BEAMS, settings, seed)


def test_the_echoes_of_several_targets_add_up():
    """Recordings of both targets are the sums of those with each alone: symbols and noise are the same."""
    scenario = several()
    both = simulated(scenario, replace(CLEAN, random_phase=False))
    alone = [
        simulated(replace(scenario, targets=(target,)), replace(CLEAN, random_phase=False))
        for target in scenario.targets
    ]
    for k, seen in enumerate(both.observations):
        parts = [each.observations[k] for each in alone]
        length = min(part.recording.samples.shape[-1] for part in parts)
        expected = sum(part.recording.samples[..., :length] for part in parts)
        assert_close(seen.recording.samples[..., :length], expected, abs=1e-12 * np.abs(expected).max())
        for echo, part in zip(seen.echoes, parts, strict=True):
            assert (echo.delay_s, echo.doppler_hz) == (part.delay_s, part.doppler_hz)
            assert_close(echo.amplitude, part.amplitude, rel=1e-12)
        assert both.target_snr[1, k] == close_to(alone[1].expected_snr[seen.recording.receiver_id], rel=1e-12)


def test_each_echo_has_a_phase_of_its_own():
    seen = simulated(several()).observations[1]
    turns = np.angle(seen.echoes[0].amplitude / seen.echoes[1].amplitude)
    assert abs(turns[0] - turns[1]) > 1e-3
    assert np.array_equal(seen.amplitude, seen.echoes[0].amplitude)


def test_a_drawn_target_is_where_the_echo_comes_from():
    prior = TargetPrior(position_covariance_m2=COVARIANCE, velocity_covariance_m2_s2=np.diag([4.0, 1.0, 0.25]))
    scenario = several()
    uncertain = replace(scenario, target=replace(scenario.targets[0], prior=prior))
    one, same, other = (simulated(uncertain, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.targets.position_m, same.targets.position_m)
    assert not np.array_equal(one.targets.position_m, other.targets.position_m)
    place, speed = one.targets.position_m[0], one.targets.velocity_m_s[0]
    there = replace(scenario, target=replace(scenario.targets[0], position_m=place, velocity_m_s=speed))
    exact = simulated(there)
    assert_close(one.steering_tx, exact.steering_tx, abs=1e-12)
    for seen, expected in zip(one.observations, exact.observations, strict=True):
        assert_close(seen.recording.samples, expected.recording.samples, abs=1e-15)
        assert seen.delay_s == expected.delay_s
    many = TargetPoints(position_m=place + np.arange(9.0).reshape(3, 3))
    channel = realise(uncertain, channel_rng(0), points=many)
    again = simulate_block(uncertain, channel, BEAMS, CLEAN, 1)  # whatever the points of the design are
    assert np.array_equal(again.observations[0].recording.samples, one.observations[0].recording.samples)
    with pytest.raises(ValueError, match="3 points, expected 1, one for each target"):
        simulate_block(there, channel, BEAMS, CLEAN, 1)


def test_the_truth_says_which_places_were_drawn():
    scenario = several()
    area = TargetArea(kind="box", size_m=np.array([4.0, 4.0, 0.0]))
    scenario = replace(scenario, targets=(scenario.targets[0], replace(scenario.targets[1], area=area)))
    block = simulated(scenario)
    designed = DesignedNetwork(
        scenario=scenario,
        channel=realise(scenario, channel_rng(0)),
        beams=BEAMS,
        selected_ids=scenario.receiver_ids,
        scenario_sha256="0" * 64,
    )
    truth = truth_document(designed, block, CLEAN, 1)
    assert [(each["id"], each["known"]) for each in truth["targets"]] == [("one", "exact"), ("two", "area")]
    assert truth["target"]["position_m"] == scenario.targets[0].position_m.tolist()
    assert truth["targets"][1]["position_m"] == block.targets.position_m[1].tolist()
    assert truth["targets"][1]["position_m"] != scenario.targets[1].position_m.tolist()
    row = truth["receivers"]["rx3"]
    assert [echo["target"] for echo in row["echoes"]] == ["one", "two"]
    assert row["echoes"][0]["delay_s"] == row["delay_s"]
    geometry = scenario.geometry_at(block.targets.position_m[1])
    assert row["echoes"][1]["delay_s"] == close_to(geometry.delay_s[2], rel=1e-12)
    assert row["echoes"][1]["direction"] == geometry.receiver_to_target[2].tolist()
    assert row["echoes"][1]["expected_snr"] == close_to(float(block.target_snr[1, 2]))
    assert "truth.json" in simulation_files(designed, block, truth)
