"""The ellipse of a covariance: where the best unbiased estimate would scatter, in the plan or in the side view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.design.result import Design
from multistatic.units import F

View = tuple[int, int]
"""Two of the three coordinates."""
PLAN, SIDE = (0, 1), (0, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEllipse:
    """One standard deviation along the two axes, in m, and the direction of the longer one from the first coordinate
    of the view towards the second.
    """

    semi_major_m: float
    semi_minor_m: float
    direction_rad: float

    @property
    def half_widths_m(self) -> tuple[float, float]:
        """How far it reaches along the two coordinates: their standard deviations."""
        along, across = self.semi_major_m, self.semi_minor_m
        cosine, sine = np.cos(self.direction_rad), np.sin(self.direction_rad)
        return float(np.hypot(along * cosine, across * sine)), float(np.hypot(along * sine, across * cosine))

    @property
    def covariance_m2(self) -> F:
        """The covariance [2, 2] whose ellipse it is."""
        along = np.array([np.cos(self.direction_rad), np.sin(self.direction_rad)])
        across = np.array([-along[1], along[0]])
        return self.semi_major_m**2 * np.outer(along, along) + self.semi_minor_m**2 * np.outer(across, across)

    def room_in(self, other: ErrorEllipse) -> float:
        """The largest factor by which it can be drawn inside `other`, around the same centre: no direction has more."""
        largest = float(np.linalg.eigvals(np.linalg.solve(other.covariance_m2, self.covariance_m2)).real.max())
        return 1.0 / np.sqrt(largest)


def error_ellipse(design: Design, view: View = PLAN) -> ErrorEllipse | None:
    """The ellipse of the selected group's bound from delays and Dopplers; None where the position is unobservable."""
    covariance_m2 = None if design.accuracy is None else design.accuracy.position.covariance_m2
    return ellipse_of(covariance_m2, view)


def ellipse_of(covariance_m2: F | None, view: View = PLAN) -> ErrorEllipse | None:
    """The ellipse of the coordinates `view` of a covariance [d, d]; None where there is none, or no such coordinate,
    or a variance is not positive.
    """
    if covariance_m2 is None or len(covariance_m2) <= max(view):
        return None
    variances, axes = np.linalg.eigh(covariance_m2[np.ix_(view, view)])
    if not np.all(variances > 0):
        return None
    return ErrorEllipse(
        semi_major_m=float(np.sqrt(variances[1])),
        semi_minor_m=float(np.sqrt(variances[0])),
        direction_rad=float(np.arctan2(axes[1, 1], axes[0, 1])),
    )
