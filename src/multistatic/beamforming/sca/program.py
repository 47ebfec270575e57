"""The convex program of one step of successive convex approximation, in CVXPY (corrected (44); see `sca`)."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

from multistatic.beamforming.normalised_problem import NormalisedProblem
from multistatic.beamforming.point_objective import PointObjective
from multistatic.beamforming.power import interference
from multistatic.extras import optional_module
from multistatic.linalg import adjoint
from multistatic.units import C, F

# Tried in this order; the limit keeps a hopeless program from holding everything up.
SOLVERS: dict[str, dict[str, Any]] = {"CLARABEL": {}, "SCS": {"max_iters": 2000}}


def require_cvxpy() -> None:
    """Raise `MissingDependencyError` where CVXPY is not installed."""
    optional_module("the beamformer 'sca'", "cvxpy")


class ApproximationSolution(NamedTuple):
    """`covariances` Q_0 … Q_K [1+K, n, n] with the multipliers of the rates [K], of the illuminations [M], and of the
    power.
    """

    covariances: C
    rate_price: F
    point_price: F
    power_price: float


def solve_program(reduced: NormalisedProblem, channels: C, weights: C, bases: list[C]) -> ApproximationSolution | None:
    """The convex program around `weights` in CVXPY; None on failure.

    A complex Hermitian X ⪰ 0 is carried by a real symmetric 2m × 2m matrix without further structure: its average over
    the two embeddings of multiplication by i has the structure and the same value in every linear form used here.
    """
    import cvxpy as cp

    count, width, _ = channels.shape
    used = [j for j in range(count + 1) if j > 0 or reduced.uses_sensing_beam]
    variables = {j: cp.Variable((2 * bases[j].shape[1],) * 2, PSD=True) for j in used}
    disturbance = interference(channels, weights, reduced.receives_sensing)
    own = np.einsum("krt,ktl->krl", channels, weights[1:])
    total = disturbance + own @ adjoint(own)
    # Interference in units of Ψ̄_k, the whole in units of Ē_k = Ψ̄_k + H_kQ̄_kH_kᴴ: every number is then of order 1.
    quiet, loud = _whitening(disturbance), _whitening(total)
    rate_at_start = np.linalg.slogdet(total)[1] - np.linalg.slogdet(disturbance)[1]
    lights = [
        sum(_form(bases[j].conj().T @ np.outer(row.conj(), row) @ bases[j], variables[j]) for j in used)
        for row in reduced.towards
    ]
    power = sum(_form(bases[j].conj().T @ bases[j], variables[j]) for j in used)
    limit = power <= 1.0
    rates = []
    for k in range(count):
        arriving = [j for j in used if j > 0 or reduced.receives_sensing[k]]
        noise = _embedding(loud[k] @ loud[k].conj().T)
        signal = sum(_congruence(loud[k] @ channels[k] @ bases[j], variables[j]) for j in arriving)
        white = quiet[k] @ channels[k]
        others = sum(
            _form(bases[j].conj().T @ white.conj().T @ white @ bases[j], variables[j]) for j in arriving if j != k + 1
        )
        at_start = width - float(np.trace(quiet[k] @ quiet[k].conj().T).real)
        # ln det of a Hermitian matrix is half of that of its real embedding.
        gain = cp.log_det(noise + signal) / 2 - (others - at_start)
        rates.append(gain >= reduced.rate_nats[k] - rate_at_start[k])
    scale = reduced.illumination_limit
    goal, floors = _goal(reduced.objective, [light / scale for light in lights], scale)
    program = cp.Problem(goal, [limit, *rates, *floors])
    if not _solve(program):
        return None
    reached = np.array([float(light.value) for light in lights])
    size = len(reduced.steering)
    covariances = np.zeros((count + 1, size, size), np.complex128)
    for j in used:
        covariances[j] = bases[j] @ _hermitian(variables[j].value) @ bases[j].conj().T
    points = _point_prices(reduced.objective, reached / scale, floors, scale)
    prices = np.array([float(rate.dual_value) for rate in rates]) * scale
    return ApproximationSolution(covariances, np.maximum(prices, 0.0), points, float(limit.dual_value) * scale)


def _goal(objective: PointObjective | None, lights: list[Any], scale: float) -> tuple[Any, list[Any]]:
    """What the program optimises, of illuminations in units of `scale`, and its constraints on them."""
    import cvxpy as cp

    if objective is None:
        return cp.Maximize(lights[0]), []
    counted, objective = np.flatnonzero(objective.counted), objective.scaled(scale)[0]
    if objective.kind == "worst":
        least = cp.Variable()
        return cp.Maximize(least), [lights[i] / objective.weight[i] >= least for i in counted]
    losses = [objective.weight[i] * cp.power(lights[i] + objective.shifts[i], -objective.exponent) for i in counted]
    return cp.Minimize(sum(losses)), []


def _point_prices(objective: PointObjective | None, reached: F, floors: list[Any], scale: float) -> F:
    """What each illumination [M], in units of `scale`, counts for the optimum."""
    if objective is None:
        return np.ones(1)
    objective = objective.scaled(scale)[0]
    if objective.kind == "sum":
        return objective.marginal(np.maximum(reached, 1e-12))
    prices = np.zeros(len(reached))
    prices[objective.counted] = [float(floor.dual_value) for floor in floors]
    return np.divide(prices, objective.weight, out=prices, where=objective.counted)


def _solve(program: Any) -> bool:
    """Solve with the first solver that returns values; the caller checks them, so `inaccurate` is no failure."""
    import cvxpy as cp

    for solver, options in SOLVERS.items():
        if solver not in cp.installed_solvers():
            continue
        try:
            with warnings.catch_warnings():
                # "Solution may be inaccurate": every answer is recomputed anyway.
                warnings.filterwarnings("ignore", category=UserWarning, module="cvxpy")
                warnings.filterwarnings("ignore", message="Solution may be inaccurate")
                program.solve(solver=solver, **options)
        except cp.error.SolverError:
            continue
        if all(v.value is not None and np.isfinite(v.value).all() for v in program.variables()):
            return True
    return False


def _whitening(covariances: C) -> C:
    """Inverse Cholesky factors [K, d, d]."""
    factors = np.linalg.cholesky(covariances)
    return np.asarray(
        np.linalg.solve(factors, np.broadcast_to(np.eye(factors.shape[-1]), factors.shape)), np.complex128
    )


def _embedding(matrix: C) -> F:
    """[[Re, -Im], [Im, Re]]."""
    return np.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]])


def _hermitian(embedded: F) -> C:
    """The Hermitian matrix that a real symmetric 2m × 2m matrix stands for."""
    m = len(embedded) // 2
    real = embedded[:m, :m] + embedded[m:, m:]
    imaginary = embedded[m:, :m] - embedded[:m, m:]
    return np.array(real + 1j * imaginary, np.complex128) / 2


def _form(matrix: C, variable: Any) -> Any:
    """tr(matrix · X)."""
    import cvxpy as cp

    return cp.sum(cp.multiply(_embedding(matrix), variable)) / 2


def _congruence(matrix: C, variable: Any) -> Any:
    """Real embedding of matrix X matrixᴴ."""
    embedded = _embedding(matrix)
    turn = _embedding(1j * np.eye(matrix.shape[0], dtype=np.complex128))
    image = embedded @ variable @ embedded.T
    return (image + turn @ image @ turn.T) / 2
