"""Figures of merit over the points where the targets of a design may be; of one exactly known target those of its only
point. None where a target is unobservable, or where a design has no such figure.

Of the design for the middle no root mean square over points is ever given: between the points its beams have nulls,
where the square of the error has no mean, so that such a number would be that of the grid.

All figures are those over the points that the scenario laid. The check between them adds points to some designs and not
to others; methods are compared at the same points only without these.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from multistatic.design.result import Design
from multistatic.study.outcome import Outcome
from multistatic.units import F

Figure = Callable[[Outcome], float | None]


def points(outcome: Outcome) -> float | None:
    """How many points the design has, with those that the check between the laid ones added."""
    return float(outcome.design.points.count) if outcome.design.status != "infeasible" else None


def over_light(reduce: Callable[[F, F], float]) -> Figure:
    """`reduce` of the power towards each point in W [M] and the weights [M]."""

    def value(outcome: Outcome) -> float | None:
        design = outcome.design
        beams = None if design.beamforming is None else design.beamforming.beams
        if beams is None or design.status == "infeasible":
            return None
        light = beams.illumination_w(design.channel.steering_tx)
        return float(reduce(light[: _laid(design)], design.points.weight[: _laid(design)]))

    return value


def over_errors(reduce: Callable[[F, F], float]) -> Figure:
    """`reduce` of the position error bound at each point in m [M] and the weights [M]."""
    return lambda outcome: _finite(_peb_m(outcome.design), outcome.design, reduce)


def over_values(reduce: Callable[[F, F], float]) -> Figure:
    """`reduce` of the criterion at each point [M] and the weights [M]."""
    return lambda outcome: _finite(_values(outcome.design), outcome.design, reduce)


def nominal_worst(outcome: Outcome) -> float | None:
    """The largest value of the criterion over the points, of the design for the middle alone."""
    over = outcome.design.over_points
    if over is None:
        return _finite(_values(outcome.design), outcome.design, lambda each, _: float(each.max()))
    found = over.middle_values if len(over.middle_values) else None
    return _finite(found, outcome.design, lambda each, _: float(each.max()))


def nominal_excess(outcome: Outcome) -> float | None:
    """How much larger the largest value over the points is with the design for the middle alone: 0 is no larger."""
    nominal, own = nominal_worst(outcome), over_values(lambda each, _: float(each.max()))(outcome)
    return None if nominal is None or not own else nominal / own - 1.0


def one_fails(outcome: Outcome) -> float | None:
    """Relative change of the criterion where the receiver fails whose failure is worst."""
    found = outcome.design.robustness
    return None if found is None or found.one_fails is None else found.one_fails.change


def target_off(distance_m: float) -> Figure:
    """Relative change of the criterion where the target is off by this distance in the worst direction."""

    def value(outcome: Outcome) -> float | None:
        found = outcome.design.robustness
        steps = () if found is None else found.target_off
        return next((each.worst_change for each in steps if each.distance_m == distance_m), None)

    return value


def worst(values: F, weight: F) -> float:
    """The largest of values [M], whatever the weights."""
    return float(values.max())


def least(values: F, weight: F) -> float:
    """The smallest of values [M], whatever the weights."""
    return float(values.min())


def mean(values: F, weight: F) -> float:
    """The mean of values [M] with weights [M]; points of weight 0 do not count."""
    counted = weight > 0.0
    return float(weight[counted] @ values[counted] / weight[counted].sum())


def _finite(values: F | None, design: Design, reduce: Callable[[F, F], float]) -> float | None:
    if values is None or design.status == "infeasible":
        return None
    found = reduce(values[: _laid(design)], design.points.weight[: _laid(design)])
    return found if np.isfinite(found) else None


def _laid(design: Design) -> int:
    """How many points the scenario laid; they are the first."""
    return design.points.count if design.over_points is None else design.over_points.laid


def _values(design: Design) -> F | None:
    if design.over_points is not None:
        return design.over_points.value
    chosen = design.selection
    return None if chosen is None or chosen.value is None else np.array([chosen.value])


def _peb_m(design: Design) -> F | None:
    if design.over_points is not None:
        return design.over_points.peb_m
    peb_m = None if design.accuracy is None else design.accuracy.position.peb_m
    return None if peb_m is None else np.array([peb_m])
