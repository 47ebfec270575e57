"""Proposition 3.1 as published, kept to reproduce the paper's figures. **Not a bound** on anything.

Its errors (docs/errata.md): the slot offset (m-1)Δt is dropped, so the Doppler information is too small by 2.7e6 at
M = 1024; the factor j is lost, which invents a coupling of delay and Doppler; ι is in 1/s² while χ has no unit; η_k
is counted twice.
"""

from __future__ import annotations

import numpy as np

from multistatic.bounds.sensing import SensingNetwork
from multistatic.signal.moments import PulseMoments
from multistatic.units import F


def published_information_per_snr(pulse: PulseMoments, samples: int, bandwidth_hz: float) -> F:
    """[[ι, ς], [ς, χ]] of (13)-(16) for ρ_k = 1, in the paper's mixed units.

    ι = 4BM F_g, χ = 64π²B³M F_tg, ς = 16πB²M F_tġ with F_g = F̄/Δt, F_tg = m2 Δt³, F_tġ = Δt Re ∫u g g'* du,
    Δt = 1/(2B).
    """
    slot_s = 0.5 / bandwidth_hz
    delay = 4.0 * bandwidth_hz * samples * pulse.mean_square_bandwidth / slot_s
    doppler = 64.0 * np.pi**2 * bandwidth_hz**3 * samples * pulse.mean_square_time * slot_s**3
    coupling = 16.0 * np.pi * bandwidth_hz**2 * samples * pulse.time_frequency.real * slot_s
    return np.array([[delay, coupling], [coupling, doppler]])


def published_information(network: SensingNetwork, illumination_w: float) -> F:
    """J_k [K, 2, 2] of (12)-(16) in the convention of the figures: η_k twice, β = 1, no (1+α). Not a bound."""
    snr = network.published_snr_per_watt * illumination_w
    return snr[:, None, None] * published_information_per_snr(network.pulse, network.samples, network.bandwidth_hz)
