"""What an interval of a ratio says of a claim, by hand."""

from __future__ import annotations

import pytest

from multistatic.study.claims import EQUAL, Claim, Side, _verdict
from multistatic.study.statistics import Estimate

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
