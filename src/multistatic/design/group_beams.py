"""The best beams for one group over the points where the target may be (docs/algorithms.md §3.2).

What counts is the criterion of the group over the points. Where its value at each point is a power of the illumination
that is one problem for the beamformer (`design.point_laws`). Where it is none (clocks, prior information), it is a
sequence of such problems (`design.point_losses`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from multistatic.beamforming.beamforming_problem import Beamformer, BeamformingResult
from multistatic.beamforming.point_objective import PointObjective
from multistatic.bounds.criteria import ClockedLocalizationCriterion, LocalizationCriterion
from multistatic.design.instance import Instance
from multistatic.design.light_limits import GroupLimits, group_limits
from multistatic.design.point_laws import PowerLaw, criterion_parts, power_law_of
from multistatic.design.point_losses import PointLoss
from multistatic.selection.selection_problem import Criterion
from multistatic.units import B, C, F

# Criteria of ours whose values fall with every illumination and are convex in it (`design.point_losses`).
FALLING = (LocalizationCriterion, ClockedLocalizationCriterion)
CLOSE = 1e-4  # relative gap at which beams of one group are called optimal
_ENOUGH = 3e-5  # relative gap at which no further problem is solved
_STILL = 3e-6  # relative change of the value
_ROUNDS = 12


def group_beams(
    instance: Instance, beamformer: Beamformer, selected: B, covariance_w: C | None = None
) -> BeamformingResult:
    """The best beams for the group `selected` [K] that the beamformer finds.

    covariance_w [N_t, N_t]: beams that cause signal-dependent clutter, which is held fixed; None: none.

    Of one point those of the largest illumination. Loss and bound of the result are those of its objective; where the
    values are no powers of the illuminations they are the value of the group itself and what is proven of it.
    """
    if not instance.several:
        return beamformer(instance.beamforming_problem(selected))
    return solved_beams(instance, beamformer, selected, covariance_w)[0]


def solved_beams(
    instance: Instance, beamformer: Beamformer, selected: B, covariance_w: C | None = None
) -> tuple[BeamformingResult, GroupLimits | None]:
    """`group_beams` over several points, with what their prices prove of every group; None where they prove nothing."""
    criterion = instance.criterion(covariance_w)
    objective = constant_objective(instance, criterion, selected, covariance_w)
    if objective is None:
        falls = all(type(each) in FALLING for each in criterion_parts(criterion))
        loss = loss_of(instance, criterion, _counted(instance, selected), covariance_w)
        return _in_turn(instance, beamformer, selected, loss, falls)
    problem = instance.beamforming_problem(selected, objective)
    result = beamformer(problem)
    return result, None if result.beams is None else group_limits(problem, result, limits_w(instance))


def objective_at(instance: Instance, selected: B, light: F, covariance_w: C | None = None) -> PointObjective:
    """What counts of several points for the group `selected` [K] near illuminations `light` [M]."""
    criterion = instance.criterion(covariance_w)
    constant = constant_objective(instance, criterion, selected, covariance_w)
    if constant is not None:
        return constant
    return _objective_at(loss_of(instance, criterion, _counted(instance, selected), covariance_w), light)


def _counted(instance: Instance, selected: B) -> B:
    """The group whose values count: all receivers where none is selected, for beams before any selection."""
    return selected if selected.any() else np.ones(instance.size, bool)


def constant_objective(
    instance: Instance, criterion: Criterion, selected: B, covariance_w: C | None = None
) -> PointObjective | None:
    """The objective that holds at all illuminations; None where values are no powers of them."""
    group, law = _counted(instance, selected), power_law_of(instance, criterion)
    if law is None:
        most = loss_of(instance, criterion, group, covariance_w).value(limits_w(instance))
        return None if np.isfinite(most) else _of_echoes(instance, group, covariance_w)
    values = criterion.values(group[None], np.ones(instance.points.count))[0]
    return law.objective(values) if np.isfinite(values).all() else _of_echoes(instance, group, covariance_w)


def proven_value(law: PowerLaw | None, result: BeamformingResult) -> float:
    """The lower bound on the value of the group that the result proves of any beams for it; 0: none."""
    return result.loss_bound if law is None else float(law.value(np.asarray(result.loss_bound)))


def limits_w(instance: Instance) -> F:
    """‖a_i‖² P_T [M]: all power on each of the points."""
    power = np.sum(np.abs(instance.channel.steering_tx) ** 2, axis=1)
    return np.asarray(power * instance.scenario.transmitter.power_w)


def loss_of(instance: Instance, criterion: Criterion, group: B, covariance_w: C | None = None) -> PointLoss:
    """The values of one group over the points."""
    return PointLoss(
        values=_values_of(instance, criterion, group, covariance_w),
        over=instance.scenario.over_points,
        weight=np.asarray(instance.points.weight),
    )


def _values_of(instance: Instance, criterion: Criterion, group: B, covariance_w: C | None) -> Callable[[F], F]:
    """v_i [M] at illuminations [M], of all points at once where the criterion is ours."""
    found = instance.places(covariance_w)
    if any(places.criterion is None for _, places in found):
        return lambda light: np.asarray(criterion.values(group[None], light)[0])

    def values(light: F) -> F:
        each = np.zeros(len(light))
        for rows, places in found:
            each[rows] = places.values(group, light[rows])
        return each

    return values


def _of_echoes(instance: Instance, group: B, covariance_w: C | None) -> PointObjective:
    """The loss of a group that leaves some point unobservable, so that its values say nothing: all points get echoes of
    the same strength.
    """
    strength = instance.channel.echo_snr_per_watt(covariance_w) @ group.astype(float)
    weight = np.where(strength > 0.0, 1.0 / np.where(strength > 0.0, strength, 1.0), 0.0)
    return PointObjective(kind="worst", weight=weight if weight.any() else np.ones(len(weight)))


def _in_turn(
    instance: Instance, beamformer: Beamformer, selected: B, loss: PointLoss, falls: bool
) -> tuple[BeamformingResult, GroupLimits | None]:
    """Objectives of values that are no powers, each made where the beams of the last one have led."""
    limit_w = limits_w(instance)
    light, best, value, proven = 0.5 * limit_w, None, np.inf, 0.0
    limits: GroupLimits | None = None
    for _ in range(_ROUNDS):
        # The level that prices prove is Newton's step to the best one: the next level, where there is one.
        problem = instance.beamforming_problem(selected, _objective_at(loss, light, proven))
        result = beamformer(problem)
        if result.beams is None:
            return (result if best is None else _with_value(best, value, proven)), limits
        found = result.beams.illumination_w(instance.channel.steering_tx)
        prices = group_limits(problem, result, limit_w) if falls else None
        if prices is not None:
            limits, proven = prices, max(proven, loss.proven(prices.of_group(selected), found))
        reached, before = loss.value(found), value
        if reached < value:
            best, value, light = result, reached, found
        else:
            light = np.sqrt(light * found)  # the last step went too far
        if proven >= value * (1.0 - _ENOUGH) or abs(before - reached) <= _STILL * reached:
            break
    assert best is not None
    return _with_value(best, value, proven), limits


def _objective_at(loss: PointLoss, light: F, level: float = 0.0) -> PointObjective:
    """The problem for the beamformer that agrees with the values near illuminations [M]; of the kind `worst` at a
    `level` that all values shall reach, 0: the worst value at these illuminations.
    """
    if loss.over == "worst":
        level = level or float(loss.values(light).max())
        weight = loss.least_light(level, light)
        return PointObjective(kind="worst", weight=weight if weight.any() else np.ones(len(weight)))
    terms, slopes = loss.terms(light), loss.slopes(light)
    counted = slopes > 0.0
    ratio = np.where(counted, terms / np.where(counted, slopes, 1.0), 0.0)
    shift = np.maximum(ratio - light, 0.0)
    weight = slopes * (light + shift) ** 2
    if not weight.any():
        weight = np.asarray(loss.weight)
    return PointObjective(kind="sum", weight=weight, shift=shift)


def _with_value(result: BeamformingResult, value: float, proven: float) -> BeamformingResult:
    """The result with the value of the group in place of the loss of its last problem."""
    proven = min(proven, value)
    status = "optimal" if proven >= value * (1.0 - CLOSE) else "feasible"
    return replace(result, status=status, loss=value, loss_bound=proven)  # type: ignore[arg-type]
