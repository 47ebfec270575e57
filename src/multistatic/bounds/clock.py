"""Clocks that are not synchronised: what an unknown offset of time and frequency leaves of the information.

Receiver k reports τ_k + α_k + α_0 and f_k + β_k + β_0. α_k, β_k belong to its own clock and oscillator; α_0, β_0 to the
transmitter's, and all receivers share them. They are independent nuisance parameters with Gaussian priors of mean zero;
a standard deviation of 0 is perfect synchronisation (the paper's assumption), infinity is no knowledge at all.

An offset acts on the same coordinate as the quantity itself, so eliminating it is adding its variance to that of the
measurement: (J⁻¹ + s² e eᵀ)⁻¹ = J - J e eᵀ J/(1/s² + eᵀJe), which also holds for a J that is singular and for s = ∞.
The shared offset couples the receivers: it stays an unknown of the group (`square_root`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from multistatic.scenario.model import Scenario
from multistatic.units import SPEED_OF_LIGHT_M_S, F, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClockErrors:
    """Standard deviations of the clock and oscillator offsets; 0 is synchronised, infinity unknown.

    time_s [K]: of the receivers' own clock offsets, in s; default: 0.
    frequency_hz [K]: of the receivers' own frequency offsets, in Hz; default: 0.
    common_time_s: of the clock offset of the transmitter in s, which is common to all receivers.
    common_frequency_hz: of the frequency offset of the transmitter in Hz, which is common to all receivers.

    >>> ClockErrors(time_s=[1e-9, 2e-9]).frequency_hz.tolist()
    [0.0, 0.0]
    """

    time_s: F = field(default_factory=lambda: np.zeros(0))
    frequency_hz: F = field(default_factory=lambda: np.zeros(0))
    common_time_s: float = 0.0
    common_frequency_hz: float = 0.0

    def __post_init__(self) -> None:
        for name, other in (("time_s", self.frequency_hz), ("frequency_hz", self.time_s)):
            own = getattr(self, name)
            object.__setattr__(self, name, read_only(own if np.size(own) else np.zeros(np.size(other))))
        every = np.concatenate([self.time_s, self.frequency_hz, self.common])
        if not np.all(every >= 0):
            raise ValueError(f"standard deviations of clock offsets must be at least 0, received {every.tolist()}")

    @property
    def common(self) -> F:
        """(time in s, frequency in Hz) [2] of the shared offset."""
        return np.array([self.common_time_s, self.common_frequency_hz])

    @property
    def perfect(self) -> bool:
        """True where every clock is synchronised."""
        return not (np.any(self.time_s) or np.any(self.frequency_hz) or np.any(self.common))


def clock_errors(scenario: Scenario) -> ClockErrors:
    """What the scenario says of its clocks."""
    return ClockErrors(
        time_s=np.array([receiver.clock_offset_std_s for receiver in scenario.receivers]),
        frequency_hz=np.array([receiver.frequency_offset_std_hz for receiver in scenario.receivers]),
        common_time_s=scenario.transmitter.clock_offset_std_s,
        common_frequency_hz=scenario.transmitter.frequency_offset_std_hz,
    )


def without_offsets(information: F, std: ArrayLike) -> F:
    """Information [..., n, n] with an unknown offset of standard deviation `std` [..., n] on each coordinate."""
    left = np.array(information, float)
    size = left.shape[-1]
    deviation = np.broadcast_to(np.asarray(std, float), left.shape[:-1])
    for i in range(size):
        s = deviation[..., i]
        own = left[..., i, i]
        prior = np.where(s > 0, 1.0 / np.where(s > 0, s, 1.0) ** 2, np.inf)
        total = np.where(s > 0, own + np.where(s > 0, prior, 0.0), 1.0)
        # J_ii P/(J_ii + P) and not J_ii - J_ii²/(J_ii + P): nothing cancels, and P = 0 leaves exactly nothing.
        share = np.where(s > 0, np.where(s > 0, prior, 0.0) / np.where(total > 0, total, 1.0), 1.0)
        cost = np.where((s > 0) & (total > 0), 1.0 / np.where(total > 0, total, 1.0), 0.0)
        row = left[..., i, :].copy()
        left = left - cost[..., None, None] * row[..., :, None] * row[..., None, :]
        left[..., i, :] = share[..., None] * row
        left[..., :, i] = share[..., None] * row
        left[..., i, i] = share * own
    return left


def range_standard_deviations(
    delay_std_s: F, doppler_std_hz: F, carrier_hz: float, clock: ClockErrors | None
) -> tuple[F, F]:
    """Standard deviations of each receiver's bistatic range in m and of its rate in m/s, [K] each, as delay and Doppler
    give them with the offsets of its own and of the transmitter's clock: independent errors, whose variances add.
    """
    if clock is not None:
        delay_std_s = np.hypot(delay_std_s, np.hypot(clock.time_s, clock.common_time_s))
        doppler_std_hz = np.hypot(doppler_std_hz, np.hypot(clock.frequency_hz, clock.common_frequency_hz))
    return SPEED_OF_LIGHT_M_S * delay_std_s, SPEED_OF_LIGHT_M_S / carrier_hz * doppler_std_hz
