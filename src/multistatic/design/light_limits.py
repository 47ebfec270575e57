"""What the prices of beams for one group prove of the illuminations of all points together, for every group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.certificate import upper_bound
from multistatic.beamforming.illumination_cut import has_cuts
from multistatic.beamforming.over_points.point_cut import point_cut
from multistatic.beamforming.point_prices import point_prices
from multistatic.design.point_losses import LightLimit
from multistatic.units import B, F


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupLimits:
    """Σ μ_i p_i ≤ V(b) of any beams for the group b, and p_i ≤ L_i.

    `price` μ [M]; `proven_w` V [n] of groups [n, K], in W; `reached_w`: what the beams that the prices are of reach of
    the sum, in W, where V is far from that for every group; None: V itself decides. `limit_w` L [M] in W.
    """

    price: F
    proven_w: Callable[[B], F]
    reached_w: float | None
    limit_w: F

    def of_group(self, group: B) -> LightLimit:
        """The limit of one group [K]."""
        return LightLimit(price=self.price, light_w=float(self.proven_w(group[None])[0]), limit_w=self.limit_w)

    def reached(self) -> LightLimit:
        """The limit as if no group had more than what was reached."""
        assert self.reached_w is not None
        return LightLimit(price=self.price, light_w=self.reached_w, limit_w=self.limit_w)


def group_limits(problem: BeamformingProblem, result: BeamformingResult, limit_w: F) -> GroupLimits | None:
    """The limits that the prices of `result`, the answer to `problem`, prove; None where it has none.

    `limit_w` L [M]. Of channels of rank one the beams' own prices bound every group; of others the prices of the points
    have the bound of `certificate.upper_bound`, which holds for every group, too.
    """
    if has_cuts(problem) or not np.any(problem.rate_required_bps_hz > 0.0):
        cut = point_cut(problem, result)
        if cut is None:
            return None
        return GroupLimits(price=cut.price, proven_w=cut.limits_w, reached_w=None, limit_w=limit_w)
    price = _prices_of_points(problem, result)
    if price is None:
        return None
    assert result.beams is not None
    proven_w = upper_bound(problem, price).value_w
    reached_w = float(price @ result.beams.illumination_w(problem.steering_tx))
    return GroupLimits(
        price=price, proven_w=lambda groups: np.full(len(groups), proven_w), reached_w=reached_w, limit_w=limit_w
    )


def _prices_of_points(problem: BeamformingProblem, result: BeamformingResult) -> F | None:
    """μ [M] of the method, else those that the beams themselves have."""
    if result.point_prices is not None:
        return np.asarray(result.point_prices.point)
    assert result.beams is not None
    assert result.illumination_w is not None
    if not np.all(result.beams.illumination_w(problem.steering_tx) > 0.0):
        return None
    return point_prices(problem, result.beams, result.illumination_w).point
