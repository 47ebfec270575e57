"""The matched filter's statistic at one receiver: over all delays searched, and over delay and Doppler shift near the
echo that was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.estimation.error_digits import with_error
from multistatic.estimation.from_recordings import Estimated
from multistatic.estimation.matched_filter import StatisticMap
from multistatic.estimation.measurement import Measurement
from multistatic.report.delay_doppler_view import DelayDopplerView, delay_doppler_view
from multistatic.report.legend_lines import wrap_legend_labels
from multistatic.report.picture_layout import add_panel, finish_picture, picture_heading, tall_figure
from multistatic.report.style import (
    BAD,
    MUTED,
    SCREEN,
    SELECTED,
    SMALL,
    TARGET,
    PictureStyle,
    rendered_pictures,
    require_matplotlib,
    styled,
)
from multistatic.report.wording import common_unit, quantity
from multistatic.signal.waveform import Waveform
from multistatic.units import F, ratio_to_db

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SCREEN_IN, _HEIGHT_IN, _LEFT_IN = 6.6, 2.3, 0.55
_TITLE_IN, _LABELS_IN, _BAR_IN = 0.22, 0.42, 0.7
# The map over everything that was searched is drawn from so many Doppler shifts on that the block can distinguish.
_MAP_FROM = 6.0
# Levels that a map shows below its peak, and a level that stands for "nothing", in dB.
_DYNAMIC_DB, _NOTHING_DB = 50.0, -10.0
_LEVEL = "matched-filter output over noise (dB)"


def delay_doppler_pictures(
    one: Estimated, reference: Waveform, name: str, style: PictureStyle = SCREEN
) -> dict[str, bytes]:
    """`name.svg` and `name.png` of the first trial of a recording, and `captions.txt`. `MissingDependencyError` without
    matplotlib.
    """
    require_matplotlib()
    with styled():
        figure = delay_doppler_figure(delay_doppler_view(one, reference), one.measurements[0], style)
        return rendered_pictures([(name, figure)])


def delay_doppler_figure(view: DelayDopplerView, measurement: Measurement, style: PictureStyle = SCREEN) -> Figure:
    """The largest statistic at each delay searched, and beside it (in a narrow picture below) the map near the peak;
    a map of the whole search where it has several Doppler shifts that the block can distinguish.
    """
    width_in = style.width_in(screen=_SCREEN_IN)
    heading = picture_heading(_title(measurement), _sentences(view, measurement), width_in=width_in, style=style)
    figure = tall_figure(width_in)
    whole_in = width_in - _LEFT_IN - 0.12
    profile_in = whole_in if style.narrow else 0.5 * whole_in - 0.2
    below_in = heading.height_in + _TITLE_IN
    draw_delay_profile(add_panel(figure, _LEFT_IN, below_in, profile_in, _HEIGHT_IN), view, measurement)
    near_left_in = _LEFT_IN
    if style.narrow:
        below_in += _HEIGHT_IN + _LABELS_IN + _TITLE_IN + 0.08
    else:
        near_left_in += profile_in + 0.75
    near_in = width_in - near_left_in - _BAR_IN
    near = add_panel(figure, near_left_in, below_in, near_in, _HEIGHT_IN)
    bar = add_panel(figure, near_left_in + near_in + 0.08, below_in, 0.1, _HEIGHT_IN)
    draw_near_peak(near, bar, view, measurement)
    below_in += _HEIGHT_IN + _LABELS_IN
    if _is_wide(view):
        below_in += _TITLE_IN + 0.08
        map_in = width_in - _LEFT_IN - _BAR_IN
        searched = add_panel(figure, _LEFT_IN, below_in, map_in, _HEIGHT_IN)
        bar = add_panel(figure, _LEFT_IN + map_in + 0.08, below_in, 0.1, _HEIGHT_IN)
        draw_searched_map(searched, bar, view, measurement)
        below_in += _HEIGHT_IN + _LABELS_IN
    wrap_legend_labels(figure.axes, width_in - 0.2)
    finish_picture(figure, below_in, heading)
    return figure


def draw_delay_profile(ax: Axes, view: DelayDopplerView, measurement: Measurement) -> None:
    """Over all delays searched, in ns: the largest statistic of all Doppler shifts, in dB of the mean noise; the
    threshold of detection, the median, and the echo.
    """
    level_db, peak_db = _decibels(view.searched.values.max(axis=0)), _peak_db(view)
    ax.plot(1e9 * view.searched.delay_s, level_db, color=SELECTED, linewidth=0.7, label=_profile_label(view))
    if view.threshold is not None:
        rate = f"{100 * view.false_alarm_rate:.3g} %"
        look: dict[str, Any] = {"color": BAD, "linewidth": 1.0, "linestyle": "dashed"}
        ax.axhline(ratio_to_db(view.threshold), label=f"threshold of detection (false alarms: {rate})", **look)
    ax.axhline(ratio_to_db(view.median), color=MUTED, linewidth=1.0, linestyle="dotted", label="median of the search")
    _mark_echo(ax, measurement, peak_db)
    lowest = min(0.0, float(np.percentile(level_db, 1.0)))
    highest = max(peak_db, 0.0 if view.threshold is None else ratio_to_db(view.threshold))
    ax.set_ylim(lowest, highest + 0.1 * (highest - lowest))
    ax.set(xlabel="delay (ns)", ylabel=_LEVEL)
    ax.margins(x=0.02)
    ax.set_title("All delays searched", **_panel_title())


def draw_near_peak(ax: Axes, bar: Axes, view: DelayDopplerView, measurement: Measurement) -> None:
    """The statistic over delay and Doppler shift around the largest peak, with its colour bar in `bar`."""
    _draw_map(ax, bar, view.near, view, measurement)
    ax.set_title("Around the largest peak", **_panel_title())


def draw_searched_map(ax: Axes, bar: Axes, view: DelayDopplerView, measurement: Measurement) -> None:
    """The statistic over everything that was searched, with its colour bar in `bar`."""
    _draw_map(ax, bar, view.searched, view, measurement)
    ax.set_title("All delays and Doppler shifts searched", **_panel_title())


def _draw_map(ax: Axes, bar: Axes, mapped: StatisticMap, view: DelayDopplerView, measurement: Measurement) -> None:
    figure = ax.get_figure(root=True)
    assert figure is not None
    level_db = _decibels(mapped.values)
    peak_db = float(level_db.max())
    # From what is usual in the search on, but never so little that noise alone looks like an echo.
    lowest_db = min(max(peak_db - _DYNAMIC_DB, ratio_to_db(view.median)), peak_db - 10.0)
    factor, unit = common_unit(np.abs(mapped.doppler_hz), "Hz")
    mesh = ax.pcolormesh(
        1e9 * mapped.delay_s,
        factor * mapped.doppler_hz,
        level_db,
        cmap="viridis",
        vmin=lowest_db,
        vmax=peak_db,
        rasterized=True,
        shading="nearest",
    )
    colors = figure.colorbar(mesh, cax=bar, extend="min")
    colors.set_label(_LEVEL)
    ax.grid(visible=False)
    ax.set(xlabel="delay (ns)", ylabel=f"Doppler shift ({unit})")
    _mark_echo(ax, measurement, factor * measurement.doppler_hz)


def _mark_echo(ax: Axes, measurement: Measurement, height: float) -> None:
    """A ring, so that the peak inside of it is seen; nothing where no echo was found."""
    if measurement.verdict == "not_detected":
        return
    word = "echo" if measurement.verdict == "detected" else "largest of two peaks that noise cannot order"
    place = 1e9 * measurement.delay_s, height
    if ax.collections:  # on the colours of a map
        ax.scatter(*place, s=95, facecolors="none", edgecolors="white", linewidths=2.8, zorder=5)
    ax.scatter(*place, s=95, facecolors="none", edgecolors=TARGET, linewidths=1.4, zorder=6, label=word)


def _decibels(values: F) -> F:
    found: F = 10.0 * np.log10(np.maximum(values, 10.0 ** (_NOTHING_DB / 10.0)))
    return found


def _peak_db(view: DelayDopplerView) -> float:
    return float(_decibels(max(view.near.values.max(), view.searched.values.max())))


def _is_wide(view: DelayDopplerView) -> bool:
    return float(np.ptp(view.searched.doppler_hz)) * view.duration_s >= _MAP_FROM


def _panel_title() -> dict[str, Any]:
    return {"size": SMALL, "weight": "normal", "pad": 4.0}


def _profile_label(view: DelayDopplerView) -> str:
    several = len(view.searched.doppler_hz) > 1
    return "largest of all Doppler shifts searched" if several else "matched-filter output"


def _title(measurement: Measurement) -> str:
    verdict = measurement.verdict.replace("_", " ")
    if measurement.verdict == "not_detected":
        return f"{measurement.receiver_id}: no echo detected"
    return f"{measurement.receiver_id}: echo {verdict}, SNR {ratio_to_db(measurement.snr):.1f} dB"


def _sentences(view: DelayDopplerView, measurement: Measurement) -> list[str]:
    """Sentences of the caption: the measurement, what was searched, and why the median is what it is."""
    parts = []
    if measurement.verdict != "not_detected":
        parts.append(
            f"Delay {with_error(1e9 * measurement.delay_s, 1e9 * measurement.delay_std_s, 'ns')}, Doppler shift "
            f"{with_error(measurement.doppler_hz, measurement.doppler_std_hz, 'Hz').replace('-', '−')} (one standard "
            "deviation, of noise)."
        )
    if measurement.message:
        parts.append(measurement.message)
    low, high = view.doppler_range_hz
    searched = f"{quantity(low, 'Hz')} to {quantity(high, 'Hz')}" if high > low else quantity(low, "Hz")
    parts.append(
        f"Doppler shifts searched: {searched.replace('-', '−')}. The signal lasts {quantity(view.duration_s, 's')} and "
        f"resolves {quantity(1.0 / view.duration_s, 'Hz')}."
    )
    median_db, noise_db = ratio_to_db(view.median), ratio_to_db(view.noise_median)
    if median_db > noise_db + 6.0:
        parts.append(
            f"Median of the search: {median_db:.0f} dB; of noise alone it would be {noise_db:.0f} dB. The rest is from "
            "side lobes of the echo, other echoes and interference."
        )
    return [part.replace("dB; of noise alone it would be -", "dB; of noise alone it would be −") for part in parts]
