"""What each assumption means for whoever uses the numbers, in a sentence or two."""

from __future__ import annotations

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
    "for points so close together that what lies between them is no worse.",
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


def assumption_meanings(scenario: Scenario, *, one_clock: bool = False) -> dict[str, str]:
    """What the assumptions on `clocks`, `target`, `elements` and `echo` mean, by these names.

    one_clock: transmitter and receiver are one device, as in the mono-static scheme.

    >>> from multistatic import load_preset
    >>> assumption_meanings(load_preset("paper"))["clocks"].partition(".")[0]
    'Time and frequency of the transmitter and of all receivers are taken as free of errors'
    """
    assumed = assumptions(scenario, one_clock=one_clock)
    return {
        "clocks": _ONE_CLOCK if one_clock else _CLOCKS[assumed.clocks],
        "target": _TARGET[assumed.target],
        "elements": _ELEMENTS,
        "echo": _ECHO[assumed.echo_law],
    }
