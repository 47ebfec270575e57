"""Scenario files with several targets, priors and areas.

Categories: what a file may say; ids and overrides; refusals; the resolved text gives the same bits; notes.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from multistatic.errors import ScenarioError
from multistatic.scenario.assumptions import assumptions
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.target_tables import target_key
from multistatic.scenario.write import resolved_toml
from tests.support.close import assert_close, close_to
from tests.support.scenario_helpers import MINIMAL, assert_same_bits

FLAT = MINIMAL.replace("position_m = [0, 30, 2]", "position_m = [0, 30]")
BEFORE, AFTER = FLAT.split("[target]\nposition_m = [20, 40]\n")
TWO = (
    BEFORE
    + '[[target]]\nid = "drone"\nposition_m = [20, 40]\n[[target]]\nid = "van"\nposition_m = [-20, 30]\nweight = 3\n'
    + AFTER
)
DEGREES = BEFORE.replace("position_m = [0, 0]", "position_llh = [52.5, 13.4, 40.0]")


def with_target(keys: str, base: str = BEFORE) -> str:
    return f"{base}[target]\n{keys}\n{AFTER}"


PLACE = "position_m = [20, 40]\n"
FORMS = {
    "std": PLACE + "prior = { position_std_m = 5 }",
    "std of each": PLACE + "prior = { position_std_m = [5, 3.1], velocity_std_m_s = [1, 2] }",
    "covariance": PLACE + "prior = { position_covariance_m2 = [[4.0, 1.1], [1.1, 3.0]], velocity_std_m_s = 0.3 }",
    "disc": PLACE + 'area = { kind = "disc", radius_m = 20.1 }',
    "disc in the air": PLACE + 'area = { kind = "disc", radius_m = 20, height_m = [30, 120] }',
    "box": PLACE + 'area = { kind = "box", size_m = [20, 10.3], height_m = 7 }',
    "tall box": PLACE + 'area = { kind = "box", size_m = [20, 10, 5] }',
    "polygon": 'area = { kind = "polygon", vertices_m = [[10.1, 20], [40, 20], [30, 60]] }',
    "rings": 'area = { kind = "polygon", vertices_m = [[[10, 20], [40, 20], [30, 60]], '
    "[[22, 25], [28, 25], [25, 30.3]]] }",
}


@pytest.mark.parametrize("form", FORMS)
def test_the_resolved_text_gives_the_same_bits(form: str) -> None:
    scenario = parse_scenario(with_target(FORMS[form]))
    again = parse_scenario(resolved_toml(scenario))
    assert_same_bits(scenario, again)
    assert scenario.points().position_m.tobytes() == again.points().position_m.tobytes()
    assert resolved_toml(again) == resolved_toml(scenario)


def test_what_is_known_of_a_target() -> None:
    prior = parse_scenario(with_target(FORMS["std of each"])).target.prior
    assert prior is not None
    assert_close(prior.position_covariance_m2, np.diag([25.0, 3.1**2, 0.0]), abs=0.0)
    assert_close(prior.information(2), np.diag([1 / 25, 1 / 3.1**2, 1.0, 0.25]), rel=1e-14)
    target = parse_scenario(with_target(FORMS["rings"])).target
    assert_close(target.position_m[0], (80 / 3 * 600 - 25 * 15.9) / (600 - 15.9), rel=1e-9)  # the hole counts against
    box = parse_scenario(with_target(FORMS["box"])).target.area
    assert box is not None
    assert box.height_m == (7.0, 7.0)


@pytest.mark.parametrize(
    ("form", "target", "over"), [("std", "prior", "posterior"), ("disc", "area", "worst"), ("", "several", "worst")]
)
def test_what_is_assumed(form: str, target: str, over: str) -> None:
    scenario = parse_scenario(with_target(FORMS[form]) if form else TWO)
    assert assumptions(scenario).target == target
    assert scenario.over_points == over
    assert assumptions(scenario.middle()).target == "exact"


def test_several_targets() -> None:
    scenario = parse_scenario(TWO)
    assert [target.id for target in scenario.targets] == ["drone", "van"]
    assert_close(scenario.points().weight, np.array([0.25, 0.75]), rel=1e-15)
    assert_close(scenario.middle_m, np.array([-10.0, 32.5, 0.0]), rel=1e-14)
    assert_same_bits(scenario, parse_scenario(resolved_toml(scenario)))


@pytest.mark.parametrize("key", ["target[1].weight", "target[van].weight"])
def test_overrides_reach_one_of_several(key: str) -> None:
    assert parse_scenario(TWO, overrides=[f"{key}=7"]).targets[1].weight == 7.0


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("target.weight=7", r"target.weight: .*expected target\[0\].weight or target\[drone\].weight"),
        ("target[2].weight=7", r"one of the targets drone, van"),
        ("target[bus].weight=7", r"one of the targets drone, van"),
    ],
)
def test_an_override_that_leads_to_none_of_several_says_what_does(override: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        parse_scenario(TWO, overrides=[override])


def test_a_number_is_an_index_before_it_is_an_id() -> None:
    raw = {"target": [{"id": "1"}, {"id": "0"}]}
    assert target_key(raw, "target[1].weight") == "target[1].weight"
    assert target_key({"target": [{"id": "a.b"}, {"id": "c"}]}, "target[a.b].id") == "target[0].id"


def test_an_override_of_an_area_replaces_a_prior_and_back() -> None:
    text = with_target(FORMS["std"])
    disc = parse_scenario(text, overrides=["target.area.kind=disc", "target.area.radius_m=9"]).target
    assert disc.prior is None
    assert parse_scenario(with_target(FORMS["disc"]), overrides=["target.prior.position_std_m=2"]).target.area is None


REFUSED = {
    "prior and area": (
        PLACE + 'prior = { position_std_m = 5 }\narea = { kind = "disc", radius_m = 3 }',
        "only one of prior, area",
    ),
    "prior of nothing": (PLACE + "prior = {}", "position_std_m or position_covariance_m2"),
    "prior twice": (PLACE + "prior = { position_std_m = 5, position_covariance_m2 = [[1, 0], [0, 1]] }", "only one of"),
    "indefinite": (
        PLACE + "prior = { position_covariance_m2 = [[1.0, 2.0], [2.0, 1.0]] }",
        r"received \[\[1, 2\], \[2, 1\]\], which is symmetric, but not positive definite: with correlations of up to 2",
    ),
    "asymmetric": (
        PLACE + "prior = { position_covariance_m2 = [[1.0, 0.5], [0.1, 1.0]] }",
        r"received \[\[1, 0.5\], \[0.1, 1\]\], which is not symmetric: 0.5 in row 1, column 2, and 0.1 in row 2",
    ),
    "no variance": (PLACE + "prior = { position_covariance_m2 = [[1, 0], [0, 0]] }", "the variance 0 in row 2"),
    "too little known": (
        PLACE + "prior = { position_std_m = 3400 }",
        r"target.prior.position: received a standard deviation of 3400 m, expected at most 3333.33 m",
    ),
    "too little known along a diagonal": (
        PLACE + "prior = { position_covariance_m2 = [[8e6, 7.9e6], [7.9e6, 8e6]] }",
        "received a standard deviation of 3987 m",
    ),
    "not square": (
        PLACE + "prior = { position_covariance_m2 = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]] }",
        "positive definite",
    ),
    "no deviation": (PLACE + "prior = { position_std_m = 0 }", "at least 1e-06"),
    "unknown kind": (PLACE + 'area = { kind = "circle", radius_m = 3 }', "disc"),
    "no radius": (PLACE + 'area = { kind = "disc" }', "area.radius_m: received nothing"),
    "flat box": (PLACE + 'area = { kind = "box", size_m = [0, 10] }', "0.001 m or more"),
    "heights twice": (PLACE + 'area = { kind = "box", size_m = [5, 10, 3], height_m = 2 }', "the heights once"),
    "heights turned": (PLACE + 'area = { kind = "disc", radius_m = 3, height_m = [9, 2] }', "smallest, largest"),
    "no place": ('area = { kind = "disc", radius_m = 3 }', "position_m or position_llh"),
    "no corners": (PLACE + 'area = { kind = "polygon" }', "vertices_m, vertices_llh or file"),
    "two corners": ('area = { kind = "polygon", vertices_m = [[0, 0], [1, 1]] }', "at least 3 entries"),
    "bow": (
        'area = { kind = "polygon", vertices_m = [[10, 10], [30, 50], [30, 10], [11, 50]] }',
        "does not cross itself",
    ),
    "line": ('area = { kind = "polygon", vertices_m = [[10, 10], [20, 20], [30, 30]] }', "corners on a line"),
    "degrees of no origin": (
        'area = { kind = "polygon", vertices_llh = [[52, 13], [52, 13.1], [52.1, 13]] }',
        "table \\[origin\\]",
    ),
    "a file of a text": ('area = { kind = "polygon", file = "a.geojson" }', "a text has no folder"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_and_how(name: str) -> None:
    keys, words = REFUSED[name]
    with pytest.raises(ScenarioError, match=words):
        parse_scenario(with_target(keys))


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("target.area.size_m=4", 'size_m belongs to kind "box"; keys of kind "disc": radius_m, height_m'),
        ("target.area.radus_m=4", "did you mean radius_m?"),
        ("transmitter.array={kind='upa',axis=[1,0,0]}", 'axis belongs to kind "ula"; keys of kind "upa": shape,'),
    ],
)
def test_a_key_of_another_kind_of_area_or_array_is_said_to_be_one(key: str, hint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(with_target(FORMS["disc"]), overrides=[key])
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "over", "words"),
    [
        (FORMS["std"], "mean_square", "infinite"),
        (FORMS["disc"], "posterior", "no target has a prior"),
        (PLACE, "posterior", "no target has a prior"),
        (FORMS["disc"], "posterior", "--set target.area replaces a prior: also --set design.over_points=worst"),
        (FORMS["disc"], "median", "worst"),
    ],
)
def test_ways_to_join_points_that_have_no_meaning(keys: str, over: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words) as caught:
        parse_scenario(with_target(keys), overrides=[f"design.over_points={over}"])
    assert [problem.path for problem in caught.value.problems] == ["design.over_points"]


def test_several_targets_have_different_ids_and_each_problem_its_place() -> None:
    text = TWO.replace('id = "van"', 'id = "drone"').replace("weight = 3", "weight = -3")
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    assert {problem.path for problem in caught.value.problems} == {"target[1].id", "target[1].weight"}


def test_a_prior_without_the_height_is_refused_where_the_height_is_unknown() -> None:
    text = with_target("position_m = [20, 40, 30]\nprior = { position_std_m = [5, 5] }")
    with pytest.raises(ScenarioError, match="three unknown coordinates"):
        parse_scenario(text)
    assert parse_scenario(text, overrides=["design.dimensions=2"]).dimensions == 2
    assert parse_scenario(with_target(FORMS["std"])).dimensions == 2
    assert parse_scenario(with_target(FORMS["disc in the air"])).dimensions == 3


# Polygons in degrees

RING = [[13.4002, 52.5001], [13.4006, 52.5001], [13.4006, 52.5004], [13.4002, 52.5004]]


def geojson(ring, **members) -> str:
    return json.dumps({"type": "Polygon", "coordinates": [[*ring, ring[0]]], **members})


def test_an_area_is_the_same_in_a_file_in_degrees_and_in_metres() -> None:
    from_file = parse_scenario(
        with_target('area = { kind = "polygon", file = "a.geojson", height_m = [30, 60] }', DEGREES),
        read_text=lambda name: {"a.geojson": geojson(RING)}[name],
    )
    corners = json.dumps([[y, x] for x, y in [*RING[1:], RING[0]]])
    written = parse_scenario(
        with_target(f'area = {{ kind = "polygon", vertices_llh = {corners}, height_m = [30, 60] }}', DEGREES)
    )
    assert from_file.points().count == written.points().count
    in_metres = parse_scenario(resolved_toml(from_file))
    assert_same_bits(from_file, in_metres)
    # 0.0004° and 0.0003° there: by the radii of curvature of WGS 84
    area = from_file.target.area
    assert area is not None
    assert_close(np.ptp(area.rings_m[0], axis=0), np.array([27.16, 33.38]), rel=2e-3)
    assert float(from_file.target.position_m[2]) == close_to(45.0)


def test_heights_of_corners_are_those_of_the_area() -> None:
    ring = [[*corner, 90.0 + 5.0 * i] for i, corner in enumerate(RING)]
    scenario = parse_scenario(
        with_target('area = { kind = "polygon", file = "a.geojson" }', DEGREES), read_text=lambda _: geojson(ring)
    )
    assert scenario.target.area is not None
    assert_close(scenario.target.area.height_m, (50.0, 65.0), abs=1e-3)


# Notes


def notes(text: str, *overrides: str) -> str:
    found: list[str] = []
    parse_scenario(text, overrides=overrides, on_note=found.append)
    return "\n".join(found)


@pytest.mark.parametrize("form", [*FORMS, ""])
def test_sound_targets_need_no_note(form: str) -> None:
    assert notes(with_target(FORMS[form]) if form else TWO) == ""


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("prior = { position_std_m = 2000 }", "standard deviation of 2e+03 m"),
        ("prior = { position_std_m = 0.001 }", "adds nothing"),
        ("prior = { position_std_m = [5, 5, 2] }", "which is not used"),
        ("prior = { position_std_m = 5, velocity_std_m_s = 2000 }", "velocity of 2e+03 m/s"),
        ('area = { kind = "disc", radius_m = 45 }', "contains the transmitter, a and b"),
        ('area = { kind = "disc", radius_m = 900 }', "lengths are in m"),
        ('area = { kind = "polygon", vertices_m = [[50, 50], [60, 50], [60, 60]] }', "lies outside of its area"),
    ],
)
def test_odd_targets_get_a_note(keys: str, words: str) -> None:
    assert words in notes(with_target(PLACE + keys))


def test_an_area_in_the_wrong_order_is_named() -> None:
    ring = json.dumps([[x, y] for x, y in RING])
    text = with_target(f'area = {{ kind = "polygon", vertices_llh = {ring}, height_m = 50 }}', DEGREES)
    assert "the area of the target" in notes(text)
    assert "swapping latitude and longitude" in notes(text)


def test_an_area_without_a_height_is_named() -> None:
    text = with_target(FORMS["polygon"]).replace("position_m = [0, 0]", "position_m = [0, 0, 20]")
    text = text.replace("position_m = [10, 0]", "position_m = [10, 0, 9]").replace("[0, 30]", "[0, 30, 9]")
    assert "no height is given for the area of the target" in notes(text)


def test_a_prior_that_is_wide_as_seen_from_the_transmitter_gets_a_note() -> None:
    """The target is 44.7 m away, and 30° on either side are 25.8 m: three times 8.6 m."""
    for deviation_m, wide in ((8.5, False), (8.7, True)):
        said = notes(with_target(PLACE + f"prior = {{ position_std_m = {deviation_m} }}"))
        assert ("wider than 60° as seen from the transmitter" in said) == wide
    assert parse_scenario(with_target(PLACE + "prior = { position_std_m = 3300 }")).target.prior is not None


def test_an_area_whose_file_has_the_latitude_first_gets_the_note_of_a_position() -> None:
    found: list[str] = []
    swapped = [[y, x] for x, y in RING]
    parse_scenario(
        with_target('area = { kind = "polygon", file = "a.geojson", height_m = 30 }', DEGREES),
        read_text=lambda _: geojson(swapped),
        on_note=found.append,
    )
    assert any(
        "the area of the target is" in each and "swapping latitude and longitude puts it" in each for each in found
    )
