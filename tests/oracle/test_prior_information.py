"""Bounds and criteria with prior information about the target, against dense Fisher matrices.

1. PEB, VEB and covariance of every group against the inverse of J₀ plus the Fisher matrix of the sampled signals.
2. Equivalence: the prior is one more receiver; one of no use is none; many that measure nothing but the prior.
3. With clocks: the offsets as unknowns of their own.
4. The criteria against one bound at a time, at every illumination, and the declared gain.
5. What is said: verdicts and reasons.
6. The expected posterior bound and that of van Trees.
7. Networks of a scenario's points.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic import load_preset, realise
from multistatic.bounds.bayesian_bound import van_trees_bound
from multistatic.bounds.clock import ClockErrors
from multistatic.bounds.criteria import peb, surrogate, veb, weighted
from multistatic.bounds.delay_doppler import exact_information
from multistatic.bounds.position import position_bound, position_information
from multistatic.bounds.sensing import sensing_networks
from multistatic.bounds.square_root import whitened_rows
from multistatic.linalg import root_of_two
from multistatic.scenario.target_points import TargetPoints
from multistatic.scenario.uncertain_target import TargetPrior
from tests.oracle.test_position import brute_force_information, sensing
from tests.support.close import assert_close, close_to

GROUPS = ((np.arange(16)[:, None] >> np.arange(4)) & 1).astype(bool)


def prior(dimensions: int, *, seed: int = 0, velocity: bool = True, size_m: float = 3.0) -> np.ndarray:
    """Information with every correlation, of about what the receivers of these tests have."""
    rng = np.random.default_rng(seed)
    units = np.repeat([size_m, 10.0 * size_m], dimensions)
    root = rng.normal(size=(2 * dimensions, 2 * dimensions))
    found = root @ root.T / np.outer(units, units)
    if not velocity:
        found[dimensions:] = found[:, dimensions:] = 0.0
    return found


def inverse(information: np.ndarray) -> np.ndarray:
    scale = np.sqrt(np.diagonal(information))
    return np.linalg.inv(information / np.outer(scale, scale)) / np.outer(scale, scale)


@pytest.mark.parametrize("angles", [False, True])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_bound_is_the_inverse_of_prior_and_sampled_signals(dimensions, angles):
    known = prior(dimensions)
    seen = replace(sensing(dimensions), prior_information=known)
    for mask in GROUPS[[0, 1, 6, 15]]:
        expected = inverse(known + brute_force_information(dimensions, mask, "half_sine", angles))
        bound = position_bound(seen, mask, 1.0, angles=angles)
        assert_close(bound.covariance_m2, expected[:dimensions, :dimensions], rel=2e-5)
        assert bound.peb_m == close_to(np.sqrt(np.trace(expected[:dimensions, :dimensions])), rel=1e-5)
        assert bound.veb_m_s == close_to(np.sqrt(np.trace(expected[dimensions:, dimensions:])), rel=1e-5)
        assert (bound.position, bound.velocity, bound.reason) == ("observable", "observable", "")


def test_the_prior_matters_in_these_tests():
    seen, known = sensing(2), prior(2)
    with_prior = position_bound(replace(seen, prior_information=known), GROUPS[15], 1.0)
    without = position_bound(seen, GROUPS[15], 1.0)
    assert with_prior.peb_m < 0.95 * without.peb_m
    assert with_prior.veb_m_s < 0.95 * without.veb_m_s
    alone = position_bound(replace(seen, prior_information=known), GROUPS[0], 1.0)
    assert with_prior.peb_m < 0.8 * alone.peb_m


@pytest.mark.parametrize("criterion", [peb, veb, weighted])
@pytest.mark.parametrize("velocity", [False, True])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_criteria_are_the_bounds_of_every_group_at_every_illumination(dimensions, velocity, criterion):
    seen = replace(sensing(dimensions), prior_information=prior(dimensions, velocity=velocity), velocity_weight_s=1e-3)
    made = criterion(seen)
    light = np.array([0.0, 1e-3, 0.3, 40.0])
    found = made.values(GROUPS, light)
    for column, power in zip(found.T, light, strict=True):
        assert_close(made.values(GROUPS, float(power)), column, rel=1e-12)
        for value, mask in zip(column, GROUPS, strict=True):
            bound = position_bound(seen, mask, float(power))
            errors = [np.inf if each is None else each for each in (bound.peb_m, bound.veb_m_s)]
            expected = {"peb": errors[0], "veb": errors[1]}.get(made.name, np.hypot(errors[0], 1e-3 * errors[1]))
            assert np.isfinite(value) == np.isfinite(expected)
            assert not np.isfinite(value) or value == close_to(expected, rel=1e-8)


def test_the_gain_has_the_prior_as_its_constant():
    seen = replace(sensing(3), prior_information=prior(3))
    gain = peb(seen).gain
    assert_close(gain.constant, prior(3), rel=1e-12)
    for mask in GROUPS:
        information = gain.constant + 0.3 * gain.information[mask].sum(axis=0)
        expected = np.trace(gain.weighting @ inverse(information)) ** gain.exponent
        assert peb(seen).values(mask, 0.3)[0] == close_to(expected, rel=1e-9)
    assert peb(sensing(3)).gain.constant is None


def test_a_prior_is_one_more_receiver_that_is_always_selected():
    """Information that the first receiver brings may as well be known before."""
    seen = sensing(3)
    brought = position_information(seen, 0.3)[0]
    known = replace(seen, prior_information=brought, snr_per_watt=seen.snr_per_watt * [0.0, 1.0, 1.0, 1.0])
    for mask in GROUPS[[15, 14]]:
        for name in (peb, veb):
            assert name(known).values(mask, 0.3)[0] == close_to(name(seen).values(GROUPS[15], 0.3)[0], rel=1e-8)


def test_a_prior_of_no_use_is_none_and_one_that_is_sure_decides():
    seen = sensing(2)
    vague = position_bound(replace(seen, prior_information=1e-12 * prior(2)), GROUPS[15], 1.0)
    without = position_bound(seen, GROUPS[15], 1.0)
    assert_close(vague.covariance_m2, without.covariance_m2, rel=1e-9)
    known = 1e9 * prior(2)
    sure = position_bound(replace(seen, prior_information=known), GROUPS[15], 1.0)
    assert_close(sure.covariance_m2, inverse(known)[:2, :2], rel=1e-6)
    nothing = replace(seen, prior_information=np.zeros((4, 4)))
    assert nothing.prior_information.size == 0
    assert position_bound(nothing, GROUPS[15], 1.0).peb_m == without.peb_m


@pytest.mark.parametrize("dimensions", [2, 3])
def test_clocks_and_a_prior(dimensions):
    """Every offset an unknown of its own, beside (p, v): the dense information of all of them."""
    clock = ClockErrors(
        time_s=[1e-9, 0.0, 2e-9, 5e-9],
        frequency_hz=[30.0, 10.0, 0.0, 5.0],
        common_time_s=3e-9,
        common_frequency_hz=20.0,
    )
    known = prior(dimensions)
    seen = replace(sensing(dimensions), clock=clock, prior_information=known)
    rows = whitened_rows(replace(seen, clock=None, prior_information=np.zeros((0, 0))), 0.4)
    size, slot_s = 2 * dimensions, 0.5 / seen.bandwidth_hz
    roots = root_of_two(exact_information(seen, 0.4)) / np.array([slot_s, 1.0 / slot_s])
    for mask in GROUPS[[3, 7, 15]]:
        total = np.zeros((size + 10, size + 10))
        total[:size, :size] = known
        for k in np.flatnonzero(mask):
            row = np.zeros((2, size + 10))
            row[:, :size] = rows.target.hi[k]
            row[:, size : size + 2] = row[:, size + 2 + 2 * k : size + 4 + 2 * k] = roots[k]
            total += row.T @ row
        std = np.concatenate([clock.common, np.stack([clock.time_s, clock.frequency_hz], axis=1).ravel()])
        total[range(size, size + 10), range(size, size + 10)] += np.where(
            std > 0, 1 / np.where(std > 0, std, 1) ** 2, 0
        )
        unknown = [*range(size), *(size + np.flatnonzero(std > 0))]
        expected = inverse(total[np.ix_(unknown, unknown)])
        bound = position_bound(seen, mask, 0.4)
        assert bound.peb_m == close_to(np.sqrt(np.trace(expected[:dimensions, :dimensions])), rel=1e-7)
        part = expected[dimensions:size, dimensions:size]
        assert bound.veb_m_s == close_to(np.sqrt(np.trace(part)), rel=1e-7)
        assert peb(seen).values(mask, 0.4)[0] == close_to(bound.peb_m, rel=1e-12)
    known_clock = peb(seen).with_transmitter_clock_known(0.4)
    assert np.all(known_clock.values(GROUPS, 1.0) <= peb(seen).values(GROUPS, 0.4) * (1 + 1e-9))
    assert np.isfinite(known_clock.values(GROUPS, 1.0)).all()


def test_what_is_said_without_receivers_and_of_the_velocity():
    seen = replace(sensing(3), prior_information=prior(3, velocity=False))
    nobody = position_bound(seen, GROUPS[0], 1.0)
    assert (nobody.position, nobody.velocity) == ("observable", "unobservable")
    assert_close(nobody.covariance_m2, inverse(prior(3)[:3, :3]), rel=1e-9)
    alone = position_bound(seen, GROUPS[1], 1.0)
    assert alone.position == "observable"
    assert "the velocity in 3-D needs at least 3 receivers" in alone.reason
    assert position_bound(seen, GROUPS[1], 0.0).peb_m == close_to(nobody.peb_m, rel=1e-12)


def test_surrogates_are_the_same_with_a_prior():
    seen = sensing(3)
    known = replace(seen, prior_information=prior(3))
    assert np.array_equal(surrogate(known).values(GROUPS, 0.3), surrogate(seen).values(GROUPS, 0.3))


def test_prior_information_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"prior_information of shape \[4, 4\], expected \[6, 6\]"):
        replace(sensing(3), prior_information=prior(2))


def test_the_expected_posterior_bound_is_never_below_that_of_van_trees():
    scenario = load_preset("paper")
    rng = np.random.default_rng(5)
    known = TargetPrior(position_covariance_m2=25.0 * np.eye(3), velocity_covariance_m2_s2=4.0 * np.eye(3))
    scenario = replace(scenario, target=replace(scenario.target, prior=known))
    count = 9
    points = TargetPoints(
        position_m=scenario.middle_m + 5.0 * rng.normal(size=(count, 3)) * [1, 1, 0], weight=rng.random(count)
    )
    networks = sensing_networks(scenario, realise(scenario, points=points), points)
    d = networks[0].dimensions
    chosen = np.arange(10) < 4
    for spread in (0.0, 3.0, 8.0):
        light = 1e-9 * 10.0 ** (spread * rng.random(count))
        each = np.array([peb(seen).values(chosen, float(p))[0] for seen, p in zip(networks, light, strict=True)])
        expected = np.sqrt(np.sum(points.weight * each**2))
        total = sum(
            w * (seen.prior_information + position_information(seen, p)[chosen].sum(axis=0))
            for w, seen, p in zip(points.weight, networks, light, strict=True)
        )
        bound = van_trees_bound(networks, points.weight, chosen, light)
        assert bound == close_to(np.sqrt(np.trace(inverse(total)[:d, :d])), rel=1e-8)
        assert bound <= expected * (1 + 1e-12)
    assert bound < 0.95 * expected
    only = van_trees_bound(networks[:1], np.ones(1), chosen, light[:1])
    assert only == close_to(peb(networks[0]).values(chosen, float(light[0]))[0], rel=1e-8)


def test_van_trees_refuses_clocks():
    late = replace(sensing(2), clock=ClockErrors(time_s=np.full(4, 1e-9)))
    with pytest.raises(ValueError, match="synchronised"):
        van_trees_bound([late], np.ones(1), np.ones(4, bool), np.ones(1))


def test_each_point_has_the_prior_of_its_target():
    scenario = load_preset("paper")
    known = TargetPrior(position_covariance_m2=np.diag([4.0, 9.0, 1.0]))
    second = replace(
        scenario.target, id="second", position_m=scenario.middle_m + np.array([5.0, 0.0, 0.0]), prior=known
    )
    scenario = replace(scenario, targets=(scenario.target, second))
    points = TargetPoints(position_m=[target.position_m for target in scenario.targets], target=[0, 1])
    first, last = sensing_networks(scenario, realise(scenario, points=points), points)
    assert first.prior_information.size == 0
    assert_close(np.diagonal(last.prior_information), [1 / 4, 1 / 9, 0.0, 0.0], rel=1e-12)
