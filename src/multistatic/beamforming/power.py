"""Powers for given beam directions: what makes nearly feasible beams exactly feasible."""

from __future__ import annotations

import numpy as np

from multistatic.units import B, C, F

TIGHT = 1e-4


def received(channels: C, weights: C) -> C:
    """H_kW_j [K, 1+K, N_r, L]."""
    return np.einsum("krt,jtl->kjrl", channels, weights)


def interference(channels: C, weights: C, hears: B) -> C:
    """Ψ_k [K, N_r, N_r] with unit noise."""
    count, antennas, _ = channels.shape
    signals = received(channels, weights)
    heard = np.ones((count, count + 1))
    heard[:, 0] = hears
    heard[np.arange(count), np.arange(count) + 1] = 0.0
    covariance: C = np.einsum("kj,kjrl,kjsl->krs", heard, signals, signals.conj()) + np.eye(antennas)
    return covariance


def rates_nats(channels: C, weights: C, hears: B) -> F:
    """R_k ln 2 [K]: ln det(I + W_kᴴH_kᴴΨ_k⁻¹H_kW_k)."""
    disturbance = interference(channels, weights, hears)
    own = np.einsum("krt,ktl->krl", channels, weights[1:])
    gram = own.conj().transpose(0, 2, 1) @ np.linalg.solve(disturbance, own)
    rate: F = np.linalg.slogdet(gram + np.eye(gram.shape[1]))[1]
    return rate


def streams(channels: C, weights: C, hears: B) -> tuple[C, C, F]:
    """The same covariances as streams that do not disturb each other at their own receiver.

    Rotating W_k so that W_kᴴH_kᴴΨ_k⁻¹H_kW_k is diagonal changes neither Q_k nor any rate. Returns the rotated beams
    [1+K, n, L], MMSE combiners Ψ_k⁻¹H_kw_s scaled to unit norm [K, N_r, L] (zero for an empty stream) and
    SINRs [K, L].
    """
    own = np.einsum("krt,ktl->krl", channels, weights[1:])
    filtered = np.linalg.solve(interference(channels, weights, hears), own)
    gram = own.conj().transpose(0, 2, 1) @ filtered
    sinr, rotation = np.linalg.eigh((gram + gram.conj().transpose(0, 2, 1)) / 2)
    combiners = filtered @ rotation
    norms = np.linalg.norm(combiners, axis=1, keepdims=True)
    combiners = np.divide(combiners, norms, out=np.zeros_like(combiners), where=norms > 0)
    rotated = np.concatenate([weights[:1], weights[1:] @ rotation])
    return rotated, combiners, np.maximum(sinr, 0.0)


def allocate(weights: C, channels: C, hears: B, rate_nats: F) -> C | None:
    """Rescale beams of total power near 1 so that every tight rate is met exactly and the power is exactly 1.

    Tight receivers (rate within `TIGHT` of the requirement, or below it) get stream powers that solve the linear SINR
    equations for fixed directions and combiners; targets γ_s are those of the beams with the factor on ln(1+γ_s) that
    makes the rate right. All other beams keep their proportions and share one factor, which uses the power that is
    left. None where no positive powers do this.
    """
    beams, combiners, sinr = streams(channels, weights, hears)
    logs = np.log1p(sinr)
    rates = logs.sum(axis=1)
    tight = rates < rate_nats * (1.0 + TIGHT)
    target = np.expm1(logs * (rate_nats / np.maximum(rates, 1e-300))[:, None])
    # A stream with next to no signal carries next to no rate; it is dropped rather than divided by.
    active = tight[:, None] & (sinr > 1e-9)
    receiver, stream = np.nonzero(active)
    free = beams.copy()
    free[receiver + 1, :, stream] = 0.0
    free[1:][tight] = 0.0
    directions = beams[receiver + 1, :, stream]
    listen = np.einsum("sr,srt->st", combiners[receiver, :, stream].conj(), channels[receiver])
    gain = np.abs(listen @ directions.T) ** 2
    same = receiver[:, None] == receiver
    gain_own = np.diag(gain).copy()
    matrix = np.where(same, 0.0, -gain)
    np.fill_diagonal(matrix, gain_own / target[receiver, stream])
    heard = np.ones((len(receiver), len(beams)))
    heard[:, 0] = hears[receiver]
    background = np.einsum("sj,sjl->s", heard, np.abs(np.einsum("st,jtl->sjl", listen, free)) ** 2)
    try:
        alone, slope = np.linalg.solve(matrix, np.stack([np.ones(len(receiver)), background], axis=1)).T
    except np.linalg.LinAlgError:
        return None
    power = np.sum(np.abs(directions) ** 2, axis=1)
    rest = float(np.sum(np.abs(free) ** 2))
    factor = (1.0 - power @ alone) / (rest + power @ slope) if rest > 0 else 0.0
    powers = alone + factor * slope
    if factor < 0 or powers.min(initial=1.0) <= 0 or not np.isfinite(powers).all():
        return None
    result = free * np.sqrt(factor)
    result[receiver + 1, :, stream] = directions * np.sqrt(powers)[:, None]
    total = np.sum(np.abs(result) ** 2)
    if total > 1.0 + 1e-9:
        return None
    scaled: C = result / np.sqrt(total)
    return scaled
