"""From TOML to values: units, defaults, either/or keys, overrides, and the words of every kind of problem."""

import numpy as np
import pytest

from multistatic.errors import ScenarioError
from multistatic.scenario.arrays import linear_array, planar_array
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.preset import preset_text
from tests.support.close import assert_close, close_to
from tests.support.scenario_helpers import MINIMAL, assert_same_bits


def problems(text: str, *overrides: str) -> dict[str, str]:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, overrides=overrides)
    found: dict[str, str] = {}
    for problem in caught.value.problems:
        found[problem.path] = f"{found.get(problem.path, '')}{problem}\n"
    return found


# --- values --------------------------------------------------------------------------------------------------------


def test_the_paper_in_si_units():
    scenario = parse_scenario(preset_text("paper"))
    assert (scenario.radio.carrier_hz, scenario.radio.samples, scenario.radio.slot_s) == (3.5e9, 1024, 5e-9)
    assert scenario.transmitter.power_w == 1.0
    assert scenario.propagation.noise_power_w == close_to(1e-9, rel=1e-15)
    assert scenario.propagation.clutter_power_w == scenario.propagation.noise_power_w
    assert scenario.propagation.reference_gain == 1.0
    assert (scenario.target.reflection, scenario.propagation.rician_factor) == (0.6, 0.5)
    assert scenario.requirements.cooperation_cost_m == 200.0
    np.testing.assert_array_equal(scenario.target.position_m, [20, 40, 0])
    half = scenario.radio.wavelength_m / 2
    np.testing.assert_array_equal(scenario.transmitter.array.elements_m, linear_array(10, half).elements_m)
    distance = np.linalg.norm(scenario.receiver_positions_m, axis=1)
    assert len(distance) == 10
    assert ((distance >= 1) & (distance <= 100)).all()
    assert scenario.dimensions == 2


def test_defaults():
    scenario = parse_scenario(MINIMAL)
    assert (scenario.name, scenario.seed, scenario.origin) == ("scenario", 0, None)
    assert [receiver.array.size for receiver in scenario.receivers] == [1, 3]
    assert scenario.rate_required_bps_hz.tolist() == [0, 0]
    assert scenario.requirements.cooperation_cost_m == float("inf")
    assert scenario.propagation.clutter_power_w == 0.0
    assert scenario.target.velocity_m_s.tolist() == [0, 0, 0]
    assert scenario.receiver_positions_m.tolist() == [[10, 0, 0], [0, 30, 2]]
    assert scenario.dimensions == 3
    assert scenario.transmitter.receive_array is None


FLAT = ["transmitter.position_m=[0,0,4]", "receivers.site[0].position_m=[10,0,4]", "target.position_m=[20,40,4]"]


@pytest.mark.parametrize(
    ("overrides", "dimensions"),
    [
        (["receivers.site[1].position_m=[0,30,4]", "target.velocity_m_s=[3,4]"], 2),
        (["receivers.site[1].position_m=[0,30,4]", "target.velocity_m_s=[3,4,0.1]"], 3),
        (["receivers.site[1].position_m=[0,30,4.1]"], 3),
        (["receivers.site[1].position_m=[0,30,4]", "target.position_m=[20,40,5]"], 3),
        (["receivers.site[1].position_m=[0,30,4]", "transmitter.position_m=[0,0,3]"], 3),
        (["receivers.site[1].position_m=[0,30,4]", "target.velocity_m_s=[3,4,1]", "design.dimensions=2"], 2),
    ],
    ids=["flat", "it ascends", "a mast", "it flies", "a roof", "as set"],
)
def test_what_leaves_the_plane_is_three_dimensional(overrides, dimensions):
    assert parse_scenario(MINIMAL, overrides=[*FLAT, *overrides]).dimensions == dimensions


def test_thermal_noise_is_ktf_over_the_slot():
    text = MINIMAL.replace("noise_power_dbm = -90", "noise_figure_db = 7")
    noise = parse_scenario(text).propagation.noise_power_w
    assert noise == close_to(1.380649e-23 * 290 * 2e8 * 10**0.7, rel=1e-12)
    assert parse_scenario(text, overrides=["channel.noise_temperature_k=145"]).propagation.noise_power_w == noise / 2


def test_reference_loss():
    gain = parse_scenario(MINIMAL, overrides=["channel.reference_loss_db=free_space"]).propagation.reference_gain
    assert gain == close_to((299792458.0 / 3e9 / (4 * np.pi)) ** 2, rel=1e-15)
    gain = parse_scenario(MINIMAL, overrides=["channel.reference_loss_db=30"]).propagation.reference_gain
    assert gain == close_to(1e-3, rel=1e-15)


def test_rates_of_each_receiver():
    text = MINIMAL + "[requirements.rate_bps_hz]\ndefault = 1.5\nb = 4\n"
    assert parse_scenario(text).rate_required_bps_hz.tolist() == [1.5, 4.0]
    site = parse_scenario(text, overrides=["receivers.site[0].rate_bps_hz=2"])
    assert site.rate_required_bps_hz.tolist() == [2.0, 4.0]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('{ kind = "ula", antennas = 3, axis = [1, 0] }', linear_array(3, 0.5, axis=(1, 0, 0))),
        ('{ kind = "ula", antennas = 3, spacing_wavelengths = 0.7 }', linear_array(3, 0.7)),
        ('{ kind = "upa", shape = [2, 3] }', planar_array((2, 3), 0.5)),
        (
            '{ kind = "upa", shape = [4, 2], axes = [[1, 0, 0], [0, 1, 0]] }',
            planar_array((4, 2), 0.5, axes=((1, 0, 0), (0, 1, 0))),
        ),
    ],
)
def test_array_tables(table, expected):
    """In wavelengths, like `expected`."""
    scenario = parse_scenario(MINIMAL.replace("antennas = 4", f"array = {table}"))
    elements = scenario.transmitter.array.elements_m / scenario.radio.wavelength_m
    assert_close(elements, expected.elements_m, abs=1e-15)


def test_array_of_elements_in_metres_and_in_wavelengths():
    for key, unit in (("elements_m", 1.0), ("elements_wavelengths", 299792458.0 / 3e9)):
        text = MINIMAL.replace("antennas = 4", f'array = {{ kind = "elements", {key} = [[0, 0], [0.1, 0.2, 0.3]] }}')
        elements = parse_scenario(text).transmitter.array.elements_m
        assert_close(elements, unit * np.array([[0, 0, 0], [0.1, 0.2, 0.3]]), rel=1e-9)


def test_a_linear_array_may_take_its_size_from_the_node():
    text = MINIMAL.replace("antennas = 4", 'antennas = 4\narray = { kind = "ula", axis = [1, 0, 0] }')
    assert parse_scenario(text).transmitter.array.size == 4


def test_arrays_of_receivers_fall_back_to_the_group():
    text = MINIMAL + "[receivers]\nantennas = 6\n"
    assert [receiver.array.size for receiver in parse_scenario(text).receivers] == [6, 3]


@pytest.mark.parametrize(
    ("keys", "lowest", "highest", "centre"),
    [
        ("", 7.0, 7.0, [2.0, 3.0]),
        ("height_m = 1.5", 1.5, 1.5, [2.0, 3.0]),
        ("centre_m = [50, 60, 9]", 9.0, 9.0, [50.0, 60.0]),
        ("centre_m = [50, 60, 9]\nheight_m = [1, 3]", 1.0, 3.0, [50.0, 60.0]),
    ],
)
def test_receivers_at_random_stand_about_the_transmitter_and_at_its_height(keys, lowest, highest, centre):
    text = MINIMAL + f"[receivers.random]\ncount = 50\nradius_m = [5, 9]\n{keys}\n"
    placed = parse_scenario(text, overrides=["transmitter.position_m=[2,3,7]"]).receiver_positions_m[2:]
    distance = np.linalg.norm(placed[:, :2] - centre, axis=1)
    assert 5 <= distance.min() < distance.max() <= 9
    assert lowest <= placed[:, 2].min() <= placed[:, 2].max() <= highest
    assert (np.ptp(placed[:, 2]) > 0) == (highest > lowest)


def test_receivers_listed_and_at_random_together():
    text = MINIMAL + "[receivers.random]\ncount = 12\nradius_m = [5, 9]\nheight_m = [1, 3]\ncentre_m = [50, 50]\n"
    scenario = parse_scenario(text)
    assert scenario.receiver_ids == ("a", "b", *(f"rx{n:02d}" for n in range(1, 13)))
    placed = scenario.receiver_positions_m[2:] - [50, 50, 0]
    radius = np.hypot(placed[:, 0], placed[:, 1])
    assert ((radius >= 5) & (radius <= 9)).all()
    assert ((placed[:, 2] >= 1) & (placed[:, 2] <= 3)).all()


def test_clutter_that_depends_on_the_signal():
    text = MINIMAL + (
        'clutter = "signal_dependent"\ndirect_path_leakage_db = -30\n'
        "[[channel.scatterer]]\nposition_m = [5, 5]\nreflection = 0.3\n"
    )
    propagation = parse_scenario(text).propagation
    assert propagation.clutter == "signal_dependent"
    assert propagation.direct_path_leakage == close_to(1e-3)
    assert propagation.scatterers[0].position_m.tolist() == [5, 5, 0]
    assert parse_scenario(text, overrides=["channel.direct_path_leakage_db=none"]).propagation.direct_path_leakage == 0


def test_byte_order_mark_and_windows_line_ends():
    assert_same_bits(parse_scenario("\ufeff" + MINIMAL.replace("\n", "\r\n")), parse_scenario(MINIMAL))


# --- overrides -----------------------------------------------------------------------------------------------------


def test_overrides_are_toml_values_or_bare_words():
    scenario = parse_scenario(
        MINIMAL,
        overrides=[
            "transmitter.antennas=20",
            "receivers.site[0].position_m = [1.5, 2.5, 3.5]",
            "radio.pulse=sinc",
            'name="a = b"',
            "design.given=['a']",
            "requirements.rate_bps_hz.default=2",
            "seed=1",
            "seed=2",
        ],
    )
    assert scenario.transmitter.array.size == 20
    assert scenario.receivers[0].position_m.tolist() == [1.5, 2.5, 3.5]
    assert (scenario.radio.pulse.kind, scenario.name, scenario.seed) == ("sinc", "a = b", 2)
    assert scenario.design.given == ("a",)
    assert scenario.rate_required_bps_hz.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("override", "path"),
    [
        ("transmitter.antenas=2", "transmitter.antenas"),
        ("transmitter.antennas=two", "transmitter.antennas"),
        ("transmitter.antennas", "--set"),
        ("=3", "--set"),
        ("a b=3", "--set"),
        ("receivers.site[7].id=x", "receivers.site[7].id"),
        ("receivers.site.id=x", "receivers.site.id"),
        ("radio.carrier_hz.x=1", "radio.carrier_hz.x"),
        ("target[1]=1", "target[1]"),
        ("seed=" + "[" * 100_000, "seed"),
        ("seed=1\nname='x'", "seed"),
        (".".join("a" * 50) + "=1", "--set"),
    ],
)
def test_bad_overrides_are_named(override, path):
    assert path in problems(MINIMAL, override)


# --- problems ------------------------------------------------------------------------------------------------------


def test_every_problem_at_once():
    text = """
    sead = 3
    [radio]
    carrier_hz = true
    bandwith_hz = 1e8
    samples = 64.0
    [transmitter]
    position_m = [1, 2, 3, 4]
    power_dbm = inf
    [[receivers.site]]
    id = "a"
    position_m = [20, 40]
    [[receivers.site]]
    id = "a"
    position_m = [20, nan]
    samples = 3
    [target]
    position_m = [20.0, 40]
    [channel]
    path_loss_exponent = -2
    noise_power_dbm = -90
    noise_power_w = 1e-9
    [design]
    given = ["c"]
    """
    found = problems(text)
    expected = {
        "sead": "did you mean seed?",
        "radio.carrier_hz": "received true, expected a number",
        "radio.bandwidth_hz": "received nothing",
        "radio.bandwith_hz": "did you mean bandwidth_hz?",
        "radio.samples": "write 64",
        "transmitter.position_m": "at most 3 entries",
        "transmitter.power_dbm": "received inf, expected a finite number",
        "transmitter.antennas": "expected antennas or array",
        "receivers.site[1].id": "receivers.site[0].id has the same id",
        "receivers.site[1].position_m[1]": "received nan",
        "receivers.site[1].samples": "samples belongs to radio.samples",
        "receivers.site[0].position_m": "target.position_m has the same one",
        "channel.path_loss_exponent": "more than 0",
        "channel.noise_power_w": "only one of",
        "design.given[0]": "the id of a receiver",
    }
    assert set(found) == set(expected)
    for path, words in expected.items():
        assert words in found[path], found[path]


@pytest.mark.parametrize(
    ("override", "path", "words"),
    [
        ("schema=2", "schema", "expected 1"),
        ("schema=true", "schema", "expected 1"),
        ("seed=-1", "seed", "at least 0"),
        ("seed=true", "seed", "a whole number"),
        ("radio.samples=20000000", "radio.samples", "at most 1e+07"),
        ("radio.pulse=cosin", "radio.pulse", "did you mean cosine?"),
        ("transmitter.antennas=5000", "transmitter.antennas", "at most 4096"),
        ("transmitter.power_dbm=401", "transmitter.power_dbm", "at most 400"),
        ("transmitter.position_m=[1e8,0]", "transmitter.position_m[0]", "at most 1e+07"),
        ("transmitter.position_m=[20,40]", "target.position_m", "transmitter.position_m has the same one"),
        ("transmitter.position_m=[20,40,1e-9]", "target.position", "transmitter.position has the same one"),
        ("transmitter.array={kind='uca'}", "transmitter.array", "kind = 'ula', 'upa', 'elements'"),
        ("transmitter.array={kind='upa',shape=[2,2],axes=[[0,1],[0,2]]}", "transmitter.array.axes", "not parallel"),
        ("transmitter.array={kind='ula',axis=[0,0]}", "transmitter.array.axis", "not zero"),
        ("transmitter.array={kind='ula',axs=[0,1]}", "transmitter.array.axs", "did you mean axis?"),
        (
            "transmitter.receive_array={kind='elements',elements_m=[[0,0],[0,0,0]]}",
            "transmitter.receive_array",
            "two elements at the same position",
        ),
        (
            "radio={carrier_hz=3e9,samples=64,bandwidth_hz=1e6,symbol_rate_hz=2e6}",
            "radio.symbol_rate_hz",
            "only one of bandwidth_hz, symbol_rate_hz",
        ),
        ("radio={carrier_hz=3e9,samples=64}", "radio.bandwidth_hz", "symbol_rate_hz = 1/slot = 2 · bandwidth_hz"),
        ("radio={carrier_hz=3e9,samples=64,symbol_rate_hz=1}", "radio.symbol_rate_hz", "at least 2"),
        ("receivers.site=[]", "receivers.site", "at least 1 entries"),
        ("receivers.site[0].id=''", "receivers.site[0].id", "at least 1 character"),
        ('receivers.site[0].id="a\\u0007"', "receivers.site[0].id", "printable"),
        ("receivers.site[0].id=default", "receivers.site[0].id", "another id"),
        (
            "receivers.site[1].position_m=[0,0]",
            "receivers.site[1].position_m",
            "transmitter.position_m has the same one",
        ),
        ("receivers.file=sites.csv", "receivers.file", "no folder"),
        ("receivers.random={count=3,radius_m=[5,1]}", "receivers.random.radius_m", "in this order"),
        ("receivers.random={count=3,radius_m=[0,0]}", "receivers.random (receiver rx1).position", "transmitter"),
        ("target.velocity_m_s=[2e8,2.5e8]", "target.velocity_m_s", "below that of light"),
        ("target.reflection=0", "target.reflection", "more than 0"),
        ("target.position_llh=[91,0]", "target.position_llh", "latitude"),
        ("channel.direct=nlos", "channel.direct", "did you mean los?"),
        ("channel.noise_temperature_k=300", "channel.noise_temperature_k", "noise_figure_db in the same table"),
        ("channel.echo_law=both", "channel.echo_law", "'sum' or 'product'"),
        ("requirements.rate_bps_hz={c=1}", "requirements.rate_bps_hz.c", "the id of a receiver"),
        ("requirements.rate_bps_hz={a=1}", "requirements.rate_bps_hz", "no rate for 'b'"),
        ("requirements.cooperation_cost_m=0", "requirements.cooperation_cost_m", "more than 0"),
        ("requirements.distance_weight=1.1", "requirements.distance_weight", "at most 1"),
        ("design.receivers=3", "design.receivers", "at most 2"),
        ("design.dimensions=4", "design.dimensions", "2 or 3"),
        ("design.selector=gredy", "design.selector", "did you mean greedy?"),
        ("origin={latitude_deg=99,longitude_deg=0}", "origin.latitude_deg", "at most 90"),
    ],
)
def test_each_problem_is_named(override, path, words):
    found = problems(MINIMAL, override)
    assert path in found, found
    assert words in found[path], found[path]


def test_a_channel_too_large_for_memory_is_refused():
    overrides = ["transmitter.antennas=4096", "receivers.random={count=900,radius_m=[1,9],antennas=64}"]
    assert "receivers" in problems(MINIMAL, *overrides)


def test_hundreds_of_problems_are_cut_short():
    found = problems(MINIMAL + "\n".join(f"key{number} = 1" for number in range(500)))
    assert "(file)" in found
    assert len(found) <= 102


def test_problems_carry_the_source():
    with pytest.raises(ScenarioError, match=r"^here\.toml: 1 problem\n  seed"):
        parse_scenario("seed = -1\n" + MINIMAL, source="here.toml")
