"""The recording of one receiver: complex baseband samples of each antenna (paper eq. (3))."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.units import C, F, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recording:
    """Samples of one receiver.

    Sample n is taken at t = start_s + n/sample_rate_hz by the clock of the transmitter; x(t) begins at its own t = 0.
    Noise and white clutter have the density σ²Δt at every sampling rate r: a sample has the noise power σ²Δt·r.

    receiver_id: id of the receiver.
    samples [..., N_r, N]: complex samples in √W; several trials are the first axis.
    sample_rate_hz: sampling rate r in Hz.
    slot_s: length Δt of a slot in s.
    noise_power_w: power σ² of noise and white clutter per antenna in a sample of one slot, in W.
    start_s: time of the first sample in s.
    """

    receiver_id: str
    samples: C
    sample_rate_hz: float
    slot_s: float
    noise_power_w: float
    start_s: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "samples", read_only(self.samples, np.complex128))

    @property
    def sample_noise_power_w(self) -> float:
        """E|z|² of one sample of one antenna: σ²Δt·rate."""
        return self.noise_power_w * self.slot_s * self.sample_rate_hz

    @property
    def times_s(self) -> F:
        """Time of every sample [N]."""
        return self.start_s + np.arange(self.samples.shape[-1]) / self.sample_rate_hz
