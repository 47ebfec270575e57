"""A study in pictures: one for each metric, or several where it has more panels than fit on one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.report.axis_labels import key_label
from multistatic.report.picture_layout import Heading, add_panel, finish_picture, picture_heading, tall_figure
from multistatic.report.study_cells import draw_colour_bar, draw_study_heatmap, draw_study_map, map_limits
from multistatic.report.study_lines import (
    draw_methods_in_rows,
    draw_study_bound,
    draw_study_lines,
    draw_study_rows,
    series_look,
    shown_estimate,
)
from multistatic.report.study_scale import (
    KeyScale,
    MetricScale,
    broken,
    key_scale,
    metric_axis,
    metric_title,
    set_key_axis,
    tick_label,
)
from multistatic.report.study_view import MAX_ROWS, Panel, StudyView, study_view
from multistatic.report.study_words import study_caption
from multistatic.report.style import (
    INK,
    SCREEN,
    SMALL,
    PictureStyle,
    new_figure,
    rendered_pictures,
    require_matplotlib,
    styled,
    text_width_in,
)
from multistatic.study.results import StudyResults

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROWS_OF_PANELS = 4
STATED = "stated in the paper"
_COLUMNS = {"screen": 3, "double-column": 2, "column": 1}
_LINE_IN, _SMALL_LINE_IN = 0.15, 0.135
_TICKS_IN, _GAP_IN, _RIGHT_IN = 0.22, 0.3, 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedValue:
    """A value that somebody has published, drawn as a star: of `method`, at `at` of the swept key of the x axis."""

    method: str
    at: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What is drawn besides the estimates of a metric.

    bound: number of the metric that bounds it, dotted. stated: published values. words: sentences for the caption.
    """

    bound: int | None = None
    stated: tuple[StatedValue, ...] = ()
    words: tuple[str, ...] = ()


_NOTHING = Extras()


def study_pictures(
    results: StudyResults,
    metrics: Sequence[str] | None = None,
    extras: Mapping[str, Extras] = MappingProxyType({}),
    *,
    style: PictureStyle = SCREEN,
    prefix: str = "",
) -> dict[str, bytes]:
    """`METRIC.svg` and `METRIC.png` of every metric that has a value, `METRIC_1.svg` and so on where it needs several
    pages, and `captions.txt`.

    extras: what is drawn besides, by metric. prefix: of the names of the files.
    """
    require_matplotlib()
    with styled():
        return rendered_pictures(named_study_figures(results, metrics, extras, style=style, prefix=prefix))


def named_study_figures(
    results: StudyResults,
    metrics: Sequence[str] | None = None,
    extras: Mapping[str, Extras] = MappingProxyType({}),
    *,
    style: PictureStyle = SCREEN,
    prefix: str = "",
) -> Iterator[tuple[str, Figure]]:
    """(name of the file, figure) of all that `study_pictures` writes; consume it inside `styled()`."""
    for number, metric in enumerate(results.metrics):
        if (metrics is None or metric.name in metrics) and np.isfinite(results.values[..., number]).any():
            figures = study_figures(results, number, extras.get(metric.name, _NOTHING), style=style)
            for page, figure in enumerate(figures, start=1):
                yield f"{prefix}{metric.name}{f'_{page}' if len(figures) > 1 else ''}", figure


def study_picture_names(results: StudyResults, metrics: Sequence[str] | None = None, *, prefix: str = "") -> list[str]:
    """Every file that `study_pictures` may have written of these metrics, in whatever style: those of an earlier call
    that are not written again show something else.
    """
    pages = range(1, len(study_view(results).panels) + 1)
    names = [each.name for each in results.metrics if metrics is None or each.name in metrics]
    endings = ["", *(f"_{page}" for page in pages)]
    return [f"{prefix}{name}{ending}.{kind}" for name in names for ending in endings for kind in ("svg", "png")]


def study_figure(results: StudyResults, metric: int, page: int = 1, *, style: PictureStyle = SCREEN) -> Figure:
    """One page of `study_figures`, counted from 1; call inside `styled()`. Raises `InputError` for a page that there is
    none of.
    """
    figures = study_figures(results, metric, style=style)
    if not 1 <= page <= len(figures):
        raise InputError([Problem("page", str(page), f"1 to {len(figures)}" if len(figures) > 1 else "1")])
    return figures[page - 1]


def study_figures(
    results: StudyResults, metric: int, extras: Extras = _NOTHING, *, style: PictureStyle = SCREEN
) -> list[Figure]:
    """All panels of one metric, on one scale, on as many pages as they need; call inside `styled()`."""
    view = _of_methods_with_a_value(study_view(results), results, metric)
    scale = metric_axis(results, metric, _shown_values(results, metric, view, extras))
    columns = _columns(view, style)
    # Long lists of rows take a page each: other rows cannot stand beside them.
    size = 1 if _is_long_list(view) else columns * ROWS_OF_PANELS
    pages = [view.panels[start : start + size] for start in range(0, len(view.panels), size)]
    figures = []
    for number, panels in enumerate(pages):
        sentences = [*study_caption(results, metric, view), *extras.words]
        if extras.bound is not None:
            sentences.insert(1, f"Dotted: {metric_title(results.metrics[extras.bound])}.")
        if len(pages) > 1:
            first = number * size + 1
            last = first + len(panels) - 1
            where = f"panel{f's {first} to {last}' if last > first else f' {first}'} of {len(view.panels)}"
            sentences.insert(0, f"Page {number + 1} of {len(pages)}: {where}.")
        drawing = _Page(results=results, metric=metric, view=view, scale=scale, panels=panels, extras=extras)
        title = f"{results.name}: {metric_title(results.metrics[metric])}"
        figures.append(_draw_page(drawing, min(columns, len(panels)), title, sentences, style))
    return figures


def _of_methods_with_a_value(view: StudyView, results: StudyResults, metric: int) -> StudyView:
    """Maps and heatmaps without the panels of methods that have no value at any point: the caption names these."""
    if view.kind not in ("heatmap", "map"):
        return view
    known = np.asarray(np.isfinite(results.values[..., metric]).any(axis=(0, 2)))
    panels = tuple(panel for panel in view.panels if any(known[method] for _, method in panel.pairs))
    columns = int(known.sum()) if view.columns == len(known) else view.columns
    return replace(view, panels=panels or view.panels, columns=max(columns, 1))


def _shown_values(results: StudyResults, metric: int, view: StudyView, extras: Extras) -> Iterator[float | None]:
    """All values that must have a place on the axis."""
    intervals = view.kind in ("lines", "rows")
    for point in range(len(results.settings)):
        for method in range(len(results.methods)):
            found = shown_estimate(results, point, method, metric)
            yield from (found.value, found.low, found.high) if intervals else (found.value,)
            if extras.bound is not None:
                yield results.estimate(point, method, extras.bound).value
    yield from (each.value for each in extras.stated)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What a page draws."""

    results: StudyResults
    metric: int
    view: StudyView
    scale: MetricScale
    panels: tuple[Panel, ...]
    extras: Extras

    @property
    def key(self) -> KeyScale | None:
        """The scale of the x axis of lines."""
        return key_scale(self.results, self.view.keys[0]) if self.view.kind == "lines" else None

    @property
    def of_methods(self) -> bool:
        """True where rows are methods, for there is one point."""
        return self.view.kind == "rows" and len(self.results.settings) == 1

    def row_labels(self, panel: Panel) -> list[str]:
        """Names of the rows of a panel."""
        if self.of_methods:
            return list(self.view.rows)
        return [self.view.rows[point] for point in panel.series[0].points]

    @property
    def y_label(self) -> str:
        """What stands at the left of the panels."""
        if self.view.kind == "lines":
            return self.scale.label
        if self.view.kind == "heatmap":
            return key_scale(self.results, self.view.keys[1]).label
        if self.view.places is not None:
            return "north (m)" if self.view.places.geodetic else "y (m)"
        return key_label(self.view.keys[0]) if self.view.keys else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sizes:
    """Inches: of the room left of the panels, of a panel, and of the room between two."""

    left: float
    width: float
    heights: tuple[float, ...]
    gap: float


def _columns(view: StudyView, style: PictureStyle) -> int:
    """How many panels stand beside each other."""
    most, count = 1 if _is_long_list(view) else _COLUMNS[style.width], len(view.panels)
    if 1 < view.columns <= most:
        return view.columns
    return 2 if count == 4 and most > 2 else min(most, count)


def _is_long_list(view: StudyView) -> bool:
    """Rows of which there are more than fit into a panel."""
    return view.kind == "rows" and any(len(panel.series[0].points) == MAX_ROWS for panel in view.panels)


def _sizes(page: _Page, columns: int, style: PictureStyle) -> _Sizes:
    """How large panels are, so that what stands at their left has its place."""
    probe = new_figure(1.0, 1.0)
    labels = _left_labels(page)
    widest = max(
        (text_width_in(probe, line, size=SMALL) for label in labels for line in label.split("\n")), default=0.2
    )
    label_lines = len(broken(probe, page.y_label, 1.9)) if page.y_label else 0
    left = 0.14 + label_lines * _LINE_IN + widest + 0.12
    screen = left + columns * (4.2 if columns == 1 else 3.0) + (columns - 1) * _GAP_IN + _RIGHT_IN
    width = (style.width_in(screen) - left - _RIGHT_IN - (columns - 1) * _GAP_IN) / columns
    heights = tuple(_panel_height_in(page, panel, width) for panel in page.panels)
    return _Sizes(left=left, width=max(width, 1.0), heights=heights, gap=_GAP_IN)


def _left_labels(page: _Page) -> list[str]:
    """All that may be written at the left of a panel."""
    if page.view.kind == "lines":
        return page.scale.tick_labels
    if page.view.kind == "rows":
        return [_row_name(label) for panel in page.panels for label in page.row_labels(panel)]
    if page.view.kind == "heatmap":
        key = page.view.keys[1]
        return [tick_label(value) for value in key_scale(page.results, key).drawn]
    return ["−00000"]


def _row_name(label: str) -> str:
    """The name of a row in lines of at most 28 letters."""
    from textwrap import fill

    return fill(label, 28)


def _panel_height_in(page: _Page, panel: Panel, width_in: float) -> float:
    if page.view.kind == "lines":
        return 2.1
    if page.view.kind == "rows":
        lines = [_row_name(label).count("\n") + 1 for label in page.row_labels(panel)]
        series = 1 if page.of_methods else len(panel.series)
        least = min(1.2, 0.075 * len(page.y_label)) if page.y_label else 0.6
        return max(least, len(lines) * max(0.18, 0.09 * series, max(lines) * _SMALL_LINE_IN + 0.05))
    if page.view.kind == "heatmap":
        count = len(next(axis.values for axis in page.results.axes if axis.key == page.view.keys[1]))
        return float(np.clip(0.2 * count, 1.2, 3.2))
    assert page.view.places is not None
    low, high = map_limits(page.view.places)
    return float(np.clip(width_in * np.divide(*(high - low)[::-1]), 1.2, 1.2 * width_in))


def _draw_page(page: _Page, columns: int, title: str, sentences: Sequence[str], style: PictureStyle) -> Figure:
    """The figure: heading, panels in rows, a colour bar where there is one, and a legend."""
    sizes = _sizes(page, columns, style)
    width = style.width_in(sizes.left + columns * sizes.width + (columns - 1) * sizes.gap + _RIGHT_IN)
    heading = picture_heading(title, sentences, width_in=width, style=style)
    figure = tall_figure(width)
    top = _draw_panels(figure, page, columns, sizes, heading)
    if page.view.kind in ("heatmap", "map"):
        under_all = columns * sizes.width + (columns - 1) * sizes.gap
        bar = add_panel(figure, sizes.left, top + 0.08, under_all, 0.1)
        draw_colour_bar(figure, bar, page.scale)
        top += 0.08 + 0.1 + _TICKS_IN + _LINE_IN + 0.05
    finish_picture(figure, top, heading, legend_left_in=min(sizes.left, 0.3))
    return figure


def _draw_panels(figure: Figure, page: _Page, columns: int, sizes: _Sizes, heading: Heading) -> float:
    """Draw all panels; returns where the lowest one with its labels ends, in inches from the top."""
    top = heading.height_in
    count = len(page.panels)
    for start in range(0, count, columns):
        row = range(start, min(start + columns, count))
        titles = {
            k: broken(figure, page.panels[k].title, sizes.width, SMALL) if page.panels[k].title else [] for k in row
        }
        lines = max(map(len, titles.values()))
        top += lines * _SMALL_LINE_IN + (0.05 if lines else 0.0)
        height = max(sizes.heights[k] for k in row)
        label_lines = 0
        for k in row:
            left = sizes.left + (k - start) * (sizes.width + sizes.gap)
            ax = add_panel(figure, left, top, sizes.width, height)
            _draw_panel(ax, page, page.panels[k], sizes.width)
            if titles[k]:
                ax.set_title("\n".join(titles[k]), size=SMALL, weight="normal", pad=3.0, loc="left")
            label = broken(figure, ax.get_xlabel(), sizes.width) if k + columns >= count else []
            ax.set_xlabel("\n".join(label))
            label_lines = max(label_lines, len(label))
            _finish_left(figure, ax, page, first=k == start, height_in=height)
        top += height + _TICKS_IN + label_lines * _LINE_IN + 0.06
    return top


def _finish_left(figure: Figure, ax: Axes, page: _Page, *, first: bool, height_in: float) -> None:
    """Only the first panel of a row is labelled at its left, for all of them have one scale."""
    if not first:
        ax.tick_params(labelleft=False)
    elif page.y_label:
        ax.set_ylabel("\n".join(broken(figure, page.y_label, max(height_in, 1.2))))


def _draw_panel(ax: Axes, page: _Page, panel: Panel, width_in: float) -> None:
    results, metric, scale, view = page.results, page.metric, page.scale, page.view
    if view.kind == "lines":
        key = page.key
        assert key is not None
        set_key_axis(ax, key, width_in)
        scale.set_on(ax.yaxis)
        draw_study_lines(ax, results, metric, panel, key, scale)
        if page.extras.bound is not None:
            draw_study_bound(ax, results, page.extras.bound, panel, key, scale)
        _draw_stated(ax, page, panel, key)
        ax.set_xlabel(key.label)
    elif view.kind == "rows":
        scale.set_on(ax.xaxis)
        if page.of_methods:
            draw_methods_in_rows(ax, results, metric, scale)
        else:
            draw_study_rows(ax, results, metric, panel, scale)
        names = page.row_labels(panel)
        ax.set_yticks(range(len(names)), [_row_name(name) for name in names])
        ax.set_xlabel(scale.label)
    elif view.kind == "heatmap":
        draw_study_heatmap(ax, results, metric, panel, (view.keys[0], view.keys[1]), scale)
    else:
        assert view.places is not None
        draw_study_map(ax, results, metric, panel, view.places, scale)


def _draw_stated(ax: Axes, page: _Page, panel: Panel, key: KeyScale) -> None:
    """Stars at published values of the methods that the panel shows, in their colours."""
    colours = {page.results.methods[each.method]: series_look(each.number, 1)["color"] for each in panel.series}
    stated = [each for each in page.extras.stated if each.method in colours]
    look: dict[str, Any] = {"marker": "*", "s": 60, "facecolors": "white", "linewidths": 0.9, "zorder": 6}
    for each in stated:
        ax.scatter(key.factor * each.at, page.scale.factor * each.value, edgecolors=colours[each.method], **look)
    if stated:
        ax.scatter([], [], edgecolors=INK, label=STATED, **look)
