"""Overrides: a value replaces what the file says in another way, and two overrides may still contradict each other."""

import pytest

from multistatic.errors import ScenarioError
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.twins import TWINS, replaced_by
from tests.support.close import close_to
from tests.support.scenario_helpers import MINIMAL

GEODETIC = (
    MINIMAL.replace("[transmitter]\nposition_m = [0, 0]", "[transmitter]\nposition_llh = [52.5, 13.4, 30.0]")
    .replace("[target]\nposition_m = [20, 40]", "[target]\nposition_llh = [52.5001, 13.4001, 60.0]")
    .replace("noise_power_dbm = -90", "noise_figure_db = 7\nnoise_temperature_k = 300")
)


def test_a_position_in_metres_replaces_the_one_in_degrees():
    scenario = parse_scenario(GEODETIC, overrides=["target.position_m=[1,2,3]"])
    assert scenario.target.position_m.tolist() == [1, 2, 3]


def test_a_position_in_degrees_replaces_the_one_in_metres():
    scenario = parse_scenario(GEODETIC, overrides=["receivers.site[0].position_llh=[52.5,13.4,40]"])
    assert scenario.receivers[0].position_m == close_to([0, 0, 10], abs=1e-6)


@pytest.mark.parametrize(
    ("override", "read", "value"),
    [
        ("transmitter.power_w=2", lambda s: s.transmitter.power_w, 2.0),
        ("channel.noise_power_w=1e-12", lambda s: s.propagation.noise_power_w, 1e-12),
        ("channel.noise_power_dbm=-60", lambda s: s.propagation.noise_power_w, 1e-9),
        ("transmitter.array={kind='ula',antennas=3}", lambda s: s.transmitter.array.size, 3),
        ("transmitter.array={kind='upa',shape=[2,3]}", lambda s: s.transmitter.array.size, 6),
        ("receivers.site[1].array={kind='elements',elements_m=[[0,0,0]]}", lambda s: s.receivers[1].array.size, 1),
    ],
)
def test_a_twin_is_replaced(override, read, value):
    assert read(parse_scenario(GEODETIC, overrides=[override])) == close_to(value, rel=1e-12)


def test_a_number_of_antennas_replaces_an_array_that_has_its_own():
    text = MINIMAL.replace("antennas = 4", "array = { kind = 'upa', shape = [2, 2] }")
    assert parse_scenario(text, overrides=["transmitter.antennas=7"]).transmitter.array.size == 7
    spaced = MINIMAL.replace("antennas = 4", "antennas = 4\narray = { kind = 'ula', spacing_m = 2.0 }")
    elements = parse_scenario(spaced, overrides=["transmitter.antennas=7"]).transmitter.array.elements_m
    assert elements[:, 1].tolist() == [0, 2, 4, 6, 8, 10, 12]
    resized = parse_scenario(spaced, overrides=["transmitter.array.antennas=3"]).transmitter.array
    assert resized.elements_m[:, 1].tolist() == [0, 2, 4]


def test_a_gain_replaces_a_loss():
    text = MINIMAL + "reference_loss_db = 40\n"
    assert parse_scenario(text).propagation.reference_gain == close_to(1e-4, rel=1e-12)
    assert parse_scenario(text, overrides=["channel.reference_gain=1e-3"]).propagation.reference_gain == 1e-3


@pytest.mark.parametrize(
    "overrides",
    [
        ["transmitter.power_w=2", "transmitter.power_dbm=3"],
        ["target.position_m=[1,2]", "target.position_llh=[52.5,13.4]"],
        ["target={position_m=[1,2],position_llh=[52.5,13.4]}"],
    ],
)
def test_overrides_that_contradict_each_other_are_refused(overrides):
    with pytest.raises(ScenarioError, match=r"only one of .*leave out the others"):
        parse_scenario(GEODETIC, overrides=overrides)


def test_a_file_that_contradicts_itself_is_refused():
    text = MINIMAL.replace("power_dbm = 20", "power_dbm = 20\npower_w = 0.1")
    with pytest.raises(ScenarioError, match=r"transmitter\.power_w: received power_dbm and power_w, expected only one"):
        parse_scenario(text)
    text = MINIMAL.replace("antennas = 4", "antennas = 4\narray = { kind = 'ula', antennas = 3 }")
    with pytest.raises(ScenarioError, match=r"transmitter\.antennas: received 4, expected 3, the size of array"):
        parse_scenario(text)


def test_every_twin_replaces_every_other():
    for twins in TWINS:
        for key in twins.keys:
            assert set(twins.keys) - {key} <= set(replaced_by(f"{twins.table}.{key}"))
    assert replaced_by("receivers.site[3].position_m") == ("position_llh",)
    assert "noise_temperature_k" in replaced_by("channel.noise_power_w")
    assert "noise_temperature_k" not in replaced_by("channel.noise_figure_db")
    assert replaced_by("transmitter.antennas") == ()


def test_quotes_that_the_shell_took_are_named():
    with pytest.raises(ScenarioError, match=r"write --set 'design\.given=\[\"a\", \"b\"\]'"):
        parse_scenario(MINIMAL, overrides=["design.given=[a, b]"])
    with pytest.raises(ScenarioError, match=r"write --set 'radio\.pulse=\{kind=\"sinc\"\}'"):
        parse_scenario(MINIMAL, overrides=["radio.pulse={kind=sinc}"])


def test_an_entry_of_a_list_that_is_not_there_leaves_no_trace():
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(MINIMAL, overrides=["target.position_llh[0]=48.0"])
    (problem,) = caught.value.problems
    assert problem.path == "target.position_llh[0]"
    assert problem.expected == (
        "a list at target.position_llh, but the scenario states target.position_m: set an entry of target.position_m, "
        "or the whole list target.position_llh"
    )
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(MINIMAL, overrides=["target.velocity_m_s[0]=1.0"])
    assert caught.value.problems[0].expected == (
        "a list at target.velocity_m_s: set the whole list instead of an entry"
    )
