"""How a study is shown: as lines, as rows, as a heatmap, or as a map of places, and which points each panel has.

- Places (`target.position_m`, `position_llh`, or two entries of one of them): a map.
- Two keys with numbers: a heatmap where both have more than `FEW_VALUES` values. Else lines over the longer one; the
  other one makes panels, or colours where there is one method only.
- One key with numbers: lines.
- Words, vectors, or nothing swept: rows, one below the other.

All other keys make panels. Maps and heatmaps have a panel for each method besides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from textwrap import fill
from typing import Any, Literal

import numpy as np

from multistatic.report.axis_labels import key_name, method_label, plain_value, setting_label, value_label
from multistatic.report.study_places import PlacedPoints, place_owner, placed_points
from multistatic.study.plan import SweptKey
from multistatic.study.results import StudyResults

_MOVED = {"target": "Target", "transmitter": "Transmitter"}
FEW_VALUES = 5
MAX_ROWS = 30
# A line of a legend that fits into the column of a journal.
_LEGEND_LETTERS = 42
_PLACE = re.compile(r"(.+)\.(position_m|position_llh)(?:\[([012])\])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What is drawn under one name in the legend: one `method` at `points`.

    number: which colour, marker and line it has.
    """

    label: str
    method: int
    points: tuple[int, ...]
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One pair of axes: its title, and what is drawn in it."""

    title: str
    series: tuple[Series, ...]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """(point, method) of all that the panel shows."""
        return [(point, each.method) for each in self.series for point in each.points]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyView:
    """What a picture of a study is.

    keys: those along the axes: one of lines, two of a heatmap, none of rows and maps. columns: panels that belong
    beside each other. notes: sentences for the caption. rows [points]: names of points where they stand in rows.
    places: of the points, in a map.
    """

    kind: Literal["lines", "rows", "heatmap", "map"]
    keys: tuple[str, ...]
    panels: tuple[Panel, ...]
    columns: int
    notes: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    places: PlacedPoints | None = None


def study_view(results: StudyResults) -> StudyView:
    """The view that suits what is swept."""
    owner = place_owner(results)
    if owner is not None and (view := _map(results, owner)) is not None:
        return view
    if results.combine != "grid" and len(results.axes) > 1:
        return _together(results)
    numeric = [axis for axis in results.axes if _is_scale(axis)]
    longest = sorted(numeric, key=lambda axis: -len(axis.values))
    if not numeric:
        return _in_rows(results)
    if len(longest) > 1 and len(longest[1].values) > FEW_VALUES:
        pair = tuple(axis.key for axis in numeric if axis in longest[:2])
        return _heatmaps(results, pair)
    return _lines(results, longest[0].key, longest[1].key if len(longest) > 1 else None)


def _lines(results: StudyResults, along: str, other: str | None) -> StudyView:
    """Over `along`, a line for each method; where there is one, a line for each value of `other`."""
    coloured = other if other is not None and len(results.methods) == 1 else None
    rest = _rest(results, {along, coloured})
    panels = []
    for title, points in _grouped(results, rest):
        if coloured is None:
            series = _methods(results, points)
        else:
            series = tuple(
                Series(label=label, method=0, points=members, number=number)
                for number, (label, members) in enumerate(_grouped(results, _axes_of(results, coloured), points))
            )
        panels.append(Panel(title=title, series=series))
    return StudyView(kind="lines", keys=(along,), panels=tuple(panels), columns=_beside(rest))


def _heatmaps(results: StudyResults, keys: tuple[str, ...]) -> StudyView:
    """A panel for each method and each combination of the other keys."""
    rest = _rest(results, set(keys))
    panels = _of_each_method(results, _grouped(results, rest))
    return StudyView(kind="heatmap", keys=keys, panels=panels, columns=_beside(rest, len(results.methods)))


def _map(results: StudyResults, owner: str) -> StudyView | None:
    """None where the places do not differ in the plane, or there is no way to draw them."""
    places = placed_points(results, owner)
    if places is None or len(np.unique(places.position_m[:, :2].round(6), axis=0)) < 2:
        return None
    # Entries of the place, and the other keys that vary together with it.
    of_place = {axis.key for axis in results.axes if (m := _PLACE.fullmatch(axis.key)) and m[1] == owner}
    rest = _rest(results, of_place) if results.combine == "grid" else ()
    groups: list[tuple[str, tuple[int, ...]]] = []
    for title, points in _grouped(results, rest):
        layers = _layers(places, points)
        groups += [(_joined(title, words), members) for words, members in layers]
    heights = places.written[:, 2]
    notes = []
    if np.ptp(heights) > 0 and not any("height" in title for title, _ in groups):
        notes.append(f"Heights of the places, which the map does not show: {heights.min():g} to {heights.max():g} m.")
    elif np.ptp(heights) > 0:
        if np.abs(heights - places.position_m[:, 2]).max() > 0.5:
            notes.append("Heights are above the WGS 84 ellipsoid, as the study states them.")
    elif height := float(f"{places.position_m[:, 2].mean():.4g}"):
        notes.append(f"{_MOVED.get(owner, 'Receiver')} at a height of {height:g} m in the scenario's coordinates.")
    if results.combine != "grid":
        notes += _varied_along(results, of_place)
    return StudyView(
        kind="map",
        keys=(),
        panels=_of_each_method(results, groups),
        columns=_beside(rest, len(results.methods)),
        notes=(*notes, *places.notes),
        places=places,
    )


def _layers(places: PlacedPoints, points: Sequence[int]) -> list[tuple[str, tuple[int, ...]]]:
    """The points as one layer, or one for each height where some of them stand above each other."""
    positions = places.written[list(points)]
    if len(np.unique(positions[:, :2], axis=0)) == len(points):
        return [("", tuple(points))]
    return [
        (
            f"height {height:g} m",
            tuple(point for point, each in zip(points, positions, strict=True) if each[2] == height),
        )
        for height in np.unique(positions[:, 2])
    ]


def _together(results: StudyResults) -> StudyView:
    """Keys that change together: lines over the first one whose numbers all differ, else rows."""
    scale = next((axis for axis in results.axes if _is_scale(axis)), None)
    if scale is None:
        return _in_rows(results)
    panel = Panel(title="", series=_methods(results, range(len(results.settings))))
    notes = _varied_along(results, {scale.key})
    return StudyView(kind="lines", keys=(scale.key,), panels=(panel,), columns=1, notes=tuple(notes))


def _varied_along(results: StudyResults, known: set[str]) -> list[str]:
    """A sentence for each key that changes together with those on the axes."""
    found = []
    for axis in results.axes:
        if axis.key not in known:
            ends = [value_label(axis.key, value) for value in (axis.values[0], axis.values[-1])]
            found.append(f"Along with it changes: {key_name(axis.key)}, from {ends[0]} to {ends[1]}.")
    return found


def _in_rows(results: StudyResults) -> StudyView:
    """Rows of points; of methods where there is one point."""
    if len(results.settings) == 1:
        rows = tuple(method_label(name) for name in results.methods)
        series = (Series(label="", method=0, points=(0,), number=0),)
        panel = Panel(title="", series=series)
        return StudyView(kind="rows", keys=(), panels=(panel,), columns=1, rows=rows)
    first = results.axes[0]
    alone = results.combine == "grid" or len(results.axes) == 1
    rest = _rest(results, {first.key}) if alone else ()
    shown = (first.key,) if alone else tuple(axis.key for axis in results.axes)
    rows = tuple(
        ", ".join(
            value_label(key, each[key], with_unit=False) if alone else setting_label(key, each[key]) for key in shown
        )
        for each in results.settings
    )
    panels = [
        Panel(title=_joined(title, _part(start, points)), series=_methods(results, points[start : start + MAX_ROWS]))
        for title, points in _grouped(results, rest)
        for start in range(0, len(points), MAX_ROWS)
    ]
    keys = (first.key,) if alone else ()
    return StudyView(kind="rows", keys=keys, panels=tuple(panels), columns=_beside(rest), rows=rows)


def _part(start: int, points: Sequence[int]) -> str:
    """Which rows of many these are."""
    if len(points) <= MAX_ROWS:
        return ""
    return f"values {start + 1} to {min(start + MAX_ROWS, len(points))} of {len(points)}"


def _methods(results: StudyResults, points: Sequence[int]) -> tuple[Series, ...]:
    several = len(results.methods) > 1
    return tuple(
        Series(
            label=fill(method_label(name), _LEGEND_LETTERS) if several else "",
            method=number,
            points=tuple(points),
            number=number,
        )
        for number, name in enumerate(results.methods)
    )


def _of_each_method(results: StudyResults, groups: Sequence[tuple[str, tuple[int, ...]]]) -> tuple[Panel, ...]:
    """Groups of points one after the other, each with a panel for every method."""
    several = len(results.methods) > 1
    return tuple(
        Panel(
            title=_joined(method_label(name) if several else "", title),
            series=(Series(label="", method=number, points=points, number=number),),
        )
        for title, points in groups
        for number, name in enumerate(results.methods)
    )


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _beside(rest: Sequence[SweptKey], methods: int = 1) -> int:
    """Panels that make a row: one for each method, else for each value of the last key."""
    if methods > 1:
        return methods
    return len(rest[-1].values) if rest else 1


def _axes_of(results: StudyResults, *keys: str) -> tuple[SweptKey, ...]:
    return tuple(axis for axis in results.axes if axis.key in keys)


def _rest(results: StudyResults, known: Collection[str | None]) -> tuple[SweptKey, ...]:
    """Swept keys that make panels."""
    return tuple(axis for axis in results.axes if axis.key not in known)


def _grouped(
    results: StudyResults, rest: Sequence[SweptKey], points: Sequence[int] | None = None
) -> list[tuple[str, tuple[int, ...]]]:
    """(title, points) for each combination of the keys `rest`, in their order."""
    points = range(len(results.settings)) if points is None else points
    if not rest:
        return [("", tuple(points))]
    found = []
    for values in product(*(axis.values for axis in rest)):
        chosen = {axis.key: plain_value(value) for axis, value in zip(rest, values, strict=True)}
        members = tuple(point for point in points if _has(results.settings[point], chosen))
        if members:
            found.append(
                (", ".join(setting_label(key, value) for key, value in chosen.items() if _differs(rest, key)), members)
            )
    return found


def _differs(rest: Sequence[SweptKey], key: str) -> bool:
    """A key with one value needs no place in every title."""
    return any(axis.key == key and len(axis.values) > 1 for axis in rest)


def _has(settings: Mapping[str, Any], chosen: Mapping[str, Any]) -> bool:
    return all(plain_value(settings[key]) == value for key, value in chosen.items())


def _is_scale(axis: SweptKey) -> bool:
    """Two numbers or more, each of them once."""
    numbers = [value for value in axis.values if isinstance(value, int | float) and not isinstance(value, bool)]
    return len(numbers) == len(axis.values) == len(set(numbers)) and len(numbers) > 1
