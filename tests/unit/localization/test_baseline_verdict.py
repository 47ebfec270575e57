"""A target on a baseline has one verdict, whoever is asked: the fix, the ranges alone, the bound."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic import from_ranges
from multistatic.bounds.position import position_bound
from multistatic.localization.fusion import localize
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.clocked_networks import ClockedGroup, sensing_network_of
from tests.support.close import assert_close
from tests.support.degenerate_geometries import beyond_a_line_of_sites, on_the_baseline_of_one_of_two
from tests.support.localization_networks import CARRIER_HZ, WAVELENGTH_M, exact, measured, sites_of


@pytest.mark.parametrize("still", [False, True], ids=["moving", "still"])
@pytest.mark.parametrize("kind", [on_the_baseline_of_one_of_two, beyond_a_line_of_sites])
def test_one_verdict(kind, still):
    """Of moving targets `localize` called 22 of 40 unique, ±0.6 m, and the ranges alone said unobservable."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        sites, target, _, _ = kind(rng)
        velocity = np.zeros(3)
        velocity[:2] = 0.0 if still else rng.normal(0.0, 10.0, 2)
        delay, doppler = exact(sites, target, velocity)
        fix = localize(measured(sites, delay, doppler), sites)
        alone = from_ranges(
            SPEED_OF_LIGHT_M_S * delay[None], sites.transmitter_m, sites.receivers_m, dimensions=sites.dimensions
        )
        assert fix.position_verdict == alone.verdict[0] == "unobservable"
        bound = bound_of(sites, target, velocity)
        # A finite bound holds on the line alone, by the grace of one velocity, and says so.
        assert bound.peb_m is None or bound.peb_m > 1e4 or "no estimator reaches it" in bound.note


def bound_of(sites, target, velocity):
    count = len(sites.receivers_m)
    group = ClockedGroup(
        label="",
        transmitter_m=sites.transmitter_m,
        receivers_m=sites.receivers_m,
        target_m=target,
        velocity_m_s=velocity,
        carrier_hz=CARRIER_HZ,
        delay_std_s=np.full(count, 0.1 / SPEED_OF_LIGHT_M_S),
        doppler_std_hz=np.full(count, 0.1 / WAVELENGTH_M),
        own_time_s=np.zeros(count),
        own_frequency_hz=np.zeros(count),
        common=(0.0, 0.0),
        dimensions=sites.dimensions,
    )
    return position_bound(sensing_network_of(group), np.ones(count, bool), 1.0)


def test_beside_the_baseline_doppler_shifts_of_many_receivers_count():
    """Three receivers to the side know the velocity, and then the shift on the baseline tells the place."""
    target, velocity = np.array([30.0, 10.0, 0.0]), np.array([4.0, -7.0, 0.0])
    sides = np.array([[60.0, 20.0, 0.0], [-40.0, 55.0, 0.0], [20.0, -70.0, 0.0], [70.0, -30.0, 0.0]])
    sites = sites_of(sides, 2)
    fix = localize(measured(sites, *exact(sites, target, velocity)), sites)
    assert (fix.position_verdict, fix.velocity_verdict) == ("unique", "observable")
    assert_close(fix.position_m, target, abs=1e-06)
