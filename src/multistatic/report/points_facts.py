"""What a design reaches over the points where its targets may be, as rows of the table and of the page; and what it
loses where it stays as it is and something else changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from multistatic.design.points_accuracy import REDUCED
from multistatic.design.result import Design
from multistatic.report.points_in_words import middle_reaches, minimised_in_words, worst_place
from multistatic.report.text_table import unbroken
from multistatic.report.wording import criterion_words, percent, quantity, short_name
from multistatic.units import F, watt_to_dbm

_LISTED_TARGETS = 8
_LEAST_SHARE = 0.005  # of the result: a target below decides nothing
_ALL_LOST = "unobservable"
_AFTER_NUMBER = re.compile(r"([^(;]*[^(; ])(.*)", re.DOTALL)


def several_points(design: Design) -> bool:
    """True where the design is for more than one point."""
    return design.over_points is not None and len(design.over_points.value) > 1


def reduced_criterion(design: Design) -> str:
    """How the values of the points become one, in brackets; empty for one point."""
    return f" ({REDUCED[design.over_points.mode]})" if design.over_points is not None and several_points(design) else ""


def power_over_points(design: Design) -> Iterator[tuple[str, str]]:
    """How many points there are, where the message leaves it out, and the power that is sent towards them."""
    result, over = design.beamforming, design.over_points
    if result is None or result.beams is None or over is None:
        return
    if f"{design.points.count} points" not in design.message:
        yield "points", f"{design.points.count}, at which the design is evaluated"
    power_w = result.beams.illumination_w(design.channel.steering_tx)
    sequences = int(np.sum(np.any(result.beams.weights[0] != 0.0, axis=0)))
    if sequences > 1:
        yield "sensing sequences", f"{sequences}; every cooperating receiver must know all of them"
    yield "power towards points", power_in_words(power_w, design.points.weight)


def power_in_words(power_w: F, weight: F) -> str:
    """`20.1 dBm EIRP at least, 25.2 dBm at most, 23.3 dBm on average`; one number where all are equal."""
    low, high, mean = (_dbm(each) for each in (float(power_w.min()), float(power_w.max()), float(weight @ power_w)))
    return f"{high} EIRP" if low == high else f"{low} EIRP at least, {high} at most, {mean} on average"


def _dbm(power_w: float) -> str:
    return f"{watt_to_dbm(power_w):.2f} dBm" if power_w > 0.0 else "no power"


def rows_over_points(design: Design) -> Iterator[tuple[str, str]]:
    """Where the worst point is, the errors over all points, each target, and what the design for the middle reaches."""
    over = design.over_points
    if over is None or not several_points(design):
        return
    yield "worst point", _worst_in_words(design)
    for name, bound, unit in (("position", over.peb_m, "m"), ("velocity", over.veb_m_s, "m/s")):
        if np.any(np.isfinite(bound)):
            yield f"{name} error, all points", range_in_words(bound, design.points.weight, unit)
    targets = design.scenario.targets
    if len(targets) > 1:
        for number, target in enumerate(targets[:_LISTED_TARGETS]):
            yield unbroken(f"target {short_name(target.id)}"), _target_in_words(design, number)
        if len(targets) > _LISTED_TARGETS:
            yield "other targets", f"{len(targets) - _LISTED_TARGETS} more, in design.json"
    reached = middle_reaches(design)
    if reached:
        yield "design for the middle alone", reached


def _worst_in_words(design: Design) -> str:
    over = design.over_points
    assert over is not None
    illumination_w = design.beamforming.beams.illumination_w(design.channel.steering_tx)  # type: ignore[union-attr]
    return f"{worst_place(design)}, {_dbm(float(illumination_w[over.worst]))} EIRP"


def range_in_words(bound: F, weight: F, unit: str) -> str:
    """`1.2 m to 3.4 m, 2.1 m on average`, and at how many points it is unobservable."""
    finite = np.isfinite(bound)
    low, high = (quantity(float(each), unit) for each in (bound[finite].min(), bound[finite].max()))
    lost = int(np.sum(~finite))
    words = low if low == high else f"{low} to {high}"
    if lost:
        return f"{words}; {_ALL_LOST} at {lost} of {len(bound)} points"
    total = float(weight.sum())
    return words if low == high or not total else f"{words}, {quantity(float(weight @ bound) / total, unit)} on average"


def _target_in_words(design: Design, number: int) -> str:
    """The bounds at the worst point of a target, and the power sent towards it."""
    over, own = design.over_points, np.flatnonzero(design.points.target == number)
    assert over is not None
    if not len(own):
        return "no point, because all were left out"
    worst = int(own[np.argmax(over.value[own])])
    power_w = design.beamforming.beams.illumination_w(design.channel.steering_tx)[own]  # type: ignore[union-attr]
    error = "position unobservable"
    if np.isfinite(over.peb_m[worst]):
        error = f"position error bound {quantity(float(over.peb_m[worst]), 'm')}"
    where = f" at the worst of {len(own)} points" if len(own) > 1 else ""
    return f"{error}{where}, {_dbm(float(power_w.min()))} EIRP{' at least' if len(own) > 1 else ''}"


def shares_of_targets(design: Design) -> Iterator[tuple[str, str]]:
    """For which of several targets the power is needed, the most demanding first."""
    share = None if design.sensitivity is None else design.sensitivity.target_share
    if share is None:
        return
    order = [int(each) for each in np.argsort(-share, kind="stable")]
    counted = [each for each in order if share[each] >= _LEAST_SHARE]
    names = [
        unbroken(f"{short_name(design.scenario.targets[each].id)} {100.0 * share[each]:.0f} %") for each in counted
    ]
    rest = len(names) - _LISTED_TARGETS
    words = ", ".join(names[:_LISTED_TARGETS]) + (f", {rest} more in design.json" if rest > 0 else "")
    idle = len(order) - len(counted)
    others = f"; without the {'other' if idle == 1 else f'{idle} others'} the result would be nearly the same"
    yield "power is needed for", f"{words}, by what it does for the result{others if idle else ''}"


def losses(design: Design) -> Iterator[tuple[str, str]]:
    """What the design loses where one receiver fails and where the target is off, with the beams as they are."""
    found = design.robustness
    if found is None:
        return
    name = criterion_words(design.scenario.design.criterion)
    if found.one_fails is not None:
        receiver = unbroken(found.one_fails.receiver)
        lost = f"target unobservable{_somewhere(design)}"
        change = lost if found.one_fails.change is None else f"{name} {_grown(found.one_fails.change)}"
        yield "if one receiver fails", f"{change} in the worst case, that of {receiver}; beams unchanged"
    if found.target_off:
        steps = [
            f"{_ALL_LOST if each.worst_change is None else _grown(each.worst_change)} at {each.distance_m:g} m"
            for each in found.target_off
        ]
        where = "from any of the points" if several_points(design) else "from where it is expected"
        if any(target.area is not None for target in design.scenario.targets):
            where += ", out of the area as well"
        yield "if the target is off", f"{name} in the worst direction {where}: {', '.join(steps)}"


def _grown(change: float) -> str:
    """A relative change in per cent, `3.1 times as large` where it doubles or more."""
    if change < 0.995:
        return percent(change)
    return f"{1.0 + change:.2g} times as large" if change < 98.5 else f"{1.0 + change:.0f} times as large"


def _somewhere(design: Design) -> str:
    return " at one of the points at least" if several_points(design) else ""


def at_worst_point(design: Design, value: str) -> str:
    """The bound of the worst point, with the words that say so behind its number."""
    if not several_points(design) or value.startswith(_ALL_LOST):
        return value
    first, rest = _AFTER_NUMBER.match(value).groups()  # type: ignore[union-attr]
    return f"{first}, at the worst point{rest}"


def bounds_of_points(design: Design, bounds: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The rows `bounds` of the worst point, by their names; in front the value that the design minimises, where that is
    not the value of this point: in the row of its own bound, with the worst point after it.
    """
    value = minimised_in_words(design)
    if not value:
        yield from ((name, at_worst_point(design, words)) for name, words in bounds.items())
        return
    name = criterion_words(design.scenario.design.criterion)
    worst = f"; {at_worst_point(design, bounds[name])}" if name in bounds else ""
    yield name, f"{value}{worst}"
    yield from ((each, at_worst_point(design, words)) for each, words in bounds.items() if each != name)
