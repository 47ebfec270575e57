"""Closed forms: exact measurements of random geometries give the target back, or a verdict with its reason.

1. By hand, on triangles with whole sides.
2. Random geometries in 2-D and 3-D: within a micrometre wherever the verdict says there is an answer.
3. Each degenerate input has its reason; no NaN comes out.
"""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.localization import closed_forms, ellipses, two_dopplers
from multistatic.localization.ellipses import from_ranges
from multistatic.localization.ray import from_arrival, from_departure
from multistatic.localization.two_dopplers import departure_from_dopplers, from_two_dopplers
from tests.support.close import assert_close
from tests.support.localization_networks import place

COUNT = 4000
MICROMETRE = 1e-6


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector, axis=-1, keepdims=True)


def paths(target: np.ndarray, transmitter: np.ndarray, receiver: np.ndarray) -> np.ndarray:
    return np.linalg.norm(target - transmitter, axis=-1) + np.linalg.norm(target - receiver, axis=-1)


def errors_m(found: closed_forms.Candidates, target: np.ndarray) -> np.ndarray:
    """Distance of the nearest answer of each case that has one."""
    away = np.linalg.norm(found.positions_m - target[:, None], axis=-1)
    away[found.count < 2, 1] = np.inf
    return away.min(axis=1)[found.count > 0]


# One direction and one range


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("form", [from_arrival, from_departure])
def test_one_direction_and_one_range(form, dimensions):
    rng = np.random.default_rng(1)
    target, transmitter, receiver = (place(rng, (COUNT,), dimensions) for _ in range(3))
    seen_from = receiver if form is from_arrival else transmitter
    found = form(paths(target, transmitter, receiver), unit(target - seen_from), transmitter, receiver)
    assert np.mean(found.verdict == "unique") > 0.999
    assert errors_m(found, target).max() < MICROMETRE


def test_by_hand():
    """Transmitter (0, 0), receiver (3, 0), target (3, 4): the path is 5 + 4 long."""
    assert_close(from_arrival([9.0], [[0, 1]], [0, 0], [3, 0]).positions_m[0, 0], [3, 4, 0], rel=1e-9)
    assert_close(from_departure([9.0], [[0.6, 0.8]], [0, 0], [3, 0]).positions_m[0, 0], [3, 4, 0], rel=1e-9)
    found = from_ranges([[9.0, 4 + np.sqrt(17)]], [3, 0], [[0, 0], [4, 0]], dimensions=2)
    assert found.verdict[0] == "ambiguous"
    assert_close(sorted(found.positions_m[0].tolist()), [[3, -4, 0], [3, 4, 0]], abs=1e-9)


def test_departure_is_equation_93():
    """d_0k = (R² + d_bk² - 2R d_bk cos(θ-ϑ_k))/(2R - 2d_bk cos(θ-ϑ_k))."""
    rng = np.random.default_rng(2)
    target, receiver = place(rng, (200,), 2), place(rng, (200,), 2)
    reach = paths(target, np.zeros(3), receiver)
    d_bk = np.linalg.norm(receiver, axis=1)
    angle = np.arctan2(target[:, 1], target[:, 0]) - np.arctan2(receiver[:, 1], receiver[:, 0])
    d_0k = (reach**2 + d_bk**2 - 2 * reach * d_bk * np.cos(angle)) / (2 * reach - 2 * d_bk * np.cos(angle))
    found = from_departure(reach, unit(target), [0, 0], receiver)
    assert_close(np.linalg.norm(found.positions_m[:, 0] - receiver, axis=1), d_0k, rel=1e-9)


def test_a_target_between_both_ends_and_an_impossible_range():
    found = from_arrival([10.0, 9.0, np.nan], [[-1, 0]] * 3, [0, 0], [10, 0])
    assert found.verdict.tolist() == ["unobservable"] * 3
    assert found.reason.tolist() == [closed_forms.ON_BASELINE, closed_forms.TOO_SHORT, closed_forms.NOT_FINITE]
    assert not found.positions_m.any()


# Two Dopplers


def moving_pairs(rng: np.random.Generator, count: int):
    """Targets on any heading, seen by two receivers: ranges, Dopplers, angles of arrival."""
    target, transmitter, receivers = place(rng, (count,), 2), place(rng, (count,), 2), place(rng, (count, 2), 2)
    heading = rng.uniform(-np.pi, np.pi, count)
    velocity = 15.0 * np.stack([np.cos(heading), np.sin(heading), np.zeros(count)], axis=1)
    back = unit(target[:, None] - receivers)
    doppler = -11.7 * np.einsum("nc,nkc->nk", velocity, unit(target - transmitter)[:, None] + back)
    reach = paths(target[:, None], transmitter[:, None], receivers)
    return target, transmitter, receivers, heading, reach, doppler, np.arctan2(back[..., 1], back[..., 0])


def test_the_papers_route_corrected():
    target, transmitter, receivers, heading, reach, doppler, arrival = moving_pairs(np.random.default_rng(3), COUNT)
    found = from_two_dopplers(
        reach, doppler, arrival, heading_rad=heading, transmitter_m=transmitter, receivers_m=receivers
    )
    assert np.mean(found.verdict == "unique") > 0.99
    assert errors_m(found, target).max() < MICROMETRE


def test_departure_from_dopplers_alone_is_one_of_two():
    target, transmitter, _, heading, _, doppler, arrival = moving_pairs(np.random.default_rng(4), COUNT)
    found = departure_from_dopplers(doppler, arrival, heading)
    truth = np.arctan2(*(target - transmitter)[:, 1::-1].T)
    away = np.abs(np.angle(np.exp(1j * (found.angle_rad - truth[:, None]))))
    answered = found.count == 2
    assert answered.mean() > 0.999
    assert away[answered].min(axis=1).max() < 1e-8
    mirrored = np.angle(np.exp(1j * (found.angle_rad.sum(axis=1) - 2 * heading)))
    assert_close(mirrored[answered], 0.0, abs=1e-9)


def test_two_dopplers_that_say_nothing():
    """A target at rest; the same angle from the heading twice; a heading through the transmitter; no finite number."""
    doppler = [[0.0, 0.0], [5.0, 5.0], [-30.0, -15.0 - 15 * np.cos(1.0)], [np.nan, 1.0]]
    arrival = [[0.3, 1.0], [1.0, -1.0], [0.0, 1.0], [0.0, 1.0]]
    reasons = [two_dopplers.EQUAL_DOPPLERS] * 2 + [two_dopplers.ALONG_HEADING, closed_forms.NOT_FINITE]
    assert departure_from_dopplers(doppler, arrival, 0.0).reason.tolist() == reasons
    found = from_two_dopplers(
        [[100.0, 110.0]] * 4,
        doppler,
        arrival,
        heading_rad=0.0,
        transmitter_m=[0, 0],
        receivers_m=[[10, 20], [-30, 5]],
    )
    assert found.reason.tolist() == reasons
    assert not found.positions_m.any()
    assert departure_from_dopplers([[1.0, 1.1]], [[0.2, 0.3]], 0.0).reason[0] == two_dopplers.NO_COSINE


# Delays alone


@pytest.mark.parametrize(("dimensions", "receivers"), [(2, 2), (2, 3), (2, 6), (3, 3), (3, 4), (3, 7)])
def test_ranges_alone(dimensions, receivers):
    """As many receivers as coordinates: two answers, the target among them. One more: one answer."""
    rng = np.random.default_rng(receivers)
    target, sites = place(rng, (COUNT,), dimensions), place(rng, (COUNT, receivers), dimensions)
    reach = paths(target[:, None], np.zeros(3), sites)
    found = from_ranges(reach, np.zeros(3), sites, dimensions=dimensions)
    expected = "ambiguous" if receivers == dimensions else "unique"
    assert np.mean(found.verdict == expected) > 0.999
    assert errors_m(found, target).max() < MICROMETRE


def test_ranges_in_a_plane_above_the_sites():
    rng = np.random.default_rng(9)
    target, sites = place(rng, (500,), 2), place(rng, (500, 3), 3, 50.0)
    target[:, 2] = 80.0
    transmitter = np.array([10.0, -20.0, 25.0])
    found = from_ranges(paths(target[:, None], transmitter, sites), transmitter, sites, dimensions=2, height_m=80.0)
    assert np.mean(found.verdict == "unique") > 0.99
    assert errors_m(found, target).max() < MICROMETRE


def test_sites_in_one_line_mirror_the_target():
    target = np.array([[20.0, 30.0, 0.0]])
    sites = np.array([[40.0, 0, 0], [80.0, 0, 0], [-30.0, 0, 0], [10.0, 0, 0]])
    found = from_ranges(paths(target[:, None], np.zeros(3), sites), np.zeros(3), sites, dimensions=2)
    assert found.verdict[0] == "ambiguous"
    assert_close(np.abs(found.positions_m[0]), np.abs(target.repeat(2, axis=0)), abs=1e-9)


def test_ranges_that_say_nothing():
    sites = np.array([[40.0, 0, 0], [0, 40.0, 0]])
    assert from_ranges([[50.0]], [0, 0], sites[:1], dimensions=2).reason[0] == ellipses.TOO_FEW
    reasons = from_ranges([[30.0, 60.0], [40.0, 60.0], [np.inf, 60.0]], [0, 0], sites, dimensions=2).reason
    assert reasons.tolist() == [closed_forms.TOO_SHORT, closed_forms.ON_BASELINE, closed_forms.NOT_FINITE]
    twice = sites[[0, 0]]
    assert from_ranges([[60.0, 60.0]], [0, 0], twice, dimensions=2).verdict[0] == "unobservable"
    contradiction = from_ranges([[60.0, 60.0, 200.0]], [0, 0], [*sites, [-40.0, 0, 0]], dimensions=2)
    assert contradiction.reason[0] == ellipses.NO_POINT
