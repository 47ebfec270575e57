"""Site lists, CSV and GeoJSON; latitude, longitude and height against the geodesic distances of pyproj."""

import json
import sys

import numpy as np
import pyproj
import pytest

from multistatic.errors import InputError, MissingDependencyError, Problem, ScenarioError
from multistatic.scenario.geodesy import geodetic_from_local, local_from_geodetic
from multistatic.scenario.model import GeodeticOrigin
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.write import resolved_toml
from tests.support.close import assert_close, close_to
from tests.support.scenario_helpers import MINIMAL

ORIGIN = GeodeticOrigin(latitude_deg=52.5219, longitude_deg=13.4132, height_m=75.0)
HEAD, REST = MINIMAL.split("[[receivers.site]]")[0], MINIMAL[MINIMAL.index("[target]") :]
GEODETIC = "[origin]\nlatitude_deg = 52.5219\nlongitude_deg = 13.4132\nheight_m = 75\n"


def read(name: str, content: str, extra: str = ""):
    text = f'{HEAD}\n[receivers]\nfile = "{name}"\nantennas = 2\n{REST}\n{extra}'

    def read_text(wanted: str) -> str:
        if wanted != name:
            raise InputError([Problem(wanted, "nothing", "a file")])
        return content

    return parse_scenario(text, read_text=read_text)


def problems(name: str, content: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        read(name, content)
    return str(caught.value)


# --- CSV -----------------------------------------------------------------------------------------------------------


def test_csv_in_local_metres():
    content = "id,x_m,y_m,z_m,antennas,rate_bps_hz,remark\nnorth,1.5,2,3,4,1.25,on a roof\n\n17,4,5,,,,\n"
    scenario = read("sites.csv", content)
    assert scenario.receiver_ids == ("north", "17")
    assert scenario.receiver_positions_m.tolist() == [[1.5, 2, 3], [4, 5, 0]]
    assert [receiver.array.size for receiver in scenario.receivers] == [4, 2]
    assert scenario.rate_required_bps_hz.tolist() == [1.25, 0]


def test_csv_in_latitude_and_longitude():
    content = "\ufeffid, latitude_deg, longitude_deg, height_m\r\na,52.5219,13.4132,85\r\nb,52.5230,13.4132,75\r\n"
    scenario = read("sites.csv", content, GEODETIC)
    assert_close(scenario.receiver_positions_m[0], [0, 0, 10], abs=1e-6)
    assert scenario.receiver_positions_m[1, 1] == close_to(122.4, abs=0.1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no column id"),
        ("id,x_m,y_m\n", "at least one row"),
        ("id,x_m\na,1\n", "columns x_m and y_m"),
        ("x_m,y_m\n1,2\n", "no column id"),
        ("id,x_m,y_m,antenas\na,1,2,3\n", "did you mean antennas?"),
        ("id,x_m,y_m,x_m\na,1,2,3\n", "'x_m' twice"),
        ("id,x_m,y_m\na,1\n", "line 2: received 2 cells"),
        ("id,x_m,y_m\na,one,2\n", "line 2.x_m: received 'one', expected a number"),
        ("id,x_m,y_m\na,nan,2\n", "line 2.x_m: received 'nan', expected a number (leave the cell empty"),
        ("id,x_m,y_m\na,1,\n", "line 2: position_m"),
        ("id,x_m,y_m\n,1,2\n", "line 2: id: received nothing"),
        ("id,x_m,y_m\na,1,2\na,3,4\n", "line 3.id: received 'a', expected a unique id"),
        ("id,x_m,y_m\na,1,2\nb,0,0\n", "line 3.position_m"),
        ("id,x_m,y_m\na,20,40\n", "expected another position"),
        ("id,x_m,y_m,antennas\na,1,2,2.5\n", "antennas: received 2.5, expected a whole number"),
        ("id,x_m,y_m,latitude_deg,longitude_deg\na,1,2,3,4\n", "only one of position_m, position_llh"),
        ("id,latitude_deg,longitude_deg\na,1,2\n", "[origin]"),
        ('id,x_m,y_m\n"a,1,2\n', "comma-separated values"),
        ("id,x_m,y_m\n\x00,1,2\n", "sites.csv"),
        (
            "id,lat,lon,alt\na,1,2,3\n",
            "line 1: received column 'lat', expected a known column (did you mean latitude_deg?)",
        ),
        ("id,lat,lon,alt\na,1,2,3\n", "(did you mean longitude_deg?)"),
        (
            "id,latitude_deg,longitude_deg,altitude\na,1,2,3\n",
            "column 'altitude', expected a known column (did you mean height_m?)",
        ),
        ("id,X,Y\na,1,2\n", "column 'X', expected a known column (did you mean x_m?)"),
    ],
)
def test_csv_problems_are_named(content, words):
    assert words in problems("sites.csv", content)


def test_a_column_of_another_name_is_named_once():
    said = problems("sites.csv", "id,latitude_deg,longitude_deg,height\na,1,2,3\n")
    assert said.count("column 'height'") == 1
    assert "did you mean height_m?" in said


# --- GeoJSON -------------------------------------------------------------------------------------------------------


def feature(*, coordinates=None, identity=None, **properties):
    geometry = None if coordinates is None else {"type": "Point", "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties} | (
        {} if identity is None else {"id": identity}
    )


def collection(*features) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


def test_geojson_has_longitude_first():
    content = collection(
        feature(coordinates=[13.4132, 52.5230, 80.0], identity=7, antennas=3),
        feature(
            coordinates=[13.4140, 52.5219],
            id="b",
            height_m=76.0,
            name="anything",
            array={"kind": "upa", "shape": [2, 2]},
        ),
        feature(id="c", x_m=3.0, y_m=4.0, z_m=5.0, rate_bps_hz=1.5),
    )
    scenario = read("sites.geojson", content, GEODETIC)
    assert scenario.receiver_ids == ("7", "b", "c")
    assert [receiver.array.size for receiver in scenario.receivers] == [3, 4, 2]
    north, east, local = scenario.receiver_positions_m
    assert north == close_to([0, 122.4, 5], abs=0.1)
    assert east == close_to([54.3, 0, 1], abs=0.1)
    assert local.tolist() == [3, 4, 5]
    assert scenario.rate_required_bps_hz.tolist() == [0, 0, 1.5]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "a GeoJSON document"),
        ("[" * 100_000, "a GeoJSON document"),
        ("[]", "a GeoJSON FeatureCollection"),
        ("{}", "a GeoJSON FeatureCollection"),
        (collection(), "at least one row"),
        (collection(3), "features[0]"),
        (collection({"type": "Feature", "properties": 3}), "features[0]"),
        (collection({"type": "Feature", "geometry": {"type": "LineString"}}), "a GeoJSON Point"),
        (collection(feature(coordinates="x", id="a")), "features[0]: position_llh"),
        (collection(feature(coordinates=[1, 2, 3, 4], id="a")), "features[0]: position_llh"),
        (
            collection(feature(coordinates=[1, 95], id="a")),
            "[longitude, latitude] in degrees (latitude and longitude swapped?)",
        ),
        (collection(feature(coordinates=[1, 2])), "features[0]: id: received nothing"),
        (collection(feature(id="a")), "position_m or position_llh"),
        (collection(feature(x_m=1, y_m=2, id="a", antenna=3)), "did you mean antennas?"),
    ],
)
def test_geojson_problems_are_named(content, words):
    assert words in problems("sites.geojson", content)


# --- latitude, longitude, height -----------------------------------------------------------------------------------


def test_short_distances_are_geodesic_ones():
    """At the origin's height a chord of 1 km is as long as the geodesic, enlarged by h/R, to 2 parts in 1e6."""
    geod = pyproj.Geod(ellps="WGS84")
    for azimuth in range(0, 360, 30):
        longitude, latitude, _ = geod.fwd(ORIGIN.longitude_deg, ORIGIN.latitude_deg, azimuth, 1000.0)
        x, y, z = local_from_geodetic(ORIGIN, [latitude, longitude, ORIGIN.height_m])[0]
        assert np.hypot(x, y) == close_to(1000.0 * (1 + 75.0 / 6.38e6), rel=2e-6)
        assert np.degrees(np.arctan2(x, y)) % 360 == close_to(azimuth, abs=1e-3)
        assert z == close_to(-(1000.0**2) / (2 * 6.38e6), rel=0.01)


def test_up_is_the_normal_of_the_ellipsoid():
    above = local_from_geodetic(ORIGIN, [ORIGIN.latitude_deg, ORIGIN.longitude_deg, 1075.0])[0]
    assert above == close_to([0, 0, 1000], abs=1e-6)


def test_distances_are_those_between_geocentric_coordinates():
    rng = np.random.default_rng(5)
    llh = np.column_stack([52.5 + 0.05 * rng.random(8), 13.4 + 0.05 * rng.random(8), 200 * rng.random(8)])
    geocentric = np.stack(pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978").transform(*llh.T), axis=1)
    local = local_from_geodetic(ORIGIN, llh)
    expected = np.linalg.norm(geocentric[:, None] - geocentric, axis=-1)
    assert_close(np.linalg.norm(local[:, None] - local, axis=-1), expected, abs=3e-6)


def test_there_and_back():
    llh = np.array([[52.53, 13.40, 30.0], [52.51, 13.45, 120.0]])
    assert_close(geodetic_from_local(ORIGIN, local_from_geodetic(ORIGIN, llh)), llh, abs=1e-5)


def test_origin_defaults_to_the_transmitter():
    text = MINIMAL.replace("position_m = [0, 0]", "position_llh = [52.5219, 13.4132, 75]")
    text = text.replace("position_m = [20, 40]", "position_llh = [52.5230, 13.4132, 75]")
    scenario = parse_scenario(text)
    assert scenario.origin.height_m == 75.0
    assert scenario.transmitter.position_m.tolist() == [0, 0, 0]
    assert scenario.target.position_m == close_to([0, 122.4, 0], abs=0.1)


def test_positions_from_both_worlds_need_an_origin():
    text = MINIMAL.replace("position_m = [20, 40]", "position_llh = [52.5230, 13.4132, 75]")
    with pytest.raises(ScenarioError, match="origin"):
        parse_scenario(text)
    assert parse_scenario(text + GEODETIC).target.position_m[1] == close_to(122.4, abs=0.1)


def test_a_target_on_the_other_side_of_the_world_is_out_of_range():
    text = MINIMAL.replace("position_m = [20, 40]", "position_llh = [-52.5219, -166.5868, 0]") + GEODETIC
    with pytest.raises(ScenarioError, match=r"target\.position: .* ±1e\+07 m"):
        parse_scenario(text)


def test_without_pyproj_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyproj", None)
    with pytest.raises(MissingDependencyError, match=r"latitude and longitude needs pyproj, .* pip install pyproj"):
        local_from_geodetic(ORIGIN, [52, 13, 0])


# --- coordinate reference systems, ids, sites left out -------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "urn:ogc:def:crs:EPSG::3857",
        "urn:ogc:def:crs:EPSG::4326",
        "EPSG:25832",
        "urn:ogc:def:crs:OGC:1.3:CRS83",
        None,
    ],
)
def test_another_crs_is_refused_by_name(name):
    document = json.loads(collection(feature(coordinates=[13.4132, 52.5230, 80.0], identity="a")))
    document["crs"] = {"type": "name", "properties": {"name": name}}
    said = problems("sites.geojson", json.dumps(document))
    assert "sites.geojson crs: received" in said
    assert (name or "crs") in said
    assert "RFC 7946" in said


def test_a_linked_crs_is_refused():
    document = json.loads(collection(feature(coordinates=[13.4132, 52.5230, 80.0], identity="a")))
    document["crs"] = {"type": "link", "properties": {"href": "data.crs", "type": "proj4"}}
    assert "sites.geojson crs: received" in problems("sites.geojson", json.dumps(document))


@pytest.mark.parametrize(
    "crs", [None, "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "OGC:CRS84", "OGC:CRS84h"]
)
def test_longitude_first_on_wgs_84_is_what_geojson_is(crs):
    document = json.loads(collection(feature(coordinates=[13.4132, 52.5219, 85.0], identity="a")))
    document["crs"] = crs and {"type": "name", "properties": {"name": crs}}
    scenario = read("sites.geojson", json.dumps(document), GEODETIC)
    assert scenario.receiver_positions_m[0] == close_to([0, 0, 10], abs=1e-6)


def test_metres_in_a_geojson_point_at_the_crs():
    said = problems("sites.geojson", collection(feature(coordinates=[1288200.0, 6129700.0], identity="a")))
    assert "metres of a projected crs?" in said
    assert "received [1288200.0, 6129700.0]" in said


@pytest.mark.parametrize(
    ("one", "ids"),
    [
        ({"id": 1, "properties": {}}, ("1",)),
        ({"properties": {"id": 1}}, ("1",)),
        ({"id": "1", "properties": {"id": None}}, ("1",)),
        ({"id": None, "properties": {"id": "1"}}, ("1",)),
    ],
)
def test_an_id_is_text_or_a_whole_number_of_the_feature_or_a_property(one, ids):
    point = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [13.4132, 52.5230, 80.0]}}
    content = json.dumps({"type": "FeatureCollection", "features": [{**point, **one}]})
    assert read("sites.geojson", content, GEODETIC).receiver_ids == ids


@pytest.mark.parametrize("one", [{"id": None, "properties": {}}, {"properties": {"id": None}}, {"properties": None}])
def test_null_is_no_id(one):
    point = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [13.4132, 52.5230, 80.0]}}
    content = json.dumps({"type": "FeatureCollection", "features": [{**point, **one}]})
    assert "features[0]: id: received nothing" in problems("sites.geojson", content)


@pytest.mark.parametrize("identity", [True, 1.5, [1]])
def test_what_is_neither_text_nor_a_whole_number_is_no_id(identity):
    content = collection(feature(coordinates=[13.4132, 52.5230, 80.0], id=identity))
    assert "features[0]: id: received" in problems("sites.geojson", content)


LISTED = "id,x_m,y_m\nnorth,1.5,20\nsouth,4,-5\nwest,-30,1\n"


def without(*ids: str, text: str = "", sites: str = LISTED):
    names = json.dumps(list(ids))
    document = f'{HEAD}\n[receivers]\nfile = "s.csv"\nexclude = {names}\n{REST}\n{text}'
    return parse_scenario(document, read_text=lambda name: sites)


def test_a_site_of_a_list_is_left_out():
    scenario = without("south")
    assert scenario.receiver_ids == ("north", "west")
    assert scenario.receiver_positions_m.tolist() == [[1.5, 20, 0], [-30, 1, 0]]
    assert parse_scenario(resolved_toml(scenario)).receiver_ids == ("north", "west")


def test_a_listed_or_drawn_receiver_is_left_out_and_the_others_stay():
    complete = parse_scenario(MINIMAL, overrides=["receivers.random={count=5,radius_m=[5,90]}"])
    random = "receivers.random={count=5,radius_m=[5,90]}"
    some = parse_scenario(MINIMAL, overrides=[random, 'receivers.exclude=["a","rx2","rx5"]'])
    assert some.receiver_ids == ("b", "rx1", "rx3", "rx4")
    kept = [complete.receiver_ids.index(name) for name in some.receiver_ids]
    np.testing.assert_array_equal(some.receiver_positions_m, complete.receiver_positions_m[kept])


def test_two_sites_at_one_place_are_none_where_one_is_left_out():
    assert without("south", sites=LISTED.replace("4,-5", "1.5,20")).receiver_ids == ("north", "west")


@pytest.mark.parametrize(
    ("ids", "text", "words"),
    [
        (("suth",), "", "receivers.exclude[0]: received 'suth', expected the id of a receiver (did you mean south?)"),
        (("north", "south", "west"), "", "receivers.exclude: received every receiver, expected at least one"),
        (
            ("west",),
            "[design]\ngiven = ['west']",
            "design.given[0]: received 'west', expected the id of a receiver (rec",
        ),
        (
            ("west",),
            "[requirements]\nrate_bps_hz = { west = 1, default = 0 }",
            "requirements.rate_bps_hz.west: received 'west', expected the id of a receiver, or default "
            "(receivers.exclude excludes this receiver)",
        ),
        (("west",), "[design]\nreceivers = 3", "design.receivers: received 3, expected at most 2"),
    ],
)
def test_what_cannot_be_left_out_is_named(ids, text, words):
    with pytest.raises(ScenarioError) as caught:
        without(*ids, text=text)
    assert words in str(caught.value)


def test_the_message_of_a_site_at_the_target_shows_what_was_written():
    said = problems("sites.csv", "id,x_m,y_m\na,48.5,11.5\nb,20.0,40\n")
    assert (
        "line 3.position_m: received [20.0, 40], expected another position (target.position_m has the same one" in said
    )


# --- what would be dropped or read as something else ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("id,latitude_deg,longitude_deg,z_m", "z_m, expected height_m"),
        ("id,x_m,y_m,height_m", "height_m, expected z_m"),
    ],
)
def test_a_height_of_the_other_kind_of_position_is_not_dropped(header, words):
    assert words in problems("sites.csv", f"{header}\na,48.1,11.5,20\n")


def test_a_number_beyond_doubles_is_shown_as_it_is_written():
    said = problems("sites.csv", "id,x_m,y_m,z_m\na,1,2,1e400\n")
    assert "received '1e400', expected a finite number" in said
    assert "inf" not in said.replace("infinity", "")


def test_unknown_is_spelled_in_small_letters():
    said = problems("sites.csv", "id,x_m,y_m,clock_offset_std_s\na,1,2,Unknown\n")
    assert '"unknown" in small letters' in said


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"latitude_deg": 48.2}, "latitude_deg = 48.2, but 48.1 in the coordinates"),
        ({"longitude_deg": 11.4}, "longitude_deg = 11.4, but 11.5 in the coordinates"),
        ({"height_m": 20.0}, "height_m = 20.0, but 545.0 in the coordinates"),
        ({"z_m": 20.0}, "z_m beside coordinates"),
    ],
)
def test_properties_that_contradict_the_geometry_are_refused(properties, words):
    one = feature(coordinates=[11.5, 48.1, 545.0], identity="a", **properties)
    assert words in problems("sites.geojson", collection(one))


def test_properties_that_repeat_the_geometry_are_fine():
    repeated = {"latitude_deg": 48.1, "longitude_deg": 11.5, "height_m": 545.0, "altitude": 20.0}
    one = feature(coordinates=[11.5, 48.1, 545.0], identity="a", **repeated)
    assert read("sites.geojson", collection(one), extra="[origin]\nlatitude_deg = 48.1\nlongitude_deg = 11.5\n")


def test_a_height_under_another_name_beside_two_coordinates_is_refused():
    one = feature(coordinates=[11.5, 48.1], identity="a", altitude=545.0)
    assert "did you mean height_m?" in problems("sites.geojson", collection(one))


@pytest.mark.parametrize("kind", ["MultiPoint", "Polygon", "GeometryCollection"])
def test_a_geometry_that_is_no_point_is_named(kind):
    one = {"type": "Feature", "id": "a", "properties": {}, "geometry": {"type": kind, "coordinates": []}}
    assert f"received '{kind}', expected a GeoJSON Point" in problems("sites.geojson", collection(one))


def test_a_crs_without_a_name_is_not_called_none():
    crs = {"type": "link", "properties": {"href": "http://example.org/crs", "type": "proj4"}}
    content = json.dumps({"type": "FeatureCollection", "crs": crs, "features": []})
    said = problems("sites.geojson", content)
    assert "a crs without a name" in said
    assert "None" not in said
