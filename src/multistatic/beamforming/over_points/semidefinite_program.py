"""Beams for several points as one semidefinite program in CVXPY: slow, and independent of the dual barrier."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

from multistatic.beamforming.over_points.dual_barrier import DualBarrier, DualPoint
from multistatic.extras import optional_module
from multistatic.units import C, F


class ProgramSolution(NamedTuple):
    """Covariances [J, n, n] (of the sensing beam first where it is used), prices, and what the solver says."""

    covariances: C
    prices: DualPoint
    loss: float
    status: str


def semidefinite_optimum(problem: DualBarrier, solver: str = "CLARABEL") -> ProgramSolution | None:
    """The optimum over covariances, to the accuracy of the solver; None where it gives none.

    A complex Hermitian matrix is carried by a real symmetric one of twice the size. Every covariance meets its targets
    and the power only as well as the solver holds them.
    """
    optional_module("the beamformer 'los_sdp' for several points", "cvxpy")
    import cvxpy as cp

    streams, _, size = problem.sizes
    objective, channels = problem.objective, problem.channels
    unit = np.linalg.norm(channels, axis=1)
    received = _forms(channels / unit[:, None]) if streams else np.zeros((0, 4 * size * size))
    variables = [cp.Variable((2 * size, 2 * size), PSD=True) for _ in range(streams + problem.uses_sensing)]
    numbers = [cp.vec(each, order="C") for each in variables]
    data, total = numbers[problem.uses_sensing :], sum(numbers)
    light = _forms(problem.steering) @ total
    power = sum(cp.trace(each) for each in variables) / 2 <= 1.0
    rates = []
    for s in range(streams):
        unwanted = sum(received[s] @ data[j] for j in range(streams) if j != s)
        if problem.uses_sensing and problem.receives_sensing[s]:
            unwanted = unwanted + received[s] @ numbers[0]
        rates.append(received[s] @ data[s] / problem.target[s] - unwanted >= unit[s] ** -2.0)
    if problem.worst:
        least = cp.Variable()
        enough = light >= cp.multiply(objective.weight, least)
        program = cp.Problem(cp.Maximize(least), [enough, power, *rates])
    else:
        bright = cp.Variable(len(problem.steering))
        enough = light >= bright
        terms = cp.power(bright + objective.shifts, -objective.exponent)
        program = cp.Problem(cp.Minimize(objective.weight @ terms), [enough, power, *rates])
    if not _solve(program, solver):
        return None
    covariances = np.stack([_hermitian(np.asarray(each.value), size) for each in variables])
    prices = DualPoint(
        rate=np.array([max(0.0, float(each.dual_value)) for each in rates]) * (unit**-2.0 if streams else 1.0),
        point=np.maximum(np.asarray(enough.dual_value, float), 0.0),
        power=float(power.dual_value),
    )
    value = float(program.value)
    if not (np.isfinite(covariances).all() and np.isfinite(prices.joined()).all()):
        return None
    return ProgramSolution(covariances, prices, 1.0 / value if problem.worst else value, str(program.status))


def _solve(program: Any, solver: str) -> bool:
    """Whether the solver gave numbers."""
    import cvxpy as cp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an inaccurate solution is judged by its beams
        try:
            program.solve(solver=solver)
        except cp.SolverError:
            return False
    return program.value is not None and np.isfinite(program.value)


def _forms(vectors: C) -> F:
    """Rows [m, 4n²] that give xᴴQx of a real matrix for Q: half of uuᵀ + vvᵀ, u = (Re x, Im x), v = (-Im x, Re x)."""
    one = np.concatenate([vectors.real, vectors.imag], axis=1)
    other = np.concatenate([-vectors.imag, vectors.real], axis=1)
    square = one[:, :, None] * one[:, None, :] + other[:, :, None] * other[:, None, :]
    return np.asarray(square.reshape(len(vectors), -1) / 2.0)


def _hermitian(matrix: F, size: int) -> C:
    """Q [n, n] of a real matrix [2n, 2n]: the mean over both embeddings of the imaginary unit."""
    mean = (matrix[:size, :size] + matrix[size:, size:]) / 2.0
    turned = (matrix[size:, :size] - matrix[:size, size:]) / 2.0
    return np.asarray(mean + 1j * turned)
