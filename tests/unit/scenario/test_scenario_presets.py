"""Presets and the JSON Schema: every preset is valid for both, and a design of it makes sense."""

import tomllib

import jsonschema
import numpy as np
import pytest

from multistatic.bounds.clock import clock_errors
from multistatic.errors import InputError, ScenarioError
from multistatic.files.scenario_file import load_preset, load_scenario
from multistatic.scenario.json_schema import scenario_json_schema
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.preset import preset_names, preset_text
from multistatic.scenario.schema import ScenarioTable
from multistatic.scenario.write import resolved_toml
from tests.support.close import close_to
from tests.support.paths import EXAMPLES
from tests.support.scenario_helpers import MINIMAL

EXAMPLE_FILES = sorted(EXAMPLES.glob("*.toml"))
VALIDATOR = jsonschema.Draft202012Validator(scenario_json_schema())


def test_names():
    assert preset_names() == ("city", "paper", "published_drop", "urban")
    with pytest.raises(InputError, match="did you mean paper"):
        preset_text("papper")


def test_schema_is_a_schema_without_null():
    jsonschema.Draft202012Validator.check_schema(VALIDATOR.schema)
    assert '"null"' not in str(VALIDATOR.schema).replace("'", '"')


@pytest.mark.parametrize("name", preset_names())
def test_presets_fit_the_schema_and_so_do_their_resolved_forms(name):
    VALIDATOR.validate(tomllib.loads(preset_text(name)))
    VALIDATOR.validate(tomllib.loads(resolved_toml(load_preset(name))))


@pytest.mark.parametrize("path", EXAMPLE_FILES, ids=lambda path: path.stem)
def test_examples_fit_the_schema(path):
    VALIDATOR.validate(tomllib.loads(path.read_text("utf-8")))


@pytest.mark.parametrize(
    "override",
    [
        "seed=-1",
        "sead=1",
        "radio.samples='x'",
        "transmitter.antennas=0",
        "channel.echo_law=both",
        "target.position_m=[1]",
    ],
)
def test_schema_and_package_refuse_alike(override):
    key, _, value = override.partition("=")
    raw = tomllib.loads(MINIMAL)
    table = raw
    for part in key.split(".")[:-1]:
        table = table[part]
    table[key.split(".")[-1]] = tomllib.loads(f"x = {value}")["x"] if value != "both" else value
    assert list(VALIDATOR.iter_errors(raw))
    with pytest.raises(ScenarioError):
        parse_scenario(MINIMAL, overrides=[override])


def test_every_key_has_a_description():
    def undescribed(model, prefix=""):
        from multistatic.scenario.translate import _models

        for name, field in model.model_fields.items():
            inner = _models(field.annotation)
            if not inner and not field.description and name != "kind":
                yield prefix + name
            for each in inner:
                yield from undescribed(each, f"{prefix}{name}.")

    assert list(undescribed(ScenarioTable)) == []


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_but_the_papers_states_its_clocks(name):
    perfect = clock_errors(load_preset(name)).perfect
    assert perfect == (name in ("paper", "published_drop"))


@pytest.mark.parametrize("path", EXAMPLE_FILES, ids=lambda path: path.stem)
def test_every_example_states_its_clocks(path):
    scenario = load_scenario(path)
    assert scenario.transmitter.clock_offset_std_s > 0
    assert all(receiver.clock_offset_std_s > 0 for receiver in scenario.receivers)


@pytest.mark.parametrize("name", ["city", "urban"])
def test_realistic_presets_are_physical(name):
    """Free-space loss, thermal noise, an echo far below the direct path, heights that differ."""
    scenario = load_preset(name)
    propagation, wavelength = scenario.propagation, scenario.radio.wavelength_m
    assert propagation.reference_gain == close_to((wavelength / (4 * np.pi)) ** 2)
    assert propagation.echo_law == "product"
    assert propagation.noise_power_w > 1.380649e-23 * 290 / scenario.radio.slot_s
    assert scenario.dimensions == 3
    assert scenario.radio.symbol_rate_hz * (1 + scenario.radio.pulse.rolloff) in (100e6, 200e6)  # carriers of 5G
    geometry = scenario.geometry()
    epsilon = propagation.path_loss_exponent
    echo = scenario.target.reflection * (geometry.transmitter_target_m * geometry.target_receiver_m) ** -epsilon
    assert (echo < 1e-4 * geometry.transmitter_receiver_m**-epsilon).all()
