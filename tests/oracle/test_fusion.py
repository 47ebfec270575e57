"""The fusion against programs that are not ours, and against the bound.

1. Derivatives of the residuals against finite differences, with directions and shared offsets.
2. The minimum and its covariance against `scipy.optimize.least_squares` on residuals written out here.
3. The covariance at exact measurements against `bounds.position`: an equivalence.
4. Clock offsets: the bound against a Fisher matrix with every offset as a parameter of its own (Schur complement), and
   the fusion's estimates of them against SciPy on the same augmented problem.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import least_squares

from multistatic import load_preset, realise, sensing_network
from multistatic.bounds.clock import ClockErrors, without_offsets
from multistatic.bounds.delay_doppler import exact_information
from multistatic.bounds.jacobian import delay_doppler_jacobian
from multistatic.bounds.position import position_bound, position_information
from multistatic.bounds.square_root import covariances, whitened_rows
from multistatic.localization.drawn import draw_measurements
from multistatic.localization.fusion import FusionSettings, localize
from multistatic.localization.known_sites import known_sites
from multistatic.localization.observations import observations
from multistatic.localization.residuals import FusionModel
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.close import assert_close, close_to
from tests.support.localization_networks import WAVELENGTH_M, exact, measured, noisy, place, sites_of
from tests.support.scenario_helpers import SYNCHRONISED

CLOCKS = {
    "none": None,
    "own": ClockErrors(time_s=np.full(5, 3e-10), frequency_hz=np.full(5, 1.0)),
    "shared": ClockErrors(time_s=np.zeros(5), frequency_hz=np.zeros(5), common_time_s=1e-9, common_frequency_hz=np.inf),
    "all": ClockErrors(
        time_s=np.array([0, 1e-9, np.inf, 3e-10, 0]),
        frequency_hz=np.array([1.0, 0, 2.0, np.inf, 0]),
        common_time_s=5e-10,
        common_frequency_hz=2.0,
    ),
}


def network(dimensions: int, clock: ClockErrors | None, seed: int = 0):
    rng = np.random.default_rng(seed)
    sites = sites_of(place(rng, (5,), dimensions), dimensions, clock=clock)
    target, velocity = place(rng, (), dimensions, 50.0), place(rng, (), dimensions, 20.0)
    return rng, sites, target, velocity


def seen_along(one, axes, spread: float):
    """A measured direction of which only the components along the rows of `axes` are known."""
    rows = np.atleast_2d(np.asarray(axes, float))
    return replace(one, direction_kind="components", direction_covariance=spread**2 * rows.T @ rows)


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("dimensions", [2, 3])
def test_derivatives_are_those_of_the_residuals(dimensions, clock):
    rng, sites, target, velocity = network(dimensions, CLOCKS[clock])
    back = target - sites.receivers_m
    directions = {k: (back[k] / np.linalg.norm(back[k]), 0.01) for k in (0, 2, 3, 4)}
    group = measured(sites, *exact(sites, target, velocity), directions=directions)
    group[3] = seen_along(group[3], [0.6, 0.8, 0.0], 0.01)
    group[4] = seen_along(group[4], [[0.0, 0.6, 0.8], [1.0, 0.0, 0.0]], 0.01)
    model = FusionModel(sites=sites, seen=observations([group], sites))
    d = dimensions
    x = np.zeros((1, model.unknowns))
    x[0, : 2 * d] = np.concatenate([(target + rng.normal(0, 5, 3))[:d], velocity[:d]])
    _, slopes = model.evaluate(x, np.array([0]))
    for column in range(model.unknowns):
        step = np.zeros_like(x)
        step[0, column] = 1e-4
        ahead, behind = (model.evaluate(x + way * step, np.array([0]))[0][0] for way in (1, -1))
        scale = max(np.abs(slopes[0]).max(), 1.0)
        assert_close(slopes[0, :, column], (ahead - behind) / 2e-4, abs=1e-6 * scale)


def residuals(sites, group):
    """Whitened residuals of (p, v, own offsets of all receivers, shared offsets) and their priors, written out."""
    d, count = sites.dimensions, sites.size
    clock = sites.clock_or_perfect
    own = np.stack([clock.time_s * SPEED_OF_LIGHT_M_S, clock.frequency_hz * WAVELENGTH_M], axis=1)
    common = clock.common * [SPEED_OF_LIGHT_M_S, WAVELENGTH_M]

    def of(x):
        p, v = np.zeros(3), np.zeros(3)
        p[:d], v[:d] = x[:d], x[d : 2 * d]
        offsets = x[2 * d : 2 * d + 2 * count].reshape(count, 2)
        shared = x[-2:]
        values = []
        for k, one in enumerate(group):
            delay, doppler = exact(sites_of(sites.receivers_m[k : k + 1], d), p, v)
            free = [offsets[k, i] if own[k, i] > 0 else 0.0 for i in (0, 1)]
            both = [shared[i] if common[i] > 0 else 0.0 for i in (0, 1)]
            reach = SPEED_OF_LIGHT_M_S * (delay[0] - one.delay_s) + free[0] + both[0]
            rate = -WAVELENGTH_M * (doppler[0] - one.doppler_hz) + free[1] + both[1]
            values += [reach / 0.1, rate / 0.1]
        for value, std in [*zip(offsets.ravel(), own.ravel(), strict=True), *zip(shared, common, strict=True)]:
            values.append(value if std == 0 else value / std)  # one that is known stays at 0
        return np.array(values)

    return of


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("dimensions", [2, 3])
def test_minimum_covariance_and_offsets_are_those_of_scipy(dimensions, clock):
    rng, sites, target, velocity = network(dimensions, CLOCKS[clock], seed=3)
    d, count = dimensions, sites.size
    for group in noisy(rng, sites_of(sites.receivers_m, d), target, velocity, 3):
        of = residuals(sites, group)
        start = np.concatenate([target[:d], velocity[:d], np.zeros(2 * count + 2)])
        best = least_squares(of, start, method="trf", xtol=1e-15, ftol=1e-15, gtol=1e-12, x_scale="jac")
        fix = localize(group, sites, FusionSettings(most_outliers=0))
        if fix.position_verdict == "unobservable":
            assert clock == "all"
            assert dimensions == 3
            continue
        spread = np.linalg.pinv(best.jac.T @ best.jac, rcond=1e-14)[: 2 * d, : 2 * d]
        assert fix.covariance is not None
        assert_close(fix.covariance, spread, rel=1e-4, abs=1e-5 * spread.max())
        state = np.concatenate([fix.position_m[:d], fix.velocity_m_s[:d]])
        assert np.all(np.abs(state - best.x[: 2 * d]) < 1e-3 * np.sqrt(np.diagonal(spread)))
        assert fix.chi_square == close_to(2 * best.cost, rel=1e-6, abs=1e-6)
        ours = fix.clock_offsets * [SPEED_OF_LIGHT_M_S, -WAVELENGTH_M]
        assert_close(ours.ravel(), best.x[2 * d : -2], abs=1e-3)
        shared = np.array(fix.common_clock_offset) * [SPEED_OF_LIGHT_M_S, -WAVELENGTH_M]
        assert_close(shared, best.x[-2:], abs=1e-3)


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["receivers.clock_offset_std_s=2e-12", "receivers.frequency_offset_std_hz=5"],
        ["transmitter.clock_offset_std_s=1e-12", 'transmitter.frequency_offset_std_hz="unknown"'],
    ],
    ids=["synchronised", "own", "shared"],
)
@pytest.mark.parametrize("preset", ["paper", "urban"])
def test_covariance_of_exact_measurements_is_the_position_bound(preset, overrides):
    scenario = load_preset(preset, ['radio.pulse="half_sine"', *SYNCHRONISED[preset], *overrides])
    seen = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    d, everyone = seen.dimensions, np.ones(len(seen.receiver_ids), bool)
    drawn = draw_measurements(seen, 10.0, np.random.default_rng(0))[0]
    truth = zip(seen.geometry.delay_s, seen.geometry.doppler_hz(seen.velocity_m_s, seen.carrier_hz), strict=True)
    group = [replace(one, delay_s=delay, doppler_hz=shift) for one, (delay, shift) in zip(drawn, truth, strict=True)]
    fix = localize(group, scenario)
    information = stacked_bound(seen, known_sites(scenario).clock_or_perfect, 10.0)
    scale = np.sqrt(np.diagonal(information))
    expected = np.linalg.inv(information / np.outer(scale, scale)) / np.outer(scale, scale)
    assert fix.covariance is not None
    deviation = np.sqrt(np.diagonal(expected))
    assert_close(fix.covariance / np.outer(deviation, deviation), expected / np.outer(deviation, deviation), abs=1e-6)
    bound = position_bound(seen, everyone, 10.0)
    assert fix.position_std_m == close_to(bound.peb_m, rel=1e-6)
    assert fix.velocity_std_m_s == close_to(bound.veb_m_s, rel=1e-6)
    assert np.linalg.norm(fix.position_m[:d] - scenario.target.position_m[:d]) < 1e-3 * bound.peb_m


@pytest.mark.parametrize("preset", ["paper", "urban"])
def test_covariance_with_directions_is_the_bound_with_angles(preset):
    """Components along the axes that antennas span are all that the angles' information is about, side or no side."""
    scenario = load_preset(preset, ['radio.pulse="half_sine"', *SYNCHRONISED[preset]])
    seen = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    # Weak, so that angles matter beside delays of millimetres.
    illumination_w = 1e-3
    scenario_m, count = scenario.target.position_m, len(seen.receiver_ids)
    everyone = np.ones(count, bool)
    drawn = draw_measurements(seen, illumination_w, np.random.default_rng(0))[0]
    truth = zip(seen.geometry.delay_s, seen.geometry.doppler_hz(seen.velocity_m_s, seen.carrier_hz), strict=True)
    group = []
    for k, (one, (delay, shift)) in enumerate(zip(drawn, truth, strict=True)):
        places = scenario.receivers[k].array.elements_m
        places = places - places.mean(axis=0)
        towards = scenario_m - scenario.receivers[k].position_m
        wavenumber = 2 * np.pi / scenario.radio.wavelength_m
        information = 2 * one.snr * wavenumber**2 * places.T @ places / len(places)
        group.append(
            replace(
                one,
                delay_s=delay,
                doppler_hz=shift,
                covariance=1e8 * one.covariance,
                direction=towards / np.linalg.norm(towards),
                direction_covariance=np.linalg.pinv(information, rcond=1e-9),
                direction_kind="components",
            )
        )
    model = FusionModel(sites=known_sites(scenario), seen=observations([group], known_sites(scenario)))
    d = scenario.dimensions
    _, slopes = model.evaluate(np.concatenate([scenario_m[:d], scenario.target.velocity_m_s[:d]])[None], np.array([0]))
    ours = (slopes[0].T @ slopes[0])[:d, :d]
    # The same with the angles alone of the bound: with them less without them.
    both, ranged = (
        position_information(seen, illumination_w, angles=angles)[everyone].sum(axis=0)[:d, :d]
        for angles in (True, False)
    )
    weak = FusionModel(
        sites=known_sites(scenario),
        seen=observations([[replace(one, direction=None) for one in group]], known_sites(scenario)),
    )
    _, plain = weak.evaluate(np.concatenate([scenario_m[:d], scenario.target.velocity_m_s[:d]])[None], np.array([0]))
    angles = ours - (plain[0].T @ plain[0])[:d, :d]
    assert_close(angles, both - ranged, rel=1e-5, abs=1e-5 * np.abs(angles).max())


def stacked_bound(seen, clock: ClockErrors, illumination_w: float) -> np.ndarray:
    """J(p, v) from a Fisher matrix about (p, v, every own offset, both shared ones) with its priors, by Schur."""
    count, n = len(seen.receiver_ids), 2 * seen.dimensions
    slot = 0.5 / seen.bandwidth_hz
    unit = np.diag([1 / slot, slot])
    total = np.zeros((n + 2 * count + 2,) * 2)
    jacobian, information = delay_doppler_jacobian(seen).hi, exact_information(seen, illumination_w)
    for k in range(count):
        rows = np.zeros((2, len(total)))
        rows[:, :n], rows[:, n + 2 * k : n + 2 * k + 2], rows[:, -2:] = jacobian[k], np.eye(2), np.eye(2)
        total += rows.T @ (unit @ information[k] @ unit) @ rows
    stds = np.concatenate([np.stack([clock.time_s, clock.frequency_hz], axis=1).ravel(), clock.common])
    nuisance = np.flatnonzero(stds > 0) + n
    total[nuisance, nuisance] += 1.0 / stds[stds > 0] ** 2
    own, shared, rest = total[:n, :n], total[:n, nuisance], total[np.ix_(nuisance, nuisance)]
    scale = np.sqrt(np.diagonal(rest))
    rest, shared = rest / np.outer(scale, scale), shared / scale
    return own - shared @ np.linalg.pinv(rest, rcond=1e-14, hermitian=True) @ shared.T


@pytest.mark.parametrize("clock", [name for name in CLOCKS if name != "none"])
def test_bound_with_clock_offsets_is_the_schur_complement(clock):
    overrides = ["receivers.random.count=5", "requirements.rate_bps_hz=0", 'radio.pulse="half_sine"']
    scenario = load_preset("paper", overrides)
    priors = CLOCKS[clock]
    seen = replace(sensing_network(scenario, realise(scenario, np.random.default_rng(1))), clock=priors)
    everyone, d = np.ones(5, bool), seen.dimensions
    information = stacked_bound(seen, priors, 1e-6)
    scale = np.sqrt(np.outer(np.diagonal(information), np.diagonal(information)))
    expected = np.linalg.inv(information / scale) / scale
    rows = whitened_rows(seen, 1e-6)
    for quantity, part in zip(("position", "velocity"), (slice(0, d), slice(d, 2 * d)), strict=True):
        found = covariances(rows, everyone, quantity)[0]
        assert_close(found, expected[part, part], rel=1e-5, abs=1e-6 * np.abs(found).max())
    synchronised = position_bound(replace(seen, clock=None), everyone, 1e-6)
    assert synchronised.peb_m < 0.999 * position_bound(seen, everyone, 1e-6).peb_m


def test_an_own_offset_is_its_variance_added_to_the_measurement():
    rng = np.random.default_rng(0)
    root = rng.standard_normal((50, 2, 2))
    information = root @ np.swapaxes(root, 1, 2)
    std = rng.uniform(0, 3, (50, 2)) * rng.integers(0, 2, (50, 2))
    direct = np.linalg.inv(np.linalg.inv(information) + std[..., None] ** 2 * np.eye(2))
    assert_close(without_offsets(information, std), direct, rel=1e-6, abs=1e-9)


def test_an_unknown_offset_leaves_exactly_nothing():
    information = np.array([[3.0, 1.0], [1.0, 2.0]])
    assert_close(without_offsets(information, [np.inf, 0.0]), [[0.0, 0.0], [0.0, 2.0 - 1.0 / 3.0]], rel=1e-9)
    assert not without_offsets(information, [np.inf, np.inf]).any()
    assert not without_offsets(np.zeros((2, 2)), [np.inf, 1.0]).any()
    np.testing.assert_array_equal(without_offsets(information, [0.0, 0.0]), information)


def test_known_sites_of_a_scenario():
    scenario = load_preset(
        "urban", ['receivers.clock_offset_std_s="unknown"', "receivers.site[0].clock_offset_std_s=0"]
    )
    sites = known_sites(scenario, ("roof-north", "roof-east"))
    assert sites.receiver_ids == ("roof-north", "roof-east")
    assert sites.clock is not None
    assert sites.clock.time_s.tolist() == [0.0, np.inf]
    assert known_sites(load_preset("urban", SYNCHRONISED["urban"])).clock is None
