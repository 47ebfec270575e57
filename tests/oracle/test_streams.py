"""The covariances that streams are chosen by, against matrices of the size of the transmit array."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.beamforming.downlink.gram_problem import downlink_beams, gram_problem
from multistatic.beamforming.value_function import receive_vectors, starting_vectors
from multistatic.beamforming.value_function.streams import receiver_covariances
from tests.support.beamforming_problems import complex_normal, steering
from tests.support.close import assert_close


@pytest.mark.parametrize("receives_sensing", [[False] * 3, [True, False, False], [False, False, True]])
def test_receiver_covariances_are_those_of_beams_and_prices(receives_sensing: list[bool]) -> None:
    """Ψ_k from the beams themselves, H_kΩ_k⁻¹H_kᴴ from Ω_k = I - νaaᴴ + Σ_{s not own} λ_s h_s h_sᴴ [N_t, N_t]."""
    rng = np.random.default_rng(4)
    channels = 4.0 * complex_normal(rng, 3, 2, 5)
    towards = steering(5, 0.4).conj()
    # Who receives_sensing the sensing beam is nearly deaf to the target, or there would be none.
    channels[receives_sensing] -= 0.8 / 5.0 * (channels[receives_sensing] @ towards)[:, :, None] * towards.conj()
    asked = gram_problem(channels, towards, np.full(3, 1.5), np.array(receives_sensing))
    streams = receive_vectors.with_beams(asked, starting_vectors.random_streams(asked, rng), "loss")
    solution = streams.solution
    assert solution is not None
    assert solution.left > 0.0  # there is a sensing beam to hear
    data, sensing = downlink_beams(asked, channels, towards, streams, solution)
    noise, priced = receiver_covariances(asked, streams, solution)
    heard = np.stack([channels[k].conj().T @ v for k, v in zip(streams.receiver, streams.vectors, strict=True)], axis=1)
    for k, channel in enumerate(channels):
        others = streams.receiver != k
        disturbing = np.concatenate([data[:, others], receives_sensing[k] * sensing[:, None]], axis=1)
        expected = np.eye(2) + channel @ disturbing @ disturbing.conj().T @ channel.conj().T
        assert_close(noise[k], expected, rel=1e-6, abs=1e-6 * np.abs(expected).max())
        omega = np.eye(5) - solution.nu * np.outer(towards, towards.conj())
        omega = omega + (heard[:, others] * solution.price[others]) @ heard[:, others].conj().T
        expected = channel @ np.linalg.solve(omega, channel.conj().T)
        assert_close(priced[k], expected, rel=1e-6, abs=1e-6 * np.abs(expected).max())
