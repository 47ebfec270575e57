"""Methods side by side on one scenario: what each one reached, which group it chose, in which time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from multistatic.design.compare import Comparison
from multistatic.design.instance import criterion_unit
from multistatic.report.assumption_sentences import assumption_sentences
from multistatic.report.comparison_groups import decades, group_of, named_groups
from multistatic.report.legend_lines import notes_below
from multistatic.report.picture_layout import add_panel, finish_picture, picture_heading, tall_figure
from multistatic.report.points_in_words import compared_over
from multistatic.report.style import (
    CAPTION,
    FAINT,
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
    text_width_in,
)
from multistatic.report.wording import axis_scale, criterion_scale, percent, quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW_IN, _AXIS_IN, _TITLE_IN = 0.24, 0.45, 0.22
_SCREEN_BESIDE_IN = 5.8  # of the panels beside the names, on a screen
_LEAST_PANEL_IN = 1.05
_GROUP_IN, _GAP_IN, _RIGHT_IN = 0.5, 0.12, 0.22
# From so many powers of ten between the values on, the axis of the criterion, or that of the time, is logarithmic.
_LOG_VALUES, _LOG_TIMES = 1.5, 1.0


def comparison_pictures(rows: Sequence[Comparison], criterion: str, style: PictureStyle = SCREEN) -> dict[str, bytes]:
    """`comparison.svg`, `comparison.png` and `captions.txt`."""
    require_matplotlib()
    with styled():
        return rendered_pictures([("comparison", comparison_figure(rows, criterion, style))])


def comparison_figure(rows: Sequence[Comparison], criterion: str, style: PictureStyle = SCREEN) -> Figure:
    """One line a method in the order of `rows`: value of the criterion, letter of the group that it chose, and time;
    below them the members of the groups.
    """
    probe = tall_figure(1.0)
    names = max((text_width_in(probe, name, size=SMALL, weight="bold") for name in method_names(rows)), default=0.5)
    left_in = 0.2 + names
    width_in = style.width_in(screen=left_in + _SCREEN_BESIDE_IN)
    heading = picture_heading(_title(rows), _sentences(rows), width_in=width_in, style=style)
    figure = tall_figure(width_in)
    tall_in = _ROW_IN * max(len(rows), 1)
    beside_in = width_in - left_in - _GROUP_IN - 2 * _GAP_IN - _RIGHT_IN
    below_in = heading.height_in + _TITLE_IN
    # In a narrow picture with long names the times stand in a panel of their own, below.
    stacked = beside_in < 2 * _LEAST_PANEL_IN
    values_in = beside_in if stacked else 0.62 * beside_in
    draw_values(add_panel(figure, left_in, below_in, values_in, tall_in), rows, criterion)
    draw_groups(add_panel(figure, left_in + values_in + _GAP_IN, below_in, _GROUP_IN, tall_in), rows)
    if stacked:
        below_in += tall_in + _AXIS_IN + 0.1
        times = add_panel(figure, left_in, below_in, values_in, tall_in)
    else:
        times_left_in = left_in + values_in + _GROUP_IN + 2 * _GAP_IN
        times = add_panel(figure, times_left_in, below_in, beside_in - values_in, tall_in)
    draw_times(times, rows, named=stacked)
    members = [f"Group {group.words}" for group in named_groups(rows)]
    below_in = notes_below(figure, members, below_in + tall_in + _AXIS_IN)
    finish_picture(figure, below_in, heading)
    return figure


def draw_values(ax: Axes, rows: Sequence[Comparison], criterion: str) -> None:
    """Value of the criterion, with the gap to the best beside it; a method without a design says so."""
    reached = [row.value for row in rows if row.value is not None] or [1.0]
    unit = next((criterion_unit(row.design) for row in rows if row.design is not None), "")
    factor, words = criterion_scale(criterion, max(reached), unit)
    _scale(ax, [factor * value for value in reached], _LOG_VALUES)
    texts = []
    for place, row in enumerate(rows):
        if row.value is None:
            ax.text(0.01, place, row.status, transform=ax.get_yaxis_transform(), size=SMALL, color=CAPTION, va="center")
            continue
        best, value = _is_best(row), factor * row.value
        ax.plot([ax.get_xlim()[0], value], [place, place], color=FAINT, linewidth=1.0, zorder=1)
        look: dict[str, Any] = {"s": 34, "edgecolors": SELECTED, "zorder": 3}
        label = "best value" if best else "other value, with its gap to the best"
        ax.scatter([value], [place], c=SELECTED if best else "white", label=label, **look)
        texts.append((value, place, "best" if best else _gap_in_words(row.gap)))
    _method_axis(ax, rows)
    _write_beside(ax, texts)
    ax.set_xlabel(words)
    for tick, row in zip(ax.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if _is_best(row) else "normal")
        tick.set_color(CAPTION if row.value is None else INK)


def draw_groups(ax: Axes, rows: Sequence[Comparison]) -> None:
    """The letter of the group that each method chose, and how many receivers it has."""
    groups = named_groups(rows)
    ax.set(xlim=(0, 1), ylim=(max(len(rows), 1) - 0.5, -0.5))
    ax.axis("off")
    for place, row in enumerate(rows):
        group = group_of(row, groups)
        text = "–" if group is None else f"{group.letter} ({len(group.members)})"
        ax.text(0.5, place, text, size=SMALL, color=INK if group else CAPTION, ha="center", va="center")
    ax.set_title("group (size)", size=SMALL, weight="normal", loc="center", pad=3.0)


def draw_times(ax: Axes, rows: Sequence[Comparison], *, named: bool = False) -> None:
    """Time of the whole design; with the names of the methods where `named`."""
    times = [max(row.time_s, 1e-6) for row in rows] or [1.0]
    factor, words = axis_scale("time", "s", max(times))
    _scale(ax, [factor * time_s for time_s in times], _LOG_TIMES)
    texts = []
    for place, time_s in enumerate(times[: len(rows)]):
        ax.scatter([factor * time_s], [place], s=26, c=MUTED, zorder=3, label="time of the whole design")
        texts.append((factor * time_s, place, quantity(time_s, "s")))
    _method_axis(ax, rows)
    _write_beside(ax, texts)
    ax.set_xlabel(words)
    if not named:
        ax.tick_params(axis="y", labelleft=False)


def method_names(rows: Sequence[Comparison]) -> list[str]:
    """Selector, with the beamformer where there are several."""
    several = len({row.beamformer for row in rows}) > 1
    return [f"{row.selector} + {row.beamformer}" if several else row.selector for row in rows]


def _scale(ax: Axes, values: Sequence[float], logarithmic_from: float) -> None:
    """Limits around the values: from 0 on, or logarithmic where they differ much."""
    from matplotlib.ticker import LogLocator

    low, high = min(values), max(values)
    if low > 0 and decades(values) > logarithmic_from:
        ax.set_xscale("log")
        ax.set_xlim(low / 1.6, high * 1.6)
        figure = ax.get_figure(root=True)
        assert figure is not None
        width_in = ax.get_window_extent().width / figure.dpi
        ax.xaxis.set_major_locator(LogLocator(numticks=2 + int(width_in / 0.7)))
        ax.xaxis.set_major_formatter("{x:g}")
    else:
        ax.set_xlim(0.0, 1.1 * high)
        ax.locator_params(axis="x", nbins=4)


def _write_beside(ax: Axes, texts: Sequence[tuple[float, int, str]]) -> None:
    """Texts to the right of their points; the axis is made longer until all of them are inside of it. The rows must be
    inside of the other axis already: what is outside has no extent.
    """
    written = [
        ax.annotate(text, (x, y), (6, 0), textcoords="offset points", size=SMALL, va="center", color=INK)
        for x, y, text in texts
    ]
    for _ in range(20):
        right = ax.get_window_extent().x1
        beyond = max((text.get_window_extent().x1 - right for text in written), default=0.0)
        if beyond <= 0:
            break
        # The texts keep their size: where much is missing, one step is not enough.
        share = 1.02 + 1.5 * beyond / ax.get_window_extent().width
        low, high = ax.get_xlim()
        ax.set_xlim(low, low * (high / low) ** share if ax.get_xscale() == "log" else low + (high - low) * share)


def _title(rows: Sequence[Comparison]) -> str:
    scenario = next((row.design.scenario for row in rows if row.design is not None), None)
    return f"{len(rows)} methods on {'one scenario' if scenario is None else scenario.name}"


def _sentences(rows: Sequence[Comparison]) -> list[str]:
    """Sentences of the caption: who found a design, what the numbers are, what is assumed."""
    done = sum(row.value is not None for row in rows)
    parts = [] if done == len(rows) else [f"{done or 'None'} of the methods found a design."]
    parts.append("Lower values are better; the time is that of the whole design.")
    scenario = next((row.design.scenario for row in rows if row.design is not None), None)
    if scenario is not None and scenario.uncertain:
        over = compared_over(scenario.over_points, scenario.points().count)
        parts.append(f"Values are those {over}.")
    return parts + ([] if scenario is None else assumption_sentences(scenario))


def _gap_in_words(gap: float | None) -> str:
    """`+3.2 %`; of a value many times as large, how many: `39 times the best`."""
    return percent(gap) if gap is None or gap < 9.5 else f"{1.0 + gap:,.0f} times the best"


def _is_best(row: Comparison) -> bool:
    return row.gap is not None and row.gap < 1e-9


def _method_axis(ax: Axes, rows: Sequence[Comparison]) -> None:
    ax.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    ax.set_yticks(range(len(rows)), method_names(rows))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.minorticks_off()
    finish_axes(ax, grid_axis="x")
