"""How a picture is put together: title and caption, panels below each other, a legend, whatever its width.

A figure begins higher than it will be. Panels are placed by their distance from its top, in inches, and drawn;
`finish_picture` then cuts the figure below them and adds the legend and the heading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from multistatic.report.style import (
    CAPTION,
    CAPTION_LINE_IN,
    LARGE,
    SCREEN,
    SMALL,
    PictureStyle,
    caption_lines,
    new_figure,
    words_apart,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

TITLE_LINE_IN = 0.19
_TALLEST_IN = 30.0
_EDGE_IN = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Title and caption of a picture, broken into lines that fit into its width.

    title, caption: lines as they are drawn, none of either where the style has no title.
    words: the title, and each sentence of the caption, as lines; there also where nothing is drawn.
    left_in: where the lines begin, in inches from the left edge.
    """

    title: tuple[str, ...]
    caption: tuple[str, ...]
    words: tuple[str, ...]
    left_in: float

    @property
    def height_in(self) -> float:
        """What the heading takes at the top, with the room below it; the panels follow."""
        if not self.title:
            return _EDGE_IN
        return 0.28 + TITLE_LINE_IN * (len(self.title) - 1) + CAPTION_LINE_IN * len(self.caption) + 0.16

    def draw(self, figure: Figure) -> None:
        """Write it at the top of `figure`, whose size must be final."""
        figure.set_label("\n".join(self.words))
        width_in, height_in = figure.get_size_inches()
        below_in = 0.2
        parts: list[tuple[tuple[str, ...], float, dict[str, Any]]] = [
            (self.title, TITLE_LINE_IN, {"size": LARGE, "weight": "bold"}),
            (self.caption, CAPTION_LINE_IN, {"size": SMALL, "color": CAPTION}),
        ]
        for lines, step_in, look in parts:
            for line in lines:
                where = (self.left_in / width_in, 1 - below_in / height_in)
                figure.text(*where, line, va="center", **look)
                below_in += step_in
            below_in += 0.03


def picture_heading(
    title: str, sentences: Sequence[str], *, width_in: float, left_in: float = _EDGE_IN, style: PictureStyle = SCREEN
) -> Heading:
    """The heading of a picture `width_in` wide; call inside `styled()`."""
    words = (title, *sentences)
    if not style.title:
        return Heading(title=(), caption=(), words=words, left_in=left_in)
    probe, room_in = new_figure(1.0, 1.0), width_in - left_in - _EDGE_IN
    lines = _balanced_lines(probe, room_in, title)
    return Heading(
        title=tuple(lines), caption=tuple(caption_lines(probe, room_in, sentences)), words=words, left_in=left_in
    )


def _balanced_lines(probe: Figure, room_in: float, title: str) -> list[str]:
    """A title in as few lines as the room allows, about equally long."""
    tried = [
        caption_lines(probe, share * room_in, words_apart(title), size=LARGE, weight="bold")
        for share in (1.0, 0.9, 0.8, 0.7, 0.6)
    ]
    return [lines for lines in tried if len(lines) == len(tried[0])][-1]


def tall_figure(width_in: float) -> Figure:
    """A figure that `finish_picture` makes as high as it has to be."""
    return new_figure(width_in, _TALLEST_IN)


def add_panel(figure: Figure, left_in: float, top_in: float, width_in: float, height_in: float, **options: Any) -> Axes:
    """Axes with this upper left corner, in inches from that of the figure; `options` go to `Figure.add_axes`."""
    whole_in, tall_in = figure.get_size_inches()
    corner = (left_in / whole_in, 1 - (top_in + height_in) / tall_in)
    return figure.add_axes((*corner, width_in / whole_in, height_in / tall_in), **options)


def legend_entries(panels: Sequence[Axes]) -> dict[str, Artist]:
    """What is drawn under a label (`label=…`) in any of the panels, once each, in the order of drawing."""
    entries: dict[str, Artist] = {}
    for ax in panels:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    return entries


def finish_picture(
    figure: Figure,
    body_in: float,
    heading: Heading,
    entries: Mapping[str, Artist] | None = None,
    legend_left_in: float | None = None,
) -> None:
    """Cut `figure` at `body_in` below its top, where the lowest panel with its labels ends, and add what is around.

    entries: what the legend below the panels lists, by default all that is labelled in the panels of the figure; an
    empty one for no legend. legend_left_in: where it begins, by default where the heading does.
    """
    from matplotlib.transforms import Bbox

    entries = legend_entries(figure.axes) if entries is None else entries
    left_in = heading.left_in if legend_left_in is None else legend_left_in
    width_in, tall_in = figure.get_size_inches()
    legend = _widest_legend(figure, entries, left_in)
    height_in = body_in + (0.0 if legend is None else legend.get_window_extent().height / figure.dpi + 0.06) + 0.06
    places = [(ax, ax.get_position(original=True)) for ax in figure.axes]
    figure.set_size_inches(width_in, height_in)
    for ax, place in places:
        y0, y1 = (1 - (1 - y) * tall_in / height_in for y in (place.y0, place.y1))
        ax.set_position(Bbox.from_extents(place.x0, y0, place.x1, y1))
    if legend is not None:
        legend.set_bbox_to_anchor((left_in / width_in, 1 - (body_in + 0.03) / height_in), figure.transFigure)
    heading.draw(figure)


def _widest_legend(figure: Figure, entries: Mapping[str, Artist], left_in: float) -> Legend | None:
    """The legend with as many columns as the width allows; None for no entries."""
    room_in = figure.get_size_inches()[0] - left_in - 0.05
    for columns in range(len(entries), 0, -1):
        legend = figure.legend(
            entries.values(),
            entries.keys(),
            loc="upper left",
            bbox_to_anchor=(left_in / figure.get_size_inches()[0], 0.5),
            ncols=columns,
            borderpad=0.0,
            borderaxespad=0.0,
            columnspacing=1.4,
            handletextpad=0.6,
        )
        if columns == 1 or legend.get_window_extent().width / figure.dpi <= room_in:
            return legend
        legend.remove()
    return None
