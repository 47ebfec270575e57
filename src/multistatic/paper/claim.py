"""A claim about figures: a ratio that the trials of their studies have or have not.

All methods of a trial see one draw. Points of a study with common drops see the same receivers, and the same fading
where arrays are equal (other arrays have channels of their own). So two sides of a claim are compared trial by trial. A
trial's ratio is the geometric mean over the points that both sides have; the ratios of different trials are
independent, and the interval of their median is exact (`study.statistics`). Where a ratio is an average of squared
errors over its bound, its mean is taken: that is 1 for a filter that meets the bound, and the median of a few squares
is less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from multistatic.study.plan import Statistic
from multistatic.study.results import StudyResults
from multistatic.study.statistics import Estimate, interval_estimate
from multistatic.units import F

Verdict = Literal["stands", "opposite holds", "equal", "does not hold", "not decided", "too few drops"]
PUBLISHED, EXACT = "surrogate_published", "surrogate"
TOLERANCE = 0.05
# What differs by less than a ten-thousandth is equal: beams are found to some 1e-6, and a local optimum is another one
# on another machine.
EQUAL = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Methods of a figure (the best of them, in each trial) at the points whose settings `where` allows.

    `metric` replaces the claim's own.
    """

    figure: str
    methods: tuple[str, ...]
    where: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    metric: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the paper says of the ratio of `first` to `second`: below 1, or the `stated` number.

    `published`, `exact`: the metric by the paper's own model and by the exact one; None where there is none.
    `statistic` of the ratio over the trials; a stated number is met within the relative `tolerance`.
    """

    says: str
    first: Side
    second: Side
    stated: float | None = None
    published: str | None = PUBLISHED
    exact: str | None = EXACT
    statistic: Statistic = "median"
    tolerance: float = TOLERANCE

    @property
    def figures(self) -> frozenset[str]:
        """Figures whose trials decide."""
        return frozenset({self.first.figure, self.second.figure})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The claim's statistic of the ratio over the trials, and how many trials lie below, at and above 1."""

    ratio: Estimate
    below: int
    equal: int
    above: int
    verdict: Verdict


def examine(claim: Claim, metric: str, studies: Mapping[str, StudyResults]) -> Finding:
    """What the trials say, by the 95 % interval of the ratio.

    A ratio below 1 stands where all of it is below 1; a stated number where all of it is within the claim's tolerance,
    and does not hold where none of it is.
    """
    first, second = _values(claim.first, metric, studies), _values(claim.second, metric, studies)
    common = min(first.shape[1], second.shape[1])  # the drops that both studies have made
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(first[:, :common]) - np.log(second[:, :common])
    logs = np.where(np.isfinite(logs), logs, np.nan)
    some = np.isfinite(logs).any(axis=0)
    ratios = np.exp(np.nanmean(logs[:, some], axis=0))
    ratio = interval_estimate(ratios, statistic=claim.statistic)
    return Finding(
        ratio=ratio,
        below=int(np.sum(ratios < 1 - EQUAL)),
        equal=int(np.sum(np.abs(ratios - 1) <= EQUAL)),
        above=int(np.sum(ratios > 1 + EQUAL)),
        verdict=_verdict(ratio, claim),
    )


def _values(side: Side, metric: str, studies: Mapping[str, StudyResults]) -> F:
    """[points, trials], the smallest of the methods; NaN where there is no value."""
    results = studies[side.figure]
    points = [
        number
        for number, settings in enumerate(results.settings)
        if all(settings[key] in allowed for key, allowed in side.where.items())
    ]
    methods = [results.methods.index(name) for name in side.methods]
    values = results.values[np.ix_(points, methods)][..., results.metric_index(side.metric or metric)]
    return np.asarray(np.where(np.isnan(values), np.inf, values).min(axis=1))


def _verdict(ratio: Estimate, claim: Claim) -> Verdict:
    if ratio.low is None or ratio.high is None:
        return "too few drops"
    if claim.stated is not None:
        least, most = claim.stated * (1 - claim.tolerance), claim.stated * (1 + claim.tolerance)
        if least <= ratio.low and ratio.high <= most:
            return "stands"
        return "does not hold" if ratio.high < least or ratio.low > most else "not decided"
    if ratio.high < 1 - EQUAL:
        return "stands"
    if ratio.low > 1 + EQUAL:
        return "opposite holds"
    return "equal" if ratio.low >= 1 - EQUAL and ratio.high <= 1 + EQUAL else "not decided"
