"""An area from a GeoJSON file (RFC 7946): polygons with holes, of one feature or of many, longitude first.

A member `crs` is refused unless it is CRS84, as in site lists; so are rings that are not closed, that cross the
antimeridian, or that overlap, because a place in two polygons would count as outside.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from multistatic.errors import Problem, ScenarioError
from multistatic.scenario.area_rings import is_within, ring_problems, without_repeats
from multistatic.scenario.decode import MAX_BYTES, too_large
from multistatic.scenario.sites import crs_problems, degrees_problems
from multistatic.scenario.target_schema import MAX_CORNERS, MAX_RINGS
from multistatic.scenario.translate import MAX_PROBLEMS, shown
from multistatic.units import F

_POLYGONS = "a Polygon or MultiPolygon, or features with them"
_LOCAL = "metres of a projected crs? convert them to degrees, or state corners in local metres as vertices_m"
_DEEPEST = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AreaCorners:
    """The corners of an area as a file has them.

    rings: (path, corners [n, 2 or 3]) of each ring: latitude and longitude in degrees, and the ellipsoidal height in m
        where the file has heights. The first corner is not repeated at the end.
    """

    rings: tuple[tuple[str, F], ...]


def read_area(name: str, text: str) -> AreaCorners:
    """The polygons of a GeoJSON text. Raises `ScenarioError` with everything that keeps it from being an area."""
    if len(text) > MAX_BYTES:
        problem = too_large(len(text))
        raise ScenarioError([Problem(name, problem.received, problem.expected)])
    try:
        document = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise ScenarioError([Problem(name, str(error)[:80], "a GeoJSON document with polygons")]) from None
    problems: list[Problem] = []
    polygons = list(_polygons(name, document, problems, 0))
    if not polygons and not problems:
        problems.append(Problem(name, "no polygon", _POLYGONS))
    rings = [[(path, _corners(path, ring, problems)) for path, ring in polygon] for polygon in polygons]
    counted = sum(len(corners) for polygon in rings for _, corners in polygon)
    if counted > MAX_CORNERS:
        hint = "simplify the outline: what is finer than a few metres changes no design"
        problems.append(Problem(name, f"{counted} corners", f"at most {MAX_CORNERS} corners in all", hint))
    if (number := sum(map(len, rings))) > MAX_RINGS:
        problems.append(Problem(name, f"{number} rings", f"at most {MAX_RINGS} rings in all"))
    problems = problems or list(_nesting_problems(rings))
    if problems:
        raise ScenarioError(problems[:MAX_PROBLEMS])
    return AreaCorners(rings=tuple(ring for polygon in rings for ring in polygon))


def _polygons(path: str, node: Any, problems: list[Problem], depth: int) -> Iterator[list[tuple[str, Any]]]:
    """The polygons of a GeoJSON object, each as its rings with their paths."""
    kind = node.get("type") if isinstance(node, dict) else None
    if not isinstance(node, dict) or depth > _DEEPEST:
        problems.append(Problem(path, shown(node), "a GeoJSON object: " + _POLYGONS))
        return
    problems += crs_problems(f"{path} crs", node)
    if kind == "FeatureCollection" or kind == "GeometryCollection":
        key = "features" if kind == "FeatureCollection" else "geometries"
        members = node.get(key)
        if not isinstance(members, list):
            problems.append(Problem(f"{path} {key}", shown(members), "a list"))
            return
        for index, member in enumerate(members[: MAX_RINGS + 1]):
            yield from _polygons(f"{path} {key}[{index}]", member, problems, depth + 1)
    elif kind == "Feature":
        if node.get("geometry") is not None:
            yield from _polygons(f"{path} geometry", node["geometry"], problems, depth + 1)
    elif kind in ("Polygon", "MultiPolygon"):
        yield from _coordinates(path, kind, node.get("coordinates"), problems)
    else:
        problems.append(Problem(path, shown(kind), _POLYGONS))


def _coordinates(path: str, kind: str, found: Any, problems: list[Problem]) -> Iterator[list[tuple[str, Any]]]:
    parts = [(f"{path} coordinates", found)]
    if kind == "MultiPolygon" and isinstance(found, list):
        parts = [(f"{path} coordinates[{index}]", part) for index, part in enumerate(found[: MAX_RINGS + 1])]
    for where, part in parts:
        if not isinstance(part, list) or not part:
            problems.append(Problem(where, shown(part), "a list of rings, the outer one first"))
        else:
            yield [(f"{where}[{index}]", ring) for index, ring in enumerate(part[: MAX_RINGS + 1])]


def _corners(path: str, ring: Any, problems: list[Problem]) -> F:
    """The corners of a ring, latitude first; none where they are not sound."""
    none = np.empty((0, 2))
    if not isinstance(ring, list) or len(ring) < 4:
        problems.append(Problem(path, shown(ring), "a ring of four positions or more, of which the last is the first"))
        return none
    if len(ring) > MAX_CORNERS + 1:
        problems.append(Problem(path, f"{len(ring)} positions", f"at most {MAX_CORNERS} corners"))
        return none
    for index, position in enumerate(ring):
        where = f"{path}[{index}]"
        numbers = isinstance(position, list) and len(position) >= 2 and all(map(_is_number, position[:3]))
        found = list(degrees_problems(where, position, metres=_LOCAL)) if numbers else []
        if not numbers:
            found = [Problem(where, shown(position), "[longitude, latitude] or [longitude, latitude, height]")]
        if found:
            problems += found
            return none
    if len({min(len(position), 3) for position in ring}) > 1:
        problems.append(Problem(path, "heights at some corners", "a height at every corner, or at none"))
        return none
    corners = np.array([[position[1], position[0], *position[2:3]] for position in ring], dtype=float)
    if np.any(corners[0] != corners[-1]):
        hint = "repeat the first position at the end (RFC 7946, section 3.1.6)"
        problems.append(Problem(path, "a ring that is not closed", "the last position is the first", hint))
        return none
    if np.abs(np.diff(corners[:, 1])).max() > 180.0:
        hint = "cut it at 180° into two polygons (RFC 7946, section 3.1.9)"
        problems.append(Problem(path, "a side across the antimeridian", "sides of less than 180° of longitude", hint))
        return none
    return without_repeats(corners)


def _nesting_problems(polygons: list[list[tuple[str, F]]]) -> Iterator[Problem]:
    """Rings that cross, holes outside of their polygon, and polygons inside of another one."""
    flat = [(path, corners[:, :2]) for polygon in polygons for path, corners in polygon]
    found = list(ring_problems([path for path, _ in flat], [corners for _, corners in flat]))
    yield from found
    if found:
        return
    for number, ((path, outer), *holes) in enumerate(polygons):
        for where, hole in holes:
            if not is_within(hole[:, :2], [outer[:, :2]]):
                yield Problem(where, "a hole outside of its polygon", f"a ring inside of {path}")
        others = [ring[:, :2] for index, other in enumerate(polygons) if index != number for _, ring in other]
        if is_within(outer[:, :2], others):
            yield Problem(path, "a polygon inside of another one", "polygons that do not overlap", "join them to one")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


AreaFiles = Mapping[str, AreaCorners]
"""The areas of GeoJSON files, by the names of the files."""
