"""What holds for every network: the answer moves with it, and does not depend on the order of receivers or batches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic.localization.fusion import localize, localize_many
from tests.support.close import assert_close
from tests.support.localization_networks import exact, measured, noisy, place, sites_of

SEEDS = st.integers(0, 10**6)
PROPERTY = settings(max_examples=25, deadline=None)


@PROPERTY
@given(SEEDS, st.floats(-np.pi, np.pi), st.sampled_from([2, 3]))
def test_a_turned_and_shifted_network_has_a_turned_and_shifted_fix(seed, angle, dimensions):
    rng = np.random.default_rng(seed)
    receivers, target = place(rng, (dimensions + 3,), dimensions), place(rng, (), dimensions)
    velocity, shift = place(rng, (), dimensions, 20.0), place(rng, (), dimensions, 1000.0)
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    here = sites_of(receivers, dimensions)
    there = sites_of(receivers @ turn.T + shift, dimensions, shift)
    delay, doppler = exact(here, target, velocity)
    moved_delay, moved_doppler = exact(there, turn @ target + shift, turn @ velocity)
    assert_close(moved_delay, delay, rel=1e-9)
    one, other = (
        localize(measured(here, delay, doppler), here),
        localize(measured(there, moved_delay, moved_doppler), there),
    )
    assert one.position_verdict == other.position_verdict
    if one.position_verdict == "unique" and one.position_std_m < 10:
        tolerance = 1e-3 * one.position_std_m
        assert_close(turn @ one.position_m + shift, other.position_m, abs=tolerance)
        d = dimensions
        assert_close(
            turn[:d, :d] @ one.position_covariance_m2 @ turn[:d, :d].T,
            other.position_covariance_m2,
            abs=1e-3 * np.trace(one.position_covariance_m2),
        )


@pytest.mark.slow
@PROPERTY
@given(SEEDS, st.sampled_from([2, 3]))
def test_neither_the_order_of_measurements_nor_the_batch_matters(seed, dimensions):
    rng = np.random.default_rng(seed)
    sites = sites_of(place(rng, (6,), dimensions), dimensions)
    target, velocity = place(rng, (), dimensions), place(rng, (), dimensions, 20.0)
    groups = noisy(rng, sites, target, velocity, 3)
    together = localize_many(groups, sites)
    for group, fix in zip(groups, together, strict=True):
        alone = localize([group[i] for i in rng.permutation(6)], sites)
        assert alone.position_verdict == fix.position_verdict
        assert alone.outliers == fix.outliers
        if alone.position_m is not None and fix.position_m is not None:
            assert_close(alone.position_m, fix.position_m, abs=1e-6 * max(1.0, fix.position_std_m))


@pytest.mark.slow
@PROPERTY
@given(SEEDS, st.sampled_from([2, 3]), st.integers(1, 8), st.floats(1e-4, 1e3))
def test_no_number_is_nan_whatever_is_measured(seed, dimensions, receivers, scale):
    """Measurements of nothing: delays and Dopplers drawn at random, any size."""
    from tests.support.degenerate_geometries import assert_sound

    rng = np.random.default_rng(seed)
    sites = sites_of(place(rng, (receivers,), dimensions), dimensions)
    delay, doppler = rng.exponential(3e-7 * scale, receivers), rng.normal(0, 100 * scale, receivers)
    assert_sound(localize(measured(sites, delay, doppler), sites))
