"""Exact Fisher information about delay and Doppler at each receiver, complex amplitude unknown (model.md §3).

Model: receiver k receives A_k e^{j2πft} Σ_m s[m] g(t - τ - m) in CN(0, σ²) noise; time in slots, known symbols s[m] =
a_bᵀ x[m]/sqrt(p_t) of unit power, m = 1 … M, and ρ_k = |A_k|² N_r/σ² the echo SNR per sample over all antennas.
Unknown: τ̃ = τ/Δt, f̃ = fΔt, and A_k.

Each information matrix is exact for symbols of constant modulus and pulses of one slot. Otherwise it is the limit of
large M, and the mean over random symbols lies below it by a share of order 1/M, so that the bounds are too small by
half of that. Gaussian symbols tell M/(M+1) as much about the Doppler shift between slots. Pulses that overlap make
<x, x'> fluctuate, and the unknown amplitude takes that: with c_l = ∫g(u) g'(u - l) du a root-raised cosine of constant
modulus informs 1 - Σ_l (1 - |l|/M) c_l²/(M F̄) as much about the delay, 1 - 0.42/M at M = 16 and a roll-off of 0.4 and
never less than 1 - 1/M.
"""

from __future__ import annotations

import numpy as np

from multistatic.bounds.sensing import SensingNetwork
from multistatic.linalg import marginal_variance
from multistatic.signal.moments import PulseMoments
from multistatic.units import F


def information_per_snr(pulse: PulseMoments, samples: int) -> F:
    """J/ρ [2, 2] about (τ̃, f̃) of M = `samples` slots: equal for all receivers.

    With ∂_τ = -x', ∂_f = j2πt x and the part along x itself taken out, which is what an unknown amplitude costs:

    J_ττ/ρ = 2M (F̄ - |q|²)
    J_ff/ρ = 8π²M [(M² - 1)/12 + m2 - m1²]
    J_τf/ρ = 4πM Im(∫u g g'* du - q m1), 0 for a real pulse

    None depends on where t = 0 lies. A pulse that jumps at an end has q ≠ 0 (-1 for `cosine`).
    """
    delay = 2.0 * samples * (pulse.mean_square_bandwidth - abs(pulse.mean_frequency) ** 2)
    spread = (samples**2 - 1) / 12.0 + pulse.mean_square_time - pulse.mean_time**2
    doppler = 8.0 * np.pi**2 * samples * spread
    coupling = 4.0 * np.pi * samples * (pulse.time_frequency - pulse.mean_frequency * pulse.mean_time).imag
    return np.array([[delay, coupling], [coupling, doppler]])


def exact_information(network: SensingNetwork, illumination_w: float | F) -> F:
    """Fisher information J_k [K, 2, 2] about delay and Doppler shift at each receiver, with unknown amplitude.

    In units of samples and cycles a sample: ρ_k = w_k p_t times `information_per_snr` (docs/model.md, §3; corrected
    (13)-(16) of the paper).

    network: the receivers.
    illumination_w: power sent towards the target p_t, in W; [K] where it is another one at each receiver.

    >>> from multistatic import load_preset, realise, sensing_network
    >>> scenario = load_preset("paper")
    >>> network = sensing_network(scenario, realise(scenario))
    >>> exact_information(network, illumination_w=2.0).shape
    (10, 2, 2)
    """
    snr = network.snr_per_watt * illumination_w
    return snr[:, None, None] * information_per_snr(network.pulse, network.samples)


def standard_deviations(information: F, slot_s: float) -> tuple[F, F]:
    """Cramér-Rao bounds as standard deviations of delay in s and Doppler in Hz, [K] each, from J_k [K, 2, 2].

    var τ = Δt² (J⁻¹)_ττ, var f = (J⁻¹)_ff/Δt²; infinity where there is no information.
    """
    delay_slots2, doppler_cycles2 = marginal_variance(
        np.stack([information, information[..., ::-1, ::-1]]), slice(0, 1)
    )
    return slot_s * np.sqrt(delay_slots2), np.sqrt(doppler_cycles2) / slot_s
