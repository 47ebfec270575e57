"""The matched filter's statistic over delay and Doppler shift at one receiver, with what was found in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from multistatic.estimation.each_trial import signal_of_trial
from multistatic.estimation.from_recordings import Estimated
from multistatic.estimation.matched_filter import StatisticMap, statistic_map
from multistatic.estimation.measurement import Measurement
from multistatic.report.style import SMALL, TARGET, add_heading, new_figure, render, require_matplotlib, styled
from multistatic.signal.waveform import Waveform
from multistatic.units import ratio_to_db

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Below this level, in dB of the mean noise, everything is one colour.
FLOOR_DB = 0.0
WIDTH_IN, HEIGHT_IN = 6.4, 3.9
# At least this many bins of Doppler resolution are shown to either side of 0.
_PICTURED_BINS = 4.0


def delay_doppler_pictures(one: Estimated, reference: Waveform, name: str) -> dict[str, bytes]:
    """`name.svg` and `name.png` of the first trial of a recording. `MissingDependencyError` without matplotlib."""
    require_matplotlib()
    with styled():
        return render(delay_doppler_figure(pictured_map(one, reference), one.measurements[0]), name)


def pictured_map(one: Estimated, reference: Waveform) -> StatisticMap:
    """The statistic of the first trial over what was searched, and over at least a few bins of Doppler resolution."""
    first, last = reference.support_s
    shown = max(one.search.doppler_hz[1], _PICTURED_BINS / (last - first))
    samples = one.recording.samples
    trial = replace(one.recording, samples=samples.reshape(-1, *samples.shape[-2:])[:1])
    return statistic_map(trial, signal_of_trial(reference, 0), replace(one.search, doppler_hz=(-shown, shown)))


def delay_doppler_figure(mapped: StatisticMap, measurement: Measurement) -> Figure:
    """Level over delay (across) and Doppler shift (up); a cross where the echo was found; a profile where only one
    Doppler shift was searched.
    """
    values = mapped.values.reshape(-1, *mapped.values.shape[-2:])[0]
    level_db = 10.0 * np.log10(np.maximum(values, 10.0 ** (FLOOR_DB / 10.0 - 1.0)))
    figure = new_figure(WIDTH_IN, HEIGHT_IN)
    left, bottom = 0.75, 0.5
    ax = figure.add_axes(
        (left / WIDTH_IN, bottom / HEIGHT_IN, 1 - (left + 0.25) / WIDTH_IN, 1 - (bottom + 0.7) / HEIGHT_IN)
    )
    delay_ns, doppler_khz = 1e9 * mapped.delay_s, 1e-3 * mapped.doppler_hz
    found = measurement.verdict != "not_detected"
    if len(doppler_khz) == 1:
        ax.plot(delay_ns, level_db[0], linewidth=1.0)
        ax.set(xlabel="delay (ns)", ylabel="statistic (dB of mean noise)")
        if found:
            ax.axvline(1e9 * measurement.delay_s, color=TARGET, linewidth=0.8)
    else:
        mesh = ax.pcolormesh(delay_ns, doppler_khz, level_db, cmap="viridis", vmin=FLOOR_DB, rasterized=True)
        bar = figure.colorbar(mesh, ax=ax, pad=0.02)
        bar.set_label("statistic (dB of mean noise)")
        ax.grid(visible=False)
        ax.set(xlabel="delay (ns)", ylabel="Doppler shift (kHz)")
        if found:
            ax.plot(1e9 * measurement.delay_s, 1e-3 * measurement.doppler_hz, "+", color=TARGET, ms=14, mew=1.6)
    ax.tick_params(labelsize=SMALL)
    add_heading(figure, left, _headline(measurement), _caption(measurement))
    return figure


def _headline(measurement: Measurement) -> str:
    verdict = measurement.verdict.replace("_", " ")
    if measurement.verdict == "not_detected":
        return f"{measurement.receiver_id}: {verdict}"
    return f"{measurement.receiver_id}: {verdict}, SNR {ratio_to_db(measurement.snr):.1f} dB"


def _caption(measurement: Measurement) -> str:
    if measurement.verdict == "not_detected":
        return measurement.message
    return (
        f"Delay {1e9 * measurement.delay_s:.4f} ns ± {1e12 * measurement.delay_std_s:.3g} ps, "
        f"Doppler {measurement.doppler_hz:.1f} ± {measurement.doppler_std_hz:.3g} Hz."
    )
