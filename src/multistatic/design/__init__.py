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
from multistatic.design.middle_design import with_middle
from multistatic.design.refined_points import designed_with_check
from multistatic.design.result import Design, Scheme
from multistatic.design.schemes import design_bi_static, design_mono_static
from multistatic.design.several_points import check_several_points
from multistatic.scenario.model import Scenario
from multistatic.selection.selection_problem import NO_LIMITS, SearchLimits

__all__ = ["Design", "Limits", "Scheme", "certify", "design_network"]


def _silent(stage: str) -> None:
    """Do nothing with a stage."""


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
    """Design a network: which receivers cooperate, which beams the transmitter sends, and what accuracy and rates
    follow.

    An infeasible scenario raises nothing: status and message of the design say what failed and what would help.

    scenario: the network (`load_scenario`, `build_scenario`).
    scheme: `multi` (a group of receivers, §IV of the paper), `bi` (the best single receiver) or `mono` (the transmitter
      receives the echo itself).
    selector: algorithm that chooses the receivers: a registered name, a callable or a settings object; None: that of
      the scenario. A callable (problem, rng) returns a `Selection`, a mask, indices or ids (docs/extending.md).
    beamformer: algorithm that designs the beams, likewise; a callable (problem) returns a `BeamformingResult`, `Beams`
      or an array of their weights.
    criterion: figure of merit that selects the group, likewise; a callable (masks, illumination_w) returns values.
    channel: direct channels: a `Channel`, an array [K, N_r, N_t], the path of a channel file, the name of a channel
      model or a callable (scenario, rng) that returns an array; None: those of the scenario.
    on_stage: called with the name of each stage as it begins, and in a long one, behind a colon, with its progress.
    limits: gap or time at which the exact searches end with the best design so far and its proven gap.
    start: earlier design of the same network, for a target or rates that changed a little. The search then starts from
      its beams, which takes a tenth of the time or less and gives a local optimum near the earlier beams. Where target
      or channels changed too much everything is designed anew, and the message says so.
    certificate: False leaves certificate and sensitivities for `certify`, and the design claims no optimality;
      `standard` or `tight` replaces the certificate of the scenario.

    Raises `InputError` for arguments that do not fit, with every problem at once.

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
    check_several_points(scenario, instance.points.count, scheme)
    if start is not None:
        usable, note = usable_start(scenario, instance.channel, start)
        instance = replace(instance, start=usable)
    if scheme == "mono":
        design = design_mono_static(instance, on_stage)
    else:
        method = design_bi_static if scheme == "bi" else design_group
        design, instance = designed_with_check(instance, method, on_stage)
        design = with_middle(design, instance, method)
    return replace(design, message=f"{note} {design.message}") if note else design
