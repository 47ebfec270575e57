"""Notes on targets that are not exactly known: what is valid but probably not meant."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from multistatic.scenario.area_samples import heights_of, in_area, outline_of
from multistatic.scenario.model import Scenario, Target
from multistatic.scenario.point_layout import TOO_MANY, prior_root
from multistatic.scenario.position_notes import distance_text, listed, target_name
from multistatic.scenario.prior_points import REACH
from multistatic.scenario.schema import ScenarioTable
from multistatic.scenario.target_schema import PolygonTable
from multistatic.units import F

_WIDE = 3.0  # times the extent of the network: hardly anything is seen there
_WIDE_DEG = 60.0
_LOOSE_PRIOR_M = 1e3
_TIGHT_PRIOR_M = 1e-2


def point_notes(scenario: Scenario) -> Iterator[str]:
    """Sentences on the points of uncertain targets, and on areas and priors that are probably not meant."""
    if not scenario.uncertain:
        return
    points = scenario.points()
    yield from (reason for reason in points.reasons if TOO_MANY in reason)
    yield from points.left_out
    for target in scenario.targets:
        if target.prior is not None:
            yield from _prior_notes(scenario, target)
        elif target.area is not None:
            yield from _area_notes(scenario, target)


def _prior_notes(scenario: Scenario, target: Target) -> Iterator[str]:
    assert target.prior is not None
    name = target_name(target.id, len(scenario.targets))
    position = np.sqrt(np.diagonal(target.prior.position_covariance_m2))
    known = position[: scenario.dimensions]
    if known.max() > _LOOSE_PRIOR_M:
        yield (
            f"the prior of {name} has a standard deviation of {known.max():.3g} m: position_std_m is in m, and "
            "position_covariance_m2 in m², the square; for a target of which nothing is known state an area"
        )
    path = float(np.linalg.norm(target.position_m - scenario.transmitter.position_m))
    reach = REACH * float(np.linalg.norm(prior_root(scenario, target)[:, :2], axis=0).max())
    if reach > path * np.tan(np.radians(_WIDE_DEG / 2.0)):
        yield (
            f"the prior of {name} is wider than {_WIDE_DEG:g}° as seen from the transmitter: three standard deviations "
            f"are {distance_text(reach, reach)} across the direction of the target, which is "
            f"{distance_text(path, path)} away; where so little is known, state an area"
        )
    if known.min() < _TIGHT_PRIOR_M:
        yield (
            f"the prior of {name} has a standard deviation of {known.min():.3g} m, so small that a design adds "
            "nothing: position_std_m is in m"
        )
    if scenario.dimensions == 2 and position[2] > 0 and len(set(position.tolist())) > 1:
        yield (
            f"the prior of {name} states a standard deviation of the height, which is not used: the scenario has two "
            "unknown coordinates; design.dimensions = 3 makes the height unknown"
        )
    velocity = target.prior.velocity_covariance_m2_s2
    if velocity is not None and float(np.sqrt(velocity[0, 0])) > 1e3:
        yield (
            f"the prior of {name} has a standard deviation of the velocity of {np.sqrt(velocity[0, 0]):.3g} m/s: "
            "velocity_std_m_s is in m/s"
        )


def _area_notes(scenario: Scenario, target: Target) -> Iterator[str]:
    assert target.area is not None
    name = target_name(target.id, len(scenario.targets))
    area, middle_m = target.area, target.position_m
    sites_m = np.vstack([scenario.transmitter.position_m, scenario.receiver_positions_m])
    names = ["the transmitter", *scenario.receiver_ids]
    low, high = heights_of(area, middle_m)
    within = in_area(area, middle_m, sites_m[:, :2]) & (sites_m[:, 2] >= low) & (sites_m[:, 2] <= high)
    if within.any():
        inside = [site for site, here in zip(names, within, strict=True) if here]
        yield (
            f"the area of {name} contains {listed(inside)}: next to a site every echo is strong, and the direction "
            "of the target from there is unknown"
        )
    corners = np.concatenate(outline_of(area, middle_m))
    extent, network = _extent(corners), _extent(sites_m[:, :2])
    if extent > _WIDE * max(network, 1.0):
        yield (
            f"the area of {name} extends over {distance_text(extent, extent)}, the sites over only "
            f"{distance_text(network, network)}: lengths are in m"
        )
    if area.rings_m and not in_area(area, middle_m, middle_m[None, :2])[0]:
        yield f"the position of {name} lies outside of its area: only the area decides where a design looks"


def _extent(places: F) -> float:
    return float(np.linalg.norm(np.ptp(places, axis=0)))


def area_height_notes(table: ScenarioTable, scenario: Scenario) -> Iterator[str]:
    """Polygons without a height beside sites that have one."""
    heights = [scenario.transmitter.position_m[2], *scenario.receiver_positions_m[:, 2]]
    for written, target in zip(table.targets, scenario.targets, strict=True):
        area = written.area
        if not isinstance(area, PolygonTable) or target.area is None or target.area.height_m is not None:
            continue
        if written.position_m is None and written.position_llh is None and min(map(abs, heights)) > 0:
            name = target_name(target.id, len(scenario.targets))
            yield (
                f"no height is given for the area of {name}: z = 0 m is assumed, the sites are at z = "
                f"{min(heights):.4g} to {max(heights):.4g} m; state height_m"
            )
