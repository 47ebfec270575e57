"""One direction and one bistatic range: the position on a ray, in closed form, in 2-D and 3-D.

A target at distance d from `start` in direction u, received at `other`, makes a path of length R = d + |d u + start -
other|. Squaring |d u + e| = R - d with e = start - other, b = |e| gives 2d (R + u·e) = R² - b², so

    d = (R² - b²) / (2 (R + u·e)).

With start the receiver and u its direction of arrival this is model.md §9, d_0k = (R² - d_bk²)/(2(R + d_bk cos(φ_k -
ϑ_k))). With start the transmitter and u the direction of departure it is d_b0 = R - d_0k of the paper's (93). R > b
(the target is not on the segment between both) makes the denominator positive.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multistatic.localization.closed_forms import (
    BASELINE_TOLERANCE,
    NOT_FINITE,
    ON_BASELINE,
    TOO_SHORT,
    Candidates,
    coordinates_3d,
    one_position_each,
)
from multistatic.units import F


def from_arrival(
    range_m: ArrayLike, direction: ArrayLike, transmitter_m: ArrayLike, receiver_m: ArrayLike
) -> Candidates:
    """Compute positions from bistatic ranges and directions of arrival, in closed form.

    range_m [n]: bistatic ranges R = cτ (transmitter - target - receiver) of n cases, in m.
    direction [n, 2 or 3]: directions from the receiver to the target, of any length.
    transmitter_m [2 or 3]: position of the transmitter in m, or one for each case.
    receiver_m [2 or 3]: position of the receiver in m, or one for each case.

    A case without a solution has the reason in `Candidates.reason`: the target is on the baseline, or the range is
    shorter than the baseline. Raises `ValueError` for coordinates of another shape. Source: model.md §9.

    >>> from_arrival([9.0], [[0.0, 1.0]], [0.0, 0.0], [3.0, 0.0]).positions_m[0, 0]
    array([3., 4., 0.])
    """
    return _on_ray(range_m, direction, receiver_m, transmitter_m)


def from_departure(
    range_m: ArrayLike, direction: ArrayLike, transmitter_m: ArrayLike, receiver_m: ArrayLike
) -> Candidates:
    """Compute positions from bistatic ranges and directions of departure, in closed form.

    range_m [n]: bistatic ranges R = cτ (transmitter - target - receiver) of n cases, in m.
    direction [n, 2 or 3]: directions from the transmitter to the target, of any length.
    transmitter_m [2 or 3]: position of the transmitter in m, or one for each case.
    receiver_m [2 or 3]: position of the receiver in m, or one for each case.

    Cases without a solution and errors are as for `from_arrival`. Source: equation (93), in three dimensions too.

    >>> from_departure([9.0], [[0.6, 0.8]], [0.0, 0.0], [3.0, 0.0]).positions_m[0, 0].round(9).tolist()
    [3.0, 4.0, 0.0]
    """
    return _on_ray(range_m, direction, transmitter_m, receiver_m)


def ray_distance(range_m: F, direction: F, start_m: F, other_m: F) -> tuple[F, NDArray[np.str_]]:
    """d [...] of the formula above, and the reason where there is none (d is zero there)."""
    offset = start_m - other_m
    baseline = np.linalg.norm(offset, axis=-1)
    excess = range_m - baseline
    finite = np.isfinite(range_m) & np.isfinite(direction).all(axis=-1) & np.isfinite(offset).all(axis=-1)
    with np.errstate(invalid="ignore"):
        reason = np.select(
            [~finite, excess < -BASELINE_TOLERANCE * range_m, excess < BASELINE_TOLERANCE * range_m],
            [NOT_FINITE, TOO_SHORT, ON_BASELINE],
            "",
        )
        denominator = 2.0 * (range_m + np.sum(direction * offset, axis=-1))
        good = reason == ""
        distance = excess * (range_m + baseline) / np.where(good, denominator, 1.0)
    return np.where(good, distance, 0.0), reason


def _on_ray(range_m: ArrayLike, direction: ArrayLike, start_m: ArrayLike, other_m: ArrayLike) -> Candidates:
    towards = np.atleast_2d(coordinates_3d(direction, "direction"))
    start, other = coordinates_3d(start_m, "start"), coordinates_3d(other_m, "other")
    ranges, towards = np.atleast_1d(np.asarray(range_m, float)), _unit(towards)
    distance, reason = ray_distance(ranges, towards, start, other)
    return one_position_each(start + distance[:, None] * np.where(np.isfinite(towards), towards, 0.0), reason)


def _unit(direction: F) -> F:
    length = np.linalg.norm(direction, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        unit: F = direction / np.where(length > 0, length, np.nan)
    return unit
