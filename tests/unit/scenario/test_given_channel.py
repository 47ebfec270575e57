"""Channels from outside as a value: what they must be in themselves and share with a scenario, and what is noted."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from multistatic.channel.realise import as_given, channel_rng, realise
from multistatic.errors import ScenarioError
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.given_channel_notes import given_channel_notes
from multistatic.scenario.model import Scenario
from tests.support.close import close_to
from tests.support.networks import CARRIER_HZ, network

SCENARIO = network(3, antennas=(2, 1, 3), transmit_antennas=4)
RNG = np.random.default_rng(7)
DIRECT = 1e-4 * (RNG.standard_normal((3, 3, 4)) + 1j * RNG.standard_normal((3, 3, 4)))
for _row, _size in zip(DIRECT, (2, 1, 3), strict=True):
    _row[_size:] = 0.0


def with_channel(given: GivenChannel, scenario: Scenario = SCENARIO) -> Scenario:
    return replace(scenario, propagation=replace(scenario.propagation, direct=given))


def given(**changes: Any) -> GivenChannel:
    return GivenChannel(**{"direct": DIRECT, "receiver_ids": SCENARIO.receiver_ids, "carrier_hz": CARRIER_HZ} | changes)


def problems(make: Any) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        make()
    return [str(problem) for problem in caught.value.problems]


# What it gives, and what the geometry gives


def test_the_channel_is_the_one_that_was_given_and_the_rest_that_of_the_geometry() -> None:
    made, model = realise(with_channel(given()), channel_rng(0)), realise(SCENARIO, channel_rng(0))
    np.testing.assert_array_equal(made.direct, DIRECT)
    for name in ("steering_tx", "steering_rx", "echo_gain", "echo_path_gain", "clutter"):
        np.testing.assert_array_equal(getattr(made, name), getattr(model, name), err_msg=name)


def test_what_is_given_of_the_echo_takes_the_place_of_the_geometry() -> None:
    gain, steering = np.array([[1e-9, 2e-9, 3e-9]]), np.exp(1j * np.arange(4.0))[None]
    made = realise(with_channel(given(echo_gain=gain, steering_tx=steering)), channel_rng(0))
    np.testing.assert_array_equal(made.echo_gain, gain)
    np.testing.assert_array_equal(made.steering_tx, steering)
    np.testing.assert_array_equal(made.echo_path_gain, realise(SCENARIO, channel_rng(0)).echo_path_gain)


def test_receivers_in_another_order_are_put_into_that_of_the_scenario() -> None:
    order = [2, 0, 1]
    ids = [SCENARIO.receiver_ids[k] for k in order]
    gain = np.array([[3e-9, 1e-9, 2e-9]])
    made = realise(with_channel(given(direct=DIRECT[order], receiver_ids=ids, echo_gain=gain)), channel_rng(0))
    np.testing.assert_array_equal(made.direct, DIRECT)
    np.testing.assert_array_equal(made.echo_gain, [[1e-9, 2e-9, 3e-9]])


def test_receivers_that_the_scenario_has_not_are_left_out_and_noted() -> None:
    extra = given(direct=np.concatenate([DIRECT[:1], DIRECT]), receiver_ids=("stranger", *SCENARIO.receiver_ids))
    np.testing.assert_array_equal(realise(with_channel(extra), channel_rng(0)).direct, DIRECT)
    assert any(
        "'stranger', which the scenario does not have" in note for note in given_channel_notes(with_channel(extra))
    )


def test_rows_beyond_the_largest_array_may_be_zeros_or_missing() -> None:
    wide = np.concatenate([DIRECT, np.zeros((3, 2, 4))], axis=1)
    np.testing.assert_array_equal(realise(with_channel(given(direct=wide)), channel_rng(0)).direct, DIRECT)


def test_a_realised_channel_comes_back_bit_for_bit_from_what_a_file_would_hold() -> None:
    channel = realise(network(3, direct="rician", seed=3), channel_rng(3))
    held = as_given(network(3, direct="rician", seed=3), channel)
    assert held.echo_gain is None
    assert held.steering_tx is None
    changed = replace(channel, echo_gain=2.0 * channel.echo_gain, steering_tx=1j * channel.steering_tx)
    for each in (channel, changed):
        scenario = network(3, direct="rician", seed=3)
        again = realise(with_channel(as_given(scenario, each), scenario), channel_rng(99))
        for name in ("direct", "echo_gain", "steering_tx", "steering_rx", "clutter"):
            np.testing.assert_array_equal(getattr(again, name), getattr(each, name), err_msg=name)


def test_it_travels_to_other_processes() -> None:
    again = pickle.loads(pickle.dumps(given()))
    np.testing.assert_array_equal(again.direct, DIRECT)
    assert again.receiver_ids == SCENARIO.receiver_ids


def test_the_median_gain_is_that_of_antennas_with_a_path() -> None:
    levels = np.array([[[1e-3, 0.0]], [[1e-4, 1e-5]]])
    assert GivenChannel(direct=levels).median_gain_db == close_to(-80.0, abs=1e-9)
    assert GivenChannel(direct=0.0 * levels).median_gain_db is None


# What it must be in itself


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"direct": DIRECT[0]}, "direct: received shape [3, 4]"),
        ({"direct": np.zeros((0, 1, 1))}, "direct: received shape [0, 1, 1]"),
        ({"direct": np.array([["a"]])}, "values of type"),
        ({"direct": np.where(np.arange(3)[:, None, None] == 1, np.nan, DIRECT)}, "NaN or infinity at 'r2'"),
        ({"direct": np.full((3, 3, 4), np.inf)}, "NaN or infinity at 'r1'"),
        ({"direct": 1e200 * DIRECT}, "an amplitude of"),
        ({"direct": np.full((3, 3, 4), -85.3)}, "if these are levels in dB"),
        ({"receiver_ids": ("r1", "r2")}, "2 names, expected 3"),
        ({"receiver_ids": ("r1", "r2", "r2")}, "'r2' more than once"),
        ({"carrier_hz": float("nan")}, "a frequency from 1e3 to 1e15 Hz"),
        ({"carrier_hz": 3.5}, "a frequency from 1e3 to 1e15 Hz"),
        ({"echo_gain": np.ones((1, 2))}, "[M, K] = [1, 3]"),
        ({"echo_gain": np.ones((2, 3))}, "[M, K] = [1, 3]"),
        ({"echo_gain": -np.ones((1, 3))}, "power gains, 0 or more"),
        ({"echo_gain": 1j * np.ones((1, 3))}, "real numbers"),
        ({"steering_tx": np.ones((1, 3))}, "[M, N_t] = [1, 4]"),
        ({"steering_tx": np.full((1, 4), np.nan)}, "finite values"),
        ({"steering_tx": np.zeros((1, 4))}, "not all zero"),
    ],
)
def test_what_is_wrong_in_itself_is_named(changes: dict[str, Any], said: str) -> None:
    ids = tuple(f"r{k}" for k in (1, 2, 3))
    assert any(said in text for text in problems(lambda: given(**{"receiver_ids": ids} | changes)))


def test_all_of_it_at_once_under_the_name_of_the_file() -> None:
    wrong = {"receiver_ids": ("a",), "carrier_hz": -1.0, "echo_gain": np.ones((1, 9)), "path": "H.npz"}
    found = problems(lambda: given(**wrong))
    assert [text.split(":")[1].split(" ")[0] for text in found] == ["receiver_ids", "echo_gain", "carrier_hz"]
    assert all(text.startswith("H.npz:") for text in found)


# What it must share with the scenario


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"direct": DIRECT[:2], "receiver_ids": SCENARIO.receiver_ids[:2]}, f"also {SCENARIO.receiver_ids[2]!r}"),
        ({"direct": DIRECT[:2], "receiver_ids": None}, "2 receivers (shape [2, 3, 4]), expected the 3 receivers"),
        ({"direct": DIRECT[:, :, :3]}, "3 transmit antennas, expected 4"),
        ({"direct": DIRECT[:, :2]}, f"2 receive antennas at {SCENARIO.receiver_ids[2]!r}, expected 3"),
        ({"direct": DIRECT[:, [0, 2, 1]] + 1e-9}, f"3 receive antennas at {SCENARIO.receiver_ids[0]!r}, expected 2"),
        ({"carrier_hz": CARRIER_HZ * (1 + 2e-6)}, "3500007000.0 Hz, expected 3500000000.0 Hz"),
    ],
)
def test_what_does_not_fit_the_scenario_is_named(changes: dict[str, Any], said: str) -> None:
    found = problems(lambda: with_channel(given(**changes)))
    assert any(said in text for text in found), found


def test_a_carrier_within_the_tolerance_fits() -> None:
    with_channel(given(carrier_hz=CARRIER_HZ * (1 + 5e-7)))
    with_channel(given(carrier_hz=None))


def test_every_misfit_is_named_at_once() -> None:
    found = problems(lambda: with_channel(given(direct=DIRECT[:, :2, :3], carrier_hz=6e9)))
    assert len(found) == 3


def test_an_snr_beyond_double_precision_names_the_file_as_a_cause() -> None:
    with pytest.raises(ScenarioError, match="channels in the channel file that include the path gain"):
        realise(with_channel(given(direct=1e7 * DIRECT)), channel_rng(0))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"steering_tx": np.full((1, 4), 1e80)},
            "a largest amplitude of 1e+80, expected a largest amplitude from 1e-10",
        ),
        (
            {"steering_tx": np.full((1, 4), 1e-200)},
            "a largest amplitude of 1e-200, expected a largest amplitude from 1e-10",
        ),
        ({"echo_gain": np.array([[1e-9, 1e101, 1e-9]])}, "received 1e+101, expected power gains, 0 or from 1e-100"),
        ({"echo_gain": np.array([[1e-9, 1e-101, 0.0]])}, "received 1e-101, expected power gains, 0 or from 1e-100"),
        ({"echo_gain": np.array([[1e-9, -2.0, 0.0]])}, "received -2, expected power gains, 0 or more"),
        ({"direct": np.full((3, 3, 4), np.longdouble("1e400"))}, "NaN or infinity at"),
    ],
)
def test_levels_that_no_channel_has_are_refused_by_value(changes: dict[str, Any], said: str) -> None:
    found = problems(lambda: given(**changes))
    assert any(said in text for text in found), found


# What may not be meant


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"direct": 1e4 * DIRECT}, "which is more power than is transmitted"),
        ({"direct": 2e3 * DIRECT}, "multiply channels of unit power by the path gain"),
        ({"direct": 1e-8 * DIRECT}, "far below any radio link"),
        ({"direct": DIRECT * np.array([1, 0, 1])[:, None, None]}, "no path to"),
        ({"direct": DIRECT * np.array([1, 1, 0])[:, None]}, "zeros at some antennas of"),
        ({"echo_gain": np.full((1, 3), 1e-9)}, "replaces path loss and the target's reflection"),
        ({"echo_gain": np.full((1, 3), 1e-9)}, "mono-static scheme still use the path loss"),
        (
            {"echo_gain": np.array([[1e-9, 120.0, 1e-9]])},
            "a largest gain of 120 (20.8 dB), which is more power than is transmitted",
        ),
        ({"steering_tx": np.full((1, 4), 1e3)}, "a mean |entry|² of 60.0 dB: isotropic antennas have 0 dB"),
    ],
)
def test_what_may_not_be_meant_is_noted(changes: dict[str, Any], said: str) -> None:
    notes = list(given_channel_notes(with_channel(given(**changes))))
    assert any(said in note for note in notes), notes


def test_nothing_is_noted_of_ordinary_channels_and_of_models() -> None:
    assert list(given_channel_notes(with_channel(given()))) == []
    assert list(given_channel_notes(SCENARIO)) == []


def test_channels_of_a_large_network_show_themselves_in_two_lines() -> None:
    many = GivenChannel(direct=np.full((50, 4, 64), 1e-5), receiver_ids=[f"rx{k}" for k in range(50)])
    assert len(repr(many).splitlines()) == 2
    assert "50 receivers of 4 antennas, 64 transmit antennas" in repr(many)
    assert "-100.0 dB" in repr(many)
