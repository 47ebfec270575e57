"""The gap of every method on every instance of the benchmark suite, as a grid of cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from multistatic.report.leaderboard import TITLES, boards
from multistatic.report.legend_lines import notes_below, wrap_legend_labels
from multistatic.report.picture_layout import add_panel, finish_picture, legend_entries, picture_heading, tall_figure
from multistatic.report.style import (
    FAINT,
    INK,
    SCREEN,
    SELECTED,
    SMALL,
    SMALLEST,
    PictureStyle,
    text_width_in,
)
from multistatic.suite.ranking import Standing
from multistatic.suite.tasks import REACHED, VERDICTS, SuiteOutcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SCREEN_CELL_IN = 0.42
_ROW_IN, _NARROW_ROW_IN, _TITLE_IN, _SOLVED_IN = 0.22, 0.15, 0.26, 0.45
# From this width on a cell has its number.
_NUMBERED_IN = 0.28
# Upper limits of a gap, how dark a cell is, and what the legend says.
_CLASSES = (
    (REACHED, 0.0, "0: best-known value reached"),
    (0.01, 0.15, "gap up to 1 %"),
    (0.1, 0.35, "1 % to 10 %"),
    (1.0, 0.62, "10 % to 100 %"),
    (float("inf"), 1.0, "above 100 %"),
)
_NO_ANSWER = "no valid answer"
# A word for a cell, and a letter for a narrow one.
_WORDS = {
    "infeasible": ("none", "f"),
    "refused": ("n/a", "n"),
    "not_installed": ("package", "p"),
    "invalid": ("invalid", "i"),
    "error": ("error", "e"),
    "timeout": ("time", "t"),
    "died": ("died", "d"),
}


def instances_figure(outcomes: Sequence[SuiteOutcome], caption: str, style: PictureStyle = SCREEN) -> Figure:
    """Below each other the boards: methods in their order, instances as columns, the gap in each cell."""
    ranked, instances = boards(outcomes), list(dict.fromkeys(each.instance for each in outcomes))
    left_in, labels_in = _rooms(ranked, instances)
    width_in = style.width_in(screen=max(left_in + len(instances) * _SCREEN_CELL_IN + _SOLVED_IN, 5.5))
    cell_in = (width_in - left_in - _SOLVED_IN) / max(len(instances), 1)
    numbered = cell_in >= _NUMBERED_IN
    title = "Benchmark suite: gap to the best known on every instance"
    sentences = [f"{caption}.", "Methods in the order of the leaderboard: instances solved, then mean gap."]
    heading = picture_heading(title, sentences, width_in=width_in, style=style)
    figure = tall_figure(width_in)
    below_in = heading.height_in
    for board, rows in ranked.items():
        tall_in = (_ROW_IN if numbered else _NARROW_ROW_IN) * len(rows)
        below_in += _TITLE_IN
        ax = add_panel(figure, left_in, below_in, cell_in * len(instances), tall_in)
        mine = [each for each in outcomes if each.board == board]
        draw_instances(ax, mine, rows, instances, numbered=numbered)
        ax.set_title(TITLES.get(board, board), size=SMALL, pad=4.0)
        below_in += tall_in
        if board != next(reversed(ranked)):
            ax.set_xticks([])
    notes = [*_notes(outcomes, ranked, numbered)]
    below_in = notes_below(figure, notes, below_in + labels_in)
    wrap_legend_labels(figure.axes, width_in - 0.2)
    order = [*(name for _, _, name in _CLASSES), _NO_ANSWER]
    entries = legend_entries(figure.axes)
    finish_picture(figure, below_in, heading, {name: entries[name] for name in order if name in entries})
    return figure


def draw_instances(
    ax: Axes,
    outcomes: Sequence[SuiteOutcome],
    rows: Sequence[Standing],
    instances: Sequence[str],
    *,
    numbered: bool = True,
) -> None:
    """One cell a method and instance: the darker, the larger the gap; a word where there is no answer. A line above the
    methods that did not solve every instance; how many they solved stands to the right.
    """
    found = {(each.method, each.instance): each for each in outcomes}
    ax.set(xlim=(-0.5, len(instances) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    for y, row in enumerate(rows):
        for x, instance in enumerate(instances):
            outcome = found.get((row.method, instance))
            if outcome is not None:
                _draw_cell(ax, x, y, outcome, numbered)
        ax.text(len(instances) - 0.35, y, f"{row.solved}/{row.instances}", size=SMALLEST, va="center", color=INK)
    whole = sum(row.solved == row.instances for row in rows)
    if 0 < whole < len(rows):
        ax.axhline(whole - 0.5, color=INK, linewidth=0.8, zorder=3)
    ax.set_yticks(range(len(rows)), [row.method for row in rows], size=SMALLEST)
    ax.set_xticks(range(len(instances)), instances, rotation=90, size=SMALLEST)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _rooms(ranked: dict[str, tuple[Standing, ...]], instances: Sequence[str]) -> tuple[float, float]:
    """What the names of the methods take to the left, and those of the instances below, in inches."""
    probe = tall_figure(1.0)
    methods = [row.method for rows in ranked.values() for row in rows]
    left_in, below_in = (
        0.15 + max((text_width_in(probe, name, size=SMALLEST) for name in names), default=0.5)
        for names in (methods, instances)
    )
    return left_in, below_in + 0.05


def _draw_cell(ax: Axes, x: int, y: int, outcome: SuiteOutcome, numbered: bool) -> None:
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Rectangle

    look: dict[str, Any] = {"ha": "center", "va": "center", "size": SMALLEST, "color": INK}
    if outcome.gap is None:
        share, face, label = 0.0, to_rgb(FAINT), _NO_ANSWER
        text = _WORDS[outcome.verdict][0 if numbered else 1]
    else:
        gap = outcome.gap
        share, label = next((share, label) for limit, share, label in _CLASSES if gap <= limit)
        red, green, blue = (1 - share * (1 - part) for part in to_rgb(SELECTED))
        face = red, green, blue
        text = _short_gap(gap) if numbered else ""
    if share > 0.6:
        look["color"] = "white"
    cell = Rectangle((x - 0.47, y - 0.46), 0.94, 0.92, facecolor=face, edgecolor=FAINT, linewidth=0.4, label=label)
    ax.add_patch(cell)
    if text:
        ax.text(x, y, text, **look)


def _short_gap(gap: float) -> str:
    """In per cent, as it fits into a cell."""
    if abs(gap) <= REACHED:
        return "0"
    if 0 < gap < 1e-4:
        return "<0.01"
    return f"{100 * gap:.2g}" if abs(gap) < 1 else f"{100 * gap:.0f}"


def _notes(outcomes: Sequence[SuiteOutcome], ranked: dict[str, tuple[Standing, ...]], numbered: bool) -> list[str]:
    """What the numbers and words in the cells mean, and why an exact method may stand low."""
    notes = ["In the cells: gap in per cent. To the right: instances solved."]
    if not numbered:
        notes = ["To the right: instances solved. The gaps as numbers are in outcomes.csv."]
    verdicts = dict.fromkeys(each.verdict for each in outcomes if each.gap is None)
    words = [f"{_WORDS[name][0 if numbered else 1]}: {VERDICTS[name]}" for name in _WORDS if name in verdicts]
    if words:
        notes.append(f"{'; '.join(words)}.")
    notes += dict.fromkeys(
        f"{each.message[:1].upper()}{each.message[1:]}."
        for each in outcomes
        if each.verdict == "not_installed" and each.message
    )
    if any(row.solved < row.instances for rows in ranked.values() for row in rows):
        notes.append("Below the line: methods that did not solve every instance.")
    exact = dict.fromkeys(
        row.method
        for rows in ranked.values()
        for row in rows
        if 0 < row.solved < row.instances and row.mean_gap is not None and row.mean_gap <= REACHED
    )
    if exact:
        *others, last = exact
        names = f"{', '.join(others)} and {last} reach" if others else f"{last} reaches"
        notes.append(f"{names} the best-known value on every instance solved.")
    return notes
