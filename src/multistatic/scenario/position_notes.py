"""Notes on positions that are valid but probably a mistake: missing heights, latitude and longitude in the wrong order
or with the wrong sign, radians, degrees in a key of metres.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from multistatic.errors import Problem
from multistatic.scenario.area_geojson import AreaFiles
from multistatic.scenario.geodesy import local_from_geodetic
from multistatic.scenario.model import GeodeticOrigin
from multistatic.scenario.resolve import Site
from multistatic.scenario.schema import ScenarioTable
from multistatic.scenario.target_schema import PolygonTable
from multistatic.scenario.target_tables import target_path
from multistatic.units import F

FAR_M = 50e3
_NEARER = 100.0  # another reading is proposed where it brings positions nearer by this factor
_ZERO_IS_ODD_M = 100.0
_DEGREE_LIKE = 0.5  # metres that agree so well with the transmitter's degrees are degrees
_NAMES_AT_MOST = 5
_FOOT_M = 0.3048
_PROJECTED_M = 300e3
_TABLE_TOP_M = 2.0
_STEEP_M = 300.0  # more than all but a few towers
_NO_SITES = ("origin", "receivers.random")

Point = tuple[float, float]
_READINGS: tuple[tuple[str, Callable[[Point], Point]], ...] = (
    ("swapping latitude and longitude", lambda p: (p[1], p[0])),
    ("changing the sign of the longitude", lambda p: (p[0], -p[1])),
    ("changing the sign of the latitude", lambda p: (-p[0], p[1])),
    ("changing both signs", lambda p: (-p[0], -p[1])),
    ("swapping latitude and longitude and changing a sign", lambda p: (-p[1], p[0])),
    ("swapping latitude and longitude and changing a sign", lambda p: (p[1], -p[0])),
    ("reading radians instead of degrees", lambda p: (float(np.degrees(p[0])), float(np.degrees(p[1])))),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A position as the document has it: `entries` of `position_m` or, where `geodetic`, of `position_llh`."""

    name: str
    path: str
    entries: tuple[float, ...]
    geodetic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """Positions that are near the others if their coordinates are read in another way."""

    names: tuple[str, ...]
    path: str
    reference: str
    far_m: tuple[float, float]
    reading: str
    near_m: tuple[float, float]

    def __str__(self) -> str:
        verb = "is" if len(self.names) == 1 else "are"
        return f"{listed(self.names)} {verb} {distance_text(*self.far_m)} from {self.reference}; {self._remedy}"

    @property
    def _remedy(self) -> str:
        them = "it" if len(self.names) == 1 else "them"
        return f"{self.reading} puts {them} {distance_text(*self.near_m)} away"

    def problem(self) -> Problem:
        """The same as a problem, for a document that cannot be used."""
        received = f"a position {distance_text(*self.far_m)} from {self.reference}"
        return Problem(self.path, received, "a position near it", self._remedy)


def written_positions(table: ScenarioTable, sites: Sequence[Site], areas: AreaFiles) -> list[Written]:
    """Every position of a document, the transmitter first, then targets, receivers, scatterers, centre, origin."""
    targets = table.targets
    paths = [target_path(index, len(targets)) for index in range(len(targets))]
    nodes: list[tuple[str, str, Any]] = [("the transmitter", "transmitter", table.transmitter)]
    nodes += [(target_name(each.id, len(targets)), path, each) for path, each in zip(paths, targets, strict=True)]
    nodes += [(f"{site.table.id} ({site.path})", site.path, site.table) for site in sites]
    for i, scatterer in enumerate(table.channel.scatterer):
        nodes.append((f"scatterer {i}", f"channel.scatterer[{i}]", scatterer))
    written = []
    for name, path, node in nodes:
        if node.position_llh is not None:
            written.append(Written(name=name, path=path, entries=tuple(node.position_llh), geodetic=True))
        elif node.position_m is not None:
            written.append(Written(name=name, path=path, entries=tuple(node.position_m), geodetic=False))
    written[1:1] = _corner_of_each(table, areas)
    random = table.receivers.random
    if random is not None and (centre := random.centre_llh or random.centre_m) is not None:
        # Receivers with heights of their own need none of the centre.
        needed = len(centre) < 3 and random.height_m is None
        entries = tuple(centre) if needed else (*centre, 0.0)[:3]
        name, geodetic = "the centre of receivers.random", random.centre_llh is not None
        written.append(Written(name=name, path="receivers.random", entries=entries, geodetic=geodetic))
    if (origin := table.origin) is not None:
        entries = (origin.latitude_deg, origin.longitude_deg, origin.height_m)
        written.append(Written(name="the origin", path="origin", entries=entries, geodetic=True))
    return written


def _corner_of_each(table: ScenarioTable, areas: AreaFiles) -> list[Written]:
    """The first corner of every polygon: where the polygon is read in the wrong order, so is the corner."""
    found = []
    for index, target in enumerate(table.targets):
        area = target.area
        if not isinstance(area, PolygonTable):
            continue
        path = f"{target_path(index, len(table.targets))}.area"
        name = f"the area of {target_name(target.id, len(table.targets))}"
        if area.vertices_m is not None:
            corner, geodetic = _first_corner(area.vertices_m), False
        elif area.vertices_llh is not None:
            corner, geodetic = _first_corner(area.vertices_llh), True
        elif area.file is not None and area.file in areas:
            corner, geodetic = areas[area.file].rings[0][1][0].tolist(), True
        else:
            continue
        found.append(Written(name=name, path=path, entries=tuple(corner[:2]), geodetic=geodetic))
    return found


def _first_corner(written: Any) -> list[float]:
    return list(written[0][0] if isinstance(written[0][0], list) else written[0])


def target_name(name: str, count: int) -> str:
    """What a sentence calls a target: `the target`, or `target drone` where there are several."""
    return "the target" if count == 1 else f"target {name}"


def position_notes(written: Sequence[Written]) -> Iterator[str]:
    """Sentences on positions that are probably a mistake, without those of `misread`."""
    for geodetic in (True, False):
        yield from _height_notes([each for each in written if each.geodetic is geodetic], geodetic)
    yield from _height_unit_notes(written)
    yield from _steep_notes(written)
    yield from _degree_notes(written)
    yield from _elsewhere_notes(written)


def _height_notes(written: Sequence[Written], geodetic: bool) -> Iterator[str]:
    """Positions without a height, or with the height 0, while others have one."""
    given = [each.entries[2] for each in written if len(each.entries) == 3 and each.entries[2] != 0]
    if not given:
        return
    missing = [each.name for each in written if len(each.entries) == 2 and not each.path.endswith(".area")]
    others = f"{np.min(given):g} m" if np.ptp(given) == 0 else f"{np.min(given):g} to {np.max(given):g} m"
    typical = float(np.median(given))
    apart = f"{abs(typical):g} m {'below' if typical > 0 else 'above'} the other positions ({others})"
    if missing:
        kind = "an ellipsoidal height of 0 m" if geodetic else "z = 0 m"
        yield (
            f"no height is given for {listed(missing)}: {kind} is assumed, {apart}, which changes distances, angles "
            "and signal levels"
        )
    zero = [each.name for each in written if len(each.entries) == 3 and each.entries[2] == 0 and each.path != "origin"]
    if zero and geodetic and abs(typical) > _ZERO_IS_ODD_M and min(map(abs, given)) > _ZERO_IS_ODD_M:
        yield f"the height of {listed(zero)} is given as 0 m, {apart}: is the height unknown?"


def _height_unit_notes(written: Sequence[Written]) -> Iterator[str]:
    """Heights of sites that are in kilometres or feet beside those of the others in metres."""
    sites = [each for each in written if each.geodetic and len(each.entries) == 3 and _is_site(each)]
    high = [each for each in sites if each.entries[2] > _ZERO_IS_ODD_M]
    for unit, factor in (("km", 1e3), ("ft", _FOOT_M)):
        odd = [each for each in sites if any(_height_in(factor, each, other) for other in high)]
        if odd:
            height = odd[0].entries[2]
            yield (
                f"the height of {listed([each.name for each in odd])} is hardly in m beside those of the other sites: "
                f"{height:g} {unit} are {factor * height:.4g} m"
            )


def _is_site(one: Written) -> bool:
    return one.path not in _NO_SITES and not one.path.startswith("target")


def _height_in(factor: float, one: Written, other: Written) -> bool:
    """`one` has the height of `other` if a unit of `factor` metres is meant, and stands far above or below as written,
    on no slope that sites stand on.
    """
    height, reference = one.entries[2], other.entries[2]
    apart = abs(height - reference)
    if apart < _ZERO_IS_ODD_M or not 0.8 < factor * height / reference < 1.25:
        return False
    return _away_m(one, other) < apart


def _steep_notes(written: Sequence[Written]) -> Iterator[str]:
    """Positions so far below a site beside them that their heights count from somewhere else, such as the ground.

    Heights that no site has on Earth are named as such (`scenario.notes`).
    """
    stated = [each for each in written if len(each.entries) == 3 and each.entries[2] != 0]
    stated = [each for each in stated if each.path not in _NO_SITES and -500 <= each.entries[2] <= 9000]
    sites = [each for each in stated if _is_site(each) and not each.path.startswith("channel.")]
    for geodetic in (True, False):
        alike = [each for each in stated if each.geodetic is geodetic]
        below = [
            (each, highest, highest.entries[2] - each.entries[2])
            for each in alike
            if (highest := _steeply_above(each, [site for site in sites if site.geodetic is geodetic])) is not None
        ]
        units = [_height_in(factor, one, other) for one, other, _ in below for factor in (1e3, 1 / _FOOT_M)]
        if below and not (geodetic and any(units)):
            drops = [f"{drop:.0f}" for drop in (min(drop for *_, drop in below), max(drop for *_, drop in below))]
            yield (
                f"{listed([each.name for each, _, _ in below])} {'is' if len(below) == 1 else 'are'} "
                f"{' to '.join(dict.fromkeys(drops))} m below {below[0][1].name}, and horizontally nearer than that: "
                f"{'heights are above the ellipsoid' if geodetic else 'z counts from the origin'}, not above the ground"
            )


def _steeply_above(one: Written, sites: Sequence[Written]) -> Written | None:
    """The highest of the sites that are more than 300 m above a position, and less than that away from it."""
    drops = [(site, site.entries[2] - one.entries[2]) for site in sites]
    steep = [site for site, drop in drops if drop > _STEEP_M and _away_m(one, site) < drop]
    return max(steep, key=lambda site: site.entries[2], default=None)


def _away_m(one: Written, other: Written) -> float:
    """The horizontal distance of two positions of one kind."""
    if one.geodetic:
        level = (*other.entries[:2], one.entries[2])
        return float(_distances(one, [level])[0])
    return math.dist(one.entries[:2], other.entries[:2])


def _elsewhere_notes(written: Sequence[Written]) -> Iterator[str]:
    """Notes on latitude and longitude 0, usually an unknown position, and on coordinates of a map projection."""
    degrees = [each for each in written if each.geodetic]
    unknown = [each.name for each in degrees if each.entries[:2] == (0, 0)]
    if unknown and len(unknown) < len(degrees):
        yield (
            f"latitude and longitude of {listed(unknown)} are 0 and 0, in the sea off the coast of "
            "Africa: is the position unknown?"
        )
    mapped = [each for each in written if not each.geodetic and math.hypot(*each.entries[:2]) > _PROJECTED_M]
    if mapped and degrees:
        x_m, y_m = mapped[0].entries[:2]
        yield (
            f"position_m of {listed([each.name for each in mapped])} is far away ({x_m:g}, {y_m:g}): the key is in "
            "metres east and north of the origin, and not in coordinates of a map projection, such as UTM"
        )


def _degree_notes(written: Sequence[Written]) -> Iterator[str]:
    """Latitudes and longitudes in radians, or in keys of metres."""
    degrees = [each for each in written if each.geodetic]
    if degrees and all(abs(each.entries[0]) <= np.pi / 2 and abs(each.entries[1]) <= np.pi for each in degrees):
        yield (
            "every latitude and longitude lies within 1.6° and 3.2° of zero, in the Gulf of Guinea: "
            "the keys are in degrees, not in radians"
        )
    metres = [each for each in written if not each.geodetic]
    orders = [order for other in degrees for order in (other.entries[:2], other.entries[1::-1])]
    alike = [
        each.name
        for each in metres
        if any(np.max(np.abs(np.subtract(each.entries[:2], order))) < _DEGREE_LIKE for order in orders)
        and np.linalg.norm(each.entries[:2]) > 10.0
    ]
    if alike:
        yield (
            f"position_m of {listed(alike)} is in metres, but its numbers are like the latitudes and longitudes of "
            "others: write position_llh for degrees (columns latitude_deg, longitude_deg)"
        )
    if not degrees and len(metres) > 3:
        flat = np.array([each.entries[:2] for each in metres])
        if np.ptp(flat, axis=0).max() < 1.0 and np.hypot(*flat.T).min() > 10.0:
            yield (
                "all positions lie within 1 m of each other and far from (0, 0): are these a latitude and longitude "
                "in degrees (position_llh), or kilometres, in the key position_m?"
            )
        elif np.ptp(flat, axis=0).max() < _TABLE_TOP_M:
            yield (
                f"all positions lie within {np.ptp(flat, axis=0).max():.2g} m of each other: position_m is in metres, "
                "not in kilometres"
            )


def misread(written: Sequence[Written]) -> list[Misread]:
    """Latitudes and longitudes far from the transmitter, or from the origin, that are near it if they are read in
    another way.
    """
    geodetic = [each for each in written if each.geodetic]
    if len(geodetic) < 2:
        return []
    first = next((each for each in geodetic if each.path == "transmitter"), geodetic[-1])
    others = [each for each in geodetic if each is not first]
    far_m = _distances(first, [each.entries for each in others])
    found: dict[str, list[tuple[Written, float, float]]] = {}
    for each, distance in zip(others, far_m, strict=True):
        if distance > FAR_M and (better := _better_reading(first, each, float(distance))) is not None:
            found.setdefault(better[0], []).append((each, float(distance), better[1]))
    near = [each for each, distance in zip(others, far_m, strict=True) if distance <= FAR_M]
    if len(others) > 1 and not near and len(found) == 1:
        # All others agree with each other: it is this one that has been written in another way.
        alone = _better_reading(others[0], first, float(far_m[0]))
        if alone is not None:
            ends = (float(far_m[0]),) * 2
            return [
                Misread(
                    names=(first.name,),
                    path=first.path,
                    reference=listed([each.name for each in others]),
                    far_m=ends,
                    reading=alone[0].replace("swapping latitude", "swapping its latitude"),
                    near_m=(alone[1],) * 2,
                )
            ]
    return [
        Misread(
            names=tuple(each.name for each, _, _ in group),
            path=group[0][0].path,
            reference=first.name,
            far_m=(min(far for _, far, _ in group), max(far for _, far, _ in group)),
            reading=reading,
            near_m=(min(near for _, _, near in group), max(near for _, _, near in group)),
        )
        for reading, group in found.items()
    ]


def _better_reading(reference: Written, one: Written, distance_m: float) -> tuple[str, float] | None:
    """The reading of a position that puts it much nearer to `reference`, and how near."""
    for words, reading in _READINGS:
        latitude, longitude = reading((one.entries[0], one.entries[1]))
        if abs(latitude) <= 90 and -180 <= longitude <= 360:
            near = float(_distances(reference, [(latitude, longitude, *one.entries[2:])])[0])
            if near < min(FAR_M, distance_m / _NEARER):
                return words, near
    return None


def _distances(reference: Written, entries: Sequence[Sequence[float]]) -> F:
    """Distances [n] in m of positions in latitude, longitude, height; a height that is missing is the reference's."""
    height = reference.entries[2] if len(reference.entries) > 2 else 0.0
    origin = GeodeticOrigin(latitude_deg=reference.entries[0], longitude_deg=reference.entries[1], height_m=height)
    distances: F = np.linalg.norm(local_from_geodetic(origin, [(*each, height)[:3] for each in entries]), axis=1)
    return distances


def listed(names: Sequence[str]) -> str:
    """`a, b and c`; of many the first five and how many more."""
    if len(names) > _NAMES_AT_MOST:
        return f"{', '.join(names[:_NAMES_AT_MOST])} and {len(names) - _NAMES_AT_MOST} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def distance_text(low_m: float, high_m: float) -> str:
    """A distance, or a range of distances, in whole metres or kilometres."""
    scale, unit = (1e3, "km") if low_m >= 1e4 else (1.0, "m")
    ends = [f"{value / scale:.0f}" if value / scale >= 10 else f"{value / scale:.2g}" for value in (low_m, high_m)]
    return f"{' to '.join(dict.fromkeys(ends))} {unit}"
