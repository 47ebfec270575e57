"""Where the search begins: exact measurements put a start at the target, before any search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.bounds.clock import ClockErrors
from multistatic.localization.ellipses import meeting_points
from multistatic.localization.levenberg_marquardt import minimise
from multistatic.localization.observations import observations
from multistatic.localization.residuals import FusionModel
from multistatic.localization.starting_points import blurred, closed_form_starts, completed, grid_starts, site_starts
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.close import assert_close, close_to
from tests.support.localization_networks import exact, measured, place, sites_of


def model_of(dimensions: int, receivers: int, seed: int, offset_s: float = 0.0, clock: ClockErrors | None = None):
    rng = np.random.default_rng(seed)
    sites = sites_of(place(rng, (receivers,), dimensions), dimensions, clock=clock)
    target, velocity = place(rng, (), dimensions), place(rng, (), dimensions, 15.0)
    delay, doppler = exact(sites, target, velocity)
    group = measured(sites, delay + offset_s, doppler)
    return FusionModel(sites=sites, seen=observations([group], sites)), target, velocity


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_shared_offset_is_eliminated_in_closed_form(dimensions):
    """d + 1 receivers: the target is one of both meeting points; d + 2: still."""
    for receivers in (dimensions + 1, dimensions + 2):
        for seed in range(20):
            model, target, _ = model_of(dimensions, receivers, seed)
            reach = model.seen.measured[..., 0] + 37.0
            points = meeting_points(
                reach,
                np.ones_like(reach),
                model.sites.transmitter_m,
                model.sites.receivers_m[None],
                dimensions,
                0.0,
                common_offset=True,
            )
            assert np.linalg.norm(points[0] - target, axis=-1).min() < 1e-5


@pytest.mark.parametrize("dimensions", [2, 3])
def test_velocity_and_offset_follow_from_the_position(dimensions):
    clock = ClockErrors(time_s=np.zeros(6), frequency_hz=np.zeros(6), common_time_s=np.inf)
    model, target, velocity = model_of(dimensions, 6, 4, offset_s=2e-7, clock=clock)
    x, cost = completed(model, target[None], np.array([0]))
    d = dimensions
    assert_close(x[0, d : 2 * d], velocity[:d], abs=1e-8)
    assert x[0, -1] == close_to(2e-7 * SPEED_OF_LIGHT_M_S, rel=1e-9)
    assert cost[0] < 1e-9


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_first_start_is_the_target_and_the_grid_comes_near(dimensions):
    for seed in range(10):
        model, target, _ = model_of(dimensions, 5, seed)
        states, costs = closed_form_starts(model)
        assert np.linalg.norm(states[0, 0, :dimensions] - target[:dimensions]) < 1e-5
        assert np.all(np.diff(costs[0]) >= 0)
        near, _ = grid_starts(model)
        away = np.linalg.norm(near[0, :, :dimensions] - target[:dimensions], axis=1)
        assert away.min() < 0.25 * model.seen.measured[0, :, 0].max()


@pytest.mark.parametrize("dimensions", [2, 3])
def test_from_rings_the_search_finds_a_target_beside_a_receiver(dimensions):
    rng = np.random.default_rng(3)
    for _ in range(20):
        sites = sites_of(place(rng, (5,), dimensions), dimensions)
        offset = place(rng, (), dimensions, 1.0)
        target = sites.receivers_m[2] + 3.0 * offset / np.linalg.norm(offset)
        delay, doppler = exact(sites, target, place(rng, (), dimensions, 15.0))
        group = measured(sites, delay, doppler, range_std_m=5.0, rate_std_m_s=5.0)
        model = FusionModel(sites=sites, seen=observations([group], sites))
        states, costs = site_starts(model)
        assert costs.shape == (1, 2 * 6)
        ends = minimise(model.evaluate, states[0], np.zeros(12, int))
        assert np.linalg.norm(ends.x[:, :dimensions] - target[:dimensions], axis=1).min() < 1e-3


@pytest.mark.parametrize(
    ("own_m", "common_m", "too_few"),
    [
        ((0, 0, 0, 0, 0), 0, False),
        ((9, 9, 0, 0, 0), 0, False),  # three sharp ranges in the plane meet in one place
        ((9, 9, 9, 0, 0), 0, True),
        ((np.inf, np.inf, np.inf, 0, 0), 0, False),  # two are all there is: closed forms find both places
        ((9, 9, 0, 0, 0), 9, True),
        ((0, 0, 0, 0, 0), 9, False),
        ((9, 0, 0, 0, 0), np.inf, False),
    ],
)
def test_ranges_are_blurred_where_too_few_sharp_ones_decide(own_m, common_m, too_few):
    clock = ClockErrors(
        time_s=np.array(own_m) / SPEED_OF_LIGHT_M_S,
        frequency_hz=np.zeros(5),
        common_time_s=common_m / SPEED_OF_LIGHT_M_S,
    )
    model, _, _ = model_of(2, 5, 1, clock=clock)
    assert blurred(model).tolist() == [too_few]


@pytest.mark.parametrize("seed", range(4))
def test_a_component_gives_the_direction_and_its_mirror_image(seed):
    """An array along y measures u_y: one receiver's range puts a start at the target from either side of the array."""
    rng = np.random.default_rng(seed)
    sites = sites_of(place(rng, (1,), 2), 2)
    target = place(rng, (), 2)
    towards = (target - sites.receivers_m[0]) / np.linalg.norm(target - sites.receivers_m[0])
    mirrored = towards * [-1.0, 1.0, 1.0]
    (one,) = measured(sites, *exact(sites, target, np.zeros(3)))
    along_y = 1e-8 * np.diag([0.0, 1.0, 0.0])
    for direction in (towards, mirrored):
        seen = replace(one, direction=direction, direction_covariance=along_y, direction_kind="components")
        states, costs = closed_form_starts(FusionModel(sites=sites, seen=observations([[seen]], sites)))
        found = states[0, np.isfinite(costs[0]), :2]
        assert np.linalg.norm(found - target[:2], axis=1).min() < 1e-6
