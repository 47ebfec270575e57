"""The ellipse of the position error bound: where the best unbiased estimate would scatter, in the horizontal plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.bounds.position import group_information
from multistatic.bounds.sensing import sensing_network
from multistatic.design.result import Design
from multistatic.linalg import generalised_inverse
from multistatic.units import F


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEllipse:
    """One standard deviation along the two axes, in m, and the direction of the longer one from x towards y."""

    semi_major_m: float
    semi_minor_m: float
    direction_rad: float


def error_ellipse(design: Design) -> ErrorEllipse | None:
    """The ellipse of the selected group's bound from delays and Dopplers; None where the position is unobservable.

    The covariance is the horizontal block of (J_pp - J_pv J_vv⁺ J_vp)⁻¹, whose trace over all coordinates is PEB².
    """
    result, accuracy = design.beamforming, design.accuracy
    if result is None or result.beams is None or accuracy is None or accuracy.position.peb_m is None:
        return None
    if design.scheme == "mono":
        return None
    network = sensing_network(design.scenario, design.channel, result.beams.covariance_w)
    illumination_w = result.beams.illumination_w(design.channel.steering_tx)
    information = group_information(network, design.selected, illumination_w)
    d = network.dimensions
    shared = information[:d, d:]
    effective = information[:d, :d] - shared @ generalised_inverse(information[d:, d:]) @ shared.T
    return ellipse_of(generalised_inverse(effective))


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
