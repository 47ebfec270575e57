"""Rings of corners: what is inside, the middle, and rings that are no area.

Categories: known shapes; holes and parts; random polygons against the angle that a place sees them at; refusals.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multistatic.scenario.area_rings import area_and_centroid, inside_rings, ring_problems, without_repeats
from tests.support.close import assert_close

SQUARE = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]])
HOLE = np.array([[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [2.0, 1.0]])
L_SHAPE = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0], [1.0, 1.0], [1.0, 3.0], [0.0, 3.0]])


@pytest.mark.parametrize("shift", [0.0, 1e6])
@pytest.mark.parametrize(
    ("rings", "area", "centroid"),
    [
        ([SQUARE], 16.0, [2.0, 2.0]),
        ([SQUARE[::-1]], 16.0, [2.0, 2.0]),
        ([SQUARE, HOLE], 15.0, [(32.0 - 1.5) / 15.0] * 2),
        ([SQUARE, HOLE + 10.0], 17.0, [(32.0 + 11.5) / 17.0] * 2),
        ([L_SHAPE], 5.0, [(1.5 * 3 + 0.5 * 2) / 5.0] * 2),
    ],
)
def test_area_and_centroid(rings, area, centroid, shift):
    found, middle = area_and_centroid([ring + shift for ring in rings])
    assert_close(found, area, rel=1e-9)
    assert_close(middle, np.array(centroid) + shift, rel=1e-12)


def test_a_hole_is_outside_and_an_island_in_it_inside():
    island = 1.25 + 0.5 * (HOLE - 1.0)
    places = np.array([[0.5, 0.5], [1.1, 1.1], [1.5, 1.5], [5.0, 1.0], [-1.0, 1.0]])
    assert inside_rings([SQUARE, HOLE, island], places).tolist() == [True, False, True, False, False]


@given(
    radii=st.lists(st.floats(0.2, 3.0), min_size=3, max_size=12),
    places=st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=20),
)
def test_inside_is_where_the_outline_is_seen_all_around(radii, places):
    """The angles at which a place sees the sides of a simple ring add up to a full turn inside and to none outside."""
    angle = 2 * np.pi * np.arange(len(radii)) / len(radii)
    ring = np.array(radii)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    where = np.array(places, dtype=float)
    away = ring[None] - where[:, None]
    seen = away[..., 0] + 1j * away[..., 1]
    following = np.roll(seen, -1, axis=1)
    clear = np.abs((np.conj(seen) * following).imag) > 1e-9  # not on the line of a side, where the angle has no sign
    turns = np.angle(following * np.conj(seen)).sum(axis=1)
    sure = clear.all(axis=1) & (np.abs(seen).min(axis=1) > 1e-6)
    assert np.array_equal(inside_rings([ring], where)[sure], np.abs(turns[sure]) > np.pi)


@pytest.mark.parametrize(
    ("rings", "word"),
    [
        ([SQUARE[[0, 2, 1, 3]]], "a ring that does not cross itself"),
        ([SQUARE, SQUARE + 2.0], "rings that do not cross each other"),
        ([SQUARE[:2]], "three corners or more"),
        ([np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])], "three corners or more"),
    ],
)
def test_what_is_no_area_is_named(rings, word):
    problems = list(ring_problems([f"r[{i}]" for i in range(len(rings))], rings))
    assert len(problems) == 1
    assert word in problems[0].expected


def test_rings_that_touch_are_an_area():
    assert not list(ring_problems(["a", "b"], [SQUARE, SQUARE + np.array([4.0, 0.0])]))
    assert not list(ring_problems(["a", "b"], [SQUARE, HOLE]))


def test_a_corner_that_repeats_is_one():
    assert np.array_equal(without_repeats(SQUARE[[0, 1, 1, 2, 3, 0]]), SQUARE[[1, 2, 3, 0]])
