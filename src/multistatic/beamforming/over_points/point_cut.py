"""What the beams of one group prove of the loss of every other group, for several points.

With noise and power 1 the prices (λ, μ, τ) of one group (dual_barrier.py), divided by τ, λ ← λ/τ and ν = 1/τ, satisfy
for every data beam

    I + Σ_s C_jsλ_sh_sh_sᴴ - νA ⪰ 0,   A = Σ_i μ_ia_ia_iᴴ,

whatever the group, and for a smaller ν as well. The group b is in the condition of the sensing beam alone, which
selected receivers cancel: ν θ(b) ≤ 1 with

    θ(b) = λ_max(A^½ (I + Σ_{k not in b} λ_kh_kh_kᴴ)⁻¹ A^½),   so   Σ_i μ_ip_i ≤ V(b) = (1 - Σλ) max(1/ν, θ(b)).

`PointObjective.proven_losses` makes a bound on the loss of it for any weights of the points, those of each group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.certificate import upper_bound
from multistatic.beamforming.over_points.dual_barrier import DualPoint
from multistatic.beamforming.over_points.dual_certificate import data_excess
from multistatic.beamforming.over_points.method import point_beams, posed_points, rank_one_dual
from multistatic.beamforming.point_objective import PointObjective
from multistatic.linalg import adjoint
from multistatic.units import B, C, F

_ENTRIES = 1 << 20  # of the matrices of groups that are computed at once
_ROUNDING = 1e-10  # of every limit: given away
_PRICED = 1e-9  # of the largest μ_i‖a_i‖²: points below are left out, which only weakens the bound


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointCut:
    """A bound on the losses of all groups from one dual point.

    `price` μ [M] of the points; `required` [K'] receivers with a price; `dyads` λ_kh_kh_kᴴ [K', n, n]; `aimed` √μ_i a_i
    as columns [n, r]; `reach` 1/ν; `left_w`: (1 - Σλ) in W. Without `required` the limit left_w · reach is that of all
    groups.
    """

    price: F
    required: np.ndarray
    dyads: C
    aimed: C
    reach: float
    left_w: float

    @classmethod
    def of_all_groups(cls, price: F, light_w: float) -> PointCut:
        """The cut of Σ_i μ_ip_i ≤ `light_w`, which holds for the beams of every group."""
        none = np.zeros((0, 0), complex)
        return cls(price=price, required=np.zeros(0, int), dyads=none[None], aimed=none, reach=1.0, left_w=light_w)

    def limits_w(self, groups: B) -> F:
        """V(b) [n]: an upper bound on Σ_i μ_ip_i of any beams for each of `groups` [n, K], in W."""
        if not len(self.required):
            return np.full(len(groups), self.left_w * self.reach)
        suffers, index = np.unique(~np.asarray(groups, bool)[:, self.required], axis=0, return_inverse=True)
        at_once = max(1, _ENTRIES // len(self.aimed) ** 2)
        largest = np.concatenate([self._theta(suffers[i : i + at_once]) for i in range(0, len(suffers), at_once)])
        limits: F = self.left_w * np.maximum(self.reach, largest)[np.ravel(index)]
        return limits

    def _theta(self, suffers: B) -> F:
        """θ [n] of groups where the receivers `suffers` [n, K'] do not cancel the sensing beam."""
        covariance = np.eye(len(self.aimed)) + np.tensordot(suffers.astype(float), self.dyads, axes=1)
        forms = self.aimed.conj().T @ np.linalg.solve(covariance, self.aimed)
        return np.asarray(np.linalg.eigvalsh((forms + adjoint(forms)) / 2.0)[:, -1], float)

    def loss_bounds(self, groups: B, weights: F, objective: PointObjective) -> F:
        """A lower bound [n] on the loss of any beams for each of `groups` [n, K], where group n has the weights
        `weights` [n, M] in the `objective`.
        """
        return objective.proven_losses(self.price, self.limits_w(groups), np.asarray(weights, float))


def point_cut(problem: BeamformingProblem, result: BeamformingResult | None = None) -> PointCut | None:
    """The cut of the problem's own group from the prices of `result` where it has some; None where no beams meet the
    rates or nothing is proven.

    What the prices miss of the condition of the data beams by rounding is added to τ. Where a receiver with a rate has
    a channel of rank above one the limit is that of `upper_bound`, the same for all groups.
    """
    posed = posed_points(problem)
    prices = (result or point_beams(problem)).point_prices
    if prices is None:
        return None
    every = np.zeros(len(problem.steering_tx))
    every[posed.counted] = prices.point[posed.counted]
    if posed.highest_rank > 1:
        return PointCut.of_all_groups(every, upper_bound(problem, every).value_w)
    dual, _ = rank_one_dual(posed)
    at = DualPoint(prices.rate[posed.required], prices.point[posed.counted], 0.0)
    strength = at.point * np.sum(np.abs(dual.steering) ** 2, axis=1)
    used = strength > _PRICED * strength.max()
    at = at._replace(point=np.where(used, at.point, 0.0))
    power = max(data_excess(dual, at), float(at.rate.sum()) * (1.0 + _ROUNDING), 1e-300)
    if not len(posed.required):
        power = float(np.linalg.norm(np.sqrt(at.point)[:, None] * dual.steering, 2) ** 2)
    rate = at.rate / power
    return PointCut(
        price=every,
        required=posed.required,
        dyads=rate[:, None, None] * dual.channels[:, :, None] * dual.channels.conj()[:, None, :],
        aimed=(np.sqrt(at.point)[:, None] * dual.steering)[used].T,
        reach=power,
        left_w=(1.0 - float(rate.sum())) * posed.unit_w * (1.0 + _ROUNDING),
    )
