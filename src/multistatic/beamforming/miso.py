"""The convex core: best beams for fixed receive combiners, one stream each (model.md §8, the LoS case).

With a combiner v_k of unit norm, receiver k hears the row g_k = v_kᴴH_k, and R_k ≥ R_th,k becomes a linear constraint
on covariances,

    (1/γ_k) g_k Q_k g_kᴴ ≥ 1 + Σ_{i≥1, i≠k} g_k Q_i g_kᴴ [+ g_k Q_0 g_kᴴ if receiver k hears Q_0],   γ_k = 2^R_th,k - 1.

Maximising aᵀ(Σ_j Q_j)a* under it and Σ_j tr Q_j ≤ 1 is a semidefinite program with the dual (multipliers λ_k of the
rates, μ of the power)

    minimise μ - Σ_k λ_k   with   M_j = μI - a*aᵀ + Σ_i c_ji λ_i g_iᴴg_i ⪰ 0,   λ ≥ 0,

c_ji = 1 where Q_j disturbs receiver i, -1/γ_i where j = i carries its data, 0 where receiver i does not hear Q_j.
It has K+1 unknowns whatever N_t is, so it is solved here by a barrier method; M_j⁻¹/t on the central path are primal
feasible covariances with a gap that is known in advance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from multistatic.units import B, C, F

STEP_UP = 30.0
CENTRED = 1e-2
ROUNDING = 1e-16
NEWTON_LIMIT = 1000
PROOF_MARGIN = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MisoSolution:
    """Outcome of `solve_miso`.

    `covariances` [1+K, n, n]: Q_j, or None where `upper_bound` < 0 proves that no covariances meet the constraints.
    `upper_bound`: a bound on aᵀSa* that holds for any λ, from `multipliers` [K] alone by `dual_bound`.
    """

    covariances: C | None
    upper_bound: float
    multipliers: F
    newton_steps: int


def coupling(sinr: F, hears: B, sensing: bool) -> F:
    """c_ji [1+K or K, K]: what a unit of g_iQ_jg_iᴴ costs receiver i; the first row is Q_0 where `sensing`."""
    data = np.ones((len(sinr), len(sinr)))
    np.fill_diagonal(data, -1.0 / sinr)
    return np.vstack([np.asarray(hears, float), data]) if sensing else data


def dual_bound(rows: C, steering: C, multipliers: F, coefficients: F) -> float:
    """max_j λ_max(a*aᵀ - Σ_i c_ji λ_i g_iᴴg_i) - Σλ: an upper bound on aᵀSa* for every λ ≥ 0, whoever found it."""
    outer = rows.conj()[:, :, None] * rows[:, None, :]
    target = np.outer(steering.conj(), steering)
    slack = target - np.einsum("ji,i,ist->jst", coefficients, multipliers, outer)
    return max(0.0, float(np.linalg.eigvalsh(slack)[:, -1].max())) - float(multipliers.sum())


def solve_miso(
    rows: C,
    steering: C,
    sinr: F,
    hears: B,
    *,
    sensing: bool = True,
    tolerance: float = 1e-9,
) -> MisoSolution:
    """Globally best covariances for `rows` [K, n] (noise 1, power 1), to a relative gap of about `tolerance`.

    `steering` [n], `sinr` [K] > 0, `hears` [K]: who suffers Q_0; `sensing`: False leaves Q_0 out.
    """
    coefficients = coupling(sinr, hears, sensing)
    size, count = rows.shape[1], len(rows)
    limit = float(np.sum(np.abs(steering) ** 2))
    strength = np.sum(np.abs(rows) ** 2, axis=1)
    # Unknowns x = (λ/scale, μ): a strictly feasible point with every M_j of the order of `limit`.
    scale = limit / strength * np.minimum(sinr, 1.0)
    scaled = rows * np.sqrt(scale)[:, None]
    point = np.append(np.full(count, 0.1), limit * (1.2 + 0.1 * count))
    cost = np.append(-scale, 1.0)
    outer = scaled.conj()[:, :, None] * scaled[:, None, :]
    target = np.outer(steering.conj(), steering)
    barrier = _Barrier(scaled=scaled, outer=outer, target=target, coefficients=coefficients, cost=cost)
    degree = len(coefficients) * size + count
    weight, steps = degree / limit, 0
    while True:
        point, used = barrier.centre(point, weight, NEWTON_LIMIT - steps)
        steps += used
        value = float(cost @ point)
        if value < -PROOF_MARGIN * limit:
            multipliers = point[:-1] * scale
            return MisoSolution(
                covariances=None,
                upper_bound=dual_bound(rows, steering, multipliers, coefficients),
                multipliers=multipliers,
                newton_steps=steps,
            )
        if degree / weight <= tolerance * limit or steps >= NEWTON_LIMIT:
            break
        weight = min(weight * STEP_UP, degree / (tolerance * limit))
    inverse = np.linalg.inv(barrier.slack(point)) / weight
    covariances = inverse if sensing else np.concatenate([np.zeros((1, size, size), complex), inverse])
    multipliers = point[:-1] * scale
    return MisoSolution(
        covariances=covariances,
        upper_bound=dual_bound(rows, steering, multipliers, coefficients),
        multipliers=multipliers,
        newton_steps=steps,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Barrier:
    """φ_t(x) = t cost·x - Σ_j ln det M_j - Σ_i ln λ_i and its Newton steps."""

    scaled: C
    outer: C
    target: C
    coefficients: F
    cost: F

    def slack(self, point: F) -> C:
        """M_j [J, n, n]."""
        size = self.target.shape[0]
        shared = point[-1] * np.eye(size) - self.target
        matrices: C = shared + np.einsum("ji,i,ist->jst", self.coefficients, point[:-1], self.outer)
        return matrices

    def value(self, point: F, weight: float) -> float:
        """φ_t, infinite outside the domain."""
        if point[:-1].min(initial=1.0) <= 0:
            return float("inf")
        try:
            factor = np.linalg.cholesky(self.slack(point))
        except np.linalg.LinAlgError:
            return float("inf")
        logs = 2.0 * np.sum(np.log(np.diagonal(factor, axis1=1, axis2=2).real))
        return float(weight * (self.cost @ point) - logs - np.sum(np.log(point[:-1])))

    def derivatives(self, point: F, weight: float) -> tuple[F, F]:
        """Gradient and Hessian: ∂M_j/∂λ_i = c_ji g_iᴴg_i makes every entry a product of g_iM_j⁻¹g_lᴴ."""
        inverse = np.linalg.inv(self.slack(point))
        applied = inverse @ self.scaled.conj().T  # M_j⁻¹g_iᴴ [J, n, K]
        gram = self.scaled @ applied  # g_iM_j⁻¹g_lᴴ [J, K, K]
        gradient, hessian = weight * self.cost, np.empty((len(point), len(point)))
        gradient[:-1] -= np.einsum("ji,jii->i", self.coefficients, gram.real) + 1.0 / point[:-1]
        gradient[-1] -= np.einsum("jtt->", inverse.real)
        hessian[:-1, :-1] = np.einsum("ji,jl,jil->il", self.coefficients, self.coefficients, np.abs(gram) ** 2)
        hessian[:-1, :-1] += np.diag(point[:-1] ** -2.0)
        hessian[:-1, -1] = np.einsum("ji,jti->i", self.coefficients, np.abs(applied) ** 2)
        hessian[-1, :-1] = hessian[:-1, -1]
        hessian[-1, -1] = np.sum(np.abs(inverse) ** 2)
        return gradient, hessian

    def centre(self, point: F, weight: float, limit: int) -> tuple[F, int]:
        """Newton's method with backtracking from `point`; returns the centre and the number of steps."""
        current, previous = self.value(point, weight), np.inf
        for step in range(max(limit, 1)):
            gradient, hessian = self.derivatives(point, weight)
            scale = 1.0 / np.sqrt(np.diag(hessian))
            try:
                factor = cho_factor(hessian * scale[:, None] * scale)
            except LinAlgError:
                return point, step
            direction = -scale * cho_solve(factor, scale * gradient)
            decrement = -float(gradient @ direction)  # squared Newton decrement
            if decrement <= CENTRED:
                # φ_t is self-concordant: full steps converge quadratically from here, and φ itself is too large a
                # number to show it.
                done, point = decrement >= previous or decrement <= ROUNDING, point + direction
                if done:
                    return point, step + 1
                previous = decrement
                continue
            length = 1.0
            while length > 1e-10:
                trial = point + length * direction
                value = self.value(trial, weight)
                if value <= current - 0.1 * length * decrement + 1e-12 * abs(current):
                    break
                length /= 2
            else:
                return point, step
            point, current = trial, value
        return point, limit
