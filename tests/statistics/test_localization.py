"""Statistics of the fusion: is the covariance that it states the covariance that its errors have?

Seeds are fixed, so no test fails by chance from one run to the next; the stated rate is that of a new seed failing
although the fusion is right. NEES: eᵀ C⁻¹ e of the position's error, chi-square with d degrees of freedom a fix; the
interval is the central 99.9 % of the mean over independent fixes (rate 1e-3). `benchmarks/rows/localization.py` has the
same at full size.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, chi2

from multistatic import load_preset, realise, sensing_network
from multistatic.bounds.position import position_bound
from multistatic.localization.drawn import draw_measurements
from multistatic.localization.fusion import FusionSettings, localize_many
from tests.support.close import assert_close
from tests.support.localization_networks import noisy, sites_of
from tests.support.scenario_helpers import SYNCHRONISED

pytestmark = pytest.mark.slow

FIXES = 2000
CASES = {
    "paper": ("paper", [], 10.0),
    "urban": ("urban", SYNCHRONISED["urban"], 100.0),
    "heading": ("paper", ["target.velocity_m_s=[-7.0,11.0]"], 10.0),
    "own clocks": (
        "paper",
        ["receivers.clock_offset_std_s=1e-10", "receivers.frequency_offset_std_hz=20"],
        10.0,
    ),
    "shared clock": (
        "urban",
        [*SYNCHRONISED["urban"], 'transmitter.clock_offset_std_s="unknown"', "transmitter.frequency_offset_std_hz=50"],
        100.0,
    ),
}


def drawn(case: str, count: int, seed: int):
    """Scenario, what the bound says of all its receivers, and `count` sets of measurements at that bound."""
    preset, overrides, illumination_w = CASES[case]
    scenario = load_preset(preset, ['radio.pulse="half_sine"', *overrides])
    network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    bound = position_bound(network, np.ones(len(scenario.receivers), bool), illumination_w)
    return scenario, bound, draw_measurements(network, illumination_w, np.random.default_rng(seed), count)


@pytest.mark.parametrize("case", CASES)
def test_errors_have_the_stated_covariance_and_reach_the_bound(case):
    scenario, bound, groups = drawn(case, FIXES, seed=7)
    d = scenario.dimensions
    fixes = localize_many(groups, scenario, FusionSettings(false_flag_rate=0.0))
    assert {fix.position_verdict for fix in fixes} == {"unique"}
    for truth, size, mean_square in (
        (scenario.target.position_m, slice(0, d), bound.peb_m**2),
        (scenario.target.velocity_m_s, slice(d, 2 * d), bound.veb_m_s**2),
    ):
        values = [fix.position_m if size.start == 0 else fix.velocity_m_s for fix in fixes]
        error = np.array(values)[:, :d] - truth[:d]
        spread = np.array([fix.covariance[size, size] for fix in fixes])
        nees = np.einsum("na,na->n", error, np.linalg.solve(spread, error[..., None])[..., 0])
        low, high = chi2.ppf([0.0005, 0.9995], d * FIXES) / FIXES
        assert low < nees.mean() < high
        assert 0.95 < np.sqrt(np.mean(np.sum(error**2, axis=1)) / mean_square) < 1.15


@pytest.mark.parametrize("case", ["paper", "own clocks", "shared clock"])
def test_the_chi_square_of_the_fit_has_the_stated_tail(case):
    """p-values are uniform: their share below 0.01 and 0.1 within binomial limits of rate 1e-3."""
    scenario, _, groups = drawn(case, FIXES, seed=8)
    p_values = np.array([fix.p_value for fix in localize_many(groups, scenario, FusionSettings(most_outliers=0))])
    for level in (0.01, 0.1, 0.5):
        low, high = binom.ppf([0.0005, 0.9995], FIXES, level)
        assert low <= np.sum(p_values < level) <= high


@pytest.mark.parametrize("dimensions", [2, 3])
def test_components_of_directions_count_as_they_are_accurate(dimensions):
    """Errors of the delays of metres: most is known from lines (2-D) and from a line and planes (3-D) of antennas."""
    rng = np.random.default_rng(6)
    flat = np.array([1.0, 1.0, dimensions - 2.0])
    places = np.array([[80.0, 10.0, 5.0], [-20.0, 90.0, -8.0], [60.0, -70.0, 20.0], [-60.0, -40.0, 30.0]])
    sites = sites_of(places * flat, dimensions)
    target, velocity = np.array([15.0, -12.0, 40.0]) * flat, np.array([3.0, -4.0, 0.0])
    axes = [np.eye(3)[[1]], np.eye(3)[[0]], *([np.eye(3)[[0]]] * 2 if dimensions == 2 else [np.eye(3)[1:]] * 2)]
    towards = (target - sites.receivers_m) / np.linalg.norm(target - sites.receivers_m, axis=1)[:, None]
    groups = []
    for group in noisy(rng, sites, target, velocity, FIXES, range_std_m=5.0):
        for k, along in enumerate(axes):
            seen = along @ towards[k] + 0.01 * rng.standard_normal(len(along))
            rest = np.cross(*along) if len(along) == 2 else np.cross(along[0], [0.0, 0.0, 1.0])
            # On whichever side: half of them are mirror images of the target.
            direction = seen @ along + rng.choice([-1.0, 1.0]) * np.sqrt(1.0 - seen @ seen) * rest
            group[k] = replace(
                group[k],
                direction=direction,
                direction_covariance=1e-4 * along.T @ along,
                direction_kind="components",
            )
        groups.append(group)
    fixes = localize_many(groups, sites, FusionSettings(false_flag_rate=0.0))
    assert {fix.position_verdict for fix in fixes} == {"unique"}
    error = np.array([fix.position_m for fix in fixes])[:, :dimensions] - target[:dimensions]
    spread = np.array([fix.position_covariance_m2 for fix in fixes])
    nees = np.einsum("na,na->n", error, np.linalg.solve(spread, error[..., None])[..., 0])
    low, high = chi2.ppf([0.0005, 0.9995], dimensions * FIXES) / FIXES
    # Errors of half a metre at tens of metres: the curvature that the covariance leaves out is worth 3 %.
    assert 0.97 * low < nees.mean() < 1.03 * high
    without = localize_many([[replace(one, direction=None) for one in group] for group in groups[:50]], sites)
    assert np.median([f.position_std_m for f in fixes]) < 0.5 * np.median([f.position_std_m or np.inf for f in without])


def test_a_clean_fix_loses_a_receiver_as_rarely_as_stated():
    """At a stated rate of 0.02 rather than 0.001, to count enough of them."""
    scenario, _, groups = drawn("paper", FIXES, seed=9)
    fixes = localize_many(groups, scenario, FusionSettings(false_flag_rate=0.02))
    assert sum(bool(fix.outliers) for fix in fixes) <= binom.ppf(0.999, FIXES, 0.02)


def test_normalised_residuals_are_chi_with_two_degrees():
    """Of every receiver against the others: mean of the squares is 2."""
    scenario, _, groups = drawn("paper", 500, seed=10)
    squares = np.array([fix.normalised_residuals**2 for fix in localize_many(groups, scenario)])
    assert_close(squares.mean(axis=0), 2.0, abs=4 * 2.0 / np.sqrt(500))


@pytest.mark.parametrize("wrong", ["delay", "doppler", "both"])
def test_one_grossly_wrong_receiver_of_five_is_flagged(wrong):
    """30 m, or a hundred deviations of the Doppler, 300 fixes: 99 % flagged, error within twice the clean one's."""
    overrides = ["receivers.random.count=5", "requirements.rate_bps_hz=0", 'radio.pulse="half_sine"']
    right = 0
    errors, clean_errors = [], []
    for seed in range(10):
        scenario = load_preset("paper", [f"seed={seed}", *overrides])
        network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
        clean = draw_measurements(network, 1e-4, np.random.default_rng(seed), 30)
        groups = [list(group) for group in clean]
        for i, group in enumerate(groups):
            bad = group[i % 5]
            delay_s = bad.delay_s + (1e-7 if wrong != "doppler" else 0.0)
            doppler_hz = bad.doppler_hz + (100.0 * bad.doppler_std_hz if wrong != "delay" else 0.0)
            group[i % 5] = replace(bad, delay_s=delay_s, doppler_hz=doppler_hz)
        truth = scenario.target.position_m
        fixes, clean_fixes = localize_many(groups, scenario), localize_many(clean, scenario)
        for i, (fix, other) in enumerate(zip(fixes, clean_fixes, strict=True)):
            right += fix.outliers == (f"rx{i % 5 + 1}",)
            if fix.position_m is not None and other.position_m is not None:
                errors.append(np.linalg.norm(fix.position_m - truth) / other.position_std_m)
                clean_errors.append(np.linalg.norm(other.position_m - truth) / other.position_std_m)
    assert right >= 297
    assert np.median(errors) < 2.0 * np.median(clean_errors)
