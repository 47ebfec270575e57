"""How the illuminations of several points become one number, the loss (docs/algorithms.md, "Several points")."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.units import F, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointObjective:
    """What beams for M points minimise, as a function of the illumination p_i of each point.

    kind: `worst`: max_i w_i/p_i; `sum`: Σ_i w_i (p_i + s_i)^(-ρ).
    weight [M]: w_i ≥ 0, in W for `worst` and in W^ρ for `sum`; a common factor changes only the scale of the loss.
    shift [M]: s_i ≥ 0 in W, only for `sum`; default: zero.
    exponent: ρ > 0; 1 for `worst`.

    Raises `InputError` for weights that are negative, not finite or all zero, for shifts that are negative, not finite
    or do not fit the kind, and for an exponent that is not positive or does not fit the kind.

    >>> PointObjective(kind="worst", weight=[1.0, 3.0]).loss([2.0, 4.0])
    0.75
    >>> PointObjective(kind="sum", weight=[1.0, 3.0]).loss([2.0, 4.0])
    1.25
    """

    kind: Literal["worst", "sum"]
    weight: F
    shift: F | None = None
    exponent: float = 1.0

    def __post_init__(self) -> None:
        weight = np.atleast_1d(np.asarray(self.weight, float))
        shift = np.zeros(len(weight)) if self.shift is None else np.asarray(self.shift, float)
        object.__setattr__(self, "weight", read_only(weight))
        object.__setattr__(self, "shift", read_only(np.broadcast_to(shift, weight.shape)))
        problems = self._problems()
        if problems:
            raise InputError(problems)

    def _problems(self) -> list[Problem]:
        """What is wrong with the fields."""
        found = []
        if self.kind not in ("worst", "sum"):
            found.append(Problem("objective.kind", repr(self.kind), "'worst' or 'sum'"))
        weight, shift = self.weight, self.shifts
        if not (np.all(np.isfinite(weight)) and np.all(weight >= 0.0) and np.any(weight > 0.0)):
            found.append(Problem("objective.weight", str(weight.tolist()), "finite weights ≥ 0, at least one above 0"))
        if not (np.all(np.isfinite(shift)) and np.all(shift >= 0.0)):
            found.append(Problem("objective.shift", str(shift.tolist()), "finite shifts ≥ 0"))
        if self.kind == "worst" and np.any(shift != 0.0):
            found.append(Problem("objective.shift", str(shift.tolist()), "no shifts for the kind 'worst'"))
        if not (np.isfinite(self.exponent) and self.exponent > 0.0):
            found.append(Problem("objective.exponent", str(self.exponent), "a finite number above 0"))
        elif self.kind == "worst" and self.exponent != 1.0:
            found.append(Problem("objective.exponent", str(self.exponent), "1 for the kind 'worst'"))
        return found

    @property
    def shifts(self) -> F:
        """s_i [M] in W."""
        assert self.shift is not None
        return self.shift

    @property
    def counted(self) -> np.ndarray:
        """[M]: True for the points that have a weight."""
        return self.weight > 0.0

    def loss(self, illumination_w: F) -> float:
        """The loss of illuminations p_i [M] in W; infinite where a point with a weight has p_i + s_i ≤ 0.

        >>> PointObjective(kind="sum", weight=[1.0, 0.0]).loss([0.0, 4.0])
        inf
        """
        return float(self.losses(np.asarray(illumination_w, float)[None])[0])

    def losses(self, illumination_w: F) -> F:
        """The loss [n] of each of n sets of illuminations [n, M] in W."""
        counted = self.counted
        light = np.asarray(illumination_w, float)[:, counted] + self.shifts[counted]
        lost: F = np.full(len(light), np.inf)
        seen = np.all(light > 0.0, axis=1)
        if self.kind == "worst":
            lost[seen] = np.max(self.weight[counted] / light[seen], axis=1)
        else:
            lost[seen] = light[seen] ** -self.exponent @ self.weight[counted]
        return lost

    def marginal(self, illumination_w: F) -> F:
        """Minus the derivative of the loss of kind `sum` with respect to each p_i [M]: ρ w_i (p_i + s_i)^(-ρ-1)."""
        rate: F = self.exponent * self.weight * (np.asarray(illumination_w) + self.shifts) ** (-self.exponent - 1.0)
        return rate

    def proven_loss(self, price: F, light_w: float) -> float:
        """A lower bound on the loss of all illuminations with Σ_i μ_i p_i ≤ V, for prices μ = `price` [M] ≥ 0 and V =
        `light_w`.

        Every point with a weight has w_i/p_i ≤ L for the kind `worst`, so Σ μ_iw_i ≤ L V. For the kind `sum` the
        conjugate D(σμ) of minus the loss gives -σV - D(σμ) for every σ ≥ 0, which is largest where

            V' = V + Σ μ_is_i,   B = Σ (ρw_i)^{1/(1+ρ)} μ_i^{ρ/(1+ρ)},   σ = (B/V')^{1+ρ}:   B^{1+ρ}/(ρ V'^ρ).
        """
        return float(self.proven_losses(price, np.array([light_w]), self.weight[None])[0])

    def proven_losses(self, price: F, light_w: F, weight: F) -> F:
        """`proven_loss` [n] for n limits `light_w` [n] and weights [n, M] in place of this objective's."""
        rho = self.exponent
        with np.errstate(divide="ignore", over="ignore"):
            if self.kind == "worst":
                bound = (weight @ price) / np.maximum(light_w, 0.0)
            else:
                power = 1.0 / (1.0 + rho)
                total = (rho * weight) ** power @ price ** (rho * power)
                bound = total ** (1.0 + rho) / (rho * np.maximum(light_w + price @ self.shifts, 0.0) ** rho)
        return np.where(np.isnan(bound), 0.0, bound)

    def restricted(self, points: np.ndarray) -> PointObjective:
        """The same for some of the points."""
        return replace(self, weight=self.weight[points], shift=self.shifts[points])

    def scaled(self, unit_w: float) -> tuple[PointObjective, float]:
        """The objective of illuminations in units of `unit_w`, with weights of sum one, and the factor that its loss
        is multiplied by to give this one's.
        """
        total = float(np.sum(self.weight))
        other = replace(self, weight=self.weight / total, shift=self.shifts / unit_w)
        return other, total * unit_w**-self.exponent
