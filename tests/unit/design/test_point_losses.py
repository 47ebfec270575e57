"""Values over several points as losses of beams, and bounds of values that are no powers of the illuminations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic.bounds.criteria import AdditiveCriterion
from multistatic.design.instance import instance_of
from multistatic.design.point_laws import PowerLaw, exponent_of
from multistatic.design.point_losses import LightLimit, PointLoss
from multistatic.scenario.model import OverPoints
from multistatic.selection.criterion_of_points import CriterionOfPoints
from multistatic.selection.over_points import reduced
from tests.support.close import assert_close, close_to
from tests.support.uncertain_networks import with_targets

MODES: tuple[OverPoints, ...] = ("worst", "mean", "mean_square")


@pytest.mark.parametrize("over", MODES)
@pytest.mark.parametrize("exponent", [0.5, 1.0])
def test_the_loss_of_the_beams_gives_the_value_over_the_points(over: OverPoints, exponent: float) -> None:
    rng = np.random.default_rng(1)
    values, light = rng.uniform(0.5, 3.0, 6), rng.uniform(0.2, 5.0, 6)
    weight = rng.dirichlet(np.ones(6))
    law = PowerLaw(exponent=exponent, over=over, weight=weight)
    found = law.value(np.asarray(law.objective(values).loss(light)))
    assert float(found) == close_to(float(reduced(values * light**-exponent, weight, over)), rel=1e-12)


@pytest.mark.parametrize("over", MODES)
def test_shares_and_their_sum_are_the_bound(over: OverPoints) -> None:
    rng = np.random.default_rng(2)
    values, price = rng.uniform(0.5, 3.0, (4, 6)), rng.uniform(0.0, 1.0, 6)
    law = PowerLaw(exponent=0.5, over=over, weight=rng.dirichlet(np.ones(6)))
    share, power = law.shares(price)
    sums = values**power @ share
    bounds = law.proven(price, np.full(4, 1.7), law.weights(values))
    assert_close([law.of_sum(float(each), 1.7) for each in sums], bounds, rel=1e-12)


def test_an_exponent_is_that_of_every_point_or_none() -> None:
    assert exponent_of(instance_of(with_targets(3)).criterion()) == 0.5
    assert exponent_of(instance_of(with_targets(3, criterion="surrogate")).criterion()) == 1.0
    assert exponent_of(instance_of(with_targets(3, clock_s=1e-9)).criterion()) is None
    assert exponent_of(instance_of(with_targets(1, prior_std_m=3.0)).criterion()) is None
    additive = AdditiveCriterion(name="surrogate", constant=1.0, weights=np.ones(2))
    assert exponent_of(CriterionOfPoints(criteria=(additive, additive))) == 1.0


def stieltjes(seed: int, points: int) -> PointLoss:
    """√Σ_m α_m/(s_m + p) + β with s of several sizes: as with clocks (β > 0) and prior information (s > 0)."""
    rng = np.random.default_rng(seed)
    alpha, shift = rng.uniform(0.1, 2.0, (points, 3)), 10.0 ** rng.uniform(-3.0, 1.0, (points, 3))
    rest = rng.uniform(0.0, 0.3, points)

    def values(light: np.ndarray) -> np.ndarray:
        return np.sqrt(np.sum(alpha / (shift + light[:, None]), axis=1) + rest)

    over = MODES[seed % 3]
    return PointLoss(values=values, over=over, weight=rng.dirichlet(np.ones(points)))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), points=st.integers(1, 6))
def test_no_illuminations_within_the_limit_have_a_value_below_the_bound(seed: int, points: int) -> None:
    loss = stieltjes(seed, points)
    rng = np.random.default_rng(seed + 1)
    price = rng.uniform(0.0, 1.0, points) * (rng.uniform(size=points) > 0.2)
    price[0] = max(price[0], 0.1)
    limit_w = rng.uniform(1.0, 4.0, points)
    limit = LightLimit(price=price, light_w=float(rng.uniform(0.1, 1.0) * price @ limit_w), limit_w=limit_w)
    proven = loss.proven(limit, rng.uniform(0.1, 1.0, points) * limit_w)
    assert proven > 0.0
    for _ in range(40):
        light = limit_w * rng.uniform(size=points) ** rng.choice([0.2, 1.0, 3.0])
        used = float(price @ light)
        light = np.where(price > 0.0, light * min(1.0, limit.light_w / max(used, 1e-12)), light)
        assert loss.value(light) >= proven * (1.0 - 1e-9)


@pytest.mark.parametrize("seed", range(9))
def test_the_bound_is_reached_by_the_best_illuminations(seed: int) -> None:
    """A minimum over two points is found by looking at all of them."""
    loss = stieltjes(seed, 2)
    price, light_w = np.array([0.7, 1.3]), 1.5
    limit = LightLimit(price=price, light_w=light_w, limit_w=np.full(2, 50.0))
    share = np.linspace(1e-6, 1.0 - 1e-6, 4_001)
    best = min(loss.value(np.array([t, 1.0 - t]) * light_w / price) for t in share)
    proven = loss.proven(limit, np.array([0.5, 0.5]) * light_w / price)
    assert proven <= best * (1.0 + 1e-9)
    assert proven == close_to(best, rel=3e-4)


def test_a_point_that_needs_no_light_does_not_weaken_the_bound() -> None:
    """All light is for the first point: what is known before of the second one is better than the first ever gets."""
    loss = PointLoss(
        values=lambda light: np.sqrt(np.array([1.0, 0.01]) / (np.array([1e-9, 1.0]) + light)),
        over="worst",
        weight=np.array([0.5, 0.5]),
    )
    limit = LightLimit(price=np.array([1.0, 1.0]), light_w=1.0, limit_w=np.array([2.0, 2.0]))
    assert loss.proven(limit, np.array([0.5, 0.5])) == close_to(1.0, rel=1e-4)


@pytest.mark.parametrize("seed", [0, 3, 6])
def test_the_least_light_of_a_level_has_that_level(seed: int) -> None:
    loss = stieltjes(seed, 4)
    start = np.full(4, 2.0)
    level = float(loss.values(start).max())
    found = loss.least_light(level, start)
    needed = found > 0.0
    assert needed.any()
    assert_close(loss.values(found)[needed], np.full(int(needed.sum()), level), rel=1e-5)
    assert np.all(loss.values(np.where(needed, found, 1e-9))[~needed] <= level * (1.0 + 1e-6))


def test_slopes_are_derivatives() -> None:
    loss = stieltjes(1, 3)
    light = np.array([0.3, 1.0, 2.0])
    step = 1e-6
    difference = (loss.terms(light - step) - loss.terms(light + step)) / (2.0 * step)
    assert_close(loss.slopes(light), difference, rel=1e-6)
