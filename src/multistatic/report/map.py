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
    map_shape,
    map_width,
    name_coordinate,
    point_label,
    segment,
    set_limits,
)
from multistatic.report.error_ellipse import PLAN, SIDE, View
from multistatic.report.labels import Label, place_labels, say_nameless
from multistatic.report.linkage_tree import draw_linkage_tree, tree_height_in
from multistatic.report.map_extent import (
    close_up_places,
    ellipses,
    ellipses_meaning,
    enlarged_target,
    fastest_m_s,
    heights_shown,
    is_spatial,
    nodes,
    plan_factor,
    shown_places,
    side_factor,
    travelled_to,
    way_time_s,
)
from multistatic.report.map_points import (
    draw_outlines,
    draw_point_scale,
    draw_points,
    draw_targets,
    marker_places,
    point_colours,
    target_label,
)
from multistatic.report.picture_layout import (
    add_panel,
    finish_picture,
    legend_entries,
    picture_heading,
    tall_figure,
)
from multistatic.report.points_in_words import WORST, middle_in_words, minimised_in_words, with_minus, worst_place
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
from multistatic.report.wording import criterion_words, error_apart, quantity, short_name
from multistatic.scenario.model import Scenario
from multistatic.units import B

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

_PLAN_IN, _SIDE_IN, _TREE_IN = 4.4, 1.25, 2.1
_LEFT_IN, _RIGHT_IN, _BELOW_IN = 0.62, 0.15, 0.45  # around a panel: for its ticks and the names of its coordinates
_LEGEND_IN = 1.9  # beside the plan
_CLOSE_UP_IN, _SCALE_IN = 1.7, 0.08  # heights of the enlarged points and of the scale of their colours
_PANEL_TITLE: dict[str, Any] = {"size": "small", "weight": "normal", "pad": 4.0}
_FEW_LINES = 24  # of paths of the echo: more of them are drawn fainter


def map_figure(design: Design, style: PictureStyle = SCREEN) -> Figure:
    """Plan view; a side view below it where heights differ; the linkage tree beside it where the selector made one."""
    scenario, spatial = design.scenario, is_spatial(design)
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
    high_in = plan_in * map_shape(shown_places(design), plan_in)
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
    bottom = _draw_points_below(figure, design, plan_in, bottom)
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


def _draw_points_below(figure: Figure, design: Design, width_in: float, top_in: float) -> float:
    """The points of a target enlarged, where the plan shows them too small, and the scale of their colours; returns
    where they end.
    """
    number = enlarged_target(design)
    if number is not None:
        panel = add_panel(figure, _LEFT_IN, top_in + 0.22, width_in, _CLOSE_UP_IN)
        draw_close_up(panel, design, number)
        top_in += 0.22 + _CLOSE_UP_IN + _BELOW_IN
    if point_colours(design) is None:
        return top_in
    draw_point_scale(add_panel(figure, _LEFT_IN, top_in + 0.12, width_in, _SCALE_IN), design)
    return top_in + 0.12 + _SCALE_IN + _BELOW_IN


def draw_close_up(ax: Axes, design: Design, number: int) -> None:
    """Where the target of this number may be, in metres with equal scales, larger than in the plan."""
    places, frame = close_up_places(design, number), ax.get_window_extent()
    middle, half = (places.min(axis=0) + places.max(axis=0)) / 2, 0.6 * np.ptp(places, axis=0)
    width = max(half[0], half[1] * frame.width / frame.height)
    height = width * frame.height / frame.width
    ax.set(xlim=(middle[0] - width, middle[0] + width), ylim=(middle[1] - height, middle[1] + height))
    ax.set_aspect("equal", adjustable="box")
    for axis, name, at in zip((ax.xaxis, ax.yaxis), _coordinate_names(design.scenario), middle, strict=True):
        name_coordinate(axis, name, float(at))
    draw_outlines(ax, design)
    draw_points(ax, design)
    if design.over_points is not None:
        worst = design.points.position_m[design.over_points.worst]
        place_labels(ax, [point_label(worst, WORST, INK, 7.5, bold=True)], markers=marker_places(design))
    times = map_width(shown_places(design)) / (2 * width)
    whose = "the target" if len(design.scenario.targets) == 1 else short_name(design.scenario.targets[number].id)
    ax.set_title(f"Points of {whose}, enlarged ×{times:.2g}", **_PANEL_TITLE)


def _draw_plan(ax: Axes, design: Design) -> str:
    """The plan view; returns what the legend calls receivers that are not selected."""
    scenario = design.scenario
    transmitter = scenario.transmitter.position_m
    receivers, chosen = scenario.receiver_positions_m, design.selected
    shown = shown_places(design)
    set_limits(ax, shown, map_shape(shown, ax.get_window_extent().width / ax.figure.dpi))
    for axis, name, middle in zip((ax.xaxis, ax.yaxis), _coordinate_names(scenario), centre(shown), strict=True):
        name_coordinate(axis, name, float(middle))

    others = _draw_network(ax, design, axes=PLAN)
    lines, labels = [], [point_label(transmitter, "transmitter", INK, 6.5, bold=True)]
    for number, target in enumerate(scenario.targets):
        place, tip = target.position_m, travelled_to(scenario, target)
        lines += [segment(transmitter, place), *(segment(place, each) for each in receivers[chosen])]
        lines += [segment(place, tip)] if np.any(tip != place) else []
        labels.append(target_label(design, number))
    for count, (place, ellipse) in enumerate(ellipses(design)):
        words = ellipses_meaning(design) if count == 0 else None
        lines += draw_ellipse(ax, place[:2], ellipse, plan_factor(design), label=words)
    _draw_ways(ax, scenario, PLAN)
    if _names_worst(design) and design.over_points is not None:
        labels.append(point_label(design.points.position_m[design.over_points.worst], WORST, INK, 7.5, bold=True))
    labels += _receiver_labels(scenario, chosen)
    bar = draw_scale_bar(ax, shown[:, :2])
    left_out = place_labels(ax, labels, lines, bar, marker_places(design))
    say_nameless(others, len(left_out) + int(np.sum(~chosen)) * (len(receivers) > NAMED_AT_MOST))
    return "" if others is None else str(others.get_label())


def _names_worst(design: Design) -> bool:
    """True where the plan itself names the worst point: its marker is not that of a target that has a name, and no
    enlarged view names it.
    """
    return (
        point_colours(design) is not None
        and enlarged_target(design) is None
        and not any(
            target.exact and number == design.points.target[design.over_points.worst]  # type: ignore[union-attr]
            for number, target in enumerate(design.scenario.targets)
        )
    )


def _coordinate_names(scenario: Scenario) -> tuple[str, str]:
    return ("east", "north") if scenario.origin else ("x", "y")


def draw_elevation(ax: Axes, design: Design) -> None:
    """Heights over the first coordinate: the plan seen from the south, with the error ellipse of these two coordinates.

    The horizontal limits of `ax` must be set, and its size final. The title says by how much heights are stretched.
    """
    _draw_side(ax, design)


def _draw_side(ax: Axes, design: Design, others_name: str | None = None) -> None:
    """The side view; `others_name` is what the legend calls receivers that are not selected."""
    scenario = design.scenario
    low, high = heights_shown(design)
    ax.set_ylim(low, high)
    for place in nodes(scenario):
        ax.plot([place[0], place[0]], [low, place[2]], color=FAINT, linewidth=0.7, zorder=1)
    others = _draw_network(ax, design, axes=SIDE)
    if others is not None and others_name is not None:
        others.set_label(others_name)
    factor = side_factor(design)
    for place, ellipse in ellipses(design, SIDE):
        if factor is not None:
            draw_ellipse(ax, place[list(SIDE)], ellipse, factor)
    _draw_ways(ax, scenario, SIDE)
    ax.set_ylabel("up (m)" if scenario.origin else "z (m)")
    frame = ax.get_window_extent()
    stretch = frame.height / (high - low) * float(np.ptp(ax.get_xlim())) / frame.width
    ax.set_title(f"Side view from the south, heights drawn ×{stretch:.2g}", **_PANEL_TITLE)


def _draw_network(ax: Axes, design: Design, axes: View) -> PathCollection | None:
    """Nodes, and the paths of the echo to the selected receivers, in two of the three coordinates; the markers of the
    receivers that are not selected.
    """
    scenario, chosen, columns = design.scenario, np.asarray(design.selected, bool), list(axes)
    transmitter = scenario.transmitter.position_m[columns]
    targets = np.array([target.position_m for target in scenario.targets])[:, columns]
    receivers = scenario.receiver_positions_m[:, columns]
    whole: dict[str, Any] = {"clip_on": False}  # a node on the ground stands on the frame of the side view
    rim: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.8, **whole}
    ax.scatter(transmitter[0], transmitter[1], s=70, marker="^", c=INK, zorder=6, label="transmitter", **rim)
    draw_targets(ax, design, axes)
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
    faint = 0.75 if len(group) * len(targets) <= _FEW_LINES else 0.35
    for number, target in enumerate(targets):
        first = number == 0
        ax.plot(*np.transpose([transmitter, target]), color=TARGET, linewidth=1.6, zorder=2, label=way if first else "")
        for count, place in enumerate(group):
            look = {"color": SELECTED, "linewidth": 1.0, "alpha": faint, "zorder": 2}
            ax.plot(*np.transpose([target, place]), label="path of the echo" if first and not count else "", **look)
    if design.over_points is not None:
        draw_outlines(ax, design, axes)
        draw_points(ax, design, axes)
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


def _draw_ways(ax: Axes, scenario: Scenario, view: View) -> None:
    """The arrows of the ways of the targets, where they are one in this view."""
    drawn = 0
    for target in scenario.targets:
        start, end = target.position_m[list(view)], travelled_to(scenario, target)[list(view)]
        if np.any(start != end):
            draw_travel(ax, start, end, None if drawn else _ways_in_words(scenario))
            drawn += 1


def _ways_in_words(scenario: Scenario) -> str:
    moving = sum(bool(np.any(target.velocity_m_s)) for target in scenario.targets)
    time, speed = quantity(way_time_s(scenario), "s"), f"{fastest_m_s(scenario):.3g} m/s"
    return f"targets' ways in {time}\nat up to {speed}" if moving > 1 else f"target's way in {time} at {speed}"


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
    if value := minimised_in_words(design):
        return f"{design.scenario.name}: {group}, {criterion_words(design.scenario.design.criterion)} {value}"
    several = design.over_points is not None and len(design.over_points.value) > 1
    where = f" at the worst of {design.points.count} points" if several else ""
    return f"{design.scenario.name}: {group}, {accuracy}{where}"


def _caption(design: Design) -> list[str]:
    """Sentences: the parts of the error, where the origin is, and what is assumed."""
    origin, scenario, parts = design.scenario.origin, design.scenario, []
    apart = "" if design.accuracy is None else error_apart(design.accuracy.position.covariance_m2)
    if design.over_points is not None and len(design.over_points.value) > 1:
        parts.append(f"Worst point: {with_minus(worst_place(design))}.")
        parts += middle_in_words(design)
    if apart:
        parts.append(f"Position error: {apart}.")
    if origin is not None:
        parts.append(f"Origin: {origin.latitude_deg:.5f}°, {origin.longitude_deg:.5f}° (WGS 84).")
    return [*parts, *assumption_sentences(scenario, one_clock=design.scheme == "mono")]
