"""How the measurements of each receiver change with the target's position and velocity (model.md §4.3)."""

from __future__ import annotations

import numpy as np

from multistatic.bounds.sensing import SensingNetwork
from multistatic.units import SPEED_OF_LIGHT_M_S, F

# Unit vectors are exact to some 1e-16. What is left of a sum of them that is zero is then rounding, not a direction:
# scaled up it would let a target on a baseline be observable.
_ROUNDING = 16.0 * float(np.finfo(float).eps)
# Of a variance among the elements' places, relative to the largest: an array in one line has no second axis.
_FLAT = 1e-13


def delay_doppler_jacobian(network: SensingNetwork) -> F:
    """T_k [K, 2, 2d]: derivatives of (τ_k in s, f_k in Hz) by (p in m, v in m/s).

    ∂τ/∂p = (u_b + u_k)ᵀ/c, ∂f/∂p = -(f0/c) vᵀ(P_b/r_b + P_k/r_k), ∂f/∂v = -(f0/c)(u_b + u_k)ᵀ with P = I - uuᵀ, r the
    distances to the target; a target in 2-D has the first two columns of each.
    """
    geometry, d = network.geometry, network.dimensions
    near, far = np.asarray(geometry.transmitter_target_m), geometry.target_receiver_m
    slope = _without_rounding(geometry.to_target + geometry.receiver_to_target, np.ones(len(far)))
    turning = turning_rate(geometry.to_target, near) + turning_rate(geometry.receiver_to_target, far)
    speed = float(np.linalg.norm(network.velocity_m_s))
    bend = _without_rounding(network.velocity_m_s @ turning, speed * (1.0 / near + 1.0 / far))
    jacobian = np.zeros((len(slope), 2, 2 * d))
    jacobian[:, 0, :d] = slope[:, :d] / SPEED_OF_LIGHT_M_S
    wavenumber = network.carrier_hz / SPEED_OF_LIGHT_M_S
    jacobian[:, 1, :d] = -wavenumber * bend[:, :d]
    jacobian[:, 1, d:] = -wavenumber * slope[:, :d]
    return jacobian


def direction_rows(network: SensingNetwork, illumination_w: float) -> F:
    """Rows [K, 3, d] whose products sum to 2Mρ_k (2π/λ)² (P_k/r_k) cov(e) (P_k/r_k), the information about p in the
    direction of arrival.
    """
    variances, axes = np.linalg.eigh(network.receive_apertures_m2)
    real = variances > _FLAT * variances[:, -1:]
    spread = np.where(real, np.sqrt(np.where(real, variances, 0.0)), 0.0)
    turning = turning_rate(network.geometry.receiver_to_target, network.geometry.target_receiver_m)
    wavenumber = 2.0 * np.pi * network.carrier_hz / SPEED_OF_LIGHT_M_S
    strength = wavenumber * np.sqrt(2.0 * network.samples * network.snr_per_watt * illumination_w)
    rows: F = (strength[:, None] * spread)[:, :, None] * (np.swapaxes(axes, 1, 2) @ turning)
    return rows[:, :, : network.dimensions]


def turning_rate(direction: F, distance: F) -> F:
    """∂u/∂p = (I - uuᵀ)/r [..., 3, 3]: how a direction turns as the target moves."""
    return (np.eye(3) - direction[..., :, None] * direction[..., None, :]) / distance[..., None, None]


def _without_rounding(values: F, scale: F) -> F:
    """`values` [K, 3] with zero for what is rounding beside terms of size `scale` [K]."""
    return np.where(np.abs(values) > _ROUNDING * scale[:, None], values, 0.0)
