"""Every point of the sweep with every method: the scenarios, checked, and which of them share their draws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from multistatic.errors import Problem, ScenarioError
from multistatic.scenario.overrides import drop_twins, write_key
from multistatic.scenario.parse_scenario import ReadChannel, ReadText, ScenarioTemplate, scenario_template
from multistatic.scenario.target_tables import one_target_as_table, target_key
from multistatic.study.plan import Method, Point, SweptKey

# Swept keys of these tables change what is required, not what is drawn.
NOT_DRAWN = ("design", "requirements")
UNKNOWN_KEY = "a key of this table"
LEADS_NOWHERE = "a key that does not exist"

Index = tuple[int, ...]
Checked = tuple[ScenarioTemplate | None, list[Problem]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Settings:
    """Who sets which key of the scenario; later ones win: `base`, `common`, the swept value, the method.

    `read_text`, `read_channel`: how to read the site lists and channel files that it names.
    """

    base: Mapping[str, Any]
    common: Mapping[str, Any]
    axes: tuple[SweptKey, ...]
    combine: Literal["grid", "zip"]
    methods: tuple[Method, ...]
    read_text: ReadText | None = None
    read_channel: ReadChannel | None = None

    def indices(self) -> list[Index]:
        """Indices into the axes, point after point; the last axis varies fastest."""
        lengths = [range(len(axis.values)) for axis in self.axes]
        if self.combine == "grid" or not lengths:
            return list(product(*lengths))
        return list(zip(*lengths, strict=True))

    def swept(self, index: Index) -> dict[str, Any]:
        """The swept keys of a point."""
        return {axis.key: axis.values[i] for axis, i in zip(self.axes, index, strict=True)}

    def checked(self, index: Index, number: int) -> Checked:
        """The scenario of one point and method, or its problems under the paths of the study file."""
        raw, problems = deepcopy(dict(self.base)), []
        one_target_as_table(raw)
        for keys in (self.common, self.swept(index), self.methods[number].settings):
            for key, value in keys.items():
                if (expected := write_key(raw, key, deepcopy(value))) is not None:
                    problems.append(Problem(key, LEADS_NOWHERE, expected))
                else:
                    drop_twins(raw, key, kept=keys)
        try:
            return scenario_template(raw, problems, read_text=self.read_text, read_channel=self.read_channel), []
        except ScenarioError as error:
            return None, [self._placed(problem, index, number) for problem in error.problems]

    def _placed(self, problem: Problem, index: Index, number: int) -> Problem:
        """The problem where the value was set: by the method, the sweep, the common keys, or the scenario."""
        owners = [(key, place, "") for key, place in self.methods[number].places.items()]
        owners += [(axis.key, f"sweep.{axis.key}", f"[{i}]") for axis, i in zip(self.axes, index, strict=True)]
        owners += [(key, f"set.{key}", "") for key in self.common]
        for written, place, entry in owners:
            key = target_key(self.base, written)
            if problem.path == key or problem.path.startswith((f"{key}.", f"{key}[")):
                unknown = problem.expected.startswith(UNKNOWN_KEY) or problem.received == LEADS_NOWHERE
                path = place if unknown else f"{place}{entry}{problem.path[len(key) :]}"
                return Problem(path, key if unknown else problem.received, problem.expected, problem.hint)
        return Problem(f"scenario.{problem.path}", problem.received, problem.expected, problem.hint)


def points_of(settings: Settings, *, common_drops: bool) -> tuple[tuple[Point, ...], list[Problem]]:
    """All points, or the problems of their scenarios, each of them once.

    Values are tried one at a time first, with all else as at the first point: a bad value is then not reported again
    for every combination that it is part of.
    """
    indices = settings.indices()
    methods = range(len(settings.methods))
    alone = _unique(settings.checked(index, number) for index, number in _one_at_a_time(settings, indices))
    if alone:
        return (), alone
    checked = [[settings.checked(index, number) for number in methods] for index in indices]
    if together := _unique(each for row in checked for each in row):
        return (), together
    templates = [tuple(template for template, _ in row if template is not None) for row in checked]
    return tuple(_points(settings, indices, templates, common_drops)), []


def _one_at_a_time(settings: Settings, indices: Sequence[Index]) -> Iterator[tuple[Index, int]]:
    """(point, method) that differ from the first point and method in one swept value or in the method."""
    first = indices[0]
    yield from ((first, number) for number in range(len(settings.methods)))
    for index in indices[1:]:
        if settings.combine == "zip" or sum(map(int.__ne__, index, first)) == 1:
            yield index, 0


def _unique(checked: Iterable[Checked]) -> list[Problem]:
    found = {(each.path, each.received, each.expected): each for _, problems in checked for each in problems}
    return list(found.values())


def _points(
    settings: Settings,
    indices: Sequence[Index],
    templates: Sequence[tuple[ScenarioTemplate, ...]],
    common_drops: bool,
) -> Iterator[Point]:
    """Points, each with the stream of the first one that is drawn like it."""
    streams: dict[str, int] = {}
    for number, (index, scenarios) in enumerate(zip(indices, templates, strict=True)):
        swept = settings.swept(index)
        drawn = {key: value for key, value in swept.items() if key.partition(".")[0] not in NOT_DRAWN}
        yield Point(
            index=number,
            settings=swept,
            stream=streams.setdefault("" if common_drops else repr(drawn), number),
            templates=scenarios,
            drawn_with=tuple(_drawn_with(scenarios, k) for k in range(len(scenarios))),
        )


def _drawn_with(templates: Sequence[ScenarioTemplate], number: int) -> int:
    """The first template that says the same outside of [design]."""

    def rest(template: ScenarioTemplate) -> tuple[Any, ...]:
        return template.table.model_copy(update={"design": None}), template.sites

    return next(k for k in range(number + 1) if rest(templates[k]) == rest(templates[number]))
