"""Achievable rates under the transmit beams (equations (20)-(21), with the lost sum of (21) restored)."""

from __future__ import annotations

import numpy as np

from multistatic.signal.beams import Beams
from multistatic.units import B, C, F


def rates_bps_hz(direct: C, beams: Beams, noise_power_w: float, selected: B) -> F:
    """R_k = log2 det(Ψ_k + H_k Q_k H_kᴴ) - log2 det Ψ_k for every receiver [K].

    Ψ_k = σ²I + Σ_{j≥1, j≠k} H_k Q_j H_kᴴ, plus H_k Q_0 H_kᴴ where receiver k is not selected: a selected receiver
    knows s_0 and cancels it. `direct` [K, N_r, N_t] in physical units, zero rows as padding (they change no rate);
    `selected` [K].
    """
    count, antennas, _ = direct.shape
    received = np.einsum("krt,jtl->kjrl", direct, beams.weights) / np.sqrt(noise_power_w)
    heard = np.ones((count, count + 1))
    heard[:, 0] = ~np.asarray(selected, bool)
    own = np.arange(count)
    total = np.einsum("kj,kjrl,kjsl->krs", heard, received, received.conj()) + np.eye(antennas)
    heard[own, own + 1] = 0.0
    interference = np.einsum("kj,kjrl,kjsl->krs", heard, received, received.conj()) + np.eye(antennas)
    rate: F = (np.linalg.slogdet(total)[1] - np.linalg.slogdet(interference)[1]) / np.log(2.0)
    return rate
