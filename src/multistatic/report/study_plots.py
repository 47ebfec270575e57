"""A study in pictures: each metric over the first swept key, one line a method, with the band of its interval.

Further swept keys make panels beside each other, one for each of their combinations. Where nothing is swept, or what is
swept has no scale, estimates stand side by side with the bars of their intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.axis_labels import key_label, metric_label, setting_label
from multistatic.report.study_assumptions import study_assumptions
from multistatic.report.study_table import metric_scale
from multistatic.report.style import (
    CAPTION_LINE_IN,
    ERROR,
    INK,
    MUTED,
    SELECTED,
    SENSING,
    SMALL,
    TARGET,
    add_heading,
    caption_lines,
    finish_axes,
    new_figure,
    render,
    require_matplotlib,
    styled,
)
from multistatic.report.wording import short_name
from multistatic.study.results import StudyResults

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours and the shapes of the points tell methods apart, in grey too.
_COLOURS = (SELECTED, TARGET, "#009e73", ERROR, SENSING, INK, MUTED)
_MARKERS = "osD^vPX*"
_LINES = ("-", "--", "-.", ":")
MAX_PANELS = 12
# Metrics that depend on clocks and on what is known of the target.
_ACCURACIES = ("value", "peb_m", "veb_m_s", "peb_with_angles_m", "veb_with_angles_m_s", "filter_position_rmse_m")
_PANEL_IN = (3.0, 2.3)


def study_pictures(
    results: StudyResults, metrics: Sequence[str] | None = None, bounds: Mapping[str, str] = MappingProxyType({})
) -> dict[str, bytes]:
    """`METRIC.svg` and `METRIC.png` of every metric that has a value.

    `bounds`: metric → another one of its unit that is drawn beside it, dotted.
    """
    require_matplotlib()
    pictures: dict[str, bytes] = {}
    with styled():
        for number, metric in enumerate(results.metrics):
            if (metrics is None or metric.name in metrics) and np.isfinite(results.values[..., number]).any():
                bound = bounds.get(metric.name)
                beside = None if bound is None else results.metric_index(bound)
                pictures |= render(study_figure(results, number, beside), metric.name)
    return pictures


def study_figure(results: StudyResults, metric: int, bound: int | None = None) -> Figure:
    """All panels of one metric, on one scale; dotted, where it is given, the metric that bounds it."""
    every = _panels(results)
    panels = every[:MAX_PANELS]
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    left, right, bottom, gap = 0.7, 0.15, 0.85, 0.45
    width = left + right + columns * _PANEL_IN[0] + (columns - 1) * gap
    shown = [point for _, members in panels for point in members]
    caption = _caption(results, metric, shown, bound)
    if len(every) > len(panels):
        caption.insert(1, f"{len(panels)} of {len(every)} panels are drawn.")
    caption = caption_lines(new_figure(1.0, 1.0), width - left - 0.1, caption)
    top = 0.85 + CAPTION_LINE_IN * (len(caption) - 1)
    height = top + bottom + rows * _PANEL_IN[1] + (rows - 1) * (gap + 0.35)
    figure = new_figure(width, height)
    over = results.metrics[metric].over
    label = metric_label(results.metrics[metric].name) + (f", over that of {short_name(over)}" if over else "")
    factor, words = metric_scale(results, metric, label)
    drawn: list[Axes] = []
    for number, (title, points) in enumerate(panels):
        row, column = divmod(number, columns)
        x = left + column * (_PANEL_IN[0] + gap)
        y = height - top - (row + 1) * _PANEL_IN[1] - row * (gap + 0.35)
        ax = figure.add_axes((x / width, y / height, _PANEL_IN[0] / width, _PANEL_IN[1] / height))
        draw_metric(ax, results, metric, points, factor)
        if bound is not None:
            _draw_bound(ax, results, bound, points, factor)
        if title:
            ax.set_title(title, size=SMALL, weight="normal")
        if column == 0:
            ax.set_ylabel(words)
        drawn.append(ax)
    _one_scale(drawn, may_be_logarithmic=not results.metrics[metric].proportion)
    handles, labels = drawn[0].get_legend_handles_labels()
    values = dict(zip(results.methods, np.isfinite(results.values[shown, ..., metric]).swapaxes(0, 1), strict=True))
    labels = [name if values[name].any() else f"{name}: no value" for name in labels]
    figure.legend(
        handles, labels, loc="lower center", ncols=min(len(labels), 2 * min(columns, 2)), frameon=False, fontsize=SMALL
    )
    add_heading(figure, left, f"{results.name}: {results.metrics[metric].description}", *caption)
    return figure


def _caption(results: StudyResults, metric: int, points: Sequence[int], bound: int | None) -> list[str]:
    """Sentences: which statistic of how many trials, with which intervals, and what accuracies assume."""
    rule = results.rule
    found = [results.estimate(point, number, metric) for point in points for number in range(len(results.methods))]
    known = [each for each in found if each.value is not None]
    bare = sum(each.low is None for each in known)
    interval = f" with its {100 * rule.confidence:g} % interval"
    few = " No interval is drawn: there are too few trials for one." if bare else ""
    if 0 < bare < len(known):
        few = " No interval is drawn where there are too few trials for one."
    state = "" if results.complete else ", not complete"
    kind = "share" if results.metrics[metric].proportion else rule.statistic
    trials = int(results.done().any(axis=1).sum())
    line = f"{kind}{interval if bare < len(known) else ''}, {trials} trials in all{state}"
    if bound is not None:
        line += f"; dotted: {results.metrics[bound].description}"
    assumed = study_assumptions(results) if results.metrics[metric].name in _ACCURACIES else []
    return [f"{line[0].upper()}{line[1:]}.{few}", *assumed]


def draw_metric(ax: Axes, results: StudyResults, metric: int, points: Sequence[int], factor: float) -> None:
    """One line a method through the estimates of `points`, the interval as a band, or as bars without a scale.

    Each line is thinner than the one before, and bands have an edge: where methods agree, all of them are seen.
    """
    x, key = _abscissa(results, points)
    widths = np.linspace(1.0 + min(2.0, 0.5 * (len(results.methods) - 1)), 1.0, len(results.methods))
    if not np.isfinite(results.values[points, ..., metric]).any():
        ax.text(0.5, 0.5, "no values", transform=ax.transAxes, ha="center", va="center", color=MUTED)
        ax.set_xlim(x.min(), x.max())
    for number, name in enumerate(results.methods):
        found = [results.estimate(point, number, metric) for point in points]
        known = [place for place, each in enumerate(found) if each.value is not None]
        middle = np.array([factor * float(found[place].value or 0.0) for place in known])
        low, high = (
            np.array([np.nan if (end := getattr(found[place], side)) is None else factor * end for place in known])
            for side in ("low", "high")
        )
        colour, width = _COLOURS[number % len(_COLOURS)], widths[number]
        look: dict[str, Any] = {"color": colour, "markersize": 2.0 + 1.5 * width, "linewidth": width}
        look |= {"marker": _MARKERS[number % len(_MARKERS)], "linestyle": _LINES[number // len(_COLOURS) % len(_LINES)]}
        if key is None:
            shift = 0.5 * (number + 1) / (len(results.methods) + 1) - 0.25
            # An end may lie a rounding error on the wrong side, as that of a share of 1 does.
            reach = np.maximum(np.nan_to_num([middle - low, high - middle]), 0.0)
            ax.errorbar(np.array(known) + shift, middle, reach, label=name, capsize=2, **{**look, "linestyle": "none"})
            continue
        ax.plot(x[known], middle, label=name, **look)
        ax.fill_between(x[known], low, high, facecolor=(colour, 0.14), edgecolor=(colour, 0.5), linewidth=0.5)
    if key is None:
        ax.set_xticks(range(len(points)), [short_name(each) for each in _names(results, points)])
        if _one_key(results):
            ax.set_xlabel(key_label(results.axes[0].key))
        ax.set_xlim(-0.5, len(points) - 0.5)
    else:
        ax.set_xlabel(key_label(key))
        if x.min() > 0 and x.max() / x.min() > 30:
            ax.set_xscale("log")
            ax.xaxis.set_major_formatter("{x:g}")
            ax.xaxis.set_minor_formatter("")
    finish_axes(ax)


def _draw_bound(ax: Axes, results: StudyResults, metric: int, points: Sequence[int], factor: float) -> None:
    """A dotted line for each method, in its colour."""
    x, _ = _abscissa(results, points)
    for number in range(len(results.methods)):
        found = [results.estimate(point, number, metric).value for point in points]
        known = [place for place, value in enumerate(found) if value is not None]
        values = [factor * float(found[place] or 0.0) for place in known]
        ax.plot(x[known], values, color=_COLOURS[number % len(_COLOURS)], linestyle=":", linewidth=1.4)


def _panels(results: StudyResults) -> list[tuple[str, list[int]]]:
    """(title, points) of each panel: a combination of all swept keys but the first."""
    if results.combine != "grid" or len(results.axes) < 2:
        return [("", list(range(len(results.settings))))]
    numbers = np.arange(len(results.settings)).reshape(results.shape)
    others = results.axes[1:]
    panels = []
    columns = numbers.reshape(len(results.axes[0].values), -1).T
    for index, points in zip(product(*(range(len(axis.values)) for axis in others)), columns, strict=True):
        chosen = {axis.key: axis.values[i] for axis, i in zip(others, index, strict=True)}
        panels.append((_titled(chosen), points.tolist()))
    return panels


def _one_key(results: StudyResults) -> bool:
    """Within a panel only the first swept key changes."""
    return bool(results.axes) and (len(results.axes) == 1 or results.combine == "grid")


def _names(results: StudyResults, points: Sequence[int]) -> list[str]:
    """What stands below points without a scale."""
    settings = [results.settings[point] for point in points]
    if _one_key(results):
        return [str(each[results.axes[0].key]).replace("_", " ") for each in settings]
    return [_titled(each) for each in settings]


def _titled(settings: Mapping[str, Any]) -> str:
    return ", ".join(setting_label(key, value) for key, value in settings.items()) or "all"


def _abscissa(results: StudyResults, points: Sequence[int]) -> tuple[np.ndarray, str | None]:
    """Values of the first swept key at `points`, and the key; None where they are no numbers."""
    if results.axes:
        key = results.axes[0].key
        values = [results.settings[point][key] for point in points]
        if len(values) > 1 and all(isinstance(value, int | float) for value in values):
            return np.array(values, float), key
    return np.arange(len(points), dtype=float), None


def _one_scale(drawn: Sequence[Axes], *, may_be_logarithmic: bool) -> None:
    """All panels from the lowest to the highest end of an interval, logarithmic where that spans a decade."""
    from matplotlib.ticker import LogLocator, NullFormatter

    limits = np.array([ax.get_ylim() for ax in drawn])
    values = np.array([ax.dataLim.intervaly for ax in drawn])
    values = values[np.isfinite(values)]
    logarithmic = may_be_logarithmic and len(values) > 0 and values.min() > 0 and values.max() / values.min() > 10
    for ax in drawn:
        if logarithmic:
            ax.set_yscale("log")
            ax.set_ylim(values.min() / 1.5, values.max() * 1.5)
            between = (1.0, 2.0, 5.0) if values.max() < 100 * values.min() else (1.0,)
            ax.yaxis.set_major_locator(LogLocator(subs=between))
            ax.yaxis.set_major_formatter("{x:g}")
            ax.yaxis.set_minor_formatter(NullFormatter())
        else:
            ax.set_ylim(limits[:, 0].min(), limits[:, 1].max())
