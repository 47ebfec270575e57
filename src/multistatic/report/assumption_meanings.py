"""What each assumption means for whoever uses the numbers, in a sentence or two."""

from __future__ import annotations

import math

from multistatic.design.points_accuracy import PointsAccuracy
from multistatic.scenario.assumptions import assumptions
from multistatic.scenario.model import Scenario

_CLOCKS = {
    "perfect": "Time and frequency of the transmitter and of all receivers are taken as free of errors. "
    "Errors of real clocks make the position error larger.",
    "prior": "The offsets of clocks and oscillators are unknown errors with these standard deviations, and the errors "
    "of position and velocity include them.",
    "unknown": "Nothing is known of at least one offset. It is estimated together with the target, and what it makes "
    "useless adds nothing to the accuracy.",
}
_ONE_CLOCK = "The transmitter receives its own echo, so that only one clock is involved."
_TARGET = {
    "exact": "Receivers and beams are chosen for exactly this position and velocity of the target. Elsewhere other "
    "errors hold.",
    "prior": "A tracker, for example, knows the target this well before the measurement, which counts as information. "
    "Receivers and beams are chosen for all places where the target is likely to be.",
    "area": "The target may be anywhere in this area, and nothing is known beforehand. Receivers and beams are chosen "
    "for points that stand for it. {between}",
    "several": "The same receivers and beams locate all targets, each as if the echoes of the others were absent.",
}
_ELEMENTS = (
    "Every antenna element radiates and receives equally in all directions: no sector antennas, no cable losses, no "
    "shadow of a mast or a wall."
)
_ECHO = {
    "sum": "The echo loses power by the length of its whole path. Beyond a few metres it is stronger than by the radar "
    "equation.",
    "product": "The echo loses power on the way to the target and again on the way to the receiver, and both path "
    "losses are multiplied.",
    "given": "The scenario's channels hold the gains of the echoes, and no law of distance is used.",
}


def between_in_words(over: PointsAccuracy | None) -> str:
    """What the check between the points found, as a sentence."""
    if over is None or over.between is None:
        return "What lies between the points was not checked."
    excess = over.between / over.value_reduced - 1.0
    if not math.isfinite(excess):
        return "Between the points there are places where the target is unobservable."
    if over.mode != "worst":
        how = "larger" if excess >= 0.0 else "smaller"
        return f"With the places between the points the criterion is {100.0 * abs(excess):.2g} % {how}."
    if excess <= 0.0:
        return "No place between the points was found that is worse than the worst of them."
    return f"Between the points it was found to be at most {100.0 * excess:.2g} % worse than at the worst of them."


def assumption_meanings(
    scenario: Scenario, *, one_clock: bool = False, over_points: PointsAccuracy | None = None
) -> dict[str, str]:
    """What the assumptions on `clocks`, `target`, `elements` and `echo` mean, by these names.

    over_points: what a design reaches over its points, of which the meaning of an area says what was found between.
    one_clock: transmitter and receiver are one device, as in the mono-static scheme.

    >>> from multistatic import load_preset
    >>> assumption_meanings(load_preset("paper"))["clocks"].partition(".")[0]
    'Time and frequency of the transmitter and of all receivers are taken as free of errors'
    """
    assumed = assumptions(scenario, one_clock=one_clock)
    return {
        "clocks": _ONE_CLOCK if one_clock else _CLOCKS[assumed.clocks],
        "target": _TARGET[assumed.target].format(between=between_in_words(over_points)),
        "elements": _ELEMENTS,
        "echo": _ECHO[assumed.echo_law],
    }
