"""Few selected receivers among many: the quick order of starts beside the thorough one."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.beamforming.value_function import ValueFunctionSettings, value_function
from tests.support.beamforming_problems import scattered_problem


@pytest.mark.parametrize("seed", range(2))
def test_what_is_given_up_cannot_be_seen(seed: int) -> None:
    """Three of 21 receivers selected, where beams with and without a sensing beam compete."""
    problem = scattered_problem(seed, count=21, transmit=16, rate=0.5, selected=(0, 1, 2))
    assert np.sum(problem.selected) == 3
    quick = value_function(problem)
    thorough = value_function(problem, ValueFunctionSettings(precision=0.0))
    assert quick.beams is not None
    assert thorough.beams is not None
    lost = (thorough.illumination_w - quick.illumination_w) / problem.illumination_limit_w
    assert lost < 1e-4
