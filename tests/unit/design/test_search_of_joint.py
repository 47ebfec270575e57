"""How a joint design ends early, and what it then says: a gap that is asked for, a clock, a number of solves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.design.decoupled import design_decoupled
from multistatic.design.instance import instance_of
from multistatic.design.joint import JointSettings, design_joint
from multistatic.scenario.model import DesignSettings
from multistatic.selection.selection_problem import SearchLimits
from tests.support.close import close_to
from tests.support.networks import network

FAST = DesignSettings(selector="enumeration", beamformer="value_function")


def silent(stage: str) -> None:
    pass


@pytest.fixture(scope="module")
def scenario():
    """One antenna in line of sight: the illumination depends much on the group, and several groups get beams."""
    return network(6, seed=7, antennas=1, rate_bps_hz=1.0, cost_m=170.0, direct="los", design=FAST)


def test_the_search_ends_at_the_gap_that_is_asked_for(scenario) -> None:
    exact = design_joint(instance_of(scenario), silent)
    assert exact.rounds > 1, "one solve settles it: the test looks at nothing"
    early = design_joint(instance_of(scenario, SearchLimits(gap=10.0)), silent)
    assert early.rounds == 1
    for design in (exact, early):
        assert design.selection is not None
        assert design.selection.bound is not None
        assert exact.selection is not None
        assert design.selection.bound <= exact.selection.value * (1 + 1e-9)
        assert design.selection.value >= exact.selection.value * (1 - 1e-9)


def test_a_clock_ends_the_search_after_the_first_beams(scenario) -> None:
    design = design_joint(instance_of(scenario, SearchLimits(stop=lambda: True)), silent)
    assert design.rounds == 1
    assert design.verification is not None
    assert design.verification.passed


def test_the_number_of_solves_is_a_limit(scenario) -> None:
    exact = design_joint(instance_of(scenario), silent)
    assert design_joint(instance_of(scenario), silent, JointSettings(max_solves=1)).rounds == 1
    again = design_joint(instance_of(scenario), silent, JointSettings(max_solves=exact.rounds))
    assert again.rounds == exact.rounds
    assert np.array_equal(again.selected, exact.selected)


def test_the_cost_and_the_value_are_those_of_the_group(scenario) -> None:
    design = design_joint(instance_of(scenario), silent)
    problem = instance_of(scenario).selection_problem(design.beamforming.beams)
    assert design.selection is not None
    assert design.selection.cost_m == close_to(problem.costs_m(design.selected[None])[0], rel=1e-12)
    assert design.selection.value == close_to(problem.values(design.selected[None])[0], rel=1e-9)
    assert design.selection.evaluated >= design.rounds


def test_clutter_that_depends_on_the_beams_is_designed_in_turn() -> None:
    scenario = network(5, seed=1, clutter="signal_dependent", direct_path_leakage=0.3, cost_m=170.0, design=FAST)
    design = design_joint(instance_of(scenario), silent)
    in_turn = replace(scenario.design, selector="greedy_swap", alternate=True)
    expected = design_decoupled(instance_of(replace(scenario, design=in_turn)), silent)
    assert design.selection is not None
    assert expected.selection is not None
    assert design.rounds == expected.rounds
    assert np.array_equal(design.selected, expected.selected)
    assert (design.selection.method, design.selection.bound) == ("greedy_swap", None)
    assert design.scenario.design.alternate


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (None, "of the 4 groups to which no further receiver can be added within the cost limit"),
        (2, "of the 6 affordable groups"),
    ],
)
def test_which_groups_were_looked_at_is_said(count: int | None, words: str) -> None:
    """With a number asked for, groups that others could join count too."""
    scenario = network(5, rate_bps_hz=0.5, cost_m=170.0, design=replace(FAST, receivers=count))
    assert words in design_joint(instance_of(scenario), silent).message


@pytest.mark.parametrize(
    ("cost_m", "why"),
    [(np.inf, "the scenario sets no limit of the cost"), (1e6, "the limit of the cost allows it")],
)
def test_where_all_receivers_cooperate_no_limit_is_blamed(cost_m: float, why: str) -> None:
    scenario = network(4, rate_bps_hz=0.5, cost_m=cost_m, design=FAST)
    found = design_joint(instance_of(scenario), silent)
    assert found.selected.all()
    assert f"Beams were optimised for all receivers, since {why}; the design is proven" in found.message
