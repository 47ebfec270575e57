"""The paper's claims about its figures, each as a ratio that the trials of the figures' studies have or have not.

All methods of a trial see one draw, and so do all points where a study has common drops: two sides of a claim are
compared trial by trial. A trial's ratio is the geometric mean over the points that both sides have; the ratios of
different trials are independent, and the interval of their median is exact (`study.statistics`). Where a ratio is an
average of squared errors over its bound, its mean is taken: that is 1 for a filter that meets the bound, and the median
of a few squares is less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from multistatic.study.plan import Statistic
from multistatic.study.results import StudyResults
from multistatic.study.statistics import Estimate, estimate
from multistatic.units import F

Verdict = Literal["stands", "opposite holds", "equal", "not confirmed", "too few drops"]
PUBLISHED, EXACT = "surrogate_published", "surrogate"
TOLERANCE = 0.05
# Beams are found to some 1e-6: what is closer than this is equal.
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
    `statistic` of the ratio over the trials.
    """

    says: str
    first: Side
    second: Side
    stated: float | None = None
    published: str | None = PUBLISHED
    exact: str | None = EXACT
    statistic: Statistic = "median"

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
    """What the trials say. A ratio below 1 stands where the whole 95 % interval is below 1; a stated
    number where the interval meets it within `TOLERANCE`.
    """
    first, second = _values(claim.first, metric, studies), _values(claim.second, metric, studies)
    common = min(first.shape[1], second.shape[1])  # the drops that both studies have made
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(first[:, :common]) - np.log(second[:, :common])
    logs = np.where(np.isfinite(logs), logs, np.nan)
    some = np.isfinite(logs).any(axis=0)
    ratios = np.exp(np.nanmean(logs[:, some], axis=0))
    ratio = estimate(ratios, statistic=claim.statistic)
    return Finding(
        ratio=ratio,
        below=int(np.sum(ratios < 1 - EQUAL)),
        equal=int(np.sum(np.abs(ratios - 1) <= EQUAL)),
        above=int(np.sum(ratios > 1 + EQUAL)),
        verdict=_verdict(ratio, claim.stated),
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


def _verdict(ratio: Estimate, stated: float | None) -> Verdict:
    if ratio.low is None or ratio.high is None:
        return "too few drops"
    if stated is not None:
        met = ratio.low <= stated * (1 + TOLERANCE) and ratio.high >= stated * (1 - TOLERANCE)
        return "stands" if met else "not confirmed"
    if ratio.high < 1 - EQUAL:
        return "stands"
    if ratio.low > 1 + EQUAL:
        return "opposite holds"
    return "equal" if ratio.low >= 1 - EQUAL and ratio.high <= 1 + EQUAL else "not confirmed"


def _schemes(figure: str) -> tuple[Claim, Claim]:
    two, five = Side(figure=figure, methods=("two receivers",)), Side(figure=figure, methods=("five receivers",))
    others = Side(figure=figure, methods=("mono-static", "bi-static"))
    return (
        Claim(says="Two receivers are better than mono-static and bi-static", first=two, second=others),
        Claim(says="Five receivers are better than two", first=five, second=two),
    )


def _antennas(figure: str, key: str, many: int, few: int, stated: Mapping[str, float]) -> tuple[Claim, ...]:
    return tuple(
        Claim(
            says=f"{method}: from {few} to {many} antennas U falls to the stated part",
            first=Side(figure=figure, methods=(method,), where={key: (many,)}),
            second=Side(figure=figure, methods=(method,), where={key: (few,)}),
            stated=part,
        )
        for method, part in stated.items()
    )


_SENT, _HEARD = "transmitter.antennas", "receivers.random.antennas"
_COST, _CRITERION = "requirements.cooperation_cost_m", "design.criterion"
_COUNT, _PULSE, _POWER = "design.receivers", "radio.pulse", "transmitter.power_dbm"
_AS_PUBLISHED = {_CRITERION: ("published",)}
_LINKAGE, _KMEANS = ("minimax_linkage",), ("kmeans",)
_FEW = {_COUNT: (2, 3, 4)}


def _filter(says: str, first: str, second: str, power_dbm: float, stated: float | None) -> Claim:
    where = {_POWER: (power_dbm,), _PULSE: ("half_sine",)}
    sides = (
        Side(figure="fig7", methods=("three receivers",), where=where, metric=metric) for metric in (first, second)
    )
    return Claim(
        says=says,
        first=next(sides),
        second=next(sides),
        stated=stated,
        published=None,
        exact="sum_crb",
        statistic="median" if stated is None else "mean",
    )


CLAIMS: Mapping[str, tuple[Claim, ...]] = {
    "fig2": _schemes("fig2"),
    "fig3": (
        *_antennas(
            "fig3",
            _SENT,
            20,
            10,
            {"mono-static": 0.72 / 1.4, "bi-static": 0.37 / 0.74, "two receivers": 0.26 / 0.52},
        ),
        *_schemes("fig3"),
    ),
    "fig4": (
        *_antennas(
            "fig4",
            _HEARD,
            12,
            2,
            {"mono-static": 0.24 / 1.4, "bi-static": 0.12 / 0.74, "two receivers": 0.087 / 0.52},
        ),
        Claim(
            says="Receive antennas matter more than transmit antennas (two receivers; twice as many of either)",
            first=Side(figure="fig4", methods=("two receivers",), where={_HEARD: (4,)}),
            second=Side(figure="fig3", methods=("two receivers",), where={_SENT: (20,)}),
        ),
        *_schemes("fig4"),
    ),
    "fig5": (
        *(
            Claim(
                says=f"{name}: a limit of 200 m is better than one of 100 m",
                first=Side(figure="fig5", methods=(name,), where={_COST: (200.0,), **_AS_PUBLISHED}),
                second=Side(figure="fig5", methods=(name,), where={_COST: (100.0,), **_AS_PUBLISHED}),
            )
            for name in ("minimax_linkage", "kmeans")
        ),
        Claim(
            says="Minimax linkage is better than K-means",
            first=Side(figure="fig5", methods=_LINKAGE, where=_AS_PUBLISHED),
            second=Side(figure="fig5", methods=_KMEANS, where=_AS_PUBLISHED),
        ),
        Claim(
            says="The mean rate of minimax linkage is below that of K-means",
            first=Side(figure="fig5", methods=_LINKAGE, where=_AS_PUBLISHED),
            second=Side(figure="fig5", methods=_KMEANS, where=_AS_PUBLISHED),
            published=None,
            exact="rate_mean_bps_hz",
        ),
    ),
    "fig6": (
        Claim(
            says="Minimax linkage is better than K-means with few receivers (2 to 4)",
            first=Side(figure="fig6", methods=_LINKAGE, where=_FEW),
            second=Side(figure="fig6", methods=_KMEANS, where=_FEW),
        ),
        Claim(
            says="Both are equal with all ten receivers",
            first=Side(figure="fig6", methods=_LINKAGE, where={_COUNT: (10,)}),
            second=Side(figure="fig6", methods=_KMEANS, where={_COUNT: (10,)}),
            stated=1.0,
        ),
        *(
            Claim(
                says="The cosine pulse is better than the sinc pulse (minimax linkage)",
                first=Side(figure="fig6", methods=_LINKAGE, where={_PULSE: ("cosine",)}),
                second=Side(figure="fig6", methods=_LINKAGE, where={_PULSE: ("sinc",)}),
                published=published,
                exact=exact,
            )
            for published, exact in ((PUBLISHED, EXACT), (None, "peb_m"))
        ),
    ),
    "fig7": (
        _filter("-40 dBm: the filter's error is above its bound", "sum_crb", "filter_sum_mse", -40.0, None),
        _filter("40 dBm: the filter's error reaches its bound", "filter_sum_mse", "sum_crb", 40.0, 1.0),
        Claim(
            says="The sum of errors is smaller with two receivers than with one",
            first=Side(figure="fig7", methods=("two receivers",)),
            second=Side(figure="fig7", methods=("one receiver",)),
            published=None,
            exact="sum_crb",
        ),
    ),
}
