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
    """Design `scenario` with every selector under every beamformer, best first, in one realisation of its channel.

    selectors: each a registered name (`joint` for group and beams together), a callable, or the settings object of a
    selector. beamformers: likewise; none means that of the scenario. Rows name a callable by its `__name__`, settings
    by the algorithm and what differs from the defaults. criterion, channel: as in `design_network`, for all rows.
    clock: what measures seconds. on_stage: is told which pair is being designed.

    A method that cannot run on this scenario is a row that says why.

    >>> from multistatic import load_preset
    >>> rows = compare(load_preset("paper"), ["greedy", "nearest_n"])
    >>> [row.status for row in rows]
    ['feasible', 'feasible']
    """
    scenario = with_choices(scenario, criterion=criterion, channel=channel)
    chosen = tuple(beamformers) or (scenario.design.beamformer,)
    return compare_methods(scenario, selectors, chosen, clock=clock, on_stage=on_stage)
