"""Selection and beams together: from a scenario to a verified design."""

from __future__ import annotations

from collections.abc import Callable

from multistatic.design.group import design_group
from multistatic.design.instance import instance_of
from multistatic.design.result import Design, Scheme
from multistatic.design.schemes import design_bi_static, design_mono_static
from multistatic.scenario.model import Scenario
from multistatic.selection.problem import NO_LIMITS, SearchLimits

__all__ = ["Design", "Scheme", "design_network"]


def _silent(stage: str) -> None:
    """Tell nobody."""


def design_network(
    scenario: Scenario,
    *,
    scheme: Scheme = "multi",
    on_stage: Callable[[str], None] = _silent,
    limits: SearchLimits = NO_LIMITS,
) -> Design:
    """Design a network: which receivers cooperate, which beams the transmitter uses, and what accuracy and rates
    follow.

    `scheme`: `multi` (a group of receivers, the paper's §IV), `bi` (the best single one) or `mono` (the transmitter
    listens). Algorithms and criterion are those of `scenario.design`. Never raises for an infeasible scenario: the
    status and the message of the result say what failed. `on_stage` is told the name of each stage as it begins.
    `limits`: a gap or a clock at which the exact searches (`joint`, `branch_and_bound`) end with the best design so far
    and its proven gap.

    >>> from multistatic import load_preset
    >>> design_network(load_preset("paper")).selected_ids
    ('rx01', 'rx05', 'rx07', 'rx08')
    """
    instance = instance_of(scenario, limits)
    if scheme == "mono":
        return design_mono_static(instance, on_stage)
    if scheme == "bi":
        return design_bi_static(instance, on_stage)
    return design_group(instance, on_stage)
