"""Values over several points that are powers of the illuminations, as losses of beams (docs/algorithms.md §3.2).

Where the value at each point is a power of the illumination, v_i = v_i(1 W) p_i^(-e), the value over the points is a
power of a loss that the beamformers know:

    worst        max_i w_i/p_i        w_i = v_i(1 W)^(1/e)          value = loss^e
    mean         Σ w_i p_i^(-e)       w_i = π_i v_i(1 W)            value = loss
    mean square  Σ w_i p_i^(-2e)      w_i = π_i v_i(1 W)²           value = loss^½
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from multistatic.beamforming.point_objective import PointObjective
from multistatic.bounds.gain import MatrixGain
from multistatic.design.instance import Instance
from multistatic.scenario.design_settings import OverPoints
from multistatic.selection.criterion_of_points import CriterionOfPoints
from multistatic.selection.selection_problem import Criterion
from multistatic.units import F


def criterion_parts(criterion: Criterion) -> tuple[Criterion, ...]:
    """The criterion of each point, or the only one."""
    return criterion.criteria if isinstance(criterion, CriterionOfPoints) else (criterion,)


def exponent_of(criterion: Criterion) -> float | None:
    """e where the value at every point is a power p^(-e) of its illumination, as its declared gain says; else None."""
    gains: list[Any] = [getattr(part, "gain", None) for part in criterion_parts(criterion)]
    if any(gain is None or (isinstance(gain, MatrixGain) and gain.constant is not None) for gain in gains):
        return None
    exponents = {float(gain.exponent) for gain in gains}
    return exponents.pop() if len(exponents) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PowerLaw:
    """The values of groups as powers of the illuminations: `exponent` e, `over` the points of weights `weight` [M]."""

    exponent: float
    over: OverPoints
    weight: F

    @property
    def loss_exponent(self) -> float:
        """ρ of the loss Σ w_i p_i^(-ρ); 1 for the worst."""
        return {"worst": 1.0, "mean": self.exponent}.get(self.over, 2.0 * self.exponent)

    def weights(self, values: F) -> F:
        """w_i [..., M] of the loss from values [..., M] at 1 W."""
        if self.over == "worst":
            return np.asarray(values ** (1.0 / self.exponent))
        counted = self.weight > 0.0
        found = np.zeros_like(values)
        found[..., counted] = self.weight[counted] * values[..., counted] ** (1 if self.over == "mean" else 2)
        return found

    def objective(self, values: F) -> PointObjective:
        """The loss of the group whose values at 1 W are `values` [M]."""
        weight = self.weights(values)
        if self.over == "worst":
            return PointObjective(kind="worst", weight=weight)
        return PointObjective(kind="sum", weight=weight, exponent=self.loss_exponent)

    def proven(self, price: F, light_w: F, weights: F) -> F:
        """Lower bounds [n] on the values of groups with loss weights [n, M], for Σ μ_i p_i ≤ `light_w` [n]."""
        kind = "worst" if self.over == "worst" else "sum"
        objective = PointObjective(kind=kind, weight=np.ones(len(price)), exponent=self.loss_exponent)  # type: ignore[arg-type]
        return self.value(objective.proven_losses(price, light_w, weights))

    def shares(self, price: F) -> tuple[F, float]:
        """a [M] and q: `proven` is a function of Σ a_i v_i^q alone, with values v_i at 1 W (`of_sum`)."""
        if self.over == "worst":
            return price, 1.0 / self.exponent
        rho = self.loss_exponent
        part = 1.0 / (1.0 + rho)
        return np.where(self.weight > 0.0, (rho * self.weight) ** part * price ** (rho * part), 0.0), (
            (1.0 if self.over == "mean" else 2.0) * part
        )

    def of_sum(self, total: float, light_w: float) -> float:
        """`proven` of the sum over all points that `shares` speaks of."""
        if self.over == "worst":
            return float(self.value(np.asarray(total / light_w)))
        rho = self.loss_exponent
        return float(self.value(np.asarray(total ** (1.0 + rho) / (rho * light_w**rho))))

    def value(self, loss: F) -> F:
        """The value that belongs to a loss."""
        return np.asarray(loss ** {"worst": self.exponent, "mean": 1.0}.get(self.over, 0.5))


def power_law_of(instance: Instance, criterion: Criterion | None = None) -> PowerLaw | None:
    """How the values of the instance's criterion depend on the illuminations; None where they are no powers."""
    exponent = exponent_of(instance.criterion() if criterion is None else criterion)
    if exponent is None:
        return None
    return PowerLaw(exponent=exponent, over=instance.scenario.over_points, weight=np.asarray(instance.points.weight))
