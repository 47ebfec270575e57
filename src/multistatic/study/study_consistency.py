"""What the keys of a study file must agree on: ranges, lengths, names; and the axes and methods that they spell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from multistatic.errors import Problem, did_you_mean
from multistatic.scenario.overrides import is_key
from multistatic.scenario.translate import shown
from multistatic.study.axes import axis_values, range_problem
from multistatic.study.metrics import metric_names
from multistatic.study.plan import Method, SweptKey
from multistatic.study.study_schema import METRICS, MINIMUM, CompareTable, RangeTable, StudyTable

MAX_POINTS = 100_000
# The trial's own, or nothing that a design depends on.
RESERVED = ("seed", "schema", "name")
# What exports call their own columns and variables.
TAKEN = ("algorithm", "axes", "point", "provenance", "seed", "status", "status_names", "trial", "units")
NOT_RESERVED = "another key of the scenario: each trial has its own seed, and the study has its own name"


def key_problems(where: str, keys: Iterable[str]) -> list[Problem]:
    """Keys that are none of a scenario, or not the study's to set."""
    problems = []
    for key in keys:
        if not is_key(key):
            problems.append(Problem(where, shown(key), "a dotted key of a scenario", "transmitter.antennas"))
        elif key in RESERVED:
            problems.append(Problem(f"{where}.{key}", shown(key), NOT_RESERVED))
    return problems


def sound_keys(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings whose keys can be used: what `key_problems` has named is not to be named again as something else."""
    return {key: value for key, value in settings.items() if not key_problems("", [key])}


def axes_of(table: StudyTable) -> tuple[tuple[SweptKey, ...], list[Problem]]:
    """The swept keys that can be used, and what is wrong with the others or with all of them together."""
    problems, axes = [], []
    for key, axis in table.sweep.items():
        found = key_problems("sweep", [key])
        if isinstance(axis, RangeTable) and (problem := range_problem(f"sweep.{key}", axis)) is not None:
            found.append(problem)
        if not found:
            axes.append(SweptKey(key=key, values=axis_values(axis)))
            found += _repeated(f"sweep.{key}", axes[-1].values) if table.combine == "grid" else []
        problems += found
    lengths = {axis.key: len(axis.values) for axis in axes}
    if table.combine == "zip" and len(set(lengths.values())) > 1:
        counts = ", ".join(f"{count} of {key}" for key, count in lengths.items())
        problems.append(Problem("sweep", counts, "as many values of each key where combine = 'zip'"))
        return (), problems
    if table.combine == "zip" and axes:
        problems += _repeated("sweep, point ", list(zip(*(axis.values for axis in axes), strict=True)))
    if table.combine == "grid" and (count := prod(lengths.values())) > MAX_POINTS:
        problems.append(Problem("sweep", f"{count} points", f"at most {MAX_POINTS}"))
        return (), problems
    return tuple(axes), problems


def methods_of(table: StudyTable) -> tuple[tuple[Method, ...], list[Problem]]:
    """Every method, spelled out; two of one name could not be distinguished."""
    methods: list[Method] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for index, entry in enumerate(table.compare):
        where = f"compare[{index}]"
        problems += key_problems(f"{where}.set", entry.set)
        for method in _spelled_out(entry, where):
            if method.name in seen:
                hint = f"the name of {seen[method.name]} too"
                problems.append(
                    Problem(f"{where}.name", shown(method.name), "a name that no other method of the study has", hint)
                )
            seen.setdefault(method.name, where)
            methods.append(method)
    return tuple(methods), problems


def metric_problems(raw: Mapping[str, Any]) -> list[Problem]:
    """Unknown metrics and repeated ones, in the raw tables, so that they are named beside all other problems."""
    listed = raw["metrics"] if isinstance(raw.get("metrics"), list) else []
    named = [(f"metrics[{index}]", name) for index, name in enumerate(listed)]
    if isinstance(raw.get("trials"), dict):
        named.append(("trials.metric", raw["trials"].get("metric")))
    known = metric_names()
    problems = [
        Problem(path, shown(name), "one of " + ", ".join(known), did_you_mean(name, known))
        for path, name in named
        if isinstance(name, str) and name not in known
    ]
    # A metric of another package may have any name: exports and SQL need one of their own that needs no quotes.
    problems += [
        Problem(path, shown(name), f"a metric named by letters, digits and _, and none of {', '.join(TAKEN)}")
        for path, name in named
        if name in known and (name in TAKEN or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name))
    ]
    return problems + list(_repeated("metrics", listed))


def trials_problems(raw: Mapping[str, Any]) -> list[Problem]:
    """A stopping rule that contradicts itself or watches what is not stored; in the raw tables, as above."""
    trials = raw.get("trials")
    if not isinstance(trials, dict):
        return []
    minimum, maximum, watched = trials.get("minimum", MINIMUM), trials.get("maximum"), trials.get("metric")
    problems = []
    if isinstance(minimum, int) and isinstance(maximum, int) and 1 <= maximum < minimum:
        problems.append(Problem("trials.maximum", shown(maximum), f"at least the minimum, {minimum}"))
    stored = raw.get("metrics", METRICS)
    if isinstance(stored, list) and watched in metric_names() and watched not in stored:
        expected = "one of the study's metrics: " + ", ".join(map(str, stored))
        problems.append(Problem("trials.metric", shown(watched), expected))
    return problems


def _repeated(path: str, values: Sequence[Any]) -> Iterator[Problem]:
    """A problem for every value that is listed before."""
    seen = set()
    for index, text in enumerate(map(repr, values)):
        if text in seen:
            yield Problem(f"{path}[{index}]", shown(values[index]), "a value that is not listed before")
        seen.add(text)


def _spelled_out(entry: CompareTable, where: str) -> Iterator[Method]:
    """One method for each pair of a selector and a beamformer."""
    selectors, beamformers = _listed(entry.selector), _listed(entry.beamformer)
    several = len(selectors) * len(beamformers) > 1
    places = {key: f"{where}.set.{key}" for key in entry.set}
    for selector, beamformer in product(selectors, beamformers):
        pair = {"selector": selector, "beamformer": beamformer}
        chosen = {key: name for key, name in pair.items() if name is not None}
        made_of = " + ".join(chosen.values())
        name = f"{entry.name}: {made_of}" if entry.name and several else entry.name or made_of
        yield Method(
            name=name or ("default" if entry.scheme == "multi" else f"{entry.scheme}-static"),
            scheme=entry.scheme,
            settings=sound_keys(entry.set) | {f"design.{key}": value for key, value in chosen.items()},
            places=places | {f"design.{key}": f"{where}.{key}" for key in chosen},
        )


def _listed(names: str | list[str] | None) -> list[str | None]:
    return list(names) if isinstance(names, list) else [names]
