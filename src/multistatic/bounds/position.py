"""Position and velocity error bounds (model.md §4.3).

Unknown: the target's position p and velocity v, d coordinates each, and a complex amplitude per receiver. Known: the
places of transmitter and receivers, and time, unless the network states priors of clock offsets (`clock`). The paper
adds Fisher matrices of different parameters; the chain rule turns each receiver's delay-Doppler information into
information about the same (p, v), which does add: J(p, v) = Σ_k b_k T_kᵀ J_k T_k.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from multistatic.bounds.clock import without_common_offset, without_offsets
from multistatic.bounds.delay_doppler import exact_information
from multistatic.bounds.sensing import SensingNetwork
from multistatic.linalg import marginal_variance
from multistatic.units import SPEED_OF_LIGHT_M_S, B, F

# Directions closer than this are told apart by no measurement; used to name the reason, not to reach the verdict.
_DIRECTION_TOLERANCE = 1e-6

Quantity = Literal["position", "velocity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionBound:
    """PEB in m and VEB in m/s; a bound that does not exist is None and `reason` says why.

    `position`, `velocity`: the verdict on each.
    """

    position: Literal["observable", "unobservable"]
    velocity: Literal["observable", "unobservable"]
    peb_m: float | None
    veb_m_s: float | None
    reason: str = ""


def delay_doppler_jacobian(network: SensingNetwork) -> F:
    """T_k [K, 2, 2d]: derivatives of (τ_k in s, f_k in Hz) by (p in m, v in m/s).

    ∂τ/∂p = (u_b + u_k)ᵀ/c, ∂f/∂p = -(f0/c) vᵀ(P_b/r_b + P_k/r_k), ∂f/∂v = -(f0/c)(u_b + u_k)ᵀ with P = I - uuᵀ, r the
    distances to the target; a target in 2-D has the first two columns of each.
    """
    geometry, d = network.geometry, network.dimensions
    slope = geometry.to_target + geometry.receiver_to_target
    turning = _turning(geometry.to_target, np.asarray(geometry.transmitter_target_m)) + _turning(
        geometry.receiver_to_target, geometry.target_receiver_m
    )
    jacobian = np.zeros((len(slope), 2, 2 * d))
    jacobian[:, 0, :d] = slope[:, :d] / SPEED_OF_LIGHT_M_S
    wavenumber = network.carrier_hz / SPEED_OF_LIGHT_M_S
    jacobian[:, 1, :d] = -wavenumber * (network.velocity_m_s @ turning)[:, :d]
    jacobian[:, 1, d:] = -wavenumber * slope[:, :d]
    return jacobian


def position_information(network: SensingNetwork, illumination_w: float, *, angles: bool = False) -> F:
    """T_kᵀ J_k T_k [K, 2d, 2d] about (p in m, v in m/s) from each receiver, at illumination p_t in W.

    `angles` adds what the receive array tells about the direction of arrival. The steering vector turns by
    ∂a_n/∂p = j(2π/λ) (P_k/r_k) e_n a_n. Taking out the part along the signal itself (the amplitude is unknown) centres
    the elements, so the rest is orthogonal to every change of delay and Doppler and adds
    2Mρ_k (2π/λ)² (P_k/r_k) cov(e) (P_k/r_k), cov(e) as the noise over the antennas weighs them (`apertures_m2`). Exact
    for noise that is white in time, whatever its covariance over the antennas.
    """
    slot_s = 0.5 / network.bandwidth_hz
    jacobian = delay_doppler_jacobian(network) * np.array([1.0 / slot_s, slot_s])[:, None]
    normalised = exact_information(network, illumination_w)
    information: F = np.swapaxes(jacobian, 1, 2) @ normalised @ jacobian
    if angles:
        d = network.dimensions
        information[:, :d, :d] += _direction_information(network, illumination_w)
    return information


def group_information(network: SensingNetwork, selected: B, illumination_w: float, *, angles: bool = False) -> F:
    """J(p, v) [2d, 2d] of the group `selected` [K], the clocks' offsets eliminated; `angles` as above.

    With synchronised clocks it is the sum of `position_information`. An unknown offset is worth as much as that
    coordinate of the measurement, so with the priors it no longer grows in proportion to the illumination.
    """
    chosen = np.asarray(selected, bool)
    if network.clock is None:
        return position_information(network, illumination_w, angles=angles)[chosen].sum(axis=0)
    information: F = group_informations(network, chosen[None], illumination_w)[0]
    if angles:
        d = network.dimensions
        information[:d, :d] += _direction_information(network, illumination_w)[chosen].sum(axis=0)
    return information


def group_informations(network: SensingNetwork, masks: B | F, illumination_w: float) -> F:
    """`group_information` [n, 2d, 2d] of each row of `masks` [n, K], from delays and Dopplers."""
    if network.clock is None:
        return np.tensordot(np.asarray(masks, float), position_information(network, illumination_w), axes=1)
    slot_s = 0.5 / network.bandwidth_hz
    unit = np.array([slot_s, 1.0 / slot_s])  # of (τ̃, f̃) in s and Hz
    jacobian = delay_doppler_jacobian(network) / unit[:, None]
    clock = network.clock
    own = np.stack([clock.time_s, clock.frequency_hz], axis=1) / unit
    normalised = without_offsets(exact_information(network, illumination_w), own)
    return without_common_offset(normalised, jacobian, clock.common / unit, np.asarray(masks, float))


def squared_error_bound(information: F, quantity: Quantity) -> F:
    """PEB² in m² or VEB² in m²/s² [...] from J(p, v) [..., 2d, 2d]; infinity where it is unobservable.

    PEB² = tr[(J_pp - J_pv J_vv⁺ J_vp)⁻¹], and VEB² with p and v exchanged.
    """
    d = information.shape[-1] // 2
    return marginal_variance(information, slice(0, d) if quantity == "position" else slice(d, 2 * d))


def position_bound(
    network: SensingNetwork, selected: B, illumination_w: float, *, angles: bool = False
) -> PositionBound:
    """PEB and VEB of the group `selected` [K] at illumination p_t in W; `angles` as in `position_information`."""
    chosen = np.asarray(selected, bool)
    information = group_information(network, chosen, illumination_w, angles=angles)
    peb, veb = (_root(squared_error_bound(information, quantity)) for quantity in ("position", "velocity"))
    reason = _reason(network, chosen, illumination_w, angles) if peb is None or veb is None else ""
    return PositionBound(
        position="unobservable" if peb is None else "observable",
        velocity="unobservable" if veb is None else "observable",
        peb_m=peb,
        veb_m_s=veb,
        reason=reason,
    )


def _direction_information(network: SensingNetwork, illumination_w: float) -> F:
    """2Mρ_k (2π/λ)² (P_k/r_k) cov(e) (P_k/r_k) [K, d, d] about p."""
    d = network.dimensions
    turning = _turning(network.geometry.receiver_to_target, network.geometry.target_receiver_m)
    phase = 2.0 * np.pi * network.carrier_hz / SPEED_OF_LIGHT_M_S
    strength = 2.0 * network.samples * network.snr_per_watt * illumination_w * phase**2
    information: F = strength[:, None, None] * (turning @ network.receive_apertures_m2 @ turning)
    return information[:, :d, :d]


def _turning(direction: F, distance: F) -> F:
    """∂u/∂p = (I - uuᵀ)/r [..., 3, 3]: how a direction turns as the target moves."""
    return (np.eye(3) - direction[..., :, None] * direction[..., None, :]) / distance[..., None, None]


def _root(squared: F) -> float | None:
    return float(np.sqrt(squared)) if np.isfinite(squared) else None


def _reason(network: SensingNetwork, chosen: B, illumination_w: float, angles: bool) -> str:
    """Why the position or the velocity is unobservable, and what would help."""
    d = network.dimensions
    heard = chosen & (network.snr_per_watt * illumination_w > 0)
    if not chosen.any():
        return "No receiver is selected."
    if not heard.any():
        return "No echo reaches the selected receivers: the illumination or the reflection is zero."
    with_what = "delays, Dopplers and angles" if angles else "delays and Dopplers"
    if heard.sum() < d:
        return (
            f"{heard.sum()} of at least {d} receivers: position and velocity in {d}-D from {with_what} "
            f"need {d} receivers that hear the echo{' (the position alone may do with fewer)' if angles else ''}."
        )
    slope = (network.geometry.to_target + network.geometry.receiver_to_target)[:, :d]
    on_baseline = [
        name
        for name, kept, length in zip(network.receiver_ids, heard, np.linalg.norm(slope, axis=1), strict=True)
        if kept and length < _DIRECTION_TOLERANCE
    ]
    if on_baseline:
        return (
            f"The target lies between the transmitter and {', '.join(on_baseline)}: on that line the delay does "
            "not change with its position nor the Doppler with its velocity. Select receivers to the side."
        )
    if network.clock is not None:
        return (
            "The offsets of the clocks leave too little: the delays or Dopplers of receivers whose clocks are unknown "
            "do not count. Synchronise more receivers, or select others."
        )
    return (
        f"The selected receivers see the target along directions that span fewer than {d} dimensions "
        "(they lie in one line or plane with it). Select receivers to the side."
    )
