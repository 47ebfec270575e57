"""Rings of corners in a plane: what is inside, by the even-odd rule, their middle, and rings that are no area.

A place is inside where an odd number of rings surround it, so that holes and several parts are rings as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from multistatic.errors import Problem
from multistatic.units import B, F

LEAST_LENGTH_M = 1e-3
"""What is smaller than this in length and width is a place and no area."""
_ROWS = 200  # sides that are compared with all others at once


def without_repeats(corners: F) -> F:
    """A ring [n, 2] without corners that repeat the one before, or the first one at its end."""
    if not len(corners):
        return corners
    kept = np.any(corners != np.roll(corners, 1, axis=0), axis=1)
    return corners[kept]


def inside_rings(rings: Sequence[F], places: F) -> B:
    """True for the places [n, 2] that an odd number of `rings` surround: a ray towards +x crosses as many sides."""
    found = np.zeros(len(places), bool)
    x, y = places[:, 0], places[:, 1]
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if y0 == y1:
                continue
            crossed = (y0 > y) != (y1 > y)
            found ^= crossed & (x < x0 + (y - y0) * ((x1 - x0) / (y1 - y0)))
    return found


def area_and_centroid(rings: Sequence[F]) -> tuple[float, F]:
    """Area in m² and centroid [2] in m of the inside of `rings`."""
    area, moment = 0.0, np.zeros(2)
    for index, ring in enumerate(rings):
        ring_area, centroid = _signed(ring)
        hole = is_within(ring, [*rings[:index], *rings[index + 1 :]])
        size = -abs(ring_area) if hole else abs(ring_area)
        area, moment = area + size, moment + size * centroid
    return area, moment / area if area > 0 else np.mean(np.concatenate(list(rings)), axis=0)


def is_within(ring: F, others: Sequence[F]) -> bool:
    """True where `ring`, which crosses none of `others`, lies inside of them."""
    # A corner may touch another ring: the middles of the sides decide, by majority.
    middles = 0.5 * (ring + np.roll(ring, -1, axis=0))
    return bool(others) and bool(np.mean(inside_rings(others, middles)) > 0.5)


def _signed(ring: F) -> tuple[float, F]:
    """Signed area and centroid of one ring, about its first corner so that no digits cancel."""
    first = ring[0]
    here = ring - first
    following = np.roll(here, -1, axis=0)
    cross = here[:, 0] * following[:, 1] - here[:, 1] * following[:, 0]
    area = 0.5 * float(cross.sum())
    if area == 0.0:
        return 0.0, np.asarray(ring.mean(axis=0))
    return area, first + ((here + following) * cross[:, None]).sum(axis=0) / (6.0 * area)


def ring_problems(paths: Sequence[str], rings: Sequence[F]) -> Iterator[Problem]:
    """What keeps `rings` from being an area; `paths` say where each of them is written."""
    few = [(path, ring) for path, ring in zip(paths, rings, strict=True) if len(ring) < 3]
    if few:
        yield from (Problem(path, f"{len(ring)} corners", "three corners or more of an area") for path, ring in few)
        return
    # Each by another length, so that sides of two rings do not lie on one line.
    steps = 1e-7 * (1.0 + np.arange(len(rings)) / len(rings))
    smaller = [_shrunk(ring, step) for ring, step in zip(rings, steps.tolist(), strict=True)]
    crossing = _first_crossing(rings, apart=False) or _first_crossing(smaller, apart=True)
    if crossing is not None:
        (one, side), (other, with_side) = crossing
        if one == other:
            received = f"sides that cross, behind corner {side} and behind corner {with_side}"
            yield Problem(paths[one], received, "a ring that does not cross itself", "corners count from 0")
        else:
            received = f"a side behind corner {side} that crosses {paths[other]}"
            hint = "join areas that overlap to one; a hole lies inside of its ring"
            yield Problem(paths[one], received, "rings that do not cross each other", hint)

    for path, ring in zip(paths, rings, strict=True):
        if crossing is None and abs(_signed(ring)[0]) <= 1e-12 * float(np.ptp(ring, axis=0).max()) ** 2:
            yield Problem(path, f"{len(ring)} corners on a line", "three corners or more of an area")


def _shrunk(ring: F, part: float) -> F:
    """The ring with its sides further in, by `part` of its extent: rings that only touch are then apart."""
    sides = np.roll(ring, -1, axis=0) - ring
    lengths = np.linalg.norm(sides, axis=1, keepdims=True)
    inward = np.stack([-sides[:, 1], sides[:, 0]], axis=1) / np.where(lengths > 0, lengths, 1.0)
    inward *= np.sign(_signed(ring)[0])
    step = part * float(np.ptp(ring, axis=0).max())
    return np.asarray(ring + step * (inward + np.roll(inward, 1, axis=0)))


def _first_crossing(rings: Sequence[F], *, apart: bool) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Two sides, as (ring, side), that cross at a point inside of both, of two rings where `apart`, else of one; None
    where no two do.
    """
    corners = np.concatenate(list(rings))
    scale = max(float(np.ptp(corners, axis=0).max()), 1e-300)
    middle = corners.mean(axis=0)
    starts = (corners - middle) / scale
    ends = np.concatenate([np.roll(ring, -1, axis=0) - middle for ring in rings]) / scale
    number = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    side = np.concatenate([np.arange(len(ring)) for ring in rings])
    for begin in range(0, len(starts), _ROWS):
        rows = slice(begin, begin + _ROWS)
        a, b = starts[rows, None], ends[rows, None]
        cross = (_turn(a, b, starts) * _turn(a, b, ends) < 0.0) & (
            _turn(starts, ends, a) * _turn(starts, ends, b) < 0.0
        )
        cross &= (number[rows, None] != number) == apart
        if cross.any():
            row, column = np.unravel_index(int(np.argmax(cross)), cross.shape)
            first = begin + int(row)
            return (int(number[first]), int(side[first])), (int(number[column]), int(side[column]))
    return None


def _turn(a: F, b: F, c: F) -> F:
    """Twice the signed area of the triangles a, b, c; 0 where it is one of rounding."""
    area = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
    return np.where(np.abs(area) < 1e-14, 0.0, area)
