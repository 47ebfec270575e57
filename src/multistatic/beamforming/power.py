"""Powers for given beam directions: what makes nearly feasible beams exactly feasible."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from multistatic.communication.rates import rates_nats, received_beams
from multistatic.linalg import adjoint
from multistatic.units import B, C, F

TIGHT = 1e-2
ROUNDING = 1e-10
LARGEST_LOG = 300.0


def interference(channels: C, weights: C, receives_sensing: B) -> C:
    """Ψ_k [K, N_r, N_r] with unit noise."""
    count, antennas, _ = channels.shape
    signals = received_beams(channels, weights)
    disturbs = np.ones((count, count + 1))
    disturbs[:, 0] = receives_sensing
    disturbs[np.arange(count), np.arange(count) + 1] = 0.0
    disturbing = np.swapaxes(disturbs[:, :, None, None] * signals, 1, 2).reshape(count, antennas, -1)
    covariance: C = disturbing @ adjoint(disturbing) + np.eye(antennas)
    return covariance


def streams(channels: C, weights: C, receives_sensing: B) -> tuple[C, C, F]:
    """The same covariances as streams that do not disturb each other at their own receiver.

    Rotating W_k so that W_kᴴH_kᴴΨ_k⁻¹H_kW_k is diagonal changes neither Q_k nor any rate. Returns the rotated beams
    [1+K, n, L], MMSE combiners Ψ_k⁻¹H_kw_s scaled to unit norm [K, N_r, L] (zero for an empty stream) and
    SINRs [K, L].
    """
    own = channels @ weights[1:]
    filtered = np.linalg.solve(interference(channels, weights, receives_sensing), own)
    gram = adjoint(own) @ filtered
    sinr, rotation = np.linalg.eigh((gram + adjoint(gram)) / 2)
    combiners = filtered @ rotation
    norms = np.linalg.norm(combiners, axis=1, keepdims=True)
    combiners = np.divide(combiners, norms, out=np.zeros_like(combiners), where=norms > 0)
    rotated = np.concatenate([weights[:1], weights[1:] @ rotation])
    return rotated, combiners, np.maximum(sinr, 0.0)


def allocate(weights: C, channels: C, merit: Callable[[C], float], receives_sensing: B, rate_nats: F) -> C | None:
    """Rescale beams of total power near 1 so that every rate is met exactly or exceeded and the power is exactly 1.

    Tight receivers get stream powers that solve the linear SINR equations for fixed directions and combiners; targets
    γ_s are those of the beams with the factor on ln(1+γ_s) that makes the rate right. All other beams keep their
    proportions and share one factor, which uses the power that is left; who falls short by that becomes tight too.
    Whether a rate is tight at the optimum cannot always be read from beams with rounding in their powers, so two
    guesses are tried, everybody and those within `TIGHT` of the requirement, and the one of larger `merit` is kept.
    None where no positive powers do this.
    """
    beams, combiners, sinr = streams(channels, weights, receives_sensing)
    rates = np.log1p(sinr).sum(axis=1)
    best, most = None, -1.0
    for tight in (np.ones(len(channels), bool), rates < rate_nats * (1.0 + TIGHT)):
        result = _settle(beams, combiners, sinr, channels, receives_sensing, rate_nats, tight)
        if result is not None:
            reached = merit(result)
            if reached > most:
                best, most = result, reached
    return best


def _settle(beams: C, combiners: C, sinr: F, channels: C, receives_sensing: B, rate_nats: F, tight: B) -> C | None:
    """Solve for the powers, and again with more tight receivers until no receiver falls short."""
    for _ in range(len(channels) + 1):
        result = _solve_powers(beams, combiners, sinr, channels, receives_sensing, rate_nats, tight)
        if result is None:
            return None
        short = rates_nats(channels, result, receives_sensing) < rate_nats * (1.0 - ROUNDING)
        if not short.any():
            return result
        if not (short & ~tight).any():
            return None
        tight = tight | short
    return None


def _solve_powers(
    beams: C, combiners: C, sinr: F, channels: C, receives_sensing: B, rate_nats: F, tight: B
) -> C | None:
    """`allocate` for a given set of tight receivers [K]."""
    logs = np.log1p(sinr)
    rates = np.maximum(logs.sum(axis=1), 1e-300)
    target = np.expm1(np.minimum(logs * (rate_nats / rates)[:, None], LARGEST_LOG))
    # A stream with next to no signal carries next to no rate; it is dropped rather than divided by.
    receiver, stream = np.nonzero(tight[:, None] & (sinr > 1e-9))
    free = beams.copy()
    free[1:][tight] = 0.0
    directions = beams[receiver + 1, :, stream]
    listen = np.einsum("sr,srt->st", combiners[receiver, :, stream].conj(), channels[receiver])
    gain = np.abs(listen @ directions.T) ** 2
    matrix = np.where(receiver[:, None] == receiver, 0.0, -gain)
    np.fill_diagonal(matrix, np.diag(gain) / target[receiver, stream])
    disturbs = np.ones((len(receiver), len(beams)))
    disturbs[:, 0] = receives_sensing[receiver]
    background = np.einsum("sj,sjl->s", disturbs, np.abs(np.einsum("st,jtl->sjl", listen, free)) ** 2)
    try:
        alone, slope = np.linalg.solve(matrix, np.stack([np.ones(len(receiver)), background], axis=1)).T
    except np.linalg.LinAlgError:
        return None
    power = np.sum(np.abs(directions) ** 2, axis=1)
    rest = float(np.sum(np.abs(free) ** 2))
    factor = (1.0 - power @ alone) / (rest + power @ slope) if rest > 0 else 0.0
    powers = alone + factor * slope
    if not (factor >= 0 and np.isfinite(powers).all() and powers.min(initial=1.0) > 0):
        return None
    result = free * np.sqrt(factor)
    result[receiver + 1, :, stream] = directions * np.sqrt(powers)[:, None]
    scaled: C = result / np.sqrt(np.sum(np.abs(result) ** 2))
    return scaled
