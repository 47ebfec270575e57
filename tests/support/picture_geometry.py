"""What is wrong with the text of a picture: outside of it, over another, too small, a legend of something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from multistatic.report.picture_layout import legend_entries
from multistatic.report.style import SMALLEST
from multistatic.units import F

# Pixels by which a text may leave the picture or touch another: its box is a little larger than its letters.
_SLACK_PX = 1.5
# Texts with their corners [4, 2].
Corners = Sequence[tuple[str, F]]


def drawn_texts(figure: Figure) -> list[Text]:
    """All texts that are really drawn: no hidden ones, no tick labels outside of the axes' limits."""
    found: list[Text] = []
    draw = Text.draw

    def noted(self: Text, renderer: Any) -> None:
        if self.get_visible() and self.get_text().strip():
            found.append(self)
        draw(self, renderer)

    with patch.object(Text, "draw", noted):
        figure.canvas.draw()
    return list(dict.fromkeys(found))


def text_corners(text: Text) -> F:
    """The four corners [4, 2] of a text as it is written, turned or not, in pixels."""
    around = text.get_window_extent()
    middle, angle = np.array([(around.x0 + around.x1) / 2, (around.y0 + around.y1) / 2]), text.get_rotation()
    text.set_rotation(0.0)
    level = text.get_window_extent()
    text.set_rotation(angle)
    half = np.array([level.width, level.height]) / 2
    turn = np.radians(angle)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners: F = middle + (np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half) @ matrix.T
    return corners


def overlap_px(one: F, other: F) -> float:
    """How deep two convex shapes [n, 2] lie in each other, in pixels; negative where they are apart."""
    depth = np.inf
    for shape in (one, other):
        for k in range(2):
            edge = shape[k + 1] - shape[k]
            normal = np.array([-edge[1], edge[0]]) / max(float(np.hypot(*edge)), 1e-9)
            a, b = one @ normal, other @ normal
            depth = min(depth, float(min(a.max(), b.max()) - max(a.min(), b.min())))
    return depth


def picture_faults(figure: Figure) -> list[str]:
    """A sentence for each fault; call inside `styled()`."""
    texts = drawn_texts(figure)
    corners = [(text.get_text(), text_corners(text)) for text in texts]
    return [*_outside(figure, corners), *_overlapping(corners), *_too_small(texts), *legend_faults(figure)]


def legend_faults(figure: Figure) -> list[str]:
    """What is drawn under a label and not in a legend, and the other way round."""
    legends = [*figure.legends, *(found for ax in figure.axes if (found := ax.get_legend()) is not None)]
    listed = [text.get_text() for legend in legends for text in legend.get_texts()]
    drawn = list(legend_entries(figure.axes))
    faults = [f"{name!r} is drawn, but not in the legend" for name in drawn if name not in listed]
    faults += [f"{name!r} is in the legend, but not drawn" for name in listed if name not in drawn]
    return faults + [f"{name!r} is listed more than once" for name in set(listed) if listed.count(name) > 1]


def _outside(figure: Figure, texts: Corners) -> list[str]:
    width, height = figure.get_size_inches() * figure.dpi
    faults = []
    for name, corners in texts:
        over = max(-corners.min(), corners[:, 0].max() - width, corners[:, 1].max() - height)
        if over > _SLACK_PX:
            faults.append(f"{name!r} leaves the picture by {over:.0f} pixels")
    return faults


def _overlapping(texts: Corners) -> list[str]:
    return [
        f"{one!r} and {other!r} overlap by {depth:.0f} pixels"
        for (one, first), (other, second) in _near_pairs(texts)
        if (depth := overlap_px(first, second)) > _SLACK_PX
    ]


def _near_pairs(texts: Corners) -> Iterator[tuple[tuple[str, F], tuple[str, F]]]:
    """Pairs whose upright boxes touch: the shapes of all others are apart, and there are thousands of those."""
    if len(texts) < 2:
        return
    low, high = (np.array([edge(corners, axis=0) for _, corners in texts]) for edge in (np.min, np.max))
    touching = np.all((low[:, None] <= high) & (low <= high[:, None]), axis=2)
    for first, second in np.argwhere(np.triu(touching, 1)):
        yield texts[first], texts[second]


def _too_small(texts: Sequence[Text]) -> list[str]:
    return [
        f"{t.get_text()!r} has {t.get_fontsize():.2g} points"
        for t in texts
        if float(t.get_fontsize()) < SMALLEST - 1e-6
    ]
