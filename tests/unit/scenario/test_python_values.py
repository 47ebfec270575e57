"""Scenarios that are made or changed in Python are checked like files: `ScenarioError` with the path, nothing else."""

from dataclasses import fields, replace

import numpy as np
import pytest

from multistatic.errors import ScenarioError
from multistatic.scenario.arrays import AntennaArray, linear_array, planar_array
from multistatic.scenario.model import DesignSettings, Scatterer, Scenario
from multistatic.scenario.parse_scenario import parse_scenario
from tests.support.close import close_to
from tests.support.scenario_helpers import MINIMAL, assert_same_bits

SCENARIO = parse_scenario(MINIMAL)
NAN, INF = float("nan"), float("inf")


def changed(path: str, value: object) -> Scenario:
    """The scenario with the value at `target.position_m`, `receivers.position_m` (of the first) or `seed`."""
    *parents, name = path.split(".")
    if not parents:
        return replace(SCENARIO, **{name: value})
    if parents == ["receivers"]:
        first = replace(SCENARIO.receivers[0], **{name: value})
        return replace(SCENARIO, receivers=(first, *SCENARIO.receivers[1:]))
    if parents == ["origin"]:
        raise NotImplementedError
    return replace(SCENARIO, **{parents[0]: replace(getattr(SCENARIO, parents[0]), **{name: value})})


POSITIONS = ("transmitter.position_m", "receivers.position_m", "target.position_m")
BAD_POSITIONS = [
    ([NAN, 1, 2], "nan"),
    ([1, INF, 2], "inf"),
    ([1], "[1]"),
    ([1, 2, 3, 4], "[1, 2, 3, 4]"),
    (np.zeros((3, 1)), "(3, 1)"),
    ([[1, 2, 3]], "[[1, 2, 3]]"),
    ([[1, 2], [3]], "[[1, 2], [3]]"),
    ("here", "'here'"),
    (None, "None"),
    (7.0, "7.0"),
    ([1j, 2, 3], "1j"),
    (["x", "y"], "'x'"),
]


@pytest.mark.parametrize(("value", "shown"), BAD_POSITIONS)
@pytest.mark.parametrize("path", POSITIONS)
def test_what_is_no_position_is_named(path, value, shown):
    with pytest.raises(ScenarioError) as caught:
        changed(path, value)
    (problem,) = caught.value.problems
    assert problem.path == path.replace("receivers", "receivers['a']")
    assert shown in problem.received
    assert problem.expected == "finite coordinates [x, y] or [x, y, z]"


@pytest.mark.parametrize("path", POSITIONS)
def test_two_coordinates_mean_the_height_zero_as_in_files(path):
    scenario = changed(path, [3, 4])
    places = [scenario.transmitter.position_m, scenario.receivers[0].position_m, scenario.target.position_m]
    assert [3, 4, 0] in [place.tolist() for place in places]


def test_positions_are_read_only_copies():
    mine = np.array([1.0, 2.0, 3.0])
    scenario = changed("target.position_m", mine)
    mine[0] = NAN
    assert scenario.target.position_m.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        scenario.target.position_m[0] = 0


NUMBERS = {
    "transmitter.power_w": (-1.0, 0.0, 1e-300, 1e300, NAN, INF, "20", None, True),
    "transmitter.clock_offset_std_s": (-1e-9, NAN, "unknown"),
    "transmitter.frequency_offset_std_hz": (-1.0, NAN),
    "receivers.rate_required_bps_hz": (-1.0, 1e6, NAN, INF, "2"),
    "receivers.clock_offset_std_s": (-1e-9, NAN),
    "receivers.frequency_offset_std_hz": (-1e-9, NAN),
    "target.id": ("", None, 3),
    "target.reflection": (0.0, -1.0, NAN, INF),
    "target.rcs_std_db": (-1.0, NAN),
    "target.rcs_bistatic_db": (-1.0, NAN),
    "target.weight": (0.0, -1.0, NAN, INF, None),
    "target.prior": (5.0, np.eye(3)),
    "target.area": (20.0, "disc"),
    "design.over_points": ("median", 1),
    "propagation.path_loss_exponent": (0.0, -2.0, NAN, 11.0),
    "propagation.reference_gain": (0.0, -1.0, NAN, INF),
    "propagation.rician_factor": (-0.5, NAN, INF),
    "propagation.noise_power_w": (0.0, 1e-300, -1e-12, NAN, INF),
    "propagation.clutter_power_w": (-1.0, NAN, INF),
    "propagation.direct_path_leakage": (-1.0, NAN),
    "propagation.echo_law": ("both", None, 3),
    "propagation.clutter": ("white", None),
    "propagation.direct": ("", None, 3),
    "radio.carrier_hz": (0.0, 3.5, 1e20, -3e9, NAN, INF, "3e9"),
    "radio.bandwidth_hz": (0.0, -1e8, NAN, INF),
    "radio.samples": (1, 0, -5, 64.5, NAN, "64", True),
    "radio.pulse": ("cosine", None),
    "requirements.cooperation_cost_m": (0.0, -1.0, NAN),
    "requirements.distance_weight": (-0.1, 1.1, NAN),
    "design.streams": (0, -1, 1.5, 65),
    "design.receivers": (0, -1, 2.5, 3),
    "design.dimensions": (1, 4, "2"),
    "design.velocity_weight_s": (-1.0, NAN, INF),
    "design.criterion": ("", None),
    "design.alternate": ("yes", 1),
    "design.certificate": ("tihgt", True, None),
    "transmitter.array": (4, None, [[0, 0, 0]]),
    "transmitter.receive_array": (4,),
    "receivers.array": (0, None),
    "receivers.id": ("", None, 7, " a"),
    "seed": (-1, 1.5, None, 2**63),
    "name": ("", None),
    "receivers": ((), None, (1, 2), "ab"),
    "radio": (None, 3),
    "target": (None,),
    "origin": ([52.5, 13.4], 3),
}


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in NUMBERS.items() for value in values])
def test_what_no_scenario_can_hold_is_named(path, value):
    with pytest.raises(ScenarioError) as caught:
        changed(path, value)
    named = caught.value.problems[0].path
    *parents, name = path.split(".")
    assert named.endswith(name)
    assert named.startswith(parents[0] if parents else name)


def test_every_field_is_tried():
    """A key that is added later gets its check, or this test names it."""
    parts = {name: getattr(SCENARIO, name) for name in ("radio", "transmitter", "target", "propagation")}
    parts |= {"requirements": SCENARIO.requirements, "design": SCENARIO.design, "receivers": SCENARIO.receivers[0]}
    tried = {*NUMBERS, *POSITIONS, "target.velocity_m_s", "propagation.scatterers", "design.given"}
    tried |= {"design.selector", "design.beamformer", "design.options", "receivers.position_m"}
    assert {f"{part}.{field.name}" for part, value in parts.items() for field in fields(value)} <= tried


@pytest.mark.parametrize("value", [[3e8, 0, 0], [NAN, 0], [1.0], "fast"])
def test_a_velocity_is_finite_and_below_that_of_light(value):
    with pytest.raises(ScenarioError, match=r"target\.velocity_m_s"):
        changed("target.velocity_m_s", value)


def test_the_target_stands_apart():
    for place in (SCENARIO.transmitter.position_m, SCENARIO.receivers[1].position_m + 1e-9):
        with pytest.raises(ScenarioError, match=r"target\.position_m: received \[.*expected another position"):
            changed("target.position_m", place)
    scatterers = (Scatterer(position_m=SCENARIO.target.position_m, reflection=1.0),)
    with pytest.raises(ScenarioError, match=r"propagation\.scatterers\[0\]\.position_m has the same one"):
        changed("propagation.scatterers", scatterers)
    with pytest.raises(ScenarioError, match=r"receivers\['a'\]\.position_m: .*another position than the transmitter"):
        changed("receivers.position_m", SCENARIO.transmitter.position_m)


def test_coordinates_are_those_of_a_network():
    for path in POSITIONS:
        with pytest.raises(ScenarioError, match=r"position_m: received .*expected coordinates within ±1e\+07 m"):
            changed(path, [1e8, 0, 0])


def test_ids_agree():
    with pytest.raises(ScenarioError, match=r"receivers\['b'\]\.id: received 'b', expected a unique id"):
        changed("receivers.id", "b")
    with pytest.raises(ScenarioError, match=r"design\.given\[0\]: received 'c', expected the id of a receiver"):
        changed("design.given", ("c",))
    with pytest.raises(ScenarioError, match=r"design\.receivers: received 3, expected at most 2"):
        replace(SCENARIO, design=DesignSettings(receivers=3))


def test_every_problem_of_a_value_is_named_at_once():
    with pytest.raises(ScenarioError) as caught:
        replace(SCENARIO.transmitter, power_w=-1, position_m=[NAN, 0], clock_offset_std_s=-1)
    assert [problem.path for problem in caught.value.problems] == [
        "transmitter.position_m",
        "transmitter.power_w",
        "transmitter.clock_offset_std_s",
    ]


@pytest.mark.parametrize("elements", [np.zeros((0, 3)), np.zeros((2, 2)), [[0, 0, NAN]], "x", [[0, 0, 0], [1, 2]], 3.0])
def test_an_array_has_elements_with_three_finite_coordinates(elements):
    with pytest.raises(ScenarioError, match=r"array\.elements"):
        AntennaArray(elements_m=elements)


def test_zero_antennas_and_axes_of_length_zero_are_refused():
    with pytest.raises(ScenarioError, match=r"array\.elements"):
        linear_array(0, 0.05)
    with pytest.raises(ScenarioError, match=r"array\.axis"):
        linear_array(2, 0.05, axis=(0, 0, 0))
    with pytest.raises(ScenarioError, match=r"array\.axis"):
        planar_array((2, 2), 0.05, axes=((0, 1, 0), (NAN, 0, 1)))


def test_numpy_numbers_and_lists_of_receivers_are_taken():
    scenario = changed("transmitter.power_w", np.float64(2.0))
    scenario = replace(scenario, seed=np.int64(3), receivers=list(scenario.receivers))
    assert scenario.transmitter.power_w == close_to(2.0, rel=1e-15)
    assert scenario.receiver_ids == ("a", "b")
    assert_same_bits(replace(SCENARIO), SCENARIO)


@pytest.mark.parametrize(
    "path", ["radio.carrier_hz", "transmitter.power_w", "receivers.clock_offset_std_s", *POSITIONS]
)
@pytest.mark.parametrize("value", [10**400, -(10**400)])
def test_a_whole_number_beyond_doubles_is_refused(path: str, value: int) -> None:
    with pytest.raises(ScenarioError) as caught:
        changed(path, value)
    assert caught.value.problems[0].path.endswith(path.partition(".")[2])
    assert len(caught.value.problems[0].received) < 70


@pytest.mark.parametrize("path", [*POSITIONS, "target.velocity_m_s"])
@pytest.mark.parametrize("value", [np.array([1j, 2, 3]), np.array(["1", "2"]), np.array([True, False])])
@pytest.mark.filterwarnings("error")
def test_an_array_of_something_else_is_no_position(path: str, value: np.ndarray) -> None:
    with pytest.raises(ScenarioError):
        changed(path, value)
    with pytest.raises(ScenarioError):
        AntennaArray(elements_m=np.array([value, value]))


@pytest.mark.parametrize("path", ["propagation.echo_law", "propagation.clutter", "design.dimensions", "name", "seed"])
@pytest.mark.parametrize("value", [np.array([1.0, 2.0]), np.zeros((2, 3)), 2.0, np.float32(2), [2], {}])
def test_what_is_no_word_is_named_on_one_line(path: str, value: object) -> None:
    with pytest.raises(ScenarioError) as caught:
        changed(path, value)
    (problem,) = caught.value.problems
    assert "\n" not in problem.received
    assert problem.path == path


@pytest.mark.parametrize("name", ["clock_offset_std_s", "frequency_offset_std_hz"])
@pytest.mark.parametrize("value", [1e-320, 1e-300, 1e200, 1e308])
def test_a_deviation_whose_square_is_no_number_is_refused(name: str, value: float) -> None:
    for path in ("transmitter", "receivers"):
        with pytest.raises(ScenarioError, match="from 1e-30 to 1e30"):
            changed(f"{path}.{name}", value)
        for good in (0, 1e-30, 1e30, INF):
            changed(f"{path}.{name}", good)


def test_numbers_of_numpy_become_plain() -> None:
    found = changed("receivers.clock_offset_std_s", np.float32(0.5))
    assert type(found.receivers[0].clock_offset_std_s) is float
    assert (
        type(changed("transmitter.frequency_offset_std_hz", np.int64(3)).transmitter.frequency_offset_std_hz) is float
    )
    assert type(changed("design.dimensions", np.int64(2)).design.dimensions) is int
    assert type(changed("radio.samples", np.int32(64)).radio.samples) is int
    assert type(changed("seed", np.uint8(3)).seed) is int
