"""What the design for the middle alone, as if one target were known to be there, reaches over all points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from multistatic.channel.echo_of_points import channel_to_points
from multistatic.design.instance import Instance, with_criterion_of
from multistatic.design.result import Design
from multistatic.errors import MultistaticError

Method = Callable[[Instance, Callable[[str], None]], Design]


def with_middle(design: Design, instance: Instance, method: Method) -> Design:
    """The design with the value over its points of the group and the beams that `method` designs for the middle alone,
    with the same direct channels; unchanged where there is no such design.
    """
    if design.over_points is None or design.status == "infeasible":
        return design
    instance = with_criterion_of(instance, design)
    try:
        middle = method(instance_of_middle(instance), lambda stage: None)
    except MultistaticError:
        return design  # a middle next to a site, or a criterion that needs what one point does not have
    if middle.beamforming is None or middle.beamforming.beams is None or middle.status == "infeasible":
        return design
    problem = instance.selection_problem(middle.beamforming.beams, forced=False)
    group = np.asarray(middle.selected, bool)[None]
    found = replace(
        design.over_points,
        middle_value=float(problem.values(group)[0]),
        middle_values=problem.values_of_points(group)[0],
    )
    return replace(design, over_points=found)


def instance_of_middle(instance: Instance) -> Instance:
    """The same network and direct channels with one target that is known to be at the middle; without a certificate."""
    scenario = instance.scenario.middle()
    points = scenario.points()
    channel = channel_to_points(scenario, instance.channel, points)
    return Instance(scenario=scenario, channel=channel, points=points, limits=instance.limits, certificate=False)
