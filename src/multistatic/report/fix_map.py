"""The map of fixes: where the target was found, how sure that is, and which ellipse each receiver's delay draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.estimation.measurement import Measurement
from multistatic.localization.fix import Fix
from multistatic.report.error_ellipse import ErrorEllipse, ellipse_of
from multistatic.report.labels import Label, place_labels
from multistatic.report.plan import (
    centre,
    enlargement,
    enlargement_in_words,
    name_coordinate,
    point_label,
    set_limits,
    span,
)
from multistatic.report.style import (
    BAD,
    ERROR,
    INK,
    MUTED,
    NAMED_AT_MOST,
    SELECTED,
    TARGET,
    add_heading,
    new_figure,
    render,
    require_matplotlib,
    styled,
)
from multistatic.report.wording import quantity, short_name
from multistatic.scenario.model import Scenario
from multistatic.units import SPEED_OF_LIGHT_M_S, F

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAP_IN, _ELEVATION_IN = 4.8, 1.1
_GRID = 240
# So many fixes are drawn in full colours; of more, each is the fainter, so that where they pile up can be seen.
_DRAWN_IN_FULL = 3
ARROW_SHARE = 0.12


def fix_pictures(fixes: Sequence[Fix], groups: Sequence[Sequence[Measurement]], scenario: Scenario) -> dict[str, bytes]:
    """`fixes.svg` and `fixes.png`. Raises `MissingDependencyError` where matplotlib is not installed."""
    require_matplotlib()
    with styled():
        return render(fix_figure(fixes, groups, scenario), "fixes")


def fix_figure(fixes: Sequence[Fix], groups: Sequence[Sequence[Measurement]], scenario: Scenario) -> Figure:
    """Sites, fixes with error ellipses, and the bistatic ellipses of the last fix; `groups` are its measurements. In
    space a side elevation below.
    """
    left, right, bottom, top = 0.62, 0.15, 0.5, 0.62
    below = _ELEVATION_IN + 0.2 if scenario.dimensions == 3 else 0.0
    width, height = left + _MAP_IN + right, bottom + below + _MAP_IN + top
    figure = new_figure(width, height)
    ax = figure.add_axes((left / width, (bottom + below) / height, _MAP_IN / width, _MAP_IN / height))
    factor = draw_fixes(ax, fixes, groups, scenario)
    if below:
        side = figure.add_axes((left / width, bottom / height, _MAP_IN / width, _ELEVATION_IN / height))
        draw_elevation(side, fixes, scenario)
        side.set_xlim(ax.get_xlim())
        side.set_xlabel(ax.get_xlabel())
        side.xaxis.set_major_formatter(ax.xaxis.get_major_formatter())
        ax.tick_params(labelbottom=False)
        ax.set_xlabel("")
    add_heading(figure, left, _headline(fixes, scenario), _caption(fixes, factor))
    return figure


def draw_fixes(
    ax: Axes, fixes: Sequence[Fix], groups: Sequence[Sequence[Measurement]], scenario: Scenario
) -> float | None:
    """Plan view in metres; returns the factor by which error ellipses are enlarged, None where there are none."""
    transmitter, receivers = scenario.transmitter.position_m, scenario.receiver_positions_m
    found = [place for fix in fixes for place in (fix.position_m, fix.other_position_m) if place is not None]
    shown = np.vstack([transmitter, receivers, *found])
    set_limits(ax, shown)
    labels = _draw_sites(ax, fixes, scenario)
    if fixes:
        _draw_bistatic_ellipses(ax, fixes[-1], groups[-1], scenario)
    lines, factor = _draw_errors(ax, fixes, span(shown))
    for fix in fixes:
        _draw_fix(ax, fix, span(shown), _alpha(fixes))
    if len(fixes) == 1 and fixes[0].position_m is not None:
        labels.append(point_label(fixes[0].position_m, "target", TARGET, 6.5, bold=True))
        if fixes[0].other_position_m is not None:
            labels.append(point_label(fixes[0].other_position_m, "or here", TARGET, 6.5))
    names = ("east", "north") if scenario.origin else ("x", "y")
    for axis, name, middle in zip((ax.xaxis, ax.yaxis), names, centre(shown), strict=True):
        name_coordinate(axis, name, float(middle))
    place_labels(ax, labels, lines)
    return factor


def draw_elevation(ax: Axes, fixes: Sequence[Fix], scenario: Scenario) -> None:
    """Heights over the first coordinate, the plan seen from the south; a bar is one standard deviation up and down."""
    used = {name for fix in fixes for name in fix.used}
    flagged = {name for fix in fixes for name in fix.outliers}
    rim: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.8}
    x, _, z = scenario.transmitter.position_m
    ax.scatter(x, z, s=70, marker="^", c=INK, zorder=6, **rim)
    for receiver in scenario.receivers:
        x, _, z = receiver.position_m
        color = BAD if receiver.id in flagged else SELECTED if receiver.id in used else MUTED
        ax.scatter(x, z, s=38, c=color, zorder=5, **rim)
    alpha = _alpha(fixes)
    for fix in fixes:
        for place, face in ((fix.position_m, TARGET), (fix.other_position_m, "white")):
            if place is not None:
                spread = fix.position_covariance_m2
                up_m = 0.0 if spread is None else float(np.sqrt(spread[2, 2]))
                ax.errorbar(place[0], place[2], yerr=up_m, color=ERROR, linewidth=1.1, alpha=alpha, zorder=3)
                ax.scatter(place[0], place[2], s=44, marker="D", c=face, edgecolors=TARGET, alpha=alpha, zorder=7)
    ax.margins(y=0.18)
    ax.set_ylabel("up (m)" if scenario.origin else "z (m)")


def _alpha(fixes: Sequence[Fix]) -> float:
    """How opaque each of many fixes is."""
    return min(1.0, _DRAWN_IN_FULL / max(len(fixes), 1))


def _draw_sites(ax: Axes, fixes: Sequence[Fix], scenario: Scenario) -> list[Label]:
    used = {name for fix in fixes for name in fix.used}
    flagged = {name for fix in fixes for name in fix.outliers}
    rim: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.8}
    labels = [point_label(scenario.transmitter.position_m, "transmitter", INK, 6.5, bold=True)]
    for receiver in scenario.receivers:
        x, y, _ = receiver.position_m
        if receiver.id in flagged:
            ax.scatter(x, y, s=46, marker="X", c=BAD, zorder=6, **rim)
        elif receiver.id in used:
            ax.scatter(x, y, s=38, c=SELECTED, zorder=5, **rim)
        else:
            ax.scatter(x, y, s=24, c="white", edgecolors=MUTED, linewidths=0.9, zorder=4)
        heard = receiver.id in used | flagged
        if heard or len(scenario.receivers) <= NAMED_AT_MOST:
            color = BAD if receiver.id in flagged else SELECTED if heard else MUTED
            labels.append(point_label(receiver.position_m, short_name(receiver.id), color, 4.5, bold=heard))
    x, y, _ = scenario.transmitter.position_m
    ax.scatter(x, y, s=70, marker="^", c=INK, zorder=6, **rim)
    return labels


def _draw_bistatic_ellipses(ax: Axes, fix: Fix, group: Sequence[Measurement], scenario: Scenario) -> None:
    """Where each delay alone puts the target, in the horizontal plane of the fix."""
    if fix.position_m is None:
        return
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
            ax.contour(x, y, excess, levels=[0.0], linewidths=0.8, alpha=0.55, zorder=2, **look)


def _draw_errors(ax: Axes, fixes: Sequence[Fix], span_m: float) -> tuple[list[F], float | None]:
    """Error ellipses, all enlarged by one factor; their outlines, for labels to avoid."""
    from matplotlib.patches import Ellipse

    drawn = [(fix.position_m, _ellipse(fix)) for fix in fixes]
    known = [(place, ellipse) for place, ellipse in drawn if place is not None and ellipse is not None]
    if not known:
        return [], None
    factor = min(enlargement(ellipse, span_m) for _, ellipse in known)
    outlines = []
    for place, ellipse in known:
        shape: dict[str, Any] = {
            "xy": (float(place[0]), float(place[1])),
            "width": 2 * factor * ellipse.semi_major_m,
            "height": 2 * factor * ellipse.semi_minor_m,
            "angle": np.degrees(ellipse.direction_rad),
        }
        alpha = _alpha(fixes)
        ax.add_patch(Ellipse(**shape, facecolor=ERROR, alpha=0.14 * alpha, zorder=3))
        ax.add_patch(Ellipse(**shape, fill=False, edgecolor=ERROR, linewidth=1.1, alpha=alpha, zorder=3))
        reach = factor * ellipse.semi_major_m * np.array([np.cos(ellipse.direction_rad), np.sin(ellipse.direction_rad)])
        outlines.append(np.array([place[:2] - reach, place[:2] + reach]))
    return outlines, factor


def _ellipse(fix: Fix) -> ErrorEllipse | None:
    return None if fix.position_covariance_m2 is None else ellipse_of(fix.position_covariance_m2)


def _draw_fix(ax: Axes, fix: Fix, span_m: float, alpha: float) -> None:
    """A diamond, hollow for the second answer, and an arrow along the velocity."""
    if fix.position_m is None:
        return
    x, y, _ = fix.position_m
    ax.scatter(x, y, s=48, marker="D", c=TARGET, edgecolors="white", linewidths=0.8, alpha=alpha, zorder=7)
    if fix.other_position_m is not None:
        x, y, _ = fix.other_position_m
        ax.scatter(x, y, s=44, marker="D", c="white", edgecolors=TARGET, linewidths=1.0, alpha=alpha, zorder=7)
    speed = 0.0 if fix.velocity_m_s is None else float(np.linalg.norm(fix.velocity_m_s[:2]))
    if fix.velocity_m_s is not None and speed > 0:
        tip = fix.position_m[:2] + ARROW_SHARE * span_m / speed * fix.velocity_m_s[:2]
        arrow: dict[str, Any] = {
            "arrowstyle": "-|>,head_width=0.22,head_length=0.42",
            "color": TARGET,
            "linewidth": 1.3,
            "alpha": alpha,
        }
        ax.annotate(
            "", tuple(tip), tuple(fix.position_m[:2]), arrowprops={**arrow, "shrinkA": 0, "shrinkB": 0}, zorder=6
        )


def _headline(fixes: Sequence[Fix], scenario: Scenario) -> str:
    located = [fix for fix in fixes if fix.position_m is not None]
    if len(fixes) == 1 and located:
        if located[0].position_verdict == "contradictory":
            return f"{scenario.name}: the measurements contradict each other"
        sure = quantity(located[0].position_std_m, "m")
        verdict = "" if located[0].position_verdict == "unique" else ", or at a second place"
        return f"{scenario.name}: target located to {sure}{verdict}"
    return f"{scenario.name}: {len(located)} of {len(fixes)} fixes"


def _caption(fixes: Sequence[Fix], factor: float | None) -> str:
    last = " at the last time" if len(fixes) > 1 else ""
    parts = [f"Curves: where each delay alone puts the target{last}."]
    if factor is not None:
        parts.append(f"Ellipse: 1σ position error, {enlargement_in_words(factor)}.")
    flagged = sorted({name for fix in fixes for name in fix.outliers})
    if flagged:
        parts.append(f"Crossed out: {', '.join(flagged)}.")
    return " ".join(parts)
