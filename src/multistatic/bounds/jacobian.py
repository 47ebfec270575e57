"""How the measurements of each receiver change with the target's position and velocity (model.md §4.3)."""

from __future__ import annotations

import numpy as np

from multistatic.bounds.sensing import SensingNetwork
from multistatic.double_double import DoubleDouble, exactly
from multistatic.units import SPEED_OF_LIGHT_M_S, F

# Of a variance among the elements' places, relative to the largest: an array in one line has no second axis.
_FLAT = 1e-13


def delay_doppler_jacobian(network: SensingNetwork) -> DoubleDouble:
    """T_k [K, 2, 2d]: derivatives of (τ_k in s, f_k in Hz) by (p in m, v in m/s), with 32 digits.

    ∂τ/∂p = (u_b + u_k)ᵀ/c, ∂f/∂p = -(f0/c) vᵀ(P_b/r_b + P_k/r_k), ∂f/∂v = -(f0/c)(u_b + u_k)ᵀ with P = I - uuᵀ, r the
    distances to the target; a target in 2-D has the first two columns of each. Near a baseline u_b and u_k are
    opposite: of 16 digits few would be left of their sum.
    """
    return network.remembered("delay_doppler_jacobian", lambda: _delay_doppler_jacobian(network))


def _delay_doppler_jacobian(network: SensingNetwork) -> DoubleDouble:
    geometry, d = network.geometry, network.dimensions
    velocity = exactly(network.velocity_m_s)
    anchors = np.stack([np.broadcast_to(geometry.transmitter_m, geometry.receivers_m.shape), geometry.receivers_m])
    path = exactly(geometry.target_m) - exactly(anchors)
    length = (path * path).sum().sqrt()[..., None]
    unit = path / length
    radial = (unit * velocity).sum()[..., None]
    turned = (velocity - radial * unit) / length
    slope, bend = unit[0] + unit[1], turned[0] + turned[1]
    wavenumber = exactly(-network.carrier_hz) / exactly(SPEED_OF_LIGHT_M_S)
    delay, shift = slope / exactly(SPEED_OF_LIGHT_M_S), wavenumber * slope
    turning = wavenumber * bend
    jacobian = np.zeros((2, len(slope.hi), 2, 2 * d))
    for digits, part in enumerate(("hi", "lo")):
        jacobian[digits, :, 0, :d] = getattr(delay, part)[:, :d]
        jacobian[digits, :, 1, :d] = getattr(turning, part)[:, :d]
        jacobian[digits, :, 1, d:] = getattr(shift, part)[:, :d]
    return DoubleDouble(*jacobian)


def direction_rows(network: SensingNetwork, illumination_w: float | F) -> F:
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
