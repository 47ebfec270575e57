"""Labels beside points, placed so that they cover neither points, nor lines, nor each other.

A label that finds no room beside its point stands further off, at the end of a thin line (its leader).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.style import CAPTION
from multistatic.units import B, F

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

# Where a label may go beside its point, best first: (horizontal, vertical) side of the point.
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
# Further off it stands at the end of a leader in any of these directions.
_ANGLES = 36
_NEAR = (1.0, 2.2)
_FAR = (4.0, 5.5, 7.0, 8.5, 10.5, 12.5, 15.0, 18.0, 22.0, 26.0, 31.0, 37.0, 45.0)
# Labels that stand above their points alone do so in rows.
_ROWS = 12
# The longest leader, as a share of the longer side of the panel.
LONGEST_LEADER = 0.25
_ATTEMPTS, _ORDERS = 40, 8
_LINE_STEP_PX = 4.0
_GAP_PT, _POINT_PT, _BESIDE_PT = 1.5, 4.0, 7.0
# What a place costs for each step that it is further off, for each line that its leader crosses,
# for a line that it runs along, and for each point whose own label it keeps from standing above.
_PER_STEP, _PER_SIDE, _PER_LINE, _PER_ALONG, _PER_SHADE = 2.5, 0.1, 3.0, 60.0, 3.0
# What it costs for each point, step of a line, text and leader that the label covers; for each text, leader and point
# that its own leader crosses; and where the label is nearer to another point than to its own, without and with a
# leader. From `_BAD` of these on, an optional label is left out.
_PER_POINT, _PER_LINE_POINT, _PER_TEXT = 90.0, 12.0, 400.0
_PER_CUT, _PER_CROSSING, _PER_STRANGER, _PER_NEIGHBOUR = 150.0, 25.0, 60.0, 6.0
_BAD, _TOO_LONG, _OUTSIDE = 39.0, 200.0, 1e4
# Nothing that costs so much more than the best place is worth a look.
_HOPELESS = 1000.0
# A leader is a line of this name and the text of its label; no legend lists it.
LEADER = "leader of"


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


def place_labels(
    ax: Axes, labels: Sequence[Label], lines: Sequence[F] = (), taken: F | None = None, markers: F | None = None
) -> list[str]:
    """Draw `labels`, each where it covers least; returns the texts that were left out.

    lines [2, 2]: segments to avoid. taken [n, 4]: boxes (left, bottom, right, top) to avoid, in pixels. markers [m, 2]:
    places of markers without a label, which none should cover or seem to name. The limits of `ax` must be final. Each
    text is an annotation of its point; the line of its leader is named after it. Coordinates below are pixels.
    """
    from matplotlib.patheffects import withStroke

    ax.apply_aspect()
    look = {"bbox": {"fc": "white", "ec": "none", "pad": 0.4, "alpha": 0.75}, "parse_math": False}
    texts = [
        ax.annotate(each.text, (each.x, each.y), (each.x, each.y), annotation_clip=False, **{**look, **each.style})
        for each in labels
    ]
    extents = [text.get_window_extent() for text in texts]
    places = np.array([*((each.x, each.y) for each in labels), *([] if markers is None else markers)])
    surroundings = _Surroundings(
        frame=np.asarray(ax.get_window_extent().extents),
        points=ax.transData.transform(places) if len(places) else np.zeros((0, 2)),
        lines=np.array([ax.transData.transform(line) for line in lines]).reshape(-1, 2, 2),
        taken=np.zeros((0, 4)) if taken is None else taken,
        per_pt=ax.figure.dpi / 72.0,
    )
    sizes = [np.array([extent.width, extent.height]) for extent in extents]
    everywhere = [surroundings.candidates(k, size, labels[k]) for k, size in enumerate(sizes)]
    placed = _arranged(everywhere, [label.optional for label in labels])
    casing = withStroke(linewidth=2.2, foreground="white")
    for k, text in enumerate(texts):
        if k not in placed:
            text.remove()
            continue
        box, leader = placed[k].box, placed[k].leader
        corner = surroundings.points[k] + box[:2] - (extents[k].x0, extents[k].y0)
        text.set_position(tuple(ax.transData.inverted().transform(corner)))
        if leader is not None:
            ends = ax.transData.inverted().transform(leader)
            line: dict[str, Any] = {"color": CAPTION, "linewidth": 0.7, "zorder": text.get_zorder() - 0.5}
            line |= {"label": f"_{LEADER} {labels[k].text}", "path_effects": [casing], "solid_capstyle": "butt"}
            ax.plot(*ends.T, scalex=False, scaley=False, **line)
    return [label.text for k, label in enumerate(labels) if k not in placed]


def say_nameless(markers: Artist | None, count: int) -> None:
    """The entry of the legend for `markers` says how many of them have no name."""
    if markers is not None and count > 0:
        markers.set_label(f"{markers.get_label()} ({count} without name)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The box of a label [left, bottom, right, top], its leader [2, 2] where it has one, what the place costs, and the
    part of that for what it covers or crosses.
    """

    box: F
    leader: F | None
    cost: float
    fault: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidates:
    """Where one label may go: boxes [c, 4], leaders [c, 2, 2], which of them have a leader [c], what each place costs
    for its distance [c], and for what it covers or crosses whatever the other labels do [c]; the least gap to a text.
    """

    boxes: F
    leaders: F
    led: B
    taste: F
    fault: F
    gap: float

    def best(self, others: Sequence[_Place]) -> _Place | None:
        """The cheapest place beside those of other labels; None where there is no candidate."""
        if not len(self.boxes):
            return None
        fault = self.fault
        if others:
            leaders = [place.leader for place in others if place.leader is not None]
            fault = fault + self._clashes(np.array([place.box for place in others]), leaders)
        k = int(np.argmin(self.taste + fault))
        leader = self.leaders[k] if self.led[k] else None
        return _Place(box=self.boxes[k], leader=leader, cost=float(self.taste[k] + fault[k]), fault=float(fault[k]))

    def _clashes(self, texts: F, leaders: Sequence[F]) -> F:
        """What each place costs [c] beside texts [t, 4] and leaders [2, 2] of other labels."""
        clashes: F = _PER_TEXT * _touching(self.boxes, texts, self.gap).sum(axis=1)
        clashes += _PER_CUT * self.led * _cut(texts, self.leaders, self.gap).sum(axis=0)
        if leaders:
            there = np.array(leaders)
            clashes += _PER_CUT * _cut(self.boxes, there, self.gap).sum(axis=1)
            clashes += _PER_CROSSING * self.led * _cross(self.leaders, there).sum(axis=1)
        return clashes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surroundings:
    """What is on a picture before any label: the frame, points [n, 2], first those that get labels, lines [m, 2, 2],
    boxes that are taken [t, 4]; pixels in a point of type.
    """

    frame: F
    points: F
    lines: F
    taken: F
    per_pt: float

    def candidates(self, number: int, size: F, label: Label) -> _Candidates:
        """The places for the text of `label`, of this size, about the point with this number."""
        point, distance = self.points[number], label.distance_pt * self.per_pt
        if label.above:
            row_px = size[1] + 1.1 * _GAP_PT * self.per_pt
            rings = [_boxes_above(point, size, distance + row * row_px, self.frame) for row in range(_ROWS)]
        else:
            rings = [_near_boxes(point, size, factor * distance) for factor in _NEAR]
            rings += [_far_boxes(point, size, factor * distance) for factor in _FAR]
        counts = [len(ring) for ring in rings]
        boxes, step = np.concatenate(rings), np.repeat(np.arange(len(rings)), counts)
        side = np.concatenate([np.arange(count) for count in counts])
        leaders = _leaders(point, boxes, distance)
        taste = _PER_STEP * step + _PER_SIDE * side
        taste += (step > 0) * self._on_lines(leaders)
        if label.above:
            taste += _PER_SHADE * self._shaded(number, boxes)
        fault = self._covered(boxes) + (step > 0) * self._crossed(leaders, number, 0.0 if label.above else 3.0)
        strange, beside = self._strangers(number, boxes)
        fault += np.where(step > 0, _PER_NEIGHBOUR * beside, _PER_STRANGER * strange)
        taste += 2.0 * (step > 0) * strange
        limit = _BAD if label.optional else float(fault.min()) + _HOPELESS
        keep = fault < limit
        return _Candidates(
            boxes=boxes[keep], leaders=leaders[keep], led=step[keep] > 0, taste=taste[keep], fault=fault[keep],
            gap=_GAP_PT * self.per_pt,
        )  # fmt: skip

    def _covered(self, boxes: F) -> F:
        """What each of `boxes` [c, 4] costs for leaving the frame and for what lies below it."""
        outside = np.any(boxes[:, :2] < self.frame[:2], axis=1) | np.any(boxes[:, 2:] > self.frame[2:], axis=1)
        costs: F = _OUTSIDE * outside
        costs += _PER_POINT * _inside(boxes, self.points, _POINT_PT * self.per_pt).sum(axis=1)
        on_lines = [np.zeros((0, 2)), *(_traced(*line) for line in self.lines)]
        costs += _PER_LINE_POINT * _inside(boxes, np.concatenate(on_lines), _GAP_PT * self.per_pt).sum(axis=1)
        return costs + _PER_TEXT * _touching(boxes, self.taken, _GAP_PT * self.per_pt).sum(axis=1)

    def _crossed(self, leaders: F, number: int, margin_pt: float) -> F:
        """What each of `leaders` [c, 2, 2] costs for its length and for what it passes, points closer than a margin."""
        start, way = leaders[:, None, 0], (leaders[:, 1] - leaders[:, 0])[:, None]
        strangers = self.points[self._others(number)]
        share = np.sum((strangers - start) * way, axis=-1) / np.maximum(np.sum(way**2, axis=-1), 1e-9)
        away = np.linalg.norm(start + np.clip(share, 0.0, 1.0)[..., None] * way - strangers, axis=-1)
        costs: F = _PER_CROSSING * (away < margin_pt * self.per_pt).sum(axis=1)
        costs += _PER_CUT * _cut(self.taken, leaders, self.per_pt).sum(axis=0)
        longest = LONGEST_LEADER * float(np.max(self.frame[2:] - self.frame[:2]))
        return costs + _TOO_LONG * (np.linalg.norm(way[:, 0], axis=-1) > longest)

    def _on_lines(self, leaders: F) -> F:
        """What each of `leaders` [c, 2, 2] costs for the lines that it crosses and for running along one."""
        costs: F = _PER_LINE * _cross(leaders, self.lines).sum(axis=1)
        if not len(self.lines):
            return costs
        traced = np.concatenate([_traced(*line) for line in self.lines])
        along = np.ones(len(leaders), bool)
        for share in (0.4, 0.7, 1.0):
            places = (1 - share) * leaders[:, 0] + share * leaders[:, 1]
            away = np.hypot(places[:, None, 0] - traced[:, 0], places[:, None, 1] - traced[:, 1])
            along &= away.min(axis=1) < _LINE_STEP_PX / 2 + 2.0 * self.per_pt
        return costs + _PER_ALONG * along

    def _shaded(self, number: int, boxes: F) -> F:
        """How many other points have no free way up because of each of `boxes` [c, 4]."""
        x = self.points[self._others(number), 0]
        over = (x > boxes[:, :1] - 2.0 * self.per_pt) & (x < boxes[:, 2:3] + 2.0 * self.per_pt)
        return np.asarray(over.sum(axis=1), float)

    def _strangers(self, number: int, boxes: F) -> tuple[B, B]:
        """Which of `boxes` [c, 4] are nearer to another point than to their own, so that they seem to name it; and
        which of those stand right beside it.
        """
        away = np.linalg.norm(np.clip(self.points, boxes[:, None, :2], boxes[:, None, 2:]) - self.points, axis=-1)
        nearest = np.min(away[:, self._others(number)], axis=1, initial=np.inf)
        strange = nearest < away[:, number] + self.per_pt
        return strange, strange & (nearest < _BESIDE_PT * self.per_pt)

    def _others(self, number: int) -> B:
        """Which points stand elsewhere than this one."""
        return np.asarray(np.linalg.norm(self.points - self.points[number], axis=-1) > self.per_pt)


def _arranged(everywhere: Sequence[_Candidates], optional: Sequence[bool]) -> dict[int, _Place]:
    """The place of each label, by its number, without the optional ones that find none. Where not all find one beside
    each other, those that must be drawn are placed first.
    """
    order = sorted(range(len(everywhere)), key=lambda k: optional[k])
    if all(len(each.boxes) for each in everywhere):
        together = _beside_each_other(everywhere, order, _ORDERS)
        if all(place.fault < _PER_CROSSING for place in together.values()):
            return together
    needed = _beside_each_other(everywhere, [k for k in order if not optional[k]], _ATTEMPTS)
    return _with_room(everywhere, [k for k in order if optional[k]], needed)


def _beside_each_other(everywhere: Sequence[_Candidates], order: list[int], attempts: int) -> dict[int, _Place]:
    """The places of the labels `order`. Where one covers something, all are placed again, that one first, or where it
    was first already, in another order; the best attempt counts.
    """
    best: dict[int, _Place] = {}
    least, rng = np.inf, np.random.default_rng(len(order))
    for _ in range(attempts):
        placed: dict[int, _Place] = {}
        for k in [*order, *order, *order]:  # the second and the third time beside all the others
            found = everywhere[k].best([place for other, place in placed.items() if other != k])
            assert found is not None
            placed[k] = found
        total = sum(place.cost for place in placed.values())
        if total < least:
            best, least = placed, total
        worst = [k for k in order if placed[k].fault >= _PER_CROSSING]
        if not worst:
            break
        repeated = order[: len(worst)] == worst
        order = rng.permutation(order).tolist() if repeated else worst + [k for k in order if k not in worst]
    return best


def _with_room(everywhere: Sequence[_Candidates], order: list[int], needed: dict[int, _Place]) -> dict[int, _Place]:
    """`needed`, and the optional labels `order` that find room. Where some find none, those come first in another
    attempt, as long as that leaves fewer out.
    """
    best, least = needed, len(order) + 1
    for _ in range(_ORDERS):
        placed = dict(needed)
        for k in order:
            found = everywhere[k].best(list(placed.values()))
            if found is not None and found.fault < _BAD:
                placed[k] = found
        left_out = [k for k in order if k not in placed]
        if len(left_out) >= least:
            break
        best, least = placed, len(left_out)
        # No other order helps those that have no place at all.
        if not any(len(everywhere[k].boxes) for k in left_out):
            break
        order = left_out + [k for k in order if k not in left_out]
    return best


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


def _boxes_above(point: F, size: F, distance: float, frame: F) -> F:
    """The same at one height over `point`, inside the frame: over it, beside its leader, and further to the sides."""
    shifts = size[0] * np.array([0.0, 0.55, -0.55, 0.75, -0.75, 1.0, -1.0])
    x = np.clip(point[0] + shifts, frame[0] + size[0] / 2, max(frame[2] - size[0] / 2, frame[0] + size[0] / 2))
    centres = np.stack([x, np.full(len(x), point[1] + distance + size[1] / 2)], axis=1)
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


def _inside(boxes: F, points: F, margin: float) -> B:
    """Which of `points` [n, 2] lie in which of `boxes` [c, 4], or closer than `margin`: [c, n]."""
    x, y = points[:, 0], points[:, 1]
    left, bottom, right, top = (edge[:, None] for edge in boxes.T)
    return np.asarray((x > left - margin) & (x < right + margin) & (y > bottom - margin) & (y < top + margin))


def _touching(boxes: F, others: F, gap: float) -> B:
    """Which of `boxes` [c, 4] overlap which of `others` [t, 4], or are closer than `gap`: [c, t]."""
    left, bottom, right, top = (edge[:, None] for edge in boxes.T)
    apart = (left - others[:, 2] >= gap) | (others[:, 0] - right >= gap)
    return np.asarray(~(apart | (bottom - others[:, 3] >= gap) | (others[:, 1] - top >= gap)))


def _cut(boxes: F, segments: F, margin: float) -> B:
    """Which of `boxes` [c, 4] are crossed by which of `segments` [l, 2, 2], or closer than `margin`: [c, l]."""
    start, way = segments[:, 0], segments[:, 1] - segments[:, 0]
    way = np.where(np.abs(way) < 1e-9, 1e-9, way)
    low, high = ((boxes[:, None, :2] - margin - start) / way, (boxes[:, None, 2:] + margin - start) / way)
    enters, leaves = np.minimum(low, high).max(axis=-1), np.maximum(low, high).min(axis=-1)
    return np.asarray((enters < leaves) & (leaves > 0.0) & (enters < 1.0))


def _cross(segments: F, others: F) -> B:
    """Which of `segments` [c, 2, 2] cross which of `others` [l, 2, 2]: [c, l]."""

    def side(a: F, b: F, c: F) -> F:
        turn: F = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
        return turn

    start, end, from_, to = segments[:, None, 0], segments[:, None, 1], others[:, 0], others[:, 1]
    return np.asarray(
        (side(start, end, from_) * side(start, end, to) < 0) & (side(from_, to, start) * side(from_, to, end) < 0)
    )
