"""Bounds of joint designs where they are least tight: searches that are cut short, and groups that are not listed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.beamforming.certificate import certified
from multistatic.beamforming.illumination_cut import illumination_cut
from multistatic.beamforming.value_function import value_function
from multistatic.design import design_network
from multistatic.design.instance import Instance, instance_of
from multistatic.design.joint import JointSettings, design_joint
from multistatic.design.joint_search import CandidateGroups
from multistatic.scenario.model import DesignSettings
from multistatic.selection.affordable import affordable_groups
from multistatic.selection.declared_gain import knowledge_of
from multistatic.selection.selection_problem import SelectionProblem
from tests.support.close import close_to
from tests.support.networks import network

EXACT = DesignSettings(selector="enumeration", beamformer="value_function")


def instance_with(criterion: str, seed: int, antennas: int = 1) -> Instance:
    settings = DesignSettings(criterion=criterion, selector="joint", beamformer="value_function")
    direct = "los" if antennas == 1 else "rician"
    return instance_of(
        network(
            6,
            antennas=antennas,
            transmit_antennas=8,
            rate_bps_hz=1.0,
            seed=seed,
            cost_m=180.0,
            direct=direct,
            design=settings,
        )
    )


def open_problem(instance: Instance) -> tuple[SelectionProblem, float]:
    """The problem at the beams for everyone, nobody forced, and the proven illumination."""
    asked = instance.beamforming_problem(np.ones(instance.size, bool))
    everyone = certified(asked, value_function(asked))
    problem = replace(instance.selection_problem(everyone.beams), forced=np.zeros(instance.size, bool))
    return problem, everyone.upper_bound_w


def values_with_own_beams(instance: Instance, problem: SelectionProblem, groups: np.ndarray) -> np.ndarray:
    """Exact: every channel has rank one."""
    results = [value_function(instance.beamforming_problem(group)) for group in groups]
    assert all(result.status == "optimal" for result in results)
    return np.array(
        [
            problem.criterion.values(group[None], result.illumination_w)[0]
            for group, result in zip(groups, results, strict=True)
        ]
    )


@pytest.mark.parametrize("criterion", ["surrogate", "peb", "veb"])
def test_what_one_groups_beams_prove_of_all_others_is_true_and_tight(criterion: str) -> None:
    tight = 0
    for seed in range(6):
        instance = instance_with(criterion, seed)
        problem, upper_bound_w = open_problem(instance)
        groups = affordable_groups(problem, 64, full=True)
        groups = groups[np.isfinite(problem.values(groups))]
        truth = values_with_own_beams(instance, problem, groups)
        for group in groups[:3]:
            candidates = CandidateGroups(problem, knowledge_of(problem), groups, upper_bound_w)
            before = candidates.proven()
            cut = illumination_cut(instance.beamforming_problem(group))
            candidates.learn(cut, np.inf)
            assert before <= candidates.proven() <= truth.min() * (1 + 1e-6)
            assert candidates.least()[1] == close_to(candidates.proven(), rel=1e-6)
            tight += candidates.proven() > truth.min() * 0.98
    assert tight >= 6


@pytest.mark.parametrize("criterion", ["surrogate", "peb", "veb"])
@pytest.mark.parametrize("seed", range(4))
def test_the_bound_of_a_search_that_was_cut_short_holds(criterion: str, seed: int) -> None:
    instance = instance_with(criterion, seed)
    problem, _ = open_problem(instance)
    groups = affordable_groups(problem, 64)
    best = values_with_own_beams(instance, problem, groups[np.isfinite(problem.values(groups))]).min()
    for solves in (1, 2, 64):
        design = design_joint(instance, lambda stage: None, JointSettings(max_solves=solves))
        assert design.selection.bound <= best * (1 + 1e-6)
        assert design.selection.value >= best * (1 - 1e-6)
        assert (design.status == "optimal") == (design.selection.bound >= design.selection.value * (1 - 1e-6))
    assert design.status == "optimal"


def test_groups_that_are_not_listed_are_bounded_at_the_proven_illumination() -> None:
    instance = instance_with("peb", 0)
    problem, _ = open_problem(instance)
    known = knowledge_of(problem)
    groups = affordable_groups(problem, 64, full=True)
    rest = 0.5 * float(problem.values(groups).min())
    for factor in (1.0, 1.21, 4.0):
        candidates = CandidateGroups(problem, known, groups, factor * problem.one_illumination_w, rest=rest, count=7)
        assert candidates.proven() == close_to(rest / np.sqrt(factor), rel=1e-9)
    alone = CandidateGroups(problem, known, groups, 4.0 * problem.one_illumination_w)
    assert alone.proven() == close_to(float(problem.values(groups).min()) / 2.0, rel=1e-9)


def test_a_group_without_beams_keeps_its_bound() -> None:
    """A method that finds no beams for a group proves nothing of it."""
    instance = instance_with("surrogate", 1)
    problem, upper_bound_w = open_problem(instance)
    groups = affordable_groups(problem, 64, full=True)
    candidates = CandidateGroups(problem, knowledge_of(problem), groups, upper_bound_w)
    first, floor = candidates.least()
    before = candidates.proven()
    candidates.take(first)
    assert candidates.proven() == before
    assert candidates.least()[1] >= floor
    candidates.settle(first, 0.5 * upper_bound_w)
    assert candidates.proven() > before


@pytest.mark.parametrize("seed", range(6))
def test_a_proven_group_with_proven_beams_is_optimal_only_where_no_other_can_have_more_light(seed: int) -> None:
    """Line of sight and one antenna: the beams are proven for this group alone."""
    scenario = network(
        5, antennas=1, transmit_antennas=5, rate_bps_hz=2.0, seed=seed, cost_m=120.0, direct="los", design=EXACT
    )
    design = design_network(scenario)
    assert design.beamforming.status == "optimal"
    limit_w = instance_of(scenario).beamforming_problem(design.selected).illumination_limit_w
    assert not design.selected.all()
    assert design.beamforming.illumination_w < 0.999 * limit_w
    assert design.status == "feasible"


def test_the_best_single_receiver_is_found_without_trying_all() -> None:
    """Without rates all power goes to the target, and the first receiver reaches what was promised of it."""
    for seed in range(4):
        scenario = network(6, rate_bps_hz=0.0, seed=seed, design=EXACT)
        design = design_network(scenario, scheme="bi")
        assert design.selection.evaluated == 1
        values = instance_of(scenario).criterion().values(np.eye(6, dtype=bool), design.beamforming.illumination_w)
        assert design.selection.value == close_to(values.min(), rel=1e-9)


@pytest.mark.parametrize(("criterion", "exponent"), [("surrogate", 1.0), ("peb", 0.5)])
def test_floors_rise_with_what_beams_for_everyone_reach_and_bounds_stay(criterion: str, exponent: float) -> None:
    """The search begins at all power on the target where an earlier design has beams, and none for everyone yet."""
    instance = instance_with(criterion, 1)
    problem, _ = open_problem(instance)
    limit_w = 2.0 * problem.one_illumination_w
    ceiling = replace(problem, illumination_w=np.array([limit_w]))
    groups = affordable_groups(problem, 64, full=True)
    candidates = CandidateGroups(ceiling, knowledge_of(ceiling), groups, limit_w)
    _, before = candidates.least()
    candidates.reached(0.25 * limit_w)
    assert candidates.least()[1] == close_to(4.0**exponent * before, rel=1e-9)
    assert candidates.proven() == close_to(before, rel=1e-9)
    candidates.reached(limit_w)
    assert candidates.least()[1] == close_to(4.0**exponent * before, rel=1e-9)
