"""Lines of a legend that fit: long labels are broken, a legend stands beside the panels where there is room, and what
no symbol can say stands in sentences below them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from multistatic.report.picture_layout import add_panel, legend_entries
from multistatic.report.style import CAPTION_LINE_IN, INK, SMALL, caption_lines, words_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Of a line of the legend: its symbol with the room around it, in inches.
_SYMBOL_IN = 0.3


def wrap_legend_labels(panels: Sequence[Axes], room_in: float) -> None:
    """Break every label that would be wider than a legend of `room_in` inches between words."""
    for ax in panels:
        for artist in ax.get_legend_handles_labels()[0]:
            figure = ax.get_figure(root=True)
            assert figure is not None
            words = words_apart(str(artist.get_label()).replace("\n", " "))
            artist.set_label("\n".join(caption_lines(figure, room_in - _SYMBOL_IN, words)))


def legend_beside(figure: Figure, left_in: float, below_top_in: float) -> None:
    """A legend of everything in the panels, one line each, with this upper left corner; call when the size is final."""
    width_in, height_in = figure.get_size_inches()
    entries = legend_entries(figure.axes)
    figure.legend(
        entries.values(),
        entries.keys(),
        loc="upper left",
        bbox_to_anchor=(left_in / width_in, 1 - below_top_in / height_in),
        borderpad=0.0,
        borderaxespad=0.0,
        handletextpad=0.6,
        labelspacing=0.7,
    )


def place_panel(ax: Axes, left_in: float, top_in: float, width_in: float, height_in: float) -> None:
    """Move axes to this upper left corner, in inches from that of their figure."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    whole_in, tall_in = figure.get_size_inches()
    bottom = 1 - (top_in + height_in) / tall_in
    ax.set_position((left_in / whole_in, bottom, width_in / whole_in, height_in / tall_in))


def notes_below(figure: Figure, sentences: Sequence[str], below_in: float) -> float:
    """Write sentences in lines of small print, each sentence on a line of its own; returns where they end. Distances
    are in inches from the top of the figure.
    """
    room_in = float(figure.get_size_inches()[0]) - 0.2
    lines = [line for sentence in sentences for line in caption_lines(figure, room_in, [sentence])]
    if not lines:
        return below_in
    tall_in = CAPTION_LINE_IN * len(lines)
    ax = add_panel(figure, 0.1, below_in, room_in, tall_in)
    ax.axis("off")
    for number, line in enumerate(lines):
        ax.text(0.0, 1 - (number + 0.5) / len(lines), line, transform=ax.transAxes, size=SMALL, va="center", color=INK)
    return below_in + tall_in + 0.08
