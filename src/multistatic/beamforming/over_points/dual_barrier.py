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
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpstrf

from multistatic.beamforming.downlink.downlink import in_c_order
from multistatic.beamforming.over_points.barrier_memory import BarrierData, CentreMemory, centre_memory
from multistatic.beamforming.over_points.newton_centre import newton_centre
from multistatic.beamforming.point_objective import PointObjective
from multistatic.machine_code import block_for
from multistatic.units import B, C, F

_STEPS = 30  # of Newton's method for one weight t
_SPANNED = 1e-13  # what may be left of a squared matrix a_ia_iᴴ of norm 1 outside the span of others
_WORTH = 0.6  # of M: as many spanning points are worth the detour


class DualPoint(NamedTuple):
    """Prices: `rate` λ [S] of the SINR targets, `point` μ [M], `power` τ."""

    rate: F
    point: F
    power: float

    def joined(self) -> F:
        """One vector (λ, μ, τ)."""
        return np.concatenate([self.rate, self.point, [self.power]])


class BarrierMinimum(NamedTuple):
    """Where Newton's method ended, with f_t there; whether the start was `inside` the domain, whether it `arrived`."""

    at: DualPoint
    value: float
    steps: int
    inside: bool
    arrived: bool


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
        streams, light = len(self.channels), np.zeros(len(steering))
        if streams:
            solved = np.linalg.solve(self.shared(at), np.concatenate([self.channels, steering]).T)
            beams, price = solved[:, :streams], self.cost * at.rate
            own = _dots(self.channels, beams)
            kappa = price / np.maximum(1.0 - price * own, 1e-300)
            light += streams * _dots(steering, solved[:, streams:]) + kappa @ _squared(beams.conj().T @ steering.T)
        if self.uses_sensing:
            light += _dots(steering, np.linalg.solve(self.shared(at, self.receives_sensing.astype(float)), steering.T))
        return np.asarray(light / weight)

    @cached_property
    def _data(self) -> BarrierData:
        """What the kernel works on."""
        spanning, combination = _spanning(self.steering) if not self.worst else (slice(None), np.zeros((0, 0)))
        rows = np.concatenate([self.channels, self.steering[spanning]])
        return BarrierData(
            rows=in_c_order(rows),
            columns=in_c_order(np.ascontiguousarray(rows.T)),
            combination=in_c_order(combination),
            cost=in_c_order(self.cost),
            suffers=self.receives_sensing.astype(float),
            root_weight=in_c_order(self._root_weight),
            shift=np.array(self.objective.shifts),
            weight=np.array(self.objective.weight),
            exponent=float(self.objective.exponent),
            worst=self.worst,
            sensing=self.uses_sensing,
        )

    @cached_property
    def _memory(self) -> CentreMemory:
        streams, points, size = self.sizes
        return block_for(centre_memory, streams, points, len(self._data.rows) - streams, size)

    def centred(self, at: DualPoint, weight: float, accuracy: float = 1e-3) -> tuple[DualPoint, int, bool]:
        """Newton's method from `at`, inside the domain, to the minimum of f_t for t = `weight`; its steps; whether it
        arrived at a squared Newton decrement of `accuracy`, or as near as rounding allows.
        """
        found = self.minimum(at, weight, accuracy)
        assert found.inside, "the start is not inside the domain"
        return found.at, found.steps, found.arrived

    def minimum(self, at: DualPoint, weight: float, accuracy: float = 1e-3) -> BarrierMinimum:
        """`centred` with the value of f_t, from prices of which it is not known whether they are inside the domain."""
        if self.worst:
            at = self.scaled(at)
        vector, streams = at.joined(), len(self.channels)
        found = newton_centre(self._data, self._memory, vector, float(weight), float(accuracy), _STEPS)
        centre = DualPoint(vector[:streams], vector[streams:-1], float(vector[-1]))
        return BarrierMinimum(centre, found.value, found.steps, found.inside, found.arrived)

    def with_points(self, steering: C, objective: PointObjective) -> DualBarrier:
        """The same group with other points."""
        return replace(self, steering=steering, objective=objective)


def _spanning(steering: C) -> tuple[np.ndarray, F]:
    """Indices of points whose matrices a_ba_bᴴ span those of all, and C [M, B] with a_ia_iᴴ = Σ_b C_ib a_ba_bᴴ; C is
    empty where that saves nothing.

    |a_iᴴa_k|² are the inner products of these matrices; their Cholesky factorisation with pivots finds the points.
    """
    count = len(steering)
    factor, order, rank, _ = dpstrf(_squared(steering.conj() @ steering.T), tol=_SPANNED, lower=1)
    if rank > _WORTH * count:
        return np.arange(count), np.zeros((0, 0))
    order, triangle = order - 1, np.tril(factor)[:, :rank]
    combination = np.empty((count, rank))
    combination[order] = solve_triangular(triangle[:rank], triangle.T, lower=True, trans=1).T
    return order[:rank], combination


def _squared(values: C) -> F:
    return np.asarray(values.real**2 + values.imag**2)


def _dots(rows: C, columns: Any) -> F:
    """Re x_iᴴy_i [n] of rows [n, N] and columns [N, n]."""
    return np.asarray(np.sum(rows.real * columns.T.real + rows.imag * columns.T.imag, axis=1))
