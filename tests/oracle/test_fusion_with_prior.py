"""The fusion with a prior against SciPy on rows written out here, against the bound, and its limits.

1. Minimum and covariance against `scipy.optimize.least_squares`, with correlated priors, offsets and few receivers.
2. The second answer against SciPy from there.
3. Equivalences: at exact measurements the covariance is that of the bound's information plus the prior's; a wide prior
   is none; a measurement of another block is a prior of its own fix's covariance, to first order.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from multistatic import load_preset, realise, sensing_network
from multistatic.bounds.clock import ClockErrors
from multistatic.bounds.position import position_information
from multistatic.localization.drawn import draw_measurements
from multistatic.localization.fusion import FusionSettings, localize
from multistatic.localization.state_prior import StatePrior
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.close import assert_close
from tests.support.localization_networks import WAVELENGTH_M, exact, measured, noisy, place, sites_of

NEVER = FusionSettings(false_flag_rate=0.0)
CLOCKS = {
    "none": lambda n: None,
    "shared": lambda n: ClockErrors(
        time_s=np.zeros(n), frequency_hz=np.zeros(n), common_time_s=1e-9, common_frequency_hz=2.0
    ),
}


def correlated(rng: np.random.Generator, dimensions: int, place_m: float, speed_m_s: float) -> np.ndarray:
    """A covariance [2d, 2d] with correlations between positions and velocities."""
    root = rng.standard_normal((2 * dimensions, 2 * dimensions)) + np.eye(2 * dimensions)
    covariance = root @ root.T
    scale = np.repeat([place_m, speed_m_s], dimensions) / np.sqrt(np.diagonal(covariance))
    return covariance * np.outer(scale, scale)


def rows_of(sites, group, prior: StatePrior, range_std_m: float, rate_std_m_s: float):
    """Residuals of a state (p, v[, b, g]): ranges, range rates, offsets and the prior, each in standard deviations."""
    d, clock = sites.dimensions, sites.clock_or_perfect
    common = clock.common * np.array([SPEED_OF_LIGHT_M_S, WAVELENGTH_M])
    whitening = np.linalg.cholesky(np.linalg.solve(prior.covariance, np.eye(len(prior.covariance)))).T

    def rows(x: np.ndarray) -> np.ndarray:
        position, velocity = np.zeros(3), np.zeros(3)
        position[:d], velocity[:d] = x[:d], x[d : 2 * d]
        offsets = x[2 * d :] if common.any() else np.zeros(2)
        delay, doppler = exact(sites, position, velocity)
        ranges = SPEED_OF_LIGHT_M_S * (delay - [one.delay_s for one in group]) + offsets[0]
        rates = -WAVELENGTH_M * (doppler - [one.doppler_hz for one in group]) + offsets[1]
        own = offsets / common if common.any() else []
        return np.concatenate(
            [ranges / range_std_m, rates / rate_std_m_s, own, whitening @ (x[: 2 * d] - prior.mean)[: len(whitening)]]
        )

    return rows


def by_scipy(rows, start: np.ndarray):
    found = least_squares(rows, start, x_scale="jac", xtol=1e-15, ftol=1e-15, gtol=1e-15)
    return found.x, 2.0 * found.cost, found.jac.T @ found.jac


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize(("dimensions", "receivers"), [(2, 1), (2, 2), (2, 5), (3, 2), (3, 6)])
def test_minimum_and_covariance_are_those_of_scipy(dimensions: int, receivers: int, clock: str) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        sites = sites_of(place(rng, (receivers,), dimensions), dimensions, clock=CLOCKS[clock](receivers))
        target, velocity = place(rng, (), dimensions, 50.0), place(rng, (), dimensions, 20.0)
        covariance, d = correlated(rng, dimensions, 0.3, 1.0), dimensions
        truth = np.concatenate([target[:d], velocity[:d]])
        prior = StatePrior(
            mean=truth + np.linalg.cholesky(covariance) @ rng.standard_normal(2 * d), covariance=covariance
        )
        (group,) = noisy(rng, sites, target, velocity, 1)
        fix = localize(group, sites, NEVER, prior=prior)
        start = truth if clock == "none" else np.concatenate([truth, [0.0, 0.0]])
        x, cost, information = by_scipy(rows_of(sites, group, prior, 0.1, 0.1), start)
        assert (fix.position_verdict, fix.velocity_verdict) == ("unique", "observable")
        assert_close(np.concatenate([fix.position_m[:d], fix.velocity_m_s[:d]]), x[: 2 * d], abs=1e-4)
        assert_close(fix.chi_square, cost, rel=1e-6, abs=1e-8)
        assert fix.degrees_of_freedom == 2 * receivers
        wanted = np.linalg.solve(information, np.eye(len(x)))[: 2 * d, : 2 * d]
        scale = np.sqrt(np.diagonal(wanted))
        # Errors of centimetres: the area hardly curves.
        assert_close(fix.covariance / np.outer(scale, scale), wanted / np.outer(scale, scale), abs=5e-3)


def test_the_second_answer_is_a_minimum_of_its_own() -> None:
    rng = np.random.default_rng(3)
    sites = sites_of(place(rng, (2,), 2), 2)
    target, velocity = np.array([20.0, 40.0, 0.0]), np.array([3.0, 4.0, 0.0])
    (group,) = noisy(rng, sites, target, velocity, 1)
    prior = StatePrior(mean=[25, 35, 3, 4], covariance=np.diag([100.0, 100.0, 1.0, 1.0]))
    fix = localize(group, sites, prior=prior)
    rows = rows_of(sites, group, prior, 0.1, 0.1)
    best, least, _ = by_scipy(rows, np.concatenate([target[:2], velocity[:2]]))
    other = np.concatenate([fix.other_position_m[:2], fix.other_velocity_m_s[:2]])
    second, cost, _ = by_scipy(rows, other + 0.01)
    assert_close(np.concatenate([fix.position_m[:2], fix.velocity_m_s[:2]]), best, abs=1e-5)
    assert_close(other, second, abs=1e-4)
    assert_close(fix.other_chi_square_rise, cost - least, rel=1e-6)


@pytest.mark.parametrize("receivers", [1, 3, 10])
def test_the_covariance_is_the_inverse_of_both_informations(receivers: int) -> None:
    """J₀ + p Σ J_k of the bound, for a prior so narrow that the area does not curve."""
    scenario = load_preset("paper", ['radio.pulse="half_sine"'])
    network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    covariance = correlated(np.random.default_rng(2), 2, 1e-4, 0.1)
    mean = np.concatenate([scenario.target.position_m[:2], scenario.target.velocity_m_s[:2]])
    (group,) = draw_measurements(network, 10.0, np.random.default_rng(0))
    fix = localize(group[:receivers], scenario, NEVER, prior=StatePrior(mean=mean, covariance=covariance))
    group_of = np.arange(len(group)) < receivers
    information = np.linalg.solve(covariance, np.eye(4)) + position_information(network, 10.0)[group_of].sum(axis=0)
    assert_close(fix.covariance @ information, np.eye(4), abs=2e-3)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_wide_prior_is_none(dimensions: int) -> None:
    rng = np.random.default_rng(1)
    sites = sites_of(place(rng, (6,), dimensions), dimensions)
    target, velocity = place(rng, (), dimensions, 50.0), place(rng, (), dimensions, 20.0)
    (group,) = noisy(rng, sites, target, velocity, 1)
    prior = StatePrior(mean=np.zeros(2 * dimensions), covariance=1e12 * np.eye(2 * dimensions))
    alone, fix = localize(group, sites), localize(group, sites, prior=prior)
    assert_close(fix.position_m, alone.position_m, abs=1e-6)
    assert_close(fix.velocity_m_s, alone.velocity_m_s, abs=1e-6)
    assert_close(fix.covariance, alone.covariance, rel=1e-6, abs=1e-9)
    assert_close(fix.chi_square, alone.chi_square, abs=1e-6)
    assert fix.degrees_of_freedom == alone.degrees_of_freedom + 2 * dimensions
    assert not fix.prior_needed


def test_a_fix_is_the_prior_of_the_next_measurement() -> None:
    """Two receivers after three others: what a tracker does with a target that stands still between two blocks."""
    rng = np.random.default_rng(4)
    sites = sites_of(place(rng, (5,), 2), 2)
    target, velocity = place(rng, (), 2, 50.0), place(rng, (), 2, 20.0)
    group = measured(sites, *exact(sites, target, velocity), range_std_m=0.01, rate_std_m_s=0.01)
    first, together = localize(group[:3], sites), localize(group, sites)
    mean = np.concatenate([first.position_m[:2], first.velocity_m_s[:2]])
    then = localize(group[3:], sites, prior=StatePrior(mean=mean, covariance=first.covariance))
    assert_close(then.position_m, together.position_m, abs=1e-6)
    scale = np.sqrt(np.diagonal(together.covariance))
    assert_close(then.covariance / np.outer(scale, scale), together.covariance / np.outer(scale, scale), abs=1e-6)
