"""What every map in the plane shares: limits, names of the coordinates, labels, the scale of an error ellipse."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.error_ellipse import ErrorEllipse
from multistatic.report.labels import Label
from multistatic.report.style import ERROR, INK, TARGET
from multistatic.units import F

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

ELLIPSE_SHARE = 0.07
# Of the width and of the height of a side view: what half an ellipse may take. The view grows where it needs to.
_SIDE_SHARE = (0.07, 0.35)
_LARGE_COORDINATE_M = 20_000.0
# Height of the map of a street: names need the room.
_LOWEST_IN = 2.2
# Of the width of a map: the longest way of a target that an arrow shows.
_TRAVEL_SHARE = 0.18


def enlargement(ellipse: ErrorEllipse, span_m: float) -> float:
    """A round factor (1, 2 or 5 times a power of ten) that makes the ellipse visible and keeps it small."""
    return _round_factor(ELLIPSE_SHARE * span_m / ellipse.semi_major_m)


def side_enlargement(ellipse: ErrorEllipse, width_m: float, height_m: float) -> float:
    """As `enlargement`, for a side view of that width and height, whose scales differ."""
    shares = zip(_SIDE_SHARE, (width_m, height_m), ellipse.half_widths_m, strict=True)
    return _round_factor(min(share * size / half for share, size, half in shares))


def _round_factor(wanted: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten up to `wanted`."""
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(power * max(step for step in (1, 2, 5) if step * power <= wanted * (1 + 1e-9)))


def draw_ellipse(
    ax: Axes, centre: F, ellipse: ErrorEllipse, factor: float, alpha: float = 1.0, label: str | None = None
) -> list[F]:
    """The ellipse about `centre` [2], `factor` times as large; returns its outline as segments [2, 2]. `label`: its
    entry in a legend.
    """
    from matplotlib.patches import Ellipse

    shape: dict[str, Any] = {
        "xy": (float(centre[0]), float(centre[1])),
        "width": 2 * factor * ellipse.semi_major_m,
        "height": 2 * factor * ellipse.semi_minor_m,
        "angle": np.degrees(ellipse.direction_rad),
    }
    ax.add_patch(Ellipse(**shape, facecolor=ERROR, alpha=0.14 * alpha, zorder=3))
    outline = Ellipse(**shape, fill=False, edgecolor=ERROR, linewidth=1.1, alpha=alpha, zorder=3)
    ax.add_patch(outline)
    if label is not None:
        outline.set_label(label)
    phase, turn = np.exp(2j * np.pi * np.arange(13) / 12), np.exp(1j * ellipse.direction_rad)
    around = factor * turn * (ellipse.semi_major_m * phase.real + 1j * ellipse.semi_minor_m * phase.imag)
    rim = centre + np.stack([around.real, around.imag], axis=1)
    return [np.array(pair) for pair in pairwise(rim)]


def ellipses_in_words(plan: float | None, side: float | None) -> list[str]:
    """What ellipses are, and how much larger they are drawn, as sentences of a caption."""
    if plan is None:
        return []
    if side is None:
        return [f"Ellipse: 1σ position error, {enlargement_in_words(plan)}."]
    if side == plan:
        return [f"Ellipses: 1σ position error, {enlargement_in_words(plan)}."]
    words = enlargement_in_words(side)
    return [f"Ellipses: 1σ position error, {enlargement_in_words(plan)}; in the side view {words}."]


def enlargement_in_words(factor: float) -> str:
    """`drawn ×100`, or `to scale`."""
    return f"drawn ×{factor:,.0f}" if factor >= 2 else f"drawn ×{factor:g}" if factor < 1 else "to scale"


def map_width(places: F) -> float:
    """Width of the map in m: everything, and room for labels."""
    return 1.2 * max(float(np.max(np.ptp(places[:, :2], axis=0))), 1e-9)


def map_shape(places: F, width_in: float) -> float:
    """Height over width of a map `width_in` wide, at most 1: what `places` [n, 2 or 3] and their names need."""
    width = map_width(places)
    around = width - float(np.max(np.ptp(places[:, :2], axis=0)))
    return float(np.clip((float(np.ptp(places[:, 1])) + around) / width, min(_LOWEST_IN / width_in, 1.0), 1.0))


def set_limits(ax: Axes, places: F, shape: float = 1.0) -> None:
    """A rectangle around `places` [n, 2 or 3], equal scales. shape: its height over its width."""
    middle, half = centre(places), map_width(places) / 2
    high = shape * half
    ax.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - high, middle[1] + high))
    ax.set_aspect("equal", adjustable="box")


def centre(places: F) -> F:
    """The middle [2] of a map."""
    middle: F = (places[:, :2].min(axis=0) + places[:, :2].max(axis=0)) / 2
    return middle


def name_coordinate(axis: Axis, name: str, middle_m: float) -> None:
    """Label in m; large coordinates, as of a national grid, lose their common part to the label."""
    common = round(middle_m, -4) if abs(middle_m) >= _LARGE_COORDINATE_M else 0.0
    axis.set_major_formatter(lambda value, _: f"{value - common:g}".replace("-", "−"))
    axis.set_label_text(f"{name} (m)" if common == 0 else f"{name} {'−' if common > 0 else '+'} {abs(common):,.0f} (m)")


def segment(start: F, end: F) -> F:
    """A line of the plan as [2, 2]."""
    return np.array([start[:2], end[:2]])


def point_label(
    place: F, text: str, color: str, distance_pt: float, *, bold: bool = False, optional: bool = False
) -> Label:
    """A label beside `place`; an `optional` one is left out where there is no room."""
    style = {"color": color, "size": "small", "weight": "bold" if bold else "normal", "zorder": 8}
    return Label(
        x=float(place[0]), y=float(place[1]), text=text, distance_pt=distance_pt, style=style, optional=optional
    )


def draw_scale_bar(ax: Axes, places: F) -> F:
    """A bar of a round length in the lower corner, or the upper one, that is furthest from `places` [n, 2]; returns the
    box that it takes [1, 4] in pixels. The limits of `ax` must be final.
    """
    ax.apply_aspect()
    length_m = _round_factor(0.25 * abs(float(np.ptp(ax.get_xlim()))))
    words = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    share = length_m / abs(float(np.ptp(ax.get_xlim())))
    across = ax.transAxes.inverted().transform(ax.transData.transform(places))
    corners = [(x, y) for y in (0.03, 0.92) for x in (0.03, 0.97 - share)]
    middles = np.add(corners, (share / 2, 0.03))
    x, y = corners[int(np.argmax(np.linalg.norm(middles[:, None] - across[None], axis=-1).min(axis=1)))]
    look: dict[str, Any] = {"color": INK, "linewidth": 1.6, "solid_capstyle": "butt", "transform": ax.transAxes}
    (bar,) = ax.plot([x, x + share], [y, y], zorder=8, scalex=False, scaley=False, **look)
    text = ax.annotate(
        words,
        (x + share / 2, y),
        (0, 2),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="center",
        va="bottom",
        size="small",
        color=INK,
        zorder=8,
    )
    text.set_bbox({"fc": "white", "ec": "none", "pad": 0.4, "alpha": 0.75})
    boxes = np.array([bar.get_window_extent().extents, text.get_window_extent().extents])
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])[None]


def travel_time_s(speed_m_s: float, span_m: float) -> float:
    """A round time (1, 2 or 5 times a power of ten) in which a target goes a visible part of `span_m`."""
    return _round_factor(_TRAVEL_SHARE * span_m / speed_m_s)


def draw_travel(ax: Axes, start: F, end: F, label: str | None = None, alpha: float = 1.0) -> None:
    """An arrow from `start` [2] to `end` [2]: where a target is after some time. `label`: its entry in a legend."""
    from matplotlib.patheffects import Normal, Stroke

    arrow: dict[str, Any] = {"arrowstyle": "-|>,head_width=0.22,head_length=0.42", "color": TARGET, "linewidth": 1.3}
    arrow |= {"shrinkA": 0.0, "shrinkB": 0.0, "alpha": alpha}
    arrow["path_effects"] = [Stroke(linewidth=3.2, foreground="white"), Normal()]  # points may lie below it
    ax.annotate("", tuple(end), tuple(start), arrowprops=arrow, zorder=6)
    if label is not None:
        # Annotations have no entry in a legend: an empty line that looks like the arrow has.
        ax.plot([], [], color=TARGET, linewidth=1.3, marker=">", markersize=4, label=label)
