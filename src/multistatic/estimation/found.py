"""From peaks of the statistic to estimates: what all estimators share once they have found them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistatic.estimation.detection import SearchedField, search_threshold, wrong_order_probability
from multistatic.estimation.direction import Directions, find_directions
from multistatic.estimation.estimates import Estimates
from multistatic.estimation.matched_filter import cells_of
from multistatic.estimation.reference import Reference
from multistatic.estimation.search_window import Search
from multistatic.simulation.recording import Recording
from multistatic.units import C, F

# A measured variance varies by about a fifth (`measured_noise`): this much more than expected is something else.
_EXCESS = 0.7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Peaks:
    """The largest peak of each of B trials, in samples from the first one and cycles per sample.

    `statistic` and `second` [B]: T of the largest and the second largest peak (0 where there is none). `delay`,
    `doppler`, `snr` [B]. `information` [B, 2, 2] about (delay, Doppler), NaN where the expected one is to be taken.
    `snapshots` [B, P]: the amplitude of each branch, with its phase in the middle of the reference. `white`
    [B, 2, 2]: the information that there would be in the noise as recorded, where that is not what there is.
    """

    statistic: F
    second: F
    delay: F
    doppler: F
    snr: F
    information: F
    snapshots: C
    white: F | None = None


def estimates_of(peaks: Peaks, reference: Reference, recording: Recording, search: Search) -> Estimates:
    """Peaks in samples as estimates in SI units, with their verdicts and directions."""
    rate, snr = recording.sample_rate_hz, peaks.snr
    wrong_order = np.where(peaks.second > 0.0, wrong_order_probability(peaks.statistic, peaks.second), 0.0)
    threshold = search_threshold(searched_field(reference, recording, search), search.false_alarm_rate)
    detected = peaks.statistic > threshold
    verdict = np.where(detected, np.where(wrong_order > search.ambiguity, "ambiguous", "detected"), "not_detected")
    expected = 2.0 * snr[:, None, None] * reference.mean_information
    information = np.where(np.isfinite(peaks.information), peaks.information, expected)
    covariance = _covariance(information, detected, rate)
    # The phase is counted from the middle of the reference; the amplitude is that of e^{j2πft} at t = 0.
    middle_s = recording.start_s + (np.floor(peaks.delay) + reference.first + reference.centre) / rate
    snapshots = peaks.snapshots * np.exp(-2j * np.pi * peaks.doppler * rate * middle_s)[:, None]
    directions = _directions(snapshots, np.where(detected, snr, 0.0), search)
    return Estimates(
        receiver_id=recording.receiver_id,
        delay_s=recording.start_s + peaks.delay / rate,
        doppler_hz=peaks.doppler * rate,
        covariance=covariance,
        amplitude=_amplitude(snapshots, directions, search),
        snr=np.where(detected, snr, 0.0),
        statistic=peaks.statistic,
        threshold=threshold,
        wrong_order=wrong_order,
        verdict=verdict,
        false_alarm_rate=search.false_alarm_rate,
        direction=directions.direction,
        direction_covariance=directions.covariance,
        direction_kind=directions.kind,
        direction_note=directions.note,
        shared_std=_shared_std(covariance, peaks.white, detected, rate) if search.unknown_streams else None,
    )


def searched_field(reference: Reference, recording: Recording, search: Search) -> SearchedField:
    """The size of a search in independent cells of noise."""
    information = reference.mean_information
    root = np.sqrt(np.diag(information))
    first, end = cells_of(recording, search)
    doppler = (search.doppler_hz[1] - search.doppler_hz[0]) / recording.sample_rate_hz
    return SearchedField(
        delay=float((end - first) * root[0]),
        doppler=float(doppler * root[1]),
        correlation=float(information[0, 1] / (root[0] * root[1])),
        branches=1 if search.steering is not None else recording.samples.shape[-2],
        jumps=end - first - 1 if reference.jumps else 0,
        jump_coherence=reference.jump_coherence,
    )


def _covariance(information: F, detected: NDArray[np.bool_], rate: float) -> F:
    """J⁻¹ [B, 2, 2] of (τ in s, f in Hz) from J of (samples, cycles per sample); infinite without a detection."""
    regular = np.where(detected[:, None, None], information, np.eye(2))
    determinant = regular[:, 0, 0] * regular[:, 1, 1] - regular[:, 0, 1] ** 2
    covariance = np.empty_like(regular)
    covariance[:, 0, 0] = regular[:, 1, 1] / determinant / rate**2
    covariance[:, 1, 1] = regular[:, 0, 0] / determinant * rate**2
    covariance[:, 0, 1] = covariance[:, 1, 0] = -regular[:, 0, 1] / determinant
    covariance[~detected] = np.diag([np.inf, np.inf])
    return covariance


def _shared_std(covariance: F, white: F | None, detected: NDArray[np.bool_], rate: float) -> F | None:
    """Standard deviations [B, 2] of what unknown streams add: what the variances exceed those in white noise by.

    The streams are the same at all receivers, and so is what they do to an estimate, whatever its amplitude.
    """
    if white is None:
        return None
    alone = np.diagonal(_covariance(white, detected, rate), axis1=1, axis2=2)
    alone = np.where(detected[:, None], alone, 0.0)
    excess = np.where(detected[:, None], np.diagonal(covariance, axis1=1, axis2=2), 0.0) - alone
    return np.sqrt(np.where(excess > _EXCESS * alone, excess, 0.0))


def _directions(snapshots: C, snr: F, search: Search) -> Directions:
    if search.array is None or search.wavelength_m is None or search.steering is not None:
        return Directions(direction=None, covariance=None)
    return find_directions(snapshots, snr, search.array, search.wavelength_m, search.dimensions)


def _amplitude(snapshots: C, directions: Directions, search: Search) -> C:
    """A of A a_r x: from the combined branch, from the antennas in the direction found, or of the first antenna."""
    if search.steering is not None:
        amplitude: C = snapshots[:, 0] / np.linalg.norm(search.steering)
    elif directions.direction is not None and search.array is not None and search.wavelength_m is not None:
        steering = search.array.steering_vector(directions.direction, search.wavelength_m)
        amplitude = np.mean(steering.conj() * snapshots, axis=1)
    else:
        amplitude = snapshots[:, 0]
    return amplitude
