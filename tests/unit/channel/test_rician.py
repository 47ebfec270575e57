"""The Rician channel: its specular part is the line of sight, the rest is white and Gaussian with the power left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.channel.direct import largest_array, line_of_sight, receive_steering, rician
from multistatic.scenario.model import Scenario
from tests.support.close import assert_close, close_to
from tests.support.networks import network

FACTOR = 3.0


def many(**propagation: object) -> Scenario:
    values = {"rician_factor": FACTOR, "reference_gain": 0.25} | propagation
    return network(300, antennas=2, transmit_antennas=4, **values)  # type: ignore[arg-type]


def gains(scenario: Scenario) -> np.ndarray:
    return np.asarray(0.25 * scenario.geometry().transmitter_receiver_m ** -2.7)


def test_line_of_sight_is_an_outer_product_of_both_responses() -> None:
    scenario = many()
    channel = line_of_sight(scenario, np.random.default_rng(0))
    towards = scenario.geometry().to_receivers
    wavelength_m = scenario.radio.wavelength_m
    for k in (0, 7, 123):
        sent = np.exp(2j * np.pi / wavelength_m * scenario.transmitter.array.elements_m @ towards[k])
        received = np.exp(-2j * np.pi / wavelength_m * scenario.receivers[k].array.elements_m @ towards[k])
        assert_close(channel[k], np.sqrt(gains(scenario)[k]) * np.outer(received, sent), rel=1e-09)


def test_what_is_not_specular_is_white_with_the_power_that_is_left() -> None:
    """2400 complex numbers: five standard deviations of a mean square are 10 %."""
    scenario = many()
    specular = np.sqrt(FACTOR / (1 + FACTOR)) * line_of_sight(scenario, np.random.default_rng(1))
    scattered = rician(scenario, np.random.default_rng(1)) - specular
    white = scattered / np.sqrt(gains(scenario) / (1 + FACTOR))[:, None, None]
    assert np.mean(np.abs(white) ** 2) == close_to(1.0, rel=0.1)
    assert np.mean(white.real**2) == close_to(0.5, rel=0.15)
    assert np.mean(white.imag**2) == close_to(0.5, rel=0.15)
    assert abs(np.mean(white.real * white.imag)) < 0.05
    assert abs(np.mean(white)) < 0.1
    assert abs(np.mean(white[:, 0] * white[:, 1].conj())) < 0.1


@pytest.mark.parametrize(("factor", "specular"), [(0.0, 0.0), (1e12, 1.0)])
def test_limits_of_the_factor(factor: float, specular: float) -> None:
    scenario = many(rician_factor=factor)
    sight = line_of_sight(scenario, np.random.default_rng(2))
    channel = rician(scenario, np.random.default_rng(2))
    share = np.abs(np.vdot(sight, channel)) / np.vdot(sight, sight).real
    assert share == close_to(specular, abs=0.1)


def test_a_receiver_more_changes_no_other_channel() -> None:
    scenario = many()
    fewer = replace(scenario, receivers=scenario.receivers[:5])
    one, other = (rician(each, np.random.default_rng(4)) for each in (scenario, fewer))
    np.testing.assert_array_equal(one[:5], other)


def test_smaller_arrays_are_padded_with_silence() -> None:
    scenario = network(3, antennas=(1, 3, 2))
    assert largest_array(scenario) == 3
    steering = receive_steering(scenario, scenario.geometry().receiver_to_target)
    assert [int(np.count_nonzero(row)) for row in steering] == [1, 3, 2]
    channel = rician(scenario, np.random.default_rng(0))
    assert [int(np.count_nonzero(row.any(axis=1))) for row in channel] == [1, 3, 2]
