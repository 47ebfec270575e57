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
from multistatic.design.point_losses import PointLoss
from multistatic.units import B, F

COSTS = 1e-3
"""Relative: what the light for all points may cost of the worst value."""
_SPENT = 0.5  # of these costs: what the slope of the worst value is to say that one share takes
_MOST = 0.1  # the largest share
_STEP = 1e-3  # relative, of illuminations: for that slope
_AS_BAD = 1e-3  # relative: points whose values count as the worst
_BRIGHTER = 1.5  # times the least light relative to the need: less is not worth other beams
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


def beams_with_cheap_light(
    instance: Instance, beamformer: Beamformer, selected: B, beams: BeamformingResult
) -> tuple[BeamformingResult, str] | None:
    """Beams of nearly the same worst value for the group `selected` [K] that give every point at least a share of the
    most light that any needs, and a sentence on it; None where no point is darker than that, or it costs too much.

    beams: those of the least worst value, whose bound stays. The share is not searched for: one point more takes about
    its share of the light from the others, and the slope of the worst value says what that costs. Values that are
    powers of the illuminations are left alone: their beams make all of them equal.
    """
    found = beams.beams
    assert found is not None
    criterion = instance.criterion()
    if constant_objective(instance, criterion, selected) is not None:
        return None
    loss = loss_of(instance, criterion, selected)
    light = found.illumination_w(instance.channel.steering_tx)
    if not np.all(light > 0.0):
        return None
    stated = loss.value(light)
    need = loss.least_light(stated, light)
    share = _cheap_share(loss, light, stated, need / max(float(need.max()), 1e-300), found.weights.shape[1])
    least = share * float(need.max())
    if not np.isfinite(stated) or not share > 0.0 or light.min() * _BRIGHTER > least:
        return None
    objective = PointObjective(kind="worst", weight=np.maximum(need, least))
    problem = instance.beamforming_problem(selected, objective)
    result = beamformer(replace(problem, starts=(found, *problem.starts)))
    if result.beams is None:
        return None
    given = result.beams.illumination_w(instance.channel.steering_tx)
    value = loss.value(given)
    if not value <= (1.0 + COSTS) * stated or given.min() < _BRIGHTER * light.min():
        return None
    bound = min(beams.loss_bound, value)
    status = "optimal" if bound >= value * (1.0 - CLOSE) else "feasible"
    words = (
        f"So that no point stays dark where little light is enough, every point gets at least "
        f"{100.0 * given.min() / float(need.max()):.1g} % of the most power that any of them needs"
        f"{_price_in_words(value / stated - 1.0)}."
    )
    return replace(result, status=status, loss=value, loss_bound=bound, message=beams.message), words  # type: ignore[arg-type]


def _cheap_share(loss: PointLoss, light: F, stated: float, need: F, antennas: int) -> float:
    """The share κ of the most light needed that all points can have for `_SPENT` of the costs, by the slope of the
    worst value; `need` [M] is relative to the largest. More points than antennas share beams.
    """
    values = loss.values(light)
    worst = values >= stated * (1.0 - _AS_BAD)
    slope = float(np.max((1.0 - loss.values(light * (1.0 + _STEP))[worst] / values[worst]) / _STEP))
    darker = min(int(np.sum(need < _MOST)), antennas)
    if not darker:
        return 0.0
    return min(_MOST, _SPENT * COSTS / (max(slope, 1e-9) * darker))


def _price_in_words(excess: float) -> str:
    """What that costs of the worst value."""
    return f", which costs {100.0 * excess:.1g} % of the worst value" if excess > 1e-6 else ""


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
