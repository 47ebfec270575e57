"""Numbers in verdicts of beamformers tell what is reached from what was asked for."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multistatic import registry
from multistatic.beamforming.rate_words import distinct_digits
from tests.support.beamforming_problems import line_of_sight_problem
from tests.support.close import close_to


@pytest.mark.parametrize(
    ("value", "others", "text"),
    [
        (0.99999083, [1.0], "0.99999"),
        (0.99999083, [2.0], "1"),
        (0.99999083, [], "1"),
        (1.0, [1.0], "1"),
        (3.99996, [4.0, 3.9999], "3.99996"),
        (1 - 2**-53, [1.0], "0.9999999999999999"),
        (12.3456, [12.0], "12.35"),
    ],
)
def test_as_many_digits_as_tell_it_apart(value: float, others: list[float], text: str) -> None:
    assert distinct_digits(value, others) == text


@given(value=st.floats(1e-6, 1e6), other=st.floats(1e-6, 1e6))
def test_different_numbers_look_different_and_in_their_order(value: float, other: float) -> None:
    one, two = distinct_digits(value, [other]), distinct_digits(other, [value])
    assert (one == two) == (value == other)
    assert (float(one) < float(two)) == (value < other)
    assert float(one) == close_to(value, rel=5e-4)


@pytest.mark.parametrize("method", ["los_sdp", "sca", "value_function"])
def test_a_rate_just_below_the_asked_one_is_not_shown_as_the_asked_one(method: str) -> None:
    """Two receivers behind each other share one dimension: 1 bit/s/Hz each is what no power reaches."""
    problem = line_of_sight_problem(0, count=2, rate=1.0)
    direct = 1e4 * problem.direct
    direct[1] = 0.5 * direct[0]
    result = registry.load("beamformers", method)(replace(problem, direct=direct, selected=np.ones(2, bool)))
    reached = result.largest_common_rate_bps_hz
    assert result.status == "infeasible"
    assert reached is not None
    assert 0.9999 < reached < 1.0
    (shown,) = re.findall(r"(?:common rate is|common rate of|, or) ([\d.]+) bit/s/Hz", result.message) or ["none"]
    if shown != "none":  # `sca` stops at the proof
        assert float(shown) < 1.0
        assert float(shown) == close_to(reached, rel=5e-4)
    assert (shown == "none") == (method == "sca")
