"""The value of receive vectors and rate shares, and its derivatives, from the beams that are best for them
(docs/algorithms.md §1.3).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from multistatic.beamforming.downlink.dense import multiply, squared
from multistatic.beamforming.downlink.fixed_prices import Downlink, DownlinkBeams
from multistatic.beamforming.downlink.optimal_prices import Guess, Optimum, Workspace, optimum, workspace_for
from multistatic.beamforming.value_function.geodesic import Iterate
from multistatic.compiled import internal
from multistatic.units import B, C, F


class ReceiveSide(NamedTuple):
    """K receivers of n antennas, and which of them each of S streams is for."""

    gram: C  # [K n, K n] 𝒢 = 𝓗𝓗ᴴ
    cross: C  # [K n] 𝓗a
    norm2: float  # ‖a‖²
    receives_sensing: B  # [S] true where the receiver of the stream suffers the sensing beam
    power: float  # P
    receiver: Any  # [S]


class Streamwise(NamedTuple):
    """Memory for what belongs to one set of receive vectors."""

    received: C  # [K n, S] 𝒢V = 𝓗𝒽
    gram: C  # [S, S] G
    cross: C  # [S] g
    target: F  # [S] γ
    arrived: C  # [K n, S] what the receivers get of the data beams
    sensed: C  # [K n] and of the sensing beam
    by_vector: C  # [S, n] derivative by conj(v_s)
    by_rate: F  # [S] derivative by ln(1+γ_s)
    work: Workspace


def streamwise_for(rows: int, count: int, antennas: int) -> Streamwise:
    """Memory for `count` streams on `rows` = K n receive antennas in all."""
    received, arrived = np.empty((2, rows, count), np.complex128)
    target, by_rate = np.empty((2, count))
    return Streamwise(
        received=received,
        gram=np.empty((count, count), np.complex128),
        cross=np.empty(count, np.complex128),
        target=target,
        arrived=arrived,
        sensed=np.empty(rows, np.complex128),
        by_vector=np.empty((count, antennas), np.complex128),
        by_rate=by_rate,
        work=workspace_for(count),
    )


@internal
def _stream_channels(problem: ReceiveSide, vectors: C, of: Streamwise) -> None:
    """What the receive vectors v_s [S, n] make of 𝒢 and 𝓗a: 𝒢V, G and g."""
    count, antennas = vectors.shape
    for s in range(count):
        first = problem.receiver[s] * antennas
        for i in range(len(problem.cross)):
            total = 0.0j
            for r in range(antennas):
                total += problem.gram[i, first + r] * vectors[s, r]
            of.received[i, s] = total
    for s in range(count):
        first = problem.receiver[s] * antennas
        total = 0.0j
        for r in range(antennas):
            total += np.conj(vectors[s, r]) * problem.cross[first + r]
        of.cross[s] = total
        for t in range(count):
            total = 0.0j
            for r in range(antennas):
                total += np.conj(vectors[s, r]) * of.received[first + r, t]
            of.gram[s, t] = total


@internal
def value(problem: ReceiveSide, at: Iterate, guess: Guess, light: bool, near: bool, of: Streamwise) -> Optimum:
    """The best beams for the receive vectors and shares of `at`, into its `beams`; `near` as for `optimum`."""
    _stream_channels(problem, at.vectors, of)
    for s in range(len(at.share)):
        of.target[s] = np.expm1(at.share[s])
    downlink = Downlink(of.gram, of.cross, problem.norm2, of.target, problem.receives_sensing, problem.power)
    return optimum(downlink, guess, light, near, of.work, at.beams)


@internal
def _arrived(problem: ReceiveSide, beams: DownlinkBeams, best: Optimum, of: Streamwise) -> None:
    """What the receive antennas get of each beam of power 1: 𝓗u = 𝓗𝒽Λ^½T + ν 𝓗a βᵀ and 𝓗w₀ = 𝓗a - 𝓗𝒽 y₀."""
    cross, arrived, sensed, scaled = problem.cross, of.arrived, of.sensed, of.work.scratch.signal
    count = len(beams.price)
    for s in range(count):
        root = np.sqrt(beams.price[s])
        for t in range(count):
            scaled[s, t] = root * beams.error[s, t]
    lower = count < 0  # never: a computed value, as for its other caller
    multiply(of.received, scaled, lower, of.work.scratch, arrived)
    for i in range(len(cross)):
        for t in range(count):
            arrived[i, t] += best.nu * cross[i] * beams.on_target[t]
        sensed[i] = cross[i]
        if best.left > 0.0:
            for t in range(count):
                sensed[i] -= of.received[i, t] * beams.weights[t]


@internal
def envelope_gradient(problem: ReceiveSide, at: Iterate, best: Optimum, of: Streamwise) -> None:
    """Derivatives of Σλ by conj(v_s) [S, n] and by ln(1+γ_s) [S], at fixed ν.

    Envelope theorem: the Lagrangian depends on v_s through λ_s [v_sᴴΦ_s v_s - q_s|v_sᴴH_k u_s|²/γ_s], with Φ_s the
    noise (I), the other beams and, where it is received, the sensing beam; on γ_s through -λ_s q_s|v_sᴴH_ku_s|²/γ_s.
    """
    vectors, arrived, sensed, by_vector, by_rate = at.vectors, of.arrived, of.sensed, of.by_vector, of.by_rate
    price, powers, target, left = at.beams.price, at.beams.powers, of.target, best.left
    count, antennas = vectors.shape
    _arrived(problem, at.beams, best, of)
    for s in range(count):
        first = problem.receiver[s] * antennas
        by_rate[s] = 0.0
        for r in range(antennas):
            by_vector[s, r] = vectors[s, r]
        for t in range(count):
            seen = 0.0j
            for r in range(antennas):
                seen += np.conj(vectors[s, r]) * arrived[first + r, t]
            load = powers[t]
            if t == s:
                by_rate[s] = price[s] * load * squared(seen) * (1.0 + target[s]) / (target[s] * target[s])
                load = -load / target[s]
            for r in range(antennas):
                by_vector[s, r] += load * np.conj(seen) * arrived[first + r, t]
        if left > 0.0 and at.beams.weights[s] != 0.0:
            seen = 0.0j
            for r in range(antennas):
                seen += np.conj(vectors[s, r]) * sensed[first + r]
            for r in range(antennas):
                by_vector[s, r] += left * np.conj(seen) * sensed[first + r]
        for r in range(antennas):
            by_vector[s, r] *= price[s]
