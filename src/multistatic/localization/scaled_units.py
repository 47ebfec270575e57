"""Checks whether measurements can have the unit of their column, by the geometry and the waveform of the network.

A delay is at least that of the direct path, and no network receives echoes over paths a thousand times as long as its
baselines: such delays have another unit. Standard deviations are compared with the slot and the block.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from multistatic.estimation.measurement import Measurement
from multistatic.scenario.model import Scenario
from multistatic.scenario.position_notes import listed
from multistatic.units import SPEED_OF_LIGHT_M_S, F

# Factors from the unit to seconds.
_TIMES = {"milliseconds": 1e-3, "microseconds": 1e-6, "nanoseconds": 1e-9}
_RANGES = {"metres, a range": 1.0 / SPEED_OF_LIGHT_M_S, "kilometres, a range": 1e3 / SPEED_OF_LIGHT_M_S}
# Paths of this many baselines are doubted; the next larger unit is a thousand times longer.
_TOO_LONG = 100.0
_SHORTEST_BASELINE_M = 10.0
_BEYOND_ECHOES_M = 1e8  # a path that no network receives an echo over, whatever its unit was meant to be
_FASTEST_M_S = 3000.0
_SLOTS, _BLOCKS = (1e-7, 100.0), (1e-5, 100.0)
_LATEST_S = 1e11  # Unix time in seconds reaches it in the year 5138, in milliseconds it did in 1973


def delay_doubt(reach_m: F, direct_m: F, names: Sequence[str] = ()) -> str:
    """A sentence if the paths over the target [n] must have been written in another unit than seconds; else an empty
    text.

    `direct_m` [n]: direct path of the receiver of each. `names` [n]: their receivers, named if only some are doubtful.
    Receivers with unknown clocks must be left out by the caller.
    """
    if not len(reach_m):
        return ""
    longest = _TOO_LONG * max(float(np.max(direct_m)), _SHORTEST_BASELINE_M)
    far = reach_m >= longest
    if not far.any():
        return ""
    some = (
        ""
        if far.all() or not names
        else f" of {listed(sorted({name for name, doubted in zip(names, far, strict=True) if doubted}))}"
    )
    reach, direct = reach_m[far], direct_m[far]
    fitting = {
        words: factor * reach
        for words, factor in (_TIMES | _RANGES).items()
        if np.all(factor * reach >= 0.999 * direct) and np.median(factor * reach) <= longest
    }
    if not fitting and np.max(reach) < _BEYOND_ECHOES_M:
        return ""
    seconds = reach / SPEED_OF_LIGHT_M_S
    doubt = (
        f"Check the unit of the delay{some}: {_span(seconds, 's')} is a path of {_span(reach / 1e3, 'km')}, but the "
        f"receivers are {_span(direct, 'm')} from the transmitter."
    )
    if not fitting:
        return doubt
    words = min(fitting, key=lambda name: float(np.median(fitting[name])))
    return f"{doubt} In {words}, the path would be {_span(fitting[words], 'm')}."


def excess_doubt(reach_m: F, direct_m: F) -> str:
    """A sentence if every path over the target is shorter than the direct path, as for excess delays."""
    if len(reach_m) < 2 or np.any(reach_m < 0) or np.any(reach_m > 0.999 * direct_m):
        return ""
    return (
        "Every delay is shorter than that of the direct path: delays must count from the transmission, not from the "
        "arrival of the direct path."
    )


def measurement_notes(measurements: Sequence[Measurement], scenario: Scenario) -> list[str]:
    """Sentences on columns of a table that probably have another unit than their name states."""
    detected = [one for one in measurements if one.verdict == "detected" and one.receiver_id in scenario.receiver_ids]
    if not detected:
        return []
    found = [*_delay_notes(detected, scenario), *_doppler_notes(detected, scenario)]
    latest = max(abs(one.time_s) for one in measurements)
    if latest > _LATEST_S:
        found.append(f"time_s reaches {latest:.4g} s: Unix time is in seconds, not in milliseconds or nanoseconds")
    return found


def _delay_notes(detected: Sequence[Measurement], scenario: Scenario) -> list[str]:
    """Notes on delays and their deviations that seem to be in another unit."""
    geometry, ids = scenario.geometry(), scenario.receiver_ids
    common = scenario.transmitter.clock_offset_std_s
    clocks = {one.id: np.hypot(one.clock_offset_std_s, common) for one in scenario.receivers}
    timed = [one for one in detected if clocks[one.receiver_id] < 0.01 * abs(one.delay_s)]
    reach = SPEED_OF_LIGHT_M_S * np.array([one.delay_s for one in timed])
    direct = np.array([geometry.transmitter_receiver_m[ids.index(one.receiver_id)] for one in timed])
    names = [one.receiver_id for one in timed]
    found = [doubt for doubt in (delay_doubt(reach, direct, names), excess_doubt(reach, direct)) if doubt]
    deviation = float(np.median([one.delay_std_s for one in detected]))
    slots = deviation / scenario.radio.slot_s
    if slots > _SLOTS[1]:
        fitting = [words for words, factor in _TIMES.items() if factor * slots < 1.0]
        meant = f"; in {fitting[0]} it would be {_TIMES[fitting[0]] * deviation:.2g} s" if fitting else ""
        found.append(
            f"Check the unit of delay_std_s: {deviation:.2g} s is {slots:.2g} slots of {scenario.radio.slot_s:.2g} s"
            f"{meant}."
        )
    elif slots < _SLOTS[0]:
        found.append(
            f"Check the unit of delay_std_s: {deviation:.2g} s is {slots:.1g} of a slot of "
            f"{scenario.radio.slot_s:.2g} s, more accurate than any echo allows."
        )
    return found


def _doppler_notes(detected: Sequence[Measurement], scenario: Scenario) -> list[str]:
    """Notes on Doppler shifts and their deviations that seem to be in another unit."""
    found = []
    largest = max(abs(one.doppler_hz) for one in detected)
    offsets = [scenario.transmitter.frequency_offset_std_hz]
    offsets += [one.frequency_offset_std_hz for one in scenario.receivers]
    speed = 0.5 * scenario.radio.wavelength_m * largest
    if speed > _FASTEST_M_S and max(offsets) < 0.01 * largest:
        found.append(
            f"Check the unit of the Doppler shift: {largest:.3g} Hz is a target of at least {speed:.3g} m/s at this "
            f"carrier; in millihertz it would be {1e-3 * speed:.3g} m/s."
        )
    deviation = float(np.median([one.doppler_std_hz for one in detected]))
    block_s = scenario.radio.samples * scenario.radio.slot_s
    blocks = deviation * block_s
    if blocks < _BLOCKS[0]:
        found.append(
            f"Check the unit of the Doppler shift: doppler_std_hz of {deviation:.2g} Hz is {blocks:.1g} of the "
            f"resolution {1 / block_s:.3g} Hz of a block, finer than any echo allows; in kilohertz it would be "
            f"{1e3 * deviation:.2g} Hz."
        )
    elif blocks > _BLOCKS[1]:
        found.append(
            f"Check the unit of doppler_std_hz: {deviation:.2g} Hz is {blocks:.2g} times the resolution "
            f"{1 / block_s:.3g} Hz of a block; in millihertz it would be {1e-3 * deviation:.2g} Hz."
        )
    return found


def _span(values: F, unit: str) -> str:
    """The range of values to three digits, `762 to 1100 m`, in one piece where they are alike."""
    rounded = [float(f"{float(value):.3g}") for value in (np.min(values), np.max(values))]
    ends = [f"{value:.0f}" if 100 <= value < 1e9 else f"{value:g}" for value in rounded]
    return f"{' to '.join(dict.fromkeys(ends))} {unit}"
