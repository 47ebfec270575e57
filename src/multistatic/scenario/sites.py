"""Receivers from a site list, CSV or GeoJSON: each row becomes the same table as a `[[receivers.site]]`.

CSV: a header line; columns `id`, and `x_m, y_m` (`z_m`) or `latitude_deg, longitude_deg` (`height_m`), and where wanted
`antennas`, `rate_bps_hz`, `clock_offset_std_s`, `frequency_offset_std_hz`. GeoJSON (RFC 7946): Point features,
coordinates [longitude, latitude, height], or no geometry and the properties `x_m`, `y_m`, `z_m`; `id` as the feature's
or as a property, text or a whole number (null is none); properties `array`, and those of the columns. Other columns and
properties are not read, unless they look like a misspelt one of these. A member `crs` is refused unless it is CRS84.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from multistatic.errors import Problem, ScenarioError, nearest
from multistatic.scenario.decode import MAX_BYTES, too_large
from multistatic.scenario.tables import number_hint, read_table, written_number
from multistatic.scenario.translate import shown

_LOCAL = ("x_m", "y_m", "z_m")
_GEODETIC = ("latitude_deg", "longitude_deg", "height_m")
_OTHER = ("antennas", "array", "rate_bps_hz", "clock_offset_std_s", "frequency_offset_std_hz")
_KNOWN = ("id", *_LOCAL, *_GEODETIC, *_OTHER)
_OFFSETS = ("clock_offset_std_s", "frequency_offset_std_hz")
_TEXTS = ("id", "array")
_OTHER_NAMES = {
    **dict.fromkeys(("lat", "latitude", "lat_deg"), "latitude_deg"),
    **dict.fromkeys(("lon", "lng", "long", "longitude", "lon_deg"), "longitude_deg"),
    **dict.fromkeys(("alt", "altitude", "alt_m", "altitude_m", "elevation", "elevation_m", "height"), "height_m"),
    **{axis: f"{axis}_m" for axis in "xyz"},
}
_MOST_PROBLEMS = 100
_METRES = "metres of a projected crs? convert them, or give them as the properties x_m and y_m without a geometry"
_EXAMPLE = "id, latitude_deg, longitude_deg, height_m, or id, x_m, y_m, z_m"
# Longitude first on WGS 84: the only system of GeoJSON. Its height, in CRS84h, is that of the ellipsoid.
_LONGITUDE_FIRST = re.compile(
    r"(?:urn:ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?OGC[:/][\d.]*[:/]?CRS84h?", re.I
)


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
    table = read_table(text, expected="column names separated by commas: " + _EXAMPLE, prefix=f"{name} ")
    problems = [*([] if table.problems and not table.header else _header_problems(name, table.header)), *table.problems]
    rows = [
        (f"{name} line {line}", {key: cell for key, cell in zip(table.header, row, strict=False) if cell})
        for line, row in table.rows
    ]
    if not problems:
        problems = [problem for path, cells in rows for problem in _cell_problems(path, cells)]
    if problems:
        raise ScenarioError(problems[:_MOST_PROBLEMS])
    return [SiteRow(path=path, table=_table({k: _cell(k, cell) for k, cell in cells.items()})) for path, cells in rows]


def _header_problems(name: str, header: Sequence[str]) -> list[Problem]:
    path = f"{name} line 1"
    problems = [*_misspelt(path, header), *_other_names(path, header)]
    problems += [
        Problem(path, f"{column!r} twice", "each column once") for column in set(header) if header.count(column) > 1
    ]
    if "id" not in header:
        problems.append(Problem(path, "no column id", "a column id"))
    problems += _height_of_the_other_kind(path, header)
    if not ({"x_m", "y_m"} <= set(header) or {"latitude_deg", "longitude_deg"} <= set(header)):
        problems.append(Problem(path, "no position", "columns x_m and y_m, or latitude_deg and longitude_deg"))
    return problems


def _misspelt(path: str, keys: Sequence[str]) -> list[Problem]:
    """Keys that are not ours but nearly: silently dropping `antenas` would be worse than refusing it."""
    return [
        Problem(path, f"column {key[:64]!r}", "a known column", f"did you mean {near}?")
        for key in keys
        if (near := _near_miss(key))
    ]


def _near_miss(key: str) -> str:
    """The known column that `key` nearly is, where there is one."""
    return "" if key in _KNOWN else nearest(key.lower(), _KNOWN, cutoff=0.85)


def _other_names(path: str, header: Sequence[str]) -> Iterator[Problem]:
    """Columns that other programs call latitude, longitude, height or x, y, z: not reading them would lose them."""
    for column in header:
        known = _OTHER_NAMES.get(column.lower())
        if known is not None and known not in header and not _near_miss(column):
            yield Problem(path, f"column {column!r}", "a known column", f"did you mean {known}?")


def _height_of_the_other_kind(path: str, keys: Collection[str]) -> Iterator[Problem]:
    """`z_m` beside latitude and longitude alone, or `height_m` beside x and y alone, would not be read."""
    for key, horizontal, right in (("z_m", _LOCAL[:2], "height_m"), ("height_m", _GEODETIC[:2], "z_m")):
        if key in keys and right not in keys and not set(horizontal) & set(keys):
            expected = f"{right}, the height that belongs to the other columns"
            yield Problem(path, key, expected, f"{key} belongs to {horizontal[0]} and {horizontal[1]}")


def _cell_problems(path: str, cells: Mapping[str, str]) -> Iterator[Problem]:
    """Cells of number columns that spell no number."""
    for key, cell in cells.items():
        unknown = key in _OFFSETS and cell == "unknown"
        if key not in _KNOWN or key in _TEXTS or unknown:
            continue
        number = written_number(cell)
        if number is None:
            expected = 'a number, or "unknown" in small letters' if key in _OFFSETS else "a number"
            yield Problem(f"{path}.{key}", shown(cell), expected, number_hint(cell))
        elif not math.isfinite(number):
            yield Problem(f"{path}.{key}", shown(cell), "a finite number", "the number is too large")


def _cell(key: str, cell: str) -> Any:
    """The number that a cell of a number column spells; else its text."""
    number = None if key in _TEXTS or key not in _KNOWN else written_number(cell)
    return cell if number is None else number


def _table(cells: Mapping[str, Any]) -> dict[str, Any]:
    """The site table of a row's known cells."""
    table = {key: cells[key] for key in ("id", *_OTHER) if key in cells}
    for position, names in (("position_m", _LOCAL), ("position_llh", _GEODETIC)):
        if any(key in cells for key in names[:2]):
            table[position] = [cells.get(key) for key in names if key in cells or key != names[2]]
    return table


def _geojson_rows(name: str, text: str) -> list[SiteRow]:
    """The rows of a site list in GeoJSON, one for each feature."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = "Extra data" in str(error)
        hint = "one object on each line? put them into a FeatureCollection" if lines else ""
        raise ScenarioError([Problem(name, str(error)[:80], "a GeoJSON document", hint)]) from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise ScenarioError([Problem(f"{name} features", "nothing", "a GeoJSON FeatureCollection")])
    problems = list(crs_problems(f"{name} crs", document))
    rows = []
    for index, feature in enumerate(features):
        path = f"{name} features[{index}]"
        properties = feature.get("properties") or {} if isinstance(feature, dict) else None
        if not isinstance(feature, dict) or not isinstance(properties, dict):
            problems.append(Problem(path, "no feature", "a GeoJSON Feature with properties"))
            continue
        problems += [*crs_problems(f"{path}.crs", feature), *_misspelt(path, list(properties))]
        geometry = feature.get("geometry")
        cells = {"id": feature["id"]} if feature.get("id") is not None else {}
        cells |= {key: value for key, value in properties.items() if key in _KNOWN and value is not None}
        if type(cells.get("id")) is int:
            cells["id"] = str(cells["id"])
        table = _table(cells)
        if geometry is None:
            problems += _height_of_the_other_kind(path, cells)
        else:
            if not isinstance(geometry, dict) or geometry.get("type") != "Point":
                kind = geometry.get("type") if isinstance(geometry, dict) else geometry
                problems.append(Problem(f"{path}.geometry", shown(kind), "a GeoJSON Point, the place of one receiver"))
                continue
            problems += crs_problems(f"{path}.geometry.crs", geometry)
            coordinates = geometry.get("coordinates")
            problems += degrees_problems(f"{path}.geometry.coordinates", coordinates)
            problems += _contradictions(path, coordinates, properties)
            table["position_llh"] = _latitude_first(coordinates, properties.get("height_m"))
        rows.append(SiteRow(path=path, table=table))
    if problems:
        raise ScenarioError(problems[:_MOST_PROBLEMS])
    return rows


def crs_problems(path: str, holder: Mapping[str, Any]) -> Iterator[Problem]:
    """A `crs` member (GeoJSON of 2008, removed by RFC 7946 §4) that says another system than longitude, latitude.

    EPSG:4326 is refused too: its own axes are latitude, longitude, and files follow either order.
    """
    crs = holder.get("crs")
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    named = properties.get("name") if isinstance(properties, dict) else crs
    if not (isinstance(named, str) and _LONGITUDE_FIRST.fullmatch(named)):
        yield Problem(
            path,
            "a crs without a name" if named is None else shown(named),
            "no member crs: GeoJSON has longitude and latitude in degrees on WGS 84 (RFC 7946)",
            "convert the coordinates to CRS84 and delete the member crs",
        )


def degrees_problems(path: str, coordinates: Any, *, metres: str = _METRES) -> Iterator[Problem]:
    """Coordinates that are no longitude and latitude in degrees: metres of a projection, or the other order.

    metres: the hint where they are probably metres.
    """
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        return
    longitude, latitude = coordinates[:2]
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in (longitude, latitude)):
        return
    if abs(latitude) > 90 or not -180 <= longitude <= 360:
        hint = metres if max(abs(latitude), abs(longitude)) > 360 else "latitude and longitude swapped?"
        yield Problem(path, shown(coordinates), "[longitude, latitude] in degrees", hint)


def _contradictions(path: str, coordinates: Any, cells: Mapping[str, Any]) -> Iterator[Problem]:
    """Properties beside a geometry that state another place than it does, or a height under another name."""
    latitude_first = _latitude_first(coordinates, None)
    if not isinstance(latitude_first, list):
        return
    for key, entry in zip(_GEODETIC, latitude_first, strict=False):
        stated = cells.get(key)
        if _is_number(stated) and _is_number(entry) and abs(stated - entry) > (1e-2 if key == "height_m" else 1e-6):
            received = f"{key} = {shown(stated)}, but {shown(entry)} in the coordinates"
            yield Problem(path, received, "one position", f"leave out the property {key}, or correct one of the two")
    if cells.get("z_m") is not None and "x_m" not in cells:
        yield Problem(
            path, "z_m beside coordinates", "the height as height_m or in the coordinates", "z_m is a local coordinate"
        )
    if len(latitude_first) == 2 and "height_m" not in cells:
        heights = {key for key, value in cells.items() if value is not None} - set(_KNOWN)
        names = sorted(key for key in heights if _OTHER_NAMES.get(key.lower()) == "height_m")
        yield from (Problem(path, f"property {name!r}", "a known property", "did you mean height_m?") for name in names)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _latitude_first(coordinates: Any, height: Any) -> Any:
    """[latitude, longitude, height] of GeoJSON's [longitude, latitude, height]; `height_m` where it gives none."""
    if not isinstance(coordinates, list) or not 2 <= len(coordinates) <= 3:
        return coordinates
    longitude, latitude, *heights = coordinates
    if heights == [None]:
        heights = []
    return [latitude, longitude, *(heights or ([] if height is None else [height]))]


def _renamed(problem: Problem, path: str) -> Problem:
    return Problem(path, problem.received, problem.expected)
