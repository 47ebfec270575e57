"""Degenerate geometries: the right verdict, no NaN, no negative variance."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from multistatic.localization.fusion import localize
from tests.support.close import assert_close
from tests.support.degenerate_geometries import KINDS, UNIQUE, UNOBSERVABLE, assert_right_verdict, assert_sound
from tests.support.localization_networks import exact, measured, place, sites_of


@pytest.mark.slow
@pytest.mark.parametrize("still", [False, True], ids=["moving", "still"])
@pytest.mark.parametrize("noise", [False, True], ids=["exact", "noisy"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_degenerate_geometry_has_its_verdict(kind, noise, still):
    """13 kinds × 6 draws × exact or noisy × moving or still: 312 geometries."""
    rng = np.random.default_rng(KINDS.index(kind))
    for _ in range(6):
        assert_right_verdict(kind, rng, noise=noise, still=still)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_one_receiver_with_a_direction_knows_the_position_but_not_the_velocity(dimensions):
    rng = np.random.default_rng(5)
    for _ in range(10):
        sites, target = sites_of(place(rng, (1,), dimensions), dimensions), place(rng, (), dimensions)
        velocity = place(rng, (), dimensions, 10.0)
        back = target - sites.receivers_m[0]
        delay, doppler = exact(sites, target, velocity)
        fix = localize(
            measured(sites, delay, doppler, directions={0: (back / np.linalg.norm(back), 1e-4)}, range_std_m=0.01),
            sites,
        )
        assert_sound(fix)
        assert (fix.position_verdict, fix.velocity_verdict) == (UNIQUE, "unobservable")
        assert "velocity is unobservable" in fix.message
        assert_close(fix.position_m, target, abs=1e-6)


def test_no_receiver_detected_the_echo():
    sites = sites_of(place(np.random.default_rng(0), (3,), 2), 2)
    silent = [dataclasses.replace(one, verdict="not_detected") for one in measured(sites, np.ones(3), np.zeros(3))]
    for group in ([], silent):
        fix = localize(group, sites)
        assert_sound(fix)
        assert fix.position_verdict == UNOBSERVABLE
        assert "No receiver detected" in fix.message
        assert fix.used == ()


def test_paths_shorter_than_the_direct_one_are_named_with_what_to_check():
    """Two receivers whose delays were written in ms: 1000 times too short."""
    sites = sites_of(np.array([[100.0, 0.0, 0.0], [0.0, 100.0, 0.0]]), 2)
    delay, doppler = exact(sites, np.array([60.0, 80.0, 0.0]), np.array([3.0, 4.0, 0.0]))
    fix = localize(measured(sites, 1e-3 * delay, doppler), sites)
    assert_sound(fix)
    assert fix.position_verdict == UNOBSERVABLE
    assert "over the target to r0, r1 is shorter than the direct path" in fix.message
