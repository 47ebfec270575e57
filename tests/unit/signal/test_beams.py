"""Covariance, power and illumination of beams, written as they stand in the equations."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.signal.beams import Beams
from tests.support.close import assert_close, close_to


@pytest.fixture
def beams() -> Beams:
    rng = np.random.default_rng(3)
    return Beams(weights=rng.standard_normal((3, 4, 2)) + 1j * rng.standard_normal((3, 4, 2)))


def test_covariance_is_the_sum_of_the_outer_products(beams: Beams) -> None:
    expected = sum(beam @ beam.conj().T for beam in beams.weights)
    assert_close(beams.covariance_w, expected, rel=1e-12)
    assert np.abs(beams.covariance_w.imag).max() > 0.1


def test_power_is_the_trace_of_the_covariance(beams: Beams) -> None:
    assert beams.power_w == close_to(np.trace(beams.covariance_w).real, rel=1e-12)


def test_illumination_is_the_power_that_the_target_sees(beams: Beams) -> None:
    steering = np.exp(1j * np.arange(4))
    expected = (steering @ beams.covariance_w @ steering.conj()).real
    assert beams.illumination_w(steering)[0] == close_to(expected, rel=1e-12)
    assert beams.illumination_w(steering)[0] != close_to(beams.illumination_w(steering.conj())[0], rel=1e-3)
