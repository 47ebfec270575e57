"""The recording of one receiver: complex baseband samples of each antenna (paper eq. (3))."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.units import C, F, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recording:
    """`samples` [..., N_r, N] in sqrt(W) of the receiver `receiver_id`, trials first where there are several.

    Sample n is taken at t = start_s + n/sample_rate_hz on the transmitter's clock, where x(t) begins at its own t = 0.
    `noise_power_w` σ²: noise (and white clutter) per antenna in a sample of one slot, E|z|² at the rate 1/Δt. Its
    density σ²Δt is what stays fixed: a sample at another rate r holds noise of power σ²Δt·r (`sample_noise_power_w`).
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
