"""Maximum likelihood on a fixed grid: every point correlated by itself, nothing refined.

The textbook way, and the rival of `maximum_likelihood`: each point of the grid costs N multiplications, and the
estimate is quantised to the grid. The two share no search, so each checks the other.
"""

from __future__ import annotations

import numpy as np

from multistatic.channel.recording import Recording
from multistatic.estimation.answer import Peaks, estimates_of
from multistatic.estimation.estimates import Estimates
from multistatic.estimation.matched_filter import branches_of, check
from multistatic.estimation.reference import reference_of
from multistatic.estimation.search import Search
from multistatic.signal.waveform import Waveform
from multistatic.units import F

DELAYS, DOPPLERS = 2048, 17
_LOBE = 5.0  # as in `refinement`


def grid(recording: Recording, waveform: Waveform, search: Search) -> Estimates:
    """The largest T among `DELAYS` times `DOPPLERS` points spread evenly over the search, noise as recorded.

    The covariance is the inverse of the expected information plus that of the quantisation, step²/12. Errors as in
    `maximum_likelihood`.
    """
    check(recording, search)
    reference, rate = reference_of(waveform, recording.sample_rate_hz), recording.sample_rate_hz
    samples = branches_of(recording.samples.reshape(-1, *recording.samples.shape[-2:]), search)
    delays_s, delay_step_s = _points(search.delay_s, DELAYS)
    dopplers_hz, doppler_step_hz = _points(search.doppler_hz, DOPPLERS)
    dictionary = np.stack([waveform.values(recording.times_s - delay_s) for delay_s in delays_s])
    norms = np.linalg.norm(dictionary, axis=1)
    dictionary = dictionary.conj() / np.where(norms > 0.0, norms, 1.0)[:, None]
    root = np.sqrt(np.diag(reference.mean_information))
    place_t, place_f = delays_s * rate * root[0], dopplers_hz / rate * root[1]
    found = np.empty((len(samples), 4))
    snapshots = np.empty((len(samples), samples.shape[1]), np.complex128)
    for trial, branches in enumerate(samples):
        values = np.empty((len(dopplers_hz), len(delays_s)))
        correlations = np.empty((*values.shape, len(branches)), np.complex128)
        for row, doppler_hz in enumerate(dopplers_hz):
            turned = branches * np.exp(-2j * np.pi * doppler_hz * recording.times_s)
            correlations[row] = dictionary @ turned.T
            values[row] = np.sum(np.abs(correlations[row]) ** 2, axis=1) / recording.sample_noise_power_w
        best = divmod(int(np.argmax(values)), len(delays_s))
        far = (place_f[:, None] - place_f[best[0]]) ** 2 + (place_t - place_t[best[1]]) ** 2 > _LOBE
        found[trial] = values[best], np.max(values, where=far, initial=0.0), *best
        snapshots[trial] = correlations[best] / max(norms[best[1]], 1e-300)
    rows, columns = found[:, 2].astype(int), found[:, 3].astype(int)
    snr = np.maximum(found[:, 0] - snapshots.shape[1], 0.0)
    delay, doppler = (delays_s[columns] - recording.start_s) * rate, dopplers_hz[rows] / rate
    # `estimates_of` counts phases from the middle of the reference; here they are those at t = 0.
    middle = recording.start_s * rate + np.floor(delay) + reference.first + reference.centre
    return estimates_of(
        Peaks(
            statistic=found[:, 0],
            second=found[:, 1],
            delay=delay,
            doppler=doppler,
            snr=snr,
            information=_information(snr, reference.mean_information, (delay_step_s * rate, doppler_step_hz / rate)),
            snapshots=snapshots * np.exp(2j * np.pi * doppler * middle)[:, None],
        ),
        reference,
        recording,
        search,
    )


def _points(limits: tuple[float, float], count: int) -> tuple[F, float]:
    """`count` points in the middles of equal parts of an interval, and their distance; one where it has no length."""
    step = (limits[1] - limits[0]) / count
    points = limits[0] + step * (np.arange(count if step > 0 else 1) + 0.5)
    return np.asarray(points, np.float64), step


def _information(snr: F, expected: F, steps: tuple[float, float]) -> F:
    """Inverse of (2 SNR Λ)⁻¹ + diag(step²/12)."""
    smallest = np.maximum(snr, 1e-3)[:, None, None]
    bound = np.linalg.solve(2.0 * smallest * expected, np.eye(2))
    return np.asarray(np.linalg.solve(bound + np.diag(np.square(steps)) / 12.0, np.eye(2)), np.float64)
