"""Several selectors and beamformers on one scenario, under one criterion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from multistatic import registry
from multistatic.design.algorithms import beamformer_of
from multistatic.design.choices import label_of, with_choices
from multistatic.design.finish import CERTIFIED_GAP
from multistatic.design.group import design_group
from multistatic.design.group_beams import group_beams
from multistatic.design.instance import Instance, instance_of
from multistatic.design.result import Design
from multistatic.design.several_points import check_several_points
from multistatic.errors import MultistaticError
from multistatic.notebook import LabelledResult, Overview
from multistatic.scenario.model import JOINT, Scenario


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Comparison(LabelledResult):
    """One row of a comparison: one selector with one beamformer on one scenario.

    selector: name of the selector, with settings that differ from the default.
    beamformer: name of the beamformer, likewise.
    status: status of the design, or `not run` where the method cannot be used here.
    value: criterion of the design, in the criterion's unit; None without a design.
    gap: relative distance to the best row; None without a design.
    time_s: time of the whole design, in s: selection and final beams, and the starting beams, which the rows of a
      beamformer share.
    message: message of the design, or why the method did not run.
    design: the design; None where the method did not run.

    >>> from multistatic import compare, load_preset
    >>> best = compare(load_preset("paper"), ["greedy", "nearest_n"])[0]
    >>> best.gap
    0.0
    """

    selector: str
    beamformer: str
    status: str
    value: float | None
    gap: float | None
    time_s: float
    message: str
    design: Design | None

    def overview(self) -> Overview:
        """The method, its outcome, value, gap and time."""
        facts = (
            ("value", "none" if self.value is None else f"{self.value:.5g}"),
            ("above the best", "none" if self.gap is None else f"{100.0 * self.gap:.3g} %"),
            ("time", f"{self.time_s:.3g} s"),
        )
        return Overview(title=f"{self.selector} + {self.beamformer}, {self.status}", facts=facts)


def compare_methods(
    scenario: Scenario,
    selectors: Sequence[Any],
    beamformers: Sequence[Any],
    *,
    clock: Callable[[], float],
    on_stage: Callable[[str], None] = lambda stage: None,
) -> tuple[Comparison, ...]:
    """Design `scenario` with every selector under every beamformer, best first. One realisation, one criterion for all.

    Methods are names, callables or settings objects. `clock` measures: `time.perf_counter`. A method that cannot run on
    this scenario is a row that says why.
    """
    return ranked(list(each_method(scenario, selectors, beamformers, clock=clock, on_stage=on_stage)))


def each_method(
    scenario: Scenario,
    selectors: Sequence[Any],
    beamformers: Sequence[Any],
    *,
    clock: Callable[[], float],
    on_stage: Callable[[str], None] = lambda stage: None,
) -> Iterator[Comparison]:
    """The rows of `compare_methods` one by one, each as soon as it is known and without its gap."""
    instance = instance_of(scenario)
    check_several_points(scenario, instance.points.count)
    for beamformer in _each_once(beamformers):
        solver = label_of(beamformer)
        on_stage(f"starting beams: {solver}")
        begun = clock()
        try:
            with_beams = with_choices(scenario, beamformer=beamformer)
            solve = beamformer_of(with_beams.design.beamformer, with_beams.design.options)
            start = group_beams(instance, solve, np.zeros(instance.size, bool))
        except MultistaticError as error:
            yield from [_failed(label_of(selector), solver, str(error), clock() - begun) for selector in selectors]
            continue
        shared_s = clock() - begun
        for selector in selectors:
            name = label_of(selector)
            on_stage(f"{name} + {solver}")
            begun = clock()
            try:
                chosen = with_choices(with_beams, selector=selector)
                one = Instance(scenario=chosen, channel=instance.channel, points=instance.points)
                design = design_group(one, lambda stage: None, start)
            except MultistaticError as error:
                yield _failed(name, solver, str(error), clock() - begun)
                continue
            yield _row(design, name, solver, shared_s + clock() - begun)


def _each_once(beamformers: Sequence[Any]) -> list[Any]:
    """Beamformers by their full names, none of them twice; callables need not be hashable."""
    found: list[Any] = []
    for choice in beamformers:
        full = registry.full_name("beamformers", choice) if isinstance(choice, str) else choice
        if not any(full is each or (isinstance(full, str) and full == each) for each in found):
            found.append(full)
    return found


def _row(design: Design, selector: str, beamformer: str, time_s: float) -> Comparison:
    value = design.selection.value if design.selection is not None and design.status != "infeasible" else None
    return Comparison(
        selector=selector,
        beamformer=beamformer,
        status=design.status,
        value=value,
        gap=None,
        time_s=time_s,
        message=design.message,
        design=design,
    )


def _failed(selector: str, beamformer: str, message: str, time_s: float) -> Comparison:
    return Comparison(
        selector=selector,
        beamformer=beamformer,
        status="not run",
        value=None,
        gap=None,
        time_s=time_s,
        message=message,
        design=None,
    )


def ranked(rows: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Rows of one scenario, best first, each with its gap to the best of them."""
    best = min((row.value for row in rows if row.value is not None), default=None)
    with_gap = [
        row if row.value is None or best is None else _held_to(best, replace(row, gap=row.value / best - 1.0))
        for row in rows
    ]
    return tuple(sorted(with_gap, key=lambda row: (row.value is None, row.value or 0.0, row.time_s)))


def _held_to(best: float, row: Comparison) -> Comparison:
    """The row without what the `best` value of all rows disproves: an optimum, or the bound of a joint design."""
    design = row.design
    if design is None or design.selection is None or design.status == "unverified":
        return row
    bound = design.selection.bound if design.selection.method == JOINT else None
    too_high = bound is not None and best < bound * (1.0 - 2.0 * CERTIFIED_GAP)
    if not too_high and (design.status != "optimal" or row.gap is None or row.gap <= 2.0 * CERTIFIED_GAP):
        return row
    message = f"{row.message} Another row disproves this: its value is {best:.6g}."
    selection = replace(design.selection, status="feasible", bound=None)
    return replace(
        row,
        status="feasible",
        message=message,
        design=replace(design, status="feasible", selection=selection, message=message),
    )
