"""The files of a design over several points: every number under its own name, read back, recomputed from the arrays."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import loadmat

from multistatic.design.result import Design
from multistatic.errors import InputError
from multistatic.files.design_files import design_arrays, design_document, design_files, npz_bytes
from multistatic.files.stored_design import read_design
from tests.support.close import assert_close, close_to
from tests.support.handmade_design import design
from tests.support.uncertain_designs import UNCERTAIN, box, prior, several


def stored(made: Design, folder: Path, **changes: Any) -> Any:
    """What is read back of `made`, with some arrays changed."""
    for name, content in design_files(made, timing_s={}).items():
        (folder / name).write_bytes(content)
    if changes:
        (folder / "design.npz").write_bytes(npz_bytes({**design_arrays(made), **changes}))
    return read_design(folder)


# Arrays


@pytest.mark.parametrize("name", UNCERTAIN)
def test_arrays_are_read_back_with_the_axis_of_points(name: str, tmp_path: Path) -> None:
    made = UNCERTAIN[name]()
    arrays, count = stored(made, tmp_path).arrays, made.points.count
    for each in ("points_m", "point_weight", "point_value", "steering_tx", "echo_gain", "illumination_w"):
        assert len(arrays[each]) == count, each
    np.testing.assert_array_equal(arrays["point_target"], made.points.target)
    np.testing.assert_array_equal(arrays["points_m"], made.points.position_m)
    assert_close(float(arrays["point_weight"].sum()), 1.0, rel=1e-12)
    assert arrays["target_ids"].tolist() == [target.id for target in made.scenario.targets]


def test_the_illumination_of_every_point_follows_from_beams_and_steering_vectors(tmp_path: Path) -> None:
    arrays = stored(several(), tmp_path).arrays
    for m, power_w in enumerate(arrays["illumination_w"]):
        by_hand = sum(
            abs(arrays["steering_tx"][m] @ arrays["beams"][j, :, column]) ** 2
            for j in range(arrays["beams"].shape[0])
            for column in range(arrays["beams"].shape[2])
        )
        assert_close(power_w, by_hand, rel=1e-12)


def test_selected_receivers_know_every_sequence_of_the_sensing_beam_and_the_others_none(tmp_path: Path) -> None:
    made = several()
    assert made.beamforming is not None
    assert made.beamforming.beams is not None
    weights = np.concatenate([made.beamforming.beams.weights, np.zeros((11, 10, 1))], axis=2)
    assert weights.shape[2] == 3  # two columns that send, and one of padding
    padded = replace(made, beamforming=replace(made.beamforming, beams=type(made.beamforming.beams)(weights=weights)))
    known = stored(padded, tmp_path).arrays["sensing_sequence_known"]
    assert known.tolist() == [[bool(chosen)] * 2 + [False] for chosen in made.selected]
    beams = design_document(padded, timing_s={})["beamforming"]
    assert (beams["sensing_sequences"], beams["sensing_sequences_known_by"]) == (2, list(made.selected_ids))


def test_an_exactly_known_target_is_one_point(tmp_path: Path) -> None:
    made = design()
    arrays = stored(made, tmp_path).arrays
    assert made.accuracy is not None
    assert made.selection is not None
    assert arrays["point_value"].tolist() == [made.selection.value]
    assert arrays["point_peb_m"].tolist() == [made.accuracy.position.peb_m]
    assert np.isinf(arrays["point_veb_m_s"]).all()
    assert "point_position_covariance_m2" not in arrays


def test_infinity_is_read_where_a_point_is_unobservable_and_nan_never(tmp_path: Path) -> None:
    made = box()
    arrays = stored(made, tmp_path).arrays
    assert np.flatnonzero(np.isinf(arrays["point_value"])).tolist() == [7]
    spoilt = np.array(arrays["point_value"])
    spoilt[3] = np.nan
    with pytest.raises(InputError, match="point_value"):
        stored(made, tmp_path, point_value=spoilt)
    with pytest.raises(InputError, match="illumination_w"):
        stored(made, tmp_path, illumination_w=np.full(made.points.count, np.inf))


def test_an_array_with_other_points_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="point_peb_m"):
        stored(prior(), tmp_path, point_peb_m=np.ones(3))


def test_matlab_reads_the_points() -> None:
    made = box()
    found = loadmat(io.BytesIO(design_files(made, timing_s={}, matlab=True)["design.mat"]))
    assert found["point_value"].shape == (105, 1)
    assert found["point_position_covariance_m2"].shape == (105, 3, 3)
    assert found["sensing_sequence_known"].shape == (10, 2)


def test_the_channel_beside_the_scenario_leaves_the_echoes_of_points_to_the_geometry() -> None:
    """Points that the design added are not of the scenario: designing it again lays and adds them again."""
    with np.load(io.BytesIO(design_files(several(), timing_s={})["channel.npz"])) as held:
        assert set(held) == {"direct", "receiver_ids", "carrier_hz"}


# The document


def test_the_document_has_a_row_for_each_target() -> None:
    made = several()
    car, drone, person = design_document(made, timing_s={})["targets"]
    over, beams = made.over_points, made.beamforming
    assert over is not None
    assert beams is not None
    assert beams.beams is not None
    power_w = beams.beams.illumination_w(made.channel.steering_tx)
    assert (car["id"], car["points"], car["worst_value"]) == ("car", 1, over.value[0])
    assert drone["points"] == 5
    assert drone["worst_value"] == over.value[1:6].max()
    assert drone["mean_value"] == close_to(float(over.value[1:6].mean()), rel=1e-12)
    assert drone["worst_illumination_w"] == power_w[1:6].min()
    assert drone["worst_point_m"] == made.points.position_m[1 + int(np.argmax(over.value[1:6]))].tolist()
    assert person["mean_illumination_w"] == close_to(float(power_w[6]), rel=1e-12)


def test_means_are_weighted() -> None:
    made = prior()
    (row,) = design_document(made, timing_s={})["targets"]
    assert made.over_points is not None
    assert row["mean_value"] == close_to(float(made.points.weight @ made.over_points.value), rel=1e-12)
    assert row["mean_value"] != close_to(float(made.over_points.value.mean()), rel=1e-4)


def test_the_document_compares_with_the_design_for_the_middle() -> None:
    made = several()
    found = design_document(made, timing_s={})["robustness"]
    over = made.over_points
    assert over is not None
    assert (found["over_points"], found["value"], found["bound"]) == ("worst", over.value_reduced, over.bound)
    assert found["value_between"] == over.between
    assert found["gap"] == close_to(0.03, rel=1e-9)
    assert found["value_of_nominal_design"] == over.middle_value
    assert found["worst_point"]["point"] == over.worst
    assert found["worst_point"]["target"] == "quadcopter-over-the-loading-ramp"
    assert (found["points"], found["points_added"], found["points_checked"]) == (7, 1, 112)


def test_of_an_exactly_known_target_the_design_is_the_one_for_the_middle() -> None:
    made = design()
    found = design_document(made, timing_s={})["robustness"]
    assert made.selection is not None
    assert found["value"] == found["value_of_nominal_design"] == made.selection.value
    assert found["points"] == 1


def test_the_document_says_what_is_known_of_the_target() -> None:
    known = {
        name: design_document(UNCERTAIN[name](), timing_s={})["assumptions"]["target"]
        for name in ("disc", "prior", "far targets")
    }
    assert known == {"disc": "area", "prior": "prior", "far targets": "several"}


def test_one_failure_and_a_target_that_is_off_are_in_the_document_of_every_design() -> None:
    for made in (design(), several()):
        found = design_document(made, timing_s={})["sensitivities"]
        assert [each["distance_m"] for each in found["target_off"]] == [1.0, 3.0, 10.0, 30.0]
        assert found["one_fails"]["receiver"] in made.selected_ids
