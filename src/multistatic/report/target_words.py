"""The targets of a scenario in words and for JSON: where they are or may be, and the points that stand for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from multistatic.scenario.area_rings import area_and_centroid
from multistatic.scenario.area_samples import heights_of, outline_of
from multistatic.scenario.model import Scenario, Target
from multistatic.scenario.uncertain_target import TargetArea
from multistatic.units import F

_OVER = {
    "worst": "the worst of all points",
    "mean": "the mean over all points",
    "mean_square": "the root of the mean of squares over all points",
    "posterior": "the root of the mean of squares over all points, with the prior's information",
}


def targets_described(scenario: Scenario) -> list[dict[str, Any]]:
    """Each target with its number of points and what is known of its place, ready for JSON."""
    counts = np.bincount(scenario.points().target, minlength=len(scenario.targets))
    return [
        {
            "id": target.id,
            "position_m": target.position_m.tolist(),
            "velocity_m_s": target.velocity_m_s.tolist(),
            "weight": target.weight,
            "known": "exact" if target.exact else "area" if target.prior is None else "prior",
            "where": where_in_words(target, scenario.dimensions),
            "points": int(count),
        }
        for target, count in zip(scenario.targets, counts, strict=True)
    ]


def targets_in_words(summary: dict[str, Any]) -> list[str]:
    """Lines on targets that are several or not exactly known; none for one that is."""
    if summary["assumptions"]["target"] == "exact":
        return []
    lines = [f"{each['id']}: {each['where']}" for each in summary["targets"]]
    lines += [f"points: {reason}" for reason in summary["point_reasons"]]
    return [*lines, f"design: for {_OVER[summary['over_points']]}, {summary['points']} in all"]


def where_in_words(target: Target, dimensions: int) -> str:
    """`within 20 m of [20, 40, 0] m`, `at [20, 40, 0] m, standard deviation 5 m east and 5 m north`."""
    place = "[" + ", ".join(f"{each:.6g}" for each in target.position_m.tolist()) + "] m"
    if target.prior is not None:
        spread = _deviations(target.prior.position_covariance_m2, dimensions, "m")
        velocity = target.prior.velocity_covariance_m2_s2
        speed = "unknown" if velocity is None else f"standard deviation {_deviations(velocity, dimensions, 'm/s')}"
        return f"near {place}, standard deviation {spread}; velocity: {speed}"
    if target.area is None:
        return f"at {place}"
    return f"{_area_in_words(target.area, place)}, {_heights(target.area, target.position_m)}"


def _deviations(covariance: F, dimensions: int, unit: str) -> str:
    spreads = [f"{value:.3g}" for value in np.sqrt(np.diagonal(covariance))[:dimensions]]
    if len(set(spreads)) == 1:
        return f"{spreads[0]} {unit} in each coordinate"
    return " and ".join(f"{value} {unit} {axis}" for value, axis in zip(spreads, ("east", "north", "up"), strict=False))


def _area_in_words(area: TargetArea, place: str) -> str:
    if area.radius_m is not None:
        return f"anywhere within {area.radius_m:.4g} m of {place}"
    if area.size_m is not None:
        return f"anywhere in {area.size_m[0]:.4g} m by {area.size_m[1]:.4g} m around {place}"
    rings = outline_of(area, np.zeros(3))
    corners = sum(map(len, rings))
    size, unit = area_and_centroid(rings)[0], "m²"
    if size > 1e6:
        size, unit = size / 1e6, "km²"
    return f"anywhere in a polygon of {size:.3g} {unit} with {corners} corners around {place}"


def _heights(area: TargetArea, middle_m: F) -> str:
    low, high = heights_of(area, middle_m)
    return f"at a height of {low:.4g} m" if low == high else f"at heights from {low:.4g} to {high:.4g} m"
