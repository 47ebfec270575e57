"""Bounds with angles in noise that is not white over the antennas, against the Fisher matrix of sampled signals.

1. One receiver at a time, whitened by a Cholesky factor of C_k = σ²I + Σ_i H_i S H_iᴴ that is summed up here.
2. The whole bound of a group.
3. White noise, and clutter that is white over the antennas, leave the array's own aperture.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.bounds.position import position_bound, position_information
from multistatic.bounds.sensing import sensing_network
from multistatic.channel.realise import channel_rng, realise
from multistatic.scenario.arrays import AntennaArray, linear_array, planar_array
from multistatic.scenario.geometry import bistatic_geometry
from multistatic.scenario.model import PulseSpec, Radio, Scatterer
from multistatic.signal.pulses import pulse_of
from tests.support.brute_force_fisher import derivatives, sample_times, waveform, without_nuisance
from tests.support.close import assert_close, close_to
from tests.support.networks import network

SAMPLES, ILLUMINATION_W = 24, 0.7
# A carrier so high, a band so narrow that directions tell as much as delays.
RADIO = Radio(carrier_hz=3.5e9, bandwidth_hz=3e6, samples=SAMPLES, pulse=PulseSpec(kind="half_sine"))
QUARTER_M = RADIO.wavelength_m / 4
ARRAYS = (
    linear_array(1, QUARTER_M),
    linear_array(3, 2 * QUARTER_M),
    planar_array((2, 2), 2 * QUARTER_M, axes=((1, 1, 0), (0, 0, 1))),
    AntennaArray(elements_m=QUARTER_M * np.array([[0, 0, 0], [2, 0, 1], [0, 3, 0], [1, 1, 4], [-2, 1, 0.0]])),
)


def cluttered(dimensions: int):
    """A scenario, its channel, and a signal of two streams."""
    base = network(
        4,
        height_m=30.0 * (dimensions - 2),
        clutter="signal_dependent",
        scatterers=(Scatterer(position_m=np.array([10.0, -20.0, 0.0]), reflection=2.0),),
        direct_path_leakage=1e-3,
        velocity_m_s=(150.0, -80.0, 20.0 * (dimensions - 2)),
        seed=3,
    )
    receivers = [replace(receiver, array=array) for receiver, array in zip(base.receivers, ARRAYS, strict=True)]
    scenario = replace(base, radio=RADIO, receivers=tuple(receivers))
    streams = np.random.default_rng(5).standard_normal((2, 4, 2)) @ [1, 1j]
    return scenario, realise(scenario, channel_rng(0)), streams.T


def brute_force_information(scenario, channel, streams: np.ndarray, k: int) -> np.ndarray:
    """J(p, v) of the whitened samples of receiver k, its amplitude projected out."""
    d, antennas = scenario.dimensions, scenario.receivers[k].array.size
    covariance = channel.noise_power_w * np.eye(antennas, dtype=complex)
    for path in channel.clutter[k, :, :antennas]:
        for stream in streams.T:
            covariance += np.outer(path @ stream, (path @ stream).conj())
    root_noise = np.linalg.cholesky(covariance)
    sent = np.exp(2j * np.pi * np.random.default_rng(1).random(SAMPLES))
    places = np.array([receiver.position_m for receiver in scenario.receivers])
    slot_s, pulse = scenario.radio.slot_s, pulse_of(scenario.radio.pulse)
    times, root = sample_times(SAMPLES, 24, scenario.geometry().delay_s[k] / slot_s)

    def signal(q):
        target, velocity = scenario.target.position_m.copy(), scenario.target.velocity_m_s.copy()
        target[:d], velocity[:d] = q[:d], q[d:]
        path = bistatic_geometry(scenario.transmitter.position_m, places, target)
        doppler = path.doppler_hz(velocity, scenario.radio.carrier_hz)[k] * slot_s
        heard = waveform(pulse, sent, times - path.delay_s[k] / slot_s) * np.exp(2j * np.pi * doppler * times)
        arrival = scenario.receivers[k].array.steering_vector(path.receiver_to_target[k], scenario.radio.wavelength_m)
        echo = np.sqrt(channel.echo_gain[0, k] * ILLUMINATION_W) * arrival[:, None] * (root * heard)
        return np.linalg.solve(root_noise, echo)

    at = np.concatenate([scenario.target.position_m[:d], scenario.target.velocity_m_s[:d]])
    clean = signal(at).ravel()[:, None]
    steps = np.concatenate([np.full(d, 2e-3), np.full(d, 2e-1)])
    return without_nuisance(derivatives(signal, at, steps), np.hstack([clean, 1j * clean]), 1.0)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_bound_with_angles_is_that_of_the_sampled_signals(dimensions):
    scenario, channel, streams = cluttered(dimensions)
    seen = sensing_network(scenario, channel, streams @ streams.conj().T)
    found = position_information(seen, ILLUMINATION_W, angles=True)
    expected = np.array([brute_force_information(scenario, channel, streams, k) for k in range(4)])
    scale = np.sqrt(np.diagonal(expected, axis1=1, axis2=2))
    scale = scale[:, :, None] * scale[:, None, :]
    assert_close(found / scale, expected / scale, abs=1e-6)

    total = expected.sum(axis=0)
    scale = np.sqrt(np.outer(total.diagonal(), total.diagonal()))
    covariance = np.linalg.inv(total / scale) / scale
    bound = position_bound(seen, np.ones(4, bool), ILLUMINATION_W, angles=True)
    assert bound.peb_m == close_to(np.sqrt(np.trace(covariance[:dimensions, :dimensions])), rel=1e-6)
    assert bound.veb_m_s == close_to(np.sqrt(np.trace(covariance[dimensions:, dimensions:])), rel=1e-6)


def test_the_colour_of_the_noise_matters_in_these_tests():
    """The elements counted alike, as in white noise, would give another bound here."""
    scenario, channel, streams = cluttered(2)
    seen = sensing_network(scenario, channel, streams @ streams.conj().T)
    alike = replace(seen, receive_apertures_m2=np.array([array.aperture_m2() for array in ARRAYS]))
    bound, other = (position_bound(each, np.ones(4, bool), 1.0, angles=True).peb_m for each in (seen, alike))
    assert abs(other / bound - 1) > 0.02


def test_noise_that_is_white_over_the_antennas_leaves_the_array_its_aperture():
    scenario, channel, streams = cluttered(3)
    covariance = streams @ streams.conj().T
    own = np.array([array.aperture_m2() for array in ARRAYS])
    np.testing.assert_array_equal(sensing_network(scenario, channel).receive_apertures_m2, own)
    silent = sensing_network(scenario, channel, 0.0 * covariance)
    assert_close(silent.receive_apertures_m2, own, abs=1e-14 * own.max())
    # One scatterer for each antenna, seen by it alone: power of one size, whatever the signal.
    each = np.zeros((4, 5, 5, 4), complex)
    each[:, np.arange(5), np.arange(5), 0] = 1e-3
    white = sensing_network(scenario, replace(channel, clutter=each), covariance)
    assert_close(white.receive_apertures_m2, own, abs=1e-12 * own.max())
    assert np.all(white.snr_per_watt < 0.1 * silent.snr_per_watt)
