"""Input that is valid and may not be meant: a sentence that names it, and none for scenarios that are meant."""

import json
from pathlib import Path

import pytest

from multistatic.errors import ScenarioError
from multistatic.files.scenario_file import load_preset, load_scenario
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.preset import preset_names, preset_text
from multistatic.scenario.write import resolved_toml
from tests.support.scenario_helpers import MINIMAL

MUNICH = """
[radio]
carrier_hz = 3.6e9
bandwidth_hz = 100e6
samples = 65536

[transmitter]
position_llh = [48.13720, 11.57560, 560.0]
antennas = 8
power_dbm = 40.0

[receivers]
file = "NAME"

[target]
position_llh = [48.13900, 11.57700, 600.0]
velocity_m_s = [5.0, 3.0, 0.0]

[channel]
path_loss_exponent = 2.0
noise_figure_db = 7.0
"""
CSV = "id,latitude_deg,longitude_deg,height_m\nalpha,48.1381,11.5739,545.0\nbeta,48.1365,11.5790,548.5\n"
EXAMPLES = Path(__file__).parents[3] / "examples"


def notes(text: str, *overrides: str) -> str:
    found: list[str] = []
    parse_scenario(text, overrides=overrides, on_note=found.append)
    return "\n".join(found)


def listed(content: str, name: str = "sites.csv", *, overrides: tuple[str, ...] = ()) -> str:
    """The notes on a network over Munich with this site list."""
    found: list[str] = []
    text = MUNICH.replace("NAME", name)
    parse_scenario(text, overrides=overrides, read_text=lambda name: content, on_note=found.append)
    return "\n".join(found)


def points(*coordinates: list[float] | None, **properties: float) -> str:
    features = [
        {
            "type": "Feature",
            "id": f"site {i}",
            "geometry": None if each is None else {"type": "Point", "coordinates": each},
            "properties": properties if each is None else {},
        }
        for i, each in enumerate(coordinates)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


# --- what is meant -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", preset_names())
def test_presets_need_no_note(name):
    assert notes(preset_text(name)) == ""


@pytest.mark.parametrize("name", [path.name for path in sorted(EXAMPLES.glob("*.toml"))])
def test_examples_need_no_note(name):
    found: list[str] = []
    load_scenario(EXAMPLES / name, on_note=found.append)
    assert found == []


def test_a_good_list_needs_no_note():
    assert listed(CSV) == ""
    assert listed(points([11.5739, 48.1381, 545.0], [11.579, 48.1365, 548.5]), "sites.geojson") == ""


def test_heights_that_are_nowhere_given_need_no_note():
    text = MUNICH.replace(", 560.0]", "]").replace(", 600.0]", "]").replace("NAME", "sites.csv")
    found: list[str] = []
    content = "id,latitude_deg,longitude_deg\nalpha,48.1381,11.5739\n"
    parse_scenario(text, read_text=lambda name: content, on_note=found.append)
    assert found == []


# --- heights -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (CSV.replace("545.0", ""), "sites.csv"),
        (points([11.5739, 48.1381], [11.579, 48.1365, 548.5]).replace("site 0", "alpha"), "sites.geojson"),
    ],
)
def test_a_height_that_is_missing_among_others_is_named(content, name):
    said = listed(content, name)
    assert "no height is given for alpha (sites." in said
    assert "ellipsoidal height of 0 m is assumed, 560 m below the other positions (548.5 to 600 m)" in said
    assert "beta" not in said


def test_a_column_of_heights_that_is_missing_names_every_row():
    said = listed("id,latitude_deg,longitude_deg\nalpha,48.1381,11.5739\nbeta,48.1365,11.5790\n")
    assert "no height is given for alpha (sites.csv line 2) and beta (sites.csv line 3)" in said


def test_a_transmitter_or_target_without_height_is_named():
    assert "no height is given for the transmitter" in listed(
        CSV, overrides=("transmitter.position_llh=[48.1372,11.5756]",)
    )
    assert "no height is given for the target" in listed(CSV, overrides=("target.position_llh=[48.139,11.577]",))


def test_local_heights_that_are_missing_are_named():
    said = listed(points(None, None, x_m=30.0, y_m=40.0).replace("40.0", '40.0, "z_m": 7.0', 1), "sites.geojson")
    assert "no height is given for site 1 (sites.geojson features[1]): z = 0 m is assumed, 7 m below" in said


def test_a_height_of_zero_among_high_ones_is_doubted():
    said = listed(CSV.replace("545.0", "0"))
    assert "the height of alpha (sites.csv line 2) is given as 0 m, 560 m below" in said


# --- latitude and longitude ----------------------------------------------------------------------------------------

SWAPPED = "id,latitude_deg,longitude_deg,height_m\nalpha,11.5739,48.1381,545.0\nbeta,11.5790,48.1365,548.5\n"


def test_swapped_columns_are_named_with_both_distances():
    said = listed(SWAPPED)
    assert "alpha (sites.csv line 2) and beta (sites.csv line 3) are 5135 to 5136 km from the transmitter" in said
    assert "swapping latitude and longitude puts them 162 to 265 m away" in said


def test_a_geojson_with_latitude_first_is_named():
    said = listed(points([48.1381, 11.5739, 545.0], [11.579, 48.1365, 548.5]), "sites.geojson")
    assert "site 0 (sites.geojson features[0]) is 5136 km from the transmitter; swapping latitude and longitude" in said
    assert "site 1" not in said


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("target.position_llh=[11.577,48.139,600]", "the target is 5136 km from the transmitter; swapping"),
        ("transmitter.position_llh=[11.5756,48.1372,560]", "the transmitter is 5136 km from the target, alpha"),
        ("origin={latitude_deg=11.5756,longitude_deg=48.1372,height_m=560}", "the origin is 5136 km"),
        ("target.position_llh=[48.139,-11.577,600]", "changing the sign of the longitude puts it 229 m away"),
        ("target.position_llh=[-48.139,11.577,600]", "changing the sign of the latitude puts it 229 m away"),
        ("target.position_llh=[0.840184,0.202057,600]", "reading radians instead of degrees puts it"),
    ],
)
def test_one_position_that_is_misread_is_named(override, words):
    assert words in listed(CSV, overrides=(override,))


def test_a_swapped_centre_of_random_receivers_is_named():
    random = "random={count=2,radius_m=[10,20],centre_llh=[11.5756,48.1372,560]}"
    text = MUNICH.replace('file = "NAME"', random)
    assert "the centre of receivers.random is 5136 km from the transmitter; swapping" in notes(text)


def test_swapped_positions_that_are_out_of_range_are_named_as_such():
    """From New York the swapped place is on the other side of the earth, beyond the largest coordinate."""
    text = MUNICH.replace("48.13720, 11.57560", "40.7, -74.0").replace("48.13900, 11.57700", "40.701, -74.0")
    content = "id,latitude_deg,longitude_deg,height_m\na,-74.001,40.701,545.0\n"
    with pytest.raises(
        ScenarioError, match=r"11777 km from the transmitter.*swapping latitude and longitude puts it 140 m"
    ):
        parse_scenario(text.replace("NAME", "s.csv"), read_text=lambda name: content)
    with pytest.raises(ScenarioError, match=r"received \[-74.001, 40.701, 545.0\], which is \[.*\] in local metres"):
        parse_scenario(text.replace("NAME", "s.csv"), read_text=lambda name: content)


def test_the_message_of_a_site_at_the_target_shows_the_three_numbers_that_were_written():
    with pytest.raises(
        ScenarioError, match=r"line 4\.position_llh: received \[48\.139, 11\.577, 600\], expected another pos"
    ):
        listed(CSV + "gamma,48.139,11.577,600\n")


@pytest.mark.parametrize(
    ("llh", "words"),
    [
        ("[139.7, 35.6, 40.0]", "received [139.7, 35.6, 40.0], expected a latitude from -90 to 90 degrees first"),
        ("[139.7, 35.6]", "(latitude and longitude swapped?)"),
        ("[5333000.0, 691000.0]", "metres of a projection?"),
    ],
)
def test_a_latitude_that_is_none_has_its_likely_cause(llh, words):
    with pytest.raises(ScenarioError) as caught:
        listed(CSV, overrides=(f"target.position_llh={llh}",))
    assert words in str(caught.value)


def test_radians_are_named():
    text = MUNICH.replace("48.13720, 11.57560", "0.840152, 0.202032").replace(
        "48.13900, 11.57700", "0.840184, 0.202057"
    )
    content = "id,latitude_deg,longitude_deg,height_m\na,0.840168,0.202003,545.0\n"
    found: list[str] = []
    parse_scenario(text.replace("NAME", "s.csv"), read_text=lambda name: content, on_note=found.append)
    assert "Gulf of Guinea" in "\n".join(found)


def test_degrees_in_a_key_of_metres_are_named():
    content = "id,x_m,y_m,z_m\nalpha,48.1381,11.5739,545.0\n"
    assert "position_m of alpha (sites.csv line 2) is in metres, but its numbers are like the latitudes" in listed(
        content
    )
    text = MUNICH.replace("position_llh", "position_m").replace("NAME", "s.csv")
    found: list[str] = []
    more = content + "beta,48.1365,11.5790,548.5\n"
    parse_scenario(text, read_text=lambda name: more, on_note=found.append)
    assert "all positions lie within 1 m of each other" in "\n".join(found)


def test_positions_beyond_the_horizon_are_named():
    """sqrt(2·4/3·R·h) for either end; the target is at 100 m, so 150 m counts: 29.1 + 50.5 km."""
    said = notes(MINIMAL, "target.position_m=[300e3,0,100]")
    assert "the target is 300 km from the transmitter, beyond the radio horizon of 80 km for their heights" in said
    assert "a and b are 300 km from the target, beyond the radio horizon of 80 km for their heights" in said
    assert "horizon" not in notes(MINIMAL, "target.position_m=[70e3,0,100]")


# --- units ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("radio.carrier_hz=3500", "3500 MHz would be 3.5e+09"),
        ("radio.carrier_hz=3.5e12", "lies above all radio bands"),
        ("radio.bandwidth_hz=100", "bandwidth_hz = 100 Hz means a time slot of 0.005 s"),
        ("radio.bandwidth_hz=100", "100 MHz would be bandwidth_hz = 100e6"),
        ("radio.symbol_rate_hz=200", "symbol_rate_hz = 200 Hz means a time slot of 0.005 s"),
        ("radio.symbol_rate_hz=200", "200 MHz would be symbol_rate_hz = 200e6"),
        (
            "radio.bandwidth_hz=3e9",
            "bandwidth_hz = 3e+09 Hz means 6e+09 symbols per second, a band wider than the carrier",
        ),
        ("radio.symbol_rate_hz=6e9", "symbol_rate_hz = 6e+09 Hz means 6e+09 symbols per second, a band wider"),
        ("transmitter.power_w=4e6", "power_w is in W and power_dbm in dBm"),
        ("transmitter.power_dbm=-40", "is 1e-07 W (-40.0 dBm)"),
        ("channel.noise_power_dbm=-9", "the noise power is 0.000126 W (-9.0 dBm)"),
        ("channel.reference_loss_db=-38", "reference_loss_db is a loss, a positive number"),
        ("receivers.site[0].position_m=[10,0,9500]", "a stands higher than 9000 m"),
        ("target.position_m=[10,20,35000]", "35000 ft are 10668 m"),
        ("target.velocity_m_s=[900,0]", "900 km/h are 250 m/s"),
        ("requirements.rate_bps_hz=50", "rates are in bit/s for each Hz"),
        ("receivers.site[0].clock_offset_std_s=10", "clock_offset_std_s of a exceeds 10 ms"),
        ("receivers.site[1].frequency_offset_std_hz=1e7", "frequency_offset_std_hz of b exceeds 0.1 %"),
    ],
)
def test_a_value_in_another_unit_is_doubted(override, words):
    text = MINIMAL.replace("[0, 30, 2]", "[0, 30]")
    assert notes(text) == ""
    assert words in notes(text, override)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("radio.carrier_hz=3.5", "3.5 GHz is 3.5e+09, 3.5 MHz 3.5e+06"),
        ("transmitter.power_w=-5", "a level in dBm is given as power_dbm"),
        ("channel.noise_power_w=-90", "a level in dBm is given as noise_power_dbm"),
        ("requirements.rate_bps_hz=500", "not in Mbit/s"),
    ],
)
def test_a_value_out_of_range_has_a_hint_at_its_unit(override, words):
    with pytest.raises(ScenarioError) as caught:
        notes(MINIMAL, override)
    assert words in str(caught.value)


# --- other readings of a position ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("[-48.1390,-11.5770,600.0]", "changing both signs puts it"),
        ("[-11.5770,48.1390,600.0]", "swapping latitude and longitude and changing a sign puts it"),
        ("[11.5770,-48.1390,600.0]", "swapping latitude and longitude and changing a sign puts it"),
        ("[0,0,600.0]", "latitude and longitude of the target are 0 and 0"),
    ],
)
def test_a_target_elsewhere_is_explained(place, words):
    assert words in listed(CSV, overrides=(f"target.position_llh={place}",))


def test_degrees_in_columns_of_metres_are_seen_in_either_order():
    said = listed("id,x_m,y_m,z_m\nalpha,11.5739,48.1381,10\nbeta,11.579,48.1365,10\n")
    assert "position_m of alpha (sites.csv line 2) and beta (sites.csv line 3) is in metres" in said


def test_coordinates_of_a_projection_are_not_blamed_on_heights():
    said = listed("id,x_m,y_m,z_m\nalpha,691000,5334000,545\nbeta,691100,5334100,545\n")
    assert "coordinates of a map projection, such as UTM" in said
    assert "ft" not in said


@pytest.mark.parametrize(
    ("heights", "words"),
    [
        (("0.545", "0.5485"), "alpha (sites.csv line 2) and beta (sites.csv line 3) is hardly in m"),
        (("0.545", "548.5"), "0.545 km are 545 m"),
        (("1788", "1800"), "1788 ft are 545 m"),
    ],
)
def test_heights_in_kilometres_or_feet_are_named(heights, words):
    assert words in listed(CSV.replace("545.0", heights[0]).replace("548.5", heights[1]))


def test_a_high_tower_and_a_mountain_need_no_note():
    assert listed(CSV.replace("545.0", "840.0")) == ""
    far = "id,latitude_deg,longitude_deg,height_m\nsummit,47.90,11.80,1838.0\n"
    assert "hardly in m" not in listed(far)


# --- channels and targets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("channel.noise_figure_db=70.0", "noise_figure_db = 70 dB is higher than that of any receiver"),
        ("channel.noise_power_dbm=-174.0", "the key is a power, not a density in dBm/Hz"),
        ("channel.noise_temperature_k=17.0", "17 °C are 290.15 K"),
        ("target.velocity_m_s=[120000.0,0.0,0.0]", "faster than anything in orbit"),
        ("channel.scatterer=[{position_llh=[48.138,11.577,545.0]}]", "channel.scatterer has no effect"),
    ],
)
def test_a_value_of_another_unit_or_without_effect_is_named(override, words):
    assert words in listed(CSV, overrides=(override,))


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (("channel.direct_path_leakage_db=60.0",), "leaves more power than"),
        (("channel.direct_path_leakage=2.0",), "leaves more power than"),
    ],
)
def test_signal_dependent_clutter_is_looked_at(overrides, words):
    assert words in listed(CSV, overrides=('channel.clutter="signal_dependent"', *overrides))


RADAR = ("channel.echo_law=product", "channel.reference_loss_db=free_space")


def test_a_cross_section_larger_than_ships_is_named():
    assert "more than that of the largest ships" in listed(CSV, overrides=(*RADAR, "target.rcs_dbsm=90.0"))
    assert listed(CSV, overrides=(*RADAR, "target.rcs_dbsm=45.0")) == ""


def test_a_factor_of_one_is_named_once():
    assert listed(CSV, overrides=(*RADAR, "target.reflection=1.0")).count("12.6 m²") == 1


def test_short_waves_in_free_space_need_no_note():
    waves = ("radio.carrier_hz=10e6", "radio.bandwidth_hz=50e3", "target.rcs_m2=100.0")
    assert listed(CSV, overrides=(*RADAR, *waves)) == ""


@pytest.mark.parametrize("name", preset_names())
def test_a_scenario_that_is_written_out_needs_no_other_note(name):
    assert notes(resolved_toml(load_preset(name))) == ""


# --- heights above the ground ----------------------------------------------------------------------------------------


def test_heights_above_ground_beside_heights_above_the_ellipsoid_are_named():
    said = listed(CSV.replace("545.0", "20.0").replace("548.5", "21.0"))
    assert "alpha (sites.csv line 2) and beta (sites.csv line 3) are 539 to 540 m below the transmitter" in said
    assert "heights are above the ellipsoid, not above the ground" in said


def test_a_target_under_the_sites_is_named():
    assert "the target is 555 m below the transmitter" in listed(
        CSV, overrides=("target.position_llh=[48.139,11.577,5.0]",)
    )


def test_z_from_two_origins_is_named():
    said = notes(MINIMAL, "transmitter.position_m=[0,0,560]", "receivers.site[0].position_m=[60,0,20]")
    assert "z counts from the origin, not above the ground" in said


def test_towers_mountains_and_aircraft_are_no_steep_sites():
    assert listed(CSV, overrides=("transmitter.position_llh=[48.1372,11.5756,800.0]",)) == ""
    assert listed(CSV, overrides=("target.position_llh=[48.139,11.577,3000.0]",)) == ""
    valley = "id,latitude_deg,longitude_deg,height_m\nvalley,48.1481,11.5739,20.0\n"
    assert listed(valley) == ""


def test_a_network_on_a_table_may_be_one_in_kilometres():
    places = (
        "transmitter.position_m=[0,0]",
        "target.position_m=[0.4,0.5]",
        "receivers.site=[{id='a',position_m=[0.9,0]},{id='b',position_m=[0,1.1]}]",
    )
    assert "all positions lie within 1.1 m of each other" in notes(MINIMAL, *places)
    assert "within" not in notes(MINIMAL, *(place.replace("0.", "8.") for place in places))
