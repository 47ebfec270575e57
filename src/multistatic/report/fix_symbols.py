"""The symbols on a map of fixes, and the lines of its legend: a line is there where its symbol is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.localization.fix import Fix
from multistatic.localization.times import times_text
from multistatic.report.design_plan import draw_ellipse, enlargement_in_words, point_label
from multistatic.report.error_ellipse import PLAN, View
from multistatic.report.fix_scales import FixScales, located, priors_of
from multistatic.report.fix_velocity import VelocityArrow, draw_velocity
from multistatic.report.labels import Label
from multistatic.report.style import BAD, CAPTION, ERROR, INK, MUTED, NAMED_AT_MOST, SELECTED, TARGET, TARGET_TEXT
from multistatic.report.wording import quantity, short_name, time_unit
from multistatic.scenario.model import Receiver, Scenario
from multistatic.units import F

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# So many error ellipses are drawn in full colours; of more, each is the fainter, so that a pile can be seen.
_DRAWN_IN_FULL = 3
# Times beside the fixes: of all up to so many, else of the first and the last.
_TIMED_AT_MOST = 6
_CURVE_PIECES = 60  # of a curve, which labels avoid
# Size of the diamond of a fix, in square points, and its diagonal as a multiple of the root of that.
_DIAMOND, _DIAGONAL = 44, 1.45
# The line between two fixes is drawn where so many points of it are free.
_SEEN_PT = 4.0
_RIM: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.8}
_EARLY, _LATE = "#d97632", "#702f00"


def draw_sites(ax: Axes, fixes: Sequence[Fix], scenario: Scenario, view: View) -> None:
    """Transmitter and receivers; a receiver is filled where a fix used it, crossed where one left it out."""
    several = len(fixes) > 1
    used = {name for fix in fixes for name in fix.used}
    flagged = {name for fix in fixes for name in fix.outliers}
    place = scenario.transmitter.position_m[list(view)]
    ax.scatter(place[0], place[1], s=70, marker="^", c=INK, zorder=6, label="transmitter", clip_on=False, **_RIM)
    looks: dict[str, dict[str, Any]] = {
        "receiver used" + (" in a fix" if several else ""): {"s": 38, "c": SELECTED, "zorder": 5, **_RIM},
        "receiver left out" + (" of a fix" if several else "") + ": it contradicts the others": {
            "s": 46,
            "marker": "X",
            "c": BAD,
            "zorder": 6,
            **_RIM,
        },
        "receiver not used": {"s": 24, "c": "white", "edgecolors": MUTED, "linewidths": 0.9, "zorder": 4},
    }
    kinds = [1 if one.id in flagged else 0 if one.id in used else 2 for one in scenario.receivers]
    for kind, (label, look) in enumerate(looks.items()):
        places = scenario.receiver_positions_m[[each == kind for each in kinds]][:, list(view)]
        if len(places):
            ax.scatter(places[:, 0], places[:, 1], label=label, clip_on=False, **look)


def draw_places(ax: Axes, fixes: Sequence[Fix], view: View) -> None:
    """A diamond for each fix, joined in the order of time and the darker the later; hollow for a second answer. Fixes
    that hide each other have no line. The limits of `ax` must be final.
    """
    found = [fix for fix in fixes if fix.position_m is not None]
    places = np.array([fix.position_m for fix in found]).reshape(-1, 3)[:, list(view)]
    look: dict[str, Any] = {"s": _DIAMOND, "marker": "D", "edgecolors": "white", "linewidths": 0.7, "zorder": 7}
    if len(found) == 1:
        ax.scatter(places[:, 0], places[:, 1], c=TARGET, label="target, as estimated", **look)
    elif found:
        if len(found) > _TIMED_AT_MOST:  # small and without a rim, so that they do not hide each other
            look |= {"s": 18, "edgecolors": "none"}
        steps = np.linalg.norm(np.diff(_in_points(ax, places), axis=0), axis=1)
        if steps.max() > _DIAGONAL * np.sqrt(look["s"]) + _SEEN_PT:
            path: dict[str, Any] = {"color": TARGET, "linewidth": 0.8, "zorder": 5}
            ax.plot(places[:, 0], places[:, 1], label="order of the fixes in time", **path)
        hidden = hide_each_other(ax, places)
        for place, color in zip(places, [TARGET] * len(found) if hidden else _shades(len(found)), strict=True):
            ax.scatter(place[0], place[1], color=color, **look)
        words = "all fixes" if hidden else "the darker, the later"
        ax.scatter([], [], c=TARGET, label=f"target, as estimated ({words})", **look)
    second = np.array([fix.other_position_m for fix in fixes if fix.other_position_m is not None]).reshape(-1, 3)
    if len(second):
        other: dict[str, Any] = {"s": 40, "marker": "D", "c": "white", "edgecolors": TARGET, "linewidths": 1.1}
        ax.scatter(second[:, view[0]], second[:, view[1]], label="second place that fits as well", zorder=7, **other)


def hide_each_other(ax: Axes, places: F) -> bool:
    """Whether all diamonds at `places` [n, 2] look like one. The limits of `ax` must be final."""
    spread = np.linalg.norm(_in_points(ax, places) - _in_points(ax, places[:1]), axis=1)
    return bool(spread.max() < 0.5 * _DIAGONAL * np.sqrt(_DIAMOND))


def _in_points(ax: Axes, places: F) -> F:
    """Data coordinates [n, 2] in points of the page."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    ax.apply_aspect()
    found: F = ax.transData.transform(places) * 72.0 / figure.dpi
    return found


def _shades(count: int) -> list[Any]:
    """From the colour of the first fix to that of the last."""
    from matplotlib.colors import LinearSegmentedColormap

    ramp = LinearSegmentedColormap.from_list("time", [_EARLY, TARGET, _LATE])
    return [tuple(ramp(share)) for share in np.linspace(0.0, 1.0, count)]


def draw_errors(ax: Axes, fixes: Sequence[Fix], view: View, scales: FixScales) -> list[F]:
    """Error ellipses, all enlarged by one factor; their outlines, for labels to avoid."""
    factor = scales.plan_factor if view == PLAN else scales.side_factor
    if factor is None:
        return []
    lines: list[F] = []
    for place, ellipse in located(fixes, view):
        lines += draw_ellipse(ax, place, ellipse, factor, min(1.0, _DRAWN_IN_FULL / len(fixes)))
    mark: dict[str, Any] = {"s": 70, "c": [(*_rgb(ERROR), 0.14)], "edgecolors": ERROR, "linewidths": 1.1}
    ax.scatter([], [], label=error_label(scales), **mark)
    return lines


def draw_priors(ax: Axes, fixes: Sequence[Fix], view: View) -> list[F]:
    """One standard deviation of each prior that fixes used, to scale; outlines for labels to avoid."""
    from matplotlib.patches import Ellipse

    lines: list[F] = []
    for place, ellipse in priors_of(fixes, view):
        shape: dict[str, Any] = {
            "width": 2 * ellipse.semi_major_m,
            "height": 2 * ellipse.semi_minor_m,
            "angle": np.degrees(ellipse.direction_rad),
        }
        look: dict[str, Any] = {"edgecolor": MUTED, "linestyle": (0, (4, 2)), "linewidth": 0.9}
        outline = Ellipse((float(place[0]), float(place[1])), **shape, fill=False, zorder=2, **look)
        ax.add_patch(outline)
        lines += [np.array(pair) for pair in pairwise(outline.get_patch_transform().transform(_circle()))]
    if lines:
        label = "prior of the target, 1σ, true to scale"
        ax.plot([], [], color=MUTED, linestyle=(0, (4, 2)), linewidth=0.9, label=label)
    return lines


def _circle() -> F:
    """Corners [25, 2] of a polygon around the unit circle."""
    phase = 2.0 * np.pi * np.arange(25) / 24
    return np.stack([np.cos(phase), np.sin(phase)], axis=1)


def error_label(scales: FixScales) -> str:
    """The entry of the legend for the error ellipses, with both factors where they differ."""
    plan, side = scales.plan_factor, scales.side_factor
    known = [enlargement_in_words(factor) for factor in (plan, side) if factor is not None]
    if len(set(known)) == 1:
        return f"1σ position error, {known[0]}"
    return f"1σ position error, {known[0]}; in the side view {known[1]}"


def draw_velocities(ax: Axes, arrows: Sequence[VelocityArrow], scales: FixScales) -> list[F]:
    """Arrows with the errors of their tips; segments for labels to avoid."""
    lines: list[F] = []
    for arrow in arrows:
        draw_velocity(ax, arrow)
        lines += [np.array([arrow.start_m, arrow.tip_m]), *map(np.array, pairwise(arrow.tip_outline_m[::6]))]
    if arrows:
        words = f"motion in {quantity(scales.duration_s, 's')}, with its error (1σ)"
        ax.plot([], [], color=TARGET, linewidth=1.2, marker=">", markersize=5, label=words)
    return lines


def draw_delay_curves(ax: Axes, fixes: Sequence[Fix], scenario: Scenario, scales: FixScales) -> list[F]:
    """Near the last fix, the places that each of its delays allows; segments for labels to avoid."""
    where = " at the target's height" if scenario.dimensions == 3 else ""
    where += " (last fix)" if len(fixes) > 1 else ""
    lines: list[F] = []
    for curve in scales.curves:
        whose = "the delay of the receiver left out" if curve.left_out else "one receiver's delay"
        look: dict[str, Any] = {"color": SELECTED, "linestyle": "solid"}
        if curve.left_out:
            look = {"color": BAD, "linestyle": "dashed"}
        look |= {"linewidth": 0.9, "alpha": 0.8, "zorder": 2, "gid": curve.receiver_id}
        ax.plot(*curve.points_m.T, label=f"places that {whose} allows{where}", **look)
        step = max(1, len(curve.points_m) // _CURVE_PIECES)
        lines += [np.array(pair) for pair in pairwise(curve.points_m[::step])]
    return lines


def fix_labels(ax: Axes, fixes: Sequence[Fix], arrows: Sequence[VelocityArrow]) -> list[Label]:
    """Beside the fixes: `target`, with times where there are several; beside a single arrow its speed. The limits of
    `ax` must be final.
    """
    found = [fix for fix in fixes if fix.position_m is not None]
    if not found:
        return []
    first = found[0]
    assert first.position_m is not None
    if len(fixes) == 1:
        labels = [point_label(first.position_m, "target", TARGET_TEXT, 6.5, bold=True)]
        if first.other_position_m is not None:
            labels.append(point_label(first.other_position_m, "or here", TARGET_TEXT, 6.5))
        if arrows and first.velocity_m_s is not None:
            labels.append(point_label(arrows[0].tip_outline_m[0], speed_in_words(first), TARGET_TEXT, 4.0))
        return labels
    times_s = [fix.time_s for fix in found]
    if hide_each_other(ax, np.array([fix.position_m for fix in found])[:, list(PLAN)]):
        lasted_s = max(times_s) - min(times_s)
        factor, unit = time_unit([lasted_s])
        text = f"target, {len(found)} fixes in {factor * lasted_s:.3g} {unit}" if len(found) > 1 else "target"
        return [point_label(first.position_m, text, TARGET_TEXT, 6.5, bold=True)]
    times = dict(zip(map(id, found), times_from_first(times_s), strict=True))
    named = found if len(found) <= _TIMED_AT_MOST else [first, found[-1]]
    labels = []
    for fix in named:
        assert fix.position_m is not None
        words = times[id(fix)]
        text = words if fix is not first else "target, first fix" if words.startswith("+") else f"target at {words}"
        labels.append(point_label(fix.position_m, text, TARGET_TEXT, 6.5, bold=fix is first))
    return labels


def times_from_first(times_s: Sequence[float]) -> list[str]:
    """`0 s`, `1 s`, … or `0 µs`, `410 µs`, …; large times, such as those of Unix, as what has passed since the first:
    `+1 s`.
    """
    from_first = abs(times_s[0]) >= 1e5
    shown = [time_s - times_s[0] for time_s in times_s] if from_first else times_s
    factor, unit = time_unit(shown)
    return [f"{'+' if from_first else ''}{text} {unit}" for text in times_text(shown, factor)]


def speed_in_words(fix: Fix) -> str:
    """`14.6 ± 1.5 m/s`."""
    speed = 0.0 if fix.velocity_m_s is None else float(np.linalg.norm(fix.velocity_m_s))
    spread = "" if fix.velocity_std_m_s is None else f" ± {float(f'{fix.velocity_std_m_s:.2g}'):g}"
    return f"{float(f'{speed:.3g}'):g}{spread} m/s"


def site_labels(fixes: Sequence[Fix], scenario: Scenario) -> list[Label]:
    """Names of the transmitter and of the receivers with a measurement in a fix. A receiver's name is left out where
    there is no room for it.
    """
    flagged = {name for fix in fixes for name in fix.outliers}
    labels = [point_label(scenario.transmitter.position_m, "transmitter", INK, 6.5, bold=True)]
    for receiver in measured_receivers(fixes, scenario):
        color = BAD if receiver.id in flagged else SELECTED
        name = short_name(receiver.id)
        labels.append(point_label(receiver.position_m, name, color, 4.5, bold=True, optional=True))
    return labels


def other_labels(fixes: Sequence[Fix], scenario: Scenario) -> list[Label]:
    """Names of the receivers that no fix used; none where there are too many receivers."""
    if len(scenario.receivers) > NAMED_AT_MOST:
        return []
    measured = {receiver.id for receiver in measured_receivers(fixes, scenario)}
    return [
        point_label(receiver.position_m, short_name(receiver.id), CAPTION, 4.5, optional=True)
        for receiver in scenario.receivers
        if receiver.id not in measured
    ]


def measured_receivers(fixes: Sequence[Fix], scenario: Scenario) -> list[Receiver]:
    """The receivers with a measurement that a fix used or left out, in the order of the scenario."""
    named = {name for fix in fixes for name in (*fix.used, *fix.outliers)}
    return [receiver for receiver in scenario.receivers if receiver.id in named]


def _rgb(color: str) -> tuple[float, ...]:
    from matplotlib.colors import to_rgb

    return to_rgb(color)
