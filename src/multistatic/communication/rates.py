"""Achievable rates under the transmit beams (equations (20)-(21), with the lost sum of (21) restored)."""

from __future__ import annotations

import numpy as np

from multistatic.linalg import adjoint
from multistatic.signal.beams import Beams
from multistatic.units import B, C, F


def rates_bps_hz(direct: C, beams: Beams, noise_power_w: float, selected: B) -> F:
    """R_k = log2 det(I + W_kᴴ H_kᴴ Ψ_k⁻¹ H_k W_k) for every receiver [K].

    Ψ_k = σ²I + Σ_{j≥1, j≠k} H_k Q_j H_kᴴ, plus H_k Q_0 H_kᴴ where receiver k is not selected: a selected receiver knows
    s_0 and cancels it. `direct` [K, N_r, N_t] in physical units, zero rows as padding (they change no rate);
    `selected` [K]. The form with Ψ⁻¹ keeps its digits where strong signal and interference share a direction; the
    difference of two log-determinants loses six of them at 100 dB.

    >>> from multistatic import Beams
    >>> import numpy as np
    >>> beams = Beams(weights=[[[0.0]], [[1.0]]])
    >>> rates_bps_hz(np.ones((1, 1, 1)), beams, 1.0, np.array([True])).tolist()
    [1.0]
    """
    received = received_beams(direct, beams.weights) / np.sqrt(noise_power_w)
    return _rates_nats(received, ~np.asarray(selected, bool)) / np.log(2.0)


def rates_nats(channels: C, weights: C, receives_sensing: B) -> F:
    """R_k ln 2 [K] with noise 1, of channels [K, N_r, N_t] and beams [1+K, N_t, L]; `hears` [K]: who does not cancel
    the sensing beam.
    """
    return _rates_nats(received_beams(channels, weights), receives_sensing)


def _rates_nats(received: C, receives_sensing: B) -> F:
    """R_k ln 2 [K] of the beams as received [K, 1+K, N_r, L], noise 1."""
    count, _, antennas, _ = received.shape
    own = np.arange(count)
    disturbs = np.ones((count, count + 1))
    disturbs[:, 0] = receives_sensing
    disturbs[own, own + 1] = 0.0
    unwanted = disturbs[:, :, None, None] * received
    rows = np.swapaxes(unwanted, 2, 3).reshape(count, -1, antennas).conj()
    # Ψ_k/σ² = RᴴR without forming it: its Cholesky factor is lost where interference is 160 dB above the noise.
    identity = np.broadcast_to(np.eye(antennas), (count, antennas, antennas))
    root: C = np.asarray(np.linalg.qr(np.concatenate([identity, rows], axis=1), mode="r"))
    whitened = np.linalg.solve(adjoint(root), received[own, own + 1])
    gram = adjoint(whitened) @ whitened
    rate: F = np.linalg.slogdet(gram + np.eye(gram.shape[-1]))[1]
    return rate


def received_beams(channels: C, weights: C) -> C:
    """H_kW_j [K, 1+K, N_r, L] of channels [K, N_r, N_t] and beams [1+K, N_t, L], as one product of matrices."""
    count, antennas, transmit = channels.shape
    every = np.moveaxis(weights, 1, 0).reshape(transmit, -1)
    product = channels.reshape(-1, transmit) @ every
    arrived: C = np.moveaxis(product.reshape(count, antennas, len(weights), -1), 2, 1)
    return arrived
