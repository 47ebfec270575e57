"""Groups within the cost, against a look at all of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic.selection.affordable import affordable_groups
from multistatic.selection.enumeration import feasible_groups
from multistatic.selection.groups import all_groups
from multistatic.selection.selection_problem import SelectionProblem
from tests.support.close import close_to
from tests.support.selection_problems import selection_problem


def as_set(groups: np.ndarray) -> set[bytes]:
    found = {group.tobytes() for group in groups}
    assert len(found) == len(groups), "a group twice"
    return found


def every_feasible(problem: SelectionProblem) -> np.ndarray:
    groups = np.concatenate(list(all_groups(problem)))
    return np.asarray(groups[problem.feasible(groups)])


@pytest.mark.slow
@given(st.integers(0, 10_000), st.integers(1, 9), st.floats(0.05, 1.1), st.booleans(), st.floats(0.0, 1.0))
@settings(max_examples=80, deadline=None)
def test_all_of_them(seed: int, size: int, part: float, counted: bool, weight: float) -> None:
    base = replace(selection_problem(size, seed=seed), distance_weight=weight)
    most = float(base.costs_m(np.ones((1, size), bool))[0])
    problem = replace(base, cost_limit_m=part * most, count=1 + seed % size if counted else None)
    found = affordable_groups(problem, 1 << size)
    assert found is not None
    expected = as_set(every_feasible(problem))
    assert as_set(found) == expected
    full = affordable_groups(problem, 1 << size, full=True)
    assert full is not None
    if counted:
        assert as_set(full) == expected
        return
    alone = {bytes(each) for each in expected if not any(_joined(each, other) for other in expected)}
    assert as_set(full) == alone


def _joined(group: bytes, other: bytes) -> bool:
    """Whether `other` is `group` and one receiver more."""
    before, after = np.frombuffer(group, bool), np.frombuffer(other, bool)
    return bool(after.sum() == before.sum() + 1 and np.all(after | ~before))


def test_the_best_group_is_a_full_one() -> None:
    for seed in range(20):
        base = selection_problem(8, seed=seed)
        problem = replace(base, cost_limit_m=0.4 * float(base.costs_m(np.ones((1, 8), bool))[0]))
        full = affordable_groups(problem, 256, full=True)
        assert full is not None
        _, values = feasible_groups(problem)
        assert problem.values(full).min() == close_to(values[0], rel=1e-12)
        assert len(full) < len(values)


def test_too_many_are_not_listed() -> None:
    problem = replace(selection_problem(9, seed=1), cost_limit_m=np.inf)
    assert affordable_groups(problem, 510) is None
    found = affordable_groups(problem, 511)
    assert found is not None
    assert len(found) == 511
    full = affordable_groups(problem, 511, full=True)
    assert full is not None
    assert full.tolist() == [[True] * 9]
    large = replace(selection_problem(300, seed=1), cost_limit_m=np.inf)
    assert affordable_groups(large, 1000) is None  # at once: 300 over 2 are too many


def test_among_some_receivers() -> None:
    problem = replace(selection_problem(8, seed=3), cost_limit_m=200.0)
    among = np.arange(8) < 5
    found = affordable_groups(problem, 256, among=among)
    assert found is not None
    groups = every_feasible(problem)
    assert as_set(found) == as_set(groups[~(groups & ~among).any(axis=1)])
    assert len(found) > 3


def test_forced_receivers_are_in_every_group() -> None:
    base = selection_problem(6, seed=4)
    forced = np.arange(6) == 2
    problem = replace(base, forced=forced, cost_limit_m=0.8 * float(base.costs_m(np.ones((1, 6), bool))[0]))
    found = affordable_groups(problem, 64)
    assert found is not None
    assert as_set(found) == as_set(every_feasible(problem))
