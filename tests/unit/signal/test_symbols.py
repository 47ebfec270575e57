"""Random symbols have unit mean power, whatever they are."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.signal.symbols import SYMBOL_KINDS, draw_symbols, qam_levels
from tests.support.close import assert_close, close_to


@pytest.mark.parametrize("kind", SYMBOL_KINDS)
def test_mean_power_is_one_and_both_axes_share_it(kind: str) -> None:
    """20 000 symbols: five standard deviations of the mean power of Gaussian ones are 3.5 %."""
    drawn = draw_symbols(kind, (20_000,), np.random.default_rng(1))
    assert np.mean(np.abs(drawn) ** 2) == close_to(1.0, rel=0.035)
    assert np.mean(drawn.real**2) == close_to(0.5, rel=0.05)
    assert abs(np.mean(drawn**2)) < 0.05


@pytest.mark.parametrize("order", [4, 16, 64, 256])
def test_levels_of_square_qam(order: int) -> None:
    levels = qam_levels(order)
    assert len(levels) == np.sqrt(order)
    assert 2 * np.mean(levels**2) == close_to(1.0, rel=1e-12)
    assert_close(np.diff(levels), levels[1] - levels[0], rel=1e-09)
