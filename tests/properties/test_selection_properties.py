"""Properties of the cost and of every selector on random problems."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic import registry
from multistatic.selection.enumeration import enumeration
from multistatic.selection.selection_problem import SelectionProblem
from tests.support.selection_problems import Position, Weighted, selection_problem

SEARCHES = [name for name in registry.names("selectors") if name not in ("all", "given", "best_n", "nearest_n")]
PROVEN = [name for name in ("enumeration", "branch_and_bound", "milp") if name in SEARCHES]
# Unions that share centre, farthest and nearest receiver are equally high: the tree depends on their order.
EQUIVARIANT = [name for name in SEARCHES if name not in ("random", "kmeans", "minimax_linkage")]


@st.composite
def problems(draw: st.DrawFn, criteria: tuple[str, ...] = ("weighted", "position")) -> SelectionProblem:
    size = draw(st.integers(1, 8))
    criterion = draw(st.sampled_from(criteria))
    forced = tuple(draw(st.sets(st.integers(0, size - 1), max_size=2)))
    return selection_problem(
        size,
        seed=draw(st.integers(0, 10_000)),
        criterion=criterion,
        forced=forced,
        count=draw(st.none() | st.integers(1, size)),
        cost_limit_m=draw(st.sampled_from([30.0, 100.0, 200.0, 400.0])),
        distance_weight=draw(st.sampled_from([0.0, 0.3, 0.5, 1.0])),
    )


def criteria_of(name: str) -> tuple[str, ...]:
    """Those that a method takes: a linear program knows nothing of positions."""
    return ("weighted",) if name == "milp" else ("weighted", "position")


def permuted(problem: SelectionProblem, order: np.ndarray) -> SelectionProblem:
    criterion = problem.criterion
    if isinstance(criterion, Position):
        criterion = Position(strengths=criterion.strengths[order], gradients=criterion.gradients[order])
    else:
        assert isinstance(criterion, Weighted)
        criterion = Weighted(weights=criterion.weights[order])
    return dataclasses.replace(
        problem,
        criterion=criterion,
        positions_m=problem.positions_m[order],
        target_distance_m=problem.target_distance_m[order],
        receiver_distance_m=problem.receiver_distance_m[np.ix_(order, order)],
        echo_gain=problem.echo_gain[order],
        forced=problem.forced[order],
    )


@given(st.integers(2, 12), st.integers(0, 10_000), st.floats(0, 1))
def test_cost_never_falls_when_a_receiver_joins(size: int, seed: int, rho: float) -> None:
    problem = selection_problem(size, seed=seed, distance_weight=rho)
    group = np.random.default_rng(seed).random(size) < 0.5
    wider = group | (np.arange(size) == seed % size)
    small, large = problem.costs_m(np.array([group, wider]))
    assert large >= small * (1 - 1e-12)


@pytest.mark.parametrize("name", SEARCHES)
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_answers_are_feasible_and_not_below_the_optimum(name: str, data: st.DataObject) -> None:
    problem = data.draw(problems(criteria_of(name)))
    exact = enumeration(problem, np.random.default_rng(0))
    answer = registry.load("selectors", name)(problem, np.random.default_rng(0))
    assert (answer.status == "infeasible") == (exact.status == "infeasible")
    if exact.value is None or answer.value is None:
        return
    assert problem.feasible(answer.selected[None])[0]
    assert (answer.selected | ~problem.forced).all()
    assert answer.value >= exact.value * (1 - 1e-9)
    if name in PROVEN:
        assert answer.status == "optimal"
        assert answer.value <= exact.value * (1 + 1e-9)


@pytest.mark.parametrize("name", EQUIVARIANT)
@settings(deadline=None, max_examples=25)
@given(data=st.data(), seed=st.integers(0, 1000))
def test_order_of_the_receivers_does_not_matter(name: str, data: st.DataObject, seed: int) -> None:
    problem = data.draw(problems(criteria_of(name)))
    order = np.random.default_rng(seed).permutation(problem.size)
    select = registry.load("selectors", name)
    answer = select(problem, np.random.default_rng(0))
    other = select(permuted(problem, order), np.random.default_rng(0))
    assert other.selected.tolist() == answer.selected[order].tolist()


@settings(deadline=None, max_examples=25)
@given(problem=problems())
def test_more_budget_is_never_worse(problem: SelectionProblem) -> None:
    values = []
    for factor in (0.5, 1.0, 1.5):
        wider = dataclasses.replace(problem, cost_limit_m=problem.cost_limit_m * factor)
        value = enumeration(wider, np.random.default_rng(0)).value
        values.append(np.inf if value is None else value)
    assert values[0] >= values[1] >= values[2]
