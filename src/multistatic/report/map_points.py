"""The points of a design on its map: where the targets may be, and by colour how good the design is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.design.instance import criterion_unit
from multistatic.design.result import Design
from multistatic.report.design_plan import point_label
from multistatic.report.error_ellipse import PLAN, View
from multistatic.report.labels import Label
from multistatic.report.points_in_words import WORST, mark_of, name_of_target
from multistatic.report.style import INK, MUTED, TARGET
from multistatic.report.target_outline import outlines
from multistatic.report.wording import criterion_scale, criterion_words, quantity, short_name
from multistatic.units import B, F

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize

# Beyond this ratio of the largest to the smallest value the colours are those of a logarithmic scale.
_LOGARITHMIC = 10.0
# The light end of the colours is left out: it would not be seen on white.
_LIGHTEST, _COLOURS = 0.18, "YlOrBr"
_LEAST_PT, _MOST_PT = 2.6, 5.5
_TICKS = 5
_AVOIDED = 300
_LEAST_AREA = 0.2  # of a marker, relative to that of the point with the largest weight


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointColours:
    """How values of the criterion become colours: dark is large.

    value [M]: values at the points in the unit of the scale, NaN where the target is unobservable.
    norm, colours: the scale and the colours, of matplotlib.
    label: name and unit of the scale.
    ticks: values of the scale that are written beside it.
    words: the range of the values, for a legend.
    """

    value: F
    norm: Normalize
    colours: Colormap
    label: str
    ticks: F
    words: str

    @property
    def observable(self) -> B:
        """True for points [M] where the criterion is finite."""
        found: B = np.isfinite(self.value)
        return found


def point_colours(design: Design) -> PointColours | None:
    """The colours of the points of a design; None where there is one point that is exactly known, or no value."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap, LogNorm, Normalize

    over = design.over_points
    if over is None or len(over.value) < 2 or not np.isfinite(over.value).any():
        return None
    criterion, unit = design.scenario.design.criterion, criterion_unit(design)
    finite = over.value[np.isfinite(over.value)]
    factor, label = criterion_scale(criterion, float(finite.max()), unit)
    value = np.where(np.isfinite(over.value), factor * over.value, np.nan)
    low, high = float(np.nanmin(value)), float(np.nanmax(value))
    wide = high > _LOGARITHMIC * low > 0.0
    span = (low, high) if high > low * (1.0 + 1e-6) else (0.99 * low, 1.01 * high)
    smallest, largest = (
        quantity(each, unit) if unit else f"{each:.3g}" for each in (float(finite.min()), float(finite.max()))
    )
    return PointColours(
        value=value,
        norm=LogNorm(*span) if wide else Normalize(*span),
        colours=ListedColormap(colormaps[_COLOURS](np.linspace(_LIGHTEST, 1.0, 256))),
        label=label,
        ticks=_ticks(*span, logarithmic=wide),
        words=f"{criterion_words(criterion)},\n{smallest} (light) to {largest} (dark)",
    )


def _ticks(low: float, high: float, *, logarithmic: bool) -> F:
    """At most `_TICKS` round values from `low` to `high`, or these two where none is round."""
    if logarithmic:
        powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.log10(high) + 1)
        steps = np.outer(powers, [1.0, 2.0, 5.0])
        inside = steps[(steps >= low) & (steps <= high)]
        return np.asarray(inside[:: len(inside) // (_TICKS + 1) + 1])
    from matplotlib.ticker import MaxNLocator

    values = np.asarray(MaxNLocator(_TICKS, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high), dtype=float)
    inside = values[(values >= low) & (values <= high)]
    return inside if len(inside) > 1 else np.array([low, high])


def draw_points(ax: Axes, design: Design, view: View = PLAN, *, mark_worst: bool = True) -> None:
    """Every point in the colour of its value, the worst with a ring and above the others, in two of the three
    coordinates; the limits of `ax` must be final. Nothing where one exactly known point is all there is.
    """
    shown = point_colours(design)
    if shown is None:
        return
    over, places = design.over_points, design.points.position_m[:, list(view)]
    assert over is not None
    size_pt = _size_pt(ax, places)
    order = np.argsort(np.where(shown.observable, shown.value, np.inf), kind="stable")
    seen = order[shown.observable[order]]
    shares = _shares_of_size(design)
    area, widths = size_pt**2 * shares, 0.12 * min(size_pt, 3.0) * np.sqrt(shares)
    rim: dict[str, Any] = {"edgecolors": MUTED, "linewidths": widths[seen], "zorder": 3.5}
    look: dict[str, Any] = {"c": shown.value[seen], "norm": shown.norm, "cmap": shown.colours, "s": area[seen], **rim}
    # Where all targets are exactly known, their diamonds have the colours.
    look["marker"] = "D" if all(target.exact for target in design.scenario.targets) else "o"
    words = shown.words if np.ptp(shares) == 0.0 else f"{shown.words},\nsmall where the weight is small"
    ax.scatter(places[seen, 0], places[seen, 1], label=words, **look)
    lost = order[~shown.observable[order]]
    if len(lost):
        crosses: dict[str, Any] = {"marker": "x", "c": INK, "s": max(size_pt, 3.0) ** 2, "linewidths": 0.9}
        ax.scatter(places[lost, 0], places[lost, 1], label="target unobservable there", zorder=7.2, **crosses)
    if mark_worst:
        ring: dict[str, Any] = {"facecolors": "none", "edgecolors": INK, "linewidths": 1.3, "zorder": 7.5}
        x, y = places[over.worst]
        ax.scatter(x, y, s=(size_pt + 4.5) ** 2, label=WORST, **ring)


def draw_outlines(ax: Axes, design: Design, view: View = PLAN) -> None:
    """The areas and the priors of the targets, dashed; the ellipses of one and three standard deviations of a prior."""
    words = {True: "area of the target", False: "prior, 1σ and 3σ"}
    named: set[str] = set()
    for target in design.scenario.targets:
        for curve in outlines(target, view):
            label = words[target.area is not None]
            ax.plot(
                *curve.T,
                color=TARGET,
                linewidth=0.9,
                linestyle=(0, (4, 2)),
                zorder=3.2,
                label="" if label in named else label,
            )
            named.add(label)


def draw_targets(ax: Axes, design: Design, view: View = PLAN) -> None:
    """A diamond at each target, hollow where its place is not exactly known; of several targets that are, in the colour
    of the criterion there.
    """
    columns, named, shown = list(view), set[str](), point_colours(design)
    for number, target in enumerate(design.scenario.targets):
        label = mark_of(target)
        inside, edge, size = (TARGET, "white", 62) if target.exact else ("white", TARGET, 30)
        look: dict[str, Any] = {"marker": "D", "c": inside, "edgecolors": edge, "zorder": 7, "clip_on": False}
        look |= {"linewidths": 0.8 if target.exact else 1.2, "label": "" if label in named else label}
        own = np.flatnonzero(design.points.target == number)
        if target.exact and shown is not None and len(own) and shown.observable[own[0]]:
            look |= {"c": [shown.colours(shown.norm(shown.value[own[0]]))], "edgecolors": TARGET, "linewidths": 1.2}
        x, y = target.position_m[columns]
        ax.scatter(x, y, s=size, **look)
        named.add(label)


def marker_places(design: Design) -> F:
    """Where the plan has a point [n, 2], at most some hundred of them: names should not stand on them."""
    if point_colours(design) is None:
        return np.zeros((0, 2))
    places = np.unique(design.points.position_m[:, :2], axis=0)
    return places[:: len(places) // _AVOIDED + 1]


def target_label(design: Design, number: int) -> Label:
    """The name of a target at its marker; where its place is not exactly known at the top of its outline, or at the
    bottom of it where the arrow of its way leaves at the top.
    """
    target = design.scenario.targets[number]
    around = outlines(target)
    place = target.position_m
    if around:
        curve, upwards = np.concatenate(around), float(target.velocity_m_s[1]) > 0.0
        place = curve[np.argmin(curve[:, 1]) if upwards else np.argmax(curve[:, 1])]
    text = short_name(name_of_target(design.scenario, number))
    return point_label(place, text, TARGET, 3.0 if around else 6.5, bold=True)


def draw_point_scale(ax: Axes, design: Design) -> None:
    """The scale of the colours of the points, along the whole of `ax`."""
    from matplotlib.cm import ScalarMappable

    shown = point_colours(design)
    if shown is None:
        return
    bar = ax.get_figure(root=True).colorbar(  # type: ignore[union-attr]
        ScalarMappable(norm=shown.norm, cmap=shown.colours), cax=ax, orientation="horizontal"
    )
    bar.outline.set_visible(False)
    bar.set_ticks(list(shown.ticks), labels=[f"{tick:.4g}" for tick in shown.ticks])
    bar.ax.minorticks_off()
    ax.grid(visible=False)
    bar.set_label(f"{shown.label}, each point", size="small")


def _shares_of_size(design: Design) -> F:
    """The area of the marker of each point [M] relative to the largest: by its weight, where weights count."""
    over, weight = design.over_points, design.points.weight
    if over is None or over.mode == "worst" or not weight.max() > 0.0:
        return np.ones(len(weight))
    return np.clip(weight / weight.max(), _LEAST_AREA, 1.0)


def _size_pt(ax: Axes, places: F) -> float:
    """Diameter of a marker in points of type: a little less than the usual distance of neighbours."""
    ax.apply_aspect()
    figure = ax.get_figure(root=True)
    assert figure is not None
    at = ax.transData.transform(np.unique(places, axis=0)) / figure.dpi * 72.0
    if len(at) < 2:
        return _MOST_PT
    at = at[:: len(at) // 400 + 1]
    apart = np.linalg.norm(at[:, None] - at[None], axis=-1) + np.where(np.eye(len(at)) > 0, np.inf, 0.0)
    return float(np.clip(0.8 * np.median(apart.min(axis=1)), _LEAST_PT, _MOST_PT))
