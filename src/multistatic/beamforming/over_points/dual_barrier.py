"""The dual of the beams for several points with fixed receive vectors, and its barrier (docs/algorithms.md, "Several
points").

Streams s with channels h_s (noise 1), SINR targets γ_s and c_s = 1 + 1/γ_s; points with steering vectors a_i; power 1.
Prices λ of the targets, μ of the points and τ of the power solve

    minimise τ - Σλ + D(μ)   with   Z_j = τI - Σ_i μ_ia_ia_iᴴ + Σ_s C_jsλ_sh_sh_sᴴ ⪰ 0,   λ, μ ≥ 0,              (1)

where j = 1 … S are the data beams (C_js = 1, and -1/γ_s for j = s) and j = 0 is the sensing beam (C_0s = 1 where stream
s suffers it, else 0). D is the conjugate of the objective; for the kind `worst` it is 0 under Σ w_iμ_i = 1. At weight t

    f_t = t (τ - Σλ + D(μ)) - Σ_j ln det Z_j - Σ ln λ - Σ ln μ                                                   (2)

has its minimum where Z_j⁻¹/t are the covariances of feasible beams with the duality gap ϑ/t, ϑ = J N + S + M for J
matrices Z_j. All Z_j of data beams are one matrix less a dyad, Z_j = Z - c_jλ_jh_jh_jᴴ, so that one factorisation
serves them all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs, zpotrf, zpotrs

from multistatic.beamforming.point_objective import PointObjective
from multistatic.units import B, C, F

_TO_BOUNDARY = 0.95
_ARMIJO = 0.05
_STEEP = 0.5  # of the slope at the start of a step, at its end
_STEPS = 30  # for one weight t
_NEAR = 1.0  # squared decrement where rounding ends a step: near enough
_RIDGE = 1e-14


class DualPoint(NamedTuple):
    """Prices: `rate` λ [S] of the SINR targets, `point` μ [M], `power` τ."""

    rate: F
    point: F
    power: float

    def joined(self) -> F:
        """One vector (λ, μ, τ)."""
        return np.concatenate([self.rate, self.point, [self.power]])


class _Local(NamedTuple):
    """f_t and its derivatives at a point."""

    value: float
    gradient: F
    hessian: F


@dataclass(frozen=True, kw_only=True, eq=False)
class DualBarrier:
    """The dual problem (1) of one group with fixed receive vectors, noise and power 1.

    `channels` h_s [S, n]; `target` γ_s [S]; `receives_sensing` [S]; `steering` a_i [M, n]; `objective` with weights of
    any scale and shifts in units of the power budget.
    """

    channels: C
    target: F
    receives_sensing: B
    steering: C
    objective: PointObjective

    @cached_property
    def columns(self) -> C:
        """[h, a, I] as columns [n, S + M + n]."""
        return np.concatenate([self.channels.T, self.steering.T, np.eye(self.channels.shape[1])], axis=1)

    @cached_property
    def sizes(self) -> tuple[int, int, int]:
        """S, M, n."""
        return len(self.channels), len(self.steering), self.channels.shape[1]

    @cached_property
    def cost(self) -> F:
        """c_s = 1 + 1/γ_s [S]."""
        return np.asarray(1.0 + 1.0 / self.target)

    @cached_property
    def uses_sensing(self) -> bool:
        """False where every stream suffers the sensing beam, which a data beam can replace then."""
        return not len(self.channels) or not bool(self.receives_sensing.all())

    @cached_property
    def degree(self) -> int:
        """ϑ: the duality gap at the centre is ϑ/t."""
        streams, points, size = self.sizes
        return (streams + self.uses_sensing) * size + streams + points

    @cached_property
    def worst(self) -> bool:
        """True for the kind `worst`."""
        return self.objective.kind == "worst"

    @cached_property
    def _root_weight(self) -> F:
        """(ρ w_i)^{1/(1+ρ)} [M]."""
        rho = self.objective.exponent
        return np.asarray((rho * self.objective.weight) ** (1.0 / (1.0 + rho)))

    def dual_value(self, at: DualPoint) -> float:
        """τ - Σλ + D(μ)."""
        value = at.power - float(at.rate.sum())
        return value if self.worst else value + self._conjugate(at.point)

    def _conjugate(self, price: F) -> float:
        """D(μ) of the kind `sum`: Σ μ_is_i - (1 + 1/ρ) Σ (ρw_i)^{1/(1+ρ)} μ_i^{ρ/(1+ρ)}."""
        rho = self.objective.exponent
        share = float(self._root_weight @ price ** (rho / (1.0 + rho)))
        return float(price @ self.objective.shifts) - (1.0 + 1.0 / rho) * share

    def scaled(self, at: DualPoint) -> DualPoint:
        """The best multiple of the prices."""
        if self.worst:
            factor = 1.0 / float(self.objective.weight @ at.point)
        else:
            rho = self.objective.exponent
            share = float(self._root_weight @ at.point ** (rho / (1.0 + rho)))
            spent = at.power - float(at.rate.sum()) + float(at.point @ self.objective.shifts)
            factor = (share / spent) ** (1.0 + rho)
        return DualPoint(at.rate * factor, at.point * factor, at.power * factor)

    def shared(self, at: DualPoint, counted: F | float = 1.0) -> C:
        """τI - Σ μaaᴴ + Σ counted λhhᴴ."""
        streams, points, size = self.sizes
        columns = self.columns[:, : streams + points]
        matrix = (columns * np.concatenate([counted * at.rate, -at.point])) @ columns.conj().T
        matrix.flat[:: size + 1] += at.power
        return matrix

    def light(self, at: DualPoint, weight: float, steering: C) -> F:
        """p_i [n] towards `steering` [n, N] of the covariances Z_j⁻¹/t together."""
        aimed, light = steering.conj(), np.zeros(len(steering))
        if len(self.channels):
            beams = np.linalg.solve(self.shared(at), self.channels.T)
            price = self.cost * at.rate
            own = np.einsum("st,ts->s", self.channels.conj(), beams).real
            kappa = price / np.maximum(1.0 - price * own, 1e-300)
            light += len(self.channels) * _forms(self.shared(at), steering) + np.abs(aimed @ beams) ** 2 @ kappa
        if self.uses_sensing:
            light += _forms(self.shared(at, self.receives_sensing.astype(float)), steering)
        return np.asarray(light / weight)

    def local(self, at: DualPoint, weight: float) -> _Local | None:
        """f_t with its derivatives; None outside the domain."""
        streams, points, _ = self.sizes
        if not (at.rate.min(initial=1.0) > 0.0 and at.point.min() > 0.0):
            return None
        count = streams + points
        gradient, hessian = np.zeros(count + 1), np.zeros((count + 1, count + 1))
        value = 0.0
        if streams:
            part = self._data_blocks(at, gradient, hessian)
            if part is None:
                return None
            value += part
        if self.uses_sensing:
            part = self._sensing_block(at, gradient, hessian)
            if part is None:
                return None
            value += part
        prices = np.concatenate([at.rate, at.point])
        value += weight * self.dual_value(at) - float(np.log(prices).sum())
        gradient[:count] -= 1.0 / prices
        gradient[:streams] -= weight
        gradient[-1] += weight
        diagonal = prices**-2.0
        if not self.worst:
            power = 1.0 / (1.0 + self.objective.exponent)
            slope = self._root_weight * at.point**-power
            gradient[streams:count] += weight * (self.objective.shifts - slope)
            diagonal[streams:] += weight * power * slope / at.point
        hessian.flat[: count * (count + 2) : count + 2] += diagonal
        return _Local(value, gradient, hessian)

    def _data_blocks(self, at: DualPoint, gradient: F, hessian: F) -> float | None:
        """-Σ_{j≥1} ln det Z_j, its derivatives added to `gradient` and `hessian`; None where a Z_j is not positive."""
        streams, points, _ = self.sizes
        count = streams + points
        solved = _solved(self.shared(at), self.columns)
        if solved is None:
            return None
        log_det, every = solved
        solution, inverse = every[:, :count], every[:, count:]
        gram = self.columns[:, :count].conj().T @ solution  # G
        own = gram.diagonal()[:streams].real
        price = self.cost * at.rate
        left = 1.0 - price * own  # s_j
        if not left.min() > 0.0:
            return None
        kappa = price / left
        beam, from_streams = solution[:, :streams], gram[:, :streams]
        squares = _squared(gram)
        toward = squares[:streams]  # |G_jl|²
        # Σ_j |x_iᴴZ_j⁻¹x_l|² and Σ_j x_iᴴZ_j⁻¹x_i
        pairs = (from_streams * kappa) @ from_streams.conj().T
        total = streams * squares + 2.0 * (gram.real * pairs.real + gram.imag * pairs.imag)
        total += (toward.T * kappa**2) @ toward
        single = streams * gram.diagonal().real + kappa @ toward
        # Σ_j ‖Z_j⁻¹x_l‖²
        crossed = beam.conj().T @ solution  # z_jᴴw_l
        length = crossed.diagonal().real[:streams].copy()
        with_power = streams * _squared(solution).sum(axis=0)
        with_power += 2.0 * kappa @ (crossed.real * gram[:streams].real + crossed.imag * gram[:streams].imag)
        with_power += (kappa**2 * length) @ toward
        doubled = np.einsum("tj,tj->j", beam.conj(), inverse @ beam).real
        traces = streams * float(inverse.diagonal().real.sum()) + kappa @ length
        square = streams * float(_squared(inverse).sum()) + 2.0 * kappa @ doubled + (kappa * length) @ (kappa * length)
        # The stream's own block counts -1/γ = 1 - c
        cost, rows = self.cost, slice(0, streams)
        own_squares = toward * (cost / left**2)[:, None]
        total[rows] -= own_squares
        total[:, rows] -= own_squares.T
        total.flat[: streams * (count + 1) : count + 1] += (cost * own / left) ** 2
        single[rows] -= cost * own / left
        with_power[rows] -= cost * length / left**2
        sign = np.concatenate([np.ones(streams), -np.ones(points)])
        gradient[:count] -= sign * single
        gradient[-1] -= traces
        hessian[:count, :count] += sign[:, None] * total * sign
        hessian[:count, -1] += sign * with_power
        hessian[-1, :count] += sign * with_power
        hessian[-1, -1] += square
        return -(streams * log_det + float(np.log(left).sum()))

    def _sensing_block(self, at: DualPoint, gradient: F, hessian: F) -> float | None:
        """-ln det Z_0 likewise."""
        streams, points, _ = self.sizes
        count = streams + points
        suffers = self.receives_sensing.astype(float)
        solved = _solved(self.shared(at, suffers), self.columns)
        if solved is None:
            return None
        log_det, every = solved
        solution, inverse = every[:, :count], every[:, count:]
        gram = self.columns[:, :count].conj().T @ solution
        sign = np.concatenate([suffers, -np.ones(points)])
        gradient[:count] -= sign * gram.diagonal().real
        gradient[-1] -= float(inverse.diagonal().real.sum())
        hessian[:count, :count] += sign[:, None] * _squared(gram) * sign
        lengths = sign * _squared(solution).sum(axis=0)
        hessian[:count, -1] += lengths
        hessian[-1, :count] += lengths
        hessian[-1, -1] += float(_squared(inverse).sum())
        return -log_det

    def centred(self, at: DualPoint, weight: float, accuracy: float = 1e-3) -> tuple[DualPoint, int, bool]:
        """Newton's method from `at`, inside the domain, to the minimum of f_t for t = `weight`; its steps; whether it
        arrived.

        It ends where the squared Newton decrement is below `accuracy`, or rounding allows no further step.
        """
        streams = len(self.channels)
        if self.worst:
            at = self.scaled(at)
        here = self.local(at, weight)
        assert here is not None, "the start is not inside the domain"
        for step in range(_STEPS):
            change, decrement = self._newton(here)
            if not decrement > accuracy:
                return at, step, True
            vector = at.joined()
            falling = change[:-1] < 0.0
            longest = float(np.min(-vector[:-1][falling] / change[:-1][falling], initial=np.inf))
            length, found = min(1.0, _TO_BOUNDARY * longest), None
            while length > 1e-9:
                new = vector + length * change
                trial = DualPoint(new[:streams], new[streams:-1], float(new[-1]))
                found = self.local(trial, weight)
                if found is not None and self._descends(here, found, change, length, decrement):
                    break
                found, length = None, 0.5 * length
            if found is None:
                return at, step, decrement < _NEAR
            at, here = trial, found
        return at, _STEPS, False

    def _descends(self, here: _Local, there: _Local, change: F, length: float, decrement: float) -> bool:
        """True where f_t is smaller `there` and has not begun to rise steeply.

        A point next to the boundary, where f_t is steep, may be lower still, but Newton's method makes short steps
        there ever after.
        """
        lower = there.value <= here.value - _ARMIJO * length * decrement + 1e-13 * abs(here.value)
        return lower and float(there.gradient @ change) <= _STEEP * decrement

    def _newton(self, local: _Local) -> tuple[F, float]:
        """Newton's step, under Σ w_iμ_i = constant for the kind `worst`, and the squared decrement."""
        scale = 1.0 / np.sqrt(local.hessian.diagonal())
        matrix = local.hessian * scale[:, None] * scale
        matrix.flat[:: len(scale) + 1] += _RIDGE
        streams = len(self.channels)
        right = np.zeros((len(scale), 1 + self.worst))
        right[:, 0] = -scale * local.gradient
        if self.worst:
            right[streams:-1, 1] = scale[streams:-1] * self.objective.weight
        factor, wrong = dpotrf(matrix, lower=1, clean=0)
        ridge = _RIDGE
        while wrong:
            ridge *= 100.0
            matrix.flat[:: len(scale) + 1] += ridge
            factor, wrong = dpotrf(matrix, lower=1, clean=0)
        solution = dpotrs(factor, right, lower=1)[0]
        change = solution[:, 0]
        if self.worst:
            change = change - solution[:, 1] * (right[:, 1] @ change) / (right[:, 1] @ solution[:, 1])
        change = scale * change
        return change, -float(local.gradient @ change)

    def with_points(self, steering: C, objective: PointObjective) -> DualBarrier:
        """The same group with other points."""
        return replace(self, steering=steering, objective=objective)


def _solved(matrix: C, right: C) -> tuple[float, C] | None:
    """ln det Z and Z⁻¹ `right`; None where Z is not positive definite."""
    factor, wrong = zpotrf(matrix, lower=1, clean=0)
    if wrong:
        return None
    diagonal = factor.diagonal().real
    if not diagonal.min() > 0.0:
        return None
    return 2.0 * float(np.log(diagonal).sum()), zpotrs(factor, right, lower=1)[0]


def _forms(matrix: C, vectors: C) -> F:
    """xᴴZ⁻¹x [n] of vectors [n, N]."""
    return np.asarray(np.einsum("nt,tn->n", vectors.conj(), np.linalg.solve(matrix, vectors.T)).real)


def _squared(values: C) -> F:
    return np.asarray(values.real**2 + values.imag**2)
