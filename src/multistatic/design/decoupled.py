"""The paper's method made correct: choose the group for starting beams, then design the beams for the group; repeat
if requested.

The starting beams are designed for b = 0, where every receiver receives the sensing beam: beams designed for b = 1
would force every receiver into the group (model.md §7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingResult
from multistatic.design.algorithms import beamformer_of, selector_of
from multistatic.design.finish import finished, infeasible_beams, infeasible_selection, proof_stage
from multistatic.design.group_beams import group_beams
from multistatic.design.instance import Instance
from multistatic.design.result import Design
from multistatic.selection.selection_problem import Selection
from multistatic.units import B

MAX_ROUNDS = 10
Report = Callable[[str], None]


def design_decoupled(instance: Instance, on_stage: Report, start: BeamformingResult | None = None) -> Design:
    """Selection and beams in turn (paper §IV), once, or until nothing changes where `scenario.design.alternate` is set.

    `start`: beams for b = 0, if a caller has them already. `on_stage` is called with the name of each stage as it
    begins.
    """
    settings = instance.scenario.design
    beamformer = beamformer_of(settings.beamformer, settings.options)
    if start is None:
        on_stage("starting beams")
        start = group_beams(instance, beamformer, np.zeros(instance.size, bool))
    if start.beams is None:
        return infeasible_beams(instance, "multi", start)
    best: Design | None = None
    for rounds, (selection, result) in enumerate(_rounds(instance, beamformer, start, on_stage), 1):
        if result is None:
            return best or infeasible_selection(instance, selection)
        if result.beams is None:
            return best or infeasible_beams(instance, "multi", result, selection)
        on_stage(proof_stage(instance))
        design = finished(instance, "multi", selection, result, rounds)
        if design.status == "infeasible":
            return best or design
        best = design if best is None or _value(design) < _value(best) else replace(best, rounds=rounds)
    assert best is not None
    return best


def _rounds(
    instance: Instance,
    beamformer: Callable[..., BeamformingResult],
    start: BeamformingResult,
    on_stage: Report,
) -> Iterator[tuple[Selection, BeamformingResult | None]]:
    """Yield (group, beams for it) until the group repeats; None in place of beams where no group is feasible."""
    settings = instance.scenario.design
    selector = selector_of(settings.selector, settings.options)
    beams, previous = start.beams, None
    for _ in range(MAX_ROUNDS if settings.alternate else 1):
        assert beams is not None
        on_stage("selection")
        selection: Selection = selector(instance.selection_problem(beams), instance.rng(2))
        if selection.status == "infeasible":
            yield selection, None
            return
        if previous is not None and np.array_equal(previous, selection.selected):
            return
        previous = selection.selected
        on_stage("beamforming")
        result = group_beams(instance, beamformer, _mask(selection), beams.covariance_w)
        yield selection, result
        if result.beams is None:
            return
        beams = result.beams


def _mask(selection: Selection) -> B:
    return np.asarray(selection.selected, bool)


def _value(design: Design) -> float:
    assert design.selection is not None
    assert design.selection.value is not None
    return design.selection.value
