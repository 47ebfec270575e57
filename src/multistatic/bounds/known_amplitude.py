"""Fisher information about delay and Doppler where the receiver knows the echo's complex amplitude (model.md §3).

Unknown: τ̃ and f̃ only. It depends on where t = 0 lies, since a known phase makes every later sample a better frequency
meter: an option, never the default.
"""

from __future__ import annotations

import numpy as np

from multistatic.bounds.sensing import SensingNetwork
from multistatic.units import F


def known_amplitude_information(network: SensingNetwork, illumination_w: float, *, time_origin_slots: float = 0.0) -> F:
    """J_k [K, 2, 2] about (τ̃, f̃) for the model of `delay_doppler`, amplitude and phase at t = 0 known.

    The first symbol arrives `time_origin_slots` after t = 0. Sums over slots t_m = time_origin + m, m = 0 … M-1:

    J_ττ/ρ = 2MF̄
    J_ff/ρ = 8π² Σ_m (t_m² + 2 t_m m1 + m2), = 8π²[(M-1)M(2M-1)/6 + M(M-1)m1 + M m2] at origin 0
    J_τf/ρ = 4π Σ_m Im(q t_m + ∫u g g'* du), 0 for a real pulse
    """
    pulse = network.pulse
    slot = time_origin_slots + np.arange(network.samples)
    delay = 2.0 * network.samples * pulse.mean_square_bandwidth
    doppler = 8.0 * np.pi**2 * np.sum(slot**2 + 2.0 * slot * pulse.mean_time + pulse.mean_square_time)
    coupling = 4.0 * np.pi * np.sum((pulse.mean_frequency * slot + pulse.time_frequency).imag)
    snr = network.snr_per_watt * illumination_w
    return snr[:, None, None] * np.array([[delay, coupling], [coupling, doppler]])
