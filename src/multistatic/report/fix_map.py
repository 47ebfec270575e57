"""The map of fixes: where the target was found, how sure that is, and which ellipse each receiver's delay draws."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.estimation.measurement import Measurement
from multistatic.localization.fix import Fix
from multistatic.report.assumptions import clocks_in_words
from multistatic.report.design_plan import (
    centre,
    draw_ellipse,
    ellipses_in_words,
    enlargement,
    map_width,
    name_coordinate,
    point_label,
    set_limits,
    side_enlargement,
)
from multistatic.report.error_ellipse import PLAN, SIDE, ErrorEllipse, View, ellipse_of
from multistatic.report.labels import Label, place_labels
from multistatic.report.style import (
    BAD,
    CAPTION_LINE_IN,
    INK,
    MUTED,
    NAMED_AT_MOST,
    SELECTED,
    TARGET,
    add_heading,
    caption_lines,
    new_figure,
    render,
    require_matplotlib,
    styled,
)
from multistatic.report.wording import error_apart, quantity, short_name
from multistatic.scenario.model import Scenario
from multistatic.units import SPEED_OF_LIGHT_M_S, F

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAP_IN, _ELEVATION_IN = 4.8, 1.1
_GRID = 240
_CURVE_STEP = 6  # of the points of a curve that labels avoid
# So many fixes are drawn in full colours; of more, each is the fainter, so that where they pile up can be seen.
_DRAWN_IN_FULL = 3
ARROW_SHARE = 0.12
_RIM: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.8}


def fix_pictures(fixes: Sequence[Fix], groups: Sequence[Sequence[Measurement]], scenario: Scenario) -> dict[str, bytes]:
    """`fixes.svg` and `fixes.png`. Raises `MissingDependencyError` where matplotlib is not installed."""
    require_matplotlib()
    with styled():
        return render(fix_figure(fixes, groups, scenario), "fixes")


def fix_figure(fixes: Sequence[Fix], groups: Sequence[Sequence[Measurement]], scenario: Scenario) -> Figure:
    """Sites, fixes with error ellipses, and the bistatic ellipses of the last fix; `groups` are its measurements. In
    space a side view below.
    """
    left, right, bottom = 0.62, 0.15, 0.5
    spatial = scenario.dimensions == 3
    below = _ELEVATION_IN + 0.2 if spatial else 0.0
    figure = new_figure(1.0, 1.0)
    caption = caption_lines(figure, _MAP_IN + right - 0.1, _caption(fixes, scenario))
    top = 0.62 + CAPTION_LINE_IN * (len(caption) - 1)
    width, height = left + _MAP_IN + right, bottom + below + _MAP_IN + top
    figure.set_size_inches(width, height)
    ax = figure.add_axes((left / width, (bottom + below) / height, _MAP_IN / width, _MAP_IN / height))
    draw_fixes(ax, fixes, groups, scenario)
    if spatial:
        side = figure.add_axes((left / width, bottom / height, _MAP_IN / width, _ELEVATION_IN / height))
        side.set_xlim(ax.get_xlim())
        draw_fixes_elevation(side, fixes, scenario)
        side.set_xlabel(ax.get_xlabel())
        side.xaxis.set_major_formatter(ax.xaxis.get_major_formatter())
        ax.tick_params(labelbottom=False)
        ax.set_xlabel("")
    add_heading(figure, left, _headline(fixes, scenario), *caption)
    return figure


def draw_fixes(ax: Axes, fixes: Sequence[Fix], groups: Sequence[Sequence[Measurement]], scenario: Scenario) -> None:
    """Plan view in metres with equal scales; sets the limits of `ax`."""
    shown = _shown(fixes, scenario)
    set_limits(ax, shown)
    labels = _draw_sites(ax, fixes, scenario)
    lines = _draw_bistatic_ellipses(ax, fixes[-1], groups[-1], scenario) if fixes else []
    lines += _draw_errors(ax, fixes, PLAN, _plan_factor(fixes, scenario))
    for fix in fixes:
        tip = _draw_fix(ax, fix, map_width(shown), _alpha(fixes))
        if tip is not None and fix.position_m is not None:
            lines.append(np.array([fix.position_m[:2], tip]))
            if len(fixes) == 1:
                speed_m_s = float(np.linalg.norm(fix.velocity_m_s)) if fix.velocity_m_s is not None else 0.0
                labels.append(point_label(tip, f"{speed_m_s:.3g} m/s", TARGET, 3.0))
    if len(fixes) == 1 and fixes[0].position_m is not None:
        labels.insert(0, point_label(fixes[0].position_m, "target", TARGET, 6.5, bold=True))
        if fixes[0].other_position_m is not None:
            labels.append(point_label(fixes[0].other_position_m, "or here", TARGET, 6.5))
    names = ("east", "north") if scenario.origin else ("x", "y")
    for axis, name, middle in zip((ax.xaxis, ax.yaxis), names, centre(shown), strict=True):
        name_coordinate(axis, name, float(middle))
    place_labels(ax, labels, lines)


def draw_fixes_elevation(ax: Axes, fixes: Sequence[Fix], scenario: Scenario) -> None:
    """Heights over the first coordinate, the plan seen from the south, with the error ellipses of these two."""
    x, _, z = scenario.transmitter.position_m
    ax.scatter(x, z, s=70, marker="^", c=INK, zorder=6, **_RIM)
    for receiver in scenario.receivers:
        x, _, z = receiver.position_m
        ax.scatter(x, z, **_site_look(receiver.id, fixes))
    alpha = _alpha(fixes)
    _draw_errors(ax, fixes, SIDE, _side_factor(fixes, scenario))
    for fix in fixes:
        for place, face in ((fix.position_m, TARGET), (fix.other_position_m, "white")):
            if place is not None:
                ax.scatter(place[0], place[2], s=44, marker="D", c=face, edgecolors=TARGET, alpha=alpha, zorder=7)
    ax.set_ylim(*_heights_shown(fixes, scenario))
    ax.set_ylabel("up (m)" if scenario.origin else "z (m)")


def _shown(fixes: Sequence[Fix], scenario: Scenario) -> F:
    """Places that the picture has to show [n, 3]."""
    found = [place for fix in fixes for place in (fix.position_m, fix.other_position_m) if place is not None]
    return np.vstack([scenario.transmitter.position_m, scenario.receiver_positions_m, *found])


def _located(fixes: Sequence[Fix], view: View) -> list[tuple[F, ErrorEllipse]]:
    """Place [2] and ellipse in two coordinates of every fix that has both."""
    drawn = [(fix.position_m, ellipse_of(fix.position_covariance_m2, view)) for fix in fixes]
    return [(place[list(view)], ellipse) for place, ellipse in drawn if place is not None and ellipse is not None]


def _plan_factor(fixes: Sequence[Fix], scenario: Scenario) -> float | None:
    """By how much all error ellipses of the plan are enlarged; None where there are none."""
    span_m = map_width(_shown(fixes, scenario))
    return min((enlargement(ellipse, span_m) for _, ellipse in _located(fixes, PLAN)), default=None)


def _side_factor(fixes: Sequence[Fix], scenario: Scenario) -> float | None:
    """As `_plan_factor`, in the side view."""
    span_m, (low, high) = map_width(_shown(fixes, scenario)), _places_shown(fixes, scenario)
    factors = (side_enlargement(ellipse, span_m, high - low) for _, ellipse in _located(fixes, SIDE))
    return min(factors, default=None)


def _places_shown(fixes: Sequence[Fix], scenario: Scenario) -> tuple[float, float]:
    """Heights of the side view: every site and every fix, and some room."""
    places = _shown(fixes, scenario)
    room = 0.18 * max(float(np.ptp(places[:, 2])), 0.02 * map_width(places))
    return float(places[:, 2].min()) - room, float(places[:, 2].max()) + room


def _heights_shown(fixes: Sequence[Fix], scenario: Scenario) -> tuple[float, float]:
    """Heights of the side view with the whole ellipses."""
    low, high = _places_shown(fixes, scenario)
    factor = _side_factor(fixes, scenario)
    if factor is None:
        return low, high
    for place, ellipse in _located(fixes, SIDE):
        half = 1.08 * factor * ellipse.half_widths_m[1]
        low, high = min(low, float(place[1]) - half), max(high, float(place[1]) + half)
    return low, high


def _site_look(name: str, fixes: Sequence[Fix]) -> dict[str, Any]:
    """How the receiver `name` is drawn: filled where a fix used it, crossed where one left it out, else hollow."""
    if any(name in fix.outliers for fix in fixes):
        return {"s": 46, "marker": "X", "c": BAD, "zorder": 6, **_RIM}
    if any(name in fix.used for fix in fixes):
        return {"s": 38, "c": SELECTED, "zorder": 5, **_RIM}
    return {"s": 24, "c": "white", "edgecolors": MUTED, "linewidths": 0.9, "zorder": 4}


def _alpha(fixes: Sequence[Fix]) -> float:
    """How opaque each of many fixes is."""
    return min(1.0, _DRAWN_IN_FULL / max(len(fixes), 1))


def _draw_sites(ax: Axes, fixes: Sequence[Fix], scenario: Scenario) -> list[Label]:
    used = {name for fix in fixes for name in fix.used}
    flagged = {name for fix in fixes for name in fix.outliers}
    labels = [point_label(scenario.transmitter.position_m, "transmitter", INK, 6.5, bold=True)]
    for receiver in scenario.receivers:
        x, y, _ = receiver.position_m
        ax.scatter(x, y, **_site_look(receiver.id, fixes))
        heard = receiver.id in used | flagged
        if heard or len(scenario.receivers) <= NAMED_AT_MOST:
            color = BAD if receiver.id in flagged else SELECTED if heard else MUTED
            labels.append(point_label(receiver.position_m, short_name(receiver.id), color, 4.5, bold=heard))
    x, y, _ = scenario.transmitter.position_m
    ax.scatter(x, y, s=70, marker="^", c=INK, zorder=6, **_RIM)
    return labels


def _draw_bistatic_ellipses(ax: Axes, fix: Fix, group: Sequence[Measurement], scenario: Scenario) -> list[F]:
    """Where each delay alone puts the target, in the horizontal plane of the fix; the curves, for labels to avoid."""
    lines: list[F] = []
    if fix.position_m is None:
        return lines
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    x, y = np.meshgrid(np.linspace(x0, x1, _GRID), np.linspace(y0, y1, _GRID))
    points = np.stack([x, y, np.full_like(x, fix.position_m[2])], axis=-1)
    out = np.linalg.norm(points - scenario.transmitter.position_m, axis=-1)
    places = dict(zip(scenario.receiver_ids, scenario.receiver_positions_m, strict=True))
    for one in group:
        if one.receiver_id not in (*fix.used, *fix.outliers):
            continue
        excess = out + np.linalg.norm(points - places[one.receiver_id], axis=-1) - SPEED_OF_LIGHT_M_S * one.delay_s
        if np.min(excess) < 0 < np.max(excess):
            bad = one.receiver_id in fix.outliers
            look: dict[str, Any] = {"colors": BAD if bad else SELECTED, "linestyles": "dashed" if bad else "solid"}
            drawn = ax.contour(x, y, excess, levels=[0.0], linewidths=0.8, alpha=0.55, zorder=2, **look)
            lines += [np.array(pair) for curve in drawn.allsegs[0] for pair in pairwise(curve[::_CURVE_STEP])]
    return lines


def _draw_errors(ax: Axes, fixes: Sequence[Fix], view: View, factor: float | None) -> list[F]:
    """Error ellipses, all enlarged by one factor; their outlines, for labels to avoid."""
    lines: list[F] = []
    if factor is None:
        return lines
    for place, ellipse in _located(fixes, view):
        lines += draw_ellipse(ax, place, ellipse, factor, _alpha(fixes))
    return lines


def _draw_fix(ax: Axes, fix: Fix, span_m: float, alpha: float) -> F | None:
    """A diamond, hollow for the second answer, and an arrow along the velocity; returns the arrow's tip [2]."""
    if fix.position_m is None:
        return None
    x, y, _ = fix.position_m
    ax.scatter(x, y, s=48, marker="D", c=TARGET, edgecolors="white", linewidths=0.8, alpha=alpha, zorder=7)
    if fix.other_position_m is not None:
        x, y, _ = fix.other_position_m
        ax.scatter(x, y, s=44, marker="D", c="white", edgecolors=TARGET, linewidths=1.0, alpha=alpha, zorder=7)
    speed = 0.0 if fix.velocity_m_s is None else float(np.linalg.norm(fix.velocity_m_s[:2]))
    if fix.velocity_m_s is None or speed == 0.0:
        return None
    tip: F = fix.position_m[:2] + ARROW_SHARE * span_m / speed * fix.velocity_m_s[:2]
    arrow: dict[str, Any] = {
        "arrowstyle": "-|>,head_width=0.22,head_length=0.42",
        "color": TARGET,
        "linewidth": 1.3,
        "alpha": alpha,
    }
    ax.annotate("", tuple(tip), tuple(fix.position_m[:2]), arrowprops={**arrow, "shrinkA": 0, "shrinkB": 0}, zorder=6)
    return tip


def _headline(fixes: Sequence[Fix], scenario: Scenario) -> str:
    located = [fix for fix in fixes if fix.position_m is not None]
    if len(fixes) == 1 and located:
        if located[0].position_verdict == "contradictory":
            return f"{scenario.name}: the measurements contradict each other"
        sure = quantity(located[0].position_std_m, "m")
        verdict = "" if located[0].position_verdict == "unique" else ", or at a second place"
        return f"{scenario.name}: target located to {sure}{verdict}"
    return f"{scenario.name}: {len(located)} of {len(fixes)} fixes"


def _caption(fixes: Sequence[Fix], scenario: Scenario) -> list[str]:
    """Sentences: what is drawn, how much larger, and what is assumed of the clocks."""
    last = " at the last time" if len(fixes) > 1 else ""
    spatial = scenario.dimensions == 3
    cut = ", cut at the height of the fix" if spatial else ""
    parts = [f"Curves: where each delay alone puts the target{last}{cut}."]
    covariances = [fix.position_covariance_m2 for fix in fixes if fix.position_covariance_m2 is not None]
    apart = error_apart(np.median(covariances, axis=0)) if covariances else ""
    if apart:
        parts.append(f"Position error: {apart}{'' if len(fixes) == 1 else ' (median variances)'}.")
    parts += ellipses_in_words(_plan_factor(fixes, scenario), _side_factor(fixes, scenario) if spatial else None)
    if spatial:
        stretch = _ELEVATION_IN / np.ptp(_heights_shown(fixes, scenario)) * map_width(_shown(fixes, scenario)) / _MAP_IN
        parts.append(f"Side view from the south: heights drawn ×{stretch:.2g}.")
    flagged = sorted({name for fix in fixes for name in fix.outliers})
    if flagged:
        parts.append(f"Crossed out: {', '.join(flagged)}.")
    return [*parts, clocks_in_words(scenario)]
