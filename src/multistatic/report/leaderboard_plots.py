"""The leaderboard in two pictures: gap against time, and the gap of every method on every instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.instance_grid import instances_figure
from multistatic.report.labels import Label, place_labels
from multistatic.report.leaderboard import TITLES, boards
from multistatic.report.legend_lines import legend_beside, wrap_legend_labels
from multistatic.report.picture_layout import add_panel, finish_picture, picture_heading, tall_figure
from multistatic.report.style import (
    GRID,
    INK,
    MUTED,
    SCREEN,
    SELECTED,
    SMALL,
    PictureStyle,
    finish_axes,
    rendered_pictures,
    require_matplotlib,
    styled,
)
from multistatic.report.wording import percent, quantity
from multistatic.suite.ranking import Standing
from multistatic.suite.tasks import REACHED, SuiteOutcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SCREEN_IN, _PANEL_IN, _NARROW_PANEL_IN, _LEFT_IN, _GAP_IN = 8.6, 2.6, 2.1, 0.72, 0.75
_TITLE_IN, _AXIS_IN = 0.24, 0.46
# Powers of ten that the axis of gaps shows at least, and beyond the smallest and the largest gap.
_LEAST_DECADES, _BEYOND = 2.2, 0.35
# Of the height of a panel: the row for a gap of 0.
_ZERO_SHARE = 0.15
_REACHED = "best-known value reached on every instance solved (gap 0 %)"
# Points closer than this, in points of text, have one label.
_TOGETHER_PT = 4.0


def leaderboard_pictures(
    outcomes: Sequence[SuiteOutcome], caption: str, style: PictureStyle = SCREEN
) -> dict[str, bytes]:
    """`leaderboard` and `leaderboard_instances`, each as SVG and PNG, and `captions.txt`; `caption`: suite, limit and
    machine.
    """
    require_matplotlib()
    with styled():
        return rendered_pictures(
            [
                ("leaderboard", leaderboard_figure(outcomes, caption, style)),
                ("leaderboard_instances", instances_figure(outcomes, caption, style)),
            ]
        )


def leaderboard_figure(outcomes: Sequence[SuiteOutcome], caption: str, style: PictureStyle = SCREEN) -> Figure:
    """One panel a board: mean gap against the geometric mean of the time; hollow: not every instance was solved."""
    return standings_figure(boards(outcomes), caption, style)


def standings_figure(ranked: Mapping[str, Sequence[Standing]], caption: str, style: PictureStyle = SCREEN) -> Figure:
    """As `leaderboard_figure`, from the rows of each board."""
    width_in = style.width_in(screen=_SCREEN_IN)
    sentences = [f"{caption}.", "Smaller gaps and shorter times are better.", *_left_out(ranked)]
    heading = picture_heading("Benchmark suite: gap against time", sentences, width_in=width_in, style=style)
    figure = tall_figure(width_in)
    columns, tall_in = (1, _NARROW_PANEL_IN) if style.narrow else (2, _PANEL_IN)
    panel_in = (width_in - columns * _LEFT_IN - (columns - 1) * (_GAP_IN - _LEFT_IN) - 0.15) / columns
    below_in = heading.height_in
    for number, (board, rows) in enumerate(ranked.items()):
        column = number % columns
        below_in += tall_in + _TITLE_IN + _AXIS_IN if column == 0 else 0.0
        left_in = _LEFT_IN + column * (panel_in + _GAP_IN)
        ax = add_panel(figure, left_in, below_in - tall_in - _AXIS_IN, panel_in, tall_in)
        draw_standings(ax, [row for row in rows if row.solved])
        ax.set_title(TITLES.get(board, board), size=SMALL, pad=4.0)
    if columns > 1 and len(ranked) % columns:  # the last row has room for the legend
        wrap_legend_labels(figure.axes, panel_in)
        finish_picture(figure, below_in, heading, {})
        legend_beside(figure, width_in - panel_in - 0.15, below_in - tall_in - _AXIS_IN)
    else:
        wrap_legend_labels(figure.axes, width_in - 0.2)
        finish_picture(figure, below_in, heading)
    return figure


def draw_standings(ax: Axes, rows: Sequence[Standing]) -> None:
    """Methods that solved something as points, each with its name; methods without a gap stand in a row of their own,
    marked 0 %.
    """
    from matplotlib.ticker import FixedLocator

    times = np.array([max(row.time_s or 0.0, 1e-9) for row in rows] or [1.0])
    gaps = np.array([row.mean_gap or 0.0 for row in rows] or [0.0])
    seen = gaps[gaps > REACHED]
    lowest, highest = np.log10([seen.min(), seen.max()] if len(seen) else [0.01, 1.0])
    beyond = max(_BEYOND, (_LEAST_DECADES - (highest - lowest)) / 2.0)
    edge, top = lowest - beyond, highest + beyond
    reached = bool(np.any(gaps <= REACHED))
    bottom = edge - (top - edge) * _ZERO_SHARE / (1.0 - _ZERO_SHARE) if reached else edge
    zero = 10.0 ** ((bottom + edge) / 2.0)
    ax.set(xscale="log", yscale="log", ylim=(10.0**bottom, 10.0**top))
    ax.set_xlim(times.min() / 2.5, times.max() * 4.0)
    if reached:
        look: dict[str, Any] = {"facecolor": GRID, "edgecolor": MUTED, "linewidth": 0.8, "zorder": 0.5}
        ax.axhspan(10.0**bottom, 10.0**edge, label=_REACHED, **look)
    heights = np.where(gaps > REACHED, gaps, zero)
    for row, time_s, height in zip(rows, times, heights, strict=False):
        whole = row.solved == row.instances
        label = "all instances solved" if whole else "only some instances solved: means of those"
        look = {"edgecolors": SELECTED, "zorder": 3, "label": label}
        ax.scatter([time_s], [height], s=30, c=SELECTED if whole else "white", **look)
    powers = np.arange(np.ceil(edge), np.floor(top) + 1)
    ax.yaxis.set_major_locator(FixedLocator([*([zero] if reached else []), *(10.0**powers)]))
    ax.yaxis.set_major_formatter(
        lambda value, _: "0 %" if reached and value <= zero * 1.01 else percent(value).lstrip("+")
    )
    ax.xaxis.set_major_formatter(lambda value, _: quantity(value, "s"))
    ax.minorticks_off()
    ax.set(xlabel="time on an instance (geometric mean)", ylabel="mean gap to the best known")
    finish_axes(ax)
    if rows:
        place_labels(ax, _labels(ax, rows, times, heights))


def _labels(ax: Axes, rows: Sequence[Standing], times: np.ndarray, heights: np.ndarray) -> list[Label]:
    """The names of the methods; those that share a point share a label."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    places = ax.transData.transform(np.stack([times, heights], axis=1))
    near = _TOGETHER_PT * figure.dpi / 72.0
    labels: list[Label] = []
    rest = list(range(len(rows)))
    while rest:
        first = rest[0]
        together = [k for k in rest if np.linalg.norm(places[k] - places[first]) <= near]
        rest = [k for k in rest if k not in together]
        text = ", ".join(_name(rows[k]) for k in together)
        x, y = float(times[first]), float(heights[first])
        labels.append(Label(x=x, y=y, text=text, distance_pt=4.0, style={"size": SMALL, "color": INK}))
    return labels


def _left_out(ranked: Mapping[str, Sequence[Standing]]) -> list[str]:
    """Which methods have no point, as they solved nothing."""
    parts = []
    for board, rows in ranked.items():
        names = [f"“{row.method}”" for row in rows if not row.solved]
        if names:
            which = "The method" if len(names) == 1 else "The methods"
            parts.append(f"{which} {', '.join(names)} solved no instance of “{TITLES.get(board, board)}”.")
    return parts


def _name(row: Standing) -> str:
    return row.method if row.solved == row.instances else f"{row.method} ({row.solved} of {row.instances})"
