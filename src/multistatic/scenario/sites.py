"""Receivers from a site list, CSV or GeoJSON: each row becomes the same table as a `[[receivers.site]]`.

CSV: a header line; columns `id`, and `x_m, y_m` (`z_m`) or `latitude_deg, longitude_deg` (`height_m`), and where wanted
`antennas`, `rate_bps_hz`, `clock_offset_std_s`, `frequency_offset_std_hz`. GeoJSON (RFC 7946): Point features,
coordinates [longitude, latitude, height], or no geometry and the properties `x_m`, `y_m`, `z_m`; `id` as the feature's
or as a property; properties `array`, and those of the columns. Other columns and properties are not read, unless they
look like a misspelt one of these.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from multistatic.errors import Problem, ScenarioError
from multistatic.scenario.decode import MAX_BYTES, too_large

_LOCAL = ("x_m", "y_m", "z_m")
_GEODETIC = ("latitude_deg", "longitude_deg", "height_m")
_OTHER = ("antennas", "array", "rate_bps_hz", "clock_offset_std_s", "frequency_offset_std_hz")
_KNOWN = ("id", *_LOCAL, *_GEODETIC, *_OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """One row of a site list: where it stands (for messages) and its raw site table."""

    path: str
    table: dict[str, Any]


def read_site_list(name: str, text: str) -> list[SiteRow]:
    """The rows of a site list. `ScenarioError` where the list as a whole cannot be read."""
    if len(text) > MAX_BYTES:
        raise ScenarioError([_renamed(too_large(len(text)), name)])
    text = text.removeprefix("\ufeff")
    rows = _geojson_rows(name, text) if name.lower().endswith(("json",)) else _csv_rows(name, text)
    if not rows:
        raise ScenarioError([Problem(name, "no receivers", "at least one row")])
    return rows


def _csv_rows(name: str, text: str) -> list[SiteRow]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ScenarioError([Problem(f"{name} line {reader.line_num}", str(error), "comma-separated values")]) from None
    problems = _header_problems(name, header)
    problems += [
        Problem(f"{name} line {line}", f"{len(row)} cells", f"{len(header)} cells, one for each column")
        for line, row in lines
        if len(row) != len(header)
    ]
    if problems:
        raise ScenarioError(problems)
    return [
        SiteRow(
            path=f"{name} line {line}",
            table=_table({key: _cell(key, cell) for key, cell in zip(header, row, strict=True) if cell.strip()}),
        )
        for line, row in lines
    ]


def _header_problems(name: str, header: list[str]) -> list[Problem]:
    path = f"{name} line 1"
    problems = _misspelt(path, header)
    problems += [
        Problem(path, f"{column!r} twice", "each column once") for column in set(header) if header.count(column) > 1
    ]
    if "id" not in header:
        problems.append(Problem(path, "no column id", "a column id"))
    if not ({"x_m", "y_m"} <= set(header) or {"latitude_deg", "longitude_deg"} <= set(header)):
        problems.append(Problem(path, "no position", "columns x_m and y_m, or latitude_deg and longitude_deg"))
    return problems


def _misspelt(path: str, keys: list[str]) -> list[Problem]:
    """Keys that are not ours but nearly: silently dropping `antenas` would be worse than refusing it."""
    problems = []
    for key in keys:
        near = [] if key in _KNOWN else difflib.get_close_matches(key.lower()[:64], _KNOWN, n=1, cutoff=0.85)
        if near:
            problems.append(Problem(path, f"column {key[:64]!r}", "a known column", f"did you mean {near[0]}?"))
    return problems


def _cell(key: str, cell: str) -> Any:
    """The number that a cell spells; the text itself where it spells none, for the validation to name."""
    cell = cell.strip()
    if key not in _KNOWN or key in ("id", "array"):
        return cell
    for number in (int, float):
        try:
            return number(cell)
        except ValueError:
            continue
    return cell


def _table(cells: Mapping[str, Any]) -> dict[str, Any]:
    """The site table of a row's known cells."""
    table = {key: cells[key] for key in ("id", *_OTHER) if key in cells}
    for position, names in (("position_m", _LOCAL), ("position_llh", _GEODETIC)):
        if any(key in cells for key in names[:2]):
            table[position] = [cells.get(key) for key in names if key in cells or key != names[2]]
    return table


def _geojson_rows(name: str, text: str) -> list[SiteRow]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScenarioError([Problem(name, str(error)[:80], "a GeoJSON document")]) from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise ScenarioError([Problem(f"{name} features", "nothing", "a GeoJSON FeatureCollection")])
    problems: list[Problem] = []
    rows = []
    for index, feature in enumerate(features):
        path = f"{name} features[{index}]"
        properties = feature.get("properties") or {} if isinstance(feature, dict) else None
        if not isinstance(feature, dict) or not isinstance(properties, dict):
            problems.append(Problem(path, "no feature", "a GeoJSON Feature with properties"))
            continue
        problems += _misspelt(path, list(properties))
        geometry = feature.get("geometry")
        cells = {"id": str(feature["id"])} if "id" in feature else {}
        cells |= {key: value for key, value in properties.items() if key in _KNOWN}
        table = _table(cells)
        if geometry is not None:
            if not isinstance(geometry, dict) or geometry.get("type") != "Point":
                problems.append(Problem(f"{path}.geometry", "no Point", "a GeoJSON Point"))
                continue
            table["position_llh"] = _latitude_first(geometry.get("coordinates"), properties.get("height_m"))
        rows.append(SiteRow(path=path, table=table))
    if problems:
        raise ScenarioError(problems[:100])
    return rows


def _latitude_first(coordinates: Any, height: Any) -> Any:
    """[latitude, longitude, height] of GeoJSON's [longitude, latitude, height]; `height_m` where it gives none."""
    if not isinstance(coordinates, list) or not 2 <= len(coordinates) <= 3:
        return coordinates
    longitude, latitude, *heights = coordinates
    return [latitude, longitude, *(heights or ([] if height is None else [height]))]


def _renamed(problem: Problem, path: str) -> Problem:
    return Problem(path, problem.received, problem.expected)
