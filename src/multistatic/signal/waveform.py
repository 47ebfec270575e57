"""Known signals x(t), with which receivers correlate their recordings (paper eq. (9))."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from multistatic.signal.pulse import Pulse
from multistatic.signal.pulse_sum import pulse_sum
from multistatic.units import C, F, read_only


class Waveform(Protocol):
    """A complex baseband signal x(t), zero outside `support_s` = (first, last) in s, and its derivative.

    Where it is several signals at once, their axes come first in what `values` and `slopes` return. Single-carrier,
    OFDM and recorded signals all look like this, so that one estimator serves them all.
    """

    @property
    def support_s(self) -> tuple[float, float]:
        """First and last time at which x(t) may differ from 0."""

    def values(self, time_s: ArrayLike) -> C:
        """x(t), elementwise."""

    def slopes(self, time_s: ArrayLike) -> C:
        """dx/dt in 1/s, elementwise."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PulseTrain:
    """The pulse train x(t) = Σ_m s[m] g(t/Δt - m), m = 0 … M-1.

    symbols [..., M]: symbols s; |s|² is a power, because the pulse has unit energy over u = t/Δt. Leading axes are
        separate signals, and come first in what `values` and `slopes` return.
    pulse: transmit pulse g.
    slot_s: length Δt of a slot in s.
    """

    symbols: C
    pulse: Pulse
    slot_s: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "symbols", read_only(self.symbols, np.complex128))

    @property
    def support_s(self) -> tuple[float, float]:
        """The first pulse's beginning and the last pulse's end."""
        first, last = self.pulse.support
        return first * self.slot_s, (self.symbols.shape[-1] - 1 + last) * self.slot_s

    def values(self, time_s: ArrayLike) -> C:
        """x(t), elementwise; fast on a uniform grid (`pulse_sum`)."""
        return pulse_sum(self.symbols, self.pulse.shape, self.pulse.support, np.asarray(time_s, float) / self.slot_s)

    def slopes(self, time_s: ArrayLike) -> C:
        """dx/dt in 1/s, elementwise; jumps of the pulse are left out."""
        u = np.asarray(time_s, float) / self.slot_s
        return pulse_sum(self.symbols, self.pulse.slope, self.pulse.support, u) / self.slot_s


def sample_times_s(waveform: Waveform, sample_rate_hz: float, longest_delay_s: float) -> F:
    """n/rate [N] from 0 until the signal has passed at the longest delay: when a receiver listens."""
    count = int(np.ceil((waveform.support_s[1] + longest_delay_s) * sample_rate_hz)) + 1
    return np.arange(count) / sample_rate_hz
