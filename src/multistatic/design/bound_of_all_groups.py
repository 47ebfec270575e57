"""What is proven of the groups over several points that are too many to list (docs/algorithms.md §3.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.design.instance import Instance
from multistatic.design.light_limits import GroupLimits
from multistatic.design.point_laws import PowerLaw
from multistatic.selection.branch_and_bound import BranchAndBoundSettings, branch_and_bound
from multistatic.selection.declared_gain import Knowledge
from multistatic.selection.gain_of_points import GainOfPoints
from multistatic.selection.selection_problem import Criterion, SelectionProblem
from multistatic.units import B, F

_CLOSE = 1e-3  # relative gap of a bound that is far from tight for other reasons


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Powers:
    """The values of `criterion` at 1 W to the power `power`, [n, M]; illuminations do not matter."""

    criterion: Criterion
    power: float

    @property
    def name(self) -> str:
        return self.criterion.name

    @property
    def unit(self) -> str:
        return ""

    def values(self, masks: B, illumination_w: F | float) -> F:
        ones = np.ones(np.shape(illumination_w))
        return np.asarray(self.criterion.values(masks, ones)) ** self.power


def bound_of_all_groups(
    instance: Instance, problem: SelectionProblem, known: Knowledge, law: PowerLaw | None, limits: GroupLimits | None
) -> float:
    """A lower bound on the value of every group with any beams, by branch and bound; 0 where there is none.

    With Σ μ_i p_i ≤ V of every group, the least loss of a group is B(b)^(1+ρ)/(ρ V^ρ) or Σ μ_i w_i(b)/V, and w_i is a
    power of the value at 1 W, so that the sums are power means of gains: gains again. Where the values are no powers of
    the illuminations, it is the value at illuminations that no beams exceed at any point.
    """
    gain = known.gain_here
    if limits is None or gain is None or not isinstance(gain, GainOfPoints):
        return 0.0
    settings = BranchAndBoundSettings(gap=max(_CLOSE, problem.limits.gap), stop=problem.limits.stop)
    light_w = float(limits.proven_w(np.ones((1, problem.size), bool))[0])
    if law is None:
        most = np.minimum(limits.limit_w, light_w / np.maximum(limits.price, 1e-300))
        return branch_and_bound(replace(problem, illumination_w=most), instance.rng(2), settings).bound or 0.0
    share, power = law.shares(limits.price)
    everyone = np.ones((1, problem.size), bool)
    gains = problem.values_of_points(everyone, 1.0)[0] ** (-1.0 / law.exponent)
    weight, exponent = share / share.sum(), law.exponent * power
    total = float(weight @ gains ** (-exponent)) ** (-1.0 / exponent)
    of_sums = GainOfPoints(parts=gain.parts, scale=gains / total, weight=weight, power=-exponent, exponent=exponent)
    posed = replace(
        problem,
        criterion=_Powers(criterion=problem.criterion, power=power),
        over_points="mean",
        point_weight=weight,
    )
    bound = branch_and_bound(posed, instance.rng(2), settings, gain=of_sums).bound or 0.0
    return law.of_sum(bound * share.sum(), light_w)
