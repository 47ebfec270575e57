"""Fisher information about delay and Doppler where the receiver knows s_0 only (as (7) assumes; model.md §3).

The data streams are unknown Gaussian symbols: part of the noise, but noise with the pulse's shape, which moves with the
delay and so informs about it. Pulses fill one slot each and do not overlap. Prop. 3.1 takes all streams as known
instead, against (7). The information here is not linear in the transmit covariance.
"""

from __future__ import annotations

import numpy as np

from multistatic.bounds.sensing import SensingNetwork
from multistatic.units import F


def sensing_signal_information(
    network: SensingNetwork,
    sensing_illumination_w: float,
    data_illumination_w: float,
    *,
    time_origin_slots: float = 0.0,
) -> F:
    """J_k [K, 2, 2] about (τ̃, f̃), amplitude known. p_t is a_bᵀQ_0a_b* = `sensing_illumination_w` plus the unknown rest.

    Slot m holds (s_0 + s_1) g in unit noise along g and everything else: mean sqrt(ρ0) s_0 g, covariance C = I + r ggᴴ
    with ρ0 the known and r = inr the unknown SNR. For Gaussian data (Slepian-Bangs)

    J_ij = 2 Re(∂_iμᴴ C⁻¹ ∂_jμ) + tr(C⁻¹ ∂_iC C⁻¹ ∂_jC)
         = Σ_m 2ρ0 Re D_ij + 2r²/(1+r) Re(D_ij + e_i e_j/(1+r)),  D_ij = ∂_igᴴ∂_jg - r/(1+r) e_i* e_j,  e_i = gᴴ∂_ig,

    by C⁻¹ = I - r/(1+r) ggᴴ. With ∂_τ = -g' and ∂_f = j2πt g, and q = 0, J_ττ = 2MF̄[ρ0 + r²/(1+r)] and
    J_ff = 8π²{ρ0/(1+r) Σ_m(t_m + m1)² + M(m2 - m1²)[ρ0 + r²/(1+r)]}.
    """
    pulse = network.pulse
    slot = time_origin_slots + np.arange(network.samples)
    own = np.stack([np.full(len(slot), -np.conj(pulse.mean_frequency)), 2j * np.pi * (slot + pulse.mean_time)], axis=-1)
    cross = np.empty((len(slot), 2, 2), complex)
    cross[:, 0, 0] = pulse.mean_square_bandwidth
    cross[:, 0, 1] = -2j * np.pi * (pulse.mean_frequency * slot + pulse.time_frequency)
    cross[:, 1, 0] = cross[:, 0, 1].conj()
    cross[:, 1, 1] = 4.0 * np.pi**2 * (slot**2 + 2.0 * slot * pulse.mean_time + pulse.mean_square_time)
    conjugate_product = np.einsum("mi,mj->mij", own.conj(), own)
    product = np.einsum("mi,mj->mij", own, own)
    known = (network.snr_per_watt * sensing_illumination_w)[:, None, None]
    unknown = (network.snr_per_watt * data_illumination_w)[:, None, None]
    share = unknown / (1.0 + unknown)
    within = cross.sum(axis=0) - share * conjugate_product.sum(axis=0)
    information: F = (
        2.0 * known * within.real + 2.0 * unknown * share * (within + product.sum(axis=0) / (1.0 + unknown)).real
    )
    return information
