"""The measurement of one receiver: delay, Doppler shift, amplitude and direction, with covariance and verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from multistatic.estimation.error_digits import with_error
from multistatic.notebook import LabelledResult, Overview
from multistatic.units import F, ratio_to_db, read_only

Verdict = Literal["detected", "not_detected", "ambiguous"]
DirectionKind = Literal["whole", "components"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Measurement(LabelledResult):
    """Delay, Doppler shift and amplitude of the echo at one receiver, and optionally its direction of arrival.

    receiver_id: id of the receiver.
    delay_s: delay τ of the echo in s, by the clock of the receiver.
    doppler_hz: Doppler shift f of the echo in Hz, relative to the oscillator of the receiver.
    covariance [2, 2]: covariance of (delay in s, Doppler shift in Hz); infinite if nothing was detected.
    amplitude: complex amplitude of the echo at the reference element, in √W; 0: not known.
    snr: SNR of the echo after integration over block and antennas, a power ratio; 0 if nothing was detected.
    verdict: `detected`; `not_detected`: below the threshold of the false-alarm rate; `ambiguous`: two peaks of which
        noise may make either one the higher.
    direction [3]: unit vector from the receiver to the target; None: not measured.
    direction_covariance [3, 3]: covariance of `direction`; None: not measured.
    direction_kind: `whole`, or `components`: the array measures only the components along the one or two axes that the
        covariance covers, as a linear or a planar array does. Then several directions (a cone or a mirror image) fit,
        and `direction` is one of them.
    shared_std [2]: standard deviation of the part of the errors (delay in s, Doppler shift in Hz) that is common to all
        receivers of the block, such as that of unknown data streams; it is included in `covariance`.
    time_s: time of the block in s.
    message: warning in words; empty: none.

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
                ("delay", with_error(1e9 * self.delay_s, 1e9 * self.delay_std_s, "ns")),
                ("Doppler", with_error(self.doppler_hz, self.doppler_std_hz, "Hz")),
                *((("SNR", f"{ratio_to_db(self.snr):.1f} dB"),) if self.snr > 0.0 else ()),
            )
        title = f"{self.receiver_id} {self.verdict.replace('_', ' ')} at {self.time_s:g} s"
        return Overview(title=title, facts=facts)
