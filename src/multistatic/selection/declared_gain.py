"""What is known of a criterion's values, and the gain of a selection: the common form of all criteria with a proof.

This is the one place that decides what may be proven (`knowledge_of`). A criterion that declares a gain
(`bounds.gain`), which is then compared with its values, has value ∝ (p φ(b))^(-e) with a φ that is concave, homogeneous
of degree one and never falls when a receiver joins. At any fractional selection b̄ ∈ [0, 1]^K there are weights w̃ ≥ 0
with

    φ(b) ≤ Σ_k b_k w̃_k for every b ≥ 0, with equality at b = b̄:

the tangent. So each bound on a sum of weights under the cost limit bounds every criterion.

- Additive criteria: φ = Σ b_k w_k, and w̃ = w everywhere.
- tr[A J⁻¹] with J = Σ b_k J_k and A = E Eᵀ: φ = 1/tr[Eᵀ J⁻¹ E]. By the Cauchy-Schwarz inequality
  tr[Yᵀ E]² ≤ tr[Yᵀ J Y] tr[Eᵀ J⁻¹ E] for every Y, so w̃_k = tr[Yᵀ J_k Y]/tr[Yᵀ E]². It is the tangent for
  Y = J⁻¹ E, but valid for any Y: rounding in Y costs tightness, never the proof. Where E leaves the range of J, the
  part of E outside it is such a Y and proves φ = 0 on the support of b̄.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import NoReturn, Protocol

import numpy as np

from multistatic.bounds.criteria import AdditiveCriterion, ClockedLocalizationCriterion, LocalizationCriterion
from multistatic.bounds.gain import LinearGain, MatrixGain
from multistatic.errors import InputError, Problem
from multistatic.linalg import RANK_TOLERANCE
from multistatic.selection.affordable import affordable_groups
from multistatic.selection.groups import LISTED, groups_of_all_sizes
from multistatic.selection.plugin_answers import PluginCriterion
from multistatic.selection.selection_problem import Criterion, SelectionProblem
from multistatic.units import B, F

# E lies in the range of J if no more than this part of it lies outside.
RANGE_TOLERANCE = 1e-6
# A declared gain explains the values where both agree to this part of the gain: what is called optimal is so to 1e-6.
_AGREEMENT = 1e-6
# Rounding in a sum of matrices, which their smallest eigenvalue enlarges; and below which one it is as good as zero.
_ROUNDING, _CONDITION = 1e-13, 1e-9
# Below both a target may be called unobservable: a value that is too large proves nothing wrong.
_UNSURE = 1e-6
# A gain up to this part of the gain of all receivers is as good as none, where the matrix is nearly singular.
_SMALL, _LOOSE = 1e-9, 1e-4
# The power law in the illumination is compared at these multiples of it.
_MULTIPLES = (1e-3, 0.1, 0.5, 0.9, 1.1, 2.0, 10.0, 1e3)
_LAW = 1e-7
_FEASIBLE = 1 << 14  # groups
_OURS = (AdditiveCriterion, LocalizationCriterion)


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
class ScaledLinearGain:
    """Σ b_k w_k of `weights` [K] that sum to one."""

    weights: F
    exponent: float = 1.0
    refinements: int = 1

    def tangent(self, selection: F) -> F:
        """The weights themselves, [n, K]."""
        return np.broadcast_to(self.weights, selection.shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaledMatrixGain:
    """1/tr[Eᵀ J⁻¹ E] of `information` J_k [K, n, n] with `factor` E [n, m]; unknowns scaled to unit information."""

    information: F
    factor: F
    exponent: float = 0.5
    refinements: int = 8

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
        weights: F = np.maximum(outer @ flat.T, 0.0) / np.where(along != 0.0, along, 1.0)[:, None] ** 2
        return weights

    def smallest_eigenvalue(self, selection: F) -> F:
        """Of J [n] of `selection` [n, K], its diagonal scaled to one; 0 where it is singular."""
        smallest: F = np.maximum(self._modes(selection)[0][:, 0], 0.0)
        return smallest

    def _modes(self, selection: F) -> tuple[F, F, F]:
        """Eigenvalues [n, m] (rising) and eigenvectors of D J D, and the diagonal of D as columns [n, m, 1]."""
        count, size, _ = self.information.shape
        total = (selection @ self.information.reshape(count, -1)).reshape(-1, size, size)
        diagonal = np.einsum("nii->ni", total)
        scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))[..., None]
        values, vectors = np.linalg.eigh(total * scale * np.swapaxes(scale, 1, 2))
        return values, vectors, scale


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knowledge:
    """What is known of a criterion's values, and so what can be proven with them.

    `gain`: declared by the criterion and compared with its values; None: it declares none, so nothing is known of one
    group from another. `falls`: the value never rises with the illumination. It follows from a gain, and it is known of
    our own criteria with clocks, whose information grows with the illumination (docs/model.md §4.3); what another
    package says of itself in any other way counts for nothing. `claim`: a sentence that names whose declaration the
    proofs rest on, "" where it is ours.
    """

    gain: Gain | None
    falls: bool
    claim: str = ""


def knowledge_of(problem: SelectionProblem) -> Knowledge:
    """What is known of the problem's criterion. `InputError` where a declared gain does not explain its values."""
    criterion, gain = problem.criterion, exact_gain(problem)
    if gain is None:
        return Knowledge(gain=None, falls=type(criterion) is ClockedLocalizationCriterion and _falls(problem))
    claim = ""
    if isinstance(criterion, PluginCriterion):
        claim = (
            f"The proof assumes the gain that {criterion.plugin.origin} declares for the criterion {criterion.name}."
        )
    return Knowledge(gain=gain, falls=True, claim=claim)


def exact_gain(problem: SelectionProblem) -> Gain | None:
    """The gain that the problem's criterion declares in its attribute `gain`, scaled to 1 with every receiver selected;
    None where it declares none.

    A declaration is compared with the criterion's values (`_contradiction`): `InputError` where they disagree, for a
    proof would be wrong. Of our own criteria rounding is to blame then, and the answer is None.
    """
    declared = getattr(problem.criterion, "gain", None)
    if declared is None:
        return None
    if not isinstance(declared, LinearGain | MatrixGain):
        _refuse(problem.criterion, f"a gain of type {type(declared).__name__}", "a LinearGain, a MatrixGain or None")
    if declared.size != problem.size:
        _refuse(problem.criterion, f"a gain of {declared.size} receivers", f"a gain of {problem.size} receivers")
    gain = _scaled(declared)
    group = _contradiction(gain, problem)
    if group is not None and type(problem.criterion) in _OURS:
        return None  # rounding next to a singular matrix: nothing is proven of such a network
    if group is not None:
        what = f"a {type(declared).__name__} that does not explain its values{group}"
        _refuse(problem.criterion, what, "values c (p φ)^(-e) of the declared gain φ and exponent e")
    return gain


def surely_unobservable(problem: SelectionProblem) -> bool:
    """True where a criterion of ours is infinite with every receiver selected: then it is for every group."""
    ours = type(problem.criterion) in (*_OURS, ClockedLocalizationCriterion)
    return ours and not np.isfinite(problem.values(np.ones((1, problem.size), bool))[0])


def gain_of(problem: SelectionProblem, method: str) -> Gain:
    """`exact_gain` on behalf of `method`, which needs one: `InputError` for criteria that declare none."""
    gain = exact_gain(problem)
    if gain is not None:
        return gain
    raise InputError(
        [
            Problem(
                path="design.selector",
                received=f"{method} with the criterion {problem.criterion.name}, which declares no gain",
                expected="a criterion whose gain is declared, such as surrogate or peb without clock errors",
                hint="local_search accepts any criterion; enumeration accepts any criterion for up to 20 receivers",
            )
        ]
    )


def _scaled(declared: LinearGain | MatrixGain) -> Gain:
    if isinstance(declared, MatrixGain):
        return _matrix_gain(declared)
    total = float(declared.weights.sum())
    return ScaledLinearGain(weights=declared.weights / (total if total > 0.0 else 1.0), exponent=declared.exponent)


def _matrix_gain(declared: MatrixGain) -> ScaledMatrixGain:
    information, weighting = np.asarray(declared.information), np.asarray(declared.weighting)
    diagonal = np.einsum("kii->i", information)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(weighting * scale[:, None] * scale)
    positive = values > values.max() * len(values) * np.finfo(float).eps
    factor = vectors[:, positive] * np.sqrt(values[positive])
    gain = ScaledMatrixGain(information=information * scale[:, None] * scale, factor=factor, exponent=declared.exponent)
    # The gain is homogeneous, so it equals the sum of its tangent's weights: φ of all receivers becomes one.
    all_selected = float(gain.tangent(np.ones((1, len(information)))).sum())
    return replace(gain, factor=factor * np.sqrt(all_selected)) if all_selected > 0.0 else gain


def _contradiction(gain: Gain, problem: SelectionProblem) -> str | None:
    """Where the criterion's values are not c (p φ)^(-e), as the end of a sentence; None where they are.

    Our own criteria have tests that look at every group: a few are looked at here.
    """
    ours = type(problem.criterion) in _OURS
    masks = _a_few(problem) if ours else _compared(problem)
    illumination_w = problem.one_illumination_w if problem.one_illumination_w > 0.0 else 1.0
    values = np.asarray(problem.values_at(masks, illumination_w), float)
    if np.isnan(values).any() or np.any(values <= 0.0):
        return ": some values are not positive"
    finite = np.isfinite(values)
    if not finite.any():
        return None
    if not finite[0]:
        return ": the value is infinite with every receiver selected and finite with fewer"
    found = np.where(finite, values[0] / values, 0.0) ** (1.0 / gain.exponent)
    agree = _agree(gain, masks.astype(float), found, ours)
    if not agree.all():
        return f": the values differ for the group {', '.join(problem.ids(masks[np.argmin(agree)])[:8])}"
    for multiple in (0.5, 2.0) if ours else _MULTIPLES:
        moved = np.asarray(problem.values_at(masks[finite], multiple * illumination_w), float)
        if not np.allclose(
            moved, values[finite] * multiple**-gain.exponent, rtol=_LAW if ours else _AGREEMENT, atol=0.0
        ):
            return f": the values are not proportional to the illumination to the power of {-gain.exponent:g}"
    return None


def _agree(gain: Gain, selection: F, found: F, ours: bool) -> B:
    """Which of the gains `found` [n] in values are those declared for `selection` [n, K]; 0 where a value is infinite.

    A verdict of a rank decides between infinity and a large number: near it both are right. Of our own criteria more
    rounding is excused, for what is compared are two ways to the same sum, each of which is tested by itself.
    """
    expected = np.einsum("nk,nk->n", gain.tangent(selection), selection)
    if not isinstance(gain, ScaledMatrixGain):
        agree: B = np.abs(found - expected) <= _AGREEMENT * expected
        return agree
    smallest = gain.smallest_eigenvalue(selection)
    tolerance = _AGREEMENT + _ROUNDING / np.maximum(smallest, _ROUNDING)
    excused = (smallest < _CONDITION) & ((found <= _SMALL) | ours)
    excused |= (found == 0.0) & (smallest < _UNSURE) & ((expected < _UNSURE) | ours)
    loose = np.abs(found - expected) <= _SMALL + _LOOSE * expected if ours else np.zeros(len(found), bool)
    return (np.abs(found - expected) <= tolerance * expected) | excused | loose


def _compared(problem: SelectionProblem) -> B:
    """The groups [n, K] of another package's criterion that are compared with what it declares, all receivers first:
    every group up to `LISTED` receivers; beyond, some of every size and, if they are not too many, all that are
    feasible.
    """
    groups = groups_of_all_sizes(problem.size, zlib.crc32(problem.positions_m.tobytes()))
    feasible = affordable_groups(problem, _FEASIBLE) if problem.size > LISTED else None
    return groups if feasible is None else np.concatenate([groups, feasible])


def _a_few(problem: SelectionProblem) -> B:
    """All receivers, every second receiver, and all receivers but one."""
    number = np.arange(problem.size)
    groups = [number >= 0, number % 2 == 0, number % 2 == 1, *(number != k for k in range(min(problem.size, 8)))]
    return np.array([group for group in groups if group.any()])


def _falls(problem: SelectionProblem) -> bool:
    """True where no value of a few groups rises with the illumination: what is known is looked at, too."""
    if not problem.one_illumination_w > 0.0:
        return False
    masks = _a_few(problem)
    values = np.array([problem.values_at(masks, multiple * problem.one_illumination_w) for multiple in (0.5, 1.0, 2.0)])
    return bool(np.all(values[1:] <= values[:-1] * (1.0 + _LAW)))


def _refuse(criterion: Criterion, received: str, expected: str) -> NoReturn:
    if isinstance(criterion, PluginCriterion):
        criterion.plugin.refuse(received, expected)
    raise InputError([Problem("design.criterion", f"{received} from the criterion {criterion.name}", expected)])
