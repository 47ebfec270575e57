"""Fixes whose errors are as large as the geometry is fine: clocks of 6 and 15 m, a receiver 11 m from the target.

Seeds are fixed. The oracle is scipy's least squares on a model written out here, from a grid of starts and from around
each site: a fix called unique has no other minimum within odds of 1000:1.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares
from scipy.stats import chi2

from multistatic import parse_scenario, realise, sensing_network
from multistatic.localization.drawn import draw_measurements
from multistatic.localization.fusion import FusionSettings, localize_many
from multistatic.localization.known_sites import known_sites
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.localization_networks import exact, measured, noisy, place, sites_of

pytestmark = pytest.mark.slow

RECEIVERS = np.array([[30.0, 45, 0], [10, 60, 0], [80, 10, 0], [-40, 50, 0], [50, -20, 0]])
TARGET, VELOCITY = np.array([20.0, 40.0, 0.0]), np.array([15.0, 0.0, 0.0])
ODDS = 2.0 * np.log(1000.0)
NEVER = FusionSettings(false_flag_rate=0.0)
SCENARIO = """
schema = 1
name = "own clocks"
[radio]
carrier_hz = 3.5e9
bandwidth_hz = 100e6
samples = 512
pulse = "half_sine"
[transmitter]
position_m = [0, 0]
antennas = 8
power_w = 1
[receivers]
antennas = 2
clock_offset_std_s = CLOCK
frequency_offset_std_hz = 50
SITES
[target]
position_m = [20, 40]
velocity_m_s = [15, 0]
[channel]
path_loss_exponent = 2
reference_loss_db = "free_space"
echo_law = "product"
direct = "rician"
noise_power_dbm = -90
[requirements]
rate_bps_hz = 1
[design]
criterion = "peb"
"""


def drawn(clock_s: float, count: int, seed: int):
    """Sites and `count` sets of measurements at the bound, each with clocks of its own."""
    sites = "".join(
        f'[[receivers.site]]\nid = "r{k}"\nposition_m = [{x}, {y}]\n' for k, (x, y, _) in enumerate(RECEIVERS)
    )
    scenario = parse_scenario(SCENARIO.replace("CLOCK", f"{clock_s:g}").replace("SITES", sites))
    network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    return known_sites(scenario), draw_measurements(network, 1.0, np.random.default_rng(seed), count)


def minima_of(group, sites, begin=()) -> list[tuple[float, np.ndarray]]:
    """χ² and place of minima, by scipy from the states `begin`, or from the 12 best of many starts."""
    ranges = SPEED_OF_LIGHT_M_S * np.array([one.delay_s for one in group])
    rates = -sites.wavelength_m * np.array([one.doppler_hz for one in group])
    noise = np.array([[one.delay_std_s, one.doppler_std_hz] for one in group])
    unit = np.array([SPEED_OF_LIGHT_M_S, sites.wavelength_m])
    clock = sites.clock_or_perfect
    std = unit * np.hypot(noise, np.stack([clock.time_s, clock.frequency_hz], axis=1))
    receivers = sites.receivers_m[:, :2]

    def paths(p):
        return np.linalg.norm(p), np.linalg.norm(p - receivers, axis=1)

    def residual(x):
        out, back = paths(x[:2])
        slope = x[:2] / out + (x[:2] - receivers) / back[:, None]
        return np.concatenate([(out + back - ranges) / std[:, 0], (slope @ x[2:] - rates) / std[:, 1]])

    turns = [np.array([np.cos(a), np.sin(a)]) for a in np.arange(0.3, 6.28, 1.05)]
    sites_m = [*receivers, np.zeros(2)]
    starts = [site + radius * turn for site in sites_m for radius in (1.0, 4.0) for turn in turns]
    starts += [np.array([x, y]) for x in np.arange(-60.3, 101, 10) for y in np.arange(-40.2, 91, 10)]
    starts.sort(key=lambda p: np.sum((sum(paths(p)) - ranges) ** 2))
    states = begin or [np.array([*p, 0.0, 0.0]) for p in starts[:12]]
    ends = [least_squares(residual, state, method="lm", max_nfev=200) for state in states]
    return [(2.0 * end.cost, end.x[:2]) for end in ends]


@pytest.mark.parametrize(("clock_s", "count"), [(2e-8, 100), (5e-8, 200)])
def test_no_unique_fix_has_another_minimum_within_the_odds(clock_s, count):
    sites, groups = drawn(clock_s, count, seed=3)
    unique = 0
    for group, fix in zip(groups, localize_many(groups, sites, NEVER), strict=True):
        if fix.position_verdict != "unique":
            continue
        unique += 1
        for cost, found in minima_of(group, sites):
            if np.linalg.norm(found - fix.position_m[:2]) > 1.0:
                assert cost > fix.chi_square + ODDS
            assert cost > fix.chi_square - 1e-3
    assert unique >= 3


def test_a_second_place_that_no_closed_form_knows_is_found():
    """Three receivers with errors of 10 m: a second minimum, as likely as the first within 1000:1."""
    rng = np.random.default_rng(48)
    count = 3 + int(rng.integers(0, 3))
    sites = sites_of(place(rng, (count,), 2), 2)
    target, velocity = place(rng, (), 2), place(rng, (), 2, 15.0)
    groups = noisy(rng, sites, target, velocity, 20, range_std_m=10.0, rate_std_m_s=1.0)
    for i in (4, 7):
        (fix,) = localize_many([groups[i]], sites, NEVER)
        assert fix.position_verdict == "ambiguous"
        # scipy, begun a metre beside it, ends there: it is a minimum.
        beside = np.concatenate([fix.other_position_m[:2] + np.array([0.8, -0.6]), fix.other_velocity_m_s[:2]])
        ((cost, found),) = minima_of(groups[i], sites, [beside])
        assert np.linalg.norm(found - fix.other_position_m[:2]) < 0.1
        assert fix.chi_square <= cost < fix.chi_square + ODDS


def test_errors_are_as_large_as_stated_where_clocks_are_of_the_size_of_the_geometry():
    """NEES 4 + at most the fifth that the verdict allows; below the covariance that every minimum would state."""
    sites, groups = drawn(2e-8, 600, seed=4)
    fixes = [fix for fix in localize_many(groups, sites, NEVER) if fix.covariance is not None]
    truth = np.concatenate([TARGET[:2], VELOCITY[:2]])
    error = np.array([np.concatenate([fix.position_m[:2], fix.velocity_m_s[:2]]) for fix in fixes]) - truth
    covariance = np.array([fix.covariance for fix in fixes])
    nees = np.einsum("na,na->n", error, np.linalg.solve(covariance, error[..., None])[..., 0])
    low, high = chi2.ppf([0.0005, 0.9995], 4 * len(fixes)) / len(fixes)
    assert len(fixes) > 200
    assert low < nees.mean() < 1.2 * high
    assert nees.max() < 100.0


def test_ranges_shorter_than_the_direct_path_are_no_wonder_where_clocks_explain_them():
    sites, groups = drawn(1e-7, 100, seed=5)
    direct = np.linalg.norm(RECEIVERS, axis=1)
    ranges = SPEED_OF_LIGHT_M_S * np.array([[one.delay_s for one in group] for group in groups])
    assert np.any(ranges < 0.9 * direct, axis=1).sum() > 30
    messages = [fix.message for fix in localize_many(groups, sites, NEVER)]
    assert not any("shorter than the direct path" in one or "on or near the line" in one for one in messages)
    assert sum("too uncertain to state its error" in one for one in messages) > 50


def test_a_target_on_the_line_of_all_sites_is_not_at_two_places_beside_it():
    """Mirror answers metres to either side, with decimetres stated, join over the line: the truth lies there."""
    sites = sites_of(np.array([[30.0, 0, 0], [60, 0, 0], [-40, 0, 0]]), 2)
    spread = {"range_std_m": 0.01, "rate_std_m_s": 400.0}
    groups = noisy(np.random.default_rng(3), sites, np.array([100.0, 0, 0]), np.array([5.0, 5, 0]), 300, **spread)
    verdicts = [fix.position_verdict for fix in localize_many(groups, sites, NEVER)]
    assert verdicts.count("unobservable") >= 297


def test_mirror_answers_far_from_the_line_stay_two():
    sites = sites_of(np.array([[30.0, 0, 0], [60, 0, 0], [-40, 0, 0]]), 2)
    delay, doppler = exact(sites, np.array([100.0, 40, 0]), np.array([5.0, 5, 0]))
    (fix,) = localize_many([measured(sites, delay, doppler, range_std_m=0.01)], sites)
    assert fix.position_verdict == "ambiguous"
