"""A pulse jumps where it does not fall below a hundredth of its peak before it is cut off."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.signal.pulse import pulse_from_callable


@pytest.mark.parametrize(("left_over", "continuous"), [(0.0, True), (0.0095, True), (0.0105, False), (0.05, False)])
def test_a_pulse_with_a_floor(left_over: float, continuous: bool) -> None:
    """1 at its peak, `left_over` at both ends."""
    pulse = pulse_from_callable(lambda u: left_over + (1.0 - left_over) * np.sin(np.pi * u))
    assert pulse.moments.continuous is continuous


def test_one_end_is_enough() -> None:
    assert not pulse_from_callable(lambda u: np.cos(np.pi / 2 * u)).moments.continuous
    assert not pulse_from_callable(lambda u: np.sin(np.pi / 2 * u)).moments.continuous
