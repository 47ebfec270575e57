"""`[design.options.NAME]`: checked with every problem at once, in the JSON Schema, written out and read back."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from multistatic import registry
from multistatic.beamforming.sca import ScaSettings
from multistatic.beamforming.value_function import ValueFunctionSettings
from multistatic.design import design_network
from multistatic.design.joint import JointSettings
from multistatic.errors import InputError, ScenarioError
from multistatic.estimation.registered import estimator_of
from multistatic.files.scenario_file import load_preset
from multistatic.scenario.algorithm_settings import (
    algorithm_name,
    as_table,
    settings_class,
    settings_problems,
    settings_table,
    with_settings,
)
from multistatic.scenario.json_schema import scenario_json_schema
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.preset import preset_text
from multistatic.scenario.write import resolved_toml
from multistatic.selection.branch_and_bound import BranchAndBoundSettings
from multistatic.selection.kmeans import KMeansSettings
from tests.support.packages import Packages
from tests.support.paths import FORMATS_PAGE

OURS = with_settings()
SMALL = ["receivers.random.count=4", "requirements.rate_bps_hz=1", "transmitter.antennas=4"]


def problems(*overrides: str) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        load_preset("paper", [f"design.options.{each}" for each in overrides])
    return [str(problem) for problem in refused.value.problems]


def test_every_algorithm_with_settings_is_found_by_name_and_by_class() -> None:
    assert {"joint", "value_function", "sca", "kmeans", "branch_and_bound", "milp", "random", "grid"} <= set(OURS)
    for name, kind in OURS.items():
        assert settings_class(name) is kind
        assert algorithm_name(kind()) == name
    assert settings_class("los") is settings_class("los_sdp") is None
    assert settings_class("nobody") is None


@pytest.mark.parametrize("name", OURS)
def test_defaults_hold_and_come_back(name: str) -> None:
    """Of every algorithm: its default settings are valid, in Python and as a table, and survive a file."""
    kind = OURS[name]
    assert list(settings_problems(kind())) == []
    scenario = load_preset("paper")
    once = replace(scenario, design=replace(scenario.design, options=(kind(),)))
    back = parse_scenario(resolved_toml(once))
    assert as_table(back.design.options[0]) == as_table(kind())
    assert type(back.design.options[0]) is kind
    assert resolved_toml(back) == resolved_toml(once)


def test_a_file_means_the_settings_object_of_its_keys() -> None:
    keys = ["joint.max_solves=3", "sca.start.rounds=2", "sca.reaches=[2.5]", "value_function.precision=0"]
    scenario = load_preset("paper", [f"design.options.{each}" for each in keys])
    joint, sca, value_function = scenario.design.options
    assert joint == JointSettings(max_solves=3)
    assert (sca.start.rounds, sca.reaches, sca.tolerance) == (2, (2.5,), ScaSettings().tolerance)
    assert value_function == ValueFunctionSettings(precision=0.0)
    text = preset_text("paper") + "\n[design.options.kmeans]\nrestarts = 7\n"
    assert parse_scenario(text).design.options == (KMeansSettings(restarts=7),)


def test_settings_of_a_file_design_what_settings_in_python_design() -> None:
    """`max_solves` is what a run shows: of several candidates only one gets beams of its own."""
    file = load_preset("paper", [*SMALL, "channel.direct=los", "design.options.joint.max_solves=1"])
    value = load_preset("paper", [*SMALL, "channel.direct=los"])
    first, second = design_network(file), design_network(value, selector=JointSettings(max_solves=1))
    assert first.scenario.design == second.scenario.design
    assert first.rounds == second.rounds == 1
    assert np.array_equal(first.beamforming.beams.weights, second.beamforming.beams.weights)


def test_every_problem_is_named_at_once() -> None:
    found = problems("value_functoin.steps=1", "value_function.stepz=1", "kmeans.restarts=0", "sca.start.round=1")
    assert len(found) == 4
    text = "\n".join(found)
    assert "design.options: received 'value_functoin'" in text
    assert "(did you mean value_function?)" in text
    assert "design.options.value_function.stepz: received 1, expected a key of this table (did you mean steps?)" in text
    assert "design.options.kmeans.restarts: received 0, expected at least 1" in text
    assert "design.options.sca.start.round: received 1" in text


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("kmeans.restarts=1.5", "design.options.kmeans.restarts: received 1.5, expected a whole number"),
        ("kmeans.restarts=x", "design.options.kmeans.restarts: received 'x', expected a whole number"),
        ("branch_and_bound.gap=1.0", "expected less than 1"),
        ("branch_and_bound.stop=1", "expected a key of this table"),
        ("sca.reaches=[1.0]", "design.options.sca.reaches[0]: received 1"),
        ("sca=3", "design.options.sca: received 3, expected a table"),
        ("value_function.precision=2", "design.options.value_function.precision: received 2"),
        ("greedy.starts=2", "design.options: received 'greedy'"),
    ],
)
def test_what_a_key_cannot_be(override: str, said: str) -> None:
    (found,) = problems(override)
    assert said in found


def test_options_are_in_the_schema() -> None:
    schema = scenario_json_schema()
    tables = schema["$defs"]["DesignTable"]["properties"]["options"]["properties"]
    assert set(tables) == set(OURS)
    assert tables["kmeans"]["properties"]["restarts"] == {
        "default": 5,
        "minimum": 1,
        "title": "Restarts",
        "type": "integer",
    }
    check = jsonschema.Draft202012Validator({"$ref": "#/$defs/DesignTable", "$defs": schema["$defs"]})
    assert check.is_valid({"options": {"sca": {"start": {"rounds": 2}}, "value_function": {"precision": 0.5}}})
    for wrong in ({"kmeans": {"restarts": 0}}, {"kmean": {}}, {"sca": {"start": {"round": 2}}}, {"sca": 3}):
        assert not check.is_valid({"options": wrong})


def test_options_that_a_design_does_not_use_give_a_note() -> None:
    notes: list[str] = []
    keys = ["design.options.kmeans.restarts=2", "design.options.value_function.steps=9", "design.options.grid.delays=9"]
    load_preset("paper", keys, on_note=notes.append)
    assert [note.removeprefix("design.options.") for note in notes if "options" in note] == [
        "kmeans is not used: the design of the scenario uses joint, value_function, surrogate, rician"
    ]


def test_estimators_take_theirs_from_the_scenario() -> None:
    options = load_preset("paper", ["design.options.grid.delays=99"]).design.options
    assert estimator_of("grid", options).settings.delays == 99
    assert estimator_of("grid").settings is None


def test_options_made_in_python_are_checked_by_the_scenario() -> None:
    design = load_preset("paper").design
    for wrong in ([KMeansSettings()], (KMeansSettings(), KMeansSettings(restarts=2)), (3,)):
        with pytest.raises(ScenarioError, match=r"design\.options"):
            replace(design, options=wrong)


PACKAGE = """
    from dataclasses import dataclass
    from typing import Annotated
    from annotated_types import Ge
    from multistatic.registry import algorithm

    @dataclass(frozen=True, kw_only=True)
    class FirstSettings:
        '''How many.'''
        count: Annotated[int, Ge(1)] = 1
        most: int = 3

        def __post_init__(self):
            if self.count > self.most:
                raise ValueError("count is above most")

    @algorithm(settings=FirstSettings)
    def first(problem, rng, settings=FirstSettings()):
        '''The first receivers.'''
        return list(range(settings.count))
"""


def test_settings_of_another_package(packages: Packages) -> None:
    packages.install("selectors", PACKAGE, "first")
    keys = [*SMALL, "design.selector=first", "requirements.cooperation_cost_m=1000"]
    design = design_network(load_preset("paper", [*keys, "design.options.first.count=2"]))
    assert design.selected_ids == ("rx1", "rx2")
    assert parse_scenario(resolved_toml(design.scenario)).design == design.scenario.design
    assert "first" in scenario_json_schema()["$defs"]["DesignTable"]["properties"]["options"]["properties"]
    assert "design.options.first.count: received 0, expected at least 1" in problems("first.count=0")[0]
    assert "design.options.first: received a table, expected count is above most" in problems("first.count=4")[0]


def test_types_that_only_a_checker_knows_are_named(packages: Packages) -> None:
    source = PACKAGE.replace("most: int = 3", 'most: "Unknown" = 3')
    packages.install("selectors", source, "first")
    assert "name 'Unknown' is not defined in the types of " in problems("first.count=1")[0]


def test_a_package_that_does_not_import_is_named_beside_its_options(packages: Packages) -> None:
    packages.install("selectors", "import no_such_module", "broken")
    assert "ModuleNotFoundError" in problems("broken.count=1")[0]
    assert "kmeans" in with_settings()  # and the others are still there


def test_every_setting_is_on_the_page() -> None:
    """With its default and its range."""
    page = Path(FORMATS_PAGE).read_text(encoding="utf-8")
    written = dict(re.findall(r"^\| `(\w+\.\w+)` \|([^|]*)\|.*\|$", page, re.M))
    for name, kind in OURS.items():
        for key, field in settings_table(kind).model_fields.items():
            default = field.default
            shown = "a table" if isinstance(default, dict) else "" if default is None else f"`{default}`"
            assert written[f"{name}.{key}"].strip() == shown, f"{name}.{key}"


def test_one_rule_ties_settings_to_an_algorithm() -> None:
    for group in ("selectors", "beamformers", "designs", "estimators"):
        for name in registry.names(group):
            function = registry.load(group, name)
            kind = getattr(function, "settings", None)
            if kind is not None:
                assert kind.algorithm is function
    assert BranchAndBoundSettings.algorithm.settings is BranchAndBoundSettings
    with pytest.raises(InputError):
        ValueFunctionSettings(precision=-1.0)
