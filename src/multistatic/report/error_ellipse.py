"""The ellipse of the position error bound: where the best unbiased estimate would scatter, in the horizontal plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.design.result import Design
from multistatic.units import F


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEllipse:
    """One standard deviation along the two axes, in m, and the direction of the longer one from x towards y."""

    semi_major_m: float
    semi_minor_m: float
    direction_rad: float


def error_ellipse(design: Design) -> ErrorEllipse | None:
    """The ellipse of the selected group's bound from delays and Dopplers; None where the position is unobservable."""
    covariance_m2 = None if design.accuracy is None else design.accuracy.position.covariance_m2
    return None if covariance_m2 is None else ellipse_of(covariance_m2)


def ellipse_of(covariance_m2: F) -> ErrorEllipse | None:
    """The ellipse of the horizontal block of a covariance [d, d]; None where a variance is not positive."""
    variances, axes = np.linalg.eigh(covariance_m2[:2, :2])
    if not np.all(variances > 0):
        return None
    return ErrorEllipse(
        semi_major_m=float(np.sqrt(variances[1])),
        semi_minor_m=float(np.sqrt(variances[0])),
        direction_rad=float(np.arctan2(axes[1, 1], axes[0, 1])),
    )
