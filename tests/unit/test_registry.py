"""Short names of algorithms: accepted wherever a name is, and never a second method in a list or a comparison."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from multistatic import registry
from multistatic.beamforming.los import los_sdp
from multistatic.cli.app import app
from multistatic.errors import InputError
from multistatic.files.scenario_file import load_preset
from multistatic.suite.run import BEAMS, SuiteSettings, methods_of


def test_a_short_name_is_the_registered_method() -> None:
    assert registry.load("beamformers", "los") is los_sdp
    assert registry.full_name("beamformers", "los") == "los_sdp"
    assert registry.full_name("beamformers", "sca") == "sca"
    assert registry.full_name("selectors", "los") == "los"
    assert "los" not in registry.names("beamformers")
    assert all(name in registry.names(group) for (group, _), name in registry.SHORT.items())
    assert not any(short in registry.names(group) for group, short in registry.SHORT)


def test_a_scenario_may_use_it() -> None:
    assert load_preset("paper", ["design.beamformer=los"]).design.beamformer == "los"
    with pytest.raises(InputError, match="did you mean"):
        load_preset("paper", ["design.beamformer=los_spd"])


def test_a_comparison_runs_the_method_once() -> None:
    arguments = ["--beamformers", "los,los_sdp", "--set", "channel.direct=los", "--set", "receivers.random.count=3"]
    result = CliRunner().invoke(app, ["compare", "paper", "--selectors", "greedy", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    assert [row["beamformer"] for row in json.loads(result.stdout)["rows"]] == ["los_sdp"]


def test_the_suite_runs_the_method_once() -> None:
    assert methods_of(SuiteSettings(beamformers=("los", "sca", "los_sdp")))[BEAMS] == ("los_sdp", "sca")
