"""What one whole unit more of rate or power does to a design, by designing its beams again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic import registry
from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.design.algorithms import beamformer_of
from multistatic.design.instance import Instance, instance_for
from multistatic.design.result import Design

DB = 10.0**0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChanges:
    """Relative changes of the criterion for the same group, positive is worse; None where no beams meet the rates.

    `rate_change`: for 1 bit/s/Hz more at `receiver_id`, whose rate is the most expensive at the margin.
    `power_change`: for 1 dB more transmit power.
    """

    receiver_id: str
    rate_change: float | None
    power_change: float | None


def unit_changes(design: Design) -> UnitChanges | None:
    """Beams designed again for one unit more; None for a design without prices, or from a beamformer that does not say
    that it is `fast` (milliseconds): the linear `Sensitivity` has to do there.

    The sensitivities of a design are slopes: near the limit of the rates the curve bends upwards, and a whole unit
    costs more than the slope says. Another group may do better still, so the changes are upper bounds.
    """
    found, result = design.sensitivity, design.beamforming
    if (
        found is None
        or found.rate_per_bps_hz is None
        or result is None
        or not registry.fact("beamformers", design.scenario.design.beamformer, "fast", False)
    ):
        return None
    instance = instance_for(design)
    problem = instance.beamforming_problem(design.selected)
    most_expensive = int(np.argmax(found.rate_per_bps_hz))
    raised = problem.rate_required_bps_hz + np.eye(instance.size)[most_expensive]
    return UnitChanges(
        receiver_id=design.scenario.receiver_ids[most_expensive],
        rate_change=_change(design, instance, replace(problem, rate_required_bps_hz=raised)),
        power_change=_change(design, instance, replace(problem, power_limit_w=DB * problem.power_limit_w)),
    )


def _change(design: Design, instance: Instance, problem: BeamformingProblem) -> float | None:
    result = beamformer_of(design.scenario.design.beamformer, design.scenario.design.options)(problem)
    if result.beams is None or design.selection is None or not design.selection.value:
        return None
    value = instance.selection_problem(result.beams).values(design.selected)[0]
    return float(value / design.selection.value - 1.0)
