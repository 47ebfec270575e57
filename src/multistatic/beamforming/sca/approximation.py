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

from dataclasses import dataclass, field, replace
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Lt

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.evaluate import evaluate, everything_on_target, infeasible
from multistatic.beamforming.normalised_problem import NormalisedProblem, expand, normalise
from multistatic.beamforming.power import allocate, interference, streams
from multistatic.beamforming.rank import beams_from_covariances
from multistatic.beamforming.sca.program import ApproximationSolution, require_cvxpy, solve_program
from multistatic.beamforming.sca.searched_start import NoStart, StartSettings, find_starts
from multistatic.communication.rates import rates_nats
from multistatic.linalg import adjoint
from multistatic.registry import algorithm
from multistatic.units import C

METHOD = "sca"
RATE_SLACK = 1e-9
PATIENCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaSettings:
    """`max_iterations` convex programs at most from each of `starts` starts; it stops when the loss ‖a‖²P_T - p_t falls
    by less than `tolerance`, relative, twice in a row. `reaches`: how many times further along the line of each step is
    looked. `PAPER` has the paper's own steps, from a plain feasible start.
    """

    max_iterations: Annotated[int, Ge(1)] = 60
    tolerance: Annotated[float, Gt(0.0), Lt(1.0)] = 2e-5
    starts: Annotated[int, Ge(1)] = 1
    reaches: tuple[Annotated[float, Gt(1.0)], ...] = (2.0, 4.0, 8.0, 16.0, 32.0)
    start: StartSettings = field(default_factory=StartSettings)


PAPER = ScaSettings(reaches=(), start=StartSettings(searched=False))


@algorithm(settings=ScaSettings, needs=("cvxpy",))
def sca(problem: BeamformingProblem, settings: ScaSettings | None = None) -> BeamformingResult:
    """Beams by successive convex approximation from a feasible start; needs CVXPY.

    The result approaches a local optimum: `feasible`, or `optimal` where it meets the bound N_t P_T. It is `infeasible`
    with the largest common rate that was reached where no feasible start was found.
    """
    settings = settings or ScaSettings()
    require_cvxpy()
    reduced = normalise(problem)
    if reduced.size == 0 and reduced.objective is None:
        return everything_on_target(problem, reduced, METHOD)
    starts = _starts(problem, reduced, settings.start)
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
        message=f"Best of {len(starts)} starts after {len(history) - 1} convex programs.",
        iterations=len(history) - 1,
        history_w=tuple(value * watts for value in history),
    )


def _climb(reduced: NormalisedProblem, weights: C, width: int, settings: ScaSettings) -> tuple[C, tuple[float, ...]]:
    """Iterate from feasible `weights`; the beams and the illumination after each program, the start first."""
    history = [reduced.merit(weights)]
    metric = _first_metric(reduced, weights)
    stalled = 0
    for _ in range(settings.max_iterations):
        step = _step(reduced, weights, width, metric, settings.reaches)
        if step is None:
            break
        better, metric = step
        value = reduced.merit(better)
        loss = history[-1] if reduced.objective is not None else reduced.illumination_limit - history[-1]
        # The first metric is a guess: one program without progress may only have measured the right one.
        stalled = stalled + 1 if value <= history[-1] + settings.tolerance * loss else 0
        if value > history[-1]:
            weights = better
        history.append(max(value, history[-1]))
        if stalled == PATIENCE:
            break
    return weights, tuple(history)


def _starts(
    problem: BeamformingProblem, reduced: NormalisedProblem, settings: StartSettings
) -> tuple[C, ...] | NoStart:
    """Feasible beams, the best first. For several points those of one target in the direction that lights them most in
    the mean: the rates do not depend on the target.
    """
    if reduced.objective is None:
        return find_starts(problem, reduced, settings)
    if reduced.size == 0:
        size = len(reduced.steering)
        return (np.eye(size, dtype=complex)[None] / np.sqrt(size),)
    shared = np.linalg.svd(np.sqrt(reduced.objective.weight)[:, None] * reduced.towards)[2][:1]
    alone = replace(reduced, towards=shared * np.linalg.norm(reduced.towards[0]), objective=None)
    starts = find_starts(problem, alone, settings)
    return starts if isinstance(starts, NoStart) else tuple(sorted(starts, key=reduced.merit, reverse=True))


def _step(
    reduced: NormalisedProblem, weights: C, width: int, metric: C, reaches: tuple[float, ...]
) -> tuple[C, C] | None:
    """One convex program: better feasible beams with the metric M for the next one, or None."""
    combiners = _combiners(reduced, weights, width)
    channels = adjoint(combiners) @ reduced.channels
    bases = _bases(reduced, channels, weights, metric)
    solved = solve_program(reduced, channels, weights, bases)
    if solved is None:
        return None
    towards = reduced.steering if reduced.objective is None else None
    solution = beams_from_covariances(solved.covariances, channels, towards)
    solution = solution / np.linalg.norm(solution)
    metric = _metric(reduced, channels, solution, solved)
    best = max(_settled(reduced, channels, solution), key=reduced.merit, default=None)
    if best is None:
        return None
    # The tangent of ln det Ψ holds the step back. Further along the same line is no longer covered by the proof, so
    # every point there is settled and checked like any other.
    before = weights @ adjoint(weights)
    for reach in reaches:
        further = before + reach * (solved.covariances - before)
        beams = beams_from_covariances(further, channels, towards)
        longer = max(_settled(reduced, channels, beams), key=reduced.merit, default=best)
        if reduced.merit(longer) <= reduced.merit(best):
            break
        best = longer
    return best, metric


def _settled(reduced: NormalisedProblem, channels: C, beams: C) -> list[C]:
    """Feasible beams of power 1 made from `beams`: as they are, and with their powers settled."""
    unit = beams / np.linalg.norm(beams)
    exact = allocate(unit, channels, reduced.merit, reduced.receives_sensing, reduced.rate_nats)
    return [candidate for candidate in (unit, exact) if candidate is not None and _feasible(reduced, candidate)]


def _feasible(reduced: NormalisedProblem, weights: C) -> bool:
    rates = rates_nats(reduced.channels, weights, reduced.receives_sensing)
    return bool(np.isfinite(weights).all() and np.all(rates >= reduced.rate_nats * (1.0 - RATE_SLACK)))


def _combiners(reduced: NormalisedProblem, weights: C, width: int) -> C:
    """V_k [K, N_r, min(L, N_r)], orthonormal: all of the antennas, or a span that holds the MMSE filters."""
    count, antennas, _ = reduced.channels.shape
    if width >= antennas:
        return np.broadcast_to(np.eye(antennas, dtype=complex), (count, antennas, antennas))
    # More streams than L have never been there: the last beams came from combiners of this width.
    _, filters, sinr = streams(reduced.channels, weights, reduced.receives_sensing)
    dominant = np.linalg.svd(reduced.channels)[0]
    spans = []
    for k in range(count):
        used = filters[k][:, sinr[k] > 0]  # an empty stream has no filter
        spans.append(np.linalg.qr(np.concatenate([used, dominant[k]], axis=1))[0][:, :width])
    return np.array(spans)


def _first_metric(reduced: NormalisedProblem, weights: C) -> C:
    """A guess of M before any multipliers are known: every receiver counts by its noise and interference."""
    disturbance = interference(reduced.channels, weights, reduced.receives_sensing)
    seen = adjoint(reduced.channels) @ np.linalg.solve(disturbance, reduced.channels)
    strength = np.einsum("ktt->k", seen).real
    metric: C = np.eye(reduced.channels.shape[2]) * 1e-3 + np.einsum("kts,k->ts", seen, 1.0 / strength)
    return metric


def _metric(reduced: NormalisedProblem, channels: C, weights: C, solved: ApproximationSolution) -> C:
    """M of the module's docstring."""
    disturbance = interference(channels, weights, reduced.receives_sensing)
    own = np.einsum("krt,ktl->krl", channels, weights[1:])
    total = disturbance + own @ adjoint(own)
    weight = np.linalg.solve(disturbance, channels) - np.linalg.solve(total, channels)
    pressure = np.einsum("k,krt,krs->ts", solved.rate_price, channels.conj(), weight)
    target = (reduced.towards.conj().T * solved.point_price) @ reduced.towards
    metric: C = solved.power_price * np.eye(len(target)) - target + (pressure + pressure.conj().T) / 2
    return metric


def _bases(reduced: NormalisedProblem, channels: C, weights: C, metric: C) -> list[C]:
    """F_0 … F_K [n, m_j], orthonormal columns scaled so that X_j is of order 1."""
    aim = reduced.towards.conj().T
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
