"""Joint designs over several points: compared with beams for every single group, and bounds that hold."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from multistatic import certify
from multistatic.beamforming.value_function import value_function
from multistatic.design import Limits, design_network
from multistatic.design.bound_of_all_groups import bound_of_all_groups
from multistatic.design.group_beams import limits_w, solved_beams
from multistatic.design.instance import Instance, instance_of
from multistatic.design.joint import JointSettings, design_joint
from multistatic.design.joint_points import PointSearch
from multistatic.design.point_laws import power_law_of
from multistatic.scenario.model import OverPoints
from multistatic.selection.affordable import affordable_groups
from multistatic.selection.declared_gain import knowledge_of
from tests.support.close import assert_close, close_to
from tests.support.uncertain_networks import with_targets

BEAMS_GAP = 2e-4  # relative: what the beams of one group may be away from their optimum


def values_of_every_group(instance: Instance) -> tuple[np.ndarray, np.ndarray]:
    """The affordable groups and the value of each with beams of its own."""
    everyone, _ = solved_beams(instance, value_function, np.ones(instance.size, bool))
    problem = instance.selection_problem(everyone.beams, forced=False)
    groups = affordable_groups(problem, 1 << 10)
    assert groups is not None
    values = np.full(len(groups), np.inf)
    for number, group in enumerate(groups):
        if np.isfinite(problem.values_at(group[None], limits_w(instance))).all():
            result, _ = solved_beams(instance, value_function, group)
            light = result.beams.illumination_w(instance.channel.steering_tx)
            values[number] = problem.values_at(group[None], light)[0]
    return groups, values


@pytest.mark.parametrize("over", ["worst", "mean", "mean_square"])
@pytest.mark.parametrize(("criterion", "seed"), [("peb", 3), ("surrogate", 4), ("peb", 7)])
def test_the_best_group_with_its_beams_is_that_of_exhaustive_search(
    over: OverPoints, criterion: str, seed: int
) -> None:
    scenario = with_targets(5, seed=seed, over=over, criterion=criterion)
    instance = instance_of(scenario)
    design = design_network(scenario)
    _, values = values_of_every_group(instance)
    assert design.selection.value == close_to(values.min(), rel=BEAMS_GAP)
    assert design.selection.bound <= values.min() * (1.0 + 1e-9)
    assert design.selection.bound >= values.min() * (1.0 - 5 * BEAMS_GAP)
    assert design.verification.passed


@pytest.mark.parametrize(("over", "clock_s", "prior_std_m"), [("worst", 1e-9, None), ("mean", 1e-9, None)])
def test_values_that_are_no_powers_of_the_illumination_have_sound_bounds(
    over: OverPoints, clock_s: float, prior_std_m: float | None
) -> None:
    scenario = with_targets(3, count=5, seed=3, over=over, clock_s=clock_s, prior_std_m=prior_std_m)
    design = design_network(scenario)
    _, values = values_of_every_group(instance_of(scenario))
    assert design.selection.value == close_to(values.min(), rel=BEAMS_GAP)
    assert design.selection.bound <= values.min() * (1.0 + 1e-9)
    assert design.selection.bound >= values.min() * (1.0 - 5 * BEAMS_GAP)


@pytest.mark.parametrize("over", ["worst", "mean", "mean_square"])
def test_small_clock_errors_leave_the_beams_a_proof(over: OverPoints) -> None:
    """Errors of clocks and of measurements are of one size here, so neither of them decides alone."""
    instance = instance_of(with_targets(4, count=5, seed=5, over=over, clock_s=1e-12))
    result, _ = solved_beams(instance, value_function, np.ones(5, bool))
    assert result.status == "optimal"
    assert result.loss_bound <= result.loss
    assert result.loss_bound == close_to(result.loss, rel=1e-4)


def test_a_prior_of_one_target_is_designed_over_its_points() -> None:
    scenario = with_targets(1, count=5, seed=3, prior_std_m=3.0)
    design = design_network(scenario)
    assert design.points.count > 1
    assert design.over_points.mode == "posterior"
    assert design.over_points.gap < 3e-5
    assert design.over_points.value_reduced <= design.over_points.middle_value
    assert design.verification.passed


@pytest.mark.parametrize("over", ["worst", "mean", "mean_square"])
def test_floors_of_all_groups_are_never_above_what_beams_reach(over: OverPoints) -> None:
    instance = instance_of(with_targets(4, count=5, seed=5, over=over))
    groups, values = values_of_every_group(instance)
    search = PointSearch(instance, max_solves=1, listed=1 << 10)
    assert search.begin() is None
    _, limits = search.all_selected
    assert limits is not None
    law = power_law_of(instance)
    assert law is not None
    weights = law.weights(search.problem.values_of_points(groups, 1.0))
    finite = np.isfinite(values)
    floors = law.proven(limits.price, limits.proven_w(groups[finite]), weights[finite])
    assert np.all(floors <= values[finite] * (1.0 + 1e-9))
    assert floors.max() > 0.5 * values[finite].min()
    reached = {group.tobytes(): value for group, value in zip(groups, values, strict=True)}
    of_candidates = np.array([reached[group.tobytes()] for group in search.candidates._groups])
    assert np.all(search.candidates._bounds <= of_candidates * (1.0 + 1e-9))
    everyone = (search.candidates._groups == groups[np.argmin(values)]).all(axis=1)
    assert search.candidates._bounds[everyone][0] > 0.95 * values.min()


@pytest.mark.parametrize("over", ["worst", "mean", "mean_square"])
@pytest.mark.parametrize("criterion", ["peb", "surrogate"])
def test_branch_and_bound_bounds_all_groups_as_the_list_does(over: OverPoints, criterion: str) -> None:
    instance = instance_of(with_targets(4, count=6, seed=5, over=over, criterion=criterion))
    search = PointSearch(instance, max_solves=1, listed=1 << 10)
    assert search.begin() is None
    _, limits = search.all_selected
    assert limits is not None
    problem, law = search.problem, power_law_of(instance)
    assert law is not None
    groups = affordable_groups(problem, 1 << 10)
    light_w = float(limits.proven_w(np.ones((1, 6), bool))[0])
    weights = law.weights(problem.values_of_points(groups, 1.0))
    finite = np.isfinite(weights).all(axis=1)
    listed = law.proven(limits.price, np.full(int(finite.sum()), light_w), weights[finite]).min()
    assert bound_of_all_groups(instance, problem, knowledge_of(problem), law, limits) == close_to(listed, rel=2e-3)


def test_more_groups_than_are_listed_are_bounded_by_branch_and_bound() -> None:
    scenario = with_targets(4, count=22, seed=5, cost_m=160.0, rate_bps_hz=0.2)
    instance = instance_of(scenario)
    few = design_joint(instance, lambda stage: None, JointSettings(listed=0, max_solves=2))
    many = design_joint(instance, lambda stage: None, JointSettings())
    assert few.selection.bound <= many.selection.value * (1.0 + 1e-9)
    assert few.selection.bound > 0.3 * many.selection.value
    assert few.selection.value >= many.selection.bound


def test_a_later_certificate_is_that_of_the_design() -> None:
    scenario = with_targets(4, seed=3)
    whole, begun = design_network(scenario), design_network(scenario, certificate=False)
    assert begun.selection.bound is None
    assert begun.sensitivity is None
    later = certify(begun)
    assert later.selection.bound == close_to(whole.selection.bound, rel=1e-6)
    assert later.over_points.middle_value == begun.over_points.middle_value
    assert_close(later.sensitivity.target_share, whole.sensitivity.target_share, abs=1e-6)


def test_a_limit_of_the_gap_ends_the_search_with_a_proven_gap() -> None:
    scenario = with_targets(5, seed=3)
    loose = design_network(scenario, limits=Limits(gap=0.5))
    best = design_network(scenario)
    assert loose.selection.value <= 1.5 * best.selection.bound
    assert loose.selection.bound <= best.selection.value


def test_three_copies_of_one_target_are_one_target() -> None:
    alone = with_targets(1, seed=3)
    target = alone.target
    copies = tuple(replace(target, id=name) for name in ("a", "b", "c"))
    several = design_network(replace(alone, targets=copies))
    one = design_network(alone)
    assert several.selection.value == close_to(one.selection.value, rel=1e-4)
    assert several.selected_ids == one.selected_ids


def test_the_design_is_no_worse_than_that_for_the_middle() -> None:
    for seed, over in product((3, 5), ("worst", "mean")):
        design = design_network(with_targets(5, seed=seed, over=over))
        assert design.over_points.value_reduced <= design.over_points.middle_value * (1.0 + 1e-4)
        assert len(design.over_points.middle_values) == 5


def test_more_points_are_never_better_at_the_worst() -> None:
    scenario = with_targets(5, seed=3)
    fewer = replace(scenario, targets=scenario.targets[:3])
    assert design_network(fewer).selection.value <= design_network(scenario).selection.value * (1.0 + 1e-4)
