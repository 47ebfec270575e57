"""The search between the points of thin strips and along rims: compared with dense places and
with nulls whose place is known."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from multistatic import design_network
from multistatic.design import Design
from multistatic.design.between_points import PlaceSearch
from multistatic.scenario.model import DesignSettings, Scenario
from multistatic.scenario.nearest_in_area import nearest_places, outline_places
from multistatic.scenario.point_layout import finer_points, within_reach
from multistatic.scenario.uncertain_target import TargetArea
from multistatic.signal.beams import Beams
from multistatic.units import F
from tests.support.networks import network

SURE = 0.02  # relative: what a dense place may be worse than the worst place that is stated
ENDS = {"across": ((-30.0, 30.0), (50.0, 45.0)), "aslant": ((15.0, 10.0), (60.0, 60.0))}


def along(ends: tuple[tuple[float, float], tuple[float, float]], parts: F) -> F:
    first, last = np.array(ends)
    return np.column_stack([first + parts[:, None] * (last - first), np.zeros(len(parts))])


def with_area(area: TargetArea, antennas: int, seed: int) -> Scenario:
    settings = DesignSettings(criterion="peb", selector="joint", beamformer="value_function")
    made = network(5, transmit_antennas=antennas, rate_bps_hz=0.5, seed=seed, design=settings)
    return replace(made, target=replace(made.target, area=area))


def in_a_strip(name: str, seed: int) -> Scenario:
    """A target on a line 2 cm wide, which no axis of the search is parallel to."""
    first, last = np.array(ENDS[name])
    normal = 0.01 * np.array([first[1] - last[1], last[0] - first[0]]) / np.linalg.norm(last - first)
    ring = np.array([first - normal, last - normal, last + normal, first + normal])
    return with_area(TargetArea(kind="polygon", rings_m=(ring,)), 16, seed)


@cache
def designed(name: str, seed: int) -> Design:
    if name == "disc":
        return design_network(with_area(TargetArea(kind="disc", radius_m=10.0 + 12.0 * seed), 8, seed))
    return design_network(in_a_strip(name, seed))


@pytest.mark.parametrize(("name", "seed"), [("across", 0), ("aslant", 1), ("disc", 0), ("disc", 1)])
def test_no_dense_place_of_strips_and_rims_is_worse_than_stated(name: str, seed: int) -> None:
    design = designed(name, seed)
    target, parts = design.scenario.targets[0], np.linspace(0.0, 1.0, 8_001)
    if name == "disc":
        angle, radius_m = 2.0 * np.pi * parts, target.area.radius_m * (1.0 - 1e-9)
        rim = radius_m * np.column_stack([np.cos(angle), np.sin(angle), np.zeros(len(angle))])
        places = target.position_m + rim
    else:
        places = along(ENDS[name], parts)
    places = places[within_reach(design.scenario, places, np.zeros(len(places), int))]
    values = PlaceSearch(design).values(places, np.zeros(len(places), int))
    assert len(places) > 7_000
    assert values.max() <= (1.0 + SURE) * design.over_points.between


@pytest.mark.parametrize(("name", "seed"), [("across", 0), ("aslant", 1)])
@pytest.mark.parametrize("part", [0.231, 0.5377, 0.8119])
def test_the_search_follows_a_strip_to_a_null_of_which_the_place_is_known(name: str, seed: int, part: float) -> None:
    design = designed(name, seed)
    scenario, weights = design.scenario, design.beamforming.beams.weights
    path = along(ENDS[name], np.array([part])) - scenario.transmitter.position_m
    steering = scenario.transmitter.array.steering_vector(path / np.linalg.norm(path), scenario.radio.wavelength_m)[0]
    without = weights - steering.conj()[:, None] * (steering @ weights)[:, None] / len(steering)
    dark = replace(design, beamforming=replace(design.beamforming, beams=Beams(weights=without)))
    finer, search = finer_points(scenario), PlaceSearch(dark)
    on_grid = search.values(finer.position_m, finer.target)
    found = search.found(finer, on_grid, design.over_points.value_reduced)
    end = found.position_m[np.argmax(found.values)] - scenario.transmitter.position_m
    assert np.linalg.norm(end / np.linalg.norm(end) - path[0] / np.linalg.norm(path)) < 1e-6
    # Places on the outline itself count as outside by rounding: they lie hardly beside the nearest place inside.
    outside_m = np.linalg.norm(nearest_places(scenario, found.position_m, found.target) - found.position_m, axis=1)
    assert outside_m.max() < 1e-6


L_SHAPE = np.array([[30.0, 20.0], [60.0, 20.0], [60.0, 30.0], [40.0, 30.0], [40.0, 60.0], [30.0, 60.0]])
HOLE = np.array([[32.0, 22.0], [38.0, 22.0], [38.0, 28.0], [32.0, 28.0]])
AREAS = {
    "disc": TargetArea(kind="disc", radius_m=12.0),
    "box": TargetArea(kind="box", size_m=np.array([30.0, 8.0, 6.0])),
    "polygon": TargetArea(kind="polygon", rings_m=(L_SHAPE, HOLE), height_m=(2.0, 9.0)),
}


@pytest.mark.parametrize("name", AREAS)
def test_the_nearest_place_is_within_reach_and_no_outline_place_is_nearer(name: str) -> None:
    scenario = with_area(AREAS[name], 8, 3)
    rng = np.random.default_rng(5)
    places = scenario.targets[0].position_m + rng.uniform(-40.0, 40.0, (300, 3))
    owners = np.zeros(len(places), int)
    found = nearest_places(scenario, places, owners)
    near_site = np.min([np.linalg.norm(found - each.position_m, axis=1) for each in scenario.receivers], axis=0) < 3.0
    assert within_reach(scenario, found, owners)[~near_site].all()
    inside = within_reach(scenario, places, owners)
    assert np.array_equal(found[inside], places[inside])
    assert (~inside).sum() > 100
    outline = np.concatenate(outline_places(scenario, scenario.targets[0], 1e-3))
    assert len(outline) > 150
    assert within_reach(scenario, outline, np.zeros(len(outline), int)).mean() > 0.95
    apart = np.linalg.norm(places[~inside, None] - outline, axis=2).min(axis=1)
    moved = np.linalg.norm(places - found, axis=1)[~inside]
    assert np.all((moved <= apart + 1e-6) | near_site[~inside])
