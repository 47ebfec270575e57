"""Does the covariance describe the error? Yes where the model is linear, no where a receiver is within reach."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.localization.first_order import to_first_order
from multistatic.localization.observations import observations
from multistatic.localization.residuals import FusionModel
from multistatic.localization.starting_points import completed
from tests.support.localization_networks import exact, measured, place, sites_of


def verdict(dimensions: int, seed: int, *, range_std_m: float, away_m: float | None = None) -> bool:
    """Of a fit of exact measurements of six receivers; one of them `away_m` from the target."""
    rng = np.random.default_rng(seed)
    target, velocity = place(rng, (), dimensions), place(rng, (), dimensions, 15.0)
    receivers = place(rng, (6,), dimensions)
    if away_m is not None:
        offset = place(rng, (), dimensions)
        receivers[0] = target + away_m * offset / np.linalg.norm(offset)
    sites = sites_of(receivers, dimensions)
    group = measured(sites, *exact(sites, target, velocity), range_std_m=range_std_m, rate_std_m_s=1.0)
    model, one = FusionModel(sites=sites, seen=observations([group], sites)), np.array([0])
    x, cost = completed(model, target[None], one)
    _, slopes = model.evaluate(x, one)
    information = np.swapaxes(slopes, 1, 2) @ slopes
    yes = np.array([True])
    return bool(to_first_order(model, x, cost, information, position=yes, wide=yes)[0])


@pytest.mark.parametrize("dimensions", [2, 3])
def test_small_errors_have_their_covariance(dimensions):
    """The second look integrates a Gaussian here; a factor 2 in it, or in the share of the velocity, would show."""
    assert all(verdict(dimensions, seed, range_std_m=1e-3) for seed in range(20))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_errors_that_reach_past_a_receiver_have_none(dimensions):
    assert not any(verdict(dimensions, seed, range_std_m=10.0, away_m=1.0) for seed in range(20))


def test_a_position_that_is_not_observable_has_none():
    sites = sites_of(np.array([[30.0, 0.0, 0.0], [60.0, 0.0, 0.0]]), 2)
    group = measured(sites, np.array([1e-6, 1e-6]), np.zeros(2))
    model = FusionModel(sites=sites, seen=observations([group], sites))
    no, x = np.array([False]), np.ones((1, 4))
    assert not to_first_order(model, x, np.zeros(1), np.eye(4)[None], position=no, wide=~no)[0]
