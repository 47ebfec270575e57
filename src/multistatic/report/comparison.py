"""Methods side by side on one scenario: what each one reached, how far from the best, in which time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from multistatic.design.compare import Comparison
from multistatic.design.instance import criterion_unit
from multistatic.report.assumptions import assumption_sentences
from multistatic.report.style import (
    CAPTION_LINE_IN,
    FAINT,
    INK,
    MUTED,
    SELECTED,
    SMALL,
    add_heading,
    caption_lines,
    finish_axes,
    new_figure,
    render,
    require_matplotlib,
    styled,
    text_width_in,
)
from multistatic.report.wording import criterion_scale, percent, quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW_IN = 0.24


def comparison_pictures(rows: Sequence[Comparison], criterion: str) -> dict[str, bytes]:
    """`comparison.svg` and `comparison.png`."""
    require_matplotlib()
    with styled():
        return render(comparison_figure(rows, criterion), "comparison")


def comparison_figure(rows: Sequence[Comparison], criterion: str) -> Figure:
    """One line a method in the order of `rows`: criterion on the left, time on the right."""
    figure = new_figure(1.0, 1.0)
    names = method_names(rows)
    left = 0.25 + max((text_width_in(figure, name, size=SMALL, weight="bold") for name in names), default=0.0)
    width = left + 5.6
    done = sum(row.value is not None for row in rows)
    room = width - 0.12 - 0.1
    caption = caption_lines(figure, room, [f"{done} found a design.", "Lower is better; percentages: gap to the best."])
    scenario = next((row.design.scenario for row in rows if row.design is not None), None)
    if scenario is not None:
        caption += caption_lines(figure, room, assumption_sentences(scenario))
    around = 1.2 + CAPTION_LINE_IN * (len(caption) - 1)
    height = around + _ROW_IN * max(len(rows), 1)
    figure.set_size_inches(width, height)
    body = (0.5 / height, 1 - around / height)
    values = figure.add_axes((left / width, body[0], 3.1 / width, body[1]))
    draw_values(values, rows, criterion)
    times = figure.add_axes(((left + 3.6) / width, body[0], 1.6 / width, body[1]))
    draw_times(times, rows)
    add_heading(figure, 0.12, f"{len(rows)} methods on one scenario", *caption)
    return figure


def draw_values(ax: Axes, rows: Sequence[Comparison], criterion: str) -> None:
    """Value of the criterion, with the gap to the best beside it; a method without a design says why not."""
    reached = [row.value for row in rows if row.value is not None] or [1.0]
    unit = next((criterion_unit(row.design) for row in rows if row.design is not None), "")
    factor, words = criterion_scale(criterion, max(reached), unit)
    low, high = factor * min(reached), factor * max(reached)
    if low > 0 and high > 30 * low:
        ax.set_xscale("log")
        ax.set_xlim(low / 1.5, high * (high / low) ** 0.3)
        ax.xaxis.set_major_formatter("{x:g}")
    else:
        ax.set_xlim(0.0, 1.25 * high)
    for place, row in enumerate(rows):
        if row.value is None:
            ax.text(0.01, place, row.status, transform=ax.get_yaxis_transform(), size=SMALL, color=MUTED, va="center")
            continue
        best, value = _is_best(row), factor * row.value
        ax.plot([ax.get_xlim()[0], value], [place, place], color=FAINT, linewidth=1.0, zorder=1)
        ax.scatter([value], [place], s=34, c=SELECTED if best else "white", edgecolors=SELECTED, zorder=3)
        label = "best" if best else percent(row.gap)
        ax.annotate(label, (value, place), (6, 0), textcoords="offset points", size=SMALL, va="center", color=INK)
    ax.set_xlabel(words)
    _method_axis(ax, rows)
    for tick, row in zip(ax.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if _is_best(row) else "normal")
        tick.set_color(MUTED if row.value is None else INK)
    ax.tick_params(axis="y", length=0)


def draw_times(ax: Axes, rows: Sequence[Comparison]) -> None:
    """Seconds of the whole design, on a logarithmic scale."""
    seconds = np.array([max(row.time_s, 1e-6) for row in rows] or [1.0])
    ax.set_xscale("log")
    ax.set_xlim(seconds.min() / 2, max(seconds.max() * 8, seconds.min() * 200))
    for place, value in enumerate(seconds[: len(rows)]):
        ax.scatter([value], [place], s=26, c=MUTED, zorder=3)
        words = quantity(float(value), "s")
        ax.annotate(words, (value, place), (6, 0), textcoords="offset points", size=SMALL, va="center", color=INK)
    ax.xaxis.set_major_formatter(lambda value, _: quantity(value, "s"))
    ax.set_xlabel("time")
    _method_axis(ax, rows)
    ax.tick_params(axis="y", labelleft=False, length=0)


def method_names(rows: Sequence[Comparison]) -> list[str]:
    """Selector, with the beamformer where there are several."""
    several = len({row.beamformer for row in rows}) > 1
    return [f"{row.selector} + {row.beamformer}" if several else row.selector for row in rows]


def _is_best(row: Comparison) -> bool:
    return row.gap is not None and row.gap < 1e-9


def _method_axis(ax: Axes, rows: Sequence[Comparison]) -> None:
    ax.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    ax.set_yticks(range(len(rows)), method_names(rows))
    ax.spines["left"].set_visible(False)
    ax.minorticks_off()
    finish_axes(ax, grid_axis="x")
