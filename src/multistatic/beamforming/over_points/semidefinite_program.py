"""Beams for several points as one semidefinite program in CVXPY: slow, and independent of the dual barrier.

Receivers may receive 50 dB more than the noise. What a solver leaves open of a covariance would then reach them above
it, and the rates could not be met. The variables are therefore X_j with Q_j = T_jX_jT_j, T_j = (I + Σ h_sh_sᴴ)^q over
the receivers that the beam j disturbs or serves. With q = -½ an X_j that is off by ε changes what these receive by ε of
the noise, but prices that are off by ε prove next to nothing; q = 0 is the other way round, and -¼ shares the error.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

from multistatic.beamforming.over_points.dual_barrier import DualBarrier, DualPoint
from multistatic.extras import optional_module
from multistatic.units import C, F

BALANCED = -0.25
"""The exponent q that serves covariances and prices alike."""


class ProgramSolution(NamedTuple):
    """Covariances [J, n, n] (of the sensing beam first where it is used), prices, and what the solver says."""

    covariances: C
    prices: DualPoint
    loss: float
    status: str


def semidefinite_optimum(
    problem: DualBarrier, solver: str = "CLARABEL", exponent: float = BALANCED
) -> ProgramSolution | None:
    """The optimum over covariances, to the accuracy of the solver; None where it gives none.

    A complex Hermitian matrix is carried by a real symmetric one of twice the size. Every covariance meets its targets
    and the power only as well as the solver holds them. `exponent`: q.
    """
    optional_module("the beamformer 'los_sdp' for several points", "cvxpy")
    import cvxpy as cp

    streams, _, size = problem.sizes
    objective, channels = problem.objective, problem.channels
    of_sensing, of_data = (_scale(each, exponent) for each in (channels[problem.receives_sensing], channels))
    scales = [of_sensing] * problem.uses_sensing + [of_data] * streams
    unit = np.linalg.norm(channels @ of_data.T, axis=1) if streams else np.zeros(0)
    received = _forms(channels @ of_data.T)
    disturbed = _forms(channels @ of_sensing.T)
    variables = [cp.Variable((2 * size, 2 * size), PSD=True) for _ in range(streams + problem.uses_sensing)]
    numbers = [cp.vec(each, order="C") for each in variables]
    data = numbers[problem.uses_sensing :]
    light, spent = cp.Constant(0.0), cp.Constant(0.0)
    for number, scale in zip(numbers, scales, strict=True):
        light = light + _forms(problem.steering @ scale.T) @ number
        spent = spent + _trace(scale @ scale) @ number
    power = spent <= 1.0
    rates = []
    for s in range(streams):
        unwanted = sum(received[s] @ data[j] for j in range(streams) if j != s)
        if problem.uses_sensing and problem.receives_sensing[s]:
            unwanted = unwanted + disturbed[s] @ numbers[0]
        rates.append((received[s] @ data[s] / problem.target[s] - unwanted) / unit[s] ** 2 >= unit[s] ** -2.0)
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
    covariances = np.stack(
        [
            scale @ _hermitian(np.asarray(each.value), size) @ scale
            for each, scale in zip(variables, scales, strict=True)
        ]
    )
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


def _scale(channels: C, exponent: float) -> C:
    """T [n, n] of channels h_s [S, n]."""
    values, vectors = np.linalg.eigh(np.eye(channels.shape[1]) + channels.T @ channels.conj())
    return np.asarray((vectors * values**exponent) @ vectors.conj().T)


def _trace(matrix: C) -> F:
    """The row [4n²] that gives tr(PQ) of a real matrix for Q, for a Hermitian P = `matrix`."""
    return np.asarray(np.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]]).ravel() / 2.0)


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
