"""Where the delay at one receiver places the target in a horizontal plane: the cut of a spheroid, an ellipse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.units import F

_AROUND = 4096
_POINTS = 2001


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneCut:
    """The ellipse centre_m + axes_m [cos θ, sin θ] in the plane.

    centre_m [2]: its centre in m.
    axes_m [2, 2]: its semi-axes as columns, in m.
    """

    centre_m: F
    axes_m: F

    def points(self, angles_rad: F) -> F:
        """Points [n, 2] in m at the parameters θ [n]."""
        found: F = self.centre_m + np.stack([np.cos(angles_rad), np.sin(angles_rad)], axis=1) @ self.axes_m.T
        return found


def plane_cut(transmitter_m: F, receiver_m: F, path_m: float, height_m: float) -> PlaneCut | None:
    """The points at `height_m` with |p - transmitter| + |p - receiver| = path; None where there are none.

    With the foci F₁ and F₂, a = path/2, f = |F₂ - F₁|/2, u the direction between them and c their middle, these points
    satisfy (p - c)ᵀA(p - c) = 1, A = (I - uuᵀ)/(a² - f²) + uuᵀ/a². A plane of constant height keeps the first two rows
    and columns of A and moves the centre.
    """
    semi, half = path_m / 2.0, float(np.linalg.norm(receiver_m - transmitter_m)) / 2.0
    if not semi > half:
        return None
    along = (receiver_m - transmitter_m) / (2.0 * half) if half > 0 else np.array([1.0, 0.0, 0.0])
    middle = (receiver_m + transmitter_m) / 2.0
    # Both factors of a² - f² apart: near the line between the foci they differ by less than squares can tell.
    across = np.outer(along, along)
    shape = (np.eye(3) - across) / ((semi - half) * (semi + half)) + across / semi**2
    rise = height_m - middle[2]
    shift = np.linalg.solve(shape[:2, :2], shape[:2, 2])
    level = 1.0 - rise**2 * (shape[2, 2] - shape[:2, 2] @ shift)
    if not level > 0:
        return None
    values, vectors = np.linalg.eigh(shape[:2, :2])
    return PlaneCut(centre_m=middle[:2] - rise * shift, axes_m=vectors * np.sqrt(level / values))


def part_near(cut: PlaneCut, place_m: F, reach_m: float) -> F:
    """The piece [n, 2] of the ellipse that is connected with its point nearest to `place_m` and no further than
    `reach_m` from that point.
    """
    angles = np.linspace(0.0, 2.0 * np.pi, _AROUND, endpoint=False)
    for _ in range(3):  # each time around the nearest point, finer
        nearest = angles[np.argmin(np.linalg.norm(cut.points(angles) - place_m, axis=1))]
        angles = nearest + np.linspace(-1.0, 1.0, _AROUND + 1) * abs(angles[1] - angles[0])
    speed_m = float(np.linalg.norm(cut.axes_m @ [-np.sin(nearest), np.cos(nearest)]))
    # A step of θ is longest near the minor axis: twice the reach at the speed of the nearest point is far enough, or
    # all around.
    span = min(np.pi, 2.0 * reach_m / max(speed_m, 1e-12))
    angles = nearest + np.linspace(-span, span, _POINTS)
    points = cut.points(angles)
    near = np.linalg.norm(points - points[_POINTS // 2], axis=1) <= reach_m
    outside = np.flatnonzero(~near)
    first = outside[outside < _POINTS // 2].max(initial=-1) + 1
    last = outside[outside > _POINTS // 2].min(initial=_POINTS)
    return points[first:last]
