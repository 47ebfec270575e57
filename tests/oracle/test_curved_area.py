"""The covariance of a fix where the target may be anywhere on a piece of an ellipse, against sums over that ellipse.

One receiver in the plane, with a range so exact that only the ellipse is left: p(θ) = s + r(θ) u(θ) by its polar form,
written out here. A density over positions becomes one over θ by the factor r |∂R/∂r|⁻¹. The velocity is
Gaussian with the mean v₀ and covariance P_v, so that the range rate given p is Gaussian with gᵀv₀, gᵀP_v g + σ².
"""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.localization.fix import Fix
from multistatic.localization.fusion import FusionSettings, localize
from multistatic.localization.state_prior import StatePrior
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.close import assert_close
from tests.support.localization_networks import WAVELENGTH_M, exact, measured, place, sites_of

NEVER = FusionSettings(false_flag_rate=0.0)
ANGLES = np.linspace(-np.pi, np.pi, 200_001)


def on_the_ellipse(receiver: np.ndarray, range_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions [n, 2] seen from the receiver at `ANGLES`, the slopes of the range there, and the weights of the area.

    |p| + |p - s| = R, p = s + r u: r = (R² - |s|²)/(2 (R + s·u)).
    """
    towards = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
    distance = (range_m**2 - receiver @ receiver) / (2.0 * (range_m + towards @ receiver))
    position = receiver + distance[:, None] * towards
    slope = position / np.linalg.norm(position, axis=1)[:, None] + towards
    return position, slope, distance / np.abs(np.sum(slope * towards, axis=1))


def mean_square(position: np.ndarray, weight: np.ndarray, about: np.ndarray) -> np.ndarray:
    away = position - about
    return np.einsum("n,na,nb->ab", weight, away, away) / np.sum(weight)


def with_prior(
    fix: Fix, receiver: np.ndarray, measurement, prior: StatePrior, rate_std_m_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """The mode of the posterior density of position and velocity, and the mean square error of `fix` under it."""
    position, slope, weight = on_the_ellipse(receiver, SPEED_OF_LIGHT_M_S * measurement.delay_s)
    place_m2, speed = prior.covariance[:2, :2], prior.covariance[2:, 2:]
    away = position - prior.mean[:2]
    half = -0.5 * np.sum(away * np.linalg.solve(place_m2, away.T).T, axis=1)
    spread = np.einsum("na,ab,nb->n", slope, speed, slope) + rate_std_m_s**2
    half -= 0.5 * (slope @ prior.mean[2:] + WAVELENGTH_M * measurement.doppler_hz) ** 2 / spread
    mode = position[np.argmax(half)]
    half -= 0.5 * np.log(spread)
    return mode, mean_square(position, weight * np.exp(half - half.max()), fix.position_m[:2])


@pytest.mark.parametrize("range_std_m", [1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize("prior_std_m", [1.0, 5.0, 15.0])
def test_one_range_and_a_prior(prior_std_m: float, range_std_m: float) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        receiver = np.array([60.0, -25.0, 0.0])
        sites = sites_of(receiver[None], 2)
        target, velocity = np.array([20.0, 50.0, 0.0]), np.array([3.0, -4.0, 0.0])
        root = rng.standard_normal((2, 2)) + 2.0 * np.eye(2)
        square = root @ root.T
        covariance = np.zeros((4, 4))
        covariance[:2, :2] = prior_std_m**2 * square / np.trace(square)
        covariance[2:, 2:] = 4.0 * np.eye(2)
        mean = np.concatenate([target[:2] + 0.5 * prior_std_m * rng.standard_normal(2), velocity[:2]])
        prior = StatePrior(mean=mean, covariance=covariance)
        group = measured(sites, *exact(sites, target, velocity), range_std_m=range_std_m, rate_std_m_s=0.1)
        fix = localize(group, sites, NEVER, prior=prior)
        assert fix.position_verdict == "unique"
        mode, wanted = with_prior(fix, receiver[:2], group[0], prior, 0.1)
        assert_close(fix.position_m[:2], mode, abs=0.01 * prior_std_m)
        # Across the ellipse the error is that of the range and of the curvature: each to a few hundredths.
        axes = np.linalg.eigh(wanted)[1]
        found, wanted = (axes.T @ each @ axes for each in (fix.position_covariance_m2, wanted))
        assert_close(found[1, 1], wanted[1, 1], rel=0.03)
        assert_close(found[0, 0], wanted[0, 0], rel=0.1, abs=4.0 * range_std_m**2)


@pytest.mark.parametrize("range_std_m", [1e-3, 1e-5])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_one_range_and_a_direction(dimensions: int, range_std_m: float) -> None:
    """Without a prior: 10³ to 10⁵ times as long as thick. It was called unobservable before the curve was followed."""
    spread = 0.01
    rng = np.random.default_rng(5)
    for _ in range(5):
        sites, target = sites_of(place(rng, (1,), dimensions), dimensions), place(rng, (), dimensions)
        receiver = sites.receivers_m[0]
        towards = (target - receiver) / np.linalg.norm(target - receiver)
        group = measured(
            sites, *exact(sites, target, np.zeros(3)), directions={0: (towards, spread)}, range_std_m=range_std_m
        )
        fix = localize(group, sites)
        assert fix.position_verdict == "unique"
        assert_close(fix.position_m, target, abs=2e-5)
        if dimensions == 3:
            continue
        position, _, weight = on_the_ellipse(receiver[:2], SPEED_OF_LIGHT_M_S * group[0].delay_s)
        away = np.angle(np.exp(1j * (ANGLES - np.arctan2(towards[1], towards[0]))))
        wanted = mean_square(position, weight * np.exp(-0.5 * (away / spread) ** 2), target[:2])
        axes = np.linalg.eigh(wanted)[1]
        found, wanted = (axes.T @ each @ axes for each in (fix.position_covariance_m2, wanted))
        assert_close(found[1, 1], wanted[1, 1], rel=0.02)
        assert_close(found[0, 0], wanted[0, 0], rel=0.1, abs=4.0 * range_std_m**2)
