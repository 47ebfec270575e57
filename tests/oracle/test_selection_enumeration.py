"""Enumeration and the cheapest group against brute force: itertools, plain loops, cost and value as printed."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from multistatic.errors import InputError
from multistatic.selection.cheapest import cheapest_group
from multistatic.selection.enumeration import enumeration, feasible_groups
from multistatic.selection.selection_problem import SelectionProblem
from tests.support.close import close_to
from tests.support.selection_problems import Position, naive_cost_m, selection_problem

RNG = np.random.default_rng(0)
CASES = [
    (criterion, seed, forced, count, limit)
    for criterion in ("weighted", "position")
    for seed in range(4)
    for forced in ((), (1,), (0, 4))
    for count in (None, 3)
    for limit in (90.0, 200.0)
]


def naive_value(problem: SelectionProblem, group: tuple[int, ...]) -> float:
    criterion = problem.criterion
    if not isinstance(criterion, Position):
        return 1.0 / (problem.one_illumination_w * sum(criterion.weights[k] for k in group))
    total = np.zeros((2, 2))
    for k in group:
        total += problem.one_illumination_w * criterion.strengths[k] * np.outer(*[criterion.gradients[k]] * 2)
    determinant = total[0, 0] * total[1, 1] - total[0, 1] ** 2
    return float(np.sqrt(np.trace(total) / determinant)) if len(group) > 1 else np.inf


def groups_of(problem: SelectionProblem) -> list[tuple[float, float, tuple[int, ...]]]:
    """(value, cost, group) of every group with the forced receivers, the asked number and a finite value."""
    found = []
    for size in range(1, problem.size + 1):
        for group in combinations(range(problem.size), size):
            if problem.count in (None, size) and set(np.flatnonzero(problem.forced)) <= set(group):
                value = naive_value(problem, group)
                if np.isfinite(value):
                    found.append((value, naive_cost_m(problem, group), group))
    return found


@pytest.mark.parametrize(("criterion", "seed", "forced", "count", "limit"), CASES)
def test_enumeration_is_brute_force(criterion, seed, forced, count, limit) -> None:
    problem = selection_problem(7, seed=seed, criterion=criterion, forced=forced, count=count, cost_limit_m=limit)
    answer = enumeration(problem, RNG)
    affordable = [entry for entry in groups_of(problem) if entry[1] <= limit]
    if not affordable:
        assert answer.status == "infeasible"
        assert answer.nearest_budget_m == close_to(min(cost for _, cost, _ in groups_of(problem)), rel=1e-12)
        return
    value, cost, group = min(affordable)
    assert answer.status == "optimal"
    assert tuple(np.flatnonzero(answer.selected)) == group
    assert answer.value == close_to(value, rel=1e-9)
    assert answer.bound == answer.value
    assert answer.cost_m == close_to(cost, rel=1e-12)
    masks, values = feasible_groups(problem)
    assert len(masks) == len(affordable)
    assert values == close_to(sorted(entry[0] for entry in affordable), rel=1e-6)


@pytest.mark.parametrize("criterion", ["weighted", "position"])
@pytest.mark.parametrize(("forced", "count"), [((), None), ((2,), None), ((2, 5), 4), ((), 3)])
def test_cheapest_group_is_brute_force(criterion, forced, count) -> None:
    for seed in range(5):
        problem = selection_problem(8, seed=seed, criterion=criterion, forced=forced, count=count)
        cheapest = cheapest_group(problem)
        assert cheapest is not None
        assert cheapest.exact
        assert cheapest.cost_m == close_to(min(cost for _, cost, _ in groups_of(problem)), rel=1e-12)


@pytest.mark.parametrize("criterion", ["weighted", "position"])
@pytest.mark.parametrize(("forced", "count"), [((), None), ((2,), None), ((2, 5), 4), ((), 3)])
def test_cheapest_group_of_many_receivers_is_an_upper_bound(criterion, forced, count, monkeypatch) -> None:
    for seed in range(5):
        problem = selection_problem(8, seed=seed, criterion=criterion, forced=forced, count=count)
        exact = cheapest_group(problem)
        monkeypatch.setattr("multistatic.selection.cheapest.ENUMERABLE", 0)
        searched = cheapest_group(problem)
        monkeypatch.undo()
        assert exact is not None
        assert searched is not None
        assert exact.cost_m * (1 - 1e-12) <= searched.cost_m <= 1.3 * exact.cost_m


def test_enumeration_refuses_large_networks_and_names_another_method() -> None:
    with pytest.raises(InputError, match="branch_and_bound"):
        enumeration(selection_problem(21), RNG)
    assert enumeration(selection_problem(21, forced=(3,), cost_limit_m=1e4, count=2), RNG).status == "optimal"


def test_equal_values_go_to_the_cheaper_then_to_the_lower_indices() -> None:
    square = np.array([[10.0, 0, 0], [0, 10, 0], [-10, 0, 0], [0, -10, 0]])
    apart = np.linalg.norm(square[:, None] - square, axis=2)
    problem = selection_problem(
        4, positions_m=square, receiver_distance_m=apart, target_distance_m=np.full(4, 10.0), count=2
    )
    object.__setattr__(problem.criterion, "weights", np.full(4, 1 / 3))
    assert enumeration(problem, RNG).selected.tolist() == [True, True, False, False]
    object.__setattr__(problem, "target_distance_m", np.array([10.0, 10.0, 9.0, 10.0]))
    assert enumeration(problem, RNG).selected.tolist() == [False, True, True, False]
