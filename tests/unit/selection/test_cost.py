"""The cooperation cost (22), and that it never falls when a receiver joins."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.close import close_to
from tests.support.selection_problems import naive_cost_m, selection_problem


@pytest.mark.parametrize("rho", [0.0, 0.35, 0.5, 1.0])
def test_cost_is_equation_22(rho: float) -> None:
    problem = selection_problem(9, seed=1, distance_weight=rho)
    masks = np.random.default_rng(1).random((60, 9)) < 0.5
    naive = [naive_cost_m(problem, tuple(np.flatnonzero(mask))) for mask in masks]
    assert problem.costs_m(masks) == close_to(naive, rel=1e-12, abs=1e-9)


def test_a_single_receiver_has_no_mean_distance_to_others() -> None:
    problem = selection_problem(5)
    assert problem.costs_m(np.eye(5, dtype=bool)) == close_to(0.5 * problem.target_distance_m, rel=1e-12)
    assert problem.costs_m(np.zeros((1, 5), bool)) == 0.0


def test_cost_by_hand() -> None:
    """Three receivers on a line at 0, 3 and 9 m, the target at 0, ρ = 1/4: 3 + (3/4)(6 + 4.5 + 7.5)."""
    x = np.array([0.0, 3.0, 9.0])
    problem = selection_problem(
        3, target_distance_m=x, receiver_distance_m=np.abs(x[:, None] - x), distance_weight=0.25
    )
    assert problem.costs_m(np.ones((1, 3), bool)) == close_to(3.0 + 0.75 * 18.0)


def test_feasible_is_every_constraint() -> None:
    problem = selection_problem(4, forced=(1,), count=2, cost_limit_m=1e9)
    masks = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 0], [0, 1, 0, 0]], bool)
    assert problem.feasible(masks).tolist() == [True, False, False, False]
    cost = float(problem.costs_m(masks[:1])[0])
    for limit, verdict in ((cost, True), (cost * (1 - 1e-9), False)):
        assert selection_problem(4, forced=(1,), count=2, cost_limit_m=limit).feasible(masks[:1])[0] == verdict
