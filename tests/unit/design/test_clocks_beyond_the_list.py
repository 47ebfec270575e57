"""What is proven of groups that are not listed, under criteria that know clocks: compared with every group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.bounds.criteria import ClockedLocalizationCriterion, LocalizationCriterion
from multistatic.design import joint_search
from multistatic.design.instance import Instance, instance_of
from multistatic.design.joint import JointSettings, design_joint
from multistatic.design.joint_search import CandidateGroups, candidates_of
from multistatic.scenario.model import DesignSettings
from multistatic.selection.affordable import affordable_groups
from multistatic.selection.declared_gain import knowledge_of
from multistatic.selection.selection_problem import SelectionProblem
from multistatic.signal.beams import Beams
from tests.support.close import close_to
from tests.support.networks import network

LIGHT_W = 3.7  # of what the bounds are about


def clocked(criterion: str, seed: int, *, own_s: float, common_s: float, velocity_weight_s: float = 0.5) -> Instance:
    design = DesignSettings(criterion=criterion, beamformer="value_function", velocity_weight_s=velocity_weight_s)
    scenario = network(7, seed=seed, cost_m=260.0, rate_bps_hz=1.0, design=design)
    receivers = tuple(
        replace(each, clock_offset_std_s=own_s * (1 + k % 3), frequency_offset_std_hz=1e8 * own_s)
        for k, each in enumerate(scenario.receivers)
    )
    transmitter = replace(scenario.transmitter, clock_offset_std_s=common_s, frequency_offset_std_hz=1e8 * common_s)
    return instance_of(replace(scenario, receivers=receivers, transmitter=transmitter))


def problem_of(instance: Instance) -> SelectionProblem:
    """At beams that light the target with `LIGHT_W`, nobody forced."""
    steering = instance.channel.steering_tx[0]
    weights = np.zeros((1 + instance.size, len(steering), 1), complex)
    weights[0, :, 0] = steering.conj() / np.linalg.norm(steering) ** 2 * np.sqrt(LIGHT_W)
    problem = instance.selection_problem(Beams(weights=weights))
    return replace(problem, forced=np.zeros(instance.size, bool))


CLOCKS = [(1e-9, 0.0), (0.0, 1e-9), (2e-9, 5e-9), (1e-10, np.inf), (1e-7, 1e-9)]


@pytest.mark.parametrize("criterion", ["peb", "veb", "weighted"])
@pytest.mark.parametrize(("own_s", "common_s"), CLOCKS)
def test_with_the_transmitters_clock_known_no_group_is_worse(criterion: str, own_s: float, common_s: float) -> None:
    """For every group at every illumination up to that of the bound; equal there where that clock is known anyway."""
    for seed in range(3):
        instance = clocked(criterion, seed, own_s=own_s, common_s=common_s)
        problem = problem_of(instance)
        assert isinstance(problem.criterion, ClockedLocalizationCriterion)
        relaxed = problem.criterion.with_transmitter_clock_known(LIGHT_W)
        assert isinstance(relaxed, LocalizationCriterion)
        groups = (np.arange(1, 1 << instance.size)[:, None] >> np.arange(instance.size)) & 1 == 1
        bound = relaxed.values(groups, 1.0)
        for share in (1.0, 0.5, 0.01):
            values = problem.criterion.values(groups, share * LIGHT_W)
            assert np.all(bound <= values * (1.0 + 1e-9))
        if common_s == 0.0:
            exact, finite = problem.criterion.values(groups, LIGHT_W), np.isfinite(bound)
            assert np.array_equal(finite, np.isfinite(exact))
            assert bound[finite] == close_to(exact[finite], rel=1e-9)


@pytest.mark.parametrize("criterion", ["peb", "weighted"])
@pytest.mark.parametrize(("own_s", "common_s"), CLOCKS)
def test_what_is_proven_of_groups_that_are_not_listed_holds_for_all(
    criterion: str, own_s: float, common_s: float
) -> None:
    for seed in range(3):
        instance = clocked(criterion, seed, own_s=own_s, common_s=common_s)
        problem = problem_of(instance)
        known = knowledge_of(problem)
        assert known.gain is None
        best = float(problem.criterion.values(affordable_groups(problem, 1 << 7), LIGHT_W).min())
        found = candidates_of(problem, known, instance, most=0, upper_bound_w=LIGHT_W)
        if not isinstance(found, CandidateGroups):
            assert not np.isfinite(best)
            continue
        assert not found.complete
        assert 0.0 < found.proven() <= best * (1.0 + 1e-9)
        if common_s == 0.0:
            assert found.proven() >= best * (1.0 - 2e-3)
        later = candidates_of(problem, known, replace(instance, certificate=False), most=0, upper_bound_w=LIGHT_W)
        assert later.proven() == 0.0


def test_a_design_beyond_the_list_states_its_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is made to be too short: the same group as with it, and a bound that is not above the listed one."""
    instance = clocked("peb", 1, own_s=1e-9, common_s=1e-10)
    listed = design_joint(instance, lambda stage: None)
    monkeypatch.setattr(joint_search, "affordable_groups", lambda problem, most, full=False, among=None: None)
    beyond = design_joint(instance, lambda stage: None, JointSettings(listed=0))
    for design in (listed, beyond):
        assert design.verification is not None
        assert design.verification.passed
    assert np.array_equal(listed.selected, beyond.selected)
    assert 0.5 * listed.selection.bound < beyond.selection.bound <= listed.selection.bound * (1.0 + 1e-9)
    assert "is proven within" in beyond.message or "is proven optimal" in beyond.message
