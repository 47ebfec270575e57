"""What an interval of a ratio says of a claim, by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from multistatic.paper.claim import EQUAL, Claim, Side, _values, _verdict, examine
from multistatic.study.results import StudyResults
from multistatic.study.statistics import Estimate
from tests.support.close import close_to

SIDE = Side(figure="fig5", methods=("joint",))


def claim(stated: float | None = None, tolerance: float = 0.1) -> Claim:
    return Claim(says="A is better than B", first=SIDE, second=SIDE, stated=stated, tolerance=tolerance)


def ratio(low: float | None, high: float | None) -> Estimate:
    return Estimate(count=9, value=1.0, low=low, high=high)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (None, None, "too few drops"),
        (0.8, 0.9, "stands"),
        (1.1, 1.2, "opposite holds"),
        (0.9, 1.1, "not decided"),
    ],
)
def test_better_means_a_ratio_below_one(low: float | None, high: float | None, verdict: str) -> None:
    assert _verdict(ratio(low, high), claim()) == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.46, 0.54, "stands"),
        (0.44, 0.54, "not decided"),
        (0.46, 0.56, "not decided"),
        (0.3, 0.44, "does not hold"),
        (0.56, 0.9, "does not hold"),
        (None, None, "too few drops"),
    ],
)
def test_a_stated_ratio_is_met_within_its_tolerance(low: float | None, high: float | None, verdict: str) -> None:
    """0.5 to 10 %: from 0.45 to 0.55."""
    assert _verdict(ratio(low, high), claim(stated=0.5)) == verdict


def test_equal_is_neither_better_nor_worse() -> None:
    assert 0 < EQUAL < 1e-2
    assert _verdict(ratio(1 - 0.5 * EQUAL, 1 + 0.5 * EQUAL), claim()) == "equal"
    assert _verdict(ratio(0.5, 1 - 2 * EQUAL), claim()) == "stands"
    assert _verdict(ratio(1 + 2 * EQUAL, 2.0), claim()) == "opposite holds"


def results(values: np.ndarray, settings: tuple[dict, ...]) -> StudyResults:
    """Of methods `joint` and `bi`, with one metric: `values` [P, 2, T]."""
    return cast(
        StudyResults,
        SimpleNamespace(settings=settings, methods=("joint", "bi"), values=values[..., None], metric_index=lambda _: 0),
    )


def test_ratios_are_counted_trial_by_trial_at_the_points_that_a_side_allows() -> None:
    """Of four points the two of 10 antennas at 20 and 30 dBm count; a trial's ratio is the geometric mean over both."""
    settings = tuple({"antennas": antennas, "power_dbm": dbm} for antennas in (10, 20) for dbm in (20, 30))
    ratio_of = np.array([0.25, 0.5, 1.0, 1.0 + 1e-5, 2.0, 4.0, 8.0])
    values = np.full((4, 2, 7), 1e3)
    values[:2, 1] = [[3.0] * 7, [5.0] * 7]
    values[:2, 0] = values[:2, 1] * ratio_of * np.array([[2.0], [0.5]])
    values[2:, 0] = 1e-3
    where = {"antennas": (10,), "power_dbm": (20, 30)}
    sides = [Side(figure="fig5", methods=(name,), where=where) for name in ("joint", "bi")]
    found = examine(Claim(says="", first=sides[0], second=sides[1]), "peb_m", {"fig5": results(values, settings)})
    assert (found.below, found.equal, found.above) == (2, 2, 3)
    assert found.ratio.value == close_to(1.0, abs=2e-5)
    assert found.ratio.count == 7


def test_the_best_of_several_methods_counts_and_no_value_is_none() -> None:
    values = np.array([[[4.0, np.nan, 6.0], [2.0, 8.0, np.nan]]])
    side = Side(figure="fig5", methods=("joint", "bi"))
    assert _values(side, "peb_m", {"fig5": results(values, ({},))}).tolist() == [[2.0, 8.0, 6.0]]
