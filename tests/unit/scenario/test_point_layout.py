"""The points where a design looks.

Categories: the beam's width; points of areas cover them, weighted by measure; points of priors have the prior's
moments; several targets; what is left out; how many.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from multistatic.errors import ScenarioError
from multistatic.scenario.area_samples import in_area
from multistatic.scenario.arrays import linear_array, planar_array, single_antenna
from multistatic.scenario.beam_width import COARSE, direction_grid, half_power_half_width
from multistatic.scenario.model import Receiver, Scenario, Target
from multistatic.scenario.point_layout import MOST_POINTS, TOO_MANY, finer_points
from multistatic.scenario.uncertain_target import TargetArea, TargetPrior
from tests.support.close import assert_close, close_to
from tests.support.networks import network

Y = np.array([0.0, 1.0, 0.0])


def scenario_of(target: Target, antennas: int = 16, **changes) -> Scenario:
    base = network(3)
    array = linear_array(antennas, 0.5 * base.radio.wavelength_m)
    return replace(base, transmitter=replace(base.transmitter, array=array, **changes), targets=(target,))


def disc(radius_m: float, **keys) -> TargetArea:
    return TargetArea(kind="disc", radius_m=radius_m, **keys)


# The beam's width


def test_two_antennas_have_half_of_their_power_at_half_of_the_broadside_sine() -> None:
    """|cos(π u/2)|² = ½ at u = ½."""
    assert half_power_half_width(linear_array(2, 0.5), Y, 1.0) == close_to(0.5, rel=1e-4)


@pytest.mark.parametrize("antennas", [16, 64, 256])
def test_a_line_has_the_width_of_its_length(antennas: int) -> None:
    """sinc²(N u/2) = ½ at u = 0.886/N, the limit of many antennas."""
    assert half_power_half_width(linear_array(antennas, 0.5), Y, 1.0) == close_to(0.8859 / antennas, rel=5e-3)


def test_a_line_seen_along_its_axis_has_none() -> None:
    assert half_power_half_width(linear_array(8, 0.5), np.array([1.0, 0.0, 0.0]), 1.0) == np.inf
    assert half_power_half_width(single_antenna(), Y, 1.0) == np.inf


def test_steps_are_half_of_the_width_along_each_axis_of_an_array() -> None:
    grid = direction_grid(planar_array((16, 8), 0.5), 1.0)
    assert_close(np.abs(grid.axes), np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]), abs=1e-12)
    assert_close(grid.step, np.array([0.443 / 16, 0.443 / 8, COARSE]), rel=0.02)


# Areas

AREAS = {
    "disc": disc(18.0),
    "flat disc above": disc(18.0, height_m=(30.0, 30.0)),
    "box": TargetArea(kind="box", size_m=np.array([30.0, 12.0, 0.0])),
    "tall box": TargetArea(kind="box", size_m=np.array([30.0, 12.0, 40.0])),
    "polygon with a hole": TargetArea(
        kind="polygon",
        rings_m=(
            np.array([[0.0, 20.0], [40.0, 25.0], [35.0, 60.0], [5.0, 55.0]]),
            np.array([[15.0, 35.0], [25.0, 35.0], [25.0, 45.0], [15.0, 45.0]]),
        ),
        height_m=(5.0, 20.0),
    ),
    "around the transmitter": disc(70.0, height_m=(20.0, 60.0)),
}


@pytest.mark.parametrize("name", AREAS)
@pytest.mark.parametrize("array", ["line", "plane"])
def test_every_place_of_an_area_has_a_point_within_half_a_half_width(name: str, array: str) -> None:
    """In direction from the transmitter along each axis of the array; places are drawn apart from the layout."""
    area = AREAS[name]
    scenario = scenario_of(Target(position_m=[20.0, 40.0, 0.0], area=area), antennas=12)
    wavelength = scenario.radio.wavelength_m
    if array == "plane":
        flat = planar_array((6, 4), 0.5 * wavelength)
        scenario = replace(scenario, transmitter=replace(scenario.transmitter, array=flat))
    points = scenario.points()
    grid = direction_grid(scenario.transmitter.array, wavelength)
    rng = np.random.default_rng(5)
    low, high = (0.0, 0.0) if area.height_m is None else area.height_m
    if name == "tall box":
        low, high = -20.0, 20.0
    places = np.column_stack(
        [rng.uniform(-60, 100, (20_000, 1)), rng.uniform(-40, 120, (20_000, 1)), rng.uniform(low, high, 20_000)]
    )
    places = places[in_area(area, np.array([20.0, 40.0, 0.0]), places[:, :2])][:600]
    sites = np.vstack([scenario.transmitter.position_m, scenario.receiver_positions_m])
    places = places[np.linalg.norm(places[:, None] - sites, axis=2).min(axis=1) > 3.0]
    coarser = 1.7 if any(TOO_MANY in reason for reason in points.reasons) else 1.0

    def directions(positions):
        path = positions - scenario.transmitter.position_m
        return path / np.linalg.norm(path, axis=1, keepdims=True) @ grid.axes.T

    resolved = grid.step < COARSE
    away = np.abs(directions(places)[:, None, resolved] - directions(points.position_m)[None, :, resolved])
    nearest = (away / grid.step[resolved]).max(axis=2).min(axis=1)
    assert np.all(nearest <= 1.1 * coarser)
    assert points.count <= MOST_POINTS
    beside = 1e-6 * np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, 0.0], [-1.0, 0.0]])
    within = [in_area(area, np.array([20.0, 40.0, 0.0]), points.position_m[:, :2] + shift) for shift in beside]
    assert np.any(within, axis=0).all()  # points lie on the outline, too


def test_weights_are_the_measure_of_the_area() -> None:
    """Mean and second moments of a disc: its centre, and r²/4 along each axis."""
    points = scenario_of(Target(position_m=[20.0, 40.0, 0.0], area=disc(16.0)), antennas=64).points()
    mean = points.weight @ points.position_m
    assert_close(mean, np.array([20.0, 40.0, 0.0]), abs=0.5)
    away = points.position_m - mean
    covariance = (away.T * points.weight) @ away
    assert_close(np.diagonal(covariance)[:2], np.array([64.0, 64.0]), rel=0.15)
    assert float(points.weight.sum()) == close_to(1.0, rel=1e-12)


def test_the_extremes_of_an_area_are_points() -> None:
    """The directions furthest to the left and right, and both heights."""
    target = Target(position_m=[60.0, 0.0, 0.0], area=TargetArea(kind="box", size_m=np.array([20.0, 20.0, 8.0])))
    position = scenario_of(target, antennas=32).points().position_m
    edge = np.abs(np.abs(position[:, 1]) - 10.0) < 1e-9
    assert edge.any()
    assert {-4.0, 4.0} <= set(position[:, 2].tolist())


def test_finer_points_are_closer_in_direction() -> None:
    scenario = scenario_of(Target(position_m=[20.0, 40.0, 0.0], area=disc(15.0)))
    coarse, fine = scenario.points(), finer_points(scenario, 4.0)
    gaps = []
    for points in (coarse, fine):
        sine = np.sort(points.position_m[:, 1] / np.linalg.norm(points.position_m, axis=1))
        gaps.append(float(np.diff(sine).max()))
    assert gaps[1] < 0.5 * gaps[0]
    assert 4 * coarse.count < fine.count <= 20_000


def test_points_are_the_same_every_time() -> None:
    target = Target(position_m=[20.0, 40.0, 0.0], area=disc(15.0))
    one, other = scenario_of(target).points(), scenario_of(target).points()
    assert one.position_m.tobytes() == other.position_m.tobytes()
    assert one.weight.tobytes() == other.weight.tobytes()


def test_an_area_that_takes_too_many_points_gets_fewer_and_says_so() -> None:
    scenario = scenario_of(Target(position_m=[200.0, 0.0, 0.0], area=disc(5000.0)), antennas=512)
    assert scenario.points().count <= MOST_POINTS
    assert TOO_MANY in scenario.points().reasons[0]


# Priors


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    spread_m=st.floats(0.05, 12.0),
    antennas=st.sampled_from([1, 4, 16]),
    finer=st.sampled_from([1.0, 4.0]),
)
def test_the_points_of_a_prior_have_its_mean_and_covariance(seed, spread_m, antennas, finer) -> None:
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((3, 3))
    covariance = spread_m**2 * (root @ root.T + 0.1 * np.eye(3))
    target = Target(position_m=[20.0, 40.0, 35.0], prior=TargetPrior(position_covariance_m2=covariance))
    scenario = scenario_of(target, antennas)
    points = scenario.points() if finer == 1.0 else finer_points(scenario, finer)
    assume(not points.left_out)
    mean = points.weight @ points.position_m
    away = points.position_m - mean
    size = float(np.trace(covariance))
    assert_close(mean, target.position_m, abs=1e-9 * np.sqrt(size))
    assert_close((away.T * points.weight) @ away, covariance, abs=1e-9 * size)


def test_the_points_of_a_prior_are_close_across_the_beam_and_reach_three_standard_deviations() -> None:
    prior = TargetPrior(position_covariance_m2=np.diag([25.0, 25.0, 0.0]))
    scenario = scenario_of(Target(position_m=[50.0, 0.0, 0.0], prior=prior), antennas=32)
    across = np.unique(scenario.points().position_m[:, 1].round(9))
    width_m = 50.0 * 0.886 / 32
    assert np.diff(across).max() <= 0.5 * width_m * 1.01
    assert across[-1] == close_to(15.0)
    assert len(np.unique(scenario.points().position_m[:, 0].round(9))) == 3


def test_a_known_height_stays() -> None:
    prior = TargetPrior(position_covariance_m2=25.0 * np.eye(3))
    points = scenario_of(Target(position_m=[20.0, 40.0, 0.0], prior=prior)).points()
    assert points.count > 1
    assert_close(points.position_m[:, 2], np.zeros(points.count), abs=1e-12)


# Several targets, and what is left out


def test_weights_of_targets_are_shared_over_their_points() -> None:
    base = network(3)
    targets = (
        Target(id="a", position_m=[20.0, 40.0, 0.0], weight=3.0, velocity_m_s=[1.0, 0.0, 0.0]),
        Target(id="b", position_m=[-30.0, 40.0, 0.0], weight=1.0, area=disc(5.0)),
    )
    points = replace(base, targets=targets).points()
    shares = np.bincount(points.target, weights=points.weight)
    assert_close(shares, np.array([0.75, 0.25]), rel=1e-12)
    assert points.velocity_m_s[0].tolist() == [1.0, 0.0, 0.0]
    assert not points.velocity_m_s[1:].any()
    assert len(points.reasons) == 1


def at_receiver(scenario: Scenario) -> list[float]:
    return scenario.receivers[0].position_m.tolist()


def test_what_is_next_to_a_site_is_left_out_and_said() -> None:
    base = network(3)
    target = Target(position_m=at_receiver(base), area=disc(30.0))
    scenario = replace(base, targets=(target,))
    points = scenario.points()
    distance = np.linalg.norm(points.position_m - base.receivers[0].position_m, axis=1)
    assert distance.min() >= 1.0
    assert any(base.receivers[0].id in said for said in points.left_out)
    assert np.linalg.norm(scenario.middle_m - base.receivers[0].position_m) >= 1.0
    assert np.isfinite(scenario.middle().geometry().target_receiver_m).all()


def test_an_area_of_nothing_but_a_site_is_refused() -> None:
    base = network(3)
    scenario = replace(base, targets=(Target(position_m=at_receiver(base), area=disc(0.5)),))
    with pytest.raises(ScenarioError, match=r"target\.area: received every point near"):
        scenario.points()


def test_two_targets_on_both_sides_of_the_transmitter_have_a_middle_off_it() -> None:
    base = network(3)
    here = base.transmitter.position_m
    targets = (
        Target(id="a", position_m=here + np.array([30.0, 0.0, 0.0])),
        Target(id="b", position_m=here - np.array([30.0, 0.0, 0.0])),
    )
    middle = replace(base, targets=targets).middle()
    assert middle.geometry().transmitter_target_m == close_to(30.0)


def test_points_on_a_baseline_are_left_out() -> None:
    base = network(2)
    receiver = Receiver(id="far", position_m=[100.0, 0.0, 0.0])
    prior = TargetPrior(position_covariance_m2=np.diag([4.0, 4.0, 0.0]))
    scenario = replace(base, receivers=(receiver,), targets=(Target(position_m=[50.0, 0.0, 0.0], prior=prior),))
    points = scenario.points()
    assert np.abs(points.position_m[:, 1]).min() > 0.0
    assert any("on the line from the transmitter to far" in said for said in points.left_out)
