"""Figures of merit made of the delay-Doppler information alone (model.md §4.1-4.2). Never compare two of them."""

from __future__ import annotations

import numpy as np

from multistatic.bounds.published import published_information
from multistatic.bounds.sensing import SensingNetwork
from multistatic.linalg import marginal_variance
from multistatic.units import B, F


def surrogate_value(information: F, selected: B) -> float | None:
    """U = tr (Σ_k b_k J_k)⁻¹ (17) for J_k [K, 2, 2]; None where the group has no information.

    A figure of merit, not a bound: it adds information about different delays. Since J_k is proportional to w_k p_t,
    it is C/(p_t Σ_k b_k w_k) with C = tr of the inverse of J/ρ: group and beams meet only in the constraints.
    """
    return _finite(_total_variance(information[np.asarray(selected, bool)].sum(axis=0)))


def published_surrogate(network: SensingNetwork, selected: B, illumination_w: float) -> float | None:
    """(18) with the published information: what the paper's figures show. Not a bound."""
    return surrogate_value(published_information(network, illumination_w), selected)


def sum_of_bounds(information: F, selected: B) -> float | None:
    """Σ_k b_k tr J_k⁻¹: a true bound on the stacked delay and Doppler estimates of the group, in units (τ̃, f̃).

    It grows with the group. None where the group is empty or one of it has no information.
    """
    chosen = information[np.asarray(selected, bool)]
    return _finite(float(np.sum(_total_variance(chosen)))) if len(chosen) else None


def surrogate_constant(per_snr: F) -> float:
    """C = tr (J/ρ)⁻¹, so that U = C/(p_t Σ_k b_k w_k)."""
    return float(_total_variance(per_snr))


def _total_variance(information: F) -> F:
    return marginal_variance(information, slice(0, 2))


def _finite(value: float | F) -> float | None:
    return float(value) if np.isfinite(value) else None
