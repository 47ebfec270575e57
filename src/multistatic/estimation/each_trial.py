"""Measurements of recordings whose trials may each have their own reference and their own time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from multistatic.channel.recording import Recording
from multistatic.errors import InputError, Problem
from multistatic.estimation.estimates import Estimates
from multistatic.estimation.measurement import Measurement
from multistatic.estimation.search import Search
from multistatic.signal.ofdm import OfdmSignal
from multistatic.signal.waveform import PulseTrain, Waveform
from multistatic.units import C

Estimator = Callable[[Recording, Waveform, Search], Estimates]


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


def single(waveform: Waveform, trial: int) -> Waveform:
    """The signal of one trial: the waveform itself where it holds one for all."""
    if isinstance(waveform, PulseTrain | OfdmSignal) and waveform.symbols.ndim > 1:
        return replace(waveform, symbols=waveform.symbols[trial])
    return OneOf(signals=waveform, index=trial) if np.ndim(waveform.values(0.0)) else waveform


def measurements_of(
    estimator: Estimator, recording: Recording, waveform: Waveform, search: Search
) -> tuple[Measurement, ...]:
    """One measurement a trial of `recording` [trials, N_r, N], each with the reference of its trial.

    Trials follow each other: trial i has the time of i lengths of the recording after its start. `InputError` where
    the waveform holds another number of signals than the recording trials.
    """
    samples = recording.samples.reshape(-1, *recording.samples.shape[-2:])
    signals = waveform.values(0.0).shape
    if not signals:
        found = estimator(recording, waveform, search)
        measurements = [found.measurement(trial) for trial in range(len(found))]
    elif signals == (len(samples),):
        measurements = [
            estimator(replace(recording, samples=one), single(waveform, trial), search).measurement()
            for trial, one in enumerate(samples)
        ]
    else:
        problem = Problem("reference", f"{signals[0]} signals", f"one, or {len(samples)}: one for each trial")
        raise InputError([problem], source=f"recording of {recording.receiver_id}")
    length_s = samples.shape[-1] / recording.sample_rate_hz
    return tuple(
        replace(measurement, time_s=recording.start_s + trial * length_s)
        for trial, measurement in enumerate(measurements)
    )
