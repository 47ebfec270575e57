"""Scenarios that are written in Python: the tables of a file as dictionaries, through the same parser."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic_core import PydanticUndefined

from multistatic import ScenarioError, build_scenario, design_network, load_preset, parse_scenario
from multistatic.scenario import model
from multistatic.scenario.channel_schema import ChannelTable
from multistatic.scenario.preset import preset_names, preset_text
from multistatic.scenario.schema import (
    DesignTable,
    OriginTable,
    PulseTable,
    RequirementsTable,
    ScenarioTable,
    TargetTable,
    TransmitterTable,
)
from tests.support.scenario_helpers import MINIMAL, assert_same_bits

TABLES: dict[str, Any] = {
    "radio": {"carrier_hz": 3e9, "bandwidth_hz": 1e8, "samples": 64},
    "transmitter": {"position_m": [0, 0], "antennas": 4, "power_dbm": 20},
    "receivers": [{"id": "a", "position_m": [10, 0]}, {"id": "b", "position_m": [0, 30, 2], "antennas": 3}],
    "target": {"position_m": [20, 40]},
    "channel": {"path_loss_exponent": 2, "noise_power_dbm": -90},
}


def test_tables_in_python_are_the_file() -> None:
    assert_same_bits(build_scenario(**TABLES), parse_scenario(MINIMAL))


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_may_be_written_in_python(name: str) -> None:
    assert_same_bits(build_scenario(**tomllib.loads(preset_text(name))), load_preset(name))


def test_the_same_network_has_the_same_design() -> None:
    """Bit for bit: group, beams and accuracy."""
    ours = design_network(build_scenario(**tomllib.loads(preset_text("paper"))))
    theirs = design_network(load_preset("paper"))
    assert ours.selected_ids == theirs.selected_ids
    assert ours.beamforming is not None
    assert theirs.beamforming is not None
    assert ours.beamforming.beams is not None
    assert theirs.beamforming.beams is not None
    assert ours.beamforming.beams.weights.tobytes() == theirs.beamforming.beams.weights.tobytes()
    assert_same_bits(ours.accuracy, theirs.accuracy)


def test_values_of_numpy_tuples_and_none_are_those_of_the_file() -> None:
    written = {
        **TABLES,
        "name": None,
        "radio": {**TABLES["radio"], "samples": np.int64(64), "carrier_hz": np.float64(3e9)},
        "transmitter": {**TABLES["transmitter"], "position_m": np.zeros(2)},
        "target": {"position_m": (20, np.float32(40.0)), "velocity_m_s": None},
    }
    assert_same_bits(build_scenario(**written), parse_scenario(MINIMAL))


def test_every_problem_is_named_as_in_a_file() -> None:
    with pytest.raises(ScenarioError) as raised:
        build_scenario(**{**TABLES, "target": {"position_m": [1]}, "chanel": {}, "seed": -1})
    assert {problem.path for problem in raised.value.problems} == {"target.position_m", "chanel", "seed"}


@pytest.mark.parametrize(
    ("tables", "path"),
    [
        ({"target": {"position_m": [1j, 2]}}, "target.position_m[0]"),
        ({"target": {3: 4}}, "target.3"),
        ({"target": object()}, "target"),
    ],
)
def test_what_no_file_can_hold_is_named(tables: dict[str, Any], path: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        build_scenario(**{**TABLES, **tables})
    assert [problem.path for problem in raised.value.problems] == [path]


def test_a_table_in_itself_is_too_deep() -> None:
    endless: dict[str, Any] = {}
    endless["radio"] = endless
    with pytest.raises(ScenarioError, match="at most 32 levels"):
        build_scenario(**endless)


def test_notes_are_those_of_the_file() -> None:
    """A speed of 3 km/s is valid and may not be meant; the note is that of the same text."""
    fast = {**TABLES, "target": {"position_m": [20, 40], "velocity_m_s": [3000, 0]}}
    ours: list[str] = []
    theirs: list[str] = []
    build_scenario(**fast, on_note=ours.append)
    parse_scenario(MINIMAL, overrides=["target.velocity_m_s=[3000, 0]"], on_note=theirs.append)
    assert ours == theirs
    assert ours


def test_a_site_list_is_looked_for_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sites.csv").write_text("id,x_m,y_m\nroof,10,0\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    scenario = build_scenario(**{**TABLES, "receivers": {"file": Path("sites.csv")}})
    assert scenario.receiver_ids == ("roof",)


def test_values_without_a_file_have_the_defaults_of_the_file() -> None:
    """The dataclasses with nothing but what has no default, and the same in TOML."""
    made = model.Scenario(
        radio=model.Radio(carrier_hz=3e9, bandwidth_hz=1e8, samples=64),
        transmitter=model.Transmitter(
            position_m=[0, 0], array=model.AntennaArray(elements_m=np.zeros((1, 3))), power_w=0.1
        ),
        receivers=(model.Receiver(id="a", position_m=[10, 0]),),
        target=model.Target(position_m=[20, 40]),
        propagation=model.Propagation(path_loss_exponent=2.0, noise_power_w=1e-12),
    )
    text = MINIMAL.replace("antennas = 4", "antennas = 1").replace("power_dbm = 20", "power_w = 0.1")
    text = text.replace("noise_power_dbm = -90", "noise_power_w = 1e-12").split('[[receivers.site]]\nid = "b"')
    parsed = parse_scenario(text[0] + text[1][text[1].index("[target]") :])
    assert_same_bits(made, parsed)


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        (ScenarioTable, model.Scenario),
        (PulseTable, model.PulseSpec),
        (TransmitterTable, model.Transmitter),
        (TargetTable, model.Target),
        (ChannelTable, model.Propagation),
        (RequirementsTable, model.Requirements),
        (DesignTable, model.DesignSettings),
        (OriginTable, model.GeodeticOrigin),
    ],
)
def test_a_default_of_the_file_is_that_of_the_value(table: Any, kind: type) -> None:
    """Of every key that has the name of a field, and a default of its own."""
    shared = [name for name in table.model_fields if name in kind.__dataclass_fields__]
    compared = 0
    for name in shared:
        written = table.model_fields[name].default
        if written in (None, PydanticUndefined) or isinstance(written, list | dict):
            continue
        assert written == model.default_of(kind, name), name
        compared += 1
    assert compared
