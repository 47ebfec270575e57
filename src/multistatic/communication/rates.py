"""Achievable rates under the transmit beams (equations (20)-(21), with the lost sum of (21) restored)."""

from __future__ import annotations

import numpy as np

from multistatic.linalg import adjoint
from multistatic.signal.beams import Beams
from multistatic.units import B, C, F


def rates_bps_hz(direct: C, beams: Beams, noise_power_w: float, selected: B) -> F:
    """Compute the achievable rates R_k = log2 det(I + W_kᴴ H_kᴴ Ψ_k⁻¹ H_k W_k) [K] in bit/s/Hz.

    direct [K, N_r, N_t]: direct channels H_k, with rows of zeros as padding.
    beams: beamforming matrices W_j.
    noise_power_w: noise power σ² per receive antenna, in W.
    selected [K]: True for the cooperating receivers, which cancel the sensing beam because they know its symbols.

    The interference is Ψ_k = σ²I + Σ_{j≥1, j≠k} H_k Q_j H_kᴴ with Q_j = W_j W_jᴴ, plus H_k Q_0 H_kᴴ at a receiver that
    is not selected. It is treated as Gaussian noise. Ψ_k is never formed: a difference of two log-determinants would
    lose six digits at 100 dB. Source: equations (20) and (21) with the missing sum of (21), model.md §5.

    >>> from multistatic import Beams
    >>> import numpy as np
    >>> beams = Beams(weights=[[[0.0]], [[1.0]]])
    >>> rates_bps_hz(np.ones((1, 1, 1)), beams, 1.0, np.array([True])).tolist()
    [1.0]
    """
    received = received_beams(direct, beams.weights) / np.sqrt(noise_power_w)
    return _rates_nats(received, ~np.asarray(selected, bool)) / np.log(2.0)


def rates_nats(channels: C, weights: C, disturbed: B) -> F:
    """R_k ln 2 [K] with noise power 1, of channels [K, N_r, N_t] and beams [1+K, N_t, L]; `disturbed` [K]: receivers
    that do not cancel the sensing beam.
    """
    return _rates_nats(received_beams(channels, weights), disturbed)


def _rates_nats(received: C, disturbed: B) -> F:
    """R_k ln 2 [K] of the received beams [K, 1+K, N_r, L], with noise power 1."""
    count, _, antennas, _ = received.shape
    own = np.arange(count)
    interferes = np.ones((count, count + 1))
    interferes[:, 0] = disturbed
    interferes[own, own + 1] = 0.0
    unwanted = interferes[:, :, None, None] * received
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
