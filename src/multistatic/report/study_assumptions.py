"""What a study assumes about clocks and echoes, from its document: its scenarios are drawn and not kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from multistatic.errors import MissingDependencyError, ScenarioError
from multistatic.report.assumption_sentences import ECHO, ELEMENTS, clocks_in_words, echo_in_words
from multistatic.report.study_places import stated_scenario
from multistatic.report.target_in_words import EXACT, target_in_words
from multistatic.scenario.model import Scenario
from multistatic.scenario.parse_scenario import scenario_template
from multistatic.study.results import StudyResults

# Metrics that depend on clocks and on what is known of the target.
ACCURACIES = (
    "value",
    "peb_m",
    "veb_m_s",
    "peb_with_angles_m",
    "veb_with_angles_m_s",
    "worst_value",
    "mean_value",
    "worst_peb_m",
    "mean_peb_m",
    "nominal_worst_value",
    "filter_position_rmse_m",
)
_CLOCK_KEYS = ("clock_offset_std_s", "frequency_offset_std_hz")
_LOSS_KEYS = ("path_loss_exponent", "reference_loss_db", "reference_gain", "carrier_hz")
_TARGET_KEYS = (".prior", ".area", "over_points", "radius_m", "position_std_m", "size_m", "height_m")
_ECHO_KEYS = ("echo_law",)
_CHANNEL_KEYS = ("direct.file", "direct.folder")


def study_assumptions(results: StudyResults) -> list[str]:
    """Sentences for the table and the captions of a study: `Clocks: perfect.`, or whose choice they are."""
    scenario = _first_scenario(results)
    return [
        _clocks(results.document, scenario),
        _target(results.document, scenario),
        ELEMENTS,
        _echo(results.document, scenario),
    ]


def _first_scenario(results: StudyResults) -> Scenario | None:
    """The scenario of the first point as it stands in the document; None where that needs files beside it."""
    try:
        return scenario_template(stated_scenario(results, results.settings[0])).drawn()
    except (ScenarioError, MissingDependencyError):
        return None


def _clocks(document: Mapping[str, Any], scenario: Scenario | None) -> str:
    if _varied(document, _CLOCK_KEYS):
        return "Clocks: as the study varies them."
    if document.get("site_lists"):
        return "Clocks: as the scenario and its list of sites state them."
    if scenario is not None:
        return clocks_in_words(scenario)
    stated = _set(document, _CLOCK_KEYS)
    return "Clocks: as the scenario states them." if any(map(_counts, stated.values())) else "Clocks: perfect."


def _target(document: Mapping[str, Any], scenario: Scenario | None) -> str:
    """What is known of the target, where no point changes it."""
    if _varied(document, _TARGET_KEYS):
        return "Target: as the study varies it."
    if scenario is not None:
        return target_in_words(scenario)
    return "Target: as the scenario states it." if _set(document, _TARGET_KEYS) else EXACT


def _echo(document: Mapping[str, Any], scenario: Scenario | None) -> str:
    """The law by which echoes lose power; whether the loss makes it the radar equation where no point changes that."""
    if _varied(document, _ECHO_KEYS):
        return "Echo: as the study varies it."
    if scenario is not None and not _varied(document, (*_LOSS_KEYS, *_CHANNEL_KEYS)):
        return echo_in_words(scenario)
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
