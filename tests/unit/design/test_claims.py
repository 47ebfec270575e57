"""No result says that it is optimal, or states a bound, beside a better one that the same run knows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from multistatic.beamforming.value_function import value_function
from multistatic.design import design_network
from multistatic.design.compare import Comparison, ranked
from multistatic.design.finish import finished
from multistatic.design.instance import instance_of
from multistatic.design.result import Design
from multistatic.design.sensitivity import sensitivity
from multistatic.design.unit_changes import UnitChanges, unit_changes
from multistatic.report.summary import design_summary
from multistatic.scenario.model import DesignSettings
from multistatic.selection.selection_problem import Selection
from tests.support.close import close_to
from tests.support.networks import network
from tests.support.selection_problems import Weighted, selection_problem

JOINTLY = DesignSettings(criterion="surrogate", selector="joint", beamformer="value_function")


def shown(design: Design, unit: UnitChanges | None = None) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(design_summary(design, unit))
    return capture.get()


@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
def test_a_claim_beside_a_better_affordable_group_is_dropped(criterion: str) -> None:
    scenario = network(6, rate_bps_hz=0.5, cost_m=150.0, design=replace(JOINTLY, criterion=criterion))
    instance = instance_of(scenario)
    best = design_network(scenario)
    problem = instance.selection_problem(best.beamforming.beams)
    every = (np.arange(1, 64)[:, None] >> np.arange(6)) % 2 == 1
    values = np.where(problem.feasible(every), problem.values(every), np.inf)
    poor = every[np.argsort(values)[4]]
    value = float(problem.values(poor[None])[0])
    beams = value_function(instance.beamforming_problem(poor))
    claim = Selection(
        status="optimal",
        method="enumeration",
        selected=poor,
        value=value,
        bound=value,
        cost_m=float(problem.costs_m(poor[None])[0]),
        evaluated=63,
        message="Proven optimal.",
    )
    design = finished(instance, "multi", claim, beams, 1)
    assert design.sensitivity.budget.extra_m == 0.0
    assert design.status == "feasible"
    assert design.selection.status == "feasible"
    assert design.selection.bound is None
    better = ", ".join(design.sensitivity.budget.selected)
    assert design.message.startswith(
        f"The group was selected by enumeration for the starting beams; {better} is affordable and"
    )
    assert "ptimal" not in design.message


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("selector", ["joint", "enumeration", "branch_and_bound"])
def test_no_design_states_a_bound_beside_a_better_affordable_group(seed: int, selector: str) -> None:
    """Rank one: other groups would be better at the same illumination, which they cannot have."""
    settings = replace(JOINTLY, selector=selector, criterion=("surrogate", "peb")[seed % 2])
    scenario = network(
        6, antennas=1, transmit_antennas=6, rate_bps_hz=1.0, seed=seed, cost_m=150.0, direct="los", design=settings
    )
    design = design_network(scenario)
    step = design.sensitivity.budget
    known = step is not None and step.extra_m == 0.0
    assert not (known and (design.status == "optimal" or design.selection.bound is not None))
    if selector == "joint":
        assert design.status == "optimal"
        assert "affordable  " not in shown(design)
    if design.status == "optimal":
        assert "a local optimum" not in design.message


def test_a_row_that_another_row_disproves_loses_its_claim() -> None:
    design = design_network(network(5, rate_bps_hz=0.5, cost_m=150.0, design=JOINTLY))
    value = design.selection.value

    def row(selector: str, factor: float, status: str, method: str, bound: float | None) -> Comparison:
        selection = replace(
            design.selection,
            value=factor * value,
            bound=bound,
            method=method,
            status=status,  # type: ignore[arg-type]
        )
        return Comparison(
            selector=selector,
            beamformer="value_function",
            status=status,
            value=factor * value,
            gap=None,
            time_s=1.0,
            message="Proven.",
            design=replace(design, status=status, selection=selection),  # type: ignore[arg-type]
        )

    rows = ranked(
        [
            row("wrong", 1.2, "optimal", "enumeration", None),
            row("bounded", 1.1, "feasible", "joint", 1.05 * value),
            row("honest", 1.1, "feasible", "joint", 0.9 * value),
            row("best", 1.0, "optimal", "joint", value),
            row("as good", 1.0 + 1e-7, "optimal", "joint", value),
        ]
    )
    by_name = {each.selector: each for each in rows}
    assert [each.selector for each in rows] == ["best", "as good", "bounded", "honest", "wrong"]
    for name in ("wrong", "bounded"):
        assert by_name[name].status == by_name[name].design.status == "feasible"
        assert by_name[name].design.selection.bound is None
        assert f"Another row disproves this: its value is {value:.6g}." in by_name[name].message
    assert by_name["honest"].design.selection.bound == close_to(0.9 * value, rel=1e-12)
    assert by_name["best"].status == by_name["as good"].status == "optimal"


@pytest.mark.parametrize(("more", "noticed"), [(0.0, False), (3e-9, False), (1e-4, True)])
def test_a_group_that_is_better_by_rounding_is_no_next_group(more: float, noticed: bool) -> None:
    weights = np.array([1.0, 1.0 + more, 0.5])
    problem = selection_problem(3, criterion=Weighted(weights=weights), count=1, cost_limit_m=500.0)
    beams = value_function(instance_of(network(3, rate_bps_hz=0.0)).beamforming_problem(np.ones(3, bool)))
    first = np.array([True, False, False])
    step = sensitivity(problem, first, beams, None).budget
    assert (step is not None) == noticed
    if step is not None:
        assert (step.selected, step.extra_m) == (("rx2",), 0.0)
        assert step.change == close_to(-more, rel=1e-3)
    settled = sensitivity(problem, first, beams, None, settled=np.array([[False, True, False]])).budget
    assert settled is None


# One unit more


def test_short_and_registered_names_have_the_same_lines() -> None:
    scenario = network(
        4,
        transmit_antennas=6,
        rate_bps_hz=1.5,
        cost_m=200.0,
        direct="los",
        design=DesignSettings(selector="greedy", beamformer="los_sdp"),
    )
    short = replace(scenario, design=replace(scenario.design, beamformer="los"))
    lines = [shown(design, unit_changes(design)) for design in map(design_network, (scenario, short))]
    assert lines[0] == lines[1]
    assert "+1 bit/s/Hz" in lines[0]


def test_lines_that_would_change_nothing_are_left_out() -> None:
    design = design_network(network(4, transmit_antennas=6, rate_bps_hz=2.0, cost_m=200.0, design=JOINTLY))
    silent = UnitChanges(receiver_id="rx1", rate_change=-3e-9, power_change=2e-8)
    assert "+1 bit/s/Hz" not in shown(design, silent)
    assert "+1 dB of power" not in shown(design, silent)
    telling = UnitChanges(receiver_id="rx1", rate_change=None, power_change=-0.2)
    lines = " ".join(shown(design, telling).split())
    assert "+1 bit/s/Hz of rate at rx1 (the most expensive receiver): cannot be met" in lines
    assert "+1 dB of power surrogate U -20 %" in lines
    assert "stationarity" in shown(design, telling)
    assert "first-order conditions" not in shown(design, telling)
