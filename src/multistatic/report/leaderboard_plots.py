"""The leaderboard in two pictures: gap against time, and the gap of every method on every instance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.labels import Label, place_labels
from multistatic.report.leaderboard import TITLES, boards
from multistatic.report.style import (
    FAINT,
    INK,
    MUTED,
    SELECTED,
    SMALL,
    add_heading,
    finish_axes,
    new_figure,
    render,
    require_matplotlib,
    styled,
    text_width_in,
)
from multistatic.report.wording import percent, quantity
from multistatic.suite.ranking import Standing
from multistatic.suite.tasks import REACHED, SuiteOutcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_IN = (3.1, 2.9)
_CELL_IN = (0.46, 0.24)
_FLOOR = REACHED  # gaps up to this are "none"
_PALE, _DARK = 1e-4, 10.0  # gaps between which cells become darker
_SHORT = {
    "infeasible": "none",
    "refused": "n/a",
    "invalid": "invalid",
    "error": "error",
    "timeout": "time",
    "died": "died",
}


def leaderboard_pictures(outcomes: Sequence[SuiteOutcome], caption: str) -> dict[str, bytes]:
    """`leaderboard.svg`, `.png` and `leaderboard_instances.svg`, `.png`; `caption`: suite, limit and machine."""
    require_matplotlib()
    with styled():
        return {
            **render(leaderboard_figure(outcomes, caption), "leaderboard"),
            **render(instances_figure(outcomes, caption), "leaderboard_instances"),
        }


def leaderboard_figure(outcomes: Sequence[SuiteOutcome], caption: str) -> Figure:
    """One panel a board: mean gap against the geometric mean of the time; hollow: not every instance was solved."""
    ranked = {board: [row for row in rows if row.solved] for board, rows in boards(outcomes).items()}
    left, right, top, bottom, gap = 0.75, 0.2, 1.0, 0.6, 0.75
    count = max(len(ranked), 1)
    width = left + right + count * _PANEL_IN[0] + (count - 1) * gap
    height = top + bottom + _PANEL_IN[1]
    figure = new_figure(width, height)
    for column, (board, rows) in enumerate(ranked.items()):
        x = left + column * (_PANEL_IN[0] + gap)
        ax = figure.add_axes((x / width, bottom / height, _PANEL_IN[0] / width, _PANEL_IN[1] / height))
        draw_standings(ax, rows)
        ax.set_title(TITLES[board], size=SMALL)
        if column == 0:
            ax.set_ylabel("mean gap to the best known")
    add_heading(figure, left, "Benchmark suite: gap against time", f"{caption}. Hollow: part of the instances only.")
    return figure


def draw_standings(ax: Axes, rows: Sequence[Standing]) -> None:
    """Methods that solved something as points, each with its name; gaps up to 1e-6 stand on the axis."""
    from matplotlib.ticker import FixedLocator

    times = np.array([row.time_s or 1e-9 for row in rows] or [1.0])
    gaps = np.array([_clipped(row.mean_gap) for row in rows] or [1.0])
    ax.set(xscale="log", yscale="log", ylim=(_FLOOR / 2.5, 2 * max(gaps.max(), 1.0)))
    ax.set_xlim(times.min() / 3, times.max() * 12)
    for row, time_s, gap in zip(rows, times, gaps, strict=False):
        whole = row.solved == row.instances
        ax.scatter([time_s], [gap], s=30, c=SELECTED if whole else "white", edgecolors=SELECTED, zorder=3)
    ax.yaxis.set_major_locator(FixedLocator((1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100)))
    ax.yaxis.set_major_formatter(lambda value, _: "none" if value <= _FLOOR else percent(value).lstrip("+"))
    ax.xaxis.set_major_formatter(lambda value, _: quantity(value, "s"))
    ax.minorticks_off()
    ax.set_xlabel("time on an instance (geometric mean)")
    finish_axes(ax)
    labels = [
        Label(x=float(time_s), y=float(gap), text=_name(row), distance_pt=4.0, style={"size": SMALL, "color": INK})
        for row, time_s, gap in zip(rows, times, gaps, strict=False)
    ]
    place_labels(ax, labels)


def instances_figure(outcomes: Sequence[SuiteOutcome], caption: str) -> Figure:
    """Below each other the boards: methods in their order, instances as columns, the gap in each cell."""
    ranked = boards(outcomes)
    instances = list(dict.fromkeys(each.instance for each in outcomes))
    probe = new_figure(1.0, 1.0)
    methods = [row.method for rows in ranked.values() for row in rows]
    left, below = (
        0.3 + max((text_width_in(probe, name, size=SMALL) for name in names), default=0.5)
        for names in (methods, instances)
    )
    heights = [len(rows) * _CELL_IN[1] for rows in ranked.values()]
    size_in = left + len(instances) * _CELL_IN[0] + 0.3, 0.55 + sum(heights) + 0.45 * len(heights) + below
    figure = new_figure(max(size_in[0], 5.5), size_in[1])
    width, height = figure.get_size_inches()
    bottom = height - 0.55
    for (board, rows), tall in zip(ranked.items(), heights, strict=True):
        bottom -= tall + 0.45
        ax = figure.add_axes((left / width, bottom / height, len(instances) * _CELL_IN[0] / width, tall / height))
        draw_instances(ax, [each for each in outcomes if each.board == board], rows, instances)
        ax.set_title(TITLES[board], size=SMALL, pad=4)
        if board != next(reversed(ranked)):
            ax.set_xticks([])
    add_heading(
        figure, 0.15, "Benchmark suite: gap to the best known", f"{caption}. 0: reached; grey: no valid answer."
    )
    return figure


def draw_instances(
    ax: Axes, outcomes: Sequence[SuiteOutcome], rows: Sequence[Standing], instances: Sequence[str]
) -> None:
    """One cell a method and instance: the darker, the larger the gap; a word where there is no answer."""
    found = {(each.method, each.instance): each for each in outcomes}
    ax.set(xlim=(-0.5, len(instances) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    for y, row in enumerate(rows):
        for x, instance in enumerate(instances):
            outcome = found.get((row.method, instance))
            if outcome is not None:
                _draw_cell(ax, x, y, outcome)
    ax.set_yticks(range(len(rows)), [row.method for row in rows])
    ax.set_xticks(range(len(instances)), instances, rotation=90)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _draw_cell(ax: Axes, x: int, y: int, outcome: SuiteOutcome) -> None:
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Rectangle

    look: dict[str, Any] = {"ha": "center", "va": "center", "size": SMALL - 1.5}
    if outcome.gap is None:
        face: Any = FAINT
        text, look["color"] = _SHORT[outcome.verdict], MUTED
    else:
        share = float(np.clip(np.log(_clipped(outcome.gap) / _PALE) / np.log(_DARK / _PALE), 0.0, 1.0))
        face = tuple((1 - share) * np.ones(3) + share * np.array(to_rgb(SELECTED)))
        text = _short_gap(outcome.gap)
        look["color"] = "white" if share > 0.6 else INK
    ax.add_patch(Rectangle((x - 0.47, y - 0.46), 0.94, 0.92, facecolor=face, linewidth=0))
    ax.text(x, y, text, **look)


def _short_gap(gap: float) -> str:
    """As it fits into a cell."""
    if abs(gap) <= REACHED:
        return "0"
    return "<0.01%" if 0 < gap < 1e-4 else percent(gap).lstrip("+").replace(" ", "")


def _clipped(gap: float | None) -> float:
    return max(gap or 0.0, _FLOOR)


def _name(row: Standing) -> str:
    return row.method if row.solved == row.instances else f"{row.method} {row.solved}/{row.instances}"
