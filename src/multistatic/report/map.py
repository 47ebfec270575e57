"""The map: who is where, who cooperates, which paths the echo takes, how well the target is located."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.design.result import Design
from multistatic.report.assumptions import assumption_sentences
from multistatic.report.design_plan import (
    centre,
    draw_ellipse,
    ellipses_in_words,
    enlargement,
    map_width,
    name_coordinate,
    point_label,
    segment,
    set_limits,
    side_enlargement,
)
from multistatic.report.error_ellipse import PLAN, SIDE, error_ellipse
from multistatic.report.labels import Label, place_labels
from multistatic.report.linkage_tree import draw_linkage_tree
from multistatic.report.style import (
    CAPTION_LINE_IN,
    FAINT,
    INK,
    MUTED,
    NAMED_AT_MOST,
    SELECTED,
    SMALL,
    TARGET,
    add_heading,
    caption_lines,
    new_figure,
    text_width_in,
)
from multistatic.report.wording import error_apart, quantity, short_name
from multistatic.scenario.model import Scenario
from multistatic.units import B, F

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ARROW_SHARE = 0.12
_MAP_IN, _TREE_IN, _ELEVATION_IN = 4.4, 2.1, 1.25


def map_figure(design: Design) -> Figure:
    """Plan view; the linkage tree beside it where the selector made one, a side elevation below it where heights
    differ.
    """
    scenario = design.scenario
    heights = _places(scenario)[:, 2]
    tree = None if design.selection is None else design.selection.tree
    spatial = bool(np.ptp(heights) > 0)
    left, right, bottom = 0.62, 0.15, 0.5
    figure = new_figure(1.0, 1.0)
    gap = 0.3 + max(
        text_width_in(figure, name, size=SMALL, weight="bold") for name in map(short_name, scenario.receiver_ids)
    )
    width = left + _MAP_IN + right + (gap + _TREE_IN if tree is not None else 0.0)
    height = bottom + _MAP_IN + (_ELEVATION_IN + 0.2 if spatial else 0.0)
    room = width - left - 0.1
    caption = caption_lines(figure, room, _caption(design, spatial))
    caption += caption_lines(figure, room, assumption_sentences(scenario, one_clock=design.scheme == "mono"))
    height += 0.62 + CAPTION_LINE_IN * (len(caption) - 1)
    figure.set_size_inches(width, height)

    def axes(x: float, y: float, w: float, h: float) -> Axes:
        return figure.add_axes((x / width, y / height, w / width, h / height))

    floor = bottom + (_ELEVATION_IN + 0.2 if spatial else 0.0)
    plan = axes(left, floor, _MAP_IN, _MAP_IN)
    draw_map(plan, design)
    if spatial:
        plan.tick_params(labelbottom=False)
        side = axes(left, bottom, _MAP_IN, _ELEVATION_IN)
        side.set_xlim(plan.get_xlim())
        draw_elevation(side, design)
        side.set_xlabel(plan.get_xlabel())
        side.xaxis.set_major_formatter(plan.xaxis.get_major_formatter())
        plan.set_xlabel("")
    if tree is not None:
        beside = axes(left + _MAP_IN + gap, floor, _TREE_IN, _MAP_IN)
        draw_linkage_tree(beside, tree, scenario.receiver_ids, design.selected)
    add_heading(figure, left, _headline(design), *caption)
    return figure


def draw_map(ax: Axes, design: Design) -> None:
    """Plan view in metres with equal scales; sets the limits of `ax`."""
    scenario = design.scenario
    transmitter, target = scenario.transmitter.position_m, scenario.target.position_m
    receivers, chosen = scenario.receiver_positions_m, design.selected
    tip, shown = _arrow_tip(scenario), _shown(scenario)
    set_limits(ax, shown)

    _draw_network(ax, scenario, chosen, axes=PLAN)
    lines = [segment(transmitter, target), *(segment(target, place) for place in receivers[chosen])]
    lines += _draw_ellipse(ax, design)
    labels = [
        point_label(transmitter, "transmitter", INK, 6.5, bold=True),
        point_label(target, "target", TARGET, 6.5, bold=True),
    ]
    if np.any(tip != target[:2]):
        arrow: dict[str, Any] = {
            "arrowstyle": "-|>,head_width=0.22,head_length=0.42",
            "color": TARGET,
            "linewidth": 1.3,
        }
        ax.annotate("", tuple(tip), tuple(target[:2]), arrowprops={**arrow, "shrinkA": 0.0, "shrinkB": 0.0}, zorder=6)
        lines.append(np.array([target[:2], tip]))
        speed_m_s = float(np.linalg.norm(scenario.target.velocity_m_s))
        labels.append(point_label(tip, f"{speed_m_s:.3g} m/s", TARGET, 3.0))
    labels += _receiver_labels(scenario, chosen)
    names = ("east", "north") if scenario.origin else ("x", "y")
    for axis, name, middle in zip((ax.xaxis, ax.yaxis), names, centre(shown), strict=True):
        name_coordinate(axis, name, float(middle))
    place_labels(ax, labels, lines)


def draw_elevation(ax: Axes, design: Design) -> None:
    """Heights over the first coordinate: the plan seen from the south, with the error ellipse of these two."""
    scenario = design.scenario
    low, high = _heights_shown(design)
    for place in _places(scenario):
        ax.plot([place[0], place[0]], [low, place[2]], color=FAINT, linewidth=0.7, zorder=1)
    _draw_network(ax, scenario, design.selected, axes=SIDE)
    ellipse, factor = error_ellipse(design, SIDE), _side_factor(design)
    if ellipse is not None and factor is not None:
        draw_ellipse(ax, scenario.target.position_m[list(SIDE)], ellipse, factor)
    ax.set_ylim(low, high)
    ax.set_ylabel("up (m)" if scenario.origin else "z (m)")


def _nodes_shown(scenario: Scenario) -> tuple[float, float]:
    """Heights from the ground, or from below the lowest node where all are far above it, to over the highest."""
    heights = _places(scenario)[:, 2]
    lowest, range_of = float(heights.min()), float(np.ptp(heights))
    ground = lowest - 0.1 * range_of if lowest > 2 * range_of else min(0.0, lowest)
    return ground, float(heights.max() + 0.18 * np.ptp([ground, *heights]))


def _side_factor(design: Design) -> float | None:
    """By how much the ellipse of the side view is enlarged; None where there is none."""
    ellipse, (low, high) = error_ellipse(design, SIDE), _nodes_shown(design.scenario)
    return None if ellipse is None else side_enlargement(ellipse, map_width(_shown(design.scenario)), high - low)


def _heights_shown(design: Design) -> tuple[float, float]:
    """Heights of the side view: every node, and the whole ellipse."""
    low, high = _nodes_shown(design.scenario)
    ellipse, factor = error_ellipse(design, SIDE), _side_factor(design)
    if ellipse is None or factor is None:
        return low, high
    height, half = float(design.scenario.target.position_m[2]), 1.08 * factor * ellipse.half_widths_m[1]
    return min(low, height - half), max(high, height + half)


def _draw_network(ax: Axes, scenario: Scenario, chosen: B, axes: tuple[int, int]) -> None:
    """Nodes, and the paths of the echo to the selected receivers, in two of the three coordinates."""
    columns = list(axes)
    transmitter, target = scenario.transmitter.position_m[columns], scenario.target.position_m[columns]
    receivers = scenario.receiver_positions_m[:, columns]
    ax.plot(*np.transpose([transmitter, target]), color=TARGET, linewidth=1.6, zorder=2)
    for place in receivers[chosen]:
        ax.plot(*np.transpose([target, place]), color=SELECTED, linewidth=1.0, alpha=0.75, zorder=2)
    whole: dict[str, Any] = {"clip_on": False}  # a node on the ground stands on the frame of the side view
    rim: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.8, **whole}
    others, group = receivers[~chosen], receivers[chosen]
    ax.scatter(others[:, 0], others[:, 1], s=24, c="white", edgecolors=MUTED, linewidths=0.9, zorder=4, **whole)
    ax.scatter(group[:, 0], group[:, 1], s=38, c=SELECTED, zorder=5, **rim)
    ax.scatter(transmitter[0], transmitter[1], s=70, marker="^", c=INK, zorder=6, **rim)
    ax.scatter(target[0], target[1], s=62, marker="D", c=TARGET, zorder=7, **rim)


def _receiver_labels(scenario: Scenario, chosen: B) -> list[Label]:
    everyone = len(scenario.receivers) <= NAMED_AT_MOST
    named = [
        (bool(kept), receiver) for kept, receiver in zip(chosen, scenario.receivers, strict=True) if kept or everyone
    ]
    return [
        point_label(receiver.position_m, short_name(receiver.id), SELECTED if kept else MUTED, 4.5, bold=kept)
        for kept, receiver in sorted(named, key=lambda item: not item[0])
    ]


def _draw_ellipse(ax: Axes, design: Design) -> list[F]:
    """Draw the error ellipse, enlarged; returns its outline as segments."""
    ellipse = error_ellipse(design)
    if ellipse is None:
        return []
    factor = enlargement(ellipse, map_width(_places(design.scenario)))
    return draw_ellipse(ax, design.scenario.target.position_m[:2], ellipse, factor)


def _arrow_tip(scenario: Scenario) -> F:
    """Where the velocity arrow ends in the plan [2]: its direction counts, its length is the same for all speeds."""
    target, velocity = scenario.target.position_m[:2], scenario.target.velocity_m_s[:2]
    speed = float(np.linalg.norm(velocity))
    length = ARROW_SHARE * map_width(_places(scenario)) / speed if speed > 0 else 0.0
    return target + length * velocity


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


def _caption(design: Design, spatial: bool) -> list[str]:
    """Sentences: the error's parts, what the ellipses are, and how the side view is drawn."""
    ellipse, origin, scenario, parts = error_ellipse(design), design.scenario.origin, design.scenario, []
    apart = "" if design.accuracy is None else error_apart(design.accuracy.position.covariance_m2)
    if apart:
        parts.append(f"Position error: {apart}.")
    if ellipse is not None:
        factor = enlargement(ellipse, map_width(_places(scenario)))
        parts += ellipses_in_words(factor, _side_factor(design) if spatial else None)
    if spatial:
        stretch = np.divide(_ELEVATION_IN, np.ptp(_heights_shown(design))) * map_width(_shown(scenario)) / _MAP_IN
        parts.append(f"Side view from the south: heights drawn ×{stretch:.2g}.")
    if origin is not None:
        parts.append(f"Origin: {origin.latitude_deg:.5f}°, {origin.longitude_deg:.5f}° (WGS 84).")
    return parts


def _shown(scenario: Scenario) -> F:
    """What the plan has to show [n, 2]: every node and the tip of the velocity arrow."""
    return np.vstack([_places(scenario)[:, :2], _arrow_tip(scenario)])


def _places(scenario: Scenario) -> F:
    return np.vstack([scenario.transmitter.position_m, scenario.target.position_m, scenario.receiver_positions_m])
