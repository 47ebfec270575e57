"""Intervals cover as often as they say. Seeds are fixed; each bound is met by a right program with probability
1 - 1e-3 or more if the seed were random, and a level that is off by 3 % is found with probability 0.99 or more.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from multistatic.study.statistics import interval_estimate

pytestmark = pytest.mark.slow

REPEATS = 4000


def covered(statistic: str, truth: float, samples: np.ndarray, confidence: float) -> int:
    """How many of the rows of `samples` have an interval around `truth`."""
    found = (interval_estimate(row, statistic=statistic, confidence=confidence) for row in samples)
    return sum(each.low <= truth <= each.high for each in found)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_mean_of_normal_values(confidence: float) -> None:
    samples = np.random.default_rng(1).normal(3.0, 2.0, (REPEATS, 12))
    hits = covered("mean", 3.0, samples, confidence)
    low, high = binom.ppf([5e-4, 1 - 5e-4], REPEATS, confidence)
    assert low <= hits <= high


def test_median_of_skewed_values_is_never_below_its_level() -> None:
    """Exact for every distribution: ranks 10 and 21 of 30 cover with 0.957, the next pair with less than 0.95."""
    samples = np.random.default_rng(2).lognormal(0.0, 1.5, (REPEATS, 30))
    hits = covered("median", 1.0, samples, 0.95)
    exact = 1.0 - 2.0 * binom.cdf(9, 30, 0.5)
    low, high = binom.ppf([5e-4, 1 - 5e-4], REPEATS, exact)
    assert low <= hits <= high
    assert exact >= 0.95


def test_looking_again_and_again_costs_little_coverage() -> None:
    """A rule that stops as soon as the interval is narrow enough: of batches of 20, known to 15 % at level 0.95.

    Stopping favours trials that happen to agree, so the level is met only for many trials (Chow and Robbins, 1965).
    Stated for this rule: 0.90 or more. A false alarm has probability below 1e-3 for a true coverage of 0.915.
    """
    rng, hits, repeats = np.random.default_rng(3), 0, 1500
    for _ in range(repeats):
        values = rng.lognormal(0.0, 0.5, 1000)
        for count in range(20, 1001, 20):
            found = interval_estimate(values[:count], statistic="median", confidence=0.95)
            if found.relative_half_width is not None and found.relative_half_width <= 0.15:
                break
        hits += found.low <= 1.0 <= found.high
    assert hits >= binom.ppf(1e-3, repeats, 0.915)
