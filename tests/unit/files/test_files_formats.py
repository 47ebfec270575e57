"""docs/formats.md says what the code does: every key of the scenario file, of `design.json` and of `design.npz`."""

from __future__ import annotations

import io
import json
import re
import tomllib

import numpy as np
import pytest
from pydantic import BaseModel

from multistatic import design_network, load_preset
from multistatic.files.design_files import design_arrays, design_document, npz_bytes
from multistatic.scenario import array_schema, channel_schema, schema, target_schema
from multistatic.scenario.write import resolved_toml
from multistatic.study import study_schema
from tests.support.close import assert_close, close_to
from tests.support.handmade_design import design
from tests.support.paths import FORMATS_PAGE

PAGE = FORMATS_PAGE.read_text(encoding="utf-8")

TABLES: dict[str, type[BaseModel]] = {
    "Top level": schema.ScenarioTable,
    "`[origin]`": schema.OriginTable,
    "`[radio]`": schema.RadioTable,
    "`[transmitter]`": schema.TransmitterTable,
    "`[receivers]`": schema.ReceiversTable,
    "`[[receivers.site]]`": schema.SiteTable,
    "`[receivers.random]`": schema.RandomTable,
    "`[target]`": schema.TargetTable,
    "`prior = { … }`": target_schema.PriorTable,
    '`area = { kind = "disc", … }`': target_schema.DiscTable,
    '`area = { kind = "box", … }`': target_schema.BoxTable,
    '`area = { kind = "polygon", … }`': target_schema.PolygonTable,
    "`[channel]`": channel_schema.ChannelTable,
    "`direct = { file = … }`": channel_schema.GivenChannelTable,
    "`[[channel.scatterer]]`": channel_schema.ScattererTable,
    "`[requirements]`": schema.RequirementsTable,
    "`[design]`": schema.DesignTable,
    '`array = { kind = "ula", … }`': array_schema.LinearTable,
    '`array = { kind = "upa", … }`': array_schema.PlanarTable,
    '`array = { kind = "elements", … }`': array_schema.ElementsTable,
    "`pulse = { kind = …, … }`": schema.PulseTable,
}
STUDY_TABLES: dict[str, type[BaseModel]] = {
    "Top level": study_schema.StudyTable,
    "A range in `[sweep]`": study_schema.RangeTable,
    "`[[compare]]`": study_schema.CompareTable,
    "`[trials]`": study_schema.TrialsTable,
}


def rows(table: type[BaseModel]) -> list[str]:
    """The lines that the page has to hold for one table of the file."""
    lines = []
    for name, field in table.model_fields.items():
        if field.description is None:
            continue
        value = None if field.is_required() else field.get_default(call_default_factory=True)
        unwritten = value is None or (isinstance(value, list) and any(isinstance(each, BaseModel) for each in value))
        default = "required" if field.is_required() else "" if unwritten else f"`{json.dumps(value)}`"
        lines.append(f"| `{field.alias or name}` | {default} | {field.description} |")
    return lines


def written(section: str, title: str) -> list[str]:
    """The lines of the table under `title`."""
    after = PAGE.split(f"\n## {section}\n", 1)[1].split(f"**{title}**", 1)[1].split("\n**", 1)[0].split("\n## ", 1)[0]
    return [line for line in after.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("title", TABLES)
def test_every_key_of_the_scenario_file_is_on_the_page(title: str) -> None:
    assert written("Scenario file", title) == rows(TABLES[title])


@pytest.mark.parametrize("title", STUDY_TABLES)
def test_every_key_of_the_study_file_is_on_the_page(title: str) -> None:
    assert written("Study file", title) == rows(STUDY_TABLES[title])


@pytest.mark.parametrize("table", [*TABLES.values(), *STUDY_TABLES.values()])
def test_descriptions_are_plain(table: type[BaseModel]) -> None:
    """The first clause says what the key is, with its unit; errors end with it. Details come after a semicolon."""
    for field in table.model_fields.values():
        text = field.description
        if text is not None:
            assert not re.search(r"where nothing is said|\bat (?:most|least)$|[.|\n]$|^(?:the|a|an) ", text), text
            assert 5 <= len(text.partition("; ")[0]) <= 120, text


def test_every_key_of_the_document_is_on_the_page() -> None:
    for key, value in design_document(design(), timing_s={}).items():
        inner = value if isinstance(value, dict) and f"| `{key}.{next(iter(value), '')}`" in PAGE else {}
        assert inner or f"`{key}`" in PAGE
        assert [name for name in inner if f"`{key}.{name}`" not in PAGE and f"`.{name}`" not in PAGE] == []


def test_every_array_is_on_the_page() -> None:
    assert [name for name in design_arrays(design()) if f"`{name}`" not in PAGE] == []


def test_the_illumination_follows_from_the_documented_order_of_antennas() -> None:
    """p_t of `city` from `design.npz`, and the places of the antennas from the words on the page alone."""
    made = design_network(load_preset("city", ['design.selector="greedy"']))
    arrays = np.load(io.BytesIO(npz_bytes(design_arrays(made))), allow_pickle=False)
    scenario = tomllib.loads(resolved_toml(made.scenario))
    wavelength_m = 299_792_458.0 / scenario["radio"]["carrier_hz"]
    table = scenario["transmitter"]["array"]
    assert (table["kind"], table["shape"]) == ("upa", [8, 4])

    def illumination_w(first_fastest: bool, centred: bool = False) -> tuple[float, np.ndarray]:
        (columns, rows), (along, across) = table["shape"], np.array(table["axes"])
        spacing_m = table["spacing_wavelengths"] * wavelength_m
        if first_fastest:
            places = [spacing_m * (i * along + j * across) for j in range(rows) for i in range(columns)]
        else:
            places = [spacing_m * (i * along + j * across) for i in range(columns) for j in range(rows)]
        places = np.array(places) - centred * np.mean(places, axis=0)
        path = arrays["points_m"][0] - arrays["transmitter_position_m"]
        steering = np.exp(2j * np.pi / wavelength_m * places @ path / np.linalg.norm(path))
        return np.sum(np.abs(np.einsum("t,jtl->jl", steering, arrays["beams"])) ** 2), steering

    assert made.beamforming is not None
    power_w, steering = illumination_w(first_fastest=True)
    assert power_w == close_to(made.beamforming.illumination_w, rel=1e-9)
    assert_close(arrays["steering_tx"][0], steering, abs=1e-9)
    # What somebody who has not read the page may take instead is something else.
    assert illumination_w(first_fastest=False)[0] < 0.9 * power_w
    assert np.abs(illumination_w(first_fastest=True, centred=True)[1] - steering).max() > 0.5
    assert "the **first axis varies fastest**" in PAGE
    assert "**at the node**" in PAGE
