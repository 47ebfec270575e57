"""Descent over receive vectors and rate splits (docs/algorithms.md §1.3).

The optimal value of the convex inner problem is a smooth function of the unit receive vectors v_s and of the shares
r_s = ln(1+γ_s), Σ_{s of k} r_s = R_k ln 2, of each receiver's streams. Its gradient is that of the Lagrangian (envelope
theorem), so one inner solve gives value and gradient; BFGS acts on the logarithm of the value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from multistatic.beamforming.downlink.downlink import InnerSolution, in_c_order, no_guess
from multistatic.beamforming.downlink.gram_problem import GramProblem, Streams
from multistatic.beamforming.value_function.descent import Stopping, bfgs, iterate_for, memory_for
from multistatic.beamforming.value_function.value_gradient import ReceiveSide
from multistatic.machine_code import block_for
from multistatic.units import C, F

Objective = Literal["loss", "power"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Endpoint:
    """Streams with their inner solution, and the gradient of the logarithm of the value by a step (Re z, Im z, ξ) in
    the frame `basis` [S, n, n-1] (`geodesic`).
    """

    streams: Streams
    basis: C
    gradient: F


def frames(vectors: C) -> C:
    """E_s [S, n, n-1]: an orthonormal complement of each unit vector v_s [S, n]."""
    count, antennas = vectors.shape
    identity = np.broadcast_to(np.eye(antennas), (count, antennas, antennas))
    whole = np.linalg.qr(np.concatenate([vectors[:, :, None], identity], axis=2))[0]
    return np.ascontiguousarray(whole[:, :, 1:])


def with_beams(problem: GramProblem, streams: Streams, objective: Objective) -> Streams:
    """The streams with the beams of largest illumination (`loss`) or of least power."""
    count, antennas = streams.vectors.shape
    nowhere = np.zeros((count, antennas, antennas - 1), complex)
    return _descended(problem, streams, objective, Stopping(0, 0.0, 0.0, 0.0), nowhere).streams


def descend(
    problem: GramProblem,
    streams: Streams,
    objective: Objective,
    *,
    steps: int = 200,
    enough: float = 0.0,
    tolerance: float = 1e-9,
    spare: float = 0.0,
) -> Streams:
    """BFGS on the logarithm of `objective` from `streams`; stops at `enough`, or when three steps in a row gain less
    than `tolerance`, or gain and promise less than (`spare`/value)³.

    Returns the best streams with their inner solution, or without one if there was none at the start.
    """
    return descend_to(problem, streams, objective, steps=steps, enough=enough, tolerance=tolerance, spare=spare).streams


def descend_to(
    problem: GramProblem,
    streams: Streams,
    objective: Objective,
    *,
    steps: int,
    enough: float,
    tolerance: float,
    spare: float = 0.0,
) -> Endpoint:
    """`descend`, with the gradient at its end."""
    return _descended(problem, streams, objective, Stopping(steps, enough, tolerance, spare), frames(streams.vectors))


def _descended(problem: GramProblem, streams: Streams, objective: Objective, stopping: Stopping, basis: C) -> Endpoint:
    """`descend_to` with the frame `basis` [S, n, n-1] at the start, which is of no account without steps."""
    (count, antennas), rows = streams.vectors.shape, len(problem.cross)
    current = iterate_for(count, antennas)
    current.vectors[:] = streams.vectors
    current.share[:] = streams.share
    current.basis[:] = basis
    descended = bfgs(
        ReceiveSide(
            gram=in_c_order(problem.gram),
            cross=in_c_order(problem.cross),
            norm2=problem.norm2,
            receives_sensing=problem.receives_sensing[streams.receiver],
            power=1.0,
            receiver=in_c_order(streams.receiver),
        ),
        no_guess(count) if streams.solution is None else streams.solution.guess,
        objective == "loss",
        stopping,
        current,
        block_for(memory_for, rows, count, antennas, len(set(streams.receiver.tolist())) < count),
    )
    found = descended.best.found
    reached = Streams(
        receiver=streams.receiver,
        vectors=current.vectors,
        share=current.share,
        solution=InnerSolution.of(descended.best, current.beams) if found else None,
        iterations=streams.iterations + descended.iterations,
    )
    return Endpoint(streams=reached, basis=current.basis, gradient=current.gradient)
