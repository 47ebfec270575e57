"""Recompute what a design reports of its points: illumination, bounds, the criterion and what they make together.

The values of the points and their reduction are those of `recomputed_points`, which shares no formula with the rest.
"""

from __future__ import annotations

import math
from typing import get_args

import numpy as np

from multistatic.design.recomputed_points import (
    Figure,
    PointBounds,
    SeenPoints,
    bounds_at,
    figures,
    reduced_value,
    seen_elsewhere,
)
from multistatic.design.result import Design
from multistatic.scenario.given_channel import GivenChannel
from multistatic.units import B, F

# Below this part of the largest illumination a point lies in a null of the beams, whose digits are those of the rest.
_NULL = 1e-6
# Where the exact bound is larger, "unobservable" is as good an answer: neither is of any use.
USELESS_PEB_M, USELESS_VEB_M_S = 1e4, 1e6


def recomputed_criterion(design: Design) -> Figure | None:
    """The name of its criterion; None of one that is not recomputed here: of a callable, whatever its name, and of
    another package.
    """
    criterion = design.scenario.design.criterion
    for name in get_args(Figure):
        if isinstance(criterion, str) and criterion == name:
            found: Figure = name
            return found
    return None


def counted_sensors(design: Design, selected: B | None = None) -> B:
    """Which sensors [S] of `SeenPoints` measure: the group, or the transmitter alone."""
    if design.scheme == "mono":
        return np.ones(1, bool)
    return np.asarray(design.selected if selected is None else selected, bool)


def value_over_points(design: Design, points: SeenPoints, selected: B | None = None) -> float | None:
    """The criterion of a group [K] over all points, as the scenario reduces it; None where it is not ours."""
    name = recomputed_criterion(design)
    if name is None:
        return None
    settings = design.scenario.design
    values = figures(points, counted_sensors(design, selected), name, settings.velocity_weight_s)
    return reduced_value(values, design.points.weight, design.scenario.over_points)


def illumination_number(design: Design, light: F) -> float:
    """What is reported of the illuminations of the points [M] as one number: the least, or the weighted mean."""
    if len(light) == 1:
        return float(light[0])
    if design.scenario.over_points == "worst":
        return min(float(each) for each in light)
    weight = design.points.weight
    return math.fsum(float(w * p) for w, p in zip(weight, light, strict=True)) / math.fsum(map(float, weight))


def point_errors(design: Design, points: SeenPoints, weights: np.ndarray) -> dict[str, float]:
    """Relative errors of what is reported of each point and of all points together."""
    result, reported = design.beamforming, design.over_points
    assert result is not None
    light = points.illumination_w
    errors = {}
    if result.point_illumination_w is not None:
        errors["reported illumination of points"] = _of_points(
            np.asarray(result.point_illumination_w), light, np.maximum(light, _NULL * light.max())
        )
    if result.loss is not None and result.loss_bound > 0.0:
        errors["loss bound"] = result.loss_bound / result.loss - 1.0
    if (
        points.count > 1
        and design.scheme != "mono"
        and not isinstance(design.scenario.propagation.direct, GivenChannel)
    ):
        errors["channel of points"] = _channel_error(design, points, weights)
    if reported is None:
        return errors
    found = bounds_at(points, counted_sensors(design))
    errors |= _bound_errors(design, found)
    name = recomputed_criterion(design)
    if name is not None:
        values = figures(points, counted_sensors(design), name, design.scenario.design.velocity_weight_s)
        errors["reported criterion of points"] = _of_points(reported.value, values, values)
    mode, weight = design.scenario.over_points, design.points.weight
    errors["reported mode over points"] = 0.0 if reported.mode == mode else math.inf
    errors["reported value over points"] = _number(reported.value_reduced, reduced_value(reported.value, weight, mode))
    largest = float(np.max(reported.value))
    errors["reported worst point"] = _number(float(reported.value[reported.worst]), largest)
    if reported.bound is not None:
        errors["bound over points"] = reported.bound / reported.value_reduced - 1.0
    if reported.middle_value is not None and len(reported.middle_values):
        errors["reported design for the middle"] = _number(
            reported.middle_value, reduced_value(reported.middle_values, weight, mode)
        )
    return errors


def _bound_errors(design: Design, found: PointBounds) -> dict[str, float]:
    """PEB, VEB and covariance of the position at each point."""
    reported = design.over_points
    assert reported is not None
    covariance = np.asarray(reported.position_covariance_m2)
    observable = np.isfinite(found.peb_m) & np.isfinite(reported.peb_m)
    scale = np.sqrt(np.diagonal(found.position[observable], axis1=1, axis2=2))
    off = np.abs(covariance[observable] - found.position[observable]) / (scale[:, :, None] * scale[:, None, :])
    return {
        "reported PEB of points": _of_points(reported.peb_m, found.peb_m, found.peb_m, USELESS_PEB_M),
        "reported VEB of points": _of_points(reported.veb_m_s, found.veb_m_s, found.veb_m_s, USELESS_VEB_M_S),
        "reported covariance of points": float(off.max(initial=0.0)),
    }


def _channel_error(design: Design, points: SeenPoints, weights: np.ndarray) -> float:
    """How far illumination and echo of the channel are from those of the places of the points."""
    again = seen_elsewhere(design, weights, range(points.count), design.points.position_m)
    light = again.illumination_w
    bright = light > _NULL * light.max()
    expected = again.snr[bright] / light[bright, None]
    found = points.snr[bright] / np.maximum(points.illumination_w[bright, None], 1e-300)
    off = np.abs(found - expected) / np.maximum(expected, 1e-300)
    of_light = _of_points(points.illumination_w, light, np.maximum(light, _NULL * light.max()))
    return max(of_light, float(off.max(initial=0.0)))


def _of_points(reported: F, expected: F, scale: F, useless: float = math.inf) -> float:
    """The largest relative error; infinity agrees with infinity, and with what is of no use anyway."""
    if np.shape(reported) != np.shape(expected):
        return math.inf
    withheld = np.isinf(reported) & (expected >= useless)
    infinite = ~withheld & (np.isinf(expected) | np.isinf(reported))
    if np.isnan(reported).any() or np.any(infinite & (reported != expected)):
        return math.inf
    kept = ~(withheld | infinite)
    error = np.abs(reported[kept] - expected[kept]) / np.maximum(np.abs(scale[kept]), 1e-300)
    return float(error.max(initial=0.0))


def _number(reported: float | None, expected: float) -> float:
    if reported is None:
        return math.inf
    return _of_points(np.array([reported]), np.array([expected]), np.array([expected]))
