"""What a study assumes about clocks and echoes, from its document: its scenarios are drawn and not kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from multistatic.report.assumption_sentences import ECHO, ELEMENTS, TARGET
from multistatic.study.results import StudyResults

_CLOCK_KEYS = ("clock_offset_std_s", "frequency_offset_std_hz")
_ECHO_KEYS = ("echo_law",)
_CHANNEL_KEYS = ("direct.file", "direct.folder")


def study_assumptions(results: StudyResults) -> list[str]:
    """Sentences for the caption of a study: `Clocks: perfect.`, or whose choice they are."""
    return [_clocks(results.document), TARGET, ELEMENTS, _echo(results.document)]


def _clocks(document: Mapping[str, Any]) -> str:
    if _varied(document, _CLOCK_KEYS):
        return "Clocks: as the study varies them."
    if document.get("site_lists"):
        return "Clocks: as the scenario and its list of sites state them."
    stated = _set(document, _CLOCK_KEYS)
    return "Clocks: as the scenario states them." if any(map(_counts, stated.values())) else "Clocks: perfect."


def _echo(document: Mapping[str, Any]) -> str:
    """The law by which echoes lose power; it is not examined whether the loss at 1 m makes it the radar equation."""
    if _varied(document, _ECHO_KEYS):
        return "Echo: as the study varies it."
    law = next(iter(_set(document, _ECHO_KEYS).values()), "sum")
    files = _varied(document, _CHANNEL_KEYS) or bool(_set(document, _CHANNEL_KEYS))
    return f"Echo: {'gains as the channel files give them, else ' if files else ''}{ECHO.get(law, law)}."


def _varied(document: Mapping[str, Any], keys: tuple[str, ...]) -> bool:
    """True where points or methods of the study differ in one of these keys."""
    varied = [each["key"] for each in document.get("sweep", ())]
    varied += [key for each in document.get("compare", ()) for key in each.get("set", {})]
    return any(key.endswith(keys) for key in varied)


def _set(document: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """{path: value} of these keys, as the scenario says or the study sets them."""
    return {**dict(_stated(document.get("scenario", {}), keys)), **dict(_stated(document.get("set", {}), keys))}


def _stated(table: Any, keys: tuple[str, ...], path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of every one of these keys in a scenario file, however deep."""
    if isinstance(table, Mapping):
        for key, value in table.items():
            yield from _stated(value, keys, f"{path}.{key}" if path else str(key))
    elif isinstance(table, list | tuple):
        for number, value in enumerate(table):
            yield from _stated(value, keys, f"{path}[{number}]")
    elif path.endswith(keys):
        yield path, table


def _counts(value: Any) -> bool:
    """False for a clock without an error; a word stands for one that is unknown."""
    return value is not None and (isinstance(value, str) or float(value) != 0.0)
