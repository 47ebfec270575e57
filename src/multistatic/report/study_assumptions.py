"""What a study assumes about clocks, from what it was asked: its scenarios are drawn and not kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from multistatic.report.assumptions import ELEMENTS, TARGET
from multistatic.study.results import StudyResults

_CLOCK_KEYS = ("clock_offset_std_s", "frequency_offset_std_hz")


def study_assumptions(results: StudyResults) -> list[str]:
    """Sentences for the caption of a study: `Clocks: perfect.`, or whose choice they are."""
    return [_clocks(results.document), TARGET, ELEMENTS]


def _clocks(document: Mapping[str, Any]) -> str:
    varied = [each["key"] for each in document.get("sweep", ())]
    varied += [key for each in document.get("compare", ()) for key in each.get("set", {})]
    if any(key.endswith(_CLOCK_KEYS) for key in varied):
        return "Clocks: as the study varies them."
    if document.get("site_lists"):
        return "Clocks: as the scenario and its list of sites state them."
    stated = {**dict(_stated(document.get("scenario", {}))), **dict(_stated(document.get("set", {})))}
    return "Clocks: as the scenario states them." if any(map(_counts, stated.values())) else "Clocks: perfect."


def _stated(table: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of every key about clocks in a scenario file, however deep."""
    if isinstance(table, Mapping):
        for key, value in table.items():
            yield from _stated(value, f"{path}.{key}" if path else str(key))
    elif isinstance(table, list | tuple):
        for number, value in enumerate(table):
            yield from _stated(value, f"{path}[{number}]")
    elif path.endswith(_CLOCK_KEYS):
        yield path, table


def _counts(value: Any) -> bool:
    """False for a clock without an error; a word stands for one that is unknown."""
    return value is not None and (isinstance(value, str) or float(value) != 0.0)
