"""The gain of a selection over several points: a power mean of the gains at the points (docs/algorithms.md §2.5).

With the value v_i = v_0 g_i(b)^(-e) at each point the value over the points is v_0 g(b)^(-e), where

    g(b) = (Σ_i π_i g_i(b)^ρ)^(1/ρ),   ρ = -e for the mean, -2e for the mean square, ρ → -∞: g = min_i g_i, the worst.

For ρ ≤ 1 a power mean is concave, homogeneous of degree one and never falls in any of the g_i, so g is again a gain:
what is proven of one gain is proven of g. Its tangent is a sum of those of the points. For any positive x_i

    g(b) ≤ Σ_i a_i g_i(b),   a_i = π_i (x_i/x)^(ρ-1),   x = (Σ_i π_i x_i^ρ)^(1/ρ),

with equality where x_i ∝ g_i(b), and for the worst with any a_i ≥ 0 of the sum one, with equality where only the least
gains have a part. Mixtures of points that are nearly as bad prove other bounds: lower ones after many refinements, but
branch and bound was no faster with them (sharpnesses from 5 to 1000 were tried).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from multistatic.linalg import inverse_root
from multistatic.selection.scaled_gain import Gain, ScaledLinearGain, ScaledMatrixGain
from multistatic.units import F

# Matrices at once: these and what is made of them stay in a processor's cache.
_AT_ONCE = 1 << 12
# A sum of information that is nearer to being singular is left to the gain of its point.
_SURE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GainOfPoints:
    """The power mean of exponent `power` ρ of the gains g_i = `scale` [M] times those of `parts`, of the weights
    `weight` [M]: 1 with every receiver selected.
    """

    parts: tuple[Gain, ...]
    scale: F
    weight: F
    power: float
    exponent: float
    refinements: int = 8
    _sums: _Sums | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sums", _sums_of(self.parts))

    @property
    def power_law(self) -> bool:
        """The gain holds at any common multiple of the illuminations."""
        return all(part.power_law for part in self.parts)

    def tangent(self, selection: F) -> F:
        """w̃ [n, K] at each row of `selection` [n, K]."""
        if self._sums is None:
            return self._of_each_part(selection)
        weights = np.empty(selection.shape)
        step = max(1, _AT_ONCE // len(self.parts))
        for start in range(0, len(selection), step):
            rows = selection[start : start + step]
            found = self._sums.tangents(rows)
            own = self.scale * found.gain
            weights[start : start + step] = self._sums.mixed(found, self._shares(own) * self.scale, rows.sum(axis=1))
            doubtful = start + np.flatnonzero((found.margin < _SURE).any(axis=1))
            if len(doubtful):
                weights[doubtful] = self._of_each_part(selection[doubtful])
        return weights

    def gains(self, selection: F) -> F:
        """g_i [n, M] at each row of `selection` [n, K]."""
        each = [np.einsum("nk,nk->n", part.tangent(selection), selection) for part in self.parts]
        return self.scale * np.stack(each, axis=1)

    def _of_each_part(self, selection: F) -> F:
        """The tangent from those of the points, one point after the other."""
        tangents = np.stack([part.tangent(selection) for part in self.parts], axis=1) * self.scale[:, None]
        own = np.einsum("nmk,nk->nm", tangents, selection)
        weights: F = np.einsum("nm,nmk->nk", self._shares(own), tangents)
        return weights

    def _shares(self, own: F) -> F:
        """a_i [n, M] at the gains x_i = `own` [n, M]."""
        counted = self.weight > 0.0
        if np.isinf(self.power):
            tied = own <= own.min(axis=1, keepdims=True)
            return np.asarray(tied / tied.sum(axis=1, keepdims=True))
        least = np.min(own, axis=1, where=counted, initial=np.inf)
        lost = least <= 0.0
        relative = own / np.where(lost, 1.0, least)[:, None]
        safe = np.where(counted & (relative > 0.0), relative, 1.0)
        terms = self.weight * safe**self.power
        mean = terms.sum(axis=1, keepdims=True) ** (1.0 / self.power)
        shares = self.weight * (safe / mean) ** (self.power - 1.0)
        if lost.any():
            # g ≤ (π_i g_i^ρ)^(1/ρ) of one point alone, the first of those without a gain.
            first = np.argmax(counted & (own[lost] <= 0.0), axis=1)
            shares[lost] = 0.0
            shares[lost, first] = self.weight[first] ** (1.0 / self.power)
        return shares


def power_mean(gains: F, weight: F, power: float) -> F:
    """(Σ π_i g_i^ρ)^(1/ρ) [...] of `gains` [..., M] with the exponent `power` ρ < 0; 0 where one that counts is 0."""
    if np.isinf(power):
        return np.asarray(gains.min(axis=-1))
    counted = gains[..., weight > 0.0]
    least = counted.min(axis=-1, keepdims=True)
    relative = counted / np.where(least > 0.0, least, 1.0)
    terms = np.where(relative > 0.0, relative, 1.0) ** power @ weight[weight > 0.0]
    return np.asarray(np.where(least[..., 0] > 0.0, least[..., 0] * terms ** (1.0 / power), 0.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tangents:
    """At n selections: φ_i `gain` [n, M] of each point, how far its matrix is from being singular `margin` [n, M], and
    what the weights are made of, `outer` [t, M, n].
    """

    gain: F
    margin: F
    outer: F


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _LinearSums:
    """Weights [M, K] of gains that are sums over the receivers."""

    weights: F

    def tangents(self, selection: F) -> _Tangents:
        gain = selection @ self.weights.T
        return _Tangents(gain=gain, margin=np.ones(gain.shape), outer=np.empty((0, 0, 0)))

    def mixed(self, found: _Tangents, shares: F, sizes: F) -> F:
        weights: F = shares @ self.weights
        return weights


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _MatrixSums:
    """Information [t, M, K] and its constant part [t, M] of gains 1/tr[Eᵀ J⁻¹ E], with `factor` E [n, m, M]; `rows`,
    `columns` [t] are places in the lower triangle.
    """

    rows: np.ndarray
    columns: np.ndarray
    information: F
    constant: F
    factor: F

    def tangents(self, selection: F) -> _Tangents:
        size, _, points = self.factor.shape
        total = self.information @ selection.T + self.constant[..., None]
        matrices = np.zeros((size, size, points * len(selection)))
        matrices[self.rows, self.columns] = total.reshape(len(total), -1)
        root, margin = inverse_root(matrices)
        root = root.reshape(size, size, points, -1)
        half = np.einsum("iapn,acp->icpn", root, self.factor)
        solution = np.einsum("iapn,icpn->acpn", root, half)
        along = np.einsum("acpn,acp->pn", solution, self.factor)
        outer = np.einsum("tcpn,tcpn->tpn", solution[self.rows], solution[self.columns])
        outer *= np.where(self.rows == self.columns, 1.0, 2.0)[:, None, None]
        gain = np.where(along > 0.0, 1.0 / np.where(along > 0.0, along, 1.0), 0.0)
        return _Tangents(gain=gain.T, margin=margin.reshape(along.shape).T, outer=outer)

    def mixed(self, found: _Tangents, shares: F, sizes: F) -> F:
        outer = found.outer * (shares * found.gain**2).T
        flat = outer.reshape(-1, outer.shape[2]).T
        weights = np.maximum(flat @ self.information.reshape(flat.shape[1], -1), 0.0)
        if self.constant.any():
            weights += (np.einsum("tpn,tp->n", outer, self.constant) / np.where(sizes > 0.0, sizes, 1.0))[:, None]
        return weights


_Sums = _LinearSums | _MatrixSums


def _sums_of(parts: tuple[Gain, ...]) -> _Sums | None:
    """What makes the tangents at all points at once; None where the gains are of several kinds."""
    linear = [part for part in parts if isinstance(part, ScaledLinearGain)]
    if len(linear) == len(parts):
        return _LinearSums(weights=np.array([part.weights for part in linear]))
    found = [part for part in parts if isinstance(part, ScaledMatrixGain)]
    if len(found) < len(parts) or len({part.factor.shape for part in found}) > 1:
        return None
    rows, columns = np.tril_indices(len(found[0].factor))
    information = np.array([part.information[:, rows, columns].T for part in found])
    constant = [np.zeros(len(rows)) if part.constant is None else part.constant[rows, columns] for part in found]
    return _MatrixSums(
        rows=rows,
        columns=columns,
        information=np.ascontiguousarray(np.swapaxes(information, 0, 1)),
        constant=np.array(constant).T,
        factor=np.moveaxis(np.array([part.factor for part in found]), 0, 2),
    )
