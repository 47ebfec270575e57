"""Known signals x(t), as the estimators see them: what a receiver correlates with (paper eq. (9))."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from multistatic.signal.pulse import Pulse
from multistatic.units import C, F, read_only


class Waveform(Protocol):
    """A complex baseband signal x(t), zero outside `support_s` = (first, last) in s, and its derivative.

    Single-carrier, OFDM and recorded signals all look like this, so that one estimator serves them all.
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
    """x(t) = Σ_m s[m] g(t/Δt - m), m = 0 … M-1: `symbols` s [M] on the pulse g, one each slot Δt = `slot_s`.

    The pulse has unit energy over u = t/Δt, so |s|² is a mean power.
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
        return first * self.slot_s, (len(self.symbols) - 1 + last) * self.slot_s

    def values(self, time_s: ArrayLike) -> C:
        """x(t), elementwise."""
        return self._sum(self.pulse.__call__, time_s)

    def slopes(self, time_s: ArrayLike) -> C:
        """dx/dt in 1/s, elementwise; jumps of the pulse are left out."""
        return self._sum(self.pulse.derivative, time_s) / self.slot_s

    def _sum(self, function: object, time_s: ArrayLike) -> C:
        """Σ_m s[m] function(u - m) over the pulses that reach each u: as many as the support has slots."""
        assert callable(function)
        u = np.asarray(time_s, float) / self.slot_s
        first, last = self.pulse.support
        newest = np.floor(u - first).astype(np.int64)
        total = np.zeros(u.shape, np.complex128)
        for back in range(int(np.ceil(last - first)) + 1):
            m = newest - back
            inside = (m >= 0) & (m < len(self.symbols)) & (u - m < last)
            total += np.where(inside, self.symbols[np.clip(m, 0, len(self.symbols) - 1)], 0.0) * function(u - m)
        return total


def sample_times_s(waveform: Waveform, sample_rate_hz: float, longest_delay_s: float) -> F:
    """n/rate [N] from 0 until the signal has passed at the longest delay: when a receiver listens."""
    count = int(np.ceil((waveform.support_s[1] + longest_delay_s) * sample_rate_hz)) + 1
    return np.arange(count) / sample_rate_hz
