"""What every map in the plane shares: limits, names of the coordinates, labels, the scale of an error ellipse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multistatic.report.error_ellipse import ErrorEllipse
from multistatic.report.labels import Label
from multistatic.report.style import NORMAL, SMALL
from multistatic.units import F

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

ELLIPSE_SHARE = 0.07
_LARGE_COORDINATE_M = 20_000.0


def enlargement(ellipse: ErrorEllipse, span_m: float) -> float:
    """A round factor (1, 2 or 5 times a power of ten) that makes the ellipse visible and keeps it small."""
    wanted = ELLIPSE_SHARE * span_m / ellipse.semi_major_m
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(power * max(step for step in (1, 2, 5) if step * power <= wanted * (1 + 1e-9)))


def enlargement_in_words(factor: float) -> str:
    """`drawn ×100`, or `to scale`."""
    return f"drawn ×{factor:,.0f}" if factor >= 2 else f"drawn ×{factor:g}" if factor < 1 else "to scale"


def span(places: F) -> float:
    """Width of the map in m: everything, and room for labels."""
    return 1.2 * max(float(np.max(np.ptp(places[:, :2], axis=0))), 1e-9)


def set_limits(ax: Axes, places: F) -> None:
    """A square around `places` [n, 2 or 3], equal scales."""
    middle, half = centre(places), span(places) / 2
    ax.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half))
    ax.set_aspect("equal", adjustable="box")


def centre(places: F) -> F:
    """The middle [2] of the square."""
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


def point_label(place: F, text: str, color: str, distance_pt: float, *, bold: bool = False) -> Label:
    """A label beside `place`."""
    style = {"color": color, "size": NORMAL if bold else SMALL, "weight": "bold" if bold else "normal", "zorder": 8}
    return Label(x=float(place[0]), y=float(place[1]), text=text, distance_pt=distance_pt, style=style)
