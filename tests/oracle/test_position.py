"""Position and velocity bounds against brute force.

1. The Jacobian against finite differences of the geometry.
2. PEB, VEB and the whole position information against the Fisher matrix of the stacked sampled signals of all receivers
   about (p, v, amplitudes), in 2-D and 3-D, with and without angles.
3. The batched criteria against one bound at a time, and against the singular values of the stacked Jacobian.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.bounds.criteria import peb, veb
from multistatic.bounds.delay_doppler import exact_information
from multistatic.bounds.jacobian import delay_doppler_jacobian
from multistatic.bounds.position import position_bound, position_information
from multistatic.bounds.sensing import SensingNetwork
from multistatic.scenario.arrays import AntennaArray, linear_array, planar_array
from multistatic.scenario.geometry import bistatic_geometry
from multistatic.scenario.model import PulseSpec
from multistatic.signal.pulses import pulse_from_callable, pulse_of
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.brute_force_fisher import derivatives, sample_times, waveform, without_nuisance
from tests.support.close import assert_close, close_to

# Fast, narrow band, high carrier: Doppler then tells about the position too, and every term of T_k matters.
CARRIER_HZ, BANDWIDTH_HZ, SAMPLES = 60e9, 1e6, 32
WAVELENGTH_M = SPEED_OF_LIGHT_M_S / CARRIER_HZ
SLOT_S = 0.5 / BANDWIDTH_HZ
TRANSMITTER = np.array([0.0, 0.0, 5.0])
TARGET = np.array([20.0, 40.0, 12.0])
VELOCITY = np.array([150.0, -80.0, 30.0])
RECEIVERS = np.array([[60.0, 5.0, 2.0], [-25.0, 50.0, 8.0], [30.0, -40.0, 20.0], [-50.0, -20.0, 1.0]])
NOISE = 0.8
AMPLITUDES = np.array([1.2, 0.7 * np.exp(1j), 0.9 * np.exp(-2j), 0.4j])
PULSES = {
    "half_sine": pulse_of(PulseSpec(kind="half_sine")),
    "cosine": pulse_of(PulseSpec(kind="cosine")),
    "chirp": pulse_from_callable(lambda u: np.sin(np.pi * u) * np.exp(2j * np.pi * u**2)),
}
ARRAYS = (
    linear_array(2, WAVELENGTH_M / 2),
    linear_array(2, WAVELENGTH_M / 2, axis=(1.0, 0.0, 0.0)),
    planar_array((2, 2), WAVELENGTH_M / 2),
    AntennaArray(elements_m=WAVELENGTH_M * np.array([[0.1, 0.0, 0.3], [0.5, -0.2, 0.0], [0.0, 0.7, 0.1]])),
)


def sensing(dimensions: int, pulse: str = "half_sine") -> SensingNetwork:
    sizes = np.array([array.size for array in ARRAYS])
    return SensingNetwork(
        receiver_ids=("a", "b", "c", "d"),
        geometry=bistatic_geometry(TRANSMITTER, RECEIVERS, TARGET),
        velocity_m_s=VELOCITY,
        carrier_hz=CARRIER_HZ,
        bandwidth_hz=BANDWIDTH_HZ,
        samples=SAMPLES,
        pulse=PULSES[pulse].moments,
        snr_per_watt=np.abs(AMPLITUDES) ** 2 * sizes / NOISE,
        published_snr_per_watt=np.ones(4),
        receive_apertures_m2=np.array([array.aperture_m2() for array in ARRAYS]),
        dimensions=dimensions,
    )


def place(q: np.ndarray, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Target position and velocity with d unknown coordinates each replaced by q."""
    target, velocity = TARGET.copy(), VELOCITY.copy()
    target[:d], velocity[:d] = q[:d], q[d:]
    return target, velocity


@pytest.mark.parametrize("dimensions", [2, 3])
def test_jacobian_is_the_slope_of_the_geometry(dimensions):
    def delay_and_doppler(q):
        target, velocity = place(q, dimensions)
        geometry = bistatic_geometry(TRANSMITTER, RECEIVERS, target)
        return np.stack([geometry.delay_s, geometry.doppler_hz(velocity, CARRIER_HZ)])

    at = np.concatenate([TARGET[:dimensions], VELOCITY[:dimensions]])
    slopes = derivatives(delay_and_doppler, at, np.full(2 * dimensions, 1e-2)).reshape(2, 4, -1)
    jacobian = np.swapaxes(delay_doppler_jacobian(sensing(dimensions)).hi, 0, 1)
    for found, expected in zip(jacobian, slopes, strict=True):
        assert_close(found, expected, abs=1e-8 * np.abs(expected).max())


def brute_force_information(dimensions: int, chosen: np.ndarray, pulse: str, angles: bool) -> np.ndarray:
    """J(p, v) of the sampled signals of all chosen receivers stacked, every amplitude projected out.

    Without angles each antenna has an amplitude of its own, so its phase tells nothing.
    """
    # |s| = 1: the package's information is exact then, not only in the mean.
    sent = np.exp(2j * np.pi * np.random.default_rng(1).random(SAMPLES))
    at = np.concatenate([TARGET[:dimensions], VELOCITY[:dimensions]])
    steps = np.concatenate([np.full(dimensions, 2e-3), np.full(dimensions, 2e-2)])
    total = np.zeros((2 * dimensions, 2 * dimensions))
    true_delay = bistatic_geometry(TRANSMITTER, RECEIVERS, TARGET).delay_s / SLOT_S
    for k in np.flatnonzero(chosen):
        times, root = sample_times(SAMPLES, 24, true_delay[k])

        def signal(q, k=k, times=times, root=root):
            target, velocity = place(q, dimensions)
            path = bistatic_geometry(TRANSMITTER, RECEIVERS, target)
            doppler = path.doppler_hz(velocity, CARRIER_HZ)[k] * SLOT_S
            heard = waveform(PULSES[pulse], sent, times - path.delay_s[k] / SLOT_S)
            arrival = ARRAYS[k].steering_vector(path.receiver_to_target[k], WAVELENGTH_M)
            return AMPLITUDES[k] * arrival[:, None] * root * np.exp(2j * np.pi * doppler * times) * heard

        clean = signal(at)
        blocks = [clean] if angles else [clean * (np.arange(len(clean)) == n)[:, None] for n in range(len(clean))]
        nuisance = np.array([phase * block.ravel() for block in blocks for phase in (1, 1j)]).T
        total += without_nuisance(derivatives(signal, at, steps), nuisance, NOISE)
    return total


@pytest.mark.parametrize("angles", [False, True])
@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("pulse", PULSES)
def test_bound_is_that_of_the_sampled_signals(dimensions, angles, pulse):
    chosen = np.array([True, True, True, False]) if dimensions == 2 else np.ones(4, bool)
    seen = sensing(dimensions, pulse)
    expected = brute_force_information(dimensions, chosen, pulse, angles)
    found = position_information(seen, 1.0, angles=angles)[chosen].sum(axis=0)
    scale = np.sqrt(np.outer(expected.diagonal(), expected.diagonal()))
    assert_close(found / scale, expected / scale, abs=1e-6)

    covariance = np.linalg.inv(expected / scale) / scale
    bound = position_bound(seen, chosen, 1.0, angles=angles)
    assert bound.peb_m == close_to(np.sqrt(np.trace(covariance[:dimensions, :dimensions])), rel=1e-6)
    assert bound.veb_m_s == close_to(np.sqrt(np.trace(covariance[dimensions:, dimensions:])), rel=1e-6)
    assert (bound.position, bound.velocity, bound.reason) == ("observable", "observable", "")


def test_each_kind_of_measurement_matters_in_these_tests():
    """The oracle above proves a term only if it is worth something there."""
    seen, chosen = sensing(3), np.ones(4, bool)
    still = replace(seen, velocity_m_s=np.zeros(3))
    without = position_bound(seen, chosen, 1.0)
    assert position_bound(still, chosen, 1.0).veb_m_s < 0.99 * without.veb_m_s
    assert position_bound(seen, chosen, 1.0, angles=True).peb_m < 0.9 * without.peb_m


def test_one_receiver_with_angles_knows_the_position_but_not_the_velocity():
    seen, only = sensing(2), np.array([True, False, False, False])
    bound = position_bound(seen, only, 1.0, angles=True)
    expected = brute_force_information(2, only, "half_sine", True)
    # Its only Doppler is used up by the unknown velocity: delay and angle are left for the position.
    absorbed = expected[:2, 2:] @ np.linalg.pinv(expected[2:, 2:], rcond=1e-9) @ expected[2:, :2]
    assert bound.peb_m == close_to(np.sqrt(np.trace(np.linalg.inv(expected[:2, :2] - absorbed))), rel=1e-5)
    assert (bound.position, bound.velocity, bound.veb_m_s) == ("observable", "unobservable", None)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_criteria_are_the_bounds_of_every_group(dimensions):
    seen = sensing(dimensions)
    masks = ((np.arange(16)[:, None] >> np.arange(4)) & 1).astype(bool)
    positions, velocities = peb(seen).values(masks, 0.3), veb(seen).values(masks, 0.3)
    for mask, position, velocity in zip(masks, positions, velocities, strict=True):
        bound = position_bound(seen, mask, 0.3)
        assert (bound.position == "observable") == np.isfinite(position) == (mask.sum() >= dimensions)
        if bound.peb_m is not None:
            assert position == close_to(bound.peb_m, rel=1e-9)
            assert velocity == close_to(bound.veb_m_s, rel=1e-9)


def test_realistic_numbers_keep_their_digits():
    """Units alone give J(p, v) a condition of 1e18; the singular values of the whitened Jacobian do not square it."""
    rng = np.random.default_rng(4)
    for trial in range(20):
        receivers = np.column_stack([rng.uniform(-300, 300, (5, 2)), rng.uniform(1, 10, 5)])
        seen = replace(
            sensing(3),
            geometry=bistatic_geometry([0, 0, 25.0], receivers, [20, 40, 1.5]),
            carrier_hz=3.5e9,
            bandwidth_hz=1e8,
            samples=1024,
            receiver_ids=tuple("abcde"),
            snr_per_watt=10.0 ** rng.uniform(-6, 0, 5),
            receive_apertures_m2=np.zeros((5, 3, 3)),
            pulse=PULSES["cosine"].moments,
        )
        deviation = 1 / np.sqrt(np.diagonal(exact_information(seen, 1.0), axis1=1, axis2=2))
        jacobian = delay_doppler_jacobian(seen).hi * (np.array([1 / 5e-9, 5e-9]) / deviation)[:, :, None]
        jacobian = jacobian.reshape(10, 6)
        scale = np.linalg.norm(jacobian, axis=0)
        spread = np.linalg.norm(np.linalg.pinv(jacobian / scale, rcond=1e-14), axis=1) / scale
        bound = position_bound(seen, np.ones(5, bool), 1.0)
        assert bound.peb_m == close_to(np.linalg.norm(spread[:3]), rel=1e-6), trial
        assert bound.veb_m_s == close_to(np.linalg.norm(spread[3:]), rel=1e-6), trial
