"""Estimates and intervals: against SciPy's own tests and against enumeration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from multistatic.study.statistics import interval_estimate
from tests.support.close import close_to

NAN = float("nan")


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("count", [2, 3, 30])
def test_mean_has_the_interval_of_the_t_test(count: int, confidence: float) -> None:
    values = np.random.default_rng(count).exponential(2.0, count)
    found = interval_estimate(values, statistic="mean", confidence=confidence)
    oracle = stats.ttest_1samp(values, 0.0).confidence_interval(confidence)
    assert found.value == close_to(values.mean())
    assert (found.low, found.high) == close_to((oracle.low, oracle.high))


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("count", [6, 7, 8, 9, 10, 25, 100, 101])
def test_median_has_the_shortest_symmetric_interval_that_covers(count: int, confidence: float) -> None:
    """Ranks j and n+1-j cover with probability 1 - 2 P(Bin(n, 1/2) < j), summed here term by term."""
    values = np.random.default_rng(count).permutation(np.arange(count)) + 0.5
    found = interval_estimate(values, statistic="median", confidence=confidence)

    def coverage(rank: int) -> float:
        return 1.0 - 2.0 * sum(math.comb(count, i) for i in range(rank)) / 2**count

    ranks = [rank for rank in range(1, count // 2 + 1) if coverage(rank) >= confidence]
    if not ranks:
        assert (found.low, found.high) == (None, None)
        return
    assert (found.low, found.high) == (max(ranks) - 0.5, count - max(ranks) + 0.5)
    assert found.value == close_to(np.median(values))


def test_median_is_no_wider_than_scipys_quantile_test() -> None:
    values = np.random.default_rng(1).standard_normal(80)
    found = interval_estimate(values, statistic="median")
    oracle = stats.quantile_test(values, q=0.0, p=0.5).confidence_interval(0.95)
    assert oracle.low <= found.low <= found.value <= found.high <= oracle.high


@pytest.mark.parametrize(("hits", "count"), [(0, 10), (3, 10), (10, 10), (1, 2)])
def test_proportion_has_wilsons_interval(hits: int, count: int) -> None:
    values = np.arange(count) < hits
    found = interval_estimate(values, statistic="median", confidence=0.9, proportion=True)
    z = stats.norm.ppf(0.95)
    share = hits / count
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    assert found.value == share
    assert (found.low, found.high) == close_to((centre - reach, centre + reach), abs=1e-12)


@given(st.lists(st.one_of(st.just(NAN), st.floats(-1e6, 1e6)), max_size=40), st.sampled_from(["mean", "median"]))
@settings(max_examples=200, deadline=None)
def test_missing_values_are_left_out_and_nothing_is_nan(values: list[float], statistic: str) -> None:
    found = interval_estimate(values, statistic=statistic)
    known = [value for value in values if not math.isnan(value)]
    assert found == interval_estimate(known, statistic=statistic)
    assert found.count == len(known)
    numbers = [number for number in (found.value, found.low, found.high) if number is not None]
    assert all(math.isfinite(number) for number in numbers)
    assert (found.value is None) == (not known)
    if found.low is not None and found.high is not None and found.value is not None:
        assert found.low - 1e-6 <= found.value <= found.high + 1e-6


@given(st.permutations(list(range(20))))
@settings(max_examples=30, deadline=None)
def test_order_does_not_matter_to_the_median(order: list[int]) -> None:
    values = np.random.default_rng(3).lognormal(size=20)
    assert interval_estimate(values[order], statistic="median") == interval_estimate(values, statistic="median")


def test_relative_half_width() -> None:
    found = interval_estimate([1.0, 2.0, 4.0, 9.0], statistic="mean")
    assert found.relative_half_width == close_to((found.high - 4.0) / 4.0)
    assert interval_estimate([1.0], statistic="mean").relative_half_width is None
    assert interval_estimate([-1.0, 1.0], statistic="mean").relative_half_width is None  # no part of nothing
    assert interval_estimate([], statistic="median").value is None


def test_the_half_width_is_the_longer_side() -> None:
    """Of a skewed median the sides differ: a rule that watched the shorter one would stop too early."""
    found = interval_estimate([1.0, 2.0, 3.0, 4.0, 50.0, 60.0, 70.0], statistic="median")
    assert (found.low, found.value, found.high) == (1.0, 4.0, 70.0)
    assert found.half_width == 66.0
    assert found.relative_half_width == close_to(16.5)
