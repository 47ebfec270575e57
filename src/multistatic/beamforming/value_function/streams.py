"""How many streams a receiver gets, and on which receive vectors (docs/algorithms.md §1.4)."""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.value_function.inner import InnerSolution, directions
from multistatic.beamforming.value_function.outer import IDLE_SHARE
from multistatic.beamforming.value_function.problem import GramProblem, Streams, downlink_of
from multistatic.units import C, F

_SMALLEST_SHARE = 10 * IDLE_SHARE


def receiver_covariances(problem: GramProblem, streams: Streams, solution: InnerSolution) -> tuple[C, C]:
    """(Ψ [K, n, n], H Ω⁻¹ Hᴴ [K, n, n]) of each receiver, own streams left out of both.

    Ψ_k is the covariance of noise and interference, Ω_k = M - Σ_own λ_s h_s h_sᴴ prices each transmit direction by its
    power, the harm to others and the light on the target. With everything else held fixed, receiver k's best beams
    minimise tr(Ω_k Q_k) under its rate.
    """
    heard, downlink = downlink_of(problem, streams)
    beams = directions(downlink, solution)
    price, nu, powers = solution.price, solution.nu, solution.powers
    scaled = heard * np.sqrt(price)
    arrived = scaled @ beams.error + nu * np.outer(problem.cross, beams.lit)  # 𝓗M⁻¹𝒽Λ^½
    lit = problem.cross / solution.slack - scaled @ beams.lit.conj()  # 𝓗M⁻¹a = (𝓗a - 𝓗𝒽Λ^½y)/(1 - νθ)
    sensing = problem.cross - heard @ beams.weights
    count, n = len(problem.rate), problem.antennas
    noise, channel = np.empty((count, n, n), complex), np.empty((count, n, n), complex)
    for k in range(count):
        block, own = problem.block(k), streams.receiver == k
        others = arrived[block][:, ~own] * np.sqrt(powers[~own])
        noise[k] = np.eye(n) + others @ others.conj().T
        if problem.hears[k]:
            noise[k] += solution.left * np.outer(sensing[block], sensing[block].conj())
        inverse = problem.gram[block, block] - arrived[block] @ scaled[block].conj().T
        inverse += nu * np.outer(lit[block], problem.cross[block].conj())
        vectors = streams.vectors[own].T * np.sqrt(price[own])
        through = inverse @ vectors
        channel[k] = inverse + through @ np.linalg.solve(
            np.eye(own.sum()) - vectors.conj().T @ through, through.conj().T
        )
    return noise, channel


def water_filling(noise: C, channel: C, rate: float, limit: int) -> tuple[C, F]:
    """Receive vectors [m, n] and shares [m] of the cheapest way to a rate (nats) with at most `limit` streams.

    With Ψ = L Lᴴ and the eigenpairs (d_i², e_i) of L⁻¹ (HΩ⁻¹Hᴴ) L⁻ᴴ, the streams v_i = L⁻ᴴ e_i do not disturb each
    other and r_i = ln(θ d_i²), Σ r_i = R, for as many as stay positive.
    """
    root = np.linalg.cholesky(noise)
    whitened = np.linalg.solve(root, np.linalg.solve(root, channel).conj().T)
    gain, modes = np.linalg.eigh((whitened + whitened.conj().T) / 2)
    gain, modes = gain[::-1][:limit], modes[:, ::-1][:, :limit]
    vectors = np.linalg.solve(root.conj().T, modes).T
    unit: C = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    logs = np.log(np.maximum(gain, 1e-300))
    for m in range(len(gain), 1, -1):
        shares: F = logs[:m] + (rate - logs[:m].sum()) / m
        if shares[-1] > _SMALLEST_SHARE * rate:
            return unit[:m], shares
    return unit[:1], np.array([rate])


def with_more_streams(problem: GramProblem, streams: Streams, limit: int) -> Streams | None:
    """The same streams, one more for each receiver that gains from it by `water_filling`; None if none gains."""
    limit = min(limit, problem.antennas)
    if limit == 1 or streams.solution is None:
        return None
    noise, channel = receiver_covariances(problem, streams, streams.solution)
    receiver, vectors, share, changed = [], [], [], False
    for k in range(len(problem.rate)):
        own = streams.receiver == k
        new_vectors, new_share = streams.vectors[own], streams.share[own]
        if len(new_share) < limit:
            try:
                candidate = water_filling(noise[k], channel[k], problem.rate[k], len(new_share) + 1)
            except np.linalg.LinAlgError:
                candidate = new_vectors, new_share
            if len(candidate[1]) > len(new_share):
                (new_vectors, new_share), changed = candidate, True
        receiver += [k] * len(new_share)
        vectors.append(new_vectors)
        share.append(new_share)
    if not changed:
        return None
    return Streams(
        receiver=np.array(receiver),
        vectors=np.concatenate(vectors),
        share=np.concatenate(share),
        iterations=streams.iterations,
    )


def without_idle_streams(problem: GramProblem, streams: Streams) -> Streams:
    """Drop streams whose share has vanished; the receiver's other streams take it over."""
    keep = streams.share > _SMALLEST_SHARE * problem.rate[streams.receiver]
    if keep.all():
        return streams
    receiver, share = streams.receiver[keep], streams.share[keep]
    total = np.bincount(receiver, share, len(problem.rate))
    return Streams(
        receiver=receiver,
        vectors=streams.vectors[keep],
        share=share * (problem.rate / total)[receiver],
        iterations=streams.iterations,
    )
