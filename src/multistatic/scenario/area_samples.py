"""Many places all over an area, each with its share of it: what the points of a design are taken from.

The places lie on cylinders around the transmitter, because what a beam does depends on the direction from there: close
to the transmitter they are near each other, far away they are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.scenario.area_rings import inside_rings
from multistatic.scenario.uncertain_target import TargetArea
from multistatic.units import B, F

_OUTLINE = 2_000
_OF_OUTLINE = 1e-3  # share of the area that its outline counts for, which has none: points on it have some weight


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AreaSamples:
    """Places in an area.

    position_m [n, 3]: places in m, those of the outline too.
    measure [n]: their shares of the area, which sum to about 1.
    """

    position_m: F
    measure: F


def heights_of(area: TargetArea, middle_m: F) -> tuple[float, float]:
    """Lowest and highest z in m of an area around `middle_m` [3]."""
    if area.height_m is not None:
        return area.height_m
    half = 0.0 if area.size_m is None else 0.5 * float(area.size_m[2])
    return float(middle_m[2]) - half, float(middle_m[2]) + half


def outline_of(area: TargetArea, middle_m: F) -> tuple[F, ...]:
    """Rings of corners [n, 2] in m of an area around `middle_m` [3]; of a disc many corners on its circle."""
    if area.radius_m is not None:
        angle = 2.0 * np.pi / 360.0 * np.arange(360)
        return (middle_m[:2] + area.radius_m * np.stack([np.cos(angle), np.sin(angle)], axis=1),)
    if area.size_m is not None:
        corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
        return (middle_m[:2] + corners * area.size_m[:2],)
    return area.rings_m


def in_area(area: TargetArea, middle_m: F, places: F) -> B:
    """True for the horizontal places [n, 2] that an area around `middle_m` [3] covers."""
    away = places - middle_m[:2]
    if area.radius_m is not None:
        return np.asarray(np.hypot(*away.T) <= area.radius_m)
    if area.size_m is not None:
        return np.asarray(np.all(np.abs(away) <= 0.5 * area.size_m[:2], axis=1))
    return inside_rings(area.rings_m, places)


def area_samples(area: TargetArea, middle_m: F, transmitter_m: F, step: float, most: int) -> AreaSamples:
    """Places all over an area.

    area: the area.
    middle_m [3]: position of the target in m, around which a disc or a box lies.
    transmitter_m [3]: position of the transmitter in m.
    step: wanted change of the direction from the transmitter between neighbours, in radian.
    most: at most about this many places.
    """
    edge = _outline_places(outline_of(area, middle_m))
    low, high = heights_of(area, middle_m)
    contains = bool(in_area(area, middle_m, transmitter_m[None, :2])[0])
    away = edge - transmitter_m[:2]
    distance, angle = np.hypot(*away.T), np.arctan2(away[:, 1], away[:, 0])
    nearest, farthest = 0.0 if contains else float(distance.min()), float(distance.max())
    towards = np.arctan2(np.sin(angle).mean(), np.cos(angle).mean())
    turned = np.angle(np.exp(1j * (angle - towards)))
    first, last = (-np.pi, np.pi) if contains else (float(turned.min()), float(turned.max()))
    levels = np.abs(np.array([low, high]) - transmitter_m[2])
    steep = np.arctan2(levels.max(), max(nearest, 0.1 * farthest)) - np.arctan2(levels.min(), farthest)
    wanted = np.array(
        [(last - first) / step, max(steep / step, 64.0), (high - low) / (step * max(nearest, 0.2 * farthest))]
    )
    counts = _counts(wanted, most, flat=high == low)
    azimuth = towards + first + (last - first) * (np.arange(counts[0]) + 0.5) / counts[0]
    ring = nearest + (farthest - nearest) * (np.arange(counts[1]) + 0.5) / counts[1]
    plane = transmitter_m[:2] + np.stack(
        [np.outer(ring, np.cos(azimuth)).ravel(), np.outer(ring, np.sin(azimuth)).ravel()], axis=1
    )
    covered = in_area(area, middle_m, plane)
    size = np.repeat(ring, counts[0])[covered]
    plane = plane[covered]
    z = np.linspace(low, high, counts[2]) if high > low else np.array([low])
    thick = np.ones(len(z))
    thick[[0, -1]] *= 0.5 if len(z) > 1 else 1.0
    edge = edge[:: 1 + len(edge) * len(z) // max(most // 4, 1)]
    share = np.full(len(edge), _OF_OUTLINE / len(edge)) if size.sum() > 0 else np.full(len(edge), 1.0 / len(edge))
    within = size / size.sum() if len(size) else size
    flat, measure = np.concatenate([plane, edge]), np.concatenate([within, share])
    return AreaSamples(
        position_m=np.column_stack([np.tile(flat, (len(z), 1)), np.repeat(z, len(flat))]),
        measure=np.outer(thick / thick.sum(), measure).ravel(),
    )


def _counts(wanted: F, most: int, *, flat: bool) -> list[int]:
    """Numbers of azimuths, distances and heights, in proportion where all together would be too many."""
    least = np.array([24.0, 16.0, 1.0 if flat else 3.0])
    counts = np.maximum(np.minimum(np.ceil(wanted), 1e5), least)
    if flat:
        counts[2] = 1.0
    for _ in range(8):
        excess = counts.prod() / most
        if excess <= 1.0:
            break
        counts = np.maximum(counts / excess ** (1.0 / (2.0 if flat else 3.0)), least)
    return [int(each) for each in counts]


def _outline_places(rings: tuple[F, ...]) -> F:
    """Corners of an outline, and places on its sides."""
    sides = [np.stack([ring, np.roll(ring, -1, axis=0)], axis=1) for ring in rings]
    ends = np.concatenate(sides)
    lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    pieces = np.ceil(_OUTLINE * lengths / lengths.sum()).astype(int)
    found = [a + (b - a) * (np.arange(n) / n)[:, None] for (a, b), n in zip(ends, pieces, strict=True)]
    return np.concatenate(found)
