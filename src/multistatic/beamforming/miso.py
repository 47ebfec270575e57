"""The convex core: best beams for fixed receive combiners, one stream each (model.md §8, the LoS case).

With a combiner v_k of unit norm, receiver k receives the row g_k = v_kᴴH_k, and R_k ≥ R_th,k becomes a linear
constraint on covariances,

    (1/γ_k) g_k Q_k g_kᴴ ≥ 1 + Σ_{i≥1, i≠k} g_k Q_i g_kᴴ [+ g_k Q_0 g_kᴴ if k receives Q_0],   γ_k = 2^R_th,k - 1.

Maximising aᵀ(Σ_j Q_j)a* under it and Σ_j tr Q_j ≤ 1 is a semidefinite program with the dual (multipliers λ_k of the
rates, μ of the power)

    minimise μ - Σ_k λ_k   with   M_j = μI - a*aᵀ + Σ_i c_ji λ_i g_iᴴg_i ⪰ 0,   λ ≥ 0,

c_ji = 1 where Q_j disturbs receiver i, -1/γ_i where j = i carries its data, 0 where receiver i does not receive Q_j.
It has K+1 unknowns whatever N_t is, so it is solved here by a barrier method; M_j⁻¹/t on the central path are primal
feasible covariances with a gap that is known in advance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from multistatic.units import B, C, F

STEP_UP = 50.0
CENTRED = 1e-2
ROUNDING = 1e-16
LARGE_SINR = 1e3
NEWTON_LIMIT = 200
FIXED_POINT_LIMIT = 2000
FIXED_POINT_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MisoSolution:
    """Outcome of `solve_miso`.

    `beams` [1+K, n, 1]: rank-one Q_j without loss (`rank`), or None where `upper_bound` < 0 proves that there are none.
    Their directions are accurate, their powers only to some digits: `power.allocate` settles these.
    `upper_bound`: a bound on aᵀSa* that holds for any λ, from `multipliers` [K] alone by `dual_bound`.
    """

    beams: C | None
    upper_bound: float
    multipliers: F
    newton_steps: int


def coupling(sinr: F, receives_sensing: B, sensing: bool) -> F:
    """c_ji [1+K or K, K]: what a unit of g_iQ_jg_iᴴ costs receiver i; the first row is Q_0 where `sensing`."""
    data = np.ones((len(sinr), len(sinr)))
    np.fill_diagonal(data, -1.0 / sinr)
    return np.vstack([np.asarray(receives_sensing, float), data]) if sensing else data


def dual_bound(rows: C, steering: C, multipliers: F, coefficients: F) -> float:
    """max_j λ_max(a*aᵀ - Σ_i c_ji λ_i g_iᴴg_i) - Σλ: an upper bound on aᵀSa* for every λ ≥ 0, whoever found it."""
    outer = rows.conj()[:, :, None] * rows[:, None, :]
    target = np.outer(steering.conj(), steering)
    excess = target - np.einsum("ji,i,ist->jst", coefficients, multipliers, outer)
    return max(0.0, float(np.linalg.eigvalsh(excess)[:, -1].max())) - float(multipliers.sum())


def solve_miso(
    rows: C,
    steering: C,
    sinr: F,
    receives_sensing: B,
    *,
    sensing: bool = True,
    tolerance: float = 1e-9,
) -> MisoSolution:
    """Globally best beams for `rows` [K, n] (noise 1, power 1), to a relative gap of about `tolerance`.

    `steering` [n], `sinr` [K] > 0, `receives_sensing` [K]: the receivers that suffer Q_0; `sensing`: False leaves Q_0
    out.
    """
    limit = float(np.sum(np.abs(steering) ** 2))
    prices = minimum_power_multipliers(rows, sinr)
    coefficients = coupling(sinr, receives_sensing, sensing)
    if prices.sum() > 1.0:
        # Along s (λ, μ) with μ = 1 every M_j stays positive semidefinite while μ - Σλ < 0: the dual is unbounded.
        return MisoSolution(beams=None, upper_bound=-math.inf, multipliers=prices, newton_steps=0)
    # Unknowns (λ/scale, μ). Prices of least power leave M_j ⪰ (μ - limit)I - a*aᵀ: strictly feasible with room.
    scale = limit * prices
    barrier = _Barrier(
        rows=rows * np.sqrt(scale)[:, None],
        target=np.outer(steering.conj(), steering),
        sinr=sinr,
        receives_sensing=receives_sensing if sensing else None,
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
        return MisoSolution(beams=None, upper_bound=bound, multipliers=multipliers, newton_steps=steps)
    beams = barrier.beams(point, weight, steering)
    return MisoSolution(beams=beams, upper_bound=bound, multipliers=multipliers, newton_steps=steps)


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
    z_k = M⁻¹g_kᴴ, c_k = (1+1/γ_k)λ_k, s_k = 1 - c_k g_kz_k. `receives_sensing`: None leaves M_0 out.
    """

    rows: C
    target: C
    sinr: F
    receives_sensing: B | None
    cost: F

    @property
    def cancels(self) -> bool:
        """True where s_k = 1 - c_k g_kz_k, of the order of 1/γ_k and less, would lose its digits."""
        return bool(self.sinr.max() > LARGE_SINR)

    def separate(self, point: F) -> C:
        """M_1 … M_K [K, n, n] without the detour over M."""
        weighted = coupling(self.sinr, np.zeros(0, bool), False) * point[:-1]
        spread = np.einsum("ki,is,it->kst", weighted, self.rows.conj(), self.rows, optimize=True)
        matrices: C = point[-1] * np.eye(len(self.target)) - self.target + spread
        return matrices

    def shared(self, point: F, counted: F) -> C:
        """μI - a*aᵀ + Σ_i counted_i λ_i g_iᴴg_i."""
        weighted = self.rows * (counted * point[:-1])[:, None]
        matrix: C = point[-1] * np.eye(len(self.target)) - self.target + self.rows.conj().T @ weighted
        return matrix

    def value(self, point: F, weight: float) -> float:
        """φ_t, infinite outside the domain."""
        if point[:-1].min() <= 0:
            return math.inf
        try:
            logs = self.separate_logs(point) if self.cancels else self.shared_logs(point)
            if self.receives_sensing is not None:
                logs += _log_dets(self.shared(point, self.receives_sensing.astype(float))[None])[0]
        except np.linalg.LinAlgError:
            return math.inf
        return float(weight * (self.cost @ point) - logs - np.sum(np.log(point[:-1])))

    def separate_logs(self, point: F) -> float:
        """Σ_k ln det M_k; raises LinAlgError where one is not positive definite."""
        return float(_log_dets(self.separate(point)).sum())

    def shared_logs(self, point: F) -> float:
        """The same by K ln det M + Σ_k ln s_k; -∞ where an s_k ≤ 0 says that M_k is indefinite."""
        factor = np.linalg.cholesky(self.shared(point, np.ones(len(self.rows))))
        half = np.linalg.solve(factor, self.rows.conj().T)
        left = 1.0 - (1.0 + 1.0 / self.sinr) * point[:-1] * np.sum(np.abs(half) ** 2, axis=0)
        if left.min() <= 0:
            return -math.inf
        return float(len(left) * 2.0 * np.sum(np.log(np.diag(factor).real)) + np.sum(np.log(left)))

    def inverses(self, point: F) -> tuple[Any, F]:
        """M_j⁻¹ [J, n, n], the covariances themselves up to 1/t, and c_ji [J, K], Q_0 first where it exists."""
        unit = np.eye(self.rows.shape[1])
        if self.cancels:
            stack = np.linalg.solve(self.separate(point), unit)
        else:
            inverse = np.linalg.solve(self.shared(point, np.ones(len(self.rows))), unit)
            applied = inverse @ self.rows.conj().T
            price = (1.0 + 1.0 / self.sinr) * point[:-1]
            left = np.maximum(1.0 - price * np.einsum("kt,tk->k", self.rows, applied).real, ROUNDING)
            dyads = applied.T[:, :, None] * applied.conj().T[:, None, :]
            stack = inverse + (price / left)[:, None, None] * dyads
        if self.receives_sensing is None:
            return stack, coupling(self.sinr, np.zeros(0, bool), False)
        sensing = np.linalg.solve(self.shared(point, self.receives_sensing.astype(float)), unit)
        return np.concatenate([sensing[None], stack]), coupling(self.sinr, self.receives_sensing, True)

    def beams(self, point: F, weight: float, steering: C) -> C:
        """w_j = Q_ja_j/(a_jᴴQ_ja_j)^½ [1+K, n, 1], Q_j = M_j⁻¹/t, towards what j serves: a_k = g_kᴴ, a_0 = a*."""
        served = self.rows.conj()
        if self.receives_sensing is not None:
            served = np.concatenate([steering.conj()[None], served])
        reached = np.einsum("jst,jt->js", self.inverses(point)[0], served)
        gain = weight * np.einsum("js,js->j", served.conj(), reached).real
        # A gain that rounding made negative belongs to a beam of no weight.
        unit = reached / np.sqrt(np.where(gain > 0, gain, math.inf))[:, None]
        beams = np.zeros((1 + len(self.rows), len(steering), 1), np.complex128)
        beams[-len(unit) :, :, 0] = unit
        return beams

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


def _log_dets(matrices: C) -> F:
    """ln det [J] of positive definite matrices; raises LinAlgError for others."""
    factors = np.linalg.cholesky(matrices)
    logs: F = 2.0 * np.sum(np.log(np.diagonal(factors, axis1=1, axis2=2).real), axis=1)
    return logs
