"""docs/formats.md says what the code does: every key of the scenario file, of `design.json` and of `design.npz`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from multistatic.files.design_files import design_arrays, design_document
from multistatic.scenario import schema
from tests.unit.handmade_design import design

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")

TABLES: dict[str, type[BaseModel]] = {
    "Top level": schema.ScenarioTable,
    "`[origin]`": schema.OriginTable,
    "`[radio]`": schema.RadioTable,
    "`[transmitter]`": schema.TransmitterTable,
    "`[receivers]`": schema.ReceiversTable,
    "`[[receivers.site]]`": schema.SiteTable,
    "`[receivers.random]`": schema.RandomTable,
    "`[target]`": schema.TargetTable,
    "`[channel]`": schema.ChannelTable,
    "`[[channel.scatterer]]`": schema.ScattererTable,
    "`[requirements]`": schema.RequirementsTable,
    "`[design]`": schema.DesignTable,
    '`array = { kind = "ula", … }`': schema.LinearTable,
    '`array = { kind = "upa", … }`': schema.PlanarTable,
    '`array = { kind = "elements", … }`': schema.ElementsTable,
    "`pulse = { kind = …, … }`": schema.PulseTable,
}


def rows(table: type[BaseModel]) -> list[str]:
    """The lines that the page has to hold for one table of the file."""
    lines = []
    for name, field in table.model_fields.items():
        if field.description is None:
            continue
        value = None if field.is_required() else field.get_default(call_default_factory=True)
        default = "required" if field.is_required() else "" if value is None else f"`{json.dumps(value)}`"
        lines.append(f"| `{field.alias or name}` | {default} | {field.description} |")
    return lines


@pytest.mark.parametrize("title", TABLES)
def test_every_key_of_the_scenario_file_is_on_the_page(title: str) -> None:
    after = PAGE.split(f"**{title}**\n", 1)[1].split("\n**", 1)[0].split("\n## ", 1)[0]
    written = [line for line in after.splitlines() if line.startswith("| `")]
    assert written == rows(TABLES[title])


def test_every_key_of_the_document_is_on_the_page() -> None:
    for key, value in design_document(design(), timing_s={}).items():
        inner = value if isinstance(value, dict) and f"| `{key}.{next(iter(value), '')}`" in PAGE else {}
        assert inner or f"`{key}`" in PAGE
        assert [name for name in inner if f"`{key}.{name}`" not in PAGE and f"`.{name}`" not in PAGE] == []


def test_every_array_is_on_the_page() -> None:
    assert [name for name in design_arrays(design()) if f"`{name}`" not in PAGE] == []
