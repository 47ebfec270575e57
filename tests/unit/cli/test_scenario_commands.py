"""`multistatic init`, `check` and `schema`: what goes to stdout, what to stderr, which exit code, what is written."""

import json
import tomllib

import pytest
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.errors import InputError
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.preset import preset_names, preset_text
from tests.support.close import close_to
from tests.support.scenario_helpers import MINIMAL


@pytest.fixture
def run():
    return lambda *arguments, **keywords: CliRunner().invoke(app, [str(a) for a in arguments], **keywords)


@pytest.mark.parametrize("name", preset_names())
def test_init_prints_the_preset(run, name):
    assert run("init", name).stdout == preset_text(name)


def test_init_writes_a_file_and_does_not_replace_one(run, tmp_path):
    path = tmp_path / "mine.toml"
    result = run("init", "urban", "--out", path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert path.read_text("utf-8") == preset_text("urban")
    assert isinstance(run("init", "paper", "--out", path).exception, InputError)
    assert path.read_text("utf-8") == preset_text("urban")
    assert run("init", "paper", "--out", path, "--force").exit_code == 0
    assert path.read_text("utf-8") == preset_text("paper")


@pytest.mark.parametrize("name", preset_names())
def test_check_summarises(run, name):
    result = run("check", name)
    assert result.exit_code == 0
    assert "receivers" in result.stdout
    summary = json.loads(run("check", name, "--json").stdout)
    assert summary["valid"]
    receiver = summary["receivers"][0]
    path = summary["transmitter_target_m"] + receiver["target_m"]
    assert receiver["delay_s"] == close_to(path / 299792458.0, rel=1e-12)


def test_check_reads_stdin_and_overrides(run):
    result = run("check", "-", "--set", "transmitter.power_dbm=33", "--json", input=MINIMAL)
    assert json.loads(result.stdout)["power_dbm"] == close_to(33.0)


def test_check_states_the_assumptions(run):
    changes = ("--set", "receivers.clock_offset_std_s=2e-9", "--set", 'channel.echo_law="product"')
    shown = " ".join(run("check", "paper", *changes).stdout.split())
    words = "Target: designed for exactly this position and velocity. Elements: isotropic."
    assert f"assumptions: Clocks: receivers' time ± 2 ns. {words}" in shown
    summary = json.loads(run("check", "paper", "--json", *changes).stdout)
    expected = {"clocks": "prior", "target": "exact", "elements": "isotropic", "echo_law": "product"}
    assert summary["assumptions"] == expected


def test_check_snr_by_hand(run):
    """Receiver a at 10 m, ε = 2, 20 dBm, noise -90 dBm: 20 - 20 + 90 = 90 dB."""
    receivers = json.loads(run("check", "-", "--json", input=MINIMAL).stdout)["receivers"]
    assert receivers[0]["direct_snr_db"] == close_to(90.0)
    path = 44.7213595499958 + 41.231056256176605
    echo = -20 * __import__("math").log10(path) + 10 * __import__("math").log10(4) + 110.0
    assert receivers[0]["echo_snr_db"] == close_to(echo)


def test_check_resolved_can_be_parsed(run):
    result = run("check", "paper", "--resolved")
    assert parse_scenario(result.stdout).receiver_ids[0] == "rx01"


def test_check_fails_with_every_problem(run):
    result = run(
        "check", "-", "--json", input=MINIMAL.replace("samples", "sampels").replace("antennas = 4", "antennas = -4")
    )
    assert isinstance(result.exception, InputError)
    assert result.exception.exit_code == 2
    document = json.loads(result.stdout)
    assert document["valid"] is False
    assert {problem["path"] for problem in document["problems"]} == {
        "radio.samples", "radio.sampels", "transmitter.antennas",
    }  # fmt: skip


def test_notes_say_where_the_model_strains(run):
    overrides = ["transmitter.antennas=256", "radio.carrier_hz=4e8", "receivers.site[0].position_m=[0.5,0]"]
    arguments = [word for override in overrides for word in ("--set", override)]
    notes = "\n".join(json.loads(run("check", "-", "--json", *arguments, input=MINIMAL).stdout)["notes"])
    for words in (
        "far field begins",
        "narrowband",
        "below 1 m",
    ):
        assert words in notes


def test_schema_is_json(run, tmp_path):
    schema = json.loads(run("schema").stdout)
    assert schema["properties"]["radio"]
    assert run("schema", "--out", tmp_path / "s.json").stdout == ""
    assert json.loads((tmp_path / "s.json").read_text("utf-8")) == schema


def test_presets_are_toml():
    for name in preset_names():
        assert tomllib.loads(preset_text(name))["name"] == name
