"""The assumptions behind the numbers of a design, taken from its scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import EchoLaw, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """The assumptions that decide about the size of a bound, in one word each.

    `clocks`: `perfect` (no clock or oscillator has an offset), `prior` (offsets of a known standard deviation) or
    `unknown` (at least one offset has no prior). `target`: `exact`, the design is for this position and velocity,
    `prior` (a target has a Gaussian prior), `area` (a target may be anywhere in an area) or `several` exact ones.
    `elements`: `isotropic`, every antenna element radiates and receives alike in all directions. `echo_law`: `sum` or
    `product` (`Propagation`), or `given` where the channels hold the gains of the echoes, which no law then makes.

    >>> from multistatic import load_preset
    >>> assumptions(load_preset("paper")).clocks
    'perfect'
    """

    clocks: Literal["perfect", "prior", "unknown"]
    target: Literal["exact", "prior", "area", "several"]
    elements: Literal["isotropic"]
    echo_law: EchoLaw | Literal["given"]


def assumptions(scenario: Scenario, *, one_clock: bool = False) -> Assumptions:
    """What `scenario` assumes about clocks, target, elements and echoes; `one_clock`: sender and receiver are one
    device (the mono-static scheme), which is synchronised with itself.
    """
    sender, direct = scenario.transmitter, scenario.propagation.direct
    # Channels give the echo gains of the receivers; the echo of the mono-static scheme is always that of the law.
    given = not one_clock and isinstance(direct, GivenChannel) and direct.echo_gain is not None
    offsets = np.array(
        [
            (sender.clock_offset_std_s, sender.frequency_offset_std_hz),
            *((receiver.clock_offset_std_s, receiver.frequency_offset_std_hz) for receiver in scenario.receivers),
        ]
    )
    return Assumptions(
        clocks="perfect" if one_clock or not offsets.any() else "prior" if np.isfinite(offsets).all() else "unknown",
        target=_target(scenario),
        elements="isotropic",
        echo_law="given" if given else scenario.propagation.echo_law,
    )


def _target(scenario: Scenario) -> Literal["exact", "prior", "area", "several"]:
    if any(target.prior is not None for target in scenario.targets):
        return "prior"
    if any(target.area is not None for target in scenario.targets):
        return "area"
    return "several" if len(scenario.targets) > 1 else "exact"
