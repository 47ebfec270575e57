"""Delays alone: where ellipses (ellipsoids) that share the transmitter as a focus meet, in closed form, 2-D and 3-D.

With x = p - p_b, r = |x| and s_k = p_k - p_b, receiver k's range is R_k = r + |x - s_k|. Squaring |x - s_k| = R_k - r
removes both squares:

    s_k·x - R_k r = (|s_k|² - R_k²)/2:     linear in (x, r), one equation a receiver.

d receivers leave a line (x, r) = y₀ + λn, and the cone r² = |x|² meets it twice (spherical intersection, Schau and
Robinson 1987, for one transmitter and many receivers). More receivers make n the direction that they determine least:
it is the last right singular vector. Where all s_k lie in one line (2-D) or plane (3-D), n is its normal and the two
points are mirror images, however many receivers there are.

A clock offset b that all ranges share, R_k = r + b + |x - s_k|, is eliminated likewise: with ρ = r + b the equations
are s_k·x - R_k ρ + w = (|s_k|² - R_k²)/2, w = (ρ² - |x|²)/2, for one receiver more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from multistatic.localization.closed_forms import (
    BASELINE_TOLERANCE,
    NOT_FINITE,
    ON_BASELINE,
    TOO_SHORT,
    Candidates,
    coordinates_3d,
)
from multistatic.units import F

_POLISHING_STEPS = 6
# Slopes u_b + u_k that span less than this beyond d - 1 dimensions, relative to the longest, leave a direction free.
_SLOPE_TOLERANCE = 1e-6
_MISFIT = 1e-9

TOO_FEW = "There are fewer receivers than unknown coordinates."
IN_LINE = "The positions of the receivers leave one coordinate of the target undetermined."
NO_POINT = "The ellipses do not meet: no position of the target gives these delays."
TWO_POINTS = "The ellipses meet in two points, and no further receiver decides between them."


def from_ranges(
    range_m: ArrayLike, transmitter_m: ArrayLike, receivers_m: ArrayLike, *, dimensions: int, height_m: float = 0.0
) -> Candidates:
    """Compute positions from exact bistatic ranges alone, in closed form; for ranges with noise use `localize`.

    range_m [n, K]: bistatic ranges R = cτ of n cases at K receivers, in m.
    transmitter_m [2 or 3]: position of the transmitter in m.
    receivers_m [K, 2 or 3]: positions of the receivers in m, or [n, K, 2 or 3].
    dimensions: number of unknown coordinates, 2 or 3; K must be at least as large.
    height_m: known height z of the target in m, in two dimensions.

    A case is ambiguous if two points fit all ranges to 1e-9. It is unobservable with too few receivers, with a target
    on a baseline, or if the gradients u_b + u_k of the ranges leave one coordinate undetermined. Source: spherical
    intersection (Schau and Robinson 1987), model.md §9.

    >>> receivers = [[60.0, 0.0, 0.0], [0.0, 50.0, 0.0], [-40.0, 0.0, 0.0]]
    >>> from multistatic import bistatic_geometry
    >>> geometry = bistatic_geometry([0, 0, 0], receivers, [20, 40, 0])
    >>> ranges = geometry.transmitter_target_m + geometry.target_receiver_m
    >>> from_ranges([ranges], [0, 0, 0], receivers, dimensions=2).count.tolist()
    [1]
    """
    ranges = np.atleast_2d(np.asarray(range_m, float))
    transmitter = coordinates_3d(transmitter_m, "transmitter_m")
    receivers = np.broadcast_to(coordinates_3d(receivers_m, "receivers_m"), (*ranges.shape, 3))
    finite = np.isfinite(ranges).all(axis=1) & np.isfinite(receivers).all(axis=(1, 2))
    ranges = np.where(finite[:, None], ranges, 1.0)
    receivers = np.where(finite[:, None, None], receivers, 0.0)
    baseline = np.linalg.norm(receivers - transmitter, axis=-1)
    short = (ranges < baseline * (1.0 - BASELINE_TOLERANCE)).any(axis=1)
    if ranges.shape[1] < dimensions:
        return _none(np.full(len(ranges), TOO_FEW))
    points = meeting_points(ranges, np.ones_like(ranges), transmitter, receivers, dimensions, height_m)
    points = _polished(points, ranges, transmitter, receivers, dimensions)
    path, slope = _path(points, transmitter, receivers[:, None])
    misfit = (np.abs(path - ranges[:, None]) / ranges[:, None]).max(axis=-1)
    order = np.argsort(misfit, axis=1, kind="stable")
    points, slope, misfit = (
        np.take_along_axis(each, order.reshape(-1, 2, *[1] * (each.ndim - 2)), axis=1)
        for each in (points, slope, misfit)
    )
    fits = misfit <= _MISFIT
    spread = np.linalg.svd(slope[..., :dimensions], compute_uv=False)
    regular = spread[..., dimensions - 1] > _SLOPE_TOLERANCE
    apart = np.linalg.norm(points[:, 0] - points[:, 1], axis=-1) > 1e-6 * ranges.max(axis=1)
    found = fits & regular
    two = found.all(axis=1) & apart
    answered = found.any(axis=1) & finite & ~short
    first = np.where(found[:, 0], 0, 1)
    best = np.take_along_axis(points, first[:, None, None], axis=1)[:, 0]
    on_baseline = (ranges - baseline < BASELINE_TOLERANCE * ranges).any(axis=1)
    why = np.select(
        [~finite, short, ~fits.any(axis=1) & ~on_baseline, on_baseline],
        [NOT_FINITE, TOO_SHORT, NO_POINT, ON_BASELINE],
        IN_LINE,
    )
    two &= answered
    positions = np.stack([np.where(answered[:, None], best, 0.0), np.where(two[:, None], points[:, 1], 0.0)], axis=1)
    reason = np.where(answered, np.where(two, TWO_POINTS, ""), why)
    return Candidates(positions_m=positions, count=answered.astype(int) + two, reason=reason)


def meeting_points(
    range_m: F,
    weight: F,
    transmitter_m: F,
    receivers_m: F,
    dimensions: int,
    height_m: float,
    *,
    common_offset: bool = False,
) -> F:
    """Both points [n, 2, 3] where the line of ranges [n, K] meets the cone; where it misses, the nearest point, twice.

    `weight` [n, K] of each equation, 0 for receivers that do not count. `common_offset`: eliminate an unknown b. The
    points mean something only where d (with the offset d + 1) receivers count; they are finite always.
    """
    d, offset = dimensions, receivers_m - transmitter_m
    rise = height_m - transmitter_m[2] if d == 2 else 0.0
    size = np.maximum(range_m.max(axis=1), 1e-9)[:, None]
    s, reach, high = offset / size[..., None], range_m / size, rise / size[:, 0]
    columns = [s[..., :d], -reach[..., None]] + ([np.ones_like(reach)[..., None]] if common_offset else [])
    right = 0.5 * (np.sum(s**2, axis=-1) - reach**2) - (s[..., 2] * high[:, None] if d == 2 else 0.0)
    matrix = np.concatenate(columns, axis=-1) * weight[..., None]
    right = right * weight
    unknowns = matrix.shape[-1]
    if matrix.shape[1] < unknowns:  # rows of zeros, so that the free direction is among the singular vectors
        missing = unknowns - matrix.shape[1]
        matrix = np.pad(matrix, ((0, 0), (0, missing), (0, 0)))
        right = np.pad(right, ((0, 0), (0, missing)))
    left, values, rows = np.linalg.svd(matrix, full_matrices=False)
    kept = values[:, :-1] > 1e-14 * values[:, :1]
    scaled = np.where(kept, 1.0 / np.where(kept, values[:, :-1], 1.0), 0.0)
    y0 = np.einsum("ni,nia->na", scaled * np.einsum("nki,nk->ni", left[..., :-1], right), rows[:, :-1])
    free = rows[:, -1]
    # |x|² + h² = ρ² - 2w, or r² without w.
    sign = np.array([1.0] * d + [-1.0] + [0.0] * common_offset)
    linear = np.array([0.0] * (d + 1) + [1.0] * common_offset)
    a = np.sum(sign * free**2, axis=1)
    b = np.sum(sign * y0 * free, axis=1) + np.sum(linear * free, axis=1)
    c = np.sum(sign * y0**2, axis=1) + 2.0 * np.sum(linear * y0, axis=1) + high**2
    steps = _roots(a, b, c)
    points = np.empty((len(range_m), 2, 3))
    points[..., 2] = height_m
    points[..., :d] = transmitter_m[:d] + size[..., None] * (y0[:, None] + steps[..., None] * free[:, None])[..., :d]
    return points


def _roots(a: F, b: F, c: F) -> F:
    """Both λ [n, 2] with aλ² + 2bλ + c = 0, without cancellation; the real part of complex ones; 0 where none."""
    largest = b + np.copysign(np.sqrt(np.maximum(b**2 - a * c, 0.0)), b)
    tiny = 1e-14 * np.maximum(np.abs(b), 1e-300)
    first = np.where(np.abs(a) > tiny, -largest / np.where(np.abs(a) > tiny, a, 1.0), 0.0)
    second = np.where(largest != 0, -c / np.where(largest != 0, largest, 1.0), first)
    complex_pair = b**2 < a * c
    second = np.where(complex_pair, first, second)
    first = np.where(np.abs(a) > tiny, first, second)
    return np.clip(np.stack([first, second], axis=1), -1e6, 1e6)


def _path(points: F, transmitter_m: F, receivers_m: F) -> tuple[F, F]:
    """Ranges [n, 2, K] of points [n, 2, 3] and their slopes u_b + u_k [n, 2, K, 3]."""
    from_transmitter, from_receivers = points - transmitter_m, points[..., None, :] - receivers_m
    r_b, r_k = np.linalg.norm(from_transmitter, axis=-1), np.linalg.norm(from_receivers, axis=-1)
    u_b = from_transmitter / np.maximum(r_b, 1e-300)[..., None]
    u_k = from_receivers / np.maximum(r_k, 1e-300)[..., None]
    return r_b[..., None] + r_k, u_b[..., None, :] + u_k


def _polished(points: F, range_m: F, transmitter_m: F, receivers_m: F, dimensions: int) -> F:
    """Points after some Gauss-Newton steps on the ranges: the roots lose digits where the line touches the cone."""
    better = points.copy()
    for _ in range(_POLISHING_STEPS):
        path, slope = _path(better, transmitter_m, receivers_m[:, None])
        error = range_m[:, None] - path
        step = np.einsum("nsak,nsk->nsa", np.linalg.pinv(slope[..., :dimensions], rcond=1e-9), error)
        long = np.linalg.norm(step, axis=-1, keepdims=True) > 0.1 * range_m.max(axis=1)[:, None, None]
        better[..., :dimensions] += np.where(long, 0.0, step)
    return better


def _none(reason: np.ndarray) -> Candidates:
    return Candidates(positions_m=np.zeros((len(reason), 2, 3)), count=np.zeros(len(reason), int), reason=reason)
