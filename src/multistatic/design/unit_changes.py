"""What one whole unit more of rate or power does to a design, by designing its beams again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic import registry
from multistatic.design.algorithms import beamformer_of
from multistatic.design.group_beams import constant_objective, group_beams
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
    most_expensive, scenario = int(np.argmax(found.rate_per_bps_hz)), design.scenario
    own = scenario.receivers[most_expensive]
    faster = replace(own, rate_required_bps_hz=own.rate_required_bps_hz + 1.0)
    receivers = (*scenario.receivers[:most_expensive], faster, *scenario.receivers[most_expensive + 1 :])
    stronger = replace(scenario.transmitter, power_w=DB * scenario.transmitter.power_w)
    today = _today(design, instance)
    return UnitChanges(
        receiver_id=own.id,
        rate_change=_change(design, today, replace(instance, scenario=replace(scenario, receivers=receivers))),
        power_change=_change(design, today, replace(instance, scenario=replace(scenario, transmitter=stronger))),
    )


def _today(design: Design, instance: Instance) -> float:
    """The value without the change. Beams that give light to points which need little of it (`design.light_margin`)
    are a little worse than those of a change, which do not: there the beams of the least value count.
    """
    assert design.selection is not None
    value = design.selection.value or 0.0
    if not instance.several or design.scenario.over_points != "worst":
        return value
    if constant_objective(instance, instance.criterion(), np.asarray(design.selected, bool)) is not None:
        return value
    return min(value, _value(design, instance) or value)


def _change(design: Design, today: float, instance: Instance) -> float | None:
    value = _value(design, instance) if today else None
    return None if value is None else value / today - 1.0


def _value(design: Design, instance: Instance) -> float | None:
    """The criterion of the group with beams designed for it; None where no beams meet the rates."""
    beamformer = beamformer_of(design.scenario.design.beamformer, design.scenario.design.options)
    result = group_beams(instance, beamformer, np.asarray(design.selected))
    if result.beams is None:
        return None
    return float(instance.selection_problem(result.beams).values(design.selected)[0])
