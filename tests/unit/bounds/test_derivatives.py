"""Derivatives behind the position bound against finite differences, and conversions of units by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.bounds.delay_doppler import exact_information, information_per_snr, standard_deviations
from multistatic.bounds.jacobian import delay_doppler_jacobian
from multistatic.bounds.position import position_information
from multistatic.bounds.sensing import SensingNetwork, apertures_m2
from multistatic.design.instance import instance_of
from multistatic.scenario.arrays import planar_array
from multistatic.scenario.geometry import bistatic_geometry
from multistatic.signal.moments import PulseMoments
from tests.support.close import assert_close, close_to
from tests.support.networks import network

STEP_M = 1e-2


def scenario_of(dimensions: int):
    height_m = 40.0 * (dimensions == 3)
    return network(4, antennas=4, height_m=height_m, velocity_m_s=(12.0, -7.0, 3.0 * (dimensions == 3)), seed=5)


def network_of(dimensions: int) -> SensingNetwork:
    return instance_of(scenario_of(dimensions)).network()


@pytest.mark.parametrize("dimensions", [2, 3])
def test_jacobian_is_the_derivative_of_delay_and_doppler(dimensions: int) -> None:
    scenario, seen = scenario_of(dimensions), network_of(dimensions)

    def measured(state: np.ndarray) -> np.ndarray:
        position, velocity = scenario.target.position_m.copy(), scenario.target.velocity_m_s.copy()
        position[:dimensions], velocity[:dimensions] = state[:dimensions], state[dimensions:]
        geometry = bistatic_geometry(scenario.transmitter.position_m, scenario.receiver_positions_m, position)
        return np.stack([geometry.delay_s, geometry.doppler_hz(velocity, scenario.radio.carrier_hz)], axis=1)

    state = np.concatenate([scenario.target.position_m[:dimensions], scenario.target.velocity_m_s[:dimensions]])
    columns = [
        (measured(state + STEP_M * axis) - measured(state - STEP_M * axis)) / (2 * STEP_M)
        for axis in np.eye(2 * dimensions)
    ]
    expected = np.stack(columns, axis=2)
    found = delay_doppler_jacobian(seen).hi
    for row in (0, 1):
        scale = np.abs(expected[:, row]).max()
        assert_close(found[:, row], expected[:, row], rel=0.0001, abs=1e-07 * scale)
    assert found[:, 0, dimensions:] == close_to(np.zeros((4, dimensions)), abs=1e-20)


# Delay and Doppler are coupled by none of our pulses but the chirp; here by half of what is possible.
COUPLED = PulseMoments(
    mean_square_bandwidth=7.0,
    mean_frequency=0.0,
    mean_time=0.0,
    mean_square_time=0.1,
    time_frequency=40.0j,
    continuous=True,
)


@pytest.mark.parametrize("pulse", [None, COUPLED])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_position_information_is_the_chain_rule(dimensions: int, pulse: PulseMoments | None) -> None:
    seen, slot_s = network_of(dimensions), 5e-9
    seen = seen if pulse is None else replace(seen, pulse=pulse)
    assert (exact_information(seen, 0.5)[0, 0, 1] == 0.0) == (pulse is None)
    jacobian = delay_doppler_jacobian(seen).hi * np.array([1 / slot_s, slot_s])[:, None]
    for k, own in enumerate(exact_information(seen, 0.5)):
        expected = jacobian[k].T @ own @ jacobian[k]
        assert_close(position_information(seen, 0.5)[k], expected, rel=1e-10)


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_what_angles_add_is_the_information_of_the_antennas_phases(dimensions: int, planar: bool) -> None:
    """2Mρ/N_r · Re[∂aᴴ∂a - |aᴴ∂a|²/N_r] with the steering vector differentiated numerically; of a planar array both
    axes count, the short one too.
    """
    scenario = scenario_of(dimensions)
    if planar:
        array = planar_array((6, 2), 0.5 * scenario.radio.wavelength_m)
        scenario = replace(scenario, receivers=tuple(replace(each, array=array) for each in scenario.receivers))
    seen = instance_of(scenario).network()
    added = position_information(seen, 0.5, angles=True) - position_information(seen, 0.5)
    for k, receiver in enumerate(scenario.receivers):

        def steering(place: np.ndarray, receiver=receiver) -> np.ndarray:
            direction = (place - receiver.position_m) / np.linalg.norm(place - receiver.position_m)
            return np.asarray(receiver.array.steering_vector(direction, scenario.radio.wavelength_m))

        target = scenario.target.position_m
        slopes = np.stack(
            [
                (steering(target + 1e-4 * axis) - steering(target - 1e-4 * axis)) / 2e-4
                for axis in np.eye(3)[:dimensions]
            ],
            axis=1,
        )
        own = steering(target)
        along = own.conj() @ slopes
        size = receiver.array.size
        gram = (slopes.conj().T @ slopes - np.outer(along.conj(), along) / size).real
        snr = seen.snr_per_watt[k] * 0.5
        expected = 2 * seen.samples * snr / size * gram
        found = added[k][:dimensions, :dimensions]
        assert_close(found, expected, rel=0.0001, abs=1e-06 * np.abs(expected).max())


def test_deviations_in_seconds_and_hertz() -> None:
    information = np.array([[[4.0, 0.0], [0.0, 25.0]], [[4.0, 3.0], [3.0, 4.0]]])
    delay_s, doppler_hz = standard_deviations(information, 1e-8)
    assert_close(delay_s, 1e-08 * np.sqrt([1 / 4, 4 / 7]), rel=1e-12)
    assert_close(doppler_hz, 100000000.0 * np.sqrt([1 / 25, 4 / 7]), rel=1e-12)


def test_information_of_a_pulse_with_all_moments() -> None:
    pulse = PulseMoments(
        mean_square_bandwidth=7.0,
        mean_frequency=1.0 + 2.0j,
        mean_time=0.25,
        mean_square_time=0.5,
        time_frequency=0.5 + 1.5j,
        continuous=True,
    )
    found = information_per_snr(pulse, 6)
    assert found[0, 0] == close_to(2 * 6 * (7.0 - 5.0), rel=1e-12)
    assert found[1, 1] == close_to(8 * np.pi**2 * 6 * (35 / 12 + 0.5 - 0.0625), rel=1e-12)
    assert found[0, 1] == found[1, 0] == close_to(4 * np.pi * 6 * (1.5 - 2.0 * 0.25), rel=1e-12)


def test_apertures_in_clutter_do_not_depend_on_where_the_arrays_elements_begin() -> None:
    """Clutter of one direction, strong enough to change what each element counts."""
    scenario = network(2, antennas=4, clutter="signal_dependent", direct_path_leakage=1e3)
    instance = instance_of(scenario)
    covariance_w = np.eye(4, dtype=complex) / 4
    plain = apertures_m2(scenario, instance.channel)
    found = apertures_m2(scenario, instance.channel, covariance_w)
    for k, receiver in enumerate(scenario.receivers):
        weight = np.linalg.inv(instance.channel.relative_noise(covariance_w)[k])
        own = instance.channel.steering_rx[0, k]
        count = np.diag(own).conj() @ weight @ np.diag(own)
        places, one = receiver.array.elements_m, np.ones(4)
        total = (one @ count @ one).real
        mean = places.T @ count @ one
        expected = (places.T @ count @ places - np.outer(mean, mean.conj()) / total).real / total
        assert_close(found[k], expected, rel=1e-06, abs=1e-09 * np.abs(expected).max())
        assert np.abs(found[k] - plain[k]).max() > 1e-3 * np.abs(plain[k]).max()
        moved = replace(receiver.array, elements_m=places + 0.5)
        assert moved.aperture_m2() == close_to(receiver.array.aperture_m2(), rel=1e-9, abs=1e-12)
