"""The channel: path loss, direct channels, echo, clutter against the formulas of model.md §2 and against statistics."""

from dataclasses import replace

import numpy as np
import pytest

from multistatic import design_network
from multistatic.channel.direct import line_of_sight, rician
from multistatic.channel.path_loss import direct_gain, echo_gain
from multistatic.channel.realise import LARGEST_SNR, channel_rng, realise
from multistatic.errors import ScenarioError
from multistatic.scenario.arrays import linear_array
from multistatic.scenario.model import Scatterer
from multistatic.units import dbm_to_watt
from tests.support.close import assert_close, close_to
from tests.support.networks import HALF_WAVE_M, network


def test_direct_gain_is_a_power_law_with_its_reference():
    propagation = network(reference_gain=1e-4).propagation
    assert direct_gain(propagation, 10.0) == close_to(1e-4 * 10**-2.7)


def test_echo_laws():
    assert echo_gain(network(echo_law="sum").propagation, 20.0, 30.0) == close_to(50.0**-2.7)
    assert echo_gain(network(echo_law="product").propagation, 20.0, 30.0) == close_to(600.0**-2.7)


def test_product_law_with_free_space_reference_is_the_bistatic_radar_equation():
    wavelength, area, first, second = 0.1, 3.0, 120.0, 80.0
    gain = (wavelength / (4 * np.pi)) ** 2
    propagation = network(echo_law="product", path_loss_exponent=2.0, reference_gain=gain).propagation
    radar = wavelength**2 * area / ((4 * np.pi) ** 3 * first**2 * second**2)
    assert echo_gain(propagation, first, second) * area / (4 * np.pi) == close_to(radar)


def test_line_of_sight_has_rank_one_and_the_strength_of_its_path():
    scenario = network(direct="los")
    channel = line_of_sight(scenario, np.random.default_rng(0))
    gain = direct_gain(scenario.propagation, scenario.geometry().transmitter_receiver_m)
    singular = np.linalg.svd(channel, compute_uv=False)
    assert_close(singular[:, 0], np.sqrt(gain * 2 * 4), rel=1e-9)
    assert singular[:, 1].max() < 1e-12


def test_line_of_sight_peaks_when_the_transmitter_steers_at_the_receiver():
    scenario = network(direct="los")
    channel = line_of_sight(scenario, np.random.default_rng(0))
    towards = scenario.transmitter.array.steering_vector(scenario.geometry().to_receivers, scenario.radio.wavelength_m)
    matched = np.linalg.norm(np.einsum("krt,kt->kr", channel, towards.conj()), axis=1)
    assert_close(matched, 2.0 * np.linalg.norm(channel, axis=(1, 2)), rel=1e-9)


@pytest.mark.slow
def test_rician_tends_to_line_of_sight_and_keeps_its_mean_power():
    scenario = network(rician_factor=1e12)
    los = line_of_sight(scenario, np.random.default_rng(0))
    assert_close(rician(scenario, np.random.default_rng(0)), los, rel=1e-4, abs=1e-7)
    scenario = network(rician_factor=0.5)
    gain = direct_gain(scenario.propagation, scenario.geometry().transmitter_receiver_m)
    rng = np.random.default_rng(1)
    power = np.mean([np.abs(rician(scenario, rng)) ** 2 for _ in range(4000)], axis=(0, 2, 3))
    # 8 entries x 4000 draws: relative standard deviation below 0.6 %; 3 % is beyond five of them
    assert_close(power, gain, rel=0.03)


def test_adding_a_receiver_changes_no_other_channel():
    large = network(5, seed=3)
    small = replace(large, receivers=large.receivers[:3])
    np.testing.assert_array_equal(realise(small, channel_rng(3)).direct, realise(large, channel_rng(3)).direct[:3])


def test_same_seed_same_bits_other_seed_other_channel():
    scenario = network(seed=7)
    first, again = realise(scenario, channel_rng(7)).direct, realise(scenario, channel_rng(7)).direct
    assert first.tobytes() == again.tobytes()
    assert realise(scenario, channel_rng(8)).direct.tobytes() != first.tobytes()


def test_mixed_arrays_are_padded_with_zero_rows():
    channel = realise(network(3, antennas=(1, 3, 2)), channel_rng(0))
    assert channel.direct.shape == (3, 3, 4)
    assert np.count_nonzero(channel.direct, axis=(1, 2)).tolist() == [4, 12, 8]
    assert np.count_nonzero(channel.steering_rx[0], axis=1).tolist() == [1, 3, 2]


def test_echo_snr_with_independent_clutter_counts_the_antennas():
    scenario = network(3, antennas=(1, 3, 2))
    channel = realise(scenario, channel_rng(0))
    geometry = scenario.geometry()
    expected = 0.6 * geometry.bistatic_range_m**-2.7 * np.array([1, 3, 2]) / (1e-9 + 1e-9)
    assert_close(channel.echo_snr_per_watt()[0], expected, rel=1e-9)


def test_the_path_gain_is_that_without_the_reflection():
    scenario = network()
    channel = realise(scenario, channel_rng(0))
    path_gain = scenario.geometry().bistatic_range_m ** -2.7
    assert_close(channel.echo_path_gain[0], path_gain, rel=1e-7)
    assert_close(channel.echo_gain[0], 0.6 * path_gain, rel=1e-7)


@pytest.mark.parametrize("law", ["sum", "product"])
def test_a_scatterer_is_an_echo_of_its_own_place_and_strength(law):
    """√(β η) a_k a_bᵀ by hand, the arrays looking at the scatterer."""
    place = np.array([30.0, -10.0, 0.0])
    scatterer = Scatterer(position_m=place, reflection=0.3)
    scenario = network(clutter="signal_dependent", scatterers=(scatterer,), direct_path_leakage=0.0, echo_law=law)
    channel = realise(scenario, channel_rng(0))
    wavelength = scenario.radio.wavelength_m
    for k, receiver in enumerate(scenario.receivers):
        ways = [place - scenario.transmitter.position_m, place - receiver.position_m]
        first, second = map(np.linalg.norm, ways)
        gain = 0.3 * ((first + second) if law == "sum" else first * second) ** -2.7
        sent = np.exp(2j * np.pi / wavelength * scenario.transmitter.array.elements_m @ ways[0] / first)
        got = np.exp(2j * np.pi / wavelength * receiver.array.elements_m @ ways[1] / second)
        assert_close(channel.clutter[k, 0], np.sqrt(gain) * np.outer(got, sent), rel=1e-09)


def test_signal_dependent_clutter_equals_a_brute_force_covariance():
    scatterer = Scatterer(position_m=np.array([30.0, -10.0, 0.0]), reflection=0.3)
    scenario = network(clutter="signal_dependent", scatterers=(scatterer,), direct_path_leakage=1e-3)
    channel = realise(scenario, channel_rng(0))
    rng = np.random.default_rng(2)
    beams = rng.standard_normal((4, 3)) + 1j * rng.standard_normal((4, 3))
    weights = channel.echo_snr_per_watt(beams @ beams.conj().T)[0]
    for k in range(4):
        noise = 1e-9 * np.eye(2, dtype=complex)
        for path in channel.clutter[k]:
            for stream in beams.T:
                noise += np.outer(path @ stream, (path @ stream).conj())
        steering = channel.steering_rx[0, k]
        expected = channel.echo_gain[0, k] * (steering.conj() @ np.linalg.solve(noise, steering)).real
        assert weights[k] == close_to(expected, rel=1e-9)
    assert channel.clutter.shape == (4, 2, 2, 4)
    assert_close(channel.clutter[:, 1], np.sqrt(1e-3) * channel.direct, rel=1e-9)


def test_a_linear_array_has_one_response_to_front_and_back():
    array = linear_array(8, HALF_WAVE_M)
    angle = 0.7
    front = array.steering_vector([np.cos(angle), np.sin(angle), 0.0], 2 * HALF_WAVE_M)
    back = array.steering_vector([-np.cos(angle), np.sin(angle), 0.0], 2 * HALF_WAVE_M)
    assert_close(front, back, rel=1e-9)


def test_published_noise_level():
    assert dbm_to_watt(-60.0) == close_to(1e-9)


def test_a_receiver_looks_towards_the_transmitter():
    scenario = network(3, antennas=3, direct="los")
    channel = line_of_sight(scenario, np.random.default_rng(0))
    for receiver, matrix in zip(scenario.receivers, channel, strict=True):
        towards = scenario.transmitter.position_m - receiver.position_m
        steering = receiver.array.steering_vector(towards / np.linalg.norm(towards), scenario.radio.wavelength_m)
        assert_close(matrix[:, 0] / matrix[0, 0], steering / steering[0], rel=1e-9)


def test_more_signal_than_double_precision_holds_is_refused():
    """Just below the limit beams keep their rates; above it the message names the power, not the rates."""
    quiet = network(3, direct="los")
    loudest = np.max(np.sum(np.abs(realise(quiet, channel_rng(0)).direct) ** 2, axis=(1, 2))) / 1e-9
    for factor, refused in ((0.99, False), (1.01, True)):
        power_w = factor * LARGEST_SNR / loudest
        loud = replace(quiet, transmitter=replace(quiet.transmitter, power_w=power_w))
        if not refused:
            assert design_network(loud).status in ("optimal", "feasible")
            continue
        with pytest.raises(ScenarioError, match="direct SNR of 130 dB") as caught:
            realise(loud, channel_rng(0))
        assert [problem.path for problem in caught.value.problems] == ["transmitter.power_dbm"]
