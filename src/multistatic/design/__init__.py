"""Selection and beams together: from a scenario to a verified design."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from multistatic.design.choices import with_choices
from multistatic.design.earlier_design import usable_start
from multistatic.design.group import design_group
from multistatic.design.instance import instance_of
from multistatic.design.later_certificate import certify
from multistatic.design.limits import Limits
from multistatic.design.result import Design, Scheme
from multistatic.design.schemes import design_bi_static, design_mono_static
from multistatic.scenario.model import Scenario
from multistatic.selection.selection_problem import NO_LIMITS, SearchLimits

__all__ = ["Design", "Limits", "Scheme", "certify", "design_network"]


def _silent(stage: str) -> None:
    """Tell nobody."""


def design_network(
    scenario: Scenario,
    *,
    scheme: Scheme = "multi",
    selector: Any = None,
    beamformer: Any = None,
    criterion: Any = None,
    channel: Any = None,
    on_stage: Callable[[str], None] = _silent,
    limits: Limits | SearchLimits = NO_LIMITS,
    start: Design | None = None,
    certificate: bool | Literal["standard", "tight"] = True,
) -> Design:
    """Design a network: which receivers cooperate, which beams the transmitter uses, and what accuracy and rates
    follow.

    `scheme`: `multi` (a group of receivers, the paper's §IV), `bi` (the best single one) or `mono` (the transmitter
    listens). Never raises for an infeasible scenario: the status and the message of the result say what failed.
    `on_stage` is told the name of each stage as it begins, and in a long one, behind a colon, how far it is. `limits`:
    a gap or a time at which the exact searches (`joint`, `branch_and_bound`) end with the best design so far and its
    proven gap.

    `selector`, `beamformer`, `criterion`: each a registered name, a callable, or the settings object of an algorithm;
    None: that of `scenario.design`. A callable gets what a registered algorithm gets, and what it returns is checked in
    the same way (docs/extending.md): a selector returns a `Selection`, a mask, indices or ids; a beamformer a
    `BeamformingResult`, `Beams` or their weights; a criterion an object with `values`, or this function alone.
    `channel`: a `Channel`, an array [K, N_r, N_t] of direct channels, a channel file's path, the name of a channel
    model, or a callable (scenario, rng) → array. All of them are in the scenario of the result.

    `start`: an earlier design of the same network, for a target or rates that have changed a little. The beams begin
    from its beams in place of a search, which takes a tenth of the time or less; they are a local optimum near the
    earlier one. Where the direction of the target or the channels have changed too much, or it has no beams, everything
    is designed anew, and the message says so; a design of another network is an `InputError`.

    `certificate`: False leaves it and the sensitivities for `certify`; the design is verified like every other one, and
    claims nothing. `tight` (see `certify`) or `standard`: another one than that of `scenario.design`.

    >>> from multistatic import load_preset
    >>> design_network(load_preset("paper")).selected_ids
    ('rx01', 'rx05', 'rx07', 'rx08')
    >>> design_network(load_preset("paper"), selector=lambda problem, rng: ["rx05", "rx07"]).selected_ids
    ('rx05', 'rx07')
    """
    chosen = {"selector": selector, "beamformer": beamformer, "criterion": criterion, "channel": channel}
    scenario = with_choices(scenario, **chosen, certificate=certificate)
    searches = limits.begun() if isinstance(limits, Limits) else limits
    instance, note = replace(instance_of(scenario, searches), certificate=certificate is not False), ""
    if start is not None:
        usable, note = usable_start(scenario, instance.channel, start)
        instance = replace(instance, start=usable)
    if scheme == "mono":
        design = design_mono_static(instance, on_stage)
    elif scheme == "bi":
        design = design_bi_static(instance, on_stage)
    else:
        design = design_group(instance, on_stage)
    return replace(design, message=f"{note} {design.message}") if note else design
