"""Areas from GeoJSON: every form that RFC 7946 has for polygons, and what keeps a file from being an area."""

from __future__ import annotations

import json

import numpy as np
import pytest

from multistatic.errors import ScenarioError
from multistatic.scenario.area_geojson import read_area

OUTER = [[13.40, 52.50], [13.41, 52.50], [13.41, 52.51], [13.40, 52.51], [13.40, 52.50]]
HOLE = [[13.402, 52.502], [13.402, 52.504], [13.404, 52.504], [13.404, 52.502], [13.402, 52.502]]
POLYGON = {"type": "Polygon", "coordinates": [OUTER, HOLE]}


def moved(ring, by):
    return [[x + by, y, *rest] for x, y, *rest in ring]


@pytest.mark.parametrize(
    ("document", "rings"),
    [
        (POLYGON, 2),
        ({"type": "MultiPolygon", "coordinates": [[OUTER, HOLE], [moved(OUTER, 0.1)]]}, 3),
        ({"type": "Feature", "properties": None, "geometry": POLYGON}, 2),
        ({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": POLYGON}]}, 2),
        ({"type": "GeometryCollection", "geometries": [POLYGON]}, 2),
        ({**POLYGON, "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}}, 2),
    ],
)
def test_forms(document, rings):
    found = read_area("a.geojson", "\ufeff" + json.dumps(document)).rings
    assert len(found) == rings
    corners = {tuple(corner) for corner in found[0][1].tolist()}
    assert corners == {(y, x) for x, y in OUTER}  # latitude first, and closed by itself


def test_heights_are_kept():
    ring = [[x, y, 80.0 + i % 4] for i, (x, y) in enumerate(OUTER)]
    ((_, corners),) = read_area("a.geojson", json.dumps({"type": "Polygon", "coordinates": [ring]})).rings
    assert sorted(corners[:, 2]) == [80.0, 81.0, 82.0, 83.0]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "a GeoJSON document"),
        ("[" * 100_000, "a GeoJSON document"),
        ([], "a GeoJSON object"),
        ({"type": "FeatureCollection", "features": []}, "no polygon"),
        ({"type": "FeatureCollection", "features": 3}, "a list"),
        ({"type": "Point", "coordinates": [13.4, 52.5]}, "a Polygon or MultiPolygon"),
        ({"type": "Polygon"}, "a list of rings"),
        ({**POLYGON, "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}}, "delete the member crs"),
        ({"type": "Feature", "geometry": {**POLYGON, "crs": {}}}, "delete the member crs"),
        (polygon(OUTER[:-1]), "not closed"),
        (polygon(OUTER[:3]), "four positions or more"),
        (polygon([[y, x] for x, y in moved(OUTER, 100.0)]), "latitude and longitude swapped"),
        (polygon([[1e5 * x, 1e5 * y] for x, y in OUTER]), "metres of a projected crs"),
        (polygon([OUTER[0], OUTER[2], OUTER[1], OUTER[3], OUTER[0]]), "cross"),
        (polygon(OUTER, moved(HOLE, 0.0075)), "cross"),
        (polygon(OUTER, moved(HOLE, 0.1)), "outside of its polygon"),
        ({"type": "MultiPolygon", "coordinates": [[OUTER], [HOLE]]}, "inside of another"),
        ({"type": "MultiPolygon", "coordinates": [[OUTER], [moved(OUTER, 0.005)]]}, "cross"),
        (polygon([[179.9, 1.0], [-179.9, 1.0], [-179.9, 2.0], [179.9, 2.0], [179.9, 1.0]]), "antimeridian"),
        (polygon([[13.4, 52.5, 1.0], *OUTER[1:]]), "heights at some corners"),
        (polygon([[13.4, "52.5"], *OUTER[1:]]), r"\[longitude, latitude\]"),
        (polygon([[13.4, float("nan")], *OUTER[1:]]), r"\[longitude, latitude\]"),
        (polygon([[13.4, 10**4000], *OUTER[1:]]), r"\[longitude, latitude\]"),
    ],
)
def test_what_is_no_area_is_named_with_its_place(document, words):
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(ScenarioError, match=words) as caught:
        read_area("a.geojson", text)
    assert all(problem.path.startswith("a.geojson") for problem in caught.value.problems)


def test_too_many_corners():
    angle = np.linspace(0.0, 2 * np.pi, 3000)[:-1]
    ring = np.stack([13.4 + 0.01 * np.cos(angle), 52.5 + 0.01 * np.sin(angle)], axis=1).tolist()
    with pytest.raises(ScenarioError, match="at most 2000 corners"):
        read_area("a.geojson", json.dumps(polygon([*ring, ring[0]])))
