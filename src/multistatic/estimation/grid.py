"""Maximum likelihood on a fixed grid: every point correlated by itself, nothing refined.

The textbook way, and the rival of `maximum_likelihood`: each point of the grid costs N multiplications, and the
estimate is quantised to the grid. The two share no search, so each checks the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from multistatic.estimation.estimates import Estimates
from multistatic.estimation.found import Peaks, estimates_of
from multistatic.estimation.matched_filter import branches_of, check
from multistatic.estimation.measured_noise import Measured, Places, measure, noise_meter
from multistatic.estimation.reference import Reference, reference_of
from multistatic.estimation.search_window import Search
from multistatic.registry import algorithm
from multistatic.signal.waveform import Waveform
from multistatic.simulation.recording import Recording
from multistatic.units import C, F


@dataclass(frozen=True, slots=True, kw_only=True)
class GridSettings:
    """How fine the grid is: `delays` times `dopplers` points, spread evenly over the search."""

    delays: Annotated[int, Ge(1), Le(1 << 20)] = 2048
    dopplers: Annotated[int, Ge(1), Le(1 << 12)] = 17


DEFAULT = GridSettings()
_LOBE = 5.0  # as in `refinement`


@algorithm(settings=GridSettings)
def grid(recording: Recording, waveform: Waveform, search: Search, settings: GridSettings = DEFAULT) -> Estimates:
    """The largest T among `delays` times `dopplers` points spread evenly over the search.

    The covariance is the inverse of the expected information, or the one of `measured_noise` where noise is to be
    estimated, plus that of the quantisation, step²/12. Errors as in `maximum_likelihood`.
    """
    check(recording, search)
    reference, rate = reference_of(waveform, recording.sample_rate_hz), recording.sample_rate_hz
    samples = branches_of(recording.samples.reshape(-1, *recording.samples.shape[-2:]), search)
    delays_s, delay_step_s = _points(search.delay_s, settings.delays)
    dopplers_hz, doppler_step_hz = _points(search.doppler_hz, settings.dopplers)
    best, second, snapshots = _correlate(samples, waveform, reference, recording, (delays_s, dopplers_hz))

    def place(found: F) -> F:
        """(k, δ, ν) [B, 3] of the points found."""
        delay = (delays_s[found[:, 2].astype(int)] - recording.start_s) * rate
        return np.stack([np.floor(delay), delay % 1.0, dopplers_hz[found[:, 1].astype(int)] / rate], axis=1)

    places, expected = place(best), reference.mean_information
    snr = np.maximum(best[:, 0] - samples.shape[1], 0.0)
    information = 2.0 * np.maximum(snr, 1e-3)[:, None, None] * expected
    known = Measured(statistic=best[:, 0], second=second[:, 0], level=best[:, 0], information=information)
    if search.noise == "estimated":
        # What the echo leaves beside the point that is nearest to it counts as noise.
        asked = Places(
            best=places,
            second=place(second),
            there=second[:, 0] > 0.0,
            peak=places,
            curvature=np.broadcast_to(2.0 * expected, information.shape),
            level=np.maximum(snr, 1e-3),
        )
        known = measure(noise_meter(waveform, reference, recording, samples.shape[1]), samples, asked)
    # `estimates_of` counts phases from the middle of the reference; here they are those at t = 0.
    middle = recording.start_s * rate + places[:, 0] + reference.first + reference.centre
    return estimates_of(
        Peaks(
            statistic=known.statistic,
            second=known.second,
            delay=places[:, 0] + places[:, 1],
            doppler=places[:, 2],
            snr=np.maximum(known.level - samples.shape[1], 0.0),
            information=_quantised(known.information, (delay_step_s * rate, doppler_step_hz / rate)),
            snapshots=snapshots * np.exp(2j * np.pi * places[:, 2] * middle)[:, None],
            white=None
            if known.white is None
            else _quantised(known.white, (delay_step_s * rate, doppler_step_hz / rate)),
        ),
        reference,
        recording,
        search,
    )


def _correlate(
    samples: C, waveform: Waveform, reference: Reference, recording: Recording, points: tuple[F, F]
) -> tuple[F, F, C]:
    """The best and the second best point of each trial [B, P, N], as T, row and column [B, 3] of the grid of delays and
    Doppler shifts, and the amplitudes [B, P] at the best.
    """
    (delays_s, dopplers_hz), rate = points, recording.sample_rate_hz
    dictionary = np.stack([waveform.values(recording.times_s - delay_s) for delay_s in delays_s])
    norms = np.linalg.norm(dictionary, axis=1)
    dictionary = dictionary.conj() / np.where(norms > 0.0, norms, 1.0)[:, None]
    root = np.sqrt(np.diag(reference.mean_information))
    place_t, place_f = delays_s * rate * root[0], dopplers_hz / rate * root[1]
    best, second = np.empty((2, len(samples), 3))
    snapshots = np.empty((len(samples), samples.shape[1]), np.complex128)
    for trial, branches in enumerate(samples):
        values = np.empty((len(dopplers_hz), len(delays_s)))
        correlations = np.empty((*values.shape, len(branches)), np.complex128)
        for row, doppler_hz in enumerate(dopplers_hz):
            turned = branches * np.exp(-2j * np.pi * doppler_hz * recording.times_s)
            correlations[row] = dictionary @ turned.T
            values[row] = np.sum(np.abs(correlations[row]) ** 2, axis=1) / recording.sample_noise_power_w
        row, column = divmod(int(np.argmax(values)), len(delays_s))
        best[trial] = values[row, column], row, column
        snapshots[trial] = correlations[row, column] / max(norms[column], 1e-300)
        far = (place_f[:, None] - place_f[row]) ** 2 + (place_t - place_t[column]) ** 2 > _LOBE
        beside = np.where(far, values, 0.0)
        second[trial] = beside.max(), *divmod(int(np.argmax(beside)), len(delays_s))
    return best, second, snapshots


def _points(limits: tuple[float, float], count: int) -> tuple[F, float]:
    """`count` points in the middles of equal parts of an interval, and their distance; one where it has no length."""
    step = (limits[1] - limits[0]) / count
    points = limits[0] + step * (np.arange(count if step > 0 else 1) + 0.5)
    return np.asarray(points, np.float64), step


def _quantised(information: F, steps: tuple[float, float]) -> F:
    """(J⁻¹ + diag(step²/12))⁻¹ [B, 2, 2]."""
    bound = np.linalg.solve(information, np.eye(2))
    return np.asarray(np.linalg.solve(bound + np.diag(np.square(steps)) / 12.0, np.eye(2)), np.float64)
