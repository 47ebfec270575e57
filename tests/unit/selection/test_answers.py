"""What an answer states of itself, and small choices worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from multistatic import registry
from multistatic.selection.chosen import best_of, chosen, named
from multistatic.selection.enumeration import feasible_groups
from multistatic.selection.greedy import grown
from multistatic.selection.kmeans import KMeansSettings, _clusters
from multistatic.selection.local_search import _thrifty
from multistatic.selection.random import RandomSettings, random
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B, F
from tests.support.close import close_to
from tests.support.selection_problems import Weighted, selection_problem

RNG = np.random.default_rng(0)


def answer(value: float | None, bound: float | None) -> Selection:
    return Selection(
        status="feasible",
        method="greedy",
        selected=np.ones(2, bool),
        value=value,
        bound=bound,
        cost_m=1.0,
        evaluated=1,
        message="",
    )


@pytest.mark.parametrize(
    ("value", "bound", "gap", "excess"),
    [
        (5.0, 4.0, 0.2, 0.25),
        (4.0, 4.0, 0.0, 0.0),
        (4.0, 5.0, 0.0, 0.0),
        (4.0, 0.0, 1.0, None),
        (4.0, None, None, None),
        (None, 4.0, None, None),
        (float("inf"), 4.0, None, None),
    ],
)
def test_gap_and_excess(value: float | None, bound: float | None, gap: float | None, excess: float | None) -> None:
    found = answer(value, bound)
    assert found.gap == (None if gap is None else close_to(gap, rel=1e-12))
    assert found.excess == (None if excess is None else close_to(excess, rel=1e-12))


def test_what_is_chosen_is_valued_and_priced() -> None:
    problem = selection_problem(5, cost_limit_m=1e6)
    mask = np.array([True, False, True, False, False])
    for proven in (False, True):
        found = chosen(problem, mask, method="all", evaluated=7, message="Said.", proven=proven)
        value = 1 / (2.0 * problem.criterion.weights[mask].sum())  # type: ignore[attr-defined]
        assert found.value == close_to(value, rel=1e-12)
        assert found.bound == (found.value if proven else None)
        assert found.status == ("optimal" if proven else "feasible")
        assert found.cost_m == problem.costs_m(mask[None])[0]
        assert (found.method, found.evaluated, found.message) == ("all", 7, "Said.")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "receiver rx1"),
        (2, "receivers rx1, rx2"),
        (10, "receivers rx1, rx2, rx3, rx4, rx5, rx6, rx7, rx8 and 2 more"),
    ],
)
def test_names_of_a_group(count: int, words: str) -> None:
    problem = selection_problem(12)
    assert named(problem, np.arange(12) < count) == words


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listed:
    """A value for every group by its number of members; infinite for those that are not said."""

    by_size: dict[int, float]
    name: str = "listed"
    unit: str = ""

    def values(self, masks: B, illumination_w: float) -> F:
        return np.array([self.by_size.get(int(mask.sum()), np.inf) for mask in masks])


def on_a_line(places_m: list[float], **changes: object) -> SelectionProblem:
    """Receivers on a line, the target at 0: the cost of one is its distance, halved."""
    x = np.array(places_m)
    values = {"target_distance_m": np.abs(x), "receiver_distance_m": np.abs(x[:, None] - x), "cost_limit_m": 1e6}
    return selection_problem(len(x), **(values | changes))  # type: ignore[arg-type]


def test_equal_values_go_to_the_cheaper_group_and_rounding_counts_as_equal() -> None:
    problem = on_a_line([3.0, 2.0, 1.0], criterion=Weighted(weights=np.array([1.0, 1.0, 1.0 - 1e-13])))
    singles = np.eye(3, dtype=bool)
    assert best_of(problem, singles).tolist() == [False, False, True]  # type: ignore[union-attr]
    apart = replace(problem, criterion=Weighted(weights=np.array([1.0, 1.0, 1.0 - 1e-9])))
    assert best_of(apart, singles).tolist() == [False, True, False]  # type: ignore[union-attr]


def test_greedy_ends_where_no_receiver_lowers_the_value() -> None:
    problem = on_a_line([1.0, 2.0, 3.0, 4.0], criterion=Listed(by_size={1: 3.0, 2: 2.0, 3: 2.5, 4: 1.0}))
    mask, _ = grown(problem)
    assert mask is not None
    assert mask.sum() == 2
    three, _ = grown(replace(problem, count=3))
    assert three is not None
    assert three.sum() == 3


def test_greedy_takes_the_best_receiver_first() -> None:
    weights = np.array([1.0, 5.0, 2.0, 4.0])
    problem = on_a_line([1.0, 1.1, 1.2, 1.3], criterion=Weighted(weights=weights))
    for count, group in ((1, {1}), (2, {1, 3}), (3, {1, 2, 3})):
        mask, _ = grown(replace(problem, count=count))
        assert mask is not None
        assert set(np.flatnonzero(mask)) == group


def test_thrift_is_the_fall_of_the_value_for_each_metre() -> None:
    """From receiver 0 (weight 1): the far one would halve the value, the near one takes a third off for little."""
    problem = on_a_line([0.0, 1.0, 100.0], criterion=Weighted(weights=np.array([1.0, 0.5, 1.0])), count=2)
    start = np.array([True, False, False])
    assert _thrifty(problem, start).tolist() == [True, True, False]
    alike = on_a_line([0.0, 1.0, 1.2], criterion=Weighted(weights=np.array([1.0, 0.5, 3.0])), count=2)
    assert _thrifty(alike, start).tolist() == [True, False, True]


def test_thrift_starts_with_the_cheapest_where_nothing_is_observable() -> None:
    problem = on_a_line([0.0, 5.0, 1.0, 9.0], criterion=Listed(by_size={3: 1.0}), count=3)
    assert _thrifty(problem, np.array([True, False, False, False])).tolist() == [True, True, True, False]


def test_listed_groups_are_in_the_order_of_their_values() -> None:
    problem = selection_problem(5, cost_limit_m=120.0)
    masks, values = feasible_groups(problem)
    every = (np.arange(1, 32)[:, None] >> np.arange(5)) % 2 == 1
    feasible = every[problem.feasible(every)]
    assert len(masks) == len(feasible)
    np.testing.assert_array_equal(values, np.sort(problem.values(feasible)))
    np.testing.assert_array_equal(values, problem.values(masks))
    nobody, none = feasible_groups(replace(problem, cost_limit_m=1e-6))
    assert (nobody.shape, none.shape) == ((0, 5), (0,))


def test_enumeration_counts_the_groups_it_looked_at() -> None:
    found = registry.load("selectors", "enumeration")(selection_problem(5, cost_limit_m=1e6), RNG)
    assert found.evaluated == 31
    assert "all 31 groups" in found.message


def test_a_random_group_is_drawn_at_most_so_often() -> None:
    hopeless = on_a_line([1.0, 2.0, 3.0], criterion=Listed(by_size={}))
    found = random(hopeless, np.random.default_rng(1), RandomSettings(draws=3))
    assert found.status == "infeasible"
    rare = on_a_line([1.0, 2.0, 50.0], criterion=Listed(by_size={2: 1.0}), cost_limit_m=5.0)
    drawn = random(rare, np.random.default_rng(1), RandomSettings(draws=50))
    assert drawn.selected.tolist() == [True, True, False]
    assert f"({drawn.evaluated} drawn)" in drawn.message


def test_random_groups_hold_the_forced_receivers() -> None:
    problem = selection_problem(8, forced=(1, 6), cost_limit_m=400.0)
    for seed in range(10):
        found = random(problem, np.random.default_rng(seed))
        assert found.selected[[1, 6]].all()
        assert found.selected.sum() >= 2


def test_kmeans_keeps_the_restart_of_least_inertia() -> None:
    """The clusters that were drawn, in places where Lloyd's algorithm often ends badly."""
    rng = np.random.default_rng(5)
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [40.0, 40.0], [44.0, 40.0], [40.0, 44.0]])
    places = np.concatenate([centre + rng.normal(0, 0.5, (4, 2)) for centre in centres])

    def inertia(groups: B) -> float:
        return float(sum(np.sum((places[group] - places[group].mean(axis=0)) ** 2) for group in groups))

    true = np.arange(24) // 4 == np.arange(6)[:, None]
    found = inertia(_clusters(places, 6, np.random.default_rng(1), KMeansSettings(restarts=20)))
    assert found == close_to(inertia(true), rel=1e-9)
    single = [
        inertia(_clusters(places, 6, np.random.default_rng(seed), KMeansSettings(restarts=1))) for seed in range(20)
    ]
    assert max(single) > 2 * found, "every restart ends alike: the test looks at nothing"
