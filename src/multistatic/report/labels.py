"""Labels beside points, placed so that they cover neither points, nor lines, nor each other.

A label that finds no room beside its point stands further off, at the end of a thin line (its leader).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.style import MUTED
from multistatic.units import B, F

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

# Where a label may go beside its point, best first: (horizontal, vertical) side of the point.
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
# Further off it stands at the end of a leader in any of these directions.
_ANGLES = 24
_NEAR, _FAR = (1.0, 2.2), (4.0, 6.0, 8.5, 11.5, 15.0, 19.0, 24.0, 30.0, 37.0, 45.0)
_ATTEMPTS = 8
_STEPS = 48  # points of a leader that are looked at
_LINE_STEP_PX = 4.0
_GAP_PT = 1.5
# What a place costs for each point, step of a line, text and leader that the label covers, for each text, leader and
# point that its own leader crosses, and for a point that is nearer than its own; from `_BAD` on, an optional label is
# left out.
_PER_POINT, _PER_LINE_POINT, _PER_TEXT = 40.0, 12.0, 400.0
_PER_CUT, _PER_CROSSING, _PER_STRANGER = 80.0, 25.0, 10.0
_BAD, _OUTSIDE = 39.0, 1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Text beside the data point (x, y) at `distance_pt`; `style` are text properties. An `optional` one is left out
    where there is no room; one `above` stands nowhere else.
    """

    x: float
    y: float
    text: str
    distance_pt: float
    style: dict[str, Any]
    optional: bool = False
    above: bool = False


def place_labels(ax: Axes, labels: Sequence[Label], lines: Sequence[F] = (), taken: F | None = None) -> list[str]:
    """Draw `labels` one after the other, each where it covers least; returns the texts that were left out.

    lines [2, 2]: segments to avoid. taken [n, 4]: boxes (left, bottom, right, top) to avoid, in pixels. The limits of
    `ax` must be final. Coordinates below are pixels.
    """
    ax.apply_aspect()
    per_pt = ax.figure.dpi / 72.0
    points = ax.transData.transform([(label.x, label.y) for label in labels]) if labels else np.zeros((0, 2))
    crowd = _Crowd(
        frame=np.asarray(ax.get_window_extent().extents),
        points=points,
        on_lines=np.concatenate([np.zeros((0, 2)), *(_traced(*ax.transData.transform(line)) for line in lines)]),
        texts=np.zeros((0, 4)) if taken is None else taken,
        leaders=np.zeros((0, 2, 2)),
        per_pt=per_pt,
    )
    look = {"bbox": {"fc": "white", "ec": "none", "pad": 0.4, "alpha": 0.75}, "parse_math": False}
    texts = [ax.text(each.x, each.y, each.text, ha="left", va="bottom", **{**look, **each.style}) for each in labels]
    extents = [text.get_window_extent() for text in texts]
    sizes = [np.array([extent.width, extent.height]) for extent in extents]
    for k, placed in _arranged(crowd, labels, sizes).items():
        if labels[k].optional and placed.cost >= _BAD:
            texts[k].remove()
            continue
        corner = points[k] + placed.box[:2] - (extents[k].x0, extents[k].y0)
        x, y = ax.transData.inverted().transform(corner)
        texts[k].set_position((x, y))
        if placed.leader is not None:
            ends = ax.transData.inverted().transform(placed.leader)
            ax.plot(*ends.T, color=MUTED, linewidth=0.5, zorder=texts[k].get_zorder() - 0.5, scalex=False, scaley=False)
    return [label.text for label, text in zip(labels, texts, strict=True) if text.axes is None]


def say_nameless(markers: Artist | None, count: int) -> None:
    """The entry of the legend for `markers` says how many of them have no name."""
    if markers is not None and count > 0:
        markers.set_label(f"{markers.get_label()} ({count} without name)")


def _arranged(crowd: _Crowd, labels: Sequence[Label], sizes: Sequence[F]) -> dict[int, _Place]:
    """The place of each label, by its number. Where one that must be drawn covers something, all such are placed again,
    that one first; the best attempt counts. The optional ones follow.
    """
    order = [k for k, label in enumerate(labels) if not label.optional]
    best: dict[int, _Place] = {}
    around, least = crowd, np.inf
    for _ in range(_ATTEMPTS):
        placed, taken = {}, crowd
        for k in order:
            placed[k] = taken.best_place(crowd.points[k], sizes[k], labels[k])
            taken = taken.with_label(placed[k])
        total = sum(each.cost for each in placed.values())
        if total < least:
            best, around, least = placed, taken, total
        worst = [k for k in order if placed[k].cost >= _PER_POINT]
        if not worst or order[: len(worst)] == worst:
            break
        order = worst + [k for k in order if k not in worst]
    return {**best, **_with_room(around, labels, sizes)}


def _with_room(crowd: _Crowd, labels: Sequence[Label], sizes: Sequence[F]) -> dict[int, _Place]:
    """The same for optional labels; where some find no room, those come first in another attempt, as long as that
    leaves fewer out.
    """
    order = [k for k, label in enumerate(labels) if label.optional]
    best: dict[int, _Place] = {}
    least = len(order) + 1
    for _ in range(_ATTEMPTS):
        placed, taken = {}, crowd
        for k in order:
            placed[k] = taken.best_place(crowd.points[k], sizes[k], labels[k])
            taken = taken.with_label(placed[k]) if placed[k].cost < _BAD else taken
        left_out = [k for k in order if placed[k].cost >= _BAD]
        if len(left_out) >= least:
            break
        best, least = placed, len(left_out)
        if not left_out:
            break
        order = left_out + [k for k in order if k not in left_out]
    return best


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The box of a label [left, bottom, right, top], its leader [2, 2] where it has one, and what they cover."""

    box: F
    leader: F | None
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crowd:
    """What is on a picture so far, in pixels: the frame, points [n, 2], steps of lines [m, 2], boxes of texts [t, 4]
    and leaders [l, 2, 2].
    """

    frame: F
    points: F
    on_lines: F
    texts: F
    leaders: F
    per_pt: float

    def with_label(self, placed: _Place) -> _Crowd:
        """The same with one label more."""
        leaders = self.leaders if placed.leader is None else np.concatenate([self.leaders, placed.leader[None]])
        return replace(self, texts=np.vstack([self.texts, placed.box]), leaders=leaders)

    def best_place(self, point: F, size: F, label: Label) -> _Place:
        """Where the text of `label`, of this size, goes beside `point`, or at the end of a leader."""
        distance = label.distance_pt * self.per_pt
        best = _Place(box=np.zeros(4), leader=None, cost=np.inf)
        for rank, factor in enumerate((*_NEAR, *_FAR)):
            if best.cost <= 2.5 * rank:
                break
            boxes = (_near_boxes if factor in _NEAR else _far_boxes)(point, size, factor * distance)
            if label.above:
                boxes = boxes[boxes[:, 1] >= point[1]]
            leaders = None if rank == 0 else _leaders(point, boxes, distance)
            costs = 2.5 * rank + 0.1 * np.arange(len(boxes)) + self._costs(boxes, leaders)
            costs += (_PER_STRANGER if rank == 0 else 0.2 * _PER_STRANGER) * self._strangers(point, boxes)
            k = int(np.argmin(costs))
            if costs[k] < best.cost:
                best = _Place(box=boxes[k], leader=None if leaders is None else leaders[k], cost=float(costs[k]))
        return best

    def _strangers(self, point: F, boxes: F) -> B:
        """Which of `boxes` [c, 4] are nearer to another point than to their own: they seem to name that one."""
        places = np.vstack([point, self.points])
        ends = np.clip(places, boxes[:, None, :2], boxes[:, None, 2:])
        away = np.linalg.norm(ends - places, axis=-1)
        others = np.linalg.norm(self.points - point, axis=-1) > self.per_pt
        return np.any(away[:, 1:][:, others] < away[:, :1], axis=1)

    def _costs(self, boxes: F, leaders: F | None) -> F:
        """What each of `boxes` [c, 4] covers, and each of `leaders` [c, 2, 2] crosses."""
        outside = np.any(boxes[:, :2] < self.frame[:2], axis=1) | np.any(boxes[:, 2:] > self.frame[2:], axis=1)
        costs = _OUTSIDE * outside
        costs += _PER_POINT * _inside(boxes, self.points, 4.0 * self.per_pt).sum(axis=1)
        costs += _PER_LINE_POINT * _inside(boxes, self.on_lines, _GAP_PT * self.per_pt).sum(axis=1)
        apart = np.maximum(boxes[:, None, :2] - self.texts[:, 2:], self.texts[:, :2] - boxes[:, None, 2:])
        costs += _PER_TEXT * np.all(apart < _GAP_PT * self.per_pt, axis=-1).sum(axis=1)
        for leader in _steps(self.leaders):
            costs += _PER_CUT * _inside(boxes, leader, self.per_pt).any(axis=1)
        if leaders is None:
            return costs
        steps = _steps(leaders)
        for text in self.texts:
            costs += _PER_CUT * _inside(text[None], steps.reshape(-1, 2), self.per_pt).reshape(steps.shape[:2]).any(1)
        for other in self.leaders:
            costs += _PER_CROSSING * _cross(leaders, other)
        near = np.linalg.norm(self.points[:, None, None] - steps, axis=-1).min(axis=-1) < 3.0 * self.per_pt
        return costs + _PER_CROSSING * np.maximum(near.sum(axis=0) - 1, 0)


def _near_boxes(point: F, size: F, distance: float) -> F:
    """[8, 4] of a text of `size` on each side of `point`: left, bottom, right, top."""
    centres = np.array(
        [point + np.array(side) * ((distance if 0 in side else 0.7 * distance) + size / 2) for side in _SIDES]
    )
    return np.concatenate([centres - size / 2, centres + size / 2], axis=1)


def _far_boxes(point: F, size: F, distance: float) -> F:
    """The same at the ends of leaders in all directions, those to the sides first."""
    turns = np.exp(2j * np.pi * np.arange(_ANGLES) / _ANGLES)
    turns = turns[np.argsort(np.abs(turns.imag), kind="stable")]
    directions = np.stack([turns.real, turns.imag], axis=1)
    centres = point + directions * distance + np.clip(1.6 * directions, -1.0, 1.0) * size / 2
    return np.concatenate([centres - size / 2, centres + size / 2], axis=1)


def _leaders(point: F, boxes: F, distance: float) -> F:
    """From the rim of the point's marker to the nearest place of each of `boxes`: [c, 2, 2]."""
    ends = np.clip(point, boxes[:, :2], boxes[:, 2:])
    way = ends - point
    share = np.minimum(1.0, 0.8 * distance / np.maximum(np.linalg.norm(way, axis=1), 1e-9))
    return np.stack([point + share[:, None] * way, ends], axis=1)


def _traced(start: F, end: F) -> F:
    """Points along a segment, `_LINE_STEP_PX` apart."""
    count = int(np.linalg.norm(end - start) / _LINE_STEP_PX) + 2
    points: F = start + np.linspace(0.0, 1.0, count)[:, None] * (end - start)
    return points


def _steps(segments: F) -> F:
    """Points [n, `_STEPS`, 2] along segments [n, 2, 2]."""
    share = np.linspace(0.0, 1.0, _STEPS)[:, None]
    points: F = segments[:, None, 0] + share * (segments[:, 1] - segments[:, 0])[:, None]
    return points


def _inside(boxes: F, points: F, margin: float) -> B:
    """Which of `points` [n, 2] lie in which of `boxes` [c, 4], or closer than `margin`: [c, n]."""
    low, high = points > boxes[:, None, :2] - margin, points < boxes[:, None, 2:] + margin
    return np.asarray(low.all(axis=-1) & high.all(axis=-1))


def _cross(segments: F, other: F) -> B:
    """Which of `segments` [c, 2, 2] cross the segment `other` [2, 2]."""

    def side(a: F, b: F, c: F) -> F:
        turn: F = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
        return turn

    start, end = segments[:, 0], segments[:, 1]
    crossing = (side(start, end, other[0]) * side(start, end, other[1]) < 0) & (
        side(other[0], other[1], start) * side(other[0], other[1], end) < 0
    )
    return np.asarray(crossing)
