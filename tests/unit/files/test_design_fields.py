"""Every number of a stored design stands under its own name: all values differ, so no two can be exchanged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from multistatic.design.result import Design, Verification
from multistatic.design.sensitivity import BudgetStep, Sensitivity
from multistatic.design.unit_changes import UnitChanges
from multistatic.files.design_files import design_arrays, design_document
from tests.support.close import close_to
from tests.support.handmade_design import design, scenario


def all_different() -> Design:
    """Three receivers, and no number twice."""
    what = scenario(count=3)
    made = design(replace(what, seed=17), group=(0, 2))
    assert made.selection is not None
    assert made.beamforming is not None
    assert made.accuracy is not None
    accuracy = replace(
        made.accuracy,
        surrogate=3.625e-4,
        surrogate_published=3.125e-4,
        sum_crb=2.25e-2,
        delay_std_s=np.array([1.5e-9, 2.5e-9, 3.5e-9]),
        doppler_std_hz=np.array([11.0, 12.0, 13.0]),
        range_std_m=np.array([0.5, 0.75, np.inf]),
        range_rate_std_m_s=np.array([1.5, 2.5, 3.5]),
        block_snr=np.array([1e3, 1e2, 4.0]),
        position=replace(made.accuracy.position, velocity="observable", peb_m=0.8125, veb_m_s=1.75),
        position_with_angles=replace(made.accuracy.position_with_angles, peb_m=0.3125, veb_m_s=1.25),
    )
    return replace(
        made,
        status="optimal",
        rounds=7,
        cost_m=181.25,
        selection=replace(
            made.selection,
            status="optimal",
            method="greedy",
            value=4.0e-4,
            bound=3.0e-4,
            evaluated=11,
            nearest_budget_m=205.5,
        ),
        beamforming=replace(
            made.beamforming,
            method="sca",
            illumination_w=6.0,
            upper_bound_w=8.0,
            power_w=0.875,
            iterations=9,
            stationarity=2.5e-5,
            largest_common_rate_bps_hz=5.25,
            rates_bps_hz=np.array([4.25, 4.5, 4.75]),
        ),
        accuracy=accuracy,
        verification=Verification(violations={"rate": 1e-9, "power": 3e-9, "cost": 2e-9}, tolerance=1e-7),
        sensitivity=Sensitivity(
            rate_per_bps_hz=np.array([0.125, 0.25, 0.375]),
            power_per_db=-0.1875,
            budget=BudgetStep(extra_m=3.5, selected=("r1", "r2"), change=-0.0625),
        ),
    )


def test_the_parts_of_the_document() -> None:
    document = design_document(all_different(), timing_s={"selection": 0.25})
    expected: dict[str, Any] = {
        "name": "handmade",
        "status": "optimal",
        "scheme": "multi",
        "selected": ["r1", "r3"],
        "rounds": 7,
        "rates_bps_hz": {"r1": 4.25, "r2": 4.5, "r3": 4.75},
        "rate_required_bps_hz": 4.0,
        "cooperation_cost_m": 181.25,
        "cooperation_cost_limit_m": 200.0,
        "timing_s": {"selection": 0.25},
    }
    assert {name: document[name] for name in expected} == expected
    selection = {
        "status": "optimal",
        "method": "greedy",
        "value": 4.0e-4,
        "bound": 3.0e-4,
        "gap": close_to(0.25),
        "evaluated": 11,
        "nearest_budget_m": 205.5,
    }
    assert {name: document["selection"][name] for name in selection} == selection
    beams = {
        "status": "feasible",
        "method": "sca",
        "illumination_w": 6.0,
        "upper_bound_w": 8.0,
        "gap": close_to(0.25),
        "stationarity": 2.5e-5,
        "power_w": 0.875,
        "iterations": 9,
        "largest_common_rate_bps_hz": 5.25,
    }
    assert {name: document["beamforming"][name] for name in beams} == beams
    check = {"passed": True, "max_violation": 3e-9, "tolerance": 1e-7}
    assert {name: document["verification"][name] for name in check} == check
    assert document["verification"]["violations"] == {"rate": 1e-9, "power": 3e-9, "cost": 2e-9}
    assert document["provenance"]["seed"] == 17


def test_the_bounds_of_the_document() -> None:
    bounds = design_document(all_different(), timing_s={})["bounds"]
    expected: dict[str, Any] = {
        "surrogate": 3.625e-4,
        "surrogate_published": 3.125e-4,
        "sum_crb": 2.25e-2,
        "peb_m": 0.8125,
        "veb_m_s": 1.75,
        "peb_with_angles_m": 0.3125,
        "veb_with_angles_m_s": 1.25,
        "weak_echoes": ["r3"],
    }
    assert {name: bounds[name] for name in expected} == expected
    rows = {
        "r1": {"range_std_m": 0.5, "range_rate_std_m_s": 1.5, "delay_std_s": 1.5e-9, "doppler_std_hz": 11.0},
        "r2": {"range_std_m": 0.75, "range_rate_std_m_s": 2.5, "delay_std_s": 2.5e-9, "doppler_std_hz": 12.0},
        "r3": {"range_std_m": None, "range_rate_std_m_s": 3.5, "delay_std_s": 3.5e-9, "doppler_std_hz": 13.0},
    }
    for name, row in rows.items():
        assert {key: bounds["per_receiver"][name][key] for key in row} == row
    levels = {
        "r1": {"delay_std_s": 1.5e-9, "doppler_std_hz": 11.0, "block_snr_db": close_to(30.0, rel=1e-12)},
        "r2": {"delay_std_s": 2.5e-9, "doppler_std_hz": 12.0, "block_snr_db": close_to(20.0, rel=1e-12)},
        "r3": {"delay_std_s": 3.5e-9, "doppler_std_hz": 13.0, "block_snr_db": close_to(10 * np.log10(4.0), rel=1e-12)},
    }
    for name, row in levels.items():
        assert {key: bounds["per_receiver"][name][key] for key in row} == row


def test_errors_in_space_of_the_document() -> None:
    made = all_different()
    assert made.accuracy is not None
    covariance_m2 = np.array([[4.0, 0.5, 0.25], [0.5, 5.0, 0.125], [0.25, 0.125, 16.0]])
    space = replace(made.accuracy.position, peb_m=5.0, covariance_m2=covariance_m2)
    bounds = design_document(replace(made, accuracy=replace(made.accuracy, position=space)), timing_s={})["bounds"]
    assert (bounds["peb_horizontal_m"], bounds["peb_vertical_m"]) == (3.0, 4.0)
    assert bounds["position_covariance_m2"] == covariance_m2.tolist()


def test_the_sensitivities_of_the_document() -> None:
    found = design_document(all_different(), timing_s={})["sensitivities"]
    assert found["rate_per_bps_hz"] == {"r1": 0.125, "r2": 0.25, "r3": 0.375}
    assert found["power_per_db"] == -0.1875
    assert found["budget"] == {"extra_m": 3.5, "selected": ["r1", "r2"], "change": -0.0625}
    assert (found["rate_1bps_hz"], found["power_1db"]) == (None, None)


def test_whole_units_of_the_document_are_those_of_the_table() -> None:
    unit = UnitChanges(receiver_id="r2", rate_change=None, power_change=-0.15625)
    document = design_document(all_different(), timing_s={}, unit=unit)
    assert document["sensitivities"]["rate_1bps_hz"] == {"receiver": "r2", "change": None}
    assert document["sensitivities"]["power_1db"] == {"change": -0.15625}
    assert document["reasons"]["sensitivities.rate_1bps_hz.change"].startswith("No beams that meet the required rates")
    assert "sensitivities.power_1db" not in document["reasons"]


def test_every_array_is_that_of_its_name() -> None:
    made = all_different()
    what, channel = made.scenario, made.channel
    assert made.beamforming is not None
    assert made.beamforming.beams is not None
    expected = {
        "receiver_ids": np.array(["r1", "r2", "r3"]),
        "selected": np.array([True, False, True]),
        "beams": made.beamforming.beams.weights,
        "direct": channel.direct,
        "echo_gain": channel.echo_gain,
        "echo_path_gain": channel.echo_path_gain,
        "steering_tx": channel.steering_tx,
        "steering_rx": channel.steering_rx,
        "clutter": channel.clutter,
        "rate_required_bps_hz": np.full(3, 4.0),
        "receiver_positions_m": np.array([receiver.position_m for receiver in what.receivers]),
        "transmitter_position_m": what.transmitter.position_m,
        "target_ids": np.array(["target"]),
        "target_position_m": np.array([[20.0, 40.0, 0.0]]),
        "target_velocity_m_s": np.array([[15.0, 0.0, 0.0]]),
        "points_m": np.array([[20.0, 40.0, 0.0]]),
        "point_velocity_m_s": np.array([[15.0, 0.0, 0.0]]),
        "point_weight": np.array([1.0]),
        "point_target": np.array([0]),
        "illumination_w": made.beamforming.beams.illumination_w(channel.steering_tx),
        "noise_power_w": np.array(2.5e-9),
        "clutter_power_w": np.array(1.5e-9),
        "power_limit_w": np.array(1.0),
    }
    arrays = design_arrays(replace(made, channel=replace(channel, noise_power_w=2.5e-9, clutter_power_w=1.5e-9)))
    for name, value in expected.items():
        np.testing.assert_array_equal(arrays[name], value, err_msg=name)


def test_an_echo_below_the_noise_has_a_level_and_none_at_all_has_none() -> None:
    made = all_different()
    assert made.accuracy is not None
    weak = replace(made, accuracy=replace(made.accuracy, block_snr=np.array([0.5, 0.0, 1.0])))
    rows = design_document(weak, timing_s={})["bounds"]["per_receiver"]
    assert rows["r1"]["block_snr_db"] == close_to(10 * np.log10(0.5), rel=1e-12)
    assert rows["r2"]["block_snr_db"] is None
    assert rows["r3"]["block_snr_db"] == 0.0
