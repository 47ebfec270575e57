"""What a map of a design has to show: nodes, where the targets may be, their ways, and the error ellipses."""

from __future__ import annotations

import numpy as np

from multistatic.design.result import Design
from multistatic.report.design_plan import (
    enlargement,
    enlargement_in_words,
    map_width,
    side_enlargement,
    travel_time_s,
)
from multistatic.report.error_ellipse import PLAN, SIDE, ErrorEllipse, View, ellipse_of, error_ellipse
from multistatic.report.target_outline import outlines
from multistatic.scenario.model import Scenario, Target
from multistatic.units import F

# Of the width of the plan: where the points of a target take less, they are drawn once more, enlarged.
_SMALL_SHARE = 0.25


def nodes(scenario: Scenario) -> F:
    """Places [n, 3] of transmitter, targets and receivers."""
    targets = np.array([target.position_m for target in scenario.targets])
    return np.vstack([scenario.transmitter.position_m, targets, scenario.receiver_positions_m])


def shown_places(design: Design) -> F:
    """What the plan has to show [n, 3]: every node, every point, the outlines and the tips of the velocity arrows."""
    scenario = design.scenario
    tips = [travelled_to(scenario, target) for target in scenario.targets]
    if design.over_points is None:
        return np.vstack([nodes(scenario), *tips])
    around = [
        np.column_stack([curve, np.full(len(curve), target.position_m[2])])
        for target in scenario.targets
        for curve in outlines(target)
    ]
    return np.vstack([nodes(scenario), *tips, design.points.position_m, *around])


def is_spatial(design: Design) -> bool:
    """True where heights differ, so that a side view shows something."""
    return bool(np.ptp(shown_places(design)[:, 2]) > 0)


def way_time_s(scenario: Scenario) -> float:
    """The time that the arrows stand for; one of the targets moves."""
    return travel_time_s(fastest_m_s(scenario), map_width(nodes(scenario)))


def fastest_m_s(scenario: Scenario) -> float:
    """Speed of the fastest target in m/s."""
    return max(float(np.linalg.norm(target.velocity_m_s)) for target in scenario.targets)


def travelled_to(scenario: Scenario, target: Target) -> F:
    """Where the arrow of a target's velocity ends [3]: at the target where it does not move."""
    if not np.any(target.velocity_m_s):
        return target.position_m
    return target.position_m + way_time_s(scenario) * target.velocity_m_s


def ellipses(design: Design, view: View = PLAN) -> list[tuple[F, ErrorEllipse]]:
    """The error ellipses with their centres [3]: at the target, or at the worst of the points of each target. None
    where the position is unobservable.
    """
    over, points = design.over_points, design.points
    if over is None:
        found = error_ellipse(design, view)
        return [] if found is None else [(design.scenario.target.position_m, found)]
    placed = []
    for number in range(len(design.scenario.targets)):
        worst = worst_of_target(design, number)
        if worst is None or not np.isfinite(over.peb_m[worst]):
            continue
        found = ellipse_of(over.position_covariance_m2[worst], view)
        if found is not None:
            placed.append((points.position_m[worst], found))
    return placed


def worst_of_target(design: Design, number: int) -> int | None:
    """The point of the largest value among those of a target; None where it has no points."""
    over = design.over_points
    assert over is not None
    own = np.flatnonzero(design.points.target == number)
    return int(own[np.argmax(over.value[own])]) if len(own) else None


def plan_factor(design: Design) -> float:
    """By how much the ellipses of the plan are enlarged."""
    width = map_width(nodes(design.scenario))
    return min((enlargement(ellipse, width) for _, ellipse in ellipses(design)), default=1.0)


def side_factor(design: Design) -> float | None:
    """By how much the ellipses of the side view are enlarged; None where there is none."""
    found, (low, high) = ellipses(design, SIDE), nodes_heights(design)
    width = map_width(shown_places(design))
    return min((side_enlargement(ellipse, width, high - low) for _, ellipse in found), default=None)


def ellipses_meaning(design: Design) -> str:
    """What the ellipses are, and how much larger they are drawn."""
    plan, side = plan_factor(design), side_factor(design) if is_spatial(design) else None
    words = f"1σ position error, {enlargement_in_words(plan)}"
    return words if side is None or side == plan else f"{words}\nin the side view {enlargement_in_words(side)}"


def nodes_heights(design: Design) -> tuple[float, float]:
    """Heights from the ground, or from below the lowest node where all are far above it, to over the highest."""
    heights = shown_places(design)[:, 2]
    if design.over_points is not None:
        around = [curve[:, 1] for target in design.scenario.targets for curve in outlines(target, SIDE)]
        heights = np.concatenate([heights, *around])
    lowest, range_of = float(heights.min()), float(np.ptp(heights))
    ground = lowest - 0.1 * range_of if lowest > 2 * range_of else min(0.0, lowest)
    return ground, float(heights.max() + 0.18 * np.ptp([ground, *heights]))


def heights_shown(design: Design) -> tuple[float, float]:
    """Heights of the side view: every node, and the whole of the ellipses."""
    low, high = nodes_heights(design)
    factor = side_factor(design)
    if factor is None:
        return low, high
    for place, ellipse in ellipses(design, SIDE):
        half = 1.08 * factor * ellipse.half_widths_m[1]
        low, high = min(low, float(place[2]) - half), max(high, float(place[2]) + half)
    return low, high


def enlarged_target(design: Design) -> int | None:
    """The target whose points the map draws once more, enlarged: that of the worst point, where its points are several
    and close together for the plan. None where the plan is enough.
    """
    over = design.over_points
    if over is None:
        return None
    number = int(design.points.target[over.worst])
    if np.sum(design.points.target == number) < 2:
        return None
    width = map_width(shown_places(design))
    return number if float(np.max(np.ptp(close_up_places(design, number), axis=0))) < _SMALL_SHARE * width else None


def close_up_places(design: Design, number: int) -> F:
    """What the enlarged view of a target shows [n, 2]: its points and its outline."""
    own = design.points.position_m[design.points.target == number][:, :2]
    return np.vstack([own, *outlines(design.scenario.targets[number])])
