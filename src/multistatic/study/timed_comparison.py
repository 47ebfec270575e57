"""Methods compared on one scenario, with the time that each of them takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from multistatic.design.compare import Comparison, compare_methods
from multistatic.scenario.model import JOINT, Scenario

SELECTORS = (JOINT, "greedy_swap", "greedy", "minimax_linkage", "kmeans", "best_n", "nearest_n", "random")


def compare(
    scenario: Scenario,
    selectors: Sequence[str] = SELECTORS,
    beamformers: Sequence[str] = (),
    *,
    clock: Callable[[], float] = time.perf_counter,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> tuple[Comparison, ...]:
    """Design `scenario` with every selector under every beamformer, best first, in one realisation of its channel.

    selectors: registered names, or `joint` for group and beams together. beamformers: registered names; none means that
    of the scenario. clock: what measures seconds. on_stage: is told which pair is being designed.

    A method that cannot run on this scenario is a row that says why.

    >>> from multistatic import load_preset
    >>> rows = compare(load_preset("paper"), ["greedy", "nearest_n"])
    >>> [row.status for row in rows]
    ['feasible', 'feasible']
    """
    chosen = tuple(beamformers) or (scenario.design.beamformer,)
    return compare_methods(scenario, selectors, chosen, clock=clock, on_stage=on_stage)
