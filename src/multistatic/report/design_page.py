"""A design as one page: what the terminal says, the pictures, and the scenario that repeats it."""

from __future__ import annotations

from collections.abc import Mapping

from multistatic.design.result import Design
from multistatic.design.unit_changes import UnitChanges
from multistatic.report.page import folded, heading, page, pictures, printed
from multistatic.report.summary import design_summary
from multistatic.scenario.write import resolved_toml

_SHOWN = {
    "map": "Positions, cooperating receivers, and the error of the target's position",
    "beam_pattern": "Radiated power over direction",
    "rates": "Rate of each receiver and its requirement",
}


def design_page(design: Design, unit: UnitChanges | None, files: Mapping[str, bytes]) -> bytes:
    """HTML of a design; its pictures are the SVG of `files`, by name. The same design gives the same bytes."""
    parts = [
        printed(design_summary(design, unit)),
        pictures({words: files[f"{name}.svg"] for name, words in _SHOWN.items() if f"{name}.svg" in files}),
        heading("Scenario"),
        folded("Every value, as resolved", resolved_toml(design.scenario)),
    ]
    return page(f"Design of {design.scenario.name}", parts)
