"""Where an echo may lie: the delays and Doppler shifts that one receiver's recording can hold."""

from __future__ import annotations

import math
from collections.abc import Iterable

from multistatic.errors import InputError, Problem
from multistatic.estimation.search_window import delay_range_s, doppler_range_hz
from multistatic.scenario.model import Receiver, Transmitter
from multistatic.signal.waveform import Waveform
from multistatic.simulation.recording import Recording
from multistatic.units import SPEED_OF_LIGHT_M_S

Interval = tuple[float, float]

# So many standard deviations of the clocks a search is wider to each side: one echo in two million is beyond.
_CLOCK_DEVIATIONS = 5.0
_CUT = "the recording ends before the known signal: core:sample_rate or start_s is wrong, or it was cut off"


def echo_window(
    recording: Recording,
    reference: Waveform,
    *,
    carrier_hz: float,
    speed_limit_m_s: float,
    direct_m: float = 0.0,
    longest_m: float | None = None,
    clocks: Iterable[Transmitter | Receiver] = (),
) -> tuple[Interval, Interval]:
    """Delays (lowest, highest) in s and Doppler shifts (lowest, highest) in Hz of an echo in `recording`.

    Delays begin with that of the direct path, `direct_m` long (0 where it is not known), as nothing is shorter. They
    end with a path of `longest_m`, or, where that is None, with the last one of which all of the known signal was
    recorded; in any case with the last one of which some of it was. Doppler shifts are those of a target that moves at
    up to `speed_limit_m_s`. Both are wider by what the offsets of `clocks` may add: the transmitter's and the
    receiver's; a clock of which nothing is known is taken as synchronised.

    Raises `InputError` where the longest path is shorter than the direct one.
    """
    first_s, last_s = reference.support_s
    end_s = float(recording.times_s[-1])
    whole_m, some_m = SPEED_OF_LIGHT_M_S * (end_s - last_s), SPEED_OF_LIGHT_M_S * (end_s - first_s)
    farthest_m = whole_m if longest_m is None else min(longest_m, some_m)
    if farthest_m < direct_m:
        where, hint = (f"recording of {recording.receiver_id}", _CUT) if longest_m is None else ("longest_range_m", "")
        expected = f"a longest path above {direct_m:.6g} m, the length of the direct path"
        raise InputError([Problem(where, f"a longest path of {farthest_m:.6g} m", expected, hint)], source="estimate")
    late_s, high_hz = clock_margins(clocks)
    delay_s, doppler_hz = delay_range_s(direct_m, farthest_m), doppler_range_hz(speed_limit_m_s, carrier_hz)
    return (delay_s[0] - late_s, delay_s[1] + late_s), (doppler_hz[0] - high_hz, doppler_hz[1] + high_hz)


def clock_margins(clocks: Iterable[Transmitter | Receiver]) -> tuple[float, float]:
    """By how much the offsets of `clocks` may move an echo to either side: delay in s, Doppler shift in Hz.

    Five standard deviations of the sum of independent offsets; one of which nothing is known (infinity) counts as 0.
    """
    offsets = [(clock.clock_offset_std_s, clock.frequency_offset_std_hz) for clock in clocks] or [(0.0, 0.0)]
    late_s, high_hz = (
        _CLOCK_DEVIATIONS * math.hypot(*(value for value in values if math.isfinite(value)))
        for values in zip(*offsets, strict=True)
    )
    return late_s, high_hz
