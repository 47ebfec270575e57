"""Labels beside points, placed so that they cover neither points nor each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.units import F

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Where a label may go, best first: (horizontal, vertical) side of the point.
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_PER_POINT, _PER_LINE_POINT = 12.0, 2.0
_LINE_STEP_PX = 4.0
_OUTSIDE = 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Text beside the data point (x, y) at `distance_pt`; `style` are text properties."""

    x: float
    y: float
    text: str
    distance_pt: float
    style: dict[str, Any]


def place_labels(ax: Axes, labels: Sequence[Label], lines: Sequence[F] = ()) -> None:
    """Draw `labels` one after the other, each on the side where it covers least; `lines` [2, 2] are segments to avoid.

    The limits of `ax` must be final. Coordinates below are pixels.
    """
    ax.apply_aspect()
    pixels_per_pt = ax.figure.dpi / 72.0
    points = ax.transData.transform([(label.x, label.y) for label in labels]) if labels else np.zeros((0, 2))
    on_lines = np.concatenate([np.zeros((0, 2)), *(_traced(*ax.transData.transform(line)) for line in lines)])
    frame, taken = ax.get_window_extent(), np.zeros((0, 4))
    for label, point in zip(labels, points, strict=True):
        text = ax.text(label.x, label.y, label.text, **label.style)
        extent = text.get_window_extent()
        size = np.array([extent.width, extent.height])
        distance = label.distance_pt * pixels_per_pt
        boxes = [_box(point, size, side, factor * distance) for factor in (1.0, 2.2, 4.0) for side in _SIDES]
        costs = [
            rank
            + _PER_POINT * _inside(box, points, 2.5 * pixels_per_pt)
            + _PER_LINE_POINT * _inside(box, on_lines, pixels_per_pt)
            + 0.2 * _overlap(box, taken)
            + _OUTSIDE * (box[0] < frame.x0 or box[1] < frame.y0 or box[2] > frame.x1 or box[3] > frame.y1)
            for rank, box in enumerate(boxes)
        ]
        best = boxes[int(np.argmin(costs))]
        taken = np.vstack([taken, best])
        text.set(ha="left", va="bottom")
        shifted = text.get_window_extent()
        corner = ax.transData.transform((label.x, label.y)) + best[:2] - (shifted.x0, shifted.y0)
        x, y = ax.transData.inverted().transform(corner)
        text.set_position((x, y))


def _box(point: F, size: F, side: tuple[int, int], distance: float) -> F:
    """[x0, y0, x1, y1] of a text of `size` on one side of `point`."""
    direction = np.array(side, float)
    reach = distance if 0 in side else 0.7 * distance
    centre = point + direction * (reach + size / 2)
    return np.concatenate([centre - size / 2, centre + size / 2])


def _traced(start: F, end: F) -> F:
    """Points along a segment, `_LINE_STEP_PX` apart."""
    count = int(np.linalg.norm(end - start) / _LINE_STEP_PX) + 2
    points: F = start + np.linspace(0.0, 1.0, count)[:, None] * (end - start)
    return points


def _inside(box: F, points: F, margin: float) -> int:
    low, high = points > box[:2] - margin, points < box[2:] + margin
    return int(np.sum(low.all(axis=1) & high.all(axis=1)))


def _overlap(box: F, others: F) -> float:
    """Common area with `others` [n, 4] in square pixels."""
    common = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    return float(np.sum(np.prod(np.maximum(common, 0.0), axis=1)))
