"""The result of an estimator: one estimate for each trial, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistatic.estimation.measurement import DirectionKind, Measurement
from multistatic.units import C, F, ratio_to_db, read_only

VERDICTS = ("detected", "ambiguous", "not_detected")
_SHARED = "Unknown data streams disturb the {} at all receivers in the same way; localization allows for this."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimates:
    """Estimates of B trials at one receiver.

    receiver_id: id of the receiver.
    delay_s [B]: delays of the largest peaks in s. They may lie outside of the searched range by the width of a peak,
        because estimates cut off at a limit would be biased.
    doppler_hz [B]: Doppler shifts of the largest peaks in Hz.
    covariance [B, 2, 2]: covariances of (delay in s, Doppler shift in Hz); infinite if nothing was detected.
    amplitude [B]: complex amplitudes at the reference element, in √W.
    snr [B]: SNR after integration, a power ratio; 0 if nothing was detected.
    statistic [B]: statistic T of the largest peak.
    threshold: value that the statistic must exceed for a detection.
    wrong_order [B]: probability that the echo is the second largest peak.
    verdict [B]: `detected`, `ambiguous` or `not_detected`.
    false_alarm_rate: probability that a search in noise alone reports a detection.
    direction [B, 3]: unit vectors from the receiver to the target; None: not measured.
    direction_covariance [B, 3, 3]: covariances of `direction`, infinite where a second direction fits nearly as well;
        None: not measured.
    direction_kind: as in `Measurement`.
    direction_note: what the antennas leave undetermined, in words.
    shared_std [B, 2]: as in `Measurement`; None: no errors are common to all receivers.
    """

    receiver_id: str
    delay_s: F
    doppler_hz: F
    covariance: F
    amplitude: C
    snr: F
    statistic: F
    threshold: float
    wrong_order: F
    verdict: NDArray[np.str_]
    false_alarm_rate: float
    direction: F | None = None
    direction_covariance: F | None = None
    direction_kind: DirectionKind = "whole"
    direction_note: str = ""
    shared_std: F | None = None

    def __post_init__(self) -> None:
        for name in ("delay_s", "doppler_hz", "covariance", "snr", "statistic", "wrong_order"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        object.__setattr__(self, "amplitude", read_only(self.amplitude, np.complex128))
        object.__setattr__(self, "verdict", read_only(self.verdict, np.str_))
        for name in ("direction", "direction_covariance", "shared_std"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, read_only(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.delay_s)

    def measurement(self, trial: int = 0) -> Measurement:
        """One trial as the fusion takes it."""
        verdict = str(self.verdict[trial])
        detected = verdict != "not_detected"
        seen = (
            detected
            and self.direction_covariance is not None
            and bool(np.isfinite(self.direction_covariance[trial]).all())
        )
        return Measurement(
            receiver_id=self.receiver_id,
            delay_s=float(self.delay_s[trial]),
            doppler_hz=float(self.doppler_hz[trial]),
            covariance=self.covariance[trial],
            amplitude=complex(self.amplitude[trial]),
            snr=float(self.snr[trial]),
            verdict=verdict,  # type: ignore[arg-type]
            direction=self.direction[trial] if seen and self.direction is not None else None,
            direction_covariance=(
                self.direction_covariance[trial] if seen and self.direction_covariance is not None else None
            ),
            direction_kind=self.direction_kind,
            shared_std=self._shared(trial),
            message=self._message(trial, verdict),
        )

    def _message(self, trial: int, verdict: str) -> str:
        """The message of one trial: why nothing was detected, or what limits the estimates."""
        if verdict == "not_detected":
            level_db = ratio_to_db(self.threshold / max(float(self.statistic[trial]), 1e-300))
            return (
                f"No echo was detected: the largest peak is {level_db:.1f} dB below the threshold "
                f"for a false-alarm rate of {self.false_alarm_rate:g} per search."
            )
        doubt = ""
        if verdict == "ambiguous":
            chance = 100.0 * self.wrong_order[trial]
            doubt = f"A second peak is nearly as large; it is the echo with a probability of {chance:.2g} %."
        note = self.direction_note
        if self.direction_covariance is not None and not np.isfinite(self.direction_covariance[trial]).all():
            note = "No direction was estimated: a second, very different direction fits nearly as well."
        shared = [name for name, std in zip(("delay", "Doppler shift"), self._shared(trial), strict=True) if std > 0.0]
        streams = _SHARED.format(" and ".join(shared)) if shared else ""
        return " ".join(part for part in (doubt, streams, note) if part)

    def _shared(self, trial: int) -> tuple[float, float]:
        if self.shared_std is None:
            return 0.0, 0.0
        return float(self.shared_std[trial, 0]), float(self.shared_std[trial, 1])
