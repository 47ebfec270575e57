"""Random placement: both densities against their distribution functions, and that it repeats."""

import numpy as np
import pytest
from scipy import stats

from multistatic.scenario.placement import numbered_ids, place_on_annulus, placement_rng

ARGUMENTS = {"centre_m": np.array([5.0, -3.0, 2.0]), "radius_m": [10.0, 100.0], "height_m": [1.5, 20.0]}
# Kolmogorov-Smirnov at a fixed seed; a true law fails with probability 1e-4, a law 3 % off is found with 0.99.
COUNT, LEVEL = 20_000, 1e-4


def polar(positions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y, z = (positions - [5.0, -3.0, 0.0]).T
    return np.hypot(x, y), np.arctan2(y, x), z


@pytest.mark.parametrize(
    ("density", "law"),
    [
        ("area", lambda r: (r**2 - 10.0**2) / (100.0**2 - 10.0**2)),
        ("radius", lambda r: (r - 10.0) / 90.0),
    ],
)
def test_density(density, law):
    radius, angle, height = polar(place_on_annulus(placement_rng(3), COUNT, density=density, **ARGUMENTS))
    assert radius.min() >= 10.0
    assert radius.max() <= 100.0
    assert stats.kstest(radius, law).pvalue > LEVEL
    assert stats.kstest(angle, stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > LEVEL
    assert stats.kstest(height, stats.uniform(1.5, 18.5).cdf).pvalue > LEVEL
    assert abs(stats.spearmanr(radius, angle).statistic) < 0.03
    assert abs(stats.spearmanr(radius, height).statistic) < 0.03


def test_the_two_densities_are_distinguished():
    radius, _, _ = polar(place_on_annulus(placement_rng(3), COUNT, density="radius", **ARGUMENTS))
    assert stats.kstest(radius, lambda r: (r**2 - 100.0) / 9900.0).pvalue < 1e-9


def test_more_receivers_leave_the_first_where_they_were():
    few, many = (place_on_annulus(placement_rng(1), n, density="area", **ARGUMENTS) for n in (5, 50))
    np.testing.assert_array_equal(few, many[:5])


def test_seeds_differ_and_the_channel_has_another_stream():
    from multistatic.channel.realise import channel_rng

    draws = [placement_rng(1).random(4), placement_rng(2).random(4), channel_rng(1).random(4)]
    assert len({tuple(draw) for draw in draws}) == 3
    np.testing.assert_array_equal(placement_rng(1).random(4), draws[0])


def test_ids_sort_in_their_order():
    ids = numbered_ids("rx", 120)
    assert ids[:2] == ["rx001", "rx002"]
    assert sorted(ids) == ids
