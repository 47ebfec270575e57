"""Estimates from the trials of a point, each with a confidence interval that supposes as little as possible.

- mean: Student's t interval, exact for normal values, by the central limit theorem for many others.
- median: the interval between two order statistics, exact for every distribution [1, §2.4].
- proportion (a metric that is 0 or 1): Wilson's score interval, which does not collapse where all trials agree [2].

A single trial has no interval, of whatever kind; a median has one of 95 % from six trials on.

Trials without a value (an infeasible network has no position error) are left out and counted: an estimate is one of the
trials that have it, and stands beside the share of these.

[1] H. A. David, H. N. Nagaraja, Order Statistics, 3rd ed., Wiley 2003.
[2] L. D. Brown, T. T. Cai, A. DasGupta, Interval estimation for a binomial proportion, Stat. Sci. 16(2), 2001.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike

from multistatic.study.plan import Statistic
from multistatic.units import F


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """`value` from `count` trials, its interval [`low`, `high`]; None where there are too few for one."""

    count: int
    value: float | None
    low: float | None
    high: float | None

    @property
    def half_width(self) -> float | None:
        """The longer side of the interval."""
        if self.value is None or self.low is None or self.high is None:
            return None
        return max(self.value - self.low, self.high - self.value)

    @property
    def relative_half_width(self) -> float | None:
        """`half_width` as a part of the estimate; None also where that is 0."""
        width = self.half_width
        return None if width is None or not self.value else width / abs(self.value)


def interval_estimate(
    values: ArrayLike, *, statistic: Statistic, confidence: float = 0.95, proportion: bool = False
) -> Estimate:
    """The estimate from `values` [n], NaN where a trial has none. A proportion is always estimated by its mean.

    >>> interval_estimate([1.0, 2.0, 3.0, float("nan")], statistic="mean").value
    2.0
    """
    given = np.asarray(values, float)
    known = given[np.isfinite(given)]
    if not len(known):
        return Estimate(count=0, value=None, low=None, high=None)
    if proportion:
        value, interval = float(known.mean()), _wilson(known, confidence)
    elif statistic == "mean":
        value, interval = float(known.mean()), _student(known, confidence)
    else:
        value, interval = float(np.median(known)), _order_statistics(known, confidence)
    low, high = (bound if isfinite(bound) else None for bound in interval)
    complete = low is not None and high is not None
    return Estimate(count=len(known), value=value, low=low if complete else None, high=high if complete else None)


def _wilson(values: F, confidence: float) -> tuple[float, float]:
    from scipy.stats import binomtest

    if len(values) < 2:
        return float("nan"), float("nan")
    interval = binomtest(round(values.sum()), len(values)).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def _student(values: F, confidence: float) -> tuple[float, float]:
    from scipy.stats import t

    if len(values) < 2:
        return float("nan"), float("nan")
    reach = float(t.ppf(0.5 + 0.5 * confidence, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return float(values.mean() - reach), float(values.mean() + reach)


def _order_statistics(values: F, confidence: float) -> tuple[float, float]:
    """[x_(j), x_(n+1-j)] covers the median with probability 1 - 2 P(Bin(n, 1/2) ≤ j - 1): the largest such j ≥ 1."""
    from scipy.stats import binom

    count = len(values)
    rank = int(binom.ppf(0.5 - 0.5 * confidence, count, 0.5))
    # ppf is the first k with P(Bin ≤ k) ≥ α/2; the rank j wants P(Bin ≤ j - 1) ≤ α/2.
    if binom.cdf(rank, count, 0.5) > 0.5 - 0.5 * confidence:
        rank -= 1
    rank += 1
    if rank < 1:
        return float("nan"), float("nan")
    ordered = np.sort(values)
    return float(ordered[rank - 1]), float(ordered[count - rank])
