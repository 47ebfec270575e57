"""The nearest places where an uncertain target may be, and places along its outline, for a search that follows both.

A search that only refuses steps out of an area cannot follow a rim or a thin strip: it moves there along the nearest
places instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multistatic.scenario.area_samples import heights_of, in_area, outline_of
from multistatic.scenario.point_layout import CLEAR_OF_SITES_M
from multistatic.scenario.uncertain_target import TargetArea
from multistatic.units import F

if TYPE_CHECKING:
    from multistatic.scenario.model import Scenario, Target

_INSIDE = (
    1e-9  # of the coordinates: how far inside of an outline the nearest places lie, so that rounding leaves them in
)
_MOST_OF_OUTLINE = 6_000
_DIVIDED = 4_096  # pieces of an outline at first, from which those that are less than a step apart are taken together
_AT_ONCE = 2_000_000  # distances between places and sides that are computed at once


def nearest_places(scenario: Scenario, position_m: F, target: np.ndarray) -> F:
    """Places [n, 3], those outside the areas of the targets of the numbers `target` [n] moved to the nearest in them,
    and those too near to a site moved away from it. Places of targets with a prior stay.
    """
    found = position_m.copy()
    for number, one in enumerate(scenario.targets):
        rows = np.flatnonzero(target == number)
        if one.area is None or not len(rows):
            continue
        places = found[rows]
        for site_m in [scenario.transmitter.position_m, *(each.position_m for each in scenario.receivers)]:
            away = places - site_m
            distance = np.linalg.norm(away, axis=1)
            near = (distance < CLEAR_OF_SITES_M) & (distance > 0.0)
            places[near] = site_m + away[near] * ((1.0 + 1e-9) * CLEAR_OF_SITES_M / distance[near])[:, None]
        low, high = heights_of(one.area, one.position_m)
        places[:, 2] = np.clip(places[:, 2], low, high)
        outside = ~in_area(one.area, one.position_m, places[:, :2])
        places[outside, :2] = _nearest(one.area, one.position_m, places[outside, :2])
        found[rows] = places
    return found


def outline_places(scenario: Scenario, target: Target, step: float) -> tuple[F, ...]:
    """Places [n, 3] in order along each ring of the outline of a target's area, at its lowest, middle and greatest
    height, whose directions from the transmitter differ by at most `step`, or by more where these were too many.
    """
    assert target.area is not None
    low, high = heights_of(target.area, target.position_m)
    heights = [low, 0.5 * (low + high), high] if high > low else [low]
    rings, site_m = outline_of(target.area, target.position_m), scenario.transmitter.position_m
    most = max(_MOST_OF_OUTLINE // (len(heights) * len(rings) * len(scenario.targets)), 16)
    found = []
    for ring in rings:
        plane = _divided(ring)
        outside = ~in_area(target.area, target.position_m, plane)
        plane[outside] = _nearest(target.area, target.position_m, plane[outside])
        for height in heights:
            places = np.column_stack([plane, np.full(len(plane), height)])
            path = places - site_m
            direction = path / np.maximum(np.linalg.norm(path, axis=1, keepdims=True), 1e-12)
            turned = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(direction, axis=0), axis=1))])
            cells = np.floor(turned / max(step, turned[-1] / most))
            _, first = np.unique(cells, return_index=True)
            far = np.linspace(0, len(plane) - 1, 65).astype(int)[:-1]
            found.append(places[np.union1d(first, far)])
    return tuple(found)


def _divided(ring: F) -> F:
    """Corners of a ring and places on its sides, in proportion to their lengths."""
    ends = np.roll(ring, -1, axis=0)
    lengths = np.linalg.norm(ends - ring, axis=1)
    pieces = np.ceil(_DIVIDED * lengths / lengths.sum()).astype(int)
    return np.concatenate(
        [a + (b - a) * (np.arange(n) / n)[:, None] for a, b, n in zip(ring, ends, pieces, strict=True)]
    )


def _nearest(area: TargetArea, middle_m: F, places: F) -> F:
    """The places [n, 2] of an area, hardly inside its outline, that are nearest to `places` [n, 2] outside of it."""
    away = places - middle_m[:2]
    scale = _INSIDE * (1.0 + float(np.abs(middle_m[:2]).max(initial=0.0)))
    if area.radius_m is not None:
        shorter = max(area.radius_m - scale, 0.5 * area.radius_m)
        return np.asarray(middle_m[:2] + away * (shorter / np.hypot(*away.T))[:, None])
    if area.size_m is not None:
        half = 0.5 * area.size_m[:2]
        half = np.maximum(half - scale, 0.5 * half)
        return np.asarray(middle_m[:2] + np.clip(away, -half, half))
    starts = np.concatenate(area.rings_m)
    sides = np.concatenate([np.roll(ring, -1, axis=0) - ring for ring in area.rings_m])
    rows = max(_AT_ONCE // len(starts), 1)
    parts = [
        _nearest_on_sides(area, starts, sides, places[first : first + rows]) for first in range(0, len(places), rows)
    ]
    return np.concatenate(parts) if parts else places


def _nearest_on_sides(area: TargetArea, starts: F, sides: F, places: F) -> F:
    """The nearest places [n, 2] on sides of a polygon, moved to that hand of their side that is inside."""
    length = np.linalg.norm(sides, axis=1)
    inside_m = _INSIDE * (1.0 + float(np.abs(starts).max()))
    end = np.minimum(2.0 * inside_m / length, 0.5)
    part = np.einsum("nsc,sc->ns", places[:, None] - starts, sides) / length**2
    part = np.clip(part, end, 1.0 - end)
    on_side = starts + part[:, :, None] * sides
    nearest = np.argmin(np.linalg.norm(places[:, None] - on_side, axis=2), axis=1)
    found = on_side[np.arange(len(places)), nearest]
    unit = sides[nearest] / length[nearest, None]
    normal = inside_m * np.column_stack([-unit[:, 1], unit[:, 0]])
    left = in_area(area, np.zeros(3), found + normal)
    return np.asarray(np.where(left[:, None], found + normal, found - normal))
