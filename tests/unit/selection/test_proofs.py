"""What selectors call proven, optimal or exact, each beside the number that decides it."""

from __future__ import annotations

import dataclasses
import re
from itertools import combinations

import numpy as np
import pytest

from multistatic import registry
from multistatic.design.instance import instance_of
from multistatic.scenario.model import DesignSettings
from multistatic.selection.branch_and_bound import BranchAndBoundSettings, branch_and_bound
from multistatic.selection.cheapest import cheapest_group
from multistatic.selection.enumeration import enumeration
from multistatic.selection.kmeans import KMeansSettings, _clusters, _lloyd, _plus_plus
from multistatic.selection.milp import milp
from multistatic.selection.selection_problem import SearchLimits, SelectionProblem
from tests.support.close import close_to
from tests.support.networks import network
from tests.support.selection_problems import Weighted, naive_cost_m, network_problem, selection_problem

RNG = np.random.default_rng(0)


def test_optimal_is_said_up_to_a_gap_of_a_millionth() -> None:
    """A search that may stop at 0.8 % stops between the two; it is then `feasible` with its bound."""
    between = 0
    for seed in range(4):
        problem = network_problem(30, seed=seed, criterion="peb", cost_limit_m=250.0)
        answer = branch_and_bound(problem, RNG, BranchAndBoundSettings(gap=8e-3))
        exact = branch_and_bound(problem, RNG)
        excess = answer.value / answer.bound - 1.0
        assert (answer.status == "optimal") == (excess <= 1e-6)
        assert answer.bound <= exact.value * (1 + 1e-9)
        between += 1e-6 < excess < 1e-2
    assert between >= 3


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_the_exponent_of_a_gain_changes_values_and_bounds_but_no_group(exponent: float) -> None:
    plain = selection_problem(9, seed=3, cost_limit_m=150.0)

    @dataclasses.dataclass(frozen=True, eq=False)
    class Power:
        name: str = "power"
        unit: str = ""

        @property
        def gain(self):
            return dataclasses.replace(plain.criterion.gain, exponent=exponent)

        def values(self, masks, illumination_w):
            return plain.criterion.values(masks, illumination_w) ** exponent

    problem = dataclasses.replace(plain, criterion=Power())
    for select in (branch_and_bound, milp):
        expected, found = select(plain, RNG), select(problem, RNG)
        assert found.status == "optimal"
        assert found.selected.tolist() == expected.selected.tolist()
        assert found.bound == close_to(expected.bound**exponent, rel=1e-6)


# Infeasible verdicts


def brute_force(problem: SelectionProblem) -> float | None:
    """The least cost of any group that holds the forced receivers, has the asked number and a finite value."""
    costs = []
    for size in range(1, problem.size + 1):
        for group in combinations(range(problem.size), size):
            mask = np.isin(np.arange(problem.size), group)
            allowed = problem.count in (None, size) and not np.any(problem.forced & ~mask)
            if allowed and np.isfinite(problem.values(mask[None])[0]):
                costs.append(naive_cost_m(problem, group))
    return min(costs, default=None)


@pytest.mark.slow
@pytest.mark.parametrize("criterion", ["surrogate", "peb", "veb", "weighted"])
@pytest.mark.parametrize("height_m", [0.0, 40.0])
def test_the_cheapest_group_is_that_of_brute_force(criterion: str, height_m: float) -> None:
    rng = np.random.default_rng(5)
    for seed in range(10):
        forced = tuple(rng.permutation(6)[: rng.integers(0, 3)].tolist())
        problem = network_problem(
            6,
            seed=seed,
            criterion=criterion,
            height_m=height_m,
            forced=forced,
            count=None if seed % 3 else int(rng.integers(1, 7)),
            cost_limit_m=1.0,
            distance_weight=float(rng.choice([0.0, 0.5, 1.0])),
        )
        least, found = brute_force(problem), cheapest_group(problem)
        assert (found is None) == (least is None)
        answer = branch_and_bound(problem, RNG)
        if found is None or least is None:
            if problem.count is None or problem.count >= max(1, len(forced)):
                assert "was found that makes the target observable" in answer.message
            assert answer.nearest_budget_m is None
            continue
        assert found.exact
        assert found.cost_m == close_to(least, rel=1e-12)
        if least > 1.0:
            assert answer.nearest_budget_m == close_to(least, rel=1e-12)
            assert f"cost is {least:.6g} m" in answer.message or f"costs {least:.6g} m" in answer.message


def test_a_group_that_no_search_has_proven_cheapest_is_only_the_cheapest_known() -> None:
    problem = network_problem(26, seed=1, criterion="peb", height_m=40.0, cost_limit_m=10.0)
    found = cheapest_group(problem)
    assert found is not None
    assert not found.exact
    assert "The cheapest known group that makes the target observable" in branch_and_bound(problem, RNG).message


# K-means


def test_the_best_restart_is_kept() -> None:
    """Of twelve restarts the clusters of the one with the least inertia come back; they differ on these places."""
    differ = 0
    for seed in range(20):
        places = np.random.default_rng(seed).uniform(0, 100, (14, 3))
        settings = KMeansSettings(restarts=12)
        rng = np.random.default_rng(seed)
        runs = [_lloyd(places, _plus_plus(places, 5, rng), settings) for _ in range(settings.restarts)]
        inertias = [inertia for _, inertia in runs]
        differ += max(inertias) > 1.01 * min(inertias)
        clusters = _clusters(places, 5, np.random.default_rng(seed), settings)
        kept = sum(float(np.sum((places[c] - places[c].mean(axis=0)) ** 2)) for c in clusters)
        assert kept == close_to(min(inertias), rel=1e-9)
    assert differ >= 10


def test_weights_of_zero_are_a_gain_too() -> None:
    """Nobody contributes: no group is observable, and nothing divides by zero."""
    problem = selection_problem(5, criterion=Weighted(weights=np.zeros(5)))
    for select in (branch_and_bound, milp):
        assert select(problem, RNG).status == "infeasible"


def test_our_criteria_that_are_infinite_with_everyone_are_infeasible_and_no_error() -> None:
    """Receivers in one line with the target tell nothing across it; the verdict is the same from every exact method."""
    scenario = network(3, seed=1, design=DesignSettings(criterion="peb"))
    target = scenario.target.position_m
    along = np.array([1.0, 2.0, 0.0]) / np.sqrt(5.0)
    receivers = tuple(
        dataclasses.replace(one, position_m=target + (10.0 + 20.0 * k) * along)
        for k, one in enumerate(scenario.receivers)
    )
    scenario = dataclasses.replace(scenario, receivers=receivers)
    instance = instance_of(scenario)
    problem = selection_problem(3, criterion=instance.criterion(), cost_limit_m=1e6)
    for select in (branch_and_bound, enumeration):
        answer = select(problem, RNG)
        assert answer.status == "infeasible"
        assert answer.message.startswith("No group was found that makes the target observable under the criterion peb.")


def test_an_asked_number_that_is_too_small_is_named() -> None:
    """One receiver never fixes a position; all of them do, and the number that was asked for is the cause."""
    instance = instance_of(network(4, seed=1, design=DesignSettings(criterion="peb", receivers=1)))
    problem = selection_problem(4, criterion=instance.criterion(), cost_limit_m=1e6, count=1)
    answer = enumeration(problem, RNG)
    assert answer.status == "infeasible"
    assert re.fullmatch(
        r"No group of exactly 1 receiver \(design\.receivers\) was found that makes the target observable under the "
        r"criterion peb\. 2 receivers are enough, for example rx\d, rx\d\.",
        answer.message,
    )


@pytest.mark.parametrize("clocks", [0.0, float("inf")], ids=["clocks perfect", "clocks unknown"])
def test_clocks_are_named_where_they_are_the_cause(clocks: float) -> None:
    """Three receivers with perfect clocks determine a position in the plane. With unknown clocks only their Doppler
    shifts count, three for four unknowns, and one more receiver is enough.
    """
    made = network(6, seed=1, design=DesignSettings(criterion="peb", receivers=3 if clocks else 1))
    receivers = tuple(dataclasses.replace(each, clock_offset_std_s=clocks) for each in made.receivers)
    instance = instance_of(dataclasses.replace(made, receivers=receivers))
    count = made.design.receivers
    problem = selection_problem(6, criterion=instance.criterion(), cost_limit_m=1e6, count=count)
    message = enumeration(problem, RNG).message
    assert ("the clock offsets are too uncertain" in message) == (clocks > 0.0)
    assert f" {count + 1} receivers are enough, for example " in message


def test_optimal_is_said_only_where_the_gap_is_a_millionth() -> None:
    """Searches that may stop at a gap of 0.8 % end with gaps of all sizes below."""
    search, between = registry.load("selectors", "branch_and_bound"), 0
    for seed in range(8):
        problem = dataclasses.replace(network_problem(24, seed=seed, criterion="peb"), limits=SearchLimits(gap=8e-3))
        found = search(problem, np.random.default_rng(0))
        if found.value is None or found.bound is None:
            continue
        excess = found.value / found.bound - 1.0
        assert (found.status == "optimal") == (excess <= 1e-6)
        between += 1e-6 < excess < 1e-2
    assert between, "no search ended between: the test looks at nothing"


def test_a_search_for_the_cheapest_group_is_no_proof() -> None:
    """24 receivers of which four are asked for are not enumerated; twelve are."""
    many, few = (selection_problem(size, count=4, cost_limit_m=1.0) for size in (24, 12))
    found, proven = cheapest_group(many), cheapest_group(few)
    assert found is not None
    assert proven is not None
    assert (found.exact, proven.exact) == (False, True)
    message = registry.load("selectors", "greedy")(many, np.random.default_rng(0)).message
    assert "cheapest known group" in message
