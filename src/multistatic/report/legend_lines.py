"""Lines of a legend that fit: long labels are broken, and a legend stands beside the panels where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from multistatic.report.picture_layout import legend_entries
from multistatic.report.style import caption_lines

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
            words = str(artist.get_label()).replace("\n", " ").split(" ")
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
