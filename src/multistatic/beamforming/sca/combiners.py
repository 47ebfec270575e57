"""Receive combiners that make the convex core's optimum large: a smooth local search.

For fixed unit combiners v_k the best illumination p(V) is the value of a convex program (`miso`). By the envelope
theorem its derivative is that of the Lagrangian: λ_k times the derivative of receiver k's constraint

    v_kᴴ A_k v_k ≥ 0,   A_k = H_k Q_k H_kᴴ/γ_k - Ψ_k   (homogeneous in v_k, so that ‖v_k‖ = 1 needs no multiplier).

L-BFGS minimises ln(‖a‖² - p): p itself saturates. Alternating with MMSE combiners ascends the same hill some hundred
times more slowly, and so does successive convex approximation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize

from multistatic.beamforming.miso import solve_miso
from multistatic.beamforming.normalised_problem import NormalisedProblem
from multistatic.beamforming.power import allocate, interference, streams
from multistatic.units import C, F

INFEASIBLE_LOSS = 1e3
TOLERANCE = 1e-8


@dataclass(slots=True)
class CombinerSearch:
    """The objective ln(‖a‖² - p(V)) of the search with its gradient, and the best feasible beams met on the way."""

    problem: NormalisedProblem
    sinr: F
    illumination: float = -1.0
    weights: C | None = None
    evaluations: int = field(default=0)

    def combiners(self, point: F) -> C:
        """V [K, N_r] from its real and imaginary parts."""
        real, imaginary = point.reshape(2, *self.problem.channels.shape[:2])
        return real + 1j * imaginary

    def __call__(self, point: F) -> tuple[float, F]:
        """ln(loss) and its gradient."""
        self.evaluations += 1
        problem = self.problem
        raw = self.combiners(point)
        norms = np.linalg.norm(raw, axis=1, keepdims=True)
        unit = raw / norms
        rows = np.einsum("kr,krt->kt", unit.conj(), problem.channels)
        if not np.all(np.linalg.norm(rows, axis=1) > 0):
            return np.log(INFEASIBLE_LOSS), np.zeros_like(point)
        solution = solve_miso(
            rows,
            problem.steering,
            self.sinr,
            problem.receives_sensing,
            sensing=problem.uses_sensing_beam,
            tolerance=TOLERANCE,
        )
        if solution.beams is None:
            return np.log(INFEASIBLE_LOSS), np.zeros_like(point)
        weights = solution.beams
        exact = allocate(weights, rows[:, None], problem.illumination, problem.receives_sensing, problem.rate_nats)
        if exact is not None:
            weights = exact
            illumination = problem.illumination(exact)
            if illumination > self.illumination:
                self.illumination, self.weights = illumination, exact
        loss = max(problem.illumination_limit - solution.upper_bound, 1e-12 * problem.illumination_limit)
        own = np.einsum("krt,kt->kr", problem.channels, weights[1:, :, 0])
        received = np.einsum("kr,kr->k", own.conj(), unit)[:, None] * own / self.sinr[:, None]
        pull = received - np.einsum(
            "krs,ks->kr", interference(problem.channels, weights, problem.receives_sensing), unit
        )
        pull -= unit * np.einsum("kr,kr->k", unit.conj(), pull).real[:, None]
        gradient = -2.0 * solution.multipliers[:, None] * pull / norms / loss
        return float(np.log(loss)), np.stack([gradient.real, gradient.imag]).ravel()


def search_combiners(problem: NormalisedProblem, combiners: C, *, iterations: int) -> C | None:
    """Beams [1+K, n, 1] of a local optimum near `combiners` [K, N_r], feasible, of power 1; None if none were met."""
    search = CombinerSearch(problem=problem, sinr=np.expm1(problem.rate_nats))
    point = np.stack([combiners.real, combiners.imag]).ravel()
    minimize(search, point, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 30})
    return search.weights


def mmse_combiners(problem: NormalisedProblem, weights: C) -> C:
    """Unit combiners [K, N_r] of the strongest stream of each receiver."""
    _, combiners, sinr = streams(problem.channels, weights, problem.receives_sensing)
    strongest = np.argmax(sinr, axis=1)
    return combiners[np.arange(problem.size), :, strongest]


def initial_combiners(problem: NormalisedProblem, draws: int, rng: np.random.Generator) -> list[C]:
    """Unit combiners [K, N_r] to start a search from.

    Receive directions without what the target beam conj(a_b) puts into receivers that receive Q_0 (where a second
    antenna allows it); dominant ones; all but one blind to the target beam, which then carries that one's data: what
    W_0 off needs, and feasible with W_0 on as well; `draws` random ones.
    """
    channels = problem.channels
    dominant = np.linalg.svd(channels)[0][:, :, 0]
    guesses = [dominant]
    leak = channels @ problem.steering.conj()
    norms = np.linalg.norm(leak, axis=1, keepdims=True)
    leak = np.divide(leak, norms, out=np.zeros_like(leak), where=norms > 0)
    nulled = channels - leak[:, :, None] * np.einsum("kr,krt->kt", leak.conj(), channels)[:, None]
    blind = np.linalg.norm(nulled, axis=(1, 2)) > 1e-9 * np.linalg.norm(channels, axis=(1, 2))
    if problem.uses_sensing_beam and (problem.receives_sensing & blind).any():
        blind_to_sensing = np.linalg.svd(nulled)[0][:, :, 0]
        guesses.insert(0, np.where((problem.receives_sensing & blind)[:, None], blind_to_sensing, dominant))
    if problem.receives_sensing.any() and problem.size > 1 and blind.any():
        # Somebody must carry the light: the receiver that the target beam reaches best.
        blind_to_sensing = np.where(blind[:, None], np.linalg.svd(nulled)[0][:, :, 0], dominant)
        carrier = int(np.argmax(norms[:, 0] * problem.receives_sensing))
        blind_to_sensing[carrier] = leak[carrier]
        guesses.append(blind_to_sensing)
    for _ in range(draws):
        draw = np.einsum("krt,kt->kr", channels, _complex_normal(rng, (problem.size, channels.shape[2])))
        guesses.append(draw / np.linalg.norm(draw, axis=1, keepdims=True))
    return guesses


def _complex_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> C:
    real, imaginary = rng.standard_normal((2, *shape))
    return real + 1j * imaginary
