"""What is wrong with the text of a picture: outside of it, over another, too small, a legend of something else, a name
that seems to belong to another marker, a leader that is long or cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text

from multistatic.report.labels import LEADER, LONGEST_LEADER
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
    faults = [*_outside(figure, corners), *_overlapping(corners), *_too_small(texts), *legend_faults(figure)]
    for ax in figure.axes:
        faults += name_faults(ax)
        faults += leader_faults(ax)
    return faults


def legend_faults(figure: Figure) -> list[str]:
    """What is drawn under a label and not in a legend, and the other way round."""
    legends = [*figure.legends, *(found for ax in figure.axes if (found := ax.get_legend()) is not None)]
    listed = [text.get_text() for legend in legends for text in legend.get_texts()]
    drawn = list(legend_entries(figure.axes))
    faults = [f"{name!r} is drawn, but not in the legend" for name in drawn if name not in listed]
    faults += [f"{name!r} is in the legend, but not drawn" for name in listed if name not in drawn]
    return faults + [f"{name!r} is listed more than once" for name in set(listed) if listed.count(name) > 1]


def leaders_of(ax: Axes) -> dict[str, Line2D]:
    """The line from a marker to its name, by the name."""
    words = f"_{LEADER} "
    return {str(line.get_label()).removeprefix(words): line for line in ax.lines if words in str(line.get_label())}


def names_in(ax: Axes) -> list[Annotation]:
    """The names that stand beside markers; their `xy` is the place of the marker."""
    named = [text for text in ax.texts if isinstance(text, Annotation) and text.get_text()]
    return [text for text in named if text.xycoords == "data" == text.anncoords]


def name_faults(ax: Axes) -> list[str]:
    """Names without a leader that are as near to another marker as to their own."""
    found = [points.get_offsets() for points in ax.collections if isinstance(points, PathCollection)]
    names, leaders, faults = names_in(ax), leaders_of(ax), []
    markers = (
        ax.transData.transform(np.vstack([*(np.ma.getdata(each) for each in found), *(t.xy for t in names)]))
        if names
        else []
    )
    for text in names:
        own, box = ax.transData.transform(text.xy), text.get_window_extent()
        nearest = np.clip(markers, (box.x0, box.y0), (box.x1, box.y1))
        away, apart = np.linalg.norm(nearest - markers, axis=1), np.linalg.norm(markers - own, axis=1)
        others = away[apart > 1.0] if ", " not in text.get_text() else []  # several markers may share a label
        if text.get_text() not in leaders and len(others) and others.min() <= away[apart <= 1.0].min():
            faults.append(f"{text.get_text()!r} is nearer to another marker and has no leader")
    return faults


def leader_faults(ax: Axes) -> list[str]:
    """Leaders that are long, that do not end at their name, that lie below another name, or that lack a light rim."""
    longest = LONGEST_LEADER * max(ax.get_window_extent().size) + _SLACK_PX
    boxes, faults = {text.get_text(): text.get_window_extent() for text in names_in(ax)}, []
    for name, line in leaders_of(ax).items():
        start, end = ax.transData.transform(np.asarray(line.get_xydata()))
        if np.hypot(*(end - start)) > longest:
            faults.append(f"the leader of {name!r} is longer than a quarter of the panel")
        if name not in boxes or not boxes[name].padded(_SLACK_PX).contains(*end):
            faults.append(f"the leader of {name!r} does not end at it")
        steps = start + np.linspace(0.0, 1.0, 200)[:, None] * (end - start)
        below = [other for other, box in boxes.items() if other != name and any(box.contains(*step) for step in steps)]
        faults += [f"the leader of {name!r} goes below {other!r}" for other in below]
        rims = [effect._gc for effect in line.get_path_effects() if hasattr(effect, "_gc")]
        around = [rim["foreground"] for rim in rims if rim.get("linewidth", 0.0) >= line.get_linewidth() + 1.0]
        if not any(_contrast(colour, line.get_color()) >= 4.5 for colour in around):
            faults.append(f"the leader of {name!r} has no rim of another brightness, which it needs on a dark ground")
    return faults


def _contrast(one: Any, other: Any) -> float:
    """Contrast of two colours, as the Web Content Accessibility Guidelines define it: 1 to 21."""
    bright = []
    for colour in (one, other):
        parts = np.array(to_rgb(colour))
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        bright.append(float(linear @ (0.2126, 0.7152, 0.0722)))
    return (max(bright) + 0.05) / (min(bright) + 0.05)


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
