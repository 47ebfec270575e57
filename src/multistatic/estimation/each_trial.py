"""Measurements of recordings whose trials may each have their own reference and their own time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from multistatic.errors import InputError, Problem
from multistatic.estimation.estimates import Estimates
from multistatic.estimation.measurement import Measurement
from multistatic.estimation.search_window import Search
from multistatic.signal.ofdm import OfdmSignal
from multistatic.signal.waveform import PulseTrain, Waveform
from multistatic.simulation.recording import Recording
from multistatic.units import C, F

Estimator = Callable[[Recording, Waveform, Search], Estimates]

_TOLERATED = 2.0  # times the stated noise: standard deviations are then 1/√2 of what they should be
_MORE_THAN_NOISE = (
    "Besides the echo the recording has {:.1f} dB more power than the stated noise (interference, clutter, or a wrong "
    "noise power, sampling rate or data type)."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneOf:
    """One of several signals that a waveform holds along its first axis."""

    signals: Waveform
    index: int

    @property
    def support_s(self) -> tuple[float, float]:
        """As of all of them."""
        return self.signals.support_s

    def values(self, time_s: ArrayLike) -> C:
        """x(t), elementwise."""
        return self.signals.values(time_s)[self.index]

    def slopes(self, time_s: ArrayLike) -> C:
        """dx/dt in 1/s, elementwise."""
        return self.signals.slopes(time_s)[self.index]


def signal_of_trial(waveform: Waveform, trial: int) -> Waveform:
    """The signal of one trial: the waveform itself where it holds one for all."""
    if isinstance(waveform, PulseTrain | OfdmSignal) and waveform.symbols.ndim > 1:
        return replace(waveform, symbols=waveform.symbols[trial])
    return OneOf(signals=waveform, index=trial) if np.ndim(waveform.values(0.0)) else waveform


def unexplained(recording: Recording, snr: F) -> F:
    """(Σ|r|² - what an echo of `snr` [trials] explains of it) over the noise that the recording states; 1 on average
    where there is nothing but both.
    """
    samples = recording.samples.reshape(-1, *recording.samples.shape[-2:])
    energy = np.sum(np.abs(samples) ** 2, axis=(1, 2)) / recording.sample_noise_power_w
    ratio: F = (energy - snr) / samples[0].size
    return ratio


def measurements_of(
    estimator: Estimator, recording: Recording, waveform: Waveform, search: Search
) -> tuple[Measurement, ...]:
    """One measurement a trial of `recording` [trials, N_r, N], each with the reference of its trial.

    The time of a measurement is that at which its block was sent, whenever and for how long each receiver recorded it:
    so it is the same at all receivers. Blocks follow each other: trial i is sent i lengths of the waveform after the
    first. A trial that holds more than the echo and the noise that the recording states is measured anew, and its noise
    too. `InputError` where the waveform holds another number of signals than the recording trials.
    """
    samples = recording.samples.reshape(-1, *recording.samples.shape[-2:])
    signals = waveform.values(0.0).shape
    if not signals:
        found = estimator(recording, waveform, search)
        measurements = [found.measurement(trial) for trial in range(len(found))]
    elif signals == (len(samples),):
        measurements = [
            estimator(replace(recording, samples=one), signal_of_trial(waveform, trial), search).measurement()
            for trial, one in enumerate(samples)
        ]
    else:
        problem = Problem("reference", f"{signals[0]} signals", f"one, or {len(samples)}: one for each trial")
        raise InputError([problem], source=f"recording of {recording.receiver_id}")
    if search.noise == "recorded":
        excess = unexplained(recording, np.array([measurement.snr for measurement in measurements]))
        for trial in np.flatnonzero(excess > _TOLERATED):
            one, signal = replace(recording, samples=samples[trial]), signal_of_trial(waveform, int(trial))
            message = _MORE_THAN_NOISE.format(10.0 * np.log10(excess[trial]))
            try:
                again = estimator(one, signal, replace(search, noise="estimated")).measurement()
                message += " The noise was measured instead."
            except InputError:  # too short a signal to measure noise beside it
                again = measurements[trial]
                message += " The standard deviations are too small."
            measurements[trial] = replace(again, message=f"{message} {again.message}".strip())
    first_s, last_s = waveform.support_s
    # x(t) begins at its t = 0, up to half a pulse, unless its samples say that they are of another time.
    sent_s = 0.0 if first_s <= 0.0 <= last_s else first_s
    return tuple(
        replace(measurement, time_s=sent_s + trial * (last_s - first_s))
        for trial, measurement in enumerate(measurements)
    )
