"""Verdicts on what cannot be observed hold in every geometry, whatever rounding leaves of a singular matrix."""

import numpy as np
import pytest

from tests.support.selection_problems import network_problem


@pytest.mark.slow
@pytest.mark.parametrize("criterion", ["peb", "veb"])
def test_one_receiver_tells_neither_position_nor_velocity(criterion):
    """Two measurements, four unknowns. A rank tolerance alone calls one network in a hundred observable."""
    for seed in range(800):
        values = network_problem(4, seed=seed, criterion=criterion).values(np.eye(4, dtype=bool))
        assert np.isinf(values).all(), seed
