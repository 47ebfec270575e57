"""Beams that give every point a share of the most light that any point needs (docs/algorithms.md §3.2).

The worst value is decided by few points. Where the others need far less light, as with clocks, the beams for the worst
point may leave them nearly dark, with nulls that lie anywhere between them. Most of this light costs next to nothing:
in the loss max_i w_i/p_i every w_i is raised to κ max_j w_j, with the largest κ of a list that costs little. What is
proven holds for the w_i themselves: prices μ with Σ μ_i p_i ≤ V do not depend on them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.beamforming.beamforming_problem import Beamformer, BeamformingResult
from multistatic.beamforming.point_objective import PointObjective
from multistatic.design.group_beams import CLOSE, FALLING, constant_objective, limits_w, loss_of
from multistatic.design.instance import Instance
from multistatic.design.light_limits import group_limits
from multistatic.design.point_laws import criterion_parts, exponent_of
from multistatic.units import B, F

COSTS = 1e-3
"""Relative: what the light for all points may cost of the worst value."""
_SHARES = (0.03, 3e-3, 3e-4, 0.0)  # κ, in the order in which they are tried
_LEVELS = 3  # problems for one κ at most
_LEVELLED = 1e-4  # relative change of the value
_LEAST = 1e-6  # of the largest illumination: where values are looked at, since in a null there are none


def beams_with_margin(
    instance: Instance, beamformer: Beamformer, selected: B, light: F, stated: float
) -> BeamformingResult | None:
    """Beams of the least worst value for the group `selected` [K] that leave no point dark; None where there are none.

    light [M]: illuminations of earlier beams at the points, in W.
    stated: the worst value of these, at points of which some may be new.
    """
    criterion = instance.criterion()
    loss = loss_of(instance, criterion, selected)
    light = np.maximum(light, _LEAST * light.max())
    constant = constant_objective(instance, criterion, selected)
    falls = exponent_of(criterion) is not None or all(type(each) in FALLING for each in criterion_parts(criterion))
    best: BeamformingResult | None = None
    value, proven = np.inf, 0.0
    for share in _SHARES:
        level, near = stated, light
        reached = np.inf
        for _ in range(_LEVELS):
            need = np.asarray(constant.weight) if constant is not None else loss.least_light(level, near)
            if not need.any():
                return None
            objective = PointObjective(kind="worst", weight=np.maximum(need, share * need.max()))
            problem = instance.beamforming_problem(selected, objective)
            result = beamformer(problem)
            if result.beams is None:
                break
            near = result.beams.illumination_w(instance.channel.steering_tx)
            before, reached = reached, loss.value(near)
            limits = group_limits(problem, result, limits_w(instance)) if falls else None
            if limits is not None:
                proven = max(proven, loss.proven(limits.of_group(selected), near))
            if reached < value:
                value, best = reached, result
            if constant is not None or abs(reached - before) <= _LEVELLED * reached:
                break
            if abs(reached - level) <= _LEVELLED * level:
                break
            level = reached
        if value <= (1.0 + COSTS) * max(proven, stated):
            break
    if best is None:
        return None
    return _with_own_loss(instance, best, selected, constant, value, proven)


def _with_own_loss(
    instance: Instance,
    result: BeamformingResult,
    selected: B,
    constant: PointObjective | None,
    value: float,
    proven: float,
) -> BeamformingResult:
    """The result with the loss that counts, and what is proven of it, in place of those of the raised needs."""
    proven = min(proven, value)
    gap = 1.0 - proven / value
    own, bound = value, proven
    if constant is not None:
        assert result.beams is not None
        exponent = exponent_of(instance.criterion())
        own = constant.loss(result.beams.illumination_w(instance.channel.steering_tx))
        bound = 0.0 if exponent is None else own * (proven / value) ** (1.0 / exponent)
    bounded = f"; a bound on any beams proves a gap of at most {max(gap, 1e-7):.2g}" if proven > 0.0 else ""
    message = (
        f"The beams are for {instance.points.count} points and leave none of them dark, so that what lies between is "
        f"illuminated as well{bounded}."
    )
    status = "optimal" if gap <= CLOSE else "feasible"
    return replace(result, status=status, loss=own, loss_bound=bound, message=message)  # type: ignore[arg-type]
