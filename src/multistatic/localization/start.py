"""Where the search begins, without knowing the answer.

Positions from closed forms: where the ellipses of all receivers meet (twice), and where each direction of arrival, or
its mirror image, meets the ellipse of its receiver. Where neither exists or fits, a grid over the ellipse of the best
receiver: every direction of departure with its distance by (93). Given a position, velocity and shared offsets are
linear.
"""

from __future__ import annotations

import numpy as np

from multistatic.linalg import generalised_inverse
from multistatic.localization.ellipses import meeting_points
from multistatic.localization.model import FusionModel
from multistatic.localization.observations import Observations
from multistatic.localization.ray import ray_distance
from multistatic.units import B, F

KEPT = 3
GRID_2D, GRID_3D = 72, 200
_KEPT_OF_GRID = 6
_GRID_ENTRIES = 400_000


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
    # A few cases at a time: each has as many states as the grid has points.
    block = max(1, _GRID_ENTRIES // (GRID_3D * model.sites.size))
    parts = [
        _grid_starts(FusionModel(sites=model.sites, seen=model.seen.cases(np.arange(len(model.seen))[i : i + block])))
        for i in range(0, len(model.seen), block)
    ]
    states, costs = zip(*parts, strict=True)
    return np.concatenate(states), np.concatenate(costs)


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


def completed(model: FusionModel, position: F, case: np.ndarray) -> tuple[F, F]:
    """States [m, unknowns] at `position` [m, 3] with the best velocity and shared offsets, and their costs [m]."""
    d = model.sites.dimensions
    x = np.zeros((len(position), model.unknowns))
    x[:, :d] = position[:, :d]
    residual, slopes = model.evaluate(x, case)
    linear = slopes[..., d:]
    transposed = np.swapaxes(linear, 1, 2)
    rest = (generalised_inverse(transposed @ linear) @ (transposed @ residual[..., None]))[..., 0]
    x[:, d:] = -rest
    return x, np.sum((residual - (linear @ rest[..., None])[..., 0]) ** 2, axis=1)


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
