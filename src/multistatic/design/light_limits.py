"""What the prices of beams for one group prove of the illuminations of all points together, for every group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
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
    """The limits that the prices of `result` prove; None where it has none. `limit_w` L [M]."""
    return None
