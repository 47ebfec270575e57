"""The files of a design: the document, the arrays, their bytes, and reading them back."""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multistatic import Scenario, design_network, load_preset
from multistatic.bounds.position import PositionBound
from multistatic.design.clock_step import clock_step
from multistatic.design.result import Design, Verification
from multistatic.errors import InputError
from multistatic.files.design_files import (
    design_arrays,
    design_document,
    design_files,
    json_bytes,
    npz_bytes,
    write_design,
)
from multistatic.files.scenario_file import load_scenario
from multistatic.files.stored_design import LATER, SHAPES, read_design
from tests.support.close import assert_close, close_to
from tests.support.handmade_design import design, infeasible, scenario
from tests.support.uncertain_designs import UNCERTAIN

TIMING_S = {"selection": 0.25, "beamforming": 1.5}

# The contract: names may be added, none may go.
KEYS = {
    "": "format name status message scheme selected criterion selection beamforming rates_bps_hz rate_required_bps_hz "
    "cooperation_cost_m cooperation_cost_limit_m assumptions bounds sensitivities verification timing_s "
    "provenance targets robustness reasons",
    "selection": "method value bound gap",
    "beamforming": "method illumination_w upper_bound_w gap power_w iterations",
    "bounds": "surrogate surrogate_published per_receiver peb_m veb_m_s peb_with_angles_m",
    "assumptions": "clocks target elements echo_law",
    "sensitivities": "rate_per_bps_hz power_per_db rate_1bps_hz power_1db budget clock_1ns targets one_fails "
    "target_off",
    "robustness": "over_points value bound gap value_of_nominal_design",
    "verification": "passed max_violation",
    "provenance": "version scenario_sha256 seed dependencies",
}


def mono() -> Design:
    made = design(group=(), scheme="mono", selection=None, cost_m=0.0)
    assert made.accuracy is not None
    unseen = PositionBound(position="unobservable", velocity="unobservable", peb_m=None, veb_m_s=None, reason="One.")
    sensing = replace(
        made.accuracy,
        sensor_ids=("transmitter",),
        surrogate_published=None,
        delay_std_s=np.array([1e-9]),
        doppler_std_hz=np.array([np.inf]),
        block_snr=np.array([0.0]),
        position=unseen,
    )
    return replace(made, accuracy=sensing)


def nulls(value: Any, path: str = "") -> Iterator[str]:
    if value is None:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield from nulls(inner, f"{path}.{key}".strip("."))
    for number, inner in enumerate(value) if isinstance(value, list) else ():
        yield from nulls(inner, f"{path}[{number}]")


# The document


DESIGNS = {"multi": design, "mono": mono, "infeasible": infeasible, **UNCERTAIN}


@pytest.mark.parametrize("made", [make() for make in DESIGNS.values()], ids=DESIGNS)
def test_document_keeps_the_contract_and_gives_a_reason_for_every_null(made: Design) -> None:
    document = design_document(made, timing_s=TIMING_S)
    for room, names in KEYS.items():
        part = document[room] if room else document
        assert set(names.split()) <= set(part)
    missing = set(nulls(document))
    assert set(document["reasons"]) == missing
    assert all(reason.endswith(".") for reason in document["reasons"].values())
    assert json.loads(json_bytes(document)) == document


def test_document_values() -> None:
    made = design()
    document = design_document(made, timing_s=TIMING_S)
    assert made.beamforming is not None
    assert made.beamforming.rates_bps_hz is not None
    assert document["format"] == "multistatic-design/2"
    assert document["selected"] == ["r2", "r3", "r5"]
    assert document["rates_bps_hz"]["r10"] == made.beamforming.rates_bps_hz[9]
    assert document["rate_required_bps_hz"] == 4.0
    assert document["cooperation_cost_limit_m"] == 200.0
    assert document["reasons"]["bounds.veb_m_s"] == "One Doppler short."
    assert document["verification"]["passed"] is True
    assert document["verification"]["max_violation"] == 3e-9
    assert document["timing_s"] == TIMING_S


def test_every_bound_of_the_document_is_the_one_of_its_name() -> None:
    """All numbers differ: none may stand in the place of another, and levels are in dB of power."""
    accuracy = replace(
        design().accuracy,  # type: ignore[type-var]
        delay_std_s=np.arange(1.0, 11.0) * 1e-10,
        doppler_std_hz=np.arange(21.0, 31.0),
        range_std_m=np.arange(1.0, 11.0) * 0.5,
        range_rate_std_m_s=np.arange(1.0, 11.0) * 0.25,
        block_snr=np.array([100.0, 1000.0, 10.0, *[1.0] * 7]),
        position=PositionBound(position="observable", velocity="observable", peb_m=0.82, veb_m_s=2.5),
        position_with_angles=PositionBound(position="observable", velocity="observable", peb_m=0.31, veb_m_s=1.9),
    )
    bounds = design_document(design(accuracy=accuracy), timing_s={})["bounds"]
    for k, snr_db in ((1, 20.0), (2, 30.0)):
        assert bounds["per_receiver"][f"r{k}"] == {
            "delay_std_s": k * 1e-10,
            "doppler_std_hz": 20.0 + k,
            "range_std_m": 0.5 * k,
            "range_rate_std_m_s": 0.25 * k,
            "block_snr_db": snr_db,
        }
    assert bounds["per_receiver"]["r3"]["block_snr_db"] == close_to(10.0, rel=1e-12)
    assert (bounds["surrogate"], bounds["surrogate_published"], bounds["sum_crb"]) == (3.6e-4, 3.1e-4, 2.2e-2)
    assert (bounds["peb_m"], bounds["peb_with_angles_m"]) == (0.82, 0.31)
    assert (bounds["veb_m_s"], bounds["veb_with_angles_m_s"]) == (2.5, 1.9)


def test_document_states_assumptions_and_what_a_nanosecond_does() -> None:
    made = design()
    document = design_document(made, timing_s={})
    assert document["assumptions"] == {
        "clocks": "perfect",
        "target": "exact",
        "elements": "isotropic",
        "echo_law": "sum",
    }
    step = clock_step(made)
    assert step is not None
    assert document["sensitivities"]["clock_1ns"] == {"value": step.value, "change": step.change}
    assert step.change == close_to(step.value / 0.82 - 1.0)
    transmitter = replace(made.scenario.transmitter, clock_offset_std_s=np.inf)
    unknown = replace(made, scenario=replace(made.scenario, transmitter=transmitter))
    assert design_document(unknown, timing_s={})["assumptions"]["clocks"] == "unknown"
    alone = design_document(replace(unknown, scheme="mono"), timing_s={})
    assert alone["assumptions"]["clocks"] == "perfect"
    assert alone["sensitivities"]["clock_1ns"] is None
    assert alone["reasons"]["sensitivities.clock_1ns"].endswith(".")


def test_ranges_in_the_document_count_clocks() -> None:
    """c·sqrt(σ_τ² + s²) beside the delay alone; null with its reason where a clock is unknown."""
    document = design_document(design_network(clocked(2e-9)), timing_s={})
    for one in document["bounds"]["per_receiver"].values():
        expected = 299792458.0 * math.hypot(one["delay_std_s"], 2e-9)
        assert one["range_std_m"] == close_to(expected, rel=1e-12)
        assert one["range_std_m"] > 299792458.0 * one["delay_std_s"] * 1.5
    document = design_document(design_network(clocked(math.inf)), timing_s={})
    for name, one in document["bounds"]["per_receiver"].items():
        assert one["range_std_m"] is None
        assert "clock" in document["reasons"][f"bounds.per_receiver.{name}.range_std_m"]


def clocked(std_s: float) -> Scenario:
    """A small network whose receivers' clocks are off by `std_s`."""
    small = load_preset("paper", ["receivers.random.count=3", "transmitter.antennas=4", "requirements.rate_bps_hz=1.0"])
    receivers = tuple(replace(one, clock_offset_std_s=std_s) for one in small.receivers)
    return replace(small, receivers=receivers)


def test_the_parts_of_the_error_in_the_document_add_up_to_it() -> None:
    made = design(scenario(count=6, spatial=True), group=(0, 1, 2))
    bounds = design_document(made, timing_s={})["bounds"]
    assert math.hypot(bounds["peb_horizontal_m"], bounds["peb_vertical_m"]) == close_to(bounds["peb_m"])
    assert np.trace(bounds["position_covariance_m2"]) == close_to(bounds["peb_m"] ** 2)
    assert bounds["peb_vertical_m"] == close_to(math.sqrt(bounds["position_covariance_m2"][2][2]))


@pytest.mark.parametrize(("bound", "gap"), [(None, None), (3.0e-4, 1 / 6), (3.6e-4, 0.0), (4e-4, 0.0)])
def test_selection_gap_is_what_the_best_group_could_still_save(bound: float | None, gap: float | None) -> None:
    made = design()
    assert made.selection is not None
    document = design_document(replace(made, selection=replace(made.selection, bound=bound)), timing_s={})
    assert document["selection"]["gap"] == (None if gap is None else close_to(gap))


def test_rates_that_differ_are_a_table() -> None:
    what = scenario(count=3)
    receivers = (replace(what.receivers[0], rate_required_bps_hz=2.5), *what.receivers[1:])
    document = design_document(design(replace(what, receivers=receivers), group=(0,)), timing_s={})
    assert document["rate_required_bps_hz"] == {"r1": 2.5, "r2": 4.0, "r3": 4.0}


def test_no_cost_limit_is_null_with_its_reason() -> None:
    what = scenario(count=3)
    what = replace(what, requirements=replace(what.requirements, cooperation_cost_m=math.inf))
    document = design_document(design(what, group=(0,)), timing_s={})
    assert document["cooperation_cost_limit_m"] is None
    assert document["reasons"]["cooperation_cost_limit_m"] == "The scenario sets no limit."


def test_nan_never_leaves() -> None:
    made = design()
    assert made.accuracy is not None
    document = design_document(replace(made, accuracy=replace(made.accuracy, surrogate=math.nan)), timing_s={})
    assert document["bounds"]["surrogate"] is None
    assert "bounds.surrogate" in document["reasons"]
    with pytest.raises(ValueError, match="JSON"):
        json_bytes({"value": math.nan})


# The arrays


def test_arrays_allow_the_design_to_be_recomputed(tmp_path: Path) -> None:
    made = design()
    # Numbers that differ, so that none can stand for another.
    made = replace(made, channel=replace(made.channel, clutter_power_w=2e-9))
    (tmp_path / "design.npz").write_bytes(npz_bytes(design_arrays(made)))
    with np.load(tmp_path / "design.npz", allow_pickle=False) as stored:
        arrays = dict(stored)
    assert made.beamforming is not None
    assert list(arrays["receiver_ids"]) == list(made.scenario.receiver_ids)
    assert arrays["selected"].dtype == np.bool_
    seen = np.einsum("t,jtl->jl", arrays["steering_tx"][0], arrays["beams"])
    assert np.sum(np.abs(seen) ** 2) == close_to(made.beamforming.illumination_w, rel=1e-12)
    assert np.sum(np.abs(arrays["beams"]) ** 2) == close_to(made.beamforming.power_w, rel=1e-12)
    what, channel = made.scenario, made.channel
    expected = {
        "receiver_ids": [receiver.id for receiver in what.receivers],
        "selected": [receiver.id in ("r2", "r3", "r5") for receiver in what.receivers],
        "beams": made.beamforming.beams.weights,
        "direct": channel.direct,
        "echo_gain": channel.echo_gain,
        "echo_path_gain": channel.echo_gain / 0.6,
        "steering_tx": channel.steering_tx,
        "steering_rx": np.ones((1, 10, 2)),
        "clutter": np.zeros((10, 0, 2, 10)),
        "rate_required_bps_hz": [4.0] * 10,
        "receiver_positions_m": [receiver.position_m for receiver in what.receivers],
        "transmitter_position_m": [0.0, 0.0, 0.0],
        "target_ids": ["target"],
        "target_position_m": [[20.0, 40.0, 0.0]],
        "target_velocity_m_s": [[15.0, 0.0, 0.0]],
        "points_m": [[20.0, 40.0, 0.0]],
        "point_velocity_m_s": [[15.0, 0.0, 0.0]],
        "point_weight": [1.0],
        "point_target": [0],
        "illumination_w": [made.beamforming.illumination_w],
        "point_value": [3.6e-4],
        "point_peb_m": [0.82],
        "point_veb_m_s": [np.inf],
        "point_block_snr": [made.accuracy.block_snr],
        "sensing_sequence_known": [[receiver.id in ("r2", "r3", "r5"), False] for receiver in what.receivers],
        "noise_power_w": 1e-9,
        "clutter_power_w": 2e-9,
        "power_limit_w": 1.0,
    }
    # The covariance of the position is a result, not what the design is recomputed from.
    assert set(arrays) - {"position_covariance_m2"} == set(expected)
    assert set(SHAPES) - LATER <= set(arrays)
    for name, value in expected.items():
        if arrays[name].dtype.kind in "fc" and arrays[name].size and np.isfinite(arrays[name]).all():
            assert_close(arrays[name], value, rel=1e-15)
        else:
            assert np.array_equal(arrays[name], value), name


def test_arrays_need_beams() -> None:
    with pytest.raises(ValueError, match="infeasible"):
        design_arrays(infeasible())


def test_npz_is_what_numpy_reads_back() -> None:
    arrays = {"a": np.arange(6.0).reshape(2, 3).T, "b": np.array("β"), "c": np.zeros((0, 2), complex)}
    with np.load(io.BytesIO(npz_bytes(arrays)), allow_pickle=False) as stored:
        assert all(np.array_equal(stored[name], array) for name, array in arrays.items())
        assert all(stored[name].dtype == array.dtype for name, array in arrays.items())
    with pytest.raises(ValueError, match=r"pickle|Object"):
        npz_bytes({"a": np.array([None])})


# The set


def test_the_same_design_gives_the_same_bytes() -> None:
    one, other = (design_files(design(scenario()), timing_s=TIMING_S, pictures={"map.svg": b"<svg/>"}) for _ in "ab")
    assert one == other
    assert list(one) == ["channel.npz", "scenario.toml", "design.npz", "map.svg", "design.json"]
    later = design_files(design(scenario()), timing_s={"selection": 9.0})
    assert later["design.npz"] == one["design.npz"]
    document, with_other_timing = (json.loads(files["design.json"]) for files in (one, later))
    assert {**document, "timing_s": None} == {**with_other_timing, "timing_s": None}


def test_the_scenario_beside_the_design_is_the_one_that_was_designed(tmp_path: Path) -> None:
    files = design_files(design(), timing_s={})
    for name in ("scenario.toml", "channel.npz"):
        (tmp_path / name).write_bytes(files[name])
    again = load_scenario(tmp_path / "scenario.toml")
    assert np.array_equal(again.receiver_positions_m, design().scenario.receiver_positions_m)
    provenance = json.loads(files["design.json"])["provenance"]
    assert provenance["scenario_sha256"] == hashlib.sha256(files["scenario.toml"]).hexdigest()
    assert provenance["seed"] == 1
    assert provenance["dependencies"]["numpy"] == np.__version__


@pytest.mark.parametrize(
    "made",
    [infeasible(), replace(design(), verification=Verification(violations={"rate": 0.1}))],
    ids=["infeasible", "refuted"],
)
def test_no_beams_and_no_pictures_without_a_verified_design(tmp_path: Path, made: Design) -> None:
    write_design(tmp_path, design(), timing_s={}, pictures={"map.png": b"1", "rates.svg": b"2"})
    paths = write_design(tmp_path, made, timing_s={}, pictures={"map.png": b"1"})
    assert {path.name for path in paths} == {"scenario.toml", "channel.npz", "design.json"}
    assert set(tmp_path.iterdir()) == set(paths)
    assert read_design(tmp_path).arrays == {}


# Reading back


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    made = design()
    write_design(tmp_path, made, timing_s=TIMING_S)
    stored = read_design(tmp_path)
    assert stored.document == design_document(made, timing_s=TIMING_S)
    assert made.beamforming is not None
    assert made.beamforming.beams is not None
    assert np.array_equal(stored.arrays["beams"], made.beamforming.beams.weights)
    with pytest.raises(ValueError, match="read-only"):
        stored.arrays["beams"][0] = 0


DOCUMENT_FAULTS = {
    "missing": (None, "no file or folder of this name"),
    "no JSON": (b"{", "not JSON"),
    "binary": (b"\xff\xfe\x00", "not JSON"),
    "deep": (b"[" * 100_000, "not JSON"),
    "list": (b"[]", "format 'list'"),
    "another format": (b'{"format": "multistatic-design/9"}', "multistatic-design/9"),
}


@pytest.mark.parametrize("fault", DOCUMENT_FAULTS)
def test_a_damaged_document_is_named(tmp_path: Path, fault: str) -> None:
    data, message = DOCUMENT_FAULTS[fault]
    if data is not None:
        (tmp_path / "design.json").write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        read_design(tmp_path)
    assert "design.json" in str(caught.value)


def changed(**arrays: Any) -> bytes:
    return npz_bytes(
        {name: value for name, value in {**design_arrays(design()), **arrays}.items() if value is not None}
    )


def bomb() -> bytes:
    """An archive that says it unpacks to 4 GiB."""
    data = bytearray(changed())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (2**32 - 2).to_bytes(4, "little")
    return bytes(data)


def pickled() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("beams.npy", "w") as stream:
        np.lib.format.write_array(stream, np.array([{}], dtype=object), allow_pickle=True)
    return buffer.getvalue()


ARRAY_FAULTS = {
    "missing": (lambda: None, "no file or folder of this name"),
    "no archive": (lambda: b"nothing", "zip"),
    "cut off": (lambda: changed()[:-3000], "zip"),
    "pickle": (pickled, "Object arrays"),
    "bomb": (bomb, "bytes unpacked"),
    "array missing": (lambda: changed(beams=None), "beams: received nothing"),
    "another K": (lambda: changed(selected=np.ones(3, bool)), r"selected: received b\[3\]"),
    "another N_t": (lambda: changed(steering_tx=np.ones((1, 3), complex)), r"steering_tx: received c\[1, 3\]"),
    "another type": (lambda: changed(selected=np.ones(10)), r"selected: received f\[10\]"),
    "NaN": (lambda: changed(echo_gain=np.full((1, 10), np.nan)), "echo_gain: received NaN"),
}


@pytest.mark.parametrize("fault", ARRAY_FAULTS)
def test_damaged_arrays_are_named(tmp_path: Path, fault: str) -> None:
    make, message = ARRAY_FAULTS[fault]
    write_design(tmp_path, design(), timing_s={})
    data = make()
    (tmp_path / "design.npz").unlink() if data is None else (tmp_path / "design.npz").write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        read_design(tmp_path)
    assert "design.npz" in str(caught.value)


def test_every_misfit_is_reported_at_once(tmp_path: Path) -> None:
    write_design(tmp_path, design(), timing_s={})
    (tmp_path / "design.npz").write_bytes(changed(beams=None, selected=None, direct=None))
    with pytest.raises(InputError) as caught:
        read_design(tmp_path)
    assert len(caught.value.problems) == 3
