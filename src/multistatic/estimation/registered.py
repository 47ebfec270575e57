"""The estimator of a name, or a function in its place. What one of another package returns is checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from multistatic import registry
from multistatic.estimation.each_trial import Estimator
from multistatic.estimation.estimates import VERDICTS, Estimates
from multistatic.estimation.search_window import Search
from multistatic.registry import Plugin
from multistatic.signal.waveform import Waveform
from multistatic.simulation.recording import Recording

# The arrays of `Estimates` that have to be there for each trial, and the axes that follow.
_ARRAYS = {
    "delay_s": (),
    "doppler_hz": (),
    "covariance": (2, 2),
    "amplitude": (),
    "snr": (),
    "statistic": (),
    "wrong_order": (),
    "verdict": (),
}


def estimator_of(estimator: str | Estimator, options: tuple[object, ...] = ()) -> Estimator:
    """The registered estimator of a name, or the function itself, with its settings among `options`; one that is not of
    this package comes with the checks of `checked_estimates`.
    """
    run = registry.find("estimators", estimator, options)
    plugin = run.plugin
    if plugin is None:
        return run

    def checked(recording: Recording, waveform: Waveform, search: Search) -> Estimates:
        trials = recording.samples.reshape(-1, *recording.samples.shape[-2:]).shape[0]
        return checked_estimates(run(recording, waveform, search), trials, plugin)

    return checked


def checked_estimates(found: Any, trials: int, plugin: Plugin) -> Estimates:
    """Estimates of another package; `PluginError` where they are none, of another number of trials, or hold NaN."""
    if not isinstance(found, Estimates):
        plugin.refuse(type(found).__name__, "Estimates")
    for name, axes in _ARRAYS.items():
        array = np.asarray(getattr(found, name))
        if array.shape != (trials, *axes):
            plugin.refuse(f"{name} of shape {list(array.shape)}", f"{[trials, *axes]}: one for each trial")
        if array.dtype.kind in "fc" and np.isnan(array).any():
            plugin.refuse(f"{name} with NaN", "numbers; an infinite covariance where nothing was detected")
    unknown = sorted(set(found.verdict.tolist()) - set(VERDICTS))
    if unknown:
        plugin.refuse(f"the verdict {unknown[0]!r}", f"one of {', '.join(VERDICTS)}")
    if not np.isfinite([*found.delay_s, *found.doppler_hz]).all():
        plugin.refuse("a delay or Doppler shift that is infinite", "finite estimates")
    return found
