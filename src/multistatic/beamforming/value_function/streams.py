"""How many streams a receiver gets, and on which receive vectors (docs/algorithms.md §1.4)."""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.downlink.downlink import InnerSolution
from multistatic.beamforming.downlink.gram_problem import GramProblem, Streams, downlink_of
from multistatic.beamforming.value_function.geodesic import IDLE_SHARE
from multistatic.linalg import adjoint
from multistatic.units import C, F

_SMALLEST_SHARE = 10 * IDLE_SHARE


def receiver_covariances(problem: GramProblem, streams: Streams, solution: InnerSolution) -> tuple[C, C]:
    """(Ψ [K, n, n], H Ω⁻¹ Hᴴ [K, n, n]) of each receiver, own streams left out of both.

    Ψ_k is the covariance of noise and interference, Ω_k = M - Σ_own λ_s h_s h_sᴴ prices each transmit direction by its
    power, the harm to others and the light on the target. With everything else held fixed, receiver k's best beams
    minimise tr(Ω_k Q_k) under its rate.
    """
    received = downlink_of(problem, streams)[0]
    price, nu, powers = solution.price, solution.nu, solution.powers
    count, n, size = len(problem.rate), problem.antennas, len(price)
    scaled = received * np.sqrt(price)
    arrived = scaled @ solution.error + nu * np.outer(problem.cross, solution.on_target)  # 𝓗M⁻¹𝒽Λ^½
    sensing_direction = (
        problem.cross / solution.slack - scaled @ solution.on_target.conj()
    )  # 𝓗M⁻¹a = (𝓗a - 𝓗𝒽Λ^½y)/(1 - νθ)
    sensing = (problem.cross - received @ solution.weights).reshape(count, n, 1)
    arrived, scaled = arrived.reshape(count, n, size), scaled.reshape(count, n, size)
    others = arrived * np.sqrt(powers * (streams.receiver != np.arange(count)[:, None]))[:, None, :]
    noise = np.eye(n) + others @ adjoint(others)
    noise += (solution.left * problem.receives_sensing)[:, None, None] * sensing @ adjoint(sensing)
    inverse = problem.own_gram - arrived @ adjoint(scaled)
    inverse += nu * sensing_direction.reshape(count, n, 1) * problem.cross.reshape(count, 1, n).conj()
    vectors = _own_vectors(problem, streams, np.sqrt(price))
    through = inverse @ vectors
    taken_out = np.eye(vectors.shape[2]) - adjoint(vectors) @ through
    return noise, inverse + through @ np.linalg.solve(taken_out, adjoint(through))


def mmse_vectors(problem: GramProblem, streams: Streams, solution: InnerSolution) -> C:
    """v_s ∝ Ψ_k⁻¹H_ku_s [S, n] of receivers with one stream each: no others have larger SINRs for the same beams,
    so the best beams for them lose no more than these.
    """
    noise, _ = receiver_covariances(problem, streams, solution)
    received, which = downlink_of(problem, streams)[0], np.arange(len(streams.receiver))
    arrived = (received * np.sqrt(solution.price)) @ solution.error + solution.nu * np.outer(
        problem.cross, solution.on_target
    )
    own = arrived.reshape(len(problem.rate), problem.antennas, -1)[streams.receiver, :, which]
    vectors = np.linalg.solve(noise[streams.receiver], own[:, :, None])[:, :, 0]
    unit: C = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _own_vectors(problem: GramProblem, streams: Streams, scale: F) -> C:
    """`scale`_s v_s of each receiver's own streams as columns [K, n, m], zeros where it has fewer than m."""
    order = np.tril(streams.receiver[:, None] == streams.receiver, -1).sum(axis=1)
    vectors = np.zeros((len(problem.rate), problem.antennas, order.max() + 1), complex)
    vectors[streams.receiver, :, order] = scale[:, None] * streams.vectors
    return vectors


def water_filling(noise: C, channel: C) -> tuple[C, F]:
    """Receive vectors [K, n, n] (columns) and ln d_i² [K, n], descending: the cheapest ways to a rate.

    With Ψ = L Lᴴ and the eigenpairs (d_i², e_i) of L⁻¹ (HΩ⁻¹Hᴴ) L⁻ᴴ, the streams v_i = L⁻ᴴ e_i do not disturb each
    other and r_i = ln(θ d_i²), Σ r_i = R, for as many as stay positive (`shares`).
    """
    root = np.linalg.cholesky(noise)
    whitened = np.linalg.solve(root, adjoint(np.linalg.solve(root, channel)))
    gain, modes = np.linalg.eigh((whitened + adjoint(whitened)) / 2)
    vectors = np.linalg.solve(adjoint(root), modes[:, :, ::-1])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.log(np.maximum(gain[:, ::-1], 1e-300))


def shares(log_gain: F, rate: F) -> F:
    """r_i [..., m] of m streams with ln d_i² [..., m] that reach `rate` [...] together; the last may be negative."""
    filled: F = log_gain + ((rate - log_gain.sum(axis=-1)) / log_gain.shape[-1])[..., None]
    return filled


def with_more_streams(problem: GramProblem, streams: Streams, limit: int) -> Streams | None:
    """The same streams, one more for each receiver that gains from it by `water_filling`; None if none gains."""
    limit = min(limit, problem.antennas)
    if limit == 1 or streams.solution is None:
        return None
    try:
        noise, channel = receiver_covariances(problem, streams, streams.solution)
        return richer_streams(noise, channel, problem.rate, streams, limit)
    except np.linalg.LinAlgError:
        return None


def richer_streams(noise: C, channel: C, rate: F, streams: Streams, limit: int) -> Streams | None:
    """`with_more_streams` from Ψ and H Ω⁻¹ Hᴴ [K, n, n] of each receiver and the rates [K] in nats."""
    modes, log_gain = water_filling(noise, channel)
    counts = np.bincount(streams.receiver, minlength=len(rate))
    gains = np.zeros(len(counts), bool)
    for own in range(limit):
        rows = counts == own
        last = shares(log_gain[rows, : own + 1], rate[rows])[:, -1]
        gains[rows] = last > _SMALLEST_SHARE * rate[rows]
    if not gains.any():
        return None
    receiver, vectors, share = [], [], []
    for k in range(len(rate)):
        if gains[k]:
            more = counts[k] + 1
            new_vectors, new_share = modes[k, :, :more].T, shares(log_gain[k, :more], rate[k])
        else:
            kept = streams.receiver == k
            new_vectors, new_share = streams.vectors[kept], streams.share[kept]
        receiver += [k] * len(new_share)
        vectors.append(new_vectors)
        share.append(new_share)
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
