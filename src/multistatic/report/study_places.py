"""The places of a study over positions, with the sites of its scenario, in local metres."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from multistatic.errors import MissingDependencyError
from multistatic.scenario.geodesy import local_from_geodetic
from multistatic.scenario.model import GeodeticOrigin
from multistatic.scenario.overrides import drop_twins, write_key
from multistatic.scenario.target_tables import one_target_as_table, target_tables
from multistatic.study.results import StudyResults
from multistatic.units import F

_PLACE = re.compile(r"(.+)\.(position_m|position_llh)(?:\[([012])\])?")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlacedPoints:
    """Where the points of a study are, and what stands around them.

    position_m [points, 3]: of what is moved. written [points, 3]: the same as the study states it, which may be in
    latitude, longitude and height. owner: what is moved, such as `target`. sites: (kind, position_m [n, 3]) of what
    stands still: transmitter, receivers, target. geodetic: x is east and y north. notes: sentences about what is not
    drawn.
    """

    owner: str
    position_m: F
    written: F
    sites: tuple[tuple[str, F], ...]
    geodetic: bool
    notes: tuple[str, ...]


def place_owner(results: StudyResults) -> str | None:
    """What is moved in the plane, `target` or `receivers.site[0]`: by whole positions, or by two of their entries."""
    entries: dict[str, set[str | None]] = {}
    for axis in results.axes:
        if (found := _PLACE.fullmatch(axis.key)) and len(axis.values) > 1:
            entries.setdefault(found[1], set()).add(found[3])
    for owner, swept in entries.items():
        if None in swept or swept >= {"0", "1"}:
            return owner
    return None


def placed_points(results: StudyResults, owner: str) -> PlacedPoints | None:
    """The places of all points; None where the store does not have them."""
    tables = [stated_scenario(results, settings) for settings in results.settings]
    origin = _origin(tables[0])
    try:
        moved = [_position(_at(table, owner), origin) for table in tables]
        still = list(_sites(tables[0], owner, origin))
    except MissingDependencyError:
        return None
    found = [place for place in moved if place is not None]
    if len(found) < len(moved):
        return None
    return PlacedPoints(
        owner=owner,
        position_m=np.array(found),
        written=np.array([_three(_written(_at(table, owner))) for table in tables]),
        sites=tuple((kind, places) for kind, places in still if len(places)),
        geodetic=origin is not None,
        notes=tuple(_notes(tables[0])),
    )


def stated_scenario(results: StudyResults, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The tables of the scenario at one point."""
    raw: dict[str, Any] = deepcopy(dict(results.document.get("scenario", {})))
    one_target_as_table(raw)
    for keys in (results.document.get("set", {}), settings):
        for key, value in keys.items():
            write_key(raw, key, deepcopy(value))
            drop_twins(raw, key, kept=keys)
    return raw


def _origin(table: Mapping[str, Any]) -> GeodeticOrigin | None:
    """The origin as written, or the transmitter where that is given in latitude and longitude."""
    if table.get("origin"):
        return GeodeticOrigin(**table["origin"])
    llh = table.get("transmitter", {}).get("position_llh")
    if llh is None:
        return None
    latitude, longitude, height = _three(llh)
    return GeodeticOrigin(latitude_deg=latitude, longitude_deg=longitude, height_m=height)


def _position(table: Any, origin: GeodeticOrigin | None) -> F | None:
    """Local metres [3] of what a table places."""
    if not isinstance(table, Mapping):
        return None
    if table.get("position_m") is not None:
        return np.array(_three(table["position_m"]))
    if table.get("position_llh") is not None and origin is not None:
        return local_from_geodetic(origin, [_three(table["position_llh"])])[0]
    return None


def _written(table: Mapping[str, Any]) -> Any:
    return table["position_m"] if table.get("position_m") is not None else table["position_llh"]


def _three(values: Any) -> list[float]:
    return [float(value) for value in (*values, 0.0)][:3]


def _at(table: Any, path: str) -> Any:
    """What stands at a path, `receivers.site[2]`."""
    for step in re.findall(r"[A-Za-z0-9_-]+|\[\d+\]", path):
        if step.startswith("["):
            number = int(step[1:-1])
            table = table[number] if isinstance(table, list) and number < len(table) else None
        else:
            table = table.get(step) if isinstance(table, Mapping) else None
    return table


def _sites(table: Mapping[str, Any], owner: str, origin: GeodeticOrigin | None) -> Iterator[tuple[str, F]]:
    listed = _at(table, "receivers.site") or []
    paths = {"transmitter": ["transmitter"], "receivers": [f"receivers.site[{k}]" for k in range(len(listed))]}
    excluded = set(_at(table, "receivers.exclude") or [])
    for kind, members in {**paths, "target": [path for path, _ in target_tables(table)]}.items():
        kept = [_at(table, path) for path in members if path != owner]
        kept = [each for each in kept if not isinstance(each, Mapping) or each.get("id") not in excluded]
        places = [place for each in kept if (place := _position(each, origin)) is not None]
        yield kind, np.array(places).reshape(-1, 3)


def _notes(table: Mapping[str, Any]) -> Iterator[str]:
    receivers = table.get("receivers", {})
    if receivers.get("random"):
        yield "Receivers are not drawn: their places are random, anew in every trial."
    if receivers.get("file"):
        yield "Receivers are not drawn: the store does not keep the places of the list of sites."
