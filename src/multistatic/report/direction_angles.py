"""A measured direction of arrival as angles in degrees with their standard deviations."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from multistatic.estimation.measurement import Measurement
from multistatic.units import F

# An axis along which the covariance has less than this share of its largest variance is not measured.
_FLAT = 1e-9
# In rad: an angle with a larger deviation is unknown, and first-order errors say nothing about it.
_USELESS = 1.0


class DirectionAngles(NamedTuple):
    """Angles of a direction in degrees; NaN for what the antennas do not determine.

    azimuth_deg, azimuth_std_deg: from the x axis counterclockwise, -180 to 180, and its standard deviation.
    elevation_deg, elevation_std_deg: above the horizontal plane.
    line_deg, line_std_deg: between the direction and the line of the antennas, where these determine this angle alone.
        It counts from the end of the line whose first coordinate that is not zero is positive.
    """

    azimuth_deg: float
    azimuth_std_deg: float
    elevation_deg: float
    elevation_std_deg: float
    line_deg: float
    line_std_deg: float


def direction_angles(measurement: Measurement, dimensions: int) -> DirectionAngles | None:
    """The angles of a measured direction in a network of 2 or 3 `dimensions`; None where no direction was measured."""
    u, covariance = measurement.direction, measurement.direction_covariance
    if u is None or covariance is None:
        return None
    azimuth, elevation = math.atan2(u[1], u[0]), math.asin(float(np.clip(u[2], -1.0, 1.0)))
    # ∂u/∂(azimuth, elevation) [3, dimensions - 1]; rad to first order.
    level = math.hypot(u[0], u[1])
    slopes = np.array(
        [
            [-u[1], u[0], 0.0],
            [-u[2] * math.cos(azimuth), -u[2] * math.sin(azimuth), level],
        ]
    ).T[:, : dimensions - 1]
    axes = _measured_axes(covariance) if measurement.direction_kind == "components" else slopes
    nothing = math.nan
    if axes.shape[1] < slopes.shape[1]:
        return DirectionAngles(nothing, nothing, nothing, nothing, *_to_line(u, axes[:, 0], covariance))
    variance = _angle_variances(axes, slopes, covariance)
    errors = [math.sqrt(value) if 0.0 <= value < _USELESS**2 else nothing for value in variance]
    found = [value for angle, std in zip((azimuth, elevation), errors, strict=False) for value in _degrees(angle, std)]
    return DirectionAngles(*found, *[nothing] * (6 - len(found)))


def _measured_axes(covariance: F) -> F:
    """The axes [3, r] along which components of the direction were measured."""
    values, vectors = np.linalg.eigh(covariance)
    axes: F = vectors[:, values > _FLAT * values[-1]]
    return axes


def _angle_variances(axes: F, slopes: F, covariance: F) -> list[float]:
    """Variances of the angles, whose small changes move the components along the axes by axesᵀ·slopes; infinite where
    they move none.
    """
    moved = axes.T @ slopes
    if np.linalg.matrix_rank(moved, tol=1e-9) < moved.shape[1]:
        return [math.inf] * moved.shape[1]
    back = np.linalg.pinv(moved)
    return [float(value) for value in np.diag(back @ (axes.T @ covariance @ axes) @ back.T)]


def _to_line(u: F, axis: F, covariance: F) -> tuple[float, float]:
    """The angle between a direction and an axis, and its deviation, in degrees."""
    axis = axis * np.sign(axis[np.argmax(np.abs(axis) > 1e-9)])
    cosine = float(np.clip(u @ axis, -1.0, 1.0))
    sine = math.sqrt(1.0 - cosine**2)
    std = math.sqrt(float(axis @ covariance @ axis)) / sine if sine > 1e-9 else math.inf
    return _degrees(math.acos(cosine), std if std < _USELESS else math.nan)


def _degrees(angle: float, std: float) -> tuple[float, float]:
    """Angle and deviation in degrees; both NaN where the deviation is."""
    return (math.degrees(angle), math.degrees(std)) if math.isfinite(std) else (math.nan, math.nan)
