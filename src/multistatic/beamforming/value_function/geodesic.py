"""Steps of unit receive vectors and of rate shares, and their gradient (docs/algorithms.md §1.3).

A step (Re z, Im z, ξ) moves v_s along the geodesic v_s cos|z| + E_s ẑ sin|z| and scales the shares of a receiver's
streams, r_s ∝ r_s e^ξ_s; nothing stands for the phase and length of v_s, which change nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from multistatic.beamforming.downlink.dense import squared
from multistatic.beamforming.downlink.fixed_prices import DownlinkBeams
from multistatic.compiled import internal
from multistatic.units import C, F

IDLE_SHARE = 1e-4  # of a receiver's rate: near 0 the SINR would drown in rounding


class Iterate(NamedTuple):
    """A point of the descent: S streams on n receive antennas, with their beams."""

    vectors: C  # [S, n] v, of length 1
    share: F  # [S] r, in nats
    basis: C  # [S, n, n-1] E_s, an orthonormal complement of v_s
    gradient: F  # [2 S (n-1) + S] of the logarithm of the value by (Re z, Im z, ξ)
    beams: DownlinkBeams


@internal
def move_vectors(start: Iterate, step: F, moved: Iterate) -> None:
    """The receive vectors after `step`, and their frames moved with them.

    The frame is transported in parallel, by the rotation that takes v_s along: E_s + (E_s ẑ (cos|z| - 1) - v_s sin|z|)
    ẑᴴ. So steps and gradients of successive iterates can be compared.
    """
    vectors, basis = start.vectors, start.basis
    count, antennas, free = basis.shape
    for s in range(count):
        angle = 0.0
        for f in range(free):
            angle += squared(complex(step[s * free + f], step[(count + s) * free + f]))
        angle = np.sqrt(angle)
        scale = 1.0 / max(angle, 1e-300)
        for r in range(antennas):
            along = 0.0j
            for f in range(free):
                along += basis[s, r, f] * (complex(step[s * free + f], step[(count + s) * free + f]) * scale)
            moved.vectors[s, r] = vectors[s, r] * np.cos(angle) + along * np.sin(angle)
            turn = along * (np.cos(angle) - 1.0) - vectors[s, r] * np.sin(angle)
            for f in range(free):
                unit = complex(step[s * free + f], step[(count + s) * free + f]) * scale
                moved.basis[s, r, f] = basis[s, r, f] + turn * np.conj(unit)


@internal
def move_shares(receiver: Any, share: F, step: F, scaled: F, moved: F) -> None:
    """r_s ∝ r_s e^ξ_s within each receiver, at least `IDLE_SHARE` of its rate; ξ [S] are the last entries of `step`."""
    count = len(share)
    for s in range(count):
        scaled[s] = share[s] * np.exp(min(max(step[len(step) - count + s], -50.0), 50.0))
    for _ in range(2):
        for s in range(count):
            total, whole = 0.0, 0.0
            for t in range(count):
                if receiver[t] == receiver[s]:
                    total += share[t]
                    whole += scaled[t]
            moved[s] = scaled[s] * total / whole
            moved[s] = max(moved[s], IDLE_SHARE * total)
        for s in range(count):
            scaled[s] = moved[s]


@internal
def tangent_gradient(at: Iterate, receiver: Any, scale: float, by_vector: C, by_rate: F) -> None:
    """`scale` times the gradient by (Re z, Im z, ξ), from the derivatives by conj(v_s) and by r_s."""
    basis, share, gradient = at.basis, at.share, at.gradient
    count, antennas, free = basis.shape
    for s in range(count):
        for f in range(free):
            by_z = 0.0j
            for r in range(antennas):
                by_z += 2.0 * by_vector[s, r] * np.conj(basis[s, r, f])
            gradient[s * free + f] = scale * by_z.real
            gradient[(count + s) * free + f] = scale * by_z.imag
        total, mean = 0.0, 0.0
        for t in range(count):
            if receiver[t] == receiver[s]:
                total += share[t]
                mean += share[t] * by_rate[t]
        gradient[2 * count * free + s] = scale * (share[s] * (by_rate[s] - mean / total))
