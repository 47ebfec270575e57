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

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from multistatic.units import B, C, F

STEP_UP = 50.0
CENTRED = 1e-2
ROUNDING = 1e-16
NEWTON_LIMIT = 200
FIXED_POINT_LIMIT = 2000
FIXED_POINT_TOLERANCE = 1e-3


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
    slack = dual_slack(rows, steering, multipliers, 0.0, coefficients)
    return max(0.0, -float(np.linalg.eigvalsh(slack)[:, 0].min())) - float(multipliers.sum())


def dual_slack(rows: C, steering: C, multipliers: F, power_price: float, coefficients: F) -> C:
    """M_j [J, n, n] for any λ and μ."""
    outer = rows.conj()[:, :, None] * rows[:, None, :]
    shared = power_price * np.eye(rows.shape[1]) - np.outer(steering.conj(), steering)
    matrices: C = shared + np.einsum("ji,i,ist->jst", coefficients, multipliers, outer)
    return matrices


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
    limit = float(np.sum(np.abs(steering) ** 2))
    prices = minimum_power_multipliers(rows, sinr)
    coefficients = coupling(sinr, hears, sensing)
    if prices.sum() > 1.0:
        # Along s (λ, μ) with μ = 1 every M_j stays positive semidefinite while μ - Σλ < 0: the dual is unbounded.
        return MisoSolution(covariances=None, upper_bound=-math.inf, multipliers=prices, newton_steps=0)
    # Unknowns (λ/scale, μ). Prices of least power leave M_j ⪰ (μ - limit)I - a*aᵀ: strictly feasible with room.
    scale = limit * prices
    barrier = _Barrier(
        rows=rows * np.sqrt(scale)[:, None],
        target=np.outer(steering.conj(), steering),
        sinr=sinr,
        hears=hears if sensing else None,
        cost=np.append(-scale, 1.0),
    )
    count, size = rows.shape
    point = np.append(np.ones(count), 2.2 * limit)
    degree = (count + int(sensing)) * size + count
    stages = max(2, math.ceil(math.log(1.0 / tolerance, STEP_UP)) + 1)
    steps = 0
    for stage, weight in enumerate(np.geomspace(degree / limit, degree / (tolerance * limit), stages), 1):
        point, used = barrier.centre(point, weight, ROUNDING if stage == stages else CENTRED)
        steps += used
        if barrier.cost @ point < 0:
            break
    multipliers = point[:-1] * scale
    bound = dual_bound(rows, steering, multipliers, coefficients)
    if bound < 0:
        # p_t ≥ 0 and no beams reach it: there are none.
        return MisoSolution(covariances=None, upper_bound=bound, multipliers=multipliers, newton_steps=steps)
    inverse = np.linalg.inv(dual_slack(rows, steering, multipliers, point[-1], coefficients)) / weight
    covariances = inverse if sensing else np.concatenate([np.zeros((1, size, size), complex), inverse])
    return MisoSolution(covariances=covariances, upper_bound=bound, multipliers=multipliers, newton_steps=steps)


def minimum_power_multipliers(rows: C, sinr: F) -> F:
    """Uplink powers λ of the least total power for `sinr`, or powers below them whose sum exceeds 1.

    λ_k ← 1/((1+1/γ_k) g_kΩ⁻¹g_kᴴ), Ω = I + Σ_i λ_i g_iᴴg_i, rises from 0 to the least fixed point, whose sum is the
    least downlink power. On the way (1+1/γ_k)λ_k g_kΩ⁻¹g_kᴴ ≤ 1, that is, Ω ⪰ (1+1/γ_k)λ_k g_kᴴg_k: once the sum
    exceeds the budget 1, no beams exist.
    """
    prices = np.zeros(len(rows))
    for _ in range(FIXED_POINT_LIMIT):
        uplink = np.eye(rows.shape[1]) + rows.conj().T @ (prices[:, None] * rows)
        seen = np.einsum("kt,tk->k", rows, np.linalg.solve(uplink, rows.conj().T)).real
        following = 1.0 / ((1.0 + 1.0 / sinr) * seen)
        settled = np.all(following <= prices * (1.0 + FIXED_POINT_TOLERANCE))
        prices = following
        if settled or prices.sum() > 1.0:
            break
    return prices


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Barrier:
    """φ_t(x) = t cost·x - Σ_j ln det M_j - Σ_i ln λ_i and its Newton steps.

    All data matrices differ from M = μI - a*aᵀ + Σ_i λ_i g_iᴴg_i by one dyad, M_k = M - (1+1/γ_k)λ_k g_kᴴg_k, so one
    factorisation serves them all: ln det M_k = ln det M + ln s_k and M_k⁻¹ = M⁻¹ + (c_k/s_k) z_kz_kᴴ with
    z_k = M⁻¹g_kᴴ, c_k = (1+1/γ_k)λ_k, s_k = 1 - c_k g_kz_k. `hears`: None leaves M_0 out.
    """

    rows: C
    target: C
    sinr: F
    hears: B | None
    cost: F

    def shared(self, point: F, counted: F) -> C:
        """μI - a*aᵀ + Σ_i counted_i λ_i g_iᴴg_i."""
        weighted = self.rows * (counted * point[:-1])[:, None]
        matrix: C = point[-1] * np.eye(len(self.target)) - self.target + self.rows.conj().T @ weighted
        return matrix

    def value(self, point: F, weight: float) -> float:
        """φ_t, infinite outside the domain."""
        if point[:-1].min() <= 0:
            return math.inf
        matrices = [self.shared(point, np.ones(len(self.rows)))]
        if self.hears is not None:
            matrices.append(self.shared(point, self.hears.astype(float)))
        try:
            factors = np.linalg.cholesky(np.array(matrices))
        except np.linalg.LinAlgError:
            return math.inf
        logs = 2.0 * np.sum(np.log(np.diagonal(factors, axis1=1, axis2=2).real), axis=1)
        half = np.linalg.solve(factors[0], self.rows.conj().T)
        left = 1.0 - (1.0 + 1.0 / self.sinr) * point[:-1] * np.sum(np.abs(half) ** 2, axis=0)
        if left.min() <= 0:
            return math.inf
        total = len(self.rows) * logs[0] + logs[1:].sum() + np.sum(np.log(left)) + np.sum(np.log(point[:-1]))
        return float(weight * (self.cost @ point) - total)

    def inverses(self, point: F) -> tuple[C, F]:
        """M_j⁻¹ [J, n, n] and c_ji [J, K], Q_0 first where it exists."""
        inverse = np.linalg.inv(self.shared(point, np.ones(len(self.rows))))
        applied = inverse @ self.rows.conj().T
        price = (1.0 + 1.0 / self.sinr) * point[:-1]
        left = np.maximum(1.0 - price * np.einsum("kt,tk->k", self.rows, applied).real, ROUNDING)
        dyads = applied.T[:, :, None] * applied.conj().T[:, None, :]
        stack = inverse + (price / left)[:, None, None] * dyads
        if self.hears is None:
            return stack, coupling(self.sinr, np.zeros(0, bool), False)
        sensing = np.linalg.inv(self.shared(point, self.hears.astype(float)))
        return np.concatenate([sensing[None], stack]), coupling(self.sinr, self.hears, True)

    def derivatives(self, point: F, weight: float) -> tuple[F, F]:
        """Gradient and Hessian: ∂M_j/∂λ_i = c_ji g_iᴴg_i makes every entry a product of g_iM_j⁻¹g_lᴴ."""
        inverse, coefficients = self.inverses(point)
        applied = inverse @ self.rows.conj().T  # M_j⁻¹g_iᴴ [J, n, K]
        gram = self.rows @ applied  # g_iM_j⁻¹g_lᴴ [J, K, K]
        gradient, hessian = weight * self.cost, np.empty((len(point), len(point)))
        gradient[:-1] -= np.einsum("ji,jii->i", coefficients, gram.real) + 1.0 / point[:-1]
        gradient[-1] -= np.einsum("jtt->", inverse.real)
        pairs = gram.real**2 + gram.imag**2
        hessian[:-1, :-1] = np.sum(coefficients[:, :, None] * pairs * coefficients[:, None, :], axis=0)
        hessian[:-1, :-1] += np.diag(point[:-1] ** -2.0)
        hessian[:-1, -1] = np.sum(coefficients * np.sum(applied.real**2 + applied.imag**2, axis=1), axis=0)
        hessian[-1, :-1] = hessian[:-1, -1]
        hessian[-1, -1] = np.sum(inverse.real**2 + inverse.imag**2)
        return gradient, hessian

    def centre(self, point: F, weight: float, accuracy: float) -> tuple[F, int]:
        """Newton's method with backtracking from `point` until the squared decrement is below `accuracy`, or cannot
        be brought there in floating point; returns the centre and the number of steps.
        """
        current, previous = self.value(point, weight), np.inf
        for step in range(NEWTON_LIMIT):
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
                if decrement >= previous or not math.isfinite(self.value(point + direction, weight)):
                    return point, step
                point, previous = point + direction, decrement
                if decrement <= accuracy:
                    return point, step + 1
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
            if self.cost @ point < 0:
                return point, step + 1
        return point, NEWTON_LIMIT
