"""The largest factor t such that every receiver reaches t times its required rate (max-min rate balancing).

Uplink-downlink duality: with transmitter and receivers exchanged, the same SINRs need the same total power. In the
uplink, receiver k sends with the covariance V_kV_kᴴ and the transmitter receives with Ω = I + Σ_k H_kᴴV_kV_kᴴH_k.
Each round balances the uplink rates by fixed-point scaling of the V_k, takes MMSE receive filters as downlink beams
with the powers that keep every SINR, and in the downlink lets every receiver pour its V_k over the eigenmodes of
Ψ_k^-½H_kΩ_k⁻¹H_kᴴΨ_k^-½ (water-filling under the other receivers' noise). Every round's downlink beams are feasible
for the t reported; the best one is kept, so the answer is a lower bound on the largest t.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.beamforming.power import interference
from multistatic.communication.rates import rates_nats
from multistatic.linalg import adjoint
from multistatic.units import C, F

ROUNDS = 150
BALANCE_STEPS = 40
PATIENCE = 15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BalancedBeams:
    """`weights` [1+K, n, L] of total power 1 without a sensing beam, reaching `factor` times every required rate.

    `uplink` Ω [n, n]: its inverse times H_kᴴ spans where good beams of receiver k lie.
    """

    factor: float
    weights: C
    uplink: C


def balance(
    channels: C, rate_nats: F, streams: int, *, enough: float = np.inf, start: C | None = None
) -> BalancedBeams:
    """Largest common factor found for `channels` [K, N_r, n] (noise 1, power 1) and `rate_nats` [K] > 0.

    `streams`: at most this many per receiver; `enough`: stop as soon as the factor reaches it; `start` [K, N_r, ≤ L]:
    uplink beams to start from, by default along the strongest receive directions.
    """
    count, _, size = channels.shape
    shape = _strongest(channels, streams) if start is None else start
    shape = shape / np.linalg.norm(shape)
    best = BalancedBeams(
        factor=0.0, weights=np.zeros((1 + count, size, shape.shape[2]), complex), uplink=np.eye(size, dtype=complex)
    )
    stalled = 0
    for _ in range(ROUNDS):
        shape = _balance_uplink(channels, shape, rate_nats)
        weights, shape, uplink = _downlink(channels, shape)
        rates = rates_nats(channels, weights, np.zeros(count, bool))
        factor = float(np.min(rates / rate_nats))
        if not np.isfinite(factor):
            break
        stalled = 0 if factor > best.factor * (1 + 1e-5) else stalled + 1
        if factor > best.factor:
            best = BalancedBeams(factor=factor, weights=weights, uplink=uplink)
        if best.factor >= enough or stalled >= PATIENCE:
            break
        shape = _water_filling(channels, weights, shape, uplink, rates, streams)
    return best


def _strongest(channels: C, streams: int) -> C:
    """Uplink beams [K, N_r, L] along the dominant receive directions, of equal power."""
    left, singular, _ = np.linalg.svd(channels, full_matrices=False)
    streams = min(streams, singular.shape[1])
    return left[:, :, :streams] * (singular[:, None, :streams] > 0)


def _uplink_gram(channels: C, shape: C) -> tuple[C, C, C]:
    """Ω [n, n], Ω⁻¹H_kᴴV_k [K, n, L] and V_kᴴH_kΩ⁻¹H_kᴴV_k [K, L, L]."""
    sent = adjoint(channels) @ shape
    flat = np.moveaxis(sent, 1, 0).reshape(sent.shape[1], -1)
    uplink: C = np.asarray(np.eye(len(flat)) + flat @ flat.conj().T, np.complex128)
    filters: C = np.asarray(np.linalg.solve(uplink, sent), np.complex128)
    gram = adjoint(sent) @ filters
    hermitian: C = (gram + adjoint(gram)) / 2
    return uplink, filters, hermitian


def _balance_uplink(channels: C, shape: C, rate_nats: F) -> C:
    """Scale the V_k at fixed total power until every uplink rate is the same multiple of the required one.

    r_k = -ln det(I - V_kᴴH_kΩ⁻¹H_kᴴV_k); ‖V_k‖² ← ‖V_k‖² R_k/r_k, normalised, is a concave self-map of the simplex:
    its fixed point is unique and reached geometrically.
    """
    identity = np.eye(shape.shape[2])
    for _ in range(BALANCE_STEPS):
        _, _, gram = _uplink_gram(channels, shape)
        rates = -np.linalg.slogdet(identity - gram)[1]
        # Bounded steps: a rate below rounding says little of how far its power is off.
        ratio = np.minimum(rate_nats / np.maximum(rates, 1e-12), 1e6)
        if ratio.max() <= ratio.min() * (1 + 1e-6):
            break
        shape = shape * np.sqrt(ratio)[:, None, None]
        shape = shape / np.linalg.norm(shape)
    return shape


def _downlink(channels: C, shape: C) -> tuple[C, C, C]:
    """Beams [1+K, n, L] with the uplink's SINRs and total power, the V_k rotated to independent streams, and Ω."""
    uplink, _, gram = _uplink_gram(channels, shape)
    share, rotation = np.linalg.eigh(gram)
    share = np.clip(share, 0.0, 1.0 - 1e-15)
    shape = shape @ rotation
    count, _, streams = shape.shape
    beams = np.linalg.solve(uplink, adjoint(channels) @ shape)
    receiver, stream = np.nonzero(share > 1e-9)
    listen = shape[receiver, :, stream]
    listen = listen / np.linalg.norm(listen, axis=1, keepdims=True)
    directions = beams[receiver, :, stream]
    directions = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    received = np.einsum("sr,srt->st", listen.conj(), channels[receiver])
    gain = np.abs(received @ directions.T) ** 2
    sinr = share[receiver, stream] / (1.0 - share[receiver, stream])
    matrix = np.where(receiver[:, None] == receiver, 0.0, -gain)
    np.fill_diagonal(matrix, np.diag(gain) / sinr)
    powers = np.linalg.solve(matrix, np.ones(len(receiver)))
    powers = np.maximum(powers, 0.0) / max(float(np.sum(np.maximum(powers, 0.0))), 1e-300)
    weights = np.zeros((1 + count, channels.shape[2], streams), complex)
    weights[receiver + 1, :, stream] = directions * np.sqrt(powers)[:, None]
    return weights, shape, uplink


def _water_filling(channels: C, weights: C, shape: C, uplink: C, rates: F, streams: int) -> C:
    """Uplink beams [K, N_r, L] that give each receiver its rate over the eigenmodes it sees."""
    disturbance = interference(channels, weights, np.zeros(len(channels), bool))
    poured = np.zeros((*channels.shape[:2], min(streams, *channels.shape[1:])), complex)
    for k, channel in enumerate(channels):
        sent = channel.conj().T @ shape[k]
        others = uplink - sent @ sent.conj().T
        factor = np.linalg.cholesky(disturbance[k])
        whitened = np.linalg.solve(factor, channel)
        gains, modes = np.linalg.eigh(whitened @ np.linalg.solve(others, whitened.conj().T))
        gains, modes = gains[::-1][: poured.shape[2]], modes[:, ::-1][:, : poured.shape[2]]
        logs = np.log(np.maximum(gains, 1e-13 * gains[0]))
        # Σ over active modes of ln(level · gain) = rate; a mode is active while level · gain > 1.
        active = len(logs)
        while active > 1 and (rates[k] - logs[:active].sum()) / active + logs[active - 1] <= 0:
            active -= 1
        level = (rates[k] - logs[:active].sum()) / active
        power = np.exp(level) * -np.expm1(-level - logs[:active])
        poured[k, :, :active] = np.linalg.solve(factor.conj().T, modes[:, :active]) * np.sqrt(power)
    return poured / np.linalg.norm(poured)
