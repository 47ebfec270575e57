"""The paper's route, corrected: direction of departure from two Doppler shifts, then the bistatic range. In 2-D.

With all angles from the heading, (50) reads f_k = -(f0 v/c)(cosθ + cosφ_k). Of two receivers k and k' the unknown
speed drops out:

    f_k (cosθ + cosφ_k') = f_k' (cosθ + cosφ_k)   ⟹   cosθ = (f_k cosφ_k' - f_k' cosφ_k)/(f_k' - f_k),

which replaces (52). Neither carrier nor speed is needed, not even its sign. The cosine leaves ±θ, mirrored about the
heading. The right one puts the target in the same place from both ends: at d_b0 from the transmitter along θ, and at
d_0k from receiver k along φ_k, with d_0k of (93) from that receiver's range. In 3-D the cosine is a cone about the
heading, not a direction: use `from_arrival` or the fusion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multistatic.localization.closed_forms import NOT_FINITE, Candidates, coordinates_3d
from multistatic.localization.ray import ray_distance
from multistatic.units import F, read_only

# An answer that rounding of the inputs moves by more than this is none.
RESOLUTION_M = 1e-7
RESOLUTION_RAD = 1e-9
EPSILON = float(np.finfo(float).eps)

EQUAL_DOPPLERS = (
    "Both receivers measure the same Doppler shift (the target is at rest, or both are at the same angle to its "
    "heading), which gives no information about the direction of departure."
)
ALONG_HEADING = (
    "The target moves along the line through the transmitter, where the Doppler shift hardly changes with the "
    "direction of departure."
)
NO_COSINE = "No direction of departure gives these Doppler shifts at these angles of arrival."
MIRRORED = "Two directions, mirrored about the heading, fit the measurements equally well."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Departures:
    """Directions of departure that `departure_from_dopplers` finds in n independent cases.

    angle_rad [n, 2]: angles from the x axis in rad, mirrored about the heading; the first `count` of the two are
        solutions, the others are zero.
    count [n]: number of solutions, 0 or 2.
    reason [n]: why there is no solution, or why there are two.
    """

    angle_rad: F
    count: NDArray[np.int_]
    reason: NDArray[np.str_]

    def __post_init__(self) -> None:
        object.__setattr__(self, "angle_rad", read_only(self.angle_rad))
        object.__setattr__(self, "count", read_only(self.count, np.int_))
        object.__setattr__(self, "reason", read_only(self.reason, np.str_))


def departure_from_dopplers(doppler_hz: ArrayLike, arrival_rad: ArrayLike, heading_rad: ArrayLike) -> Departures:
    """Compute the direction of departure from the Doppler shifts at two receivers and the heading of the target, in
    2-D.

    doppler_hz [n, 2]: Doppler shifts of n cases at two receivers, in Hz.
    arrival_rad [n, 2]: angles of arrival at the two receivers, in rad from the x axis.
    heading_rad: direction of the target's velocity in rad from the x axis, one or [n].

    Two mirrored directions always fit. A case has no solution if both Doppler shifts are equal or the heading passes
    through the transmitter. Source: equation (52), corrected (docs/errata.md).

    >>> import numpy as np
    >>> found = departure_from_dopplers([[-50.0, -150.0]], [[np.pi / 2, 0.0]], heading_rad=0.0)
    >>> np.degrees(found.angle_rad).round(9).tolist()
    [[60.0, -60.0]]
    """
    cosine, spread, reason = _cosine(*_arrays(doppler_hz, arrival_rad, heading_rad))
    turn = np.arccos(np.clip(cosine, -1.0, 1.0))
    lost = spread > RESOLUTION_RAD * np.maximum(np.sin(turn), np.sqrt(EPSILON))
    reason = np.where((reason == "") & lost, ALONG_HEADING, reason)
    answered = reason == ""
    heading = np.broadcast_to(np.asarray(heading_rad, float), turn.shape)
    both = heading[:, None] + turn[:, None] * np.array([1.0, -1.0])
    return Departures(
        angle_rad=np.where(answered[:, None], both, 0.0),
        count=np.where(answered, 2, 0),
        reason=np.where(answered, MIRRORED, reason),
    )


def from_two_dopplers(
    range_m: ArrayLike,
    doppler_hz: ArrayLike,
    arrival_rad: ArrayLike,
    *,
    heading_rad: ArrayLike,
    transmitter_m: ArrayLike,
    receivers_m: ArrayLike,
    tolerance_m: float = 1e-5,
) -> Candidates:
    """Compute positions from ranges, Doppler shifts and angles of arrival at two receivers, with known heading, in 2-D.

    range_m [n, 2]: bistatic ranges of n cases at two receivers, in m.
    doppler_hz [n, 2]: Doppler shifts at the two receivers, in Hz.
    arrival_rad [n, 2]: angles of arrival at the two receivers, in rad from the x axis.
    heading_rad: direction of the target's velocity in rad from the x axis, one or [n].
    transmitter_m [2 or 3]: position of the transmitter in m.
    receivers_m [2, 2 or 3]: positions of the two receivers in m, or [n, 2, 2 or 3].
    tolerance_m: two mirrored solutions are ambiguous if their consistency differs by less than this distance in m.

    Of the two mirrored directions of departure the one is taken whose points, computed from the transmitter and from
    the receivers, agree better. A case has no solution if both Doppler shifts are equal, the heading passes through the
    transmitter, or the target is on a baseline. Source: equations (52), corrected, and (93), model.md §9.

    >>> import numpy as np
    >>> high = np.sqrt(3.0)
    >>> found = from_two_dopplers(
    ...     [[5.0, 4.0]],
    ...     [[-50.0, -150.0]],
    ...     [[np.pi / 2, 0.0]],
    ...     heading_rad=0.0,
    ...     transmitter_m=[0.0, 0.0],
    ...     receivers_m=[[1.0, high - 3.0], [-1.0, high]],
    ... )
    >>> found.positions_m[0, 0].round(3).tolist()
    [1.0, 1.732, 0.0]
    """
    doppler, arrival, heading = _arrays(doppler_hz, arrival_rad, heading_rad)
    ranges = np.asarray(range_m, float).reshape(-1, 2)
    transmitter, receivers = coordinates_3d(transmitter_m, "transmitter_m"), coordinates_3d(receivers_m, "receivers_m")
    cosine, spread, reason = _cosine(doppler, arrival, heading)
    turn = np.arccos(np.clip(cosine, -1.0, 1.0))
    angles = heading[:, None] + turn[:, None] * np.array([1.0, -1.0])
    towards = _direction(angles)[:, :, None]
    departed, blocked, points, gap = _from_both_ends(ranges, towards, arrival, transmitter, receivers)
    order = np.argsort(gap, axis=1, kind="stable")
    best, other = (np.take_along_axis(points[:, :, 0], order[:, i, None, None], axis=1)[:, 0] for i in (0, 1))
    apart = np.linalg.norm(best - other, axis=-1)
    alike = (np.abs(gap[:, 0] - gap[:, 1]) < tolerance_m) & (apart > tolerance_m)
    for k in (0, 1):  # it depends on range and baseline, not on the direction
        reason = np.where(reason == "", blocked[:, 0, k], reason)
    moved = (
        spread / np.maximum(np.sin(turn), np.sqrt(EPSILON)) * _lever(ranges, departed, towards, transmitter, receivers)
    )
    reason = np.where((reason == "") & (moved > RESOLUTION_M), ALONG_HEADING, reason)
    answered = reason == ""
    two = answered & alike
    positions = np.stack([np.where(answered[:, None], best, 0.0), np.where(two[:, None], other, 0.0)], axis=1)
    return Candidates(positions_m=positions, count=answered.astype(int) + two, reason=np.where(two, MIRRORED, reason))


def _from_both_ends(
    ranges: F, towards: F, arrival: F, transmitter: F, receivers: F
) -> tuple[F, NDArray[np.str_], F, F]:
    """Positions along both directions of departure, and how far they are from those along the directions of arrival.

    Axes: case, sign of θ, receiver. Returns the distances from the transmitter [n, 2, 2], the reasons where there is
    none [n, 2, 2], the positions [n, 2, 2, 3], and the largest distance between both positions [n, 2].
    """
    departed, blocked = ray_distance(
        ranges[:, None], towards, transmitter[..., None, None, :], receivers[..., None, :, :]
    )
    seen = _direction(np.where(np.isfinite(arrival), arrival, 0.0))[:, None]
    points = transmitter[..., None, None, :] + departed[..., None] * towards
    from_receivers = receivers[..., None, :, :] + (ranges[:, None] - departed)[..., None] * seen
    return departed, blocked, points, np.linalg.norm(points - from_receivers, axis=-1).max(axis=-1)


def _arrays(doppler_hz: ArrayLike, arrival_rad: ArrayLike, heading_rad: ArrayLike) -> tuple[F, F, F]:
    doppler = np.asarray(doppler_hz, float).reshape(-1, 2)
    arrival = np.asarray(arrival_rad, float).reshape(-1, 2)
    return doppler, arrival, np.broadcast_to(np.asarray(heading_rad, float), len(doppler))


def _cosine(doppler: F, arrival: F, heading: F) -> tuple[F, F, NDArray[np.str_]]:
    """cosθ [n] from the heading, by how much rounding moves it [n], and the reason where there is none."""
    finite = np.isfinite(doppler).all(axis=1) & np.isfinite(arrival).all(axis=1) & np.isfinite(heading)
    shift, angle = np.where(finite[:, None], doppler, 0.0), np.where(finite[:, None], arrival - heading[:, None], 0.0)
    seen = np.cos(angle)
    difference = shift[:, 1] - shift[:, 0]
    size = np.abs(shift).max(axis=1)
    equal = np.abs(difference) <= 1e-9 * size
    divisor = np.where(equal, 1.0, difference)
    cosine = np.where(equal, 0.0, (shift[:, 0] * seen[:, 1] - shift[:, 1] * seen[:, 0]) / divisor)
    # A relative error ε in each f and an error of some ε in each angle.
    spread = 8.0 * EPSILON * (1.0 + 2.0 * size / np.abs(divisor))
    impossible = np.abs(cosine) > 1.0 + 1e-6 + spread
    return cosine, spread, np.select([~finite, equal, impossible], [NOT_FINITE, EQUAL_DOPPLERS, NO_COSINE], "")


def _lever(ranges: F, departed: F, towards: F, transmitter: F, receivers: F) -> F:
    """|∂p/∂θ| [n] in m: the ray turns by d_b0 and slides by d_b0 (u⊥·s_k)/(R - u·s_k), s_k = receiver - transmitter."""
    offset = (receivers - transmitter[..., None, :])[..., None, :, :]
    along = np.sum(towards * offset, axis=-1)
    slide = np.linalg.norm(offset, axis=-1) / np.maximum(ranges[:, None] - along, 1e-300)
    lever: F = (departed * (1.0 + slide)).max(axis=(1, 2))
    return lever


def _direction(angle_rad: F) -> F:
    """(cos, sin, 0) [..., 3]."""
    return np.stack([np.cos(angle_rad), np.sin(angle_rad), np.zeros_like(angle_rad)], axis=-1)
