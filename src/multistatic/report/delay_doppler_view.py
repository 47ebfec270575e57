"""What a picture of one recording shows: the statistic over the whole search, and finely around its largest peak."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaincinv

from multistatic.estimation.detection import search_threshold
from multistatic.estimation.each_trial import signal_of_trial
from multistatic.estimation.found import searched_field
from multistatic.estimation.from_recordings import Estimated
from multistatic.estimation.matched_filter import StatisticMap, branches_of, statistic_map
from multistatic.estimation.reference import reference_of, shifted_samples
from multistatic.estimation.search_window import Search
from multistatic.report.fine_correlation import fine_statistic
from multistatic.signal.waveform import Waveform
from multistatic.simulation.recording import Recording
from multistatic.units import F

# Around the peak, in units of 1/sqrt(Λ): a signal of constant spectrum and duration has its first zero at 1.8.
_REACH = 6.0
_LEAST_CELLS = 3
_DELAYS, _DOPPLERS = 84, 61


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DelayDopplerView:
    """The statistic T of the first trial of a recording, as a multiple of its mean for noise alone in one branch.

    searched: T [H, J] over everything that was searched.
    near: T [H, J] around the largest peak, on a fine grid.
    doppler_range_hz: lowest and highest Doppler shift of the search.
    threshold: T from which on a peak is a detection; None where the noise is estimated beside each peak.
    false_alarm_rate: probability that a search of noise alone exceeds the threshold.
    noise_median: median of T for noise alone.
    duration_s: of the known signal, in s.
    """

    searched: StatisticMap
    near: StatisticMap
    doppler_range_hz: tuple[float, float]
    threshold: float | None
    false_alarm_rate: float
    noise_median: float
    duration_s: float

    @property
    def median(self) -> float:
        """Median of T over everything that was searched."""
        return float(np.median(self.searched.values))


def delay_doppler_view(one: Estimated, reference: Waveform) -> DelayDopplerView:
    """The view of the first trial of a recording, with the search that was made in it."""
    samples = one.recording.samples
    trial = replace(one.recording, samples=samples.reshape(-1, *samples.shape[-2:])[0])
    waveform, search, measurement = signal_of_trial(reference, 0), one.search, one.measurements[0]
    sampled = reference_of(waveform, trial.sample_rate_hz)
    searched = statistic_map(trial, waveform, search, sampled)
    place = measurement.delay_s, measurement.doppler_hz
    if measurement.verdict == "not_detected":
        row, column = np.unravel_index(np.argmax(searched.values), searched.values.shape)
        place = float(searched.delay_s[column]), float(searched.doppler_hz[row])
    field = searched_field(sampled, trial, search)
    first, last = reference.support_s
    return DelayDopplerView(
        searched=searched,
        near=_near(trial, waveform, search, place, sampled.mean_information),
        doppler_range_hz=search.doppler_hz,
        threshold=search_threshold(field, search.false_alarm_rate) if search.noise == "recorded" else None,
        false_alarm_rate=search.false_alarm_rate,
        noise_median=float(gammaincinv(field.branches, 0.5)),
        duration_s=last - first,
    )


def _near(
    recording: Recording, waveform: Waveform, search: Search, place: tuple[float, float], information: F
) -> StatisticMap:
    """T around (delay in s, Doppler shift in Hz), several times finer than the signal resolves."""
    rate, count = recording.sample_rate_hz, recording.samples.shape[-1]
    reach = _REACH / np.sqrt(np.diag(information))
    cells = int(np.ceil(max(reach[0], _LEAST_CELLS)))
    middle = int(np.floor((place[0] - recording.start_s) * rate))
    fractions = np.arange(max(2, _DELAYS // (2 * cells + 1))) / max(2, _DELAYS // (2 * cells + 1))
    first, values = shifted_samples(waveform, rate, fractions)
    dopplers = np.linspace(-reach[1], reach[1], _DOPPLERS)
    turned = branches_of(recording.samples, search) * np.exp(-2j * np.pi * place[1] / rate * np.arange(count))
    statistic = fine_statistic(turned, values, (middle - cells + first, middle + cells + 1 + first), dopplers)
    delays = middle + np.arange(-cells, cells + 1)[:, None] + fractions
    return StatisticMap(
        delay_s=recording.start_s + delays.ravel() / rate,
        doppler_hz=place[1] + dopplers * rate,
        values=statistic.reshape(_DOPPLERS, -1) / recording.sample_noise_power_w,
    )
