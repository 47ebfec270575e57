"""One of the points of a design, as its verification sees it."""

from __future__ import annotations

from dataclasses import dataclass

from multistatic.channel.channel import Channel
from multistatic.design.result import Design, Scheme
from multistatic.scenario.model import Scenario
from multistatic.scenario.uncertain_target import TargetPrior
from multistatic.units import F


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DesignPoint:
    """A design with its target at one point: `position_m` [3], `velocity_m_s` [3], the `reflection` straight back, the
    `prior` knowledge of the target, and the number `point` of its echo in the `channel`.
    """

    scenario: Scenario
    scheme: Scheme
    channel: Channel
    point: int
    position_m: F
    velocity_m_s: F
    reflection: float
    prior: TargetPrior | None


def point_of(design: Design, point: int) -> DesignPoint:
    """The design with its target at the point of index `point`."""
    points, target = design.points, design.scenario.targets[int(design.points.target[point])]
    return DesignPoint(
        scenario=design.scenario,
        scheme=design.scheme,
        channel=design.channel,
        point=point,
        position_m=points.position_m[point],
        velocity_m_s=points.velocity_m_s[point],
        reflection=target.reflection,
        prior=target.prior,
    )
