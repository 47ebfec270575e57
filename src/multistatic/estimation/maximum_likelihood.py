"""The estimator: matched filter over the whole search, the best peaks refined off the grid, a verdict.

Registered as `maximum_likelihood`: what it returns is the maximum of the likelihood of the sampled model.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistatic.channel.recording import Recording
from multistatic.errors import InputError, Problem
from multistatic.estimation.detection import SearchedField, search_threshold, wrong_order_probability
from multistatic.estimation.direction import Directions, find_directions
from multistatic.estimation.estimates import Estimates
from multistatic.estimation.matched_filter import Correlator, Grid, combined, grid_of
from multistatic.estimation.reference import Reference, interpolation, reference_of
from multistatic.estimation.search import Search
from multistatic.signal.waveform import Waveform
from multistatic.units import C, F

_CANDIDATES = 4
# A peak may exceed the cell by which it was found by exp(2 · 0.25), and by noise (+2 where this is used).
_GAIN = 1.65
_TRIALS_AT_ONCE = 32
# Below this Λ per sample² the delay within a sample is not determined.
_NO_INFORMATION = 1e-6
# The part of the energy that a jump moves from one sample to others, above what interpolation leaves.
_JUMP = 1e-3


def maximum_likelihood(recording: Recording, waveform: Waveform, search: Search) -> Estimates:
    """Delay, Doppler shift, amplitude and SNR in each trial of `recording` (leading axes taken together).

    White noise, complex amplitude unknown. The covariance is the inverse of the observed information -∇²T at the
    peak; of the expected one at the estimated SNR where the peak is a kink. `snr` is T - P - 1: the noise of P branches
    adds P to T on average, choosing the largest of two coordinates adds 1. `InputError` for samples that are not
    finite, antennas that do not fit, or a waveform without information about the delay at this sample rate.
    """
    reference = reference_of(waveform, recording.sample_rate_hz)
    if reference.mean_information[0, 0] < _NO_INFORMATION:
        received = f"{recording.sample_rate_hz:.6g} samples/s"
        expected = "a rate at which the samples depend on the delay: 2 a slot for pulses of one slot"
        raise InputError(
            [Problem("sample_rate_hz", received, expected)], source=f"recording of {recording.receiver_id}"
        )
    branches = combined(recording, search)
    trials = np.ascontiguousarray(branches.reshape(-1, *branches.shape[-2:]))
    grid = grid_of(reference, recording, search)
    found, snapshots = _peaks(trials, waveform, reference, recording, search, grid)
    threshold = search_threshold(searched_field(reference, grid, recording, search), search.false_alarm_rate)
    return _estimates(found, snapshots, threshold, reference, recording, search)


def searched_field(reference: Reference, grid: Grid, recording: Recording, search: Search) -> SearchedField:
    """The size of a search in independent cells of noise."""
    information = reference.mean_information
    root = np.sqrt(np.diag(information))
    cells = grid.cells[1] - grid.cells[0]
    doppler = (search.doppler_hz[1] - search.doppler_hz[0]) / recording.sample_rate_hz
    coherence = reference.jump_coherence
    return SearchedField(
        delay=float(cells * root[0]),
        doppler=float(doppler * root[1]),
        correlation=float(information[0, 1] / (root[0] * root[1])),
        branches=1 if search.steering is not None else recording.samples.shape[-2],
        jumps=cells - 1 if coherence < 1.0 - _JUMP else 0,
        jump_coherence=coherence,
    )


def _peaks(
    trials: C, waveform: Waveform, reference: Reference, recording: Recording, search: Search, grid: Grid
) -> tuple[F, C]:
    """`result` and `snapshots` of `refine_trials`, a cache full of trials at a time."""
    from multistatic.estimation.refinement import refine_trials

    correlator = Correlator(waveform, reference, recording, grid)
    limits = np.array(search.doppler_hz) / recording.sample_rate_hz
    noise = recording.sample_noise_power_w if search.noise == "recorded" else 0.0
    margin = np.log(1.0 / search.ambiguity)
    settings = np.array([noise, _GAIN, _CANDIDATES, margin, recording.sample_noise_power_w])
    real, imag = np.ascontiguousarray(reference.values.real), np.ascontiguousarray(reference.values.imag)
    result = np.empty((len(trials), 10))
    snapshots = np.empty(trials.shape[:2], np.complex128)
    for begin in range(0, len(trials), _TRIALS_AT_ONCE):
        block = slice(begin, begin + _TRIALS_AT_ONCE)
        refine_trials(
            trials[block],
            correlator.statistics(trials[block]),
            reference.first,
            grid.cells,
            np.array(grid.fractions),
            np.clip(grid.dopplers, *limits),
            limits,
            real,
            imag,
            reference.centre,
            np.array(interpolation()),
            reference.mean_information,
            settings,
            result[block],
            snapshots[block],
        )
    return result, snapshots


def _estimates(
    found: F, snapshots: C, threshold: float, reference: Reference, recording: Recording, search: Search
) -> Estimates:
    """Peaks in samples as estimates in SI units, with their verdicts."""
    rate = recording.sample_rate_hz
    statistic, second, cell, fraction, doppler, level = found[:, :6].T
    branches = snapshots.shape[1]
    snr = np.maximum(level - branches - 1.0, 0.0)
    wrong_order = np.where(second > 0.0, wrong_order_probability(statistic, second), 0.0)
    heard = statistic > threshold
    verdict = np.where(heard, np.where(wrong_order > search.ambiguity, "ambiguous", "detected"), "not_detected")
    delay_s = recording.start_s + (cell + fraction) / rate
    observed = level[:, None, None] * found[:, [6, 7, 7, 8]].reshape(-1, 2, 2)
    expected = 2.0 * snr[:, None, None] * reference.mean_information
    information = np.where(found[:, 9, None, None] > 0.0, observed, expected)
    # The phase is counted from the middle of the reference; the amplitude is that of e^{j2πft} at t = 0.
    middle_s = recording.start_s + (cell + reference.first + reference.centre) / rate
    snapshots = snapshots * np.exp(-2j * np.pi * doppler * rate * middle_s)[:, None]
    directions = _directions(snapshots, np.where(heard, snr, 0.0), search)
    return Estimates(
        receiver_id=recording.receiver_id,
        delay_s=delay_s,
        doppler_hz=doppler * rate,
        covariance=_covariance(information, heard, rate),
        amplitude=_amplitude(snapshots, directions, search),
        snr=np.where(heard, snr, 0.0),
        statistic=statistic,
        threshold=threshold,
        wrong_order=wrong_order,
        verdict=verdict,
        false_alarm_rate=search.false_alarm_rate,
        direction=directions.direction,
        direction_covariance=directions.covariance,
        direction_note=directions.note,
        time_s=recording.start_s,
    )


def _covariance(information: F, heard: NDArray[np.bool_], rate: float) -> F:
    """J⁻¹ [B, 2, 2] of (τ in s, f in Hz) from J of (samples, cycles per sample); infinite where nothing was heard."""
    regular = np.where(heard[:, None, None], information, np.eye(2))
    determinant = regular[:, 0, 0] * regular[:, 1, 1] - regular[:, 0, 1] ** 2
    covariance = np.empty_like(regular)
    covariance[:, 0, 0] = regular[:, 1, 1] / determinant / rate**2
    covariance[:, 1, 1] = regular[:, 0, 0] / determinant * rate**2
    covariance[:, 0, 1] = covariance[:, 1, 0] = -regular[:, 0, 1] / determinant
    covariance[~heard] = np.diag([np.inf, np.inf])
    return covariance


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
