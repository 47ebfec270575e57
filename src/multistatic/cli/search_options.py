"""Options of `multistatic estimate` that change what is searched: clocks that may be off, a direction that is known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.scenario.tables import written_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from multistatic.estimation.search_window import Search
    from multistatic.scenario.model import Receiver, Scenario, Transmitter
    from multistatic.simulation.recording import Recording
    from multistatic.units import F

# So many standard deviations of the clocks a search is wider to each side: one echo in two million is beyond.
_CLOCK_DEVIATIONS = 5.0


def with_clocks(search: Search, recording: Recording, network: Scenario) -> Search:
    """The search as wide as clocks may move the echo; those of which nothing is known are taken as synchronised."""
    clocks: list[Transmitter | Receiver] = [network.transmitter]
    clocks += [receiver for receiver in network.receivers if receiver.id == recording.receiver_id]
    low_s, high_s = search.delay_s
    low_hz, high_hz = search.doppler_hz
    late_s, high = (
        _CLOCK_DEVIATIONS * math.hypot(*(value for value in values if math.isfinite(value)))
        for values in zip(*((clock.clock_offset_std_s, clock.frequency_offset_std_hz) for clock in clocks), strict=True)
    )
    return replace(search, delay_s=(low_s - late_s, high_s + late_s), doppler_hz=(low_hz - high, high_hz + high))


def looking_towards(
    towards: str, searches: Sequence[Search], heard: Sequence[Recording], network: Scenario | None, directions: bool
) -> list[Search]:
    """Searches that combine the antennas of each receiver coherently for an echo from the point `towards`."""
    problems = []
    if directions:
        problems.append(Problem("--towards", "with --directions", "one of the two: a known direction is not measured"))
    if network is None:
        problems.append(Problem("--towards", "no --scenario", "the scenario with places and arrays of the receivers"))
        raise InputError(problems, source="estimate")
    place = _place(towards, network, problems)
    receivers = {receiver.id: receiver for receiver in network.receivers}
    looking = []
    for search, recording in zip(searches, heard, strict=True):
        receiver = receivers.get(recording.receiver_id)
        offset = place - (place if receiver is None else receiver.position_m)
        distance = float(np.linalg.norm(offset))
        if receiver is None:
            problems.append(Problem("--towards", repr(recording.receiver_id), "a receiver of the scenario"))
        elif distance == 0:
            problems.append(Problem("--towards", f"the place of {receiver.id!r}", "a point away from every receiver"))
        elif search.wavelength_m is not None:
            steering = receiver.array.steering_vector(offset / distance, search.wavelength_m)
            looking.append(replace(search, steering=steering, array=None))
    if problems:
        raise InputError(problems, source="estimate")
    return looking


def _place(towards: str, network: Scenario, problems: list[Problem]) -> F:
    """The point of `--towards`; in 2-D, where two coordinates do, at the target's height, which is known there."""
    written = [written_number(word.strip()) for word in towards.split(",")]
    point = np.array([math.nan if each is None else float(each) for each in written])
    if not network.dimensions <= point.size <= 3 or not np.isfinite(point).all():
        wanted = "two or three" if network.dimensions == 2 else "three"
        problems.append(Problem("--towards", repr(towards), f"{wanted} coordinates in metres, with commas"))
        return np.zeros(3)
    return np.concatenate([point, network.target.position_m[point.size :]])
