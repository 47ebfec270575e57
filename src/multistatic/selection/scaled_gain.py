"""The gain of a selection: the common form of all criteria with a proof.

The value of a criterion is ∝ φ(b)^(-e) with a φ that is concave, homogeneous of degree one and never falls when a
receiver joins. At any fractional selection b̄ ∈ [0, 1]^K there are weights w̃ ≥ 0 with

    φ(b) ≤ Σ_k b_k w̃_k for every b ≥ 0, with equality at b = b̄:

the tangent. So each bound on a sum of weights under the cost limit bounds every criterion.

- Additive criteria: φ = Σ b_k w_k, and w̃ = w everywhere.
- tr[A J⁻¹] with J = Σ b_k J_k and A = E Eᵀ: φ = 1/tr[Eᵀ J⁻¹ E]. By the Cauchy-Schwarz inequality
  tr[Yᵀ E]² ≤ tr[Yᵀ J Y] tr[Eᵀ J⁻¹ E] for every Y, so w̃_k = tr[Yᵀ J_k Y]/tr[Yᵀ E]². It is the tangent for
  Y = J⁻¹ E, but valid for any Y: rounding in Y costs tightness, never the proof. Where E leaves the range of J, the
  part of E outside it is such a Y and proves φ = 0 on the support of b̄.
- J = C + Σ b_k J_k, where C is there without any receiver: as if a receiver with the information C were always
  selected, with the weight w̃_0 of its own. It is shared out, w̃_0/Σ_k b̄_k to each receiver, so that the tangent holds
  for every b of the same sum as b̄: the groups of one size, which is what a node of branch and bound holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from multistatic.linalg import RANK_TOLERANCE
from multistatic.units import F

# E lies in the range of J if no more than this part of it lies outside.
RANGE_TOLERANCE = 1e-6


class Gain(Protocol):
    """φ, scaled to 1 with every receiver selected."""

    @property
    def exponent(self) -> float:
        """e in value ∝ φ^(-e)."""

    @property
    def refinements(self) -> int:
        """How many tangents are worth trying for one bound."""

    @property
    def power_law(self) -> bool:
        """The value is ∝ (κφ)^(-e) at κ times the illumination, for any κ; else φ is that of one illumination."""

    def tangent(self, selection: F) -> F:
        """w̃ [n, K] at each row of `selection` [n, K] in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaledLinearGain:
    """Σ b_k w_k of `weights` [K] that sum to one."""

    weights: F
    exponent: float = 1.0
    refinements: int = 1
    power_law: bool = True

    def tangent(self, selection: F) -> F:
        """The weights themselves, [n, K]."""
        return np.broadcast_to(self.weights, selection.shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaledMatrixGain:
    """1/tr[Eᵀ J⁻¹ E] of `information` J_k [K, n, n] with `factor` E [n, m]; unknowns scaled to unit information.

    `constant` C [n, n]: J = C + Σ_k b_k J_k, as if a further receiver were always selected; None: there is none.
    """

    information: F
    factor: F
    exponent: float = 0.5
    refinements: int = 8
    constant: F | None = None

    @property
    def power_law(self) -> bool:
        """Without a constant part."""
        return self.constant is None

    def tangent(self, selection: F) -> F:
        """w̃ [n, K]. J = D⁻¹ V diag(λ) Vᵀ D⁻¹ with D the reciprocal roots of its diagonal, and zero λ apart."""
        count, size, _ = self.information.shape
        flat = self.information.reshape(count, -1)
        values, vectors, scale = self._modes(selection)
        regular = (values > RANK_TOLERANCE)[..., None]
        inside = np.swapaxes(vectors, 1, 2) @ (scale * self.factor)
        beyond = np.where(regular, 0.0, inside)
        singular = np.linalg.norm(beyond, axis=(1, 2)) > RANGE_TOLERANCE * np.linalg.norm(inside, axis=(1, 2))
        solved = np.where(regular, inside / np.where(regular, values[..., None], 1.0), 0.0)
        solution = scale * (vectors @ np.where(singular[:, None, None], beyond, solved))
        along = np.einsum("nij,ij->n", solution, self.factor)
        outer = (solution @ np.swapaxes(solution, 1, 2)).reshape(-1, size * size)
        parts = np.maximum(outer @ flat.T, 0.0)
        if self.constant is not None:
            # Shared out among as many receivers as are selected: exact for every group of that size.
            size_of_group = selection.sum(axis=1, keepdims=True)
            always = np.maximum(outer @ self.constant.reshape(-1, 1), 0.0)
            parts += always / np.where(size_of_group > 0.0, size_of_group, 1.0)
        weights: F = parts / np.where(along != 0.0, along, 1.0)[:, None] ** 2
        return weights

    def smallest_eigenvalue(self, selection: F) -> F:
        """Of J [n] of `selection` [n, K], its diagonal scaled to one; 0 where it is singular."""
        smallest: F = np.maximum(self._modes(selection)[0][:, 0], 0.0)
        return smallest

    def _modes(self, selection: F) -> tuple[F, F, F]:
        """Eigenvalues [n, m] (rising) and eigenvectors of D J D, and the diagonal of D as columns [n, m, 1]."""
        count, size, _ = self.information.shape
        total = (selection @ self.information.reshape(count, -1)).reshape(-1, size, size)
        if self.constant is not None:
            total = total + self.constant
        diagonal = np.einsum("nii->ni", total)
        scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))[..., None]
        values, vectors = np.linalg.eigh(total * scale * np.swapaxes(scale, 1, 2))
        return values, vectors, scale
