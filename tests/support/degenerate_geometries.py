"""Degenerate geometries and what has to be said of each: for the tests, and for the table of benchmarks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from multistatic.localization.fix import Fix
from multistatic.localization.fusion import FusionSettings, localize
from multistatic.localization.known_sites import KnownSites
from tests.support.localization_networks import exact, measured, noisy, place, sites_of

# Of honest noise one fix in 1 000 would be called contradictory, as stated: too often for hundreds of geometries.
RARE = FusionSettings(false_flag_rate=1e-9)
Kind = Callable[[np.random.Generator], tuple[KnownSites, np.ndarray, str, str]]
UNOBSERVABLE, AMBIGUOUS, UNIQUE = "unobservable", "ambiguous", "unique"


def _turned(points, angle):
    """Points turned about z: nothing may depend on the axes."""
    c, s = np.cos(angle), np.sin(angle)
    return np.asarray(points) @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])


def on_the_baseline_of_one_of_two(rng):
    target = place(rng, (), 2)
    receivers = np.stack([target * rng.uniform(1.3, 3.0), place(rng, (), 2)])
    return sites_of(receivers, 2), target, UNOBSERVABLE, "line between"


def on_the_baseline_of_every_receiver(rng):
    target = place(rng, (), 2)
    receivers = target * rng.uniform(1.3, 3.0, (4, 1))
    return sites_of(receivers, 2), target, UNOBSERVABLE, "line between"


def on_the_baseline_of_one_of_five(rng):
    target = place(rng, (), 2)
    ring = 90.0 * np.exp(2j * np.pi * (np.arange(4) / 4 + rng.uniform()))
    around = np.stack([ring.real, ring.imag, np.zeros(4)], axis=1)
    return sites_of(np.vstack([target * 1.5, around]), 2), target, UNIQUE, ""


def beyond_a_line_of_sites(rng):
    """Outside of the segments, all slopes point along the line."""
    target = place(rng, (), 2)
    receivers = target * rng.uniform(0.1, 0.7, (3, 1))
    return sites_of(receivers, 2), target, UNOBSERVABLE, ""


def beside_a_line_of_sites(rng):
    """Mirror images about the line, whatever the number of receivers."""
    angle = rng.uniform(0, 2 * np.pi)
    receivers = _turned(np.stack([np.array([x, 0.0, 0.0]) for x in (30.0, 60.0, -45.0, 90.0)]), angle)
    target = _turned([rng.uniform(-50, 50), rng.choice([-1, 1]) * rng.uniform(30, 80), 0.0], angle)
    return sites_of(receivers, 2), target, AMBIGUOUS, "Two positions"


def above_a_plane_of_sites(rng):
    receivers = place(rng, (5,), 2)
    target = np.array([*rng.uniform(-50, 50, 2), rng.choice([-1, 1]) * rng.uniform(30, 60)])
    return sites_of(receivers, 3), target, AMBIGUOUS, "Two positions"


def in_the_plane_of_sites(rng):
    """In 3-D, but nothing tells the height."""
    receivers = place(rng, (5,), 2)
    return sites_of(receivers, 3), place(rng, (), 2, 60.0), UNOBSERVABLE, ""


def one_receiver(rng):
    return sites_of(place(rng, (1,), 2), 2), place(rng, (), 2), UNOBSERVABLE, "at least 2 receivers"


def two_receivers_in_space(rng):
    return sites_of(place(rng, (2,), 3), 3), place(rng, (), 3), UNOBSERVABLE, "at least 3 receivers"


def all_receivers_at_one_place(rng):
    receivers = np.repeat(place(rng, (1,), 2), 4, axis=0)
    return sites_of(receivers, 2), place(rng, (), 2), UNOBSERVABLE, "same position"


def two_of_three_at_one_place(rng):
    """As two receivers in the plane: the ellipses meet twice."""
    angle = rng.uniform(0, 2 * np.pi)
    receivers = _turned([[80.0, 10.0, 0.0], [80.0, 10.0, 0.0], [-20.0, 90.0, 0.0]], angle)
    return sites_of(receivers, 2), _turned([rng.uniform(-60, -30), rng.uniform(-60, -30), 0.0], angle), AMBIGUOUS, ""


def receiver_at_the_transmitter(rng):
    """Mono-static and two others: nothing special."""
    receivers = np.array([[0.0, 0.0, 0.0], [80.0, 10.0, 0.0], [-20.0, 90.0, 0.0]])
    return sites_of(receivers, 2), np.array([*rng.uniform(-60, -30, 2), 0.0]), UNIQUE, ""


def two_receivers_in_the_plane(rng):
    receivers = np.array([[80.0, 10.0, 0.0], [-20.0, 90.0, 0.0]])
    return sites_of(receivers, 2), np.array([*rng.uniform(-60, -30, 2), 0.0]), AMBIGUOUS, "Two positions"


KINDS = [
    on_the_baseline_of_one_of_two,
    on_the_baseline_of_every_receiver,
    on_the_baseline_of_one_of_five,
    beyond_a_line_of_sites,
    beside_a_line_of_sites,
    above_a_plane_of_sites,
    in_the_plane_of_sites,
    one_receiver,
    two_receivers_in_space,
    all_receivers_at_one_place,
    two_of_three_at_one_place,
    receiver_at_the_transmitter,
    two_receivers_in_the_plane,
]


def assert_sound(fix: Fix) -> None:
    """No NaN or infinity anywhere, no negative variance, what does not exist is None and has a reason."""
    for field in dataclasses.fields(fix):
        value = getattr(fix, field.name)
        if isinstance(value, np.ndarray | float):
            assert np.isfinite(value).all(), field.name
    for covariance in (fix.covariance, fix.position_covariance_m2):
        if covariance is not None:
            assert np.all(np.diagonal(covariance) > 0)
            scale = np.sqrt(np.outer(np.diagonal(covariance), np.diagonal(covariance)))
            assert np.linalg.eigvalsh(covariance / scale).min() > -1e-12
    located = fix.position_verdict != UNOBSERVABLE
    trusted = located and fix.position_verdict != "contradictory"
    assert (fix.position_m is not None) == located
    assert (fix.position_covariance_m2 is not None) == trusted
    assert (fix.other_position_m is not None) == (fix.position_verdict == AMBIGUOUS)
    assert (fix.velocity_m_s is not None) == (fix.velocity_verdict == "observable")
    assert (fix.covariance is not None) == (trusted and fix.velocity_m_s is not None)
    assert (fix.position_verdict, fix.velocity_verdict) == (UNIQUE, "observable") or fix.message


def assert_right_verdict(kind: Kind, rng: np.random.Generator, *, noise: bool, still: bool) -> None:
    """One geometry of a kind: its verdict, its reason, and an answer where there is one."""
    sites, target, verdict, words = kind(rng)
    velocity = np.zeros(3)
    if not still:
        velocity[: sites.dimensions] = rng.normal(0.0, 10.0, sites.dimensions)
    delay, doppler = exact(sites, target, velocity)
    group = noisy(rng, sites, target, velocity, 1)[0] if noise else measured(sites, delay, doppler)
    fix = localize(group, sites, RARE)
    assert_sound(fix)
    answers = [each for each in (fix.position_m, fix.other_position_m) if each is not None]
    away = min((float(np.linalg.norm(each - target)) for each in answers), default=0.0)
    tolerance = 1e-6 if not noise or fix.position_std_m is None else 6.0 * fix.position_std_m
    assert fix.position_verdict == verdict, (fix.message, fix.position_m, target)
    assert words in fix.message
    assert len(answers) == {UNOBSERVABLE: 0, UNIQUE: 1, AMBIGUOUS: 2}[verdict]
    assert fix.velocity_verdict == ("unobservable" if verdict == UNOBSERVABLE else "observable")
    assert away < tolerance
