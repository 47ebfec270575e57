"""A group of receivers and the beams for it, by the method that the scenario names."""

from __future__ import annotations

from collections.abc import Callable

from multistatic import registry
from multistatic.beamforming.problem import BeamformingResult
from multistatic.design.decoupled import design_decoupled
from multistatic.design.instance import Instance
from multistatic.design.result import Design
from multistatic.scenario.model import JOINT


def design_group(instance: Instance, on_stage: Callable[[str], None], start: BeamformingResult | None = None) -> Design:
    """Jointly where the selector is `joint`, else decoupled with the named one; `start`: its beams for b = 0, if
    known.
    """
    if instance.scenario.design.selector == JOINT:
        method = registry.find("designs", JOINT, instance.scenario.design.options)
        design: Design = method(instance, on_stage)
        return design
    return design_decoupled(instance, on_stage, start)
