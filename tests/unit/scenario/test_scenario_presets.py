"""Presets and the JSON Schema: every preset is valid for both, and a design of it makes sense."""

import re
import tomllib

import jsonschema
import numpy as np
import pytest

from multistatic.bounds.clock import clock_errors
from multistatic.errors import InputError, ScenarioError
from multistatic.files.scenario_file import load_preset, load_scenario
from multistatic.scenario import channel_schema, schema
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
    assert preset_names() == ("city", "drone_area", "paper", "published_drop", "urban")
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


# A scenario file to start from


def lines(name):
    """(table, line) for each line of a preset; a table that is commented out is one, too."""
    table = ""
    for line in preset_text(name).splitlines():
        if found := re.match(r"(?:# )?\[+([a-z.]+)\]+", line):
            table = found[1]
        yield table, line


@pytest.mark.parametrize("name", preset_names())
def test_every_key_of_a_preset_has_a_comment(name):
    """Behind it or on the line before; the keys of further sites are those of the first."""
    before = ""
    for table, line in lines(name):
        if re.match(r"[a-z]\w* = ", line) and table != "receivers.site":
            assert " # " in line or before.startswith("# "), line
        before = line


def test_the_preset_paper_shows_every_key_and_those_without_use_as_comments():
    shown = {
        (table, key)
        for table, line in lines("paper")
        if (key := (re.match(r"(?:# )?([a-z]\w*) = ", line) or [None, None])[1])
    }
    tables = {
        "": schema.ScenarioTable,
        "origin": schema.OriginTable,
        "radio": schema.RadioTable,
        "transmitter": schema.TransmitterTable,
        "receivers": schema.ReceiversTable,
        "receivers.random": schema.RandomTable,
        "target": schema.TargetTable,
        "channel": channel_schema.ChannelTable,
        "requirements": schema.RequirementsTable,
        "design": schema.DesignTable,
    }
    missing = {
        (table, field.alias or key)
        for table, kind in tables.items()
        for key, field in kind.model_fields.items()
        if (table, field.alias or key) not in shown
    }
    twins = {  # arrays in place of antennas, latitudes in place of metres; whole tables
        ("receivers", "array"), ("receivers.random", "array"), ("receivers.random", "centre_llh"),
        ("target", "position_llh"), ("transmitter", "receive_array"),
        ("", "origin"), ("", "radio"), ("", "transmitter"), ("", "receivers"), ("", "target"), ("", "channel"),
        ("", "requirements"), ("", "design"), ("receivers", "site"), ("receivers", "random"), ("channel", "scatterer"),
    }  # fmt: skip
    assert missing == twins


OPTIONAL = [
    pytest.param(table, found[1], found[2], id=f"{table}.{found[1]}")
    for table, line in lines("paper")
    if (found := re.match(r"# ([a-z]\w*) = (.*?)(?:\s{2,}#.*| # .*)?$", line))
    and table not in ("origin", "receivers.site", "channel.scatterer")
    and found[1] != "file"
    and "file" not in found[2]
]


@pytest.mark.parametrize(("table", "key", "value"), OPTIONAL)
def test_a_key_that_the_preset_paper_shows_as_a_comment_can_be_used(table, key, value):
    radar = ["channel.echo_law=product", "channel.reference_loss_db=free_space"] if key.startswith("rcs") else []
    needs = {"noise_temperature_k": ["channel.noise_figure_db=7"], "position_llh": ["target.position_llh=[52.5,13.4]"]}
    load_preset("paper", [*radar, *needs.get(key, []), f"{table}.{key}={value}"])
