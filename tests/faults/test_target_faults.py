"""Malformed targets, made systematically: each is a valid scenario or a `ScenarioError` with named problems.

Categories: every key of several targets with every wrong value, missing, misspelt; random areas and priors.
"""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic.errors import ScenarioError
from multistatic.scenario.model import Scenario
from tests.faults.test_scenario_faults import FULL, WRONG, at, outcome, paths, refused, text_of

TARGETS = """
[[target]]
id = "drone"
position_m = [20.0, 40.0, 10.0]
weight = 2.0
[target.prior]
position_std_m = [3.0, 4.0, 5.0]
velocity_covariance_m2_s2 = [[1.0, 0.2, 0.0], [0.2, 2.0, 0.0], [0.0, 0.0, 1.0]]
[[target]]
id = "disc"
position_m = [60.0, -40.0, 10.0]
area = { kind = "disc", radius_m = 9.0, height_m = [5.0, 20.0] }
[[target]]
id = "box"
position_llh = [52.5004, 13.4014, 45.0]
area = { kind = "box", size_m = [8.0, 5.0, 2.0] }
[[target]]
id = "yard"
[target.area]
kind = "polygon"
vertices_m = [[[60.0, 70.0], [80.0, 70.0], [70.0, 90.0]], [[68.0, 72.0], [72.0, 72.0], [70.0, 75.0]]]
[[target]]
id = "square"
area = { kind = "polygon", vertices_llh = [[52.501, 13.402], [52.501, 13.403], [52.502, 13.403]], height_m = 12.0 }
"""
BEFORE, REST = FULL.split("[target]\n")
RAW = tomllib.loads(BEFORE + TARGETS + REST[REST.index("[channel]") :])
OWN = [path for path in paths(RAW) if path[0] == "target" and len(path) < 5]


def test_the_document_is_valid() -> None:
    found = outcome(text_of(RAW))
    assert isinstance(found, Scenario)
    points = found.points()
    assert set(points.target.tolist()) == {0, 1, 2, 3, 4}
    assert np.isfinite(points.position_m).all()


@pytest.mark.parametrize("path", OWN, ids=lambda path: ".".join(map(str, path)))
def test_every_key_with_wrong_values(path: tuple[Any, ...]) -> None:
    refusals = 0
    for value in WRONG:
        document = copy.deepcopy(RAW)
        at(document, path[:-1])[path[-1]] = value
        refusals += isinstance(outcome(text_of(document)), ScenarioError)
    assert refusals > len(WRONG) // 2


@pytest.mark.parametrize("path", [path for path in OWN if isinstance(path[-1], str)], ids=str)
def test_a_misspelt_key_of_a_target_gets_the_right_one(path: tuple[Any, ...]) -> None:
    document = copy.deepcopy(RAW)
    table = at(document, path[:-1])
    table[path[-1] + "x"] = table.pop(path[-1])
    assert f"did you mean {path[-1]}?" in refused(text_of(document))


coordinate = st.floats(-200.0, 200.0)
area = st.one_of(
    st.fixed_dictionaries({"kind": st.just("disc"), "radius_m": st.floats(1e-3, 400.0)}),
    st.fixed_dictionaries({"kind": st.just("box"), "size_m": st.lists(st.floats(0.0, 300.0), min_size=2, max_size=3)}),
    st.fixed_dictionaries(
        {"kind": st.just("polygon"), "vertices_m": st.lists(st.tuples(coordinate, coordinate).map(list), max_size=8)}
    ),
)
prior = st.fixed_dictionaries({"position_std_m": st.lists(st.floats(1e-3, 300.0), min_size=2, max_size=3)})


@settings(max_examples=40, deadline=None)
@given(
    place=st.lists(coordinate, min_size=2, max_size=3),
    known=st.one_of(st.fixed_dictionaries({"area": area}), st.fixed_dictionaries({"prior": prior})),
    heights=st.one_of(st.none(), st.lists(st.floats(-50.0, 200.0), min_size=2, max_size=2)),
)
def test_random_targets_have_points_or_a_problem(place: list[float], known: dict[str, Any], heights: Any) -> None:
    document = copy.deepcopy(RAW)
    known = copy.deepcopy(known)
    if heights is not None and "area" in known:
        known["area"]["height_m"] = heights
    document["target"] = {"position_m": place, **known}
    scenario = outcome(text_of(document))
    if isinstance(scenario, ScenarioError):
        return
    try:
        points = scenario.points()
    except ScenarioError as error:
        said = str(error)
        assert "every point near" in said
        return
    assert np.isfinite(points.position_m).all()
    assert abs(points.weight.sum() - 1.0) < 1e-9
    assert (points.weight > 0.0).all()
    assert points.count <= 400
    sites = np.vstack([scenario.transmitter.position_m, scenario.receiver_positions_m])
    assert np.linalg.norm(points.position_m[:, None] - sites, axis=2).min() >= 1.0
    assert np.isfinite(scenario.geometry().target_receiver_m).all()
