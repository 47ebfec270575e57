"""Successive convex approximation as the paper describes it, in CVXPY with Clarabel: what the beams are measured against.

One program an iterate over full covariances Q_0 … Q_K of size N_t, with the corrected constraint (44)
(docs/model.md §8). It shares no code with `sca` of the package, whose programs are smaller and whose steps are longer.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from multistatic import BeamformingProblem
from multistatic.beamforming.balance import balance
from multistatic.beamforming.reduced import expand, reduce

STEPS = 60
TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class TextbookRun:
    """Loss N_t P_T - p_t in W as the solver says it, programs solved, seconds in them, and how it ended."""

    loss_w: float
    programs: int
    time_s: float
    ended: str


def textbook_sca(problem: BeamformingProblem) -> TextbookRun:
    """From beams that balance the rates (their search is not in the time) until the loss falls by less than 1e-3,
    relative, or the solver fails.
    """
    reduced = reduce(problem)
    balanced = balance(reduced.channels, reduced.rate_nats, 1, enough=1.02)
    if balanced.factor < 1.0:
        raise ValueError("the benchmark's problems have feasible starts")
    weights = expand(problem, reduced, balanced.weights).weights / np.sqrt(problem.power_limit_w)
    covariances = [beam @ beam.conj().T for beam in weights]
    limit = problem.illumination_limit_w / problem.power_limit_w
    light = float(np.real(problem.steering_tx @ sum(covariances) @ problem.steering_tx.conj()))
    begun, ended, programs = perf_counter(), "steps used up", 0
    for _ in range(STEPS):
        try:
            value, covariances = _program(problem, covariances)
        except _cvxpy().SolverError:
            ended = "solver failed"
            break
        programs += 1
        gained, light = value - light, value
        if gained < TOLERANCE * (limit - light):
            ended = "converged"
            break
    seconds = perf_counter() - begun
    return TextbookRun(loss_w=(limit - light) * problem.power_limit_w, programs=programs, time_s=seconds, ended=ended)


def _cvxpy():  # noqa: ANN202
    import cvxpy

    return cvxpy


def _program(problem: BeamformingProblem, around: list[NDArray]) -> tuple[float, list[NDArray]]:
    """(45)-(46) around covariances Q̄_0 … Q̄_K: the illumination for P_T = 1, and the new covariances."""
    cp = _cvxpy()
    channels, rate = problem.normalised_direct, problem.rate_required_bps_hz * np.log(2.0)
    count, antennas, size = channels.shape
    covariances = [cp.Variable((size, size), hermitian=True) for _ in range(count + 1)]
    constraints = [covariance >> 0 for covariance in covariances]
    constraints.append(cp.real(cp.trace(sum(covariances))) <= 1.0)
    for k, channel in enumerate(channels):
        heard = [j for j in range(count + 1) if j > 0 or not problem.selected[k]]
        others = [j for j in heard if j != k + 1]
        noise = np.eye(antennas) + sum(channel @ around[j] @ channel.conj().T for j in others)
        root = np.linalg.cholesky(noise)
        whitened = np.linalg.solve(root, channel)
        received = np.linalg.solve(root, np.linalg.solve(root, np.eye(antennas)).conj().T)
        received = received + whitened @ sum(covariances[j] for j in heard) @ whitened.conj().T
        moved = sum(covariances[j] - around[j] for j in others)
        change = cp.real(cp.trace(whitened.conj().T @ whitened @ moved))
        constraints.append(cp.log_det(received) - change >= rate[k])
    light = problem.steering_tx @ sum(covariances) @ problem.steering_tx.conj()
    program = cp.Problem(cp.Maximize(cp.real(light)), constraints)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program.solve(solver=cp.CLARABEL)
    if program.value is None or not np.isfinite(program.value):
        raise cp.SolverError(program.status)
    return float(program.value), [covariance.value for covariance in covariances]
