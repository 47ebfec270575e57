"""Methods compared on one scenario, with the time that each of them takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from multistatic.design.choices import with_choices
from multistatic.design.compare import Comparison, compare_methods
from multistatic.scenario.model import JOINT, Scenario

SELECTORS = (JOINT, "greedy_swap", "greedy", "minimax_linkage", "kmeans", "best_n", "nearest_n", "random")


def compare(
    scenario: Scenario,
    selectors: Sequence[Any] = SELECTORS,
    beamformers: Sequence[Any] = (),
    *,
    criterion: Any = None,
    channel: Any = None,
    clock: Callable[[], float] = time.perf_counter,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> tuple[Comparison, ...]:
    """Design a scenario with every selector and every beamformer, in one realisation of its channel; the best row
    first.

    A method that cannot be used on this scenario is a row that says why. Tables name a callable by its `__name__`, and
    a settings object by its algorithm and the settings that differ from the default.

    scenario: the network.
    selectors: registered names (`joint`: group and beams together), callables or settings objects.
    beamformers: likewise; none: the beamformer of the scenario.
    criterion: figure of merit of all rows, as in `design_network`; None: that of the scenario.
    channel: direct channels of all rows, as in `design_network`; None: those of the scenario.
    clock: function that returns the time in s.
    on_stage: called with each pair of selector and beamformer as its design begins.

    >>> from multistatic import load_preset
    >>> rows = compare(load_preset("paper"), ["greedy", "nearest_n"])
    >>> [row.status for row in rows]
    ['feasible', 'feasible']
    """
    scenario = with_choices(scenario, criterion=criterion, channel=channel)
    chosen = tuple(beamformers) or (scenario.design.beamformer,)
    return compare_methods(scenario, selectors, chosen, clock=clock, on_stage=on_stage)
