"""Starting points of the search, computed from the measurements alone.

Positions from closed forms: where the ellipses of all receivers meet (twice), and where each direction of arrival, or
its mirror image, meets the ellipse of its receiver. If neither exists or fits, a grid over the ellipse of the best
receiver: every direction of departure with its distance by (93). If the errors of the ranges are as large as the
dimensions of the geometry, ellipses are of little use, and those of receivers near the target degenerate: then rings
around every site. Given a position, velocity and common offsets are a linear problem. Where there is a prior, its mean
and points two standard deviations away from it are starts too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from multistatic.linalg import generalised_inverse
from multistatic.localization.ellipses import meeting_points
from multistatic.localization.observations import Observations
from multistatic.localization.ray import ray_distance
from multistatic.localization.residuals import FusionModel
from multistatic.units import B, F

KEPT = 3
GRID_2D, GRID_3D = 72, 200
_KEPT_OF_GRID, _KEPT_OF_SITE = 6, 2
_GRID_ENTRIES = 400_000
# Rings around a site: radii of the longest range over 2, 4, …, every so many of the directions of the grid.
_HALVINGS, _RING_2D, _RING_3D = 6, 6, 8
# Errors of a range of a fiftieth of it are too large for closed forms to find every minimum.
_BLURRED = 1.0 / 50.0
# Standard deviations of a prior: its second minimum, where there is one, is seldom nearer.
_PRIOR_REACH = 2.0

_T = TypeVar("_T")


def closed_form_starts(model: FusionModel) -> tuple[F, F]:
    """States [n, S, unknowns], best first, and their costs [n, S]; infinite where a case has fewer of them."""
    sites, seen = model.sites, model.seen
    measured = np.maximum(seen.measured[..., 0], 1e-3)
    strength = seen.root[..., 0, 0]
    # An error of R_k moves equation k by d_0k times as much; R_k is as near to d_0k as is known.
    weight = strength / measured
    weight = weight / np.maximum(weight.max(axis=1, keepdims=True), 1e-300)
    ranged = np.sum(strength > 0, axis=1)
    shape = (measured, weight, sites.transmitter_m, np.broadcast_to(sites.receivers_m, (*measured.shape, 3)))
    points = [meeting_points(*shape, sites.dimensions, sites.height_m)]
    usable = [np.repeat((ranged >= sites.dimensions)[:, None], 2, axis=1)]
    if 0 in model.free_offsets:
        points.append(meeting_points(*shape, sites.dimensions, sites.height_m, common_offset=True))
        usable.append(np.repeat((ranged > sites.dimensions)[:, None], 2, axis=1))
    if seen.arrival is not None:
        arrival, fits = _arrivals(seen)
        receivers, many = sites.receivers_m[:, None], 2 * sites.size
        distance, reason = ray_distance(measured[..., None], arrival, receivers, sites.transmitter_m)
        points.append((receivers + distance[..., None] * arrival).reshape(-1, many, 3))
        usable.append((fits & (reason == "") & (strength > 0)[..., None]).reshape(-1, many))
    return _best(model, np.concatenate(points, axis=1), np.concatenate(usable, axis=1), KEPT)


def _arrivals(seen: Observations) -> tuple[F, B]:
    """Directions [n, K, 2, 3] that the measured ones allow, and which of them are any [n, K, 2].

    A whole direction is one. Where components Pᵀm are measured, the reflection 2PPᵀm - m at the axes has the same.
    """
    assert seen.arrival is not None
    assert seen.axes is not None
    assert seen.components is not None
    along = (seen.axes @ (np.swapaxes(seen.axes, -1, -2) @ seen.arrival[..., None]))[..., 0]
    directions = np.stack([seen.arrival, 2.0 * along - seen.arrival], axis=-2)
    measured = np.abs(seen.root[..., 2:, 2:]).sum(axis=(-1, -2)) > 0
    return directions, np.stack([measured, measured & seen.components], axis=-1)


def grid_starts(model: FusionModel) -> tuple[F, F]:
    """States and costs as above, from directions of departure on the ellipse of the receiver with the best range."""
    return _by_blocks(_grid_starts, model, GRID_3D)


def _grid_starts(model: FusionModel) -> tuple[F, F]:
    sites, seen = model.sites, model.seen
    best = np.argmax(seen.root[..., 0, 0], axis=1)
    ranges = np.take_along_axis(seen.measured[..., 0], best[:, None], axis=1)
    directions = _around() if sites.dimensions == 2 else _sphere()
    receiver = sites.receivers_m[best][:, None]
    distance, reason = ray_distance(ranges, directions, sites.transmitter_m, receiver)
    points = sites.transmitter_m + distance[..., None] * directions
    ranged = seen.root[..., 0, 0].max(axis=1) > 0
    return _best(model, points, (reason == "") & ranged[:, None], _KEPT_OF_GRID)


def prior_starts(model: FusionModel) -> tuple[F, F]:
    """States and costs as above: the mean of the prior, and two standard deviations of its position either way along
    each axis. Without a prior there are none.
    """
    seen, d = model.seen, model.sites.dimensions
    if seen.expected is None or seen.prior_rows is None:
        return np.zeros((len(seen), 0, model.unknowns)), np.zeros((len(seen), 0))
    information = np.swapaxes(seen.prior_rows, 1, 2) @ seen.prior_rows
    variances, axes = np.linalg.eigh(generalised_inverse(information)[:, :d, :d])
    steps = _PRIOR_REACH * np.swapaxes(axes * np.sqrt(np.maximum(variances, 0.0))[:, None, :], 1, 2)
    places = seen.expected[:, None, :d] + np.concatenate([np.zeros_like(steps[:, :1]), steps, -steps], axis=1)
    count, many = places.shape[:2]
    points = np.full((count, many, 3), model.sites.height_m)
    points[..., :d] = places
    return _best(model, points, np.ones((count, many), bool), many)


def blurred(model: FusionModel) -> B:
    """Which cases [n] have too few sharp ranges, beside blurred ones, for closed forms to find every minimum.

    d + 1 sharp ranges meet in one place; an offset that they share, if its prior is finite but wide, takes one more.
    """
    strength, reach = model.seen.root[..., 0, 0], np.abs(model.seen.measured[..., 0])
    ranged = strength > 0
    sharp = strength * reach * _BLURRED > 1.0
    common = model.common_std[0]
    wide = (common > _BLURRED * reach.max(axis=1)) & np.isfinite(common)
    blunt = wide | np.any(ranged & ~sharp, axis=1)
    return np.asarray(blunt & (np.sum(sharp & ranged, axis=1) <= model.sites.dimensions + wide))


def site_starts(model: FusionModel) -> tuple[F, F]:
    """States and costs as above: the best points on rings around every site, so that none hides another's."""
    return _by_blocks(_site_starts, model, _HALVINGS * (GRID_3D // _RING_3D))


def _site_starts(model: FusionModel) -> tuple[F, F]:
    flat = model.sites.dimensions == 2
    directions = _around()[::_RING_2D] if flat else _sphere()[::_RING_3D]
    radii = model.seen.measured[..., 0].max(axis=1)[:, None] / 2.0 ** np.arange(1, _HALVINGS + 1)
    rings = (radii[..., None, None] * directions).reshape(len(radii), -1, 3)
    usable: B = np.repeat(radii[:, :1] > 0, rings.shape[1], axis=1)
    parts = []
    for site in (model.sites.transmitter_m, *model.sites.receivers_m):
        parts.append(_best(model, site + rings, usable, _KEPT_OF_SITE))
    states, costs = zip(*parts, strict=True)
    return np.concatenate(states, axis=1), np.concatenate(costs, axis=1)


def in_blocks(work: Callable[[np.ndarray], _T], count: int, entries: int) -> list[_T]:
    """`work` on a few of `count` cases at a time, as each has as many states as `entries` says."""
    block = max(1, _GRID_ENTRIES // entries)
    return [work(np.arange(i, min(i + block, count))) for i in range(0, count, block)]


def _by_blocks(starts: Callable[[FusionModel], tuple[F, F]], model: FusionModel, points: int) -> tuple[F, F]:
    def work(part: np.ndarray) -> tuple[F, F]:
        return starts(FusionModel(sites=model.sites, seen=model.seen.cases(part)))

    states, costs = zip(*in_blocks(work, len(model.seen), points * model.sites.size), strict=True)
    return np.concatenate(states), np.concatenate(costs)


def completed(model: FusionModel, position: F, case: np.ndarray) -> tuple[F, F]:
    """States [m, unknowns] at `position` [m, 3] with the best velocity and shared offsets, and their costs [m]."""
    x, cost, _ = completed_with_spread(model, position, case)
    return x, cost


def completed_with_spread(model: FusionModel, position: F, case: np.ndarray) -> tuple[F, F, F]:
    """As `completed`, and the covariance [m, n, n] of velocity and offsets where the position is known."""
    d = model.sites.dimensions
    x = np.zeros((len(position), model.unknowns))
    x[:, :d] = position[:, :d]
    residual, slopes = model.evaluate(x, case)
    linear = slopes[..., d:]
    transposed = np.swapaxes(linear, 1, 2)
    spread = generalised_inverse(transposed @ linear)
    rest = (spread @ (transposed @ residual[..., None]))[..., 0]
    x[:, d:] = -rest
    return x, np.sum((residual - (linear @ rest[..., None])[..., 0]) ** 2, axis=1), spread


def _best(model: FusionModel, points: F, usable: np.ndarray, kept: int) -> tuple[F, F]:
    count, many = usable.shape
    x, cost = completed(model, points.reshape(-1, 3), np.repeat(np.arange(count), many))
    cost = np.where(usable & np.isfinite(cost.reshape(count, many)), cost.reshape(count, many), np.inf)
    order = np.argsort(cost, axis=1, kind="stable")[:, :kept]
    states = np.take_along_axis(x.reshape(count, many, -1), order[..., None], axis=1)
    return states, np.take_along_axis(cost, order, axis=1)


def _around() -> F:
    """Directions [G, 3] in the plane."""
    angle = 2.0 * np.pi * np.arange(GRID_2D) / GRID_2D
    return np.stack([np.cos(angle), np.sin(angle), np.zeros(GRID_2D)], axis=1)


def _sphere() -> F:
    """Directions [G, 3], evenly spread (Fibonacci)."""
    height = 1.0 - 2.0 * (np.arange(GRID_3D) + 0.5) / GRID_3D
    turn = np.pi * (3.0 - np.sqrt(5.0)) * np.arange(GRID_3D)
    flat = np.sqrt(1.0 - height**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), height], axis=1)
