"""Rates (20)-(21): against determinants written out, and what must not change them."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.communication.rates import rates_bps_hz, rates_nats
from multistatic.signal.beams import Beams
from tests.support.beamforming_problems import complex_normal
from tests.support.close import assert_close, close_to

SHAPES = [(1, 1, 1, 1), (3, 2, 4, 2), (4, 3, 5, 1), (2, 2, 6, 3)]


def brute_force(direct: np.ndarray, weights: np.ndarray, noise: float, selected: np.ndarray) -> np.ndarray:
    """log2 det(I + Wᴴ Hᴴ Ψ⁻¹ H W) by loops, with plain determinants."""
    rates = []
    for k, channel in enumerate(direct):
        psi = noise * np.eye(len(channel), dtype=complex)
        for j in range(len(weights)):
            if j == k + 1 or (j == 0 and selected[k]):
                continue
            psi = psi + channel @ weights[j] @ weights[j].conj().T @ channel.conj().T
        own = channel @ weights[k + 1]
        rates.append(np.log2(np.linalg.det(np.eye(own.shape[1]) + own.conj().T @ np.linalg.solve(psi, own)).real))
    return np.array(rates)


@pytest.mark.parametrize("shape", SHAPES)
def test_rates_equal_written_out_determinants(shape: tuple[int, int, int, int]) -> None:
    count, receive, transmit, streams = shape
    rng = np.random.default_rng(count)
    direct = complex_normal(rng, count, receive, transmit)
    weights = complex_normal(rng, 1 + count, transmit, streams)
    selected = np.arange(count) % 2 == 0
    expected = brute_force(direct, weights, 0.3, selected)
    assert_close(rates_bps_hz(direct, Beams(weights=weights), 0.3, selected), expected, rel=1e-10)
    assert_close(rates_nats(direct / np.sqrt(0.3), weights, ~selected) / np.log(2), expected, rel=1e-10)


def test_a_selected_receiver_does_not_hear_the_sensing_beam() -> None:
    rng = np.random.default_rng(1)
    direct, weights = complex_normal(rng, 2, 2, 3), complex_normal(rng, 3, 3, 2)
    louder = weights.copy()
    louder[0] *= 100.0
    selected = np.array([True, False])
    before = rates_bps_hz(direct, Beams(weights=weights), 1.0, selected)
    after = rates_bps_hz(direct, Beams(weights=louder), 1.0, selected)
    assert after[0] == close_to(before[0], rel=1e-12)
    assert after[1] < before[1] / 2


def test_padding_rows_and_rotated_antennas_and_streams_change_nothing() -> None:
    rng = np.random.default_rng(2)
    direct, weights = complex_normal(rng, 3, 2, 4), complex_normal(rng, 4, 4, 2)
    selected = np.array([True, False, False])
    rates = rates_bps_hz(direct, Beams(weights=weights), 0.1, selected)
    padded = np.concatenate([direct, np.zeros((3, 2, 4))], axis=1)
    turn = np.linalg.qr(complex_normal(rng, 2, 2))[0]
    assert_close(rates_bps_hz(padded, Beams(weights=weights), 0.1, selected), rates, rel=1e-12)
    assert_close(rates_bps_hz(turn @ direct, Beams(weights=weights @ turn), 0.1, selected), rates, rel=1e-9)


def test_interference_of_every_other_receiver_counts() -> None:
    """The lost sum of (21): with three receivers, each of the two others lowers the rate."""
    rng = np.random.default_rng(3)
    direct, weights = complex_normal(rng, 3, 2, 4), complex_normal(rng, 4, 4, 1)
    chosen = np.ones(3, bool)
    full = rates_bps_hz(direct, Beams(weights=weights), 1.0, chosen)[0]
    for other in (2, 3):
        silent = weights.copy()
        silent[other] = 0.0
        assert rates_bps_hz(direct, Beams(weights=silent), 1.0, chosen)[0] > full + 1e-3


@pytest.mark.parametrize("snr_db", [60, 130, 170, 250])
def test_interference_far_above_the_noise_leaves_a_rate(snr_db: float) -> None:
    """One interferer takes one of two dimensions, however strong; the other carries the signal.

    oᴴ(I + iiᴴ)⁻¹o = (|o|² + |o x i|²)/(1 + |i|²) for real o, i, by Lagrange's identity: no differences.
    """
    gain = 10 ** (snr_db / 20)
    sent = np.array([[0.6, 0.8], [1.0, 0.25]])
    weights = np.zeros((3, 2, 1), complex)
    weights[1:, :, 0] = sent
    direct = np.broadcast_to(gain * np.eye(2, dtype=complex), (2, 2, 2))
    rates = rates_bps_hz(direct, Beams(weights=weights), 1.0, np.ones(2, bool))
    for k in range(2):
        own, other = gain * sent[k], gain * sent[1 - k]
        crossed = own[0] * other[1] - own[1] * other[0]
        expected = np.log2(1 + (own @ own + crossed**2) / (1 + other @ other))
        assert rates[k] == close_to(expected, rel=1e-9 if snr_db <= 130 else 1e-2)
