"""Successive convex approximation in covariance form: the paper's method (§IV-B) made correct (model.md §8).

Around the covariances Q̄ of the last iterate the rate constraint becomes the convex one (corrected (44))

    ln det(I + H_k Σ_{i∈N} Q_i H_kᴴ) - ln det Ψ̄_k - tr[Ψ̄_k⁻¹ H_k Σ_{i∈N, i≠k}(Q_i - Q̄_i)H_kᴴ] ≥ R_th,k ln 2,

N = {1..K} for a selected receiver, {0..K} for another. ln det Ψ_k is concave, so its tangent lies above it: what meets
this constraint meets the rate, and Q̄ itself meets it. Every iterate is therefore feasible and p_t never falls.

Two exact or safe reductions keep the conic programs small. Where L < N_r, receiver k is seen through an orthonormal
combiner V_k [N_r, L] that spans its MMSE filters for the last iterate: that loses no rate at Q̄, and rank L then
suffices. And Q_k = F_kX_kF_kᴴ is sought in the span of the last beams, M⁻¹H_kᴴ and conj(a_b) only. Q̄ lies in it, so
nothing of the above is lost; and at a stationary point Q_k lies in the range of M⁻¹H_kᴴ, where
M = μI - a*aᵀ + Σ_i λ_i H_iᴴ(Ψ_i⁻¹ - (Ψ_i + H_iQ_iH_iᴴ)⁻¹)H_i and (λ, μ) are the multipliers of the last program. The
programs then grow with K and N_r, not with N_t.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from multistatic.beamforming.evaluate import evaluate, everything_on_target, infeasible
from multistatic.beamforming.power import allocate, interference, rates_nats, streams
from multistatic.beamforming.problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.rank import beams_from_covariances
from multistatic.beamforming.reduced import ReducedProblem, expand, reduce
from multistatic.beamforming.start import NoStart, StartSettings, find_starts
from multistatic.errors import MissingDependencyError
from multistatic.units import C, F

METHOD = "sca"
RATE_SLACK = 1e-9
SOLVERS = ("CLARABEL", "SCS")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaSettings:
    """`max_iterations` convex programs at most from each of `starts` starts; it stops when the loss ‖a‖²P_T - p_t falls
    by less than `tolerance`, relative.
    """

    max_iterations: int = 30
    tolerance: float = 1e-4
    starts: int = 1
    start: StartSettings = StartSettings()


def sca(problem: BeamformingProblem, settings: ScaSettings | None = None) -> BeamformingResult:
    """Beams by successive convex approximation from a feasible start; needs CVXPY.

    The result is a local optimum: `feasible`, or `optimal` where it meets the bound N_t P_T. It is `infeasible` with
    the largest common rate that was reached where no feasible start was found.
    """
    settings = settings or ScaSettings()
    require_cvxpy()
    reduced = reduce(problem)
    if reduced.size == 0:
        return everything_on_target(problem, reduced, METHOD)
    starts = find_starts(problem, reduced, settings.start)
    if isinstance(starts, NoStart):
        return infeasible(
            problem,
            method=METHOD,
            message=starts.message,
            largest_common_rate_bps_hz=starts.largest_common_rate_bps_hz,
        )
    runs = [_climb(reduced, beams, problem.streams, settings) for beams in starts[: settings.starts]]
    weights, history = max(runs, key=lambda run: run[1][-1])
    watts = problem.power_limit_w
    return evaluate(
        problem,
        expand(problem, reduced, weights),
        method=METHOD,
        message=f"Local optimum of {len(starts)} starts after {len(history) - 1} convex programs.",
        iterations=len(history) - 1,
        history_w=tuple(value * watts for value in history),
    )


def require_cvxpy() -> None:
    """Raise `MissingDependencyError` where CVXPY is not installed."""
    try:
        import cvxpy  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError(
            "the beamformer 'sca' needs CVXPY: pip install 'multistatic[sdp]', or choose another beamformer"
        ) from error


def _climb(reduced: ReducedProblem, weights: C, width: int, settings: ScaSettings) -> tuple[C, tuple[float, ...]]:
    """Iterate from feasible `weights`; the beams and the illumination after each program, the start first."""
    history = [reduced.illumination(weights)]
    metric = _first_metric(reduced, weights)
    for _ in range(settings.max_iterations):
        step = _step(reduced, weights, width, metric)
        if step is None:
            break
        better, metric = step
        value = reduced.illumination(better)
        if value <= history[-1]:
            break
        loss = reduced.illumination_limit - history[-1]
        weights, gained = better, value - history[-1]
        history.append(value)
        if gained <= settings.tolerance * loss:
            break
    return weights, tuple(history)


def _step(reduced: ReducedProblem, weights: C, width: int, metric: C) -> tuple[C, C] | None:
    """One convex program: better feasible beams with the metric M for the next one, or None."""
    combiners = _combiners(reduced, weights, width)
    channels = combiners.conj().transpose(0, 2, 1) @ reduced.channels
    bases = _bases(reduced, channels, weights, metric)
    solved = solve_program(reduced, channels, weights, bases)
    if solved is None:
        return None
    covariances, multipliers, power_price = solved
    beams = beams_from_covariances(covariances, channels, reduced.steering)
    beams = beams / np.sqrt(np.sum(np.abs(beams) ** 2))
    metric = _metric(reduced, channels, beams, multipliers, power_price)
    exact = allocate(beams, channels, reduced.steering, reduced.hears, reduced.rate_nats)
    for candidate in (exact, beams):
        if candidate is not None and _feasible(reduced, candidate):
            return candidate, metric
    return None


def _feasible(reduced: ReducedProblem, weights: C) -> bool:
    rates = rates_nats(reduced.channels, weights, reduced.hears)
    return bool(np.isfinite(weights).all() and np.all(rates >= reduced.rate_nats * (1.0 - RATE_SLACK)))


def _combiners(reduced: ReducedProblem, weights: C, width: int) -> C:
    """V_k [K, N_r, min(L, N_r)], orthonormal: all of the antennas, or a span that holds the MMSE filters."""
    count, antennas, _ = reduced.channels.shape
    if width >= antennas:
        return np.broadcast_to(np.eye(antennas, dtype=complex), (count, antennas, antennas))
    _, filters, sinr = streams(reduced.channels, weights, reduced.hears)
    dominant = np.linalg.svd(reduced.channels)[0]
    spans = []
    for k in range(count):
        used = filters[k][:, np.argsort(-sinr[k])]
        spans.append(np.linalg.qr(np.concatenate([used, dominant[k]], axis=1))[0][:, :width])
    return np.array(spans)


def _first_metric(reduced: ReducedProblem, weights: C) -> C:
    """A guess of M before any multipliers are known: every receiver counts by its noise and interference."""
    disturbance = interference(reduced.channels, weights, reduced.hears)
    seen = reduced.channels.conj().transpose(0, 2, 1) @ np.linalg.solve(disturbance, reduced.channels)
    strength = np.einsum("ktt->k", seen).real
    metric: C = np.eye(reduced.channels.shape[2]) * 1e-3 + np.einsum("kts,k->ts", seen, 1.0 / strength)
    return metric


def _metric(reduced: ReducedProblem, channels: C, weights: C, multipliers: F, power_price: float) -> C:
    """M of the module's docstring."""
    disturbance = interference(channels, weights, reduced.hears)
    own = np.einsum("krt,ktl->krl", channels, weights[1:])
    total = disturbance + own @ own.conj().transpose(0, 2, 1)
    weight = np.linalg.solve(disturbance, channels) - np.linalg.solve(total, channels)
    pressure = np.einsum("k,krt,krs->ts", multipliers, channels.conj(), weight)
    target = np.outer(reduced.steering.conj(), reduced.steering)
    metric: C = power_price * np.eye(len(target)) - target + (pressure + pressure.conj().T) / 2
    return metric


def _bases(reduced: ReducedProblem, channels: C, weights: C, metric: C) -> list[C]:
    """F_0 … F_K [n, m_j], orthonormal columns scaled so that X_j is of order 1."""
    aim = reduced.steering.conj()[:, None]
    candidates = [np.concatenate([weights[0], aim, np.linalg.lstsq(metric, aim, rcond=1e-12)[0]], axis=1)]
    for k, channel in enumerate(channels):
        reach = np.linalg.lstsq(metric, channel.conj().T, rcond=1e-12)[0]
        candidates.append(np.concatenate([weights[k + 1], reach, aim], axis=1))
    floor = 1e-3 / len(candidates)
    bases = []
    for columns, beams in zip(candidates, weights, strict=True):
        norms = np.linalg.norm(columns, axis=0)
        left, singular, _ = np.linalg.svd(columns[:, norms > 0] / norms[norms > 0], full_matrices=False)
        power = float(np.sum(np.abs(beams) ** 2))
        bases.append(left[:, singular > 1e-8] * np.sqrt(max(power, floor)))
    return bases


def solve_program(reduced: ReducedProblem, channels: C, weights: C, bases: list[C]) -> tuple[C, F, float] | None:
    """The convex program around `weights` in CVXPY: covariances [1+K, n, n], multipliers λ [K] and μ; None on failure.

    A complex Hermitian X ⪰ 0 is carried by a real symmetric 2m × 2m matrix without further structure: its average over
    the two embeddings of multiplication by i has the structure and the same value in every linear form used here.
    """
    import cvxpy as cp

    count, width, _ = channels.shape
    used = [j for j in range(count + 1) if j > 0 or reduced.uses_sensing_beam]
    variables = {j: cp.Variable((2 * bases[j].shape[1],) * 2, PSD=True) for j in used}
    disturbance = interference(channels, weights, reduced.hears)
    whitening = np.linalg.inv(np.linalg.cholesky(disturbance))
    illumination = sum(
        _form(bases[j].conj().T @ np.outer(reduced.steering.conj(), reduced.steering) @ bases[j], variables[j])
        for j in used
    )
    power = sum(_form(bases[j].conj().T @ bases[j], variables[j]) for j in used)
    limit = power <= 1.0
    rates = []
    for k in range(count):
        heard = [j for j in used if j > 0 or reduced.hears[k]]
        white = whitening[k] @ channels[k]
        noise = _embedding(whitening[k] @ whitening[k].conj().T)
        signal = sum(_congruence(white @ bases[j], variables[j]) for j in heard)
        others = sum(
            _form(bases[j].conj().T @ white.conj().T @ white @ bases[j], variables[j]) for j in heard if j != k + 1
        )
        at_start = width - float(np.trace(whitening[k] @ whitening[k].conj().T).real)
        # ln det of a Hermitian matrix is half of that of its real embedding.
        rates.append(cp.log_det(noise + signal) / 2 - others >= reduced.rate_nats[k] - at_start)
    scale = reduced.illumination_limit
    program = cp.Problem(cp.Maximize(illumination / scale), [limit, *rates])
    if not _solve(program):
        return None
    covariances = np.zeros((count + 1, *np.broadcast_shapes((len(reduced.steering),) * 2)), complex)
    for j in used:
        covariances[j] = bases[j] @ _hermitian(variables[j].value) @ bases[j].conj().T
    multipliers = np.array([float(rate.dual_value) for rate in rates]) * scale
    return covariances, np.maximum(multipliers, 0.0), float(limit.dual_value) * scale


def _solve(program: Any) -> bool:
    """Solve with the first solver that returns values; the caller checks them, so `inaccurate` is no failure."""
    import cvxpy as cp

    for solver in SOLVERS:
        if solver not in cp.installed_solvers():
            continue
        try:
            with warnings.catch_warnings():
                # "Solution may be inaccurate": every answer is recomputed anyway.
                warnings.filterwarnings("ignore", category=UserWarning, module="cvxpy")
                warnings.filterwarnings("ignore", message="Solution may be inaccurate")
                program.solve(solver=solver)
        except cp.error.SolverError:
            continue
        if all(v.value is not None and np.isfinite(v.value).all() for v in program.variables()):
            return True
    return False


def _embedding(matrix: C) -> F:
    """[[Re, -Im], [Im, Re]]."""
    return np.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]])


def _hermitian(embedded: F) -> C:
    """The Hermitian matrix that a real symmetric 2m × 2m matrix stands for."""
    m = len(embedded) // 2
    real = embedded[:m, :m] + embedded[m:, m:]
    imaginary = embedded[m:, :m] - embedded[:m, m:]
    matrix: C = (real + 1j * imaginary) / 2
    return matrix


def _form(matrix: C, variable: Any) -> Any:
    """tr(matrix · X)."""
    import cvxpy as cp

    return cp.sum(cp.multiply(_embedding(matrix), variable)) / 2


def _congruence(matrix: C, variable: Any) -> Any:
    """Real embedding of matrix X matrixᴴ."""
    embedded = _embedding(matrix)
    turn = _embedding(1j * np.eye(matrix.shape[0]))
    image = embedded @ variable @ embedded.T
    return (image + turn @ image @ turn.T) / 2
