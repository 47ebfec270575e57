"""Lines and rows of a study: estimates of each method with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.study_scale import KeyScale, MetricScale
from multistatic.report.study_table import LEAST_OF_A_SHARE
from multistatic.report.study_view import Panel, Series, StudyView
from multistatic.report.style import ERROR, INK, MUTED, SELECTED, SENSING, TARGET, finish_axes
from multistatic.study.results import StudyResults
from multistatic.study.statistics import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

# Methods differ in colour (Okabe and Ito's palette) and in the shape of their points, also in grey.
_COLOURS = (SELECTED, TARGET, "#009e73", ERROR, SENSING, INK, MUTED)
_MARKERS = "osD^vPX*"
_LINES = ("-", "--", "-.", ":")
NO_VALUE = "no value"
BOUND = "bound"
# More intervals than this in a panel are drawn as bands instead of bars.
_MANY_INTERVALS = 60
_APART_PT = 3.0


def series_look(number: int, of: int) -> dict[str, Any]:
    """Colour, marker and line of one of several series; each line is thinner than the one before, so that all are seen
    where they coincide.
    """
    width = float(np.linspace(1.0 + min(2.0, 0.5 * (of - 1)), 1.0, of)[number % of])
    return {
        "color": _COLOURS[number % len(_COLOURS)],
        "marker": _MARKERS[number % len(_MARKERS)],
        "linestyle": _LINES[number // len(_COLOURS) % len(_LINES)],
        "linewidth": width,
        "markersize": 2.0 + 1.5 * width,
    }


def draw_study_lines(
    ax: Axes, results: StudyResults, metric: int, panel: Panel, key: KeyScale, scale: MetricScale
) -> None:
    """A line through the estimates of each series over a swept key, with bars or, where they are many, bands of their
    intervals. Series stand a little beside each other, so that equal ones are all seen. A cross at the lower edge: no
    value there.
    """
    count = len(panel.series)
    bars = _has_bars(panel)
    missing = 0
    if not _has_value(results, metric, panel):
        _say_nothing_is_here(ax)
    for series in panel.series:
        found = _estimates(results, metric, series)
        x = key.factor * np.array([float(results.settings[point][key.key]) for point in series.points])
        order = np.argsort(x)
        x, found = x[order], [found[k] for k in order]
        known = np.array([each.value is not None for each in found])
        if not known.any():
            continue
        middle, low, high = _drawn(found, scale.factor)
        look = series_look(series.number, count)
        beside = _beside(ax, series.number, count) if bars else ax.transData
        ax.plot(x[known], middle[known], label=series.label, transform=beside, **look)
        has_interval = known & np.isfinite(low)
        if bars and has_interval.any():
            reach = np.maximum([middle - low, high - middle], 0.0)[:, has_interval]
            ax.errorbar(
                x[has_interval],
                middle[has_interval],
                reach,
                fmt="none",
                ecolor=look["color"],
                elinewidth=0.8,
                capsize=1.8,
                capthick=0.8,
                transform=beside,
            )
        elif has_interval.any():
            ax.fill_between(
                x[known],
                low[known],
                high[known],
                facecolor=(look["color"], 0.12),
                edgecolor=(look["color"], 0.6),
                lw=0.5,
            )
        missing += _mark_missing(ax, x[~known], series.number)
    if missing:
        ax.plot([], [], "x", color=MUTED, markersize=3.5, label=NO_VALUE)
    finish_axes(ax)


def draw_study_rows(ax: Axes, results: StudyResults, metric: int, panel: Panel, scale: MetricScale) -> None:
    """One row for each point, first at the top, and in it the estimate of each series with the bar of its interval."""
    count = len(panel.series)
    if not _has_value(results, metric, panel):
        _say_nothing_is_here(ax)
    missing = 0
    for series in panel.series:
        found = _estimates(results, metric, series)
        known = np.array([each.value is not None for each in found])
        if not known.any():
            continue
        middle, low, high = _drawn(found, scale.factor)
        rows = np.arange(len(found)) + 0.6 * ((series.number + 0.5) / count - 0.5)
        look = {**series_look(series.number, count), "linestyle": "none", "markersize": 4.5}
        reach = np.nan_to_num(np.maximum([middle - low, high - middle], 0.0))[:, known]
        bars = reach if reach.any() else None
        ax.plot(middle[known], rows[known], label=series.label, **look)
        if bars is not None:
            ax.errorbar(
                middle[known], rows[known], xerr=bars, fmt="none", ecolor=look["color"], elinewidth=1.0, capsize=2
            )
        unknown = rows[~known]
        ax.plot(
            np.full(len(unknown), 0.02), unknown, "x", color=look["color"], markersize=3.5,
            transform=ax.get_yaxis_transform(),
        )  # fmt: skip
        missing += len(unknown)
    if missing:
        ax.plot([], [], "x", color=MUTED, markersize=3.5, label=NO_VALUE)
    rows_in_panel = len(panel.series[0].points)
    ax.set_ylim(rows_in_panel - 0.5, -0.5)
    finish_axes(ax, grid_axis="x")


def draw_methods_in_rows(ax: Axes, results: StudyResults, metric: int, scale: MetricScale) -> None:
    """A study of one point: one row for each method."""
    for number in range(len(results.methods)):
        found = shown_estimate(results, 0, number, metric)
        look = {**series_look(number, len(results.methods)), "linestyle": "none", "markersize": 4.5}
        if found.value is None:
            ax.text(0.02, number, NO_VALUE, transform=ax.get_yaxis_transform(), va="center", color=MUTED, size="small")
            continue
        (middle,), (low,), (high,) = _drawn([found], scale.factor)
        ax.plot([middle], [number], **look)
        if np.isfinite(low):
            reach = np.maximum([[middle - low], [high - middle]], 0.0)
            ax.errorbar([middle], [number], xerr=reach, fmt="none", ecolor=look["color"], elinewidth=1.0, capsize=2)
    ax.set_ylim(len(results.methods) - 0.5, -0.5)
    finish_axes(ax, grid_axis="x")


def draw_study_bound(
    ax: Axes, results: StudyResults, metric: int, panel: Panel, key: KeyScale, scale: MetricScale
) -> None:
    """A dotted line for each series, in its colour: the metric that bounds the one that is drawn. The legend has one
    entry for all of them, and another one for a series that has nothing but its bound.
    """
    drawn = {line.get_label() for line in ax.lines}
    for series in panel.series:
        found = [
            (float(results.settings[p][key.key]), results.estimate(p, series.method, metric).value)
            for p in series.points
        ]
        known = sorted((key.factor * x, scale.factor * value) for x, value in found if value is not None)
        if known:
            colour = series_look(series.number, len(panel.series))["color"]
            alone = series.label not in drawn and bool(series.label)
            label = f"{series.label}: {BOUND} only" if alone else None
            ax.plot(*np.transpose(known), color=colour, linestyle=":", linewidth=1.4, label=label)
    ax.plot([], [], color=MUTED, linestyle=":", linewidth=1.4, label=BOUND)


def shown_estimate(results: StudyResults, point: int, method: int, metric: int) -> Estimate:
    """An estimate with the interval that is drawn; a share of few trials has none, as in tables."""
    found = results.estimate(point, method, metric)
    few = results.metrics[metric].proportion and found.count < LEAST_OF_A_SHARE
    return replace(found, low=None, high=None) if few else found


def stand_beside(panel: Panel, view: StudyView) -> bool:
    """Whether the marks of a panel of lines are moved sideways."""
    return view.kind == "lines" and len(panel.series) > 1 and _has_bars(panel)


def _has_bars(panel: Panel) -> bool:
    return sum(len(each.points) for each in panel.series) <= _MANY_INTERVALS


def _estimates(results: StudyResults, metric: int, series: Series) -> list[Estimate]:
    return [shown_estimate(results, point, series.method, metric) for point in series.points]


def _drawn(found: Sequence[Estimate], factor: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Estimates and the ends of their intervals as they are drawn, NaN where there is none."""
    rows = [[np.nan if end is None else factor * end for end in (each.value, each.low, each.high)] for each in found]
    middle, low, high = np.array(rows).T
    return middle, low, high


def _has_value(results: StudyResults, metric: int, panel: Panel) -> bool:
    return any(np.isfinite(results.values[point, method, :, metric]).any() for point, method in panel.pairs)


def _say_nothing_is_here(ax: Axes) -> None:
    ax.text(0.5, 0.5, "no values", transform=ax.transAxes, ha="center", va="center", color=MUTED)


def _beside(ax: Axes, number: int, of: int) -> Transform:
    """Data coordinates, moved sideways by a few points."""
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure()
    assert figure is not None
    moved = (number - (of - 1) / 2) * min(_APART_PT, 9.0 / max(of - 1, 1)) / 72.0
    return ax.transData + ScaledTranslation(moved, 0.0, figure.dpi_scale_trans)


def _mark_missing(ax: Axes, x: np.ndarray, number: int) -> int:
    """Crosses at the lower edge, those of each series in another line; returns how many."""
    if len(x):
        colour = _COLOURS[number % len(_COLOURS)]
        heights = np.full(len(x), 0.03 + 0.045 * number)
        ax.plot(x, heights, "x", color=colour, markersize=3.5, transform=ax.get_xaxis_transform())
    return len(x)
