"""Rows of a comparison: order, gaps, and what each of them says of its method."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.design.compare import Comparison, compare_methods, ranked
from multistatic.scenario.model import DesignSettings
from tests.support.networks import network


def row(name: str, value: float | None, time_s: float) -> Comparison:
    return Comparison(
        selector=name,
        beamformer="sca",
        status="feasible" if value else "not run",
        value=value,
        gap=None,
        time_s=time_s,
        message="",
        design=None,
    )


def test_rows_are_in_the_order_of_value_then_time_and_failures_are_last() -> None:
    rows = [row("none", None, 0.1), row("slow", 2.0, 0.9), row("worst", 3.0, 0.2), row("fast", 2.0, 0.3)]
    found = ranked(rows)
    assert [each.selector for each in found] == ["fast", "slow", "worst", "none"]
    assert [each.gap for each in found] == [0.0, 0.0, 0.5, None]


def test_every_row_says_which_method_it_is_and_how_long_that_took() -> None:
    """The clock shows 50 and goes on by one at each look: starting beams take 1, each design 1, and share the beams."""
    scenario = network(3, rate_bps_hz=0.5, design=DesignSettings())
    ticks = iter(np.arange(50.0, 150.0))
    rows = compare_methods(
        scenario, ["greedy", "given"], ["value_function", "los_sdp"], clock=lambda: float(next(ticks))
    )
    found = {(each.selector, each.beamformer): each for each in rows}
    assert set(found) == {(s, b) for s in ("greedy", "given") for b in ("value_function", "los_sdp")}
    good = found["greedy", "value_function"]
    assert good.design is not None
    assert good.design.selection is not None
    assert (good.status, good.message, good.value) == (
        good.design.status,
        good.design.message,
        good.design.selection.value,
    )
    assert good.time_s == 2.0
    assert found["given", "value_function"].time_s == 1.0
    assert found["given", "value_function"].status == "not run"


def test_an_infeasible_design_has_no_value() -> None:
    scenario = network(3, rate_bps_hz=0.5, cost_m=1e-3, design=DesignSettings())
    scenario = replace(scenario, requirements=replace(scenario.requirements, cooperation_cost_m=1e-3))
    (only,) = compare_methods(scenario, ["greedy"], ["value_function"], clock=lambda: 0.0)
    assert (only.status, only.value, only.gap) == ("infeasible", None, None)
