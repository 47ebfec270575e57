"""The input of an estimator: the searched window, the false-alarm rate, and what is known of noise and antennas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.scenario.arrays import AntennaArray
from multistatic.units import SPEED_OF_LIGHT_M_S, C, read_only

Noise = Literal["recorded", "estimated"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """What an estimator searches for in each trial of a recording.

    delay_s [2]: smallest and largest delay of the echo in s (`delay_range_s`).
    doppler_hz [2]: smallest and largest Doppler shift of the echo in Hz (`doppler_range_hz`).
    false_alarm_rate: probability that a search in noise alone reports a detection.
    ambiguity: the verdict is `ambiguous` if noise has exchanged the order of the two largest peaks with a larger
        probability than this.
    noise: `recorded`: the noise power that the recording states; `estimated`: the power beside the echo, measured in
        each trial, which is necessary if unknown data streams act as noise.
    unknown_streams: True: all measured noise beyond the recorded noise power is due to unknown data streams, whose
        errors are common to all receivers.
    steering [N_r]: steering vector towards the target, with which the antennas are combined coherently; None: their
        powers are added.
    array: receive antennas, whose estimated response gives a direction; None: no direction is estimated.
    wavelength_m: wavelength in m, necessary with `array`.
    dimensions: 2: directions in the horizontal plane; 3: all directions.

    Raises `InputError` with every value that is out of range.
    """

    delay_s: tuple[float, float]
    doppler_hz: tuple[float, float]
    false_alarm_rate: float = 1e-3
    ambiguity: float = 0.01
    noise: Noise = "recorded"
    unknown_streams: bool = False
    steering: C | None = None
    array: AntennaArray | None = None
    wavelength_m: float | None = None
    dimensions: Literal[2, 3] = 2

    def __post_init__(self) -> None:
        if self.steering is not None:
            object.__setattr__(self, "steering", read_only(self.steering, np.complex128))
        problems = list(_problems(self))
        if problems:
            raise InputError(problems, source="search")


def delay_range_s(shortest_m: float, longest_m: float) -> tuple[float, float]:
    """Delays of bistatic ranges from `shortest_m` (the distance transmitter - receiver: nothing is shorter) on."""
    return shortest_m / SPEED_OF_LIGHT_M_S, longest_m / SPEED_OF_LIGHT_M_S


def doppler_range_hz(speed_limit_m_s: float, carrier_hz: float) -> tuple[float, float]:
    """±2 v f0/c: what f = -(f0/c) v·(u_b + u_k) can be at a speed up to v, as |u_b + u_k| ≤ 2."""
    largest = 2.0 * speed_limit_m_s * carrier_hz / SPEED_OF_LIGHT_M_S
    return -largest, largest


def _problems(search: Search) -> list[Problem]:
    """Every value of the search that is out of range."""
    problems = []
    for name in ("delay_s", "doppler_hz"):
        low, high = getattr(search, name)
        if not (np.isfinite([low, high]).all() and low <= high):
            problems.append(Problem(name, f"({low}, {high})", "two finite numbers, the lowest first"))
    for name in ("false_alarm_rate", "ambiguity"):
        rate = getattr(search, name)
        if not 0.0 < rate < 1.0:
            problems.append(Problem(name, repr(rate), "a probability above 0 and below 1"))
    if search.noise not in ("recorded", "estimated"):
        problems.append(Problem("noise", repr(search.noise), "recorded or estimated"))
    if search.unknown_streams and search.noise != "estimated":
        problems.append(Problem("noise", repr(search.noise), "estimated, because there are unknown streams"))
    steering = search.steering
    if steering is not None and not (steering.ndim == 1 and np.isfinite(steering).all() and np.any(steering)):
        problems.append(Problem("steering", f"shape {steering.shape}", "a finite vector [N_r] that is not zero"))
    if search.array is not None and not (search.wavelength_m is not None and search.wavelength_m > 0):
        problems.append(Problem("wavelength_m", repr(search.wavelength_m), "a wavelength above 0, for the array"))
    return problems
