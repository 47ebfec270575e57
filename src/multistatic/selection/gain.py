"""What a group is worth, as a concave function of the selection: the common form of all criteria with a proof.

Every such criterion is value ∝ φ(b)^(-e) with a gain φ that is concave, homogeneous of degree one and never falls when
a receiver joins. At any fractional selection b̄ ∈ [0, 1]^K there are weights w̃ ≥ 0 with

    φ(b) ≤ Σ_k b_k w̃_k for every b ≥ 0, with equality at b = b̄:

the tangent. So each bound on a sum of weights under the cost limit bounds every criterion.

- Additive criteria: φ = Σ b_k w_k, e = 1, and w̃ = w everywhere.
- tr[A J⁻¹] with J = Σ b_k J_k and A = E Eᵀ: φ = 1/tr[Eᵀ J⁻¹ E], e = 1/2. By the Cauchy-Schwarz inequality
  tr[Yᵀ E]² ≤ tr[Yᵀ J Y] tr[Eᵀ J⁻¹ E] for every Y, so w̃_k = tr[Yᵀ J_k Y]/tr[Yᵀ E]². It is the tangent for
  Y = J⁻¹ E, but valid for any Y: rounding in Y costs tightness, never the proof. Where E leaves the range of J, the
  part of E outside it is such a Y and proves φ = 0 on the support of b̄.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.linalg import RANK_TOLERANCE
from multistatic.selection.problem import LinearCriterion, MatrixCriterion, SelectionProblem
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

    def tangent(self, selection: F) -> F:
        """w̃ [n, K] at each row of `selection` [n, K] in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearGain:
    """Σ b_k w_k of `weights` [K] that sum to one."""

    weights: F
    exponent: float = 1.0
    refinements: int = 1

    def tangent(self, selection: F) -> F:
        """The weights themselves, [n, K]."""
        return np.broadcast_to(self.weights, selection.shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MatrixGain:
    """1/tr[Eᵀ J⁻¹ E] of `information` J_k [K, n, n] with `factor` E [n, m]; unknowns scaled to unit information."""

    information: F
    factor: F
    exponent: float = 0.5
    refinements: int = 8

    def tangent(self, selection: F) -> F:
        """w̃ [n, K]. J = D⁻¹ V diag(λ) Vᵀ D⁻¹ with D the reciprocal roots of its diagonal, and zero λ told apart."""
        count, size, _ = self.information.shape
        flat = self.information.reshape(count, -1)
        total = (selection @ flat).reshape(-1, size, size)
        diagonal = np.einsum("nii->ni", total)
        scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))[..., None]
        values, vectors = np.linalg.eigh(total * scale * np.swapaxes(scale, 1, 2))
        regular = (values > RANK_TOLERANCE)[..., None]
        inside = np.swapaxes(vectors, 1, 2) @ (scale * self.factor)
        beyond = np.where(regular, 0.0, inside)
        singular = np.linalg.norm(beyond, axis=(1, 2)) > RANGE_TOLERANCE * np.linalg.norm(inside, axis=(1, 2))
        solved = np.where(regular, inside / np.where(regular, values[..., None], 1.0), 0.0)
        solution = scale * (vectors @ np.where(singular[:, None, None], beyond, solved))
        along = np.einsum("nij,ij->n", solution, self.factor)
        outer = (solution @ np.swapaxes(solution, 1, 2)).reshape(-1, size * size)
        weights: F = np.maximum(outer @ flat.T, 0.0) / along[:, None] ** 2
        return weights


def gain_of(problem: SelectionProblem, method: str) -> LinearGain | MatrixGain:
    """The gain of a problem's criterion, whose value must be finite with every receiver selected.

    On behalf of `method`, criteria that offer neither weights nor matrices raise `InputError`, and so do those whose
    weights or matrices do not explain their values: a proof would be wrong.
    """
    criterion = problem.criterion
    gain: LinearGain | MatrixGain | None = None
    if isinstance(criterion, MatrixCriterion):
        gain = _matrix_gain(np.asarray(criterion.information, float), np.asarray(criterion.weighting, float))
    elif isinstance(criterion, LinearCriterion):
        gain = LinearGain(weights=np.asarray(criterion.weights, float) / np.sum(criterion.weights))
    if gain is not None and _explains(gain, problem):
        return gain
    raise InputError(
        [
            Problem(
                path="design.selector",
                received=f"{method} with the criterion {criterion.name}",
                expected="a criterion whose values follow from its additive weights or information matrices",
                hint="local_search takes any criterion, enumeration any up to 20 receivers",
            )
        ]
    )


def _matrix_gain(information: F, weighting: F) -> MatrixGain:
    diagonal = np.einsum("kii->i", information)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(weighting * scale[:, None] * scale)
    positive = values > values.max() * len(values) * np.finfo(float).eps
    factor = vectors[:, positive] * np.sqrt(values[positive])
    scaled = information * scale[:, None] * scale
    # The gain is homogeneous, so it equals the sum of its tangent's weights: φ of everyone becomes one.
    everyone = MatrixGain(information=scaled, factor=factor).tangent(np.ones((1, len(information)))).sum()
    return MatrixGain(information=scaled, factor=factor * np.sqrt(everyone))


def _explains(gain: LinearGain | MatrixGain, problem: SelectionProblem) -> bool:
    """True where value ∝ φ^(-e) on everyone, on every second receiver and on everyone but one."""
    number = np.arange(problem.size)
    groups = [number >= 0, number % 2 == 0, number % 2 == 1, *(number != k for k in range(min(problem.size, 8)))]
    masks = np.array([group for group in groups if group.any()])
    values = problem.values(masks)
    masks, values = masks[np.isfinite(values)], values[np.isfinite(values)]
    selection = masks.astype(float)
    gains = np.einsum("nk,nk->n", gain.tangent(selection), selection)
    return bool(np.allclose((values[0] / values) ** (1.0 / gain.exponent), gains, rtol=1e-4, atol=1e-9))
