"""The resolved text: parsed again it is the same scenario to the last bit, and it is a fixed point."""

import dataclasses
import tomllib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multistatic.files.scenario_file import load_scenario
from multistatic.scenario.array_tables import array_keys
from multistatic.scenario.arrays import AntennaArray, linear_array, planar_array
from multistatic.scenario.model import Receiver, Scenario
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.preset import preset_names, preset_text
from multistatic.scenario.write import resolved_toml
from tests.support.paths import EXAMPLES
from tests.support.scenario_helpers import MINIMAL, assert_same_bits

EXAMPLE_FILES = sorted(EXAMPLES.glob("*.toml"))


def assert_round_trip(scenario: Scenario) -> None:
    text = resolved_toml(scenario)
    again = parse_scenario(text)
    assert_same_bits(again, scenario)
    assert resolved_toml(again) == text


@pytest.mark.parametrize("name", preset_names())
def test_presets(name):
    assert_round_trip(load_scenario(name))


@pytest.mark.parametrize("path", EXAMPLE_FILES, ids=lambda path: path.stem)
def test_examples(path):
    assert_round_trip(load_scenario(path))


def test_same_file_same_seed_same_bytes():
    text = preset_text("paper")
    assert resolved_toml(parse_scenario(text)) == resolved_toml(parse_scenario(text))
    assert resolved_toml(parse_scenario(text)) != resolved_toml(parse_scenario(text, overrides=["seed=3"]))


def test_levels_and_places_are_those_of_the_file():
    written = tomllib.loads(resolved_toml(load_scenario("paper", ["transmitter.power_dbm=23.456789"])))
    assert written["transmitter"]["power_dbm"] == 23.456789
    assert written["channel"]["noise_power_dbm"] == -60.0
    assert written["channel"]["reference_loss_db"] == 0.0
    assert [site["id"] for site in written["receivers"]["site"]] == [f"rx{n:02d}" for n in range(1, 11)]
    assert written["transmitter"]["antennas"] == 10
    assert "random" not in written["receivers"]


def test_every_default_is_written():
    written = tomllib.loads(resolved_toml(parse_scenario(MINIMAL)))
    assert set(written) == {
        "schema", "name", "seed", "radio", "transmitter", "receivers", "target", "channel", "requirements", "design",
    }  # fmt: skip
    assert written["radio"]["pulse"] == {"kind": "cosine", "rolloff": 0.25, "span_slots": 16}
    assert written["design"]["selector"] == "joint"
    assert written["target"]["velocity_m_s"] == [0, 0, 0]
    assert written["requirements"]["rate_bps_hz"] == 0


numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: x + 0.0)
levels = st.floats(-300, 300)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    position=st.lists(numbers, min_size=3, max_size=3),
    power_dbm=levels,
    noise_w=st.floats(1e-40, 1e30),
    loss_db=levels,
    leakage_db=levels,
    clutter_dbm=levels,
    rate=st.floats(0, 100),
    seed=st.integers(0, 2**63 - 1),
    name=st.text(st.characters(min_codepoint=32, exclude_categories=["C", "Z"]), min_size=1, max_size=40),
)
def test_any_values(position, power_dbm, noise_w, loss_db, leakage_db, clutter_dbm, rate, seed, name):
    text = MINIMAL.replace("noise_power_dbm = -90", f"noise_power_w = {noise_w!r}")
    scenario = parse_scenario(
        text,
        overrides=[
            f"receivers.site[0].position_m=[{position[0]!r}, {position[1]!r}, {position[2] + 7!r}]",
            f"transmitter.power_dbm={power_dbm!r}",
            f"channel.reference_loss_db={loss_db!r}",
            f"channel.direct_path_leakage_db={leakage_db!r}",
            f"channel.clutter_power_dbm={clutter_dbm!r}",
            f"requirements.rate_bps_hz={{default=1, b={rate!r}}}",
            f"seed={seed}",
            "receivers.site[1].id=b",
        ],
    )
    receiver = dataclasses.replace(scenario.receivers[0], id=name if name not in ("b", "default") else "x")
    assert_round_trip(dataclasses.replace(scenario, receivers=(receiver, *scenario.receivers[1:])))


@pytest.mark.parametrize(
    ("array", "keys"),
    [
        (linear_array(5, 0.05), {"antennas": 5}),
        (linear_array(1, 0.05), {"antennas": 1}),
        (linear_array(3, 0.05, axis=(1, 0, 0)), "ula"),
        (linear_array(4, 0.031, axis=(1, 2, 3)), "ula"),
        (planar_array((3, 4), 0.05), "upa"),
        (planar_array((2, 2), 0.07, axes=((1, 1, 0), (0, 0, 1))), "upa"),
        (AntennaArray(elements_m=np.random.default_rng(1).normal(size=(6, 3))), "elements"),
        (AntennaArray(elements_m=[[0.1, 0.0, 0.0]]), "elements"),
        (AntennaArray(elements_m=[[0.1, 0.0, 0.0], [0.2, 0.0, 0.0]]), "elements"),
        (AntennaArray(elements_m=[[0, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 1]]), "elements"),
    ],
)
def test_arrays_are_written_in_their_shortest_form(array, keys):
    written = array_keys(array, 0.1)
    assert written == keys if isinstance(keys, dict) else written["array"]["kind"] == keys


def test_a_scenario_made_in_python_can_be_written():
    scenario = parse_scenario(MINIMAL)
    odd = AntennaArray(elements_m=np.random.default_rng(2).normal(size=(3, 3)))
    extra = Receiver(id='π "quoted" \\', position_m=[1 / 3, -0.0, 2e-5], array=odd, rate_required_bps_hz=0.1)
    assert_round_trip(dataclasses.replace(scenario, receivers=(*scenario.receivers, extra)))
