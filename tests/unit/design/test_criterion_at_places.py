"""The criterion at many places at once equals that of the network as seen from each place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.bounds.position import position_bound
from multistatic.bounds.sensing import sensing_networks
from multistatic.channel.echo_of_points import channel_to_points
from multistatic.channel.realise import realise
from multistatic.design.algorithms import criterion_of
from multistatic.design.criterion_at_places import places_of
from multistatic.scenario.model import Scatterer, Scenario
from multistatic.scenario.target_points import TargetPoints
from tests.support.close import assert_close
from tests.support.uncertain_networks import with_targets

GROUP = np.array([True, True, False, True, True, False])


def some_points(scenario: Scenario) -> TargetPoints:
    rng = np.random.default_rng(5)
    places = scenario.middle_m + rng.uniform(-15.0, 15.0, (9, 3)) * np.array([1.0, 1.0, 0.0])
    return TargetPoints(
        position_m=places, velocity_m_s=rng.uniform(-9.0, 9.0, (9, 3)) * [1, 1, 0], target=np.arange(9) % 3
    )


def found_at_once(scenario: Scenario, points: TargetPoints, light: np.ndarray) -> np.ndarray:
    values = np.zeros(points.count)
    for rows, places in places_of(scenario, realise(scenario, points=points), points):
        values[rows] = places.values(GROUP, light[rows])
    return values


def found_one_by_one(scenario: Scenario, points: TargetPoints, light: np.ndarray) -> np.ndarray:
    make = criterion_of(scenario.design.criterion)
    networks = sensing_networks(scenario, realise(scenario, points=points), points)
    each = [make(network).values(GROUP[None], float(p)) for network, p in zip(networks, light, strict=True)]
    return np.concatenate(each)


@pytest.mark.parametrize("criterion", ["surrogate", "published", "peb", "veb", "weighted"])
@pytest.mark.parametrize("clock_s", [0.0, 1e-9])
@pytest.mark.parametrize("prior_std_m", [None, 3.0])
def test_every_place_has_the_value_of_its_own_network(
    criterion: str, clock_s: float, prior_std_m: float | None
) -> None:
    scenario = with_targets(3, criterion=criterion, clock_s=clock_s, prior_std_m=prior_std_m)
    points = some_points(scenario)
    light = np.random.default_rng(6).uniform(0.1, 4.0, points.count)
    assert_close(found_at_once(scenario, points, light), found_one_by_one(scenario, points, light), rel=1e-9)


def test_a_criterion_of_another_package_gets_each_place_by_itself() -> None:
    def doubled(network: object) -> object:
        made = criterion_of("peb")(network)  # type: ignore[arg-type]

        class Doubled:
            name, unit = "doubled", "m"

            def values(self, masks: np.ndarray, illumination_w: float) -> np.ndarray:
                return 2.0 * made.values(masks, illumination_w)

        return Doubled()

    scenario = with_targets(3)
    points, light = some_points(scenario), np.linspace(0.5, 2.0, 9)
    ours = found_at_once(scenario, points, light)
    other = replace(scenario, design=replace(scenario.design, criterion=doubled))
    assert_close(found_at_once(other, points, light), 2.0 * ours, rel=1e-12)


def test_the_channel_of_other_points_is_the_one_that_is_realised_there() -> None:
    plain = with_targets(3)
    targets = tuple(replace(each, rcs_bistatic_db=4.0 * number) for number, each in enumerate(plain.targets))
    scenario = replace(plain, targets=targets)
    points = some_points(scenario)
    realised = realise(scenario, points=points)
    moved = channel_to_points(scenario, realise(scenario), points)
    for name in ("direct", "steering_tx", "steering_rx", "echo_gain", "echo_path_gain"):
        assert_close(getattr(moved, name), getattr(realised, name), rel=1e-13)


def test_coloured_clutter_is_that_of_the_given_signal() -> None:
    scenario = with_targets(
        3,
        antennas=2,
        clutter="signal_dependent",
        scatterers=(Scatterer(position_m=np.array([30.0, 10.0, 0.0]), reflection=1e-3),),
    )
    points, light = some_points(scenario), np.ones(9)
    covariance = 0.1 * np.eye(scenario.transmitter.array.size)
    channel = realise(scenario, points=points)
    values = np.zeros(points.count)
    for rows, places in places_of(scenario, channel, points, covariance):
        values[rows] = places.values(GROUP, light[rows])
    networks = sensing_networks(scenario, channel, points, covariance)
    expected = [criterion_of("peb")(network).values(GROUP[None], 1.0)[0] for network in networks]
    assert_close(values, expected, rel=1e-9)


@pytest.mark.parametrize("prior_std_m", [None, 3.0])
def test_covariances_are_those_of_the_position_bound(prior_std_m: float | None) -> None:
    scenario = with_targets(3, prior_std_m=prior_std_m)
    points, channel = some_points(scenario), realise(scenario, points=some_points(scenario))
    networks = sensing_networks(scenario, channel, points)
    light = np.linspace(0.5, 2.0, 9)
    for rows, places in places_of(scenario, channel, points):
        position, velocity = (places.covariances(GROUP, light[rows], each) for each in ("position", "velocity"))
        for row, p, v in zip(rows, position, velocity, strict=True):
            bound = position_bound(networks[row], GROUP, float(light[row]))
            assert_close(np.sqrt(np.trace(p)), bound.peb_m, rel=1e-9)
            assert_close(np.sqrt(np.trace(v)), bound.veb_m_s, rel=1e-9)


def test_a_single_receiver_leaves_every_place_unobservable() -> None:
    scenario = with_targets(3)
    points = some_points(scenario)
    alone = np.arange(6) == 0
    for rows, places in places_of(scenario, realise(scenario, points=points), points):
        assert np.isinf(places.values(alone, np.ones(len(rows)))).all()
