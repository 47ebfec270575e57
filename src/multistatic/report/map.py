"""The map: where everything is, which receivers cooperate, the paths of the echo, how well the target is located."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.design.result import Design
from multistatic.report.assumption_sentences import assumption_sentences
from multistatic.report.design_plan import (
    centre,
    draw_ellipse,
    draw_scale_bar,
    draw_travel,
    enlargement,
    enlargement_in_words,
    map_shape,
    map_width,
    name_coordinate,
    point_label,
    segment,
    set_limits,
    side_enlargement,
    travel_time_s,
)
from multistatic.report.error_ellipse import PLAN, SIDE, View, error_ellipse
from multistatic.report.labels import Label, place_labels, say_nameless
from multistatic.report.linkage_tree import draw_linkage_tree, tree_height_in
from multistatic.report.picture_layout import (
    add_panel,
    finish_picture,
    legend_entries,
    picture_heading,
    tall_figure,
)
from multistatic.report.style import (
    CAPTION,
    FAINT,
    INK,
    MUTED,
    NAMED_AT_MOST,
    SCREEN,
    SELECTED,
    TARGET,
    PictureStyle,
    new_figure,
    text_width_in,
)
from multistatic.report.wording import error_apart, quantity, short_name
from multistatic.scenario.model import Scenario
from multistatic.units import B, F

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

_PLAN_IN, _SIDE_IN, _TREE_IN = 4.4, 1.25, 2.1
_LEFT_IN, _RIGHT_IN, _BELOW_IN = 0.62, 0.15, 0.45  # around a panel: for its ticks and the names of its coordinates
_LEGEND_IN = 1.9  # beside the plan


def map_figure(design: Design, style: PictureStyle = SCREEN) -> Figure:
    """Plan view; a side view below it where heights differ; the linkage tree beside it where the selector made one."""
    scenario, spatial = design.scenario, _is_spatial(design.scenario)
    tree = None if design.selection is None else design.selection.tree
    names_in = max(
        text_width_in(new_figure(1.0, 1.0), name, size="small", weight="bold")
        for name in map(short_name, scenario.receiver_ids)
    )
    beside_in = 0.0 if tree is None or style.narrow else 0.3 + names_in + _TREE_IN
    width = style.width_in(screen=_LEFT_IN + _PLAN_IN + _RIGHT_IN + beside_in)
    # A double column that has no tree takes the legend beside the plan instead of below it.
    legend_beside = style.width == "double-column" and tree is None
    plan_in = min(_PLAN_IN, width - _LEFT_IN - _RIGHT_IN - beside_in - (_LEGEND_IN if legend_beside else 0.0))
    heading = picture_heading(
        _headline(design), _caption(design), width_in=width, left_in=0.1 if style.narrow else _LEFT_IN, style=style
    )
    figure = tall_figure(width)
    top = heading.height_in + (0.0 if tree is None or style.narrow else 0.1)
    high_in = plan_in * map_shape(_shown(scenario), plan_in)
    plan = add_panel(figure, _LEFT_IN, top, plan_in, high_in)
    others = _draw_plan(plan, design)
    bottom = top + high_in + _BELOW_IN
    if spatial:
        side = add_panel(figure, _LEFT_IN, top + high_in + 0.32, plan_in, _SIDE_IN)
        side.set_xlim(plan.get_xlim())
        _draw_side(side, design, others)
        side.set_xlabel(plan.get_xlabel())
        side.xaxis.set_major_formatter(plan.xaxis.get_major_formatter())
        plan.tick_params(labelbottom=False)
        plan.set_xlabel("")
        bottom += 0.32 + _SIDE_IN
    entries = legend_entries(figure.axes)
    if tree is not None:
        corner = (0.15 + names_in, bottom + 0.15) if style.narrow else (_LEFT_IN + plan_in + 0.3 + names_in, top)
        room = (width - corner[0] - _RIGHT_IN, max(tree_height_in(tree), 0.0 if style.narrow else plan_in))
        draw_linkage_tree(add_panel(figure, *corner, *room), tree, scenario.receiver_ids, design.selected)
        bottom = max(bottom, corner[1] + room[1] + _BELOW_IN)
    if legend_beside:
        plan.legend(entries.values(), entries.keys(), loc="upper left", bbox_to_anchor=(1.03, 1.0), borderpad=0.0)
        entries = {}
    finish_picture(figure, bottom, heading, entries)
    return figure


def draw_map(ax: Axes, design: Design) -> None:
    """Draw the plan view of a design, in metres with equal scales, into axes of any figure and style.

    ax: axes of matplotlib, of final size, because labels are placed by it; their limits are set.
    design: the design.

    Everything drawn has a label: `ax.legend()` makes the legend. The size of the text is matplotlib's setting
    `font.size`.

    >>> from multistatic import design_network, load_preset
    >>> from matplotlib.figure import Figure
    >>> ax = Figure(figsize=(4.0, 4.0)).subplots()
    >>> draw_map(ax, design_network(load_preset("paper")))
    >>> ax.get_xlabel()
    'x (m)'
    """
    _draw_plan(ax, design)


def _draw_plan(ax: Axes, design: Design) -> str:
    """The plan view; returns what the legend calls receivers that are not selected."""
    scenario = design.scenario
    transmitter, target = scenario.transmitter.position_m, scenario.target.position_m
    receivers, chosen = scenario.receiver_positions_m, design.selected
    tip, shown = _travelled_to(scenario), _shown(scenario)
    set_limits(ax, shown, map_shape(shown, ax.get_window_extent().width / ax.figure.dpi))
    names = ("east", "north") if scenario.origin else ("x", "y")
    for axis, name, middle in zip((ax.xaxis, ax.yaxis), names, centre(shown), strict=True):
        name_coordinate(axis, name, float(middle))

    others = _draw_network(ax, design, axes=PLAN)
    lines = [segment(transmitter, target), *(segment(target, place) for place in receivers[chosen])]
    ellipse = error_ellipse(design)
    if ellipse is not None:
        lines += draw_ellipse(ax, target[:2], ellipse, _plan_factor(design), label=_ellipse_in_words(design))
    labels = [
        point_label(transmitter, "transmitter", INK, 6.5, bold=True),
        point_label(target, "target", TARGET, 6.5, bold=True),
    ]
    if np.any(tip != target):
        lines.append(segment(target, tip))
        _draw_travel(ax, scenario, PLAN)
    labels += _receiver_labels(scenario, chosen)
    bar = draw_scale_bar(ax, shown[:, :2])
    left_out = place_labels(ax, labels, lines, bar)
    say_nameless(others, len(left_out) + int(np.sum(~chosen)) * (len(receivers) > NAMED_AT_MOST))
    return "" if others is None else str(others.get_label())


def draw_elevation(ax: Axes, design: Design) -> None:
    """Heights over the first coordinate: the plan seen from the south, with the error ellipse of these two coordinates.

    The horizontal limits of `ax` must be set, and its size final. The title says by how much heights are stretched.
    """
    _draw_side(ax, design)


def _draw_side(ax: Axes, design: Design, others_name: str | None = None) -> None:
    """The side view; `others_name` is what the legend calls receivers that are not selected."""
    scenario = design.scenario
    low, high = _heights_shown(design)
    ax.set_ylim(low, high)
    for place in _places(scenario):
        ax.plot([place[0], place[0]], [low, place[2]], color=FAINT, linewidth=0.7, zorder=1)
    others = _draw_network(ax, design, axes=SIDE)
    if others is not None and others_name is not None:
        others.set_label(others_name)
    ellipse, factor = error_ellipse(design, SIDE), _side_factor(design)
    if ellipse is not None and factor is not None:
        draw_ellipse(ax, scenario.target.position_m[list(SIDE)], ellipse, factor)
    if np.any(_travelled_to(scenario) != scenario.target.position_m):
        _draw_travel(ax, scenario, SIDE)
    ax.set_ylabel("up (m)" if scenario.origin else "z (m)")
    frame = ax.get_window_extent()
    stretch = frame.height / (high - low) * float(np.ptp(ax.get_xlim())) / frame.width
    ax.set_title(f"Side view from the south, heights drawn ×{stretch:.2g}", size="small", weight="normal", pad=4.0)


def _draw_network(ax: Axes, design: Design, axes: View) -> PathCollection | None:
    """Nodes, and the paths of the echo to the selected receivers, in two of the three coordinates; the markers of the
    receivers that are not selected.
    """
    scenario, chosen, columns = design.scenario, np.asarray(design.selected, bool), list(axes)
    transmitter, target = scenario.transmitter.position_m[columns], scenario.target.position_m[columns]
    receivers = scenario.receiver_positions_m[:, columns]
    whole: dict[str, Any] = {"clip_on": False}  # a node on the ground stands on the frame of the side view
    rim: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.8, **whole}
    ax.scatter(transmitter[0], transmitter[1], s=70, marker="^", c=INK, zorder=6, label="transmitter", **rim)
    ax.scatter(target[0], target[1], s=62, marker="D", c=TARGET, zorder=7, label="target", **rim)
    others, group = receivers[~chosen], receivers[chosen]
    if len(group):
        name = "receiver of the echo" if design.scheme == "bi" else "cooperating receiver"
        ax.scatter(group[:, 0], group[:, 1], s=38, c=SELECTED, zorder=5, label=name, **rim)
    markers = None
    if len(others):
        name = "other receiver" if len(group) else "receiver"
        look: dict[str, Any] = {"c": "white", "edgecolors": MUTED, "linewidths": 0.9, **whole}
        markers = ax.scatter(others[:, 0], others[:, 1], s=24, zorder=4, label=name, **look)
    way = "path to the target and back" if design.scheme == "mono" else "path to the target"
    ax.plot(*np.transpose([transmitter, target]), color=TARGET, linewidth=1.6, zorder=2, label=way)
    for number, place in enumerate(group):
        look = {"color": SELECTED, "linewidth": 1.0, "alpha": 0.75, "zorder": 2}
        ax.plot(*np.transpose([target, place]), label="" if number else "path of the echo", **look)
    return markers


def _receiver_labels(scenario: Scenario, chosen: B) -> list[Label]:
    """The selected receivers, and after them the others as far as there is room."""
    everyone = len(scenario.receivers) <= NAMED_AT_MOST
    named = [
        (bool(kept), receiver) for kept, receiver in zip(chosen, scenario.receivers, strict=True) if kept or everyone
    ]
    return [
        point_label(
            receiver.position_m,
            short_name(receiver.id),
            SELECTED if kept else CAPTION,
            4.5,
            bold=kept,
            optional=not kept,
        )
        for kept, receiver in sorted(named, key=lambda item: not item[0])
    ]


def _draw_travel(ax: Axes, scenario: Scenario, view: View) -> None:
    """The arrow of the target's way, where it is one in this view."""
    start, end = scenario.target.position_m[list(view)], _travelled_to(scenario)[list(view)]
    if np.any(start != end):
        draw_travel(ax, start, end, f"target's way in {quantity(_travel_time_s(scenario), 's')} at {_speed(scenario)}")


def _speed(scenario: Scenario) -> str:
    return f"{float(np.linalg.norm(scenario.target.velocity_m_s)):.3g} m/s"


def _travel_time_s(scenario: Scenario) -> float:
    """The time that the arrow stands for; the target moves."""
    return travel_time_s(float(np.linalg.norm(scenario.target.velocity_m_s)), map_width(_places(scenario)))


def _travelled_to(scenario: Scenario) -> F:
    """Where the arrow of the velocity ends [3]: at the target where it does not move."""
    target, velocity = scenario.target.position_m, scenario.target.velocity_m_s
    if not np.any(velocity):
        return target
    return target + _travel_time_s(scenario) * velocity


def _plan_factor(design: Design) -> float:
    """By how much the ellipse of the plan is enlarged."""
    ellipse = error_ellipse(design)
    return 1.0 if ellipse is None else enlargement(ellipse, map_width(_places(design.scenario)))


def _side_factor(design: Design) -> float | None:
    """By how much the ellipse of the side view is enlarged; None where there is none."""
    ellipse, (low, high) = error_ellipse(design, SIDE), _nodes_shown(design.scenario)
    return None if ellipse is None else side_enlargement(ellipse, map_width(_shown(design.scenario)), high - low)


def _ellipse_in_words(design: Design) -> str:
    """What the ellipses are, and how much larger they are drawn."""
    plan, side = _plan_factor(design), _side_factor(design) if _is_spatial(design.scenario) else None
    words = f"1σ position error, {enlargement_in_words(plan)}"
    return words if side is None or side == plan else f"{words}\nin the side view {enlargement_in_words(side)}"


def _nodes_shown(scenario: Scenario) -> tuple[float, float]:
    """Heights from the ground, or from below the lowest node where all are far above it, to over the highest."""
    heights = _shown(scenario)[:, 2]
    lowest, range_of = float(heights.min()), float(np.ptp(heights))
    ground = lowest - 0.1 * range_of if lowest > 2 * range_of else min(0.0, lowest)
    return ground, float(heights.max() + 0.18 * np.ptp([ground, *heights]))


def _heights_shown(design: Design) -> tuple[float, float]:
    """Heights of the side view: every node, and the whole ellipse."""
    low, high = _nodes_shown(design.scenario)
    ellipse, factor = error_ellipse(design, SIDE), _side_factor(design)
    if ellipse is None or factor is None:
        return low, high
    height, half = float(design.scenario.target.position_m[2]), 1.08 * factor * ellipse.half_widths_m[1]
    return min(low, height - half), max(high, height + half)


def _headline(design: Design) -> str:
    group = f"{len(design.selected_ids)} of {len(design.selected)} receivers cooperate"
    if design.scheme == "mono":
        group = "the transmitter receives its own echo"
    elif design.scheme == "bi":
        group = f"{' '.join(design.selected_ids)} receives the echo"
    if design.accuracy is None:
        return f"{design.scenario.name}: {group}"
    bound = design.accuracy.position.peb_m
    accuracy = "position unobservable" if bound is None else f"position error bound {quantity(bound, 'm')}"
    return f"{design.scenario.name}: {group}, {accuracy}"


def _caption(design: Design) -> list[str]:
    """Sentences: the parts of the error, where the origin is, and what is assumed."""
    origin, scenario, parts = design.scenario.origin, design.scenario, []
    apart = "" if design.accuracy is None else error_apart(design.accuracy.position.covariance_m2)
    if apart:
        parts.append(f"Position error: {apart}.")
    if origin is not None:
        parts.append(f"Origin: {origin.latitude_deg:.5f}°, {origin.longitude_deg:.5f}° (WGS 84).")
    return [*parts, *assumption_sentences(scenario, one_clock=design.scheme == "mono")]


def _is_spatial(scenario: Scenario) -> bool:
    return bool(np.ptp(_shown(scenario)[:, 2]) > 0)


def _shown(scenario: Scenario) -> F:
    """What the plan has to show [n, 3]: every node and the tip of the velocity arrow."""
    return np.vstack([_places(scenario), _travelled_to(scenario)])


def _places(scenario: Scenario) -> F:
    return np.vstack([scenario.transmitter.position_m, scenario.target.position_m, scenario.receiver_positions_m])
