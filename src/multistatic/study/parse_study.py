"""From the text of a study file to a `Study`, or to every problem at once.

The scenario of every point and method is checked before anything runs, and a problem is named where the study file
caused it: `sweep.transmitter.antennas[2]`, `compare[1].selector`, or `scenario.radio.samples`. What is malformed is set
aside and the rest checked without it, so that one mistake does not hide another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from multistatic.errors import InputError, Problem
from multistatic.scenario.decode import decode_toml
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.overrides import apply_overrides
from multistatic.scenario.parse_scenario import ReadChannel, ReadText
from multistatic.scenario.translate import capped, problems_of
from multistatic.study.axes import flattened
from multistatic.study.combinations import Settings, points_of
from multistatic.study.drops import ListFolder, drops_of
from multistatic.study.plan import Method, StoppingRule, Study, SweptKey
from multistatic.study.study_consistency import (
    axes_of,
    key_problems,
    methods_of,
    metric_problems,
    sound_keys,
    trials_problems,
)
from multistatic.study.study_schema import StudyTable, TrialsTable

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioText:
    """A scenario's text, and how to read the site list, the channel files and the folders of them beside it."""

    text: str
    read_text: ReadText | None
    read_channel: ReadChannel | None = None
    list_folder: ListFolder | None = None


ReadScenario = Callable[[str | None], ScenarioText]


def parse_study(
    text: str,
    *,
    read_scenario: ReadScenario,
    overrides: Sequence[str] = (),
    methods: Sequence[Method] = (),
    unnamed: str = "study",
    source: str = "",
) -> Study:
    """The study that a TOML text describes (docs/formats.md).

    `read_scenario` gives the scenario of a name, or raises `InputError`; None gives the reader of site lists alone,
    for a scenario that stands in the study file. `overrides`: `KEY=VALUE` of the study file. `methods`: beside those of
    its `[[compare]]`, which may be missing then. `unnamed`: name of a study that states none. Raises `InputError` with
    every problem: path, received, expected.
    """
    raw = decode_toml(text, source)
    _refuse_a_scenario(raw, source)
    problems = apply_overrides(raw, overrides)
    _flatten(raw)
    table, found = _sound_part(raw)
    problems += found + metric_problems(raw) + trials_problems(raw)
    if table is None:
        raise InputError(capped(problems), source=source)
    axes, found = axes_of(table)
    problems += [*key_problems("set", table.set), *found]
    own, found = methods_of(table) if "compare" in raw or not methods else ((), [])
    methods = (*own, *methods)
    problems += [*found, *_same_names(methods)]
    base, reader, found = _base(table, read_scenario) if "scenario" in raw else ({}, _Reader(_NOTHING_BESIDE), [])
    problems += found
    if not base:
        raise InputError(capped(problems), source=source)
    settings = Settings(
        base=base,
        common=sound_keys(table.set),
        axes=axes,
        combine=table.combine,
        methods=methods,
        read_text=reader.read_text,
        read_channel=reader.read_channel,
    )
    points, found = points_of(settings, common_drops=table.common_drops)
    problems += _of_known_keys(found, raw, axes)
    rule = _rule(table.trials)
    drops, found = drops_of(points, rule.maximum, reader.read_drop, reader.list_folder)
    if problems := [*problems, *found]:
        raise InputError(capped(problems), source=source)
    return Study(
        name=table.name if "name" in raw else unnamed,
        seed=table.seed,
        axes=axes,
        combine=table.combine,
        points=points,
        methods=methods,
        metrics=tuple(table.metrics),
        rule=rule,
        document=_document(table, axes, methods, base) | reader.digests,
        drops=drops,
    )


def _flatten(raw: Raw) -> None:
    """Dotted keys of the scenario may be written with or without quotes: `radio.samples = [64]` is a nested table."""
    entries = raw["compare"] if isinstance(raw.get("compare"), list) else []
    for owner, key in ((raw, "sweep"), (raw, "set"), *((entry, "set") for entry in entries)):
        if isinstance(owner, dict) and isinstance(owner.get(key), dict):
            owner[key] = flattened(owner[key], ranges=key == "sweep")


def _sound_part(raw: Raw) -> tuple[StudyTable | None, list[Problem]]:
    """The study without what is malformed, and the problems of that; None where nothing is left to check."""
    try:
        return StudyTable.model_validate(raw), []
    except ValidationError as error:
        problems, details = _with_hints_once(problems_of(error, StudyTable)), error.errors(include_url=False)
    sound: Raw = {"scenario": {}, "trials": 1} | deepcopy(raw)
    for detail in details:
        top, *inner = detail["loc"]
        if top in ("sweep", "set") and inner and isinstance(sound.get(str(top)), dict):
            sound[str(top)].pop(inner[0], None)
        elif top == "compare" and inner and isinstance(inner[0], int) and isinstance(sound.get("compare"), list):
            sound["compare"][inner[0]] = {"name": f"({inner[0]})"}
        else:
            sound.pop(str(top), None)
    try:
        return StudyTable.model_validate({"scenario": {}, "trials": 1} | sound), problems
    except ValidationError:
        return None, problems


def _refuse_a_scenario(raw: Raw, source: str) -> None:
    """Raises `InputError` where the text is a scenario instead of a study: its other problems would not help."""
    if {"radio", "transmitter"}.issubset(raw) and not {"scenario", "trials", "sweep", "compare"}.intersection(raw):
        hint = f'a study names its scenario: scenario = "{source if source.endswith(".toml") else "FILE.toml"}"'
        problem = Problem("(file)", "the tables of a scenario", "a study, with the keys scenario and trials", hint)
        raise InputError([problem], source=source)


def _with_hints_once(problems: Sequence[Problem]) -> list[Problem]:
    """The problems, each hint only where it occurs first: one list of valid keys is enough."""
    seen: set[str] = set()
    found = []
    for problem in problems:
        found.append(replace(problem, hint="") if problem.hint in seen else problem)
        seen.add(problem.hint)
    return found


def _base(table: StudyTable, read_scenario: ReadScenario) -> tuple[Raw, _Reader, list[Problem]]:
    """The raw tables of the scenario before anything is set, and the reader of its site list."""
    named = table.scenario if isinstance(table.scenario, str) else None
    try:
        scenario = read_scenario(named)
        base = decode_toml(scenario.text) if isinstance(table.scenario, str) else dict(table.scenario)
        return base, _Reader(scenario), []
    except InputError as error:
        found = [Problem("scenario", f"{p.path}: {p.received}", p.expected, p.hint) for p in error.problems]
        return {}, _Reader(_NOTHING_BESIDE), found


_NOTHING_BESIDE = ScenarioText(text="", read_text=None)


class _Reader:
    """Reads every site list and channel file once, and remembers what it read: it is part of the study."""

    def __init__(self, beside: ScenarioText) -> None:
        self._beside, self._texts, self._channels = beside, dict[str, str](), dict[str, GivenChannel]()
        self.read_text = None if beside.read_text is None else self._text
        self.read_channel = None if beside.read_channel is None else self._channel

    def _text(self, name: str) -> str:
        assert self._beside.read_text is not None
        if name not in self._texts:
            self._texts[name] = self._beside.read_text(name)
        return self._texts[name]

    def _channel(self, name: str) -> GivenChannel:
        if name not in self._channels:
            self._channels[name] = self.read_drop(name)
        return self._channels[name]

    @property
    def read_drop(self) -> ReadChannel:
        """Reads a channel file that is needed for one trial alone."""
        return self._beside.read_channel or _refuse

    def list_folder(self, name: str) -> Sequence[str]:
        """The names of the channel files in a folder."""
        return (self._beside.list_folder or _refuse)(name)

    @property
    def digests(self) -> dict[str, dict[str, str]]:
        """SHA-256 of every site list, and of every channel file that all trials share, by its name."""
        texts = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in self._texts.items()}
        channels = {name: given.sha256 for name, given in self._channels.items()}
        return {"site_lists": texts} | ({"channel_files": channels} if channels else {})


def _refuse(name: str) -> Any:
    raise InputError([Problem("channel.direct", repr(name[:60]), "a study that is read from a file (load_study)")])


def _same_names(methods: Sequence[Method]) -> list[Problem]:
    """Methods given in Python that are called like another one; those of a file are checked there."""
    names = [method.name for method in methods]
    repeated = [method for method in methods if method.choices and names.count(method.name) > 1]
    expected = "a name that no other method of the study has"
    found = {each.name: Problem("methods", repr(each.name), expected, "study_method(name=…)") for each in repeated}
    return list(found.values())


def _keys_at(raw: Raw, name: str) -> list[str]:
    return list(raw[name]) if isinstance(raw.get(name), dict) else []


def _of_known_keys(found: Sequence[Problem], raw: Raw, axes: Sequence[SweptKey]) -> list[Problem]:
    """The problems of points without those of swept keys that are left out, which are named already."""
    missing = {key for key in _keys_at(raw, "sweep") if key not in {axis.key for axis in axes}}
    return [problem for problem in found if not any(key in problem.path for key in missing)]


def _rule(trials: int | TrialsTable) -> StoppingRule:
    if not isinstance(trials, TrialsTable):
        return StoppingRule(minimum=trials, maximum=trials, batch=trials)
    return StoppingRule(**{**trials.model_dump(), "batch": trials.batch or trials.minimum})


def _document(
    table: StudyTable, axes: Sequence[SweptKey], methods: Sequence[Method], base: Mapping[str, Any]
) -> dict[str, Any]:
    """What decides about the results of a trial. How many trials a point gets is left out: more can be added later."""
    return {
        "seed": table.seed,
        "scenario": base,
        "set": table.set,
        "sweep": [{"key": axis.key, "values": list(axis.values)} for axis in axes],
        "combine": table.combine,
        "common_drops": table.common_drops,
        "compare": [{"name": each.name, "scheme": each.scheme, "set": each.recorded} for each in methods],
        "metrics": list(table.metrics),
    }
