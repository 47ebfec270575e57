"""Errors of the paper's Section V, shown by exact measurements of random geometries: its formulas, and the right ones.

The formulas stand here as the paper prints them; nothing in the package uses the wrong ones.
"""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.scenario.geometry import bistatic_geometry
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.close import assert_close, close_to

COUNT = 2000
CARRIER_HZ = 3.5e9
SPEED_M_S = 15.0


@pytest.fixture(scope="module")
def pairs():
    """Exact measurements of two receivers per geometry, the target moving along +x as in (50)."""
    rng = np.random.default_rng(0)
    target = rng.uniform(-100, 100, (COUNT, 2))
    receivers = rng.uniform(-100, 100, (COUNT, 2, 2))
    return Measured(target, receivers)


class Measured:
    """Angles from the x axis, ranges in m and Doppler shifts in Hz; the transmitter stands at (0, 0)."""

    def __init__(self, target, receivers):
        to_target = target[:, None] - receivers
        self.theta = np.arctan2(target[:, 1], target[:, 0])
        self.phi = np.arctan2(to_target[..., 1], to_target[..., 0])
        self.bearing = np.arctan2(receivers[..., 1], receivers[..., 0])
        self.receivers = receivers
        self.to_receiver = np.linalg.norm(receivers, axis=-1)
        self.from_target = np.linalg.norm(to_target, axis=-1)
        self.range = np.linalg.norm(target, axis=-1)[:, None] + self.from_target
        self.doppler = -CARRIER_HZ / SPEED_OF_LIGHT_M_S * SPEED_M_S * (np.cos(self.theta)[:, None] + np.cos(self.phi))


def test_the_measurements_are_those_of_the_package(pairs):
    for i in range(20):
        target = pairs.range[i, 0] - pairs.from_target[i, 0]
        place = target * np.array([np.cos(pairs.theta[i]), np.sin(pairs.theta[i]), 0.0])
        geometry = bistatic_geometry(np.zeros(3), np.pad(pairs.receivers[i], ((0, 0), (0, 1))), place)
        assert_close(geometry.doppler_hz([SPEED_M_S, 0, 0], CARRIER_HZ), pairs.doppler[i], rel=1e-9)
        assert_close(geometry.bistatic_range_m, pairs.range[i], rel=1e-12)


@pytest.mark.parametrize("swapped", [False, True])
def test_direction_of_departure_of_equation_52_is_never_right(pairs, swapped):
    """Its Ξ_k = f_k cos(φ_k/2) has lost the θ of (83); reading ℘(x, y) as arctan x/y, as (86) needs, does not help."""
    (first, second), (f_first, f_second) = pairs.phi.T, pairs.doppler.T
    half = (first - second) / 2
    xi_first, xi_second = f_first * np.cos(first / 2), f_second * np.cos(second / 2)
    x, y = xi_second - xi_first * np.cos(half), xi_first * np.sin(half)
    angle = np.arctan2(x, y) if swapped else np.arctan2(y, x)
    printed = 2 * angle - first
    assert np.all(np.abs(np.cos(printed) - np.cos(pairs.theta)) > 1e-6)
    assert np.median(np.abs(np.angle(np.exp(1j * (printed - pairs.theta))))) > np.radians(20)


def test_direction_of_departure_from_two_dopplers(pairs):
    """cosθ = (f_k cosφ_k' - f_k' cosφ_k)/(f_k' - f_k), from f_k ∝ cosθ + cosφ_k: exact."""
    (first, second), (f_first, f_second) = np.cos(pairs.phi.T), pairs.doppler.T
    corrected = (f_first * second - f_second * first) / (f_second - f_first)
    well_posed = np.abs(first - second) > 1e-3
    assert well_posed.mean() > 0.99
    assert_close(corrected[well_posed], np.cos(pairs.theta)[well_posed], abs=1e-9)


def test_distance_of_equations_53_and_94_lost_a_square(pairs):
    """(93) is exact; (53) and (94) drop its + d_bk². Median error for these geometries: 16 m."""
    angle = np.cos(pairs.theta[:, None] - pairs.bearing)
    denominator = 2 * pairs.range - 2 * pairs.to_receiver * angle
    rest = pairs.range**2 - 2 * pairs.range * pairs.to_receiver * angle
    exact = (rest + pairs.to_receiver**2) / denominator
    printed = rest / denominator
    assert_close(exact, pairs.from_target, rel=1e-7)  # ill-conditioned near the baseline
    error = np.abs(printed - pairs.from_target)
    assert_close(error, pairs.to_receiver**2 / denominator, rel=1e-6)
    assert np.median(error) > 10


def test_the_single_valued_arctangent_is_wrong_in_half_of_all_deployments(pairs):
    x, y = pairs.receivers[..., 0], pairs.receivers[..., 1]
    wrong = np.abs(np.arctan(y / x) - pairs.bearing) > 1e-9
    assert wrong.mean() == close_to(0.5, abs=0.05)
    np.testing.assert_array_equal(wrong, x < 0)


def test_the_approximation_of_equation_50_is_harmless(pairs):
    """The relativistic (48)-(49) differs from the first-order (50) by v/c."""
    ratio = SPEED_M_S / SPEED_OF_LIGHT_M_S
    theta, phi = np.cos(pairs.theta)[:, None], np.cos(pairs.phi)
    exact = -ratio * CARRIER_HZ * (theta + phi) / (1 + ratio * phi)
    assert_close(pairs.doppler, exact, rel=1e-7)
