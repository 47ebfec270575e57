"""What one receiver has measured of one echo, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from multistatic.notebook import LabelledResult, Overview
from multistatic.units import F, ratio_to_db, read_only

Verdict = Literal["detected", "not_detected", "ambiguous"]
DirectionKind = Literal["whole", "components"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Measurement(LabelledResult):
    """Delay, Doppler and amplitude of the echo at one receiver; optionally its direction of arrival.

    `covariance` [2, 2] of (delay in s, Doppler in Hz), infinite where nothing was detected. `amplitude`: complex echo
    amplitude in sqrt(W) at the reference element (0 where unknown). `snr`: echo SNR after integration over
    block and antennas, a power ratio (0 where nothing was detected).
    `verdict`: `detected`; `not_detected` (below the threshold of the stated false-alarm rate); `ambiguous` (two peaks
    that noise cannot order). `direction` [3]: unit vector receiver → target and `direction_covariance` [3, 3] of it,
    where the antennas tell; else None. `direction_kind`: `whole`, or `components`: only the components along the one or
    two axes that the covariance covers are measured, as by antennas in a line (its cosine to the line) or in a plane.
    The rest of a unit vector with these components, a mirror image or a cone, is then not known, and `direction` is one
    of those that fit. `time_s`: when the block was sent. `message`: what a person should know.
    `shared_std` (delay in s, Doppler in Hz): the part of both errors that all receivers of the block have alike, as
    that of data streams that they all hear and do not know; `covariance` includes it.

    >>> one = Measurement(receiver_id="a", delay_s=3e-7, doppler_hz=40.0, covariance=[[4e-20, 0], [0, 100]])
    >>> one.doppler_std_hz
    10.0
    """

    receiver_id: str
    delay_s: float
    doppler_hz: float
    covariance: F
    amplitude: complex = 0.0
    snr: float = 0.0
    verdict: Verdict = "detected"
    direction: F | None = None
    direction_covariance: F | None = None
    direction_kind: DirectionKind = "whole"
    shared_std: tuple[float, float] = (0.0, 0.0)
    time_s: float = 0.0
    message: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariance", read_only(self.covariance))
        for name in ("direction", "direction_covariance"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, read_only(np.asarray(value)))

    @property
    def delay_std_s(self) -> float:
        """Standard deviation of the delay."""
        return float(np.sqrt(self.covariance[0, 0]))

    @property
    def doppler_std_hz(self) -> float:
        """Standard deviation of the Doppler shift."""
        return float(np.sqrt(self.covariance[1, 1]))

    def overview(self) -> Overview:
        """Verdict, delay and Doppler shift with their standard deviations."""
        facts: tuple[tuple[str, str], ...] = ()
        if self.verdict != "not_detected":
            facts = (
                ("delay", f"{1e9 * self.delay_s:.6g} ns ± {1e12 * self.delay_std_s:.3g} ps"),
                ("Doppler", f"{self.doppler_hz:.6g} Hz ± {self.doppler_std_hz:.3g} Hz"),
                *((("SNR", f"{ratio_to_db(self.snr):.1f} dB"),) if self.snr > 0.0 else ()),
            )
        title = f"{self.receiver_id} {self.verdict.replace('_', ' ')} at {self.time_s:g} s"
        return Overview(title=title, facts=facts)
