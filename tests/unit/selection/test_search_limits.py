"""Exact searches that end early: the best so far, and a gap that holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from multistatic import load_preset, registry
from multistatic.beamforming.value_function import value_function
from multistatic.cli.app import app
from multistatic.design import design_network
from multistatic.design.instance import instance_of
from multistatic.design.joint import JointSettings, design_joint
from multistatic.errors import InputError
from multistatic.scenario.model import DesignSettings
from multistatic.selection.affordable import affordable_groups
from multistatic.selection.selection_problem import SearchLimits
from tests.support.close import close_to
from tests.support.networks import network
from tests.support.selection_problems import network_problem

FAST = DesignSettings(beamformer="value_function")
# Rates near their limit: the groups' own beams fall short of those for everyone, so that many need beams of their own.
CROWDED = [
    "channel.direct='los'",
    "requirements.rate_bps_hz=1.4",
    "receivers.random.count=12",
    "requirements.cooperation_cost_m=500",
    "transmitter.antennas=12",
]
AT_ONCE = SearchLimits(stop=lambda: True)


def test_branch_and_bound_obeys_the_limits_of_its_problem():
    search, stopped = registry.load("selectors", "branch_and_bound"), 0
    for seed in range(12):
        problem = network_problem(24, seed=seed, criterion="peb")
        full = search(problem, np.random.default_rng(0))
        for limits in (AT_ONCE, SearchLimits(gap=0.3)):
            early = search(replace(problem, limits=limits), np.random.default_rng(0))
            if full.value is None:
                assert early.status == full.status
                continue
            assert early.bound <= full.value * (1 + 1e-9) <= early.value * (1 + 2e-9)
            assert early.evaluated <= full.evaluated
            stopped += early.evaluated < full.evaluated
    assert stopped > 0


def test_a_joint_search_that_is_stopped_says_what_it_has_proven():
    scenario = load_preset("paper", overrides=CROWDED)
    full, early = design_network(scenario), design_network(scenario, limits=AT_ONCE)
    assert early.rounds == 1 < full.rounds
    assert early.selection.bound <= full.selection.value * (1 + 1e-9) <= early.selection.value * (1 + 2e-9)
    assert early.status == "feasible"
    assert early.message.startswith("Beams were optimised for 1 of the ")
    assert "% of the optimum" in early.message
    rough = design_network(scenario, limits=SearchLimits(gap=0.5))
    assert rough.rounds <= full.rounds
    assert rough.selection.value <= rough.selection.bound * 1.5


@pytest.mark.slow
@pytest.mark.parametrize("listed", [0, 64])
def test_beyond_the_groups_that_can_be_listed_the_gap_of_both_together_is_told(listed):
    """The group is proven best for the beams for everyone; with beams of its own that proves less. Some groups more, of
    receivers near the target, make the design better and no less true.
    """
    gaps = 0
    for seed in range(6):
        scenario = network(
            22, antennas=1, transmit_antennas=8, rate_bps_hz=0.2, seed=seed, cost_m=300.0, direct="los", design=FAST
        )
        instance = instance_of(scenario)
        design = design_joint(instance, lambda stage: None, JointSettings(listed=listed))
        if design.status == "infeasible":
            continue
        gap = design.selection.value / design.selection.bound - 1.0
        assert design.status == ("optimal" if gap <= 1e-6 else "feasible")
        problem = instance.selection_problem(design.beamforming.beams)
        alike = problem.criterion.values(design.selected[None], design.beamforming.illumination_w)[0]
        assert design.selection.value == close_to(alike)
        best = design_joint(instance, lambda stage: None)
        assert best.status == "optimal"
        assert design.selection.bound <= best.selection.value * (1 + 1e-9) <= design.selection.value * (1 + 2e-9)
        if gap > 1e-6:
            assert "the design is proven within" in design.message
            gaps += 1
    assert gaps, "no instance with a gap: the test looks at nothing"


@pytest.mark.slow
@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
def test_beyond_20_receivers_with_one_antenna_the_joint_optimum_is_proven(criterion):
    """Against beams for every affordable group, one by one."""
    asked = replace(FAST, criterion=criterion)
    scenario = network(22, antennas=1, transmit_antennas=16, rate_bps_hz=1.0, seed=3, cost_m=140.0, design=asked)
    instance = instance_of(scenario)
    design = design_joint(instance, lambda stage: None)
    assert design.status == "optimal"
    assert design.rounds <= 8
    problem = replace(instance.selection_problem(design.beamforming.beams), forced=np.zeros(22, bool))
    groups = affordable_groups(problem, 1 << 12)
    assert 40 < len(groups) < 1000
    values = [
        problem.criterion.values(group[None], value_function(instance.beamforming_problem(group)).illumination_w)[0]
        for group in groups
    ]
    assert design.selection.value == close_to(min(values), rel=1e-7)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--gap", "2"], "--gap: received 2"),
        (["--gap", "nan"], "--gap: received nan"),
        (["--time-limit", "0"], "--time-limit: received 0"),
    ],
)
def test_limits_that_are_none(arguments, part):
    outcome = CliRunner().invoke(app, ["design", "paper", *arguments])
    assert isinstance(outcome.exception, InputError)
    assert part in str(outcome.exception)


def test_a_time_limit_ends_a_design():
    outcome = CliRunner().invoke(app, ["design", "paper", "--time-limit", "1e-9", "--gap", "0.1", "--quiet"])
    assert outcome.exit_code == 0
    assert "the design is proven within" in " ".join(outcome.output.split())
