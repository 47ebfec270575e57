"""What every registered selector promises, on problems of every kind, and what each of them does besides."""

from __future__ import annotations

import dataclasses
import functools
import itertools

import numpy as np
import pytest

from multistatic import registry
from multistatic.errors import InputError
from multistatic.selection.cheapest import cheapest_group
from multistatic.selection.clustered import repaired_groups
from multistatic.selection.groups import additions, removals, swaps
from multistatic.selection.selection_problem import Selection, SelectionProblem
from tests.support.close import close_to
from tests.support.selection_problems import Weighted, naive_cost_m, network_problem, points_problem, selection_problem

SELECTORS = registry.names("selectors")
RULES = ("all", "given", "best_n", "nearest_n")
OURS = {"minimax_linkage", "kmeans", "greedy", "greedy_swap", "best_n", "nearest_n", "random", "all", "given"}

LOOSE, TIGHT = 1e6, 1.0
PROBLEMS = {
    "plain": selection_problem(8),
    "one receiver": selection_problem(1),
    "two receivers": selection_problem(2, seed=1),
    "forced": selection_problem(8, seed=2, forced=(0, 3)),
    "all forced": selection_problem(4, forced=(0, 1, 2, 3), cost_limit_m=LOOSE),
    "count": selection_problem(8, seed=3, count=4),
    "count and forced": selection_problem(8, seed=4, forced=(1, 6), count=3, cost_limit_m=LOOSE),
    "count of forced": selection_problem(8, seed=4, forced=(1, 6), count=2, cost_limit_m=LOOSE),
    "no limit": selection_problem(8, seed=5, cost_limit_m=float("inf")),
    "no budget": selection_problem(8, seed=6, cost_limit_m=TIGHT),
    "forced over budget": selection_problem(8, seed=7, forced=(2, 6), cost_limit_m=10.0),
    "count over budget": selection_problem(8, seed=8, count=5, cost_limit_m=40.0),
    "count above K": selection_problem(3, count=4),
    "count below forced": selection_problem(6, forced=(0, 1, 2), count=2),
    "position": selection_problem(8, seed=9, criterion="position"),
    "position, one receiver": selection_problem(1, criterion="position"),
    "position, forced": selection_problem(8, seed=10, criterion="position", forced=(4,)),
    "position, count": selection_problem(8, seed=11, criterion="position", count=3, cost_limit_m=LOOSE),
    "position, no pair in budget": selection_problem(6, seed=12, criterion="position", cost_limit_m=15.0),
    "cost of distances apart": selection_problem(8, seed=13, distance_weight=0.0, cost_limit_m=100.0),
    "cost of distances to the target": selection_problem(8, seed=14, distance_weight=1.0, cost_limit_m=100.0),
    "no illumination": selection_problem(5, illumination_w=0.0),
    "many": selection_problem(25, seed=15, cost_limit_m=120.0),
    "surrogate": network_problem(8, seed=1),
    "published, forced": network_problem(8, seed=2, criterion="published", forced=(1, 2)),
    "peb": network_problem(8, seed=3, criterion="peb"),
    "peb in 3-D, count": network_problem(8, seed=4, criterion="peb", height_m=50.0, count=4, cost_limit_m=LOOSE),
    "peb in 3-D, budget for two": network_problem(8, seed=5, criterion="peb", height_m=50.0, cost_limit_m=60.0),
    "points, worst": points_problem(8, 5, seed=7, criterion="surrogate"),
    "points, mean": points_problem(8, 5, seed=8, over_points="mean", forced=(3,)),
    "points, mean square, count": points_problem(8, 3, seed=9, over_points="mean_square", count=4, cost_limit_m=LOOSE),
    "points, posterior": points_problem(7, 4, seed=10, over_points="posterior", prior_m=1e-3, cost_limit_m=120.0),
    "points, budget for one": points_problem(7, 4, seed=11, cost_limit_m=30.0),
    "veb, forced": network_problem(8, seed=6, criterion="veb", forced=(0,), cost_limit_m=250.0),
}


# What a method says no to: too many groups to enumerate, values that no linear program knows. Where one receiver makes
# nothing observable there is no program, and a method may say either.
OPEN = {("milp", "position, one receiver")}
REFUSED = {("enumeration", "many")} | {
    ("milp", label)
    for label, problem in PROBLEMS.items()
    if problem.criterion.unit in ("m", "m/s") or problem.points > 1
} - OPEN
ANSWERED = [(name, label) for name in SELECTORS for label in PROBLEMS if (name, label) not in REFUSED | OPEN]


def run(name: str, problem: SelectionProblem, seed: int = 0) -> Selection:
    """The selector's answer; `given` is given two of three receivers."""
    if name == "given":
        problem = dataclasses.replace(problem, given=np.arange(problem.size) % 3 != 2)
    return registry.load("selectors", name)(problem, np.random.default_rng(seed))


@functools.cache
def every_group(label: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Brute force: mask, cost as printed and value of each group with the forced receivers, the asked number and a
    finite value. Of the problem that is too large for that, the groups of one and two.
    """
    problem = PROBLEMS[label]
    sizes = [problem.count] if problem.count else range(1, problem.size + 1 if problem.size <= 8 else 3)
    groups = [
        group
        for size in sizes
        for group in itertools.combinations(range(problem.size), size)
        if set(np.flatnonzero(problem.forced)) <= set(group)
    ]
    masks = np.array([np.isin(np.arange(problem.size), group) for group in groups], bool).reshape(-1, problem.size)
    values = problem.values(masks)
    costs = np.array([naive_cost_m(problem, group) for group in groups])
    return masks[np.isfinite(values)], costs[np.isfinite(values)], values[np.isfinite(values)]


def ruled_group(name: str, problem: SelectionProblem) -> np.ndarray:
    """The one group that a rule looks at, whatever it is worth."""
    number = np.arange(problem.size)
    if name in ("all", "given"):
        return number >= 0 if name == "all" else number % 3 != 2
    order = np.argsort(-problem.echo_gain if name == "best_n" else problem.target_distance_m, kind="stable")
    forced = list(np.flatnonzero(problem.forced))
    ranked = forced + [k for k in order if k not in forced]
    sizes = range(max(1, len(forced)), problem.size + 1)
    if problem.count is not None:
        sizes = [problem.count if problem.count in sizes else sizes[0]]
    within = [n for n in sizes if naive_cost_m(problem, tuple(ranked[:n])) <= problem.cost_limit_m]
    return np.isin(number, ranked[: within[-1] if within else sizes[0]])


def test_our_selectors_are_registered() -> None:
    assert set(SELECTORS) >= OURS | {"enumeration"}


@pytest.mark.parametrize(("name", "label"), ANSWERED)
def test_contract(name: str, label: str) -> None:
    problem, answer = PROBLEMS[label], run(name, PROBLEMS[label])
    assert answer.method == name
    assert answer.evaluated >= 0
    assert answer.message.endswith(".")
    assert answer.selected.shape == (problem.size,)
    assert not answer.selected.flags.writeable
    if answer.status == "infeasible":
        assert_infeasible(name, label, answer)
        return
    assert answer.nearest_budget_m is None
    group = tuple(int(k) for k in np.flatnonzero(answer.selected))
    assert group
    assert problem.forced[answer.selected].sum() == problem.forced.sum()
    assert problem.count in (None, len(group))
    assert answer.cost_m == close_to(naive_cost_m(problem, group), rel=1e-12, abs=1e-12)
    assert answer.cost_m <= problem.cost_limit_m * (1 + 1e-12)
    assert answer.value == problem.values(answer.selected[None])[0]
    assert answer.value is not None
    assert np.isfinite(answer.value)
    if name in RULES:
        assert np.array_equal(answer.selected, ruled_group(name, problem))
    _, costs, values = every_group(label)
    best = values[costs <= problem.cost_limit_m].min()
    if problem.size <= 8:
        assert answer.value >= best * (1 - 1e-9)
    if answer.bound is not None:
        assert answer.bound <= min(best, answer.value) * (1 + 1e-9)
    if answer.status == "optimal":
        assert answer.bound == close_to(answer.value, rel=1e-6)
        assert answer.value <= best * (1 + 1e-6)


def assert_infeasible(name: str, label: str, answer: Selection) -> None:
    """Brute force finds no such group, or the rule's own group will not do; and the right budget is told."""
    problem = PROBLEMS[label]
    assert not answer.selected.any()
    assert answer.value is None
    assert answer.bound is None
    masks, costs, _ = every_group(label)
    if name in RULES:
        ruled = ruled_group(name, problem)
        costs = costs[(masks == ruled).all(axis=1)]
        if problem.size > 8:  # of which not all groups are listed
            costs = np.array([naive_cost_m(problem, tuple(np.flatnonzero(ruled)))])
    else:
        assert problem.size <= 8
    assert not np.any(costs <= problem.cost_limit_m)
    assert answer.nearest_budget_m == (close_to(costs.min(), rel=1e-12) if len(costs) else None)


@pytest.mark.parametrize(("name", "label"), sorted(REFUSED))
def test_what_a_method_cannot_do_is_refused(name: str, label: str) -> None:
    with pytest.raises(InputError, match=name) as caught:
        run(name, PROBLEMS[label])
    (problem,) = caught.value.problems
    assert problem.path == "design.selector"
    assert problem.hint


@pytest.mark.slow
@pytest.mark.parametrize(("name", "label"), ANSWERED)
def test_same_seed_same_answer(name: str, label: str) -> None:
    first, second = run(name, PROBLEMS[label], seed=4), run(name, PROBLEMS[label], seed=4)
    assert np.array_equal(first.selected, second.selected)
    assert first.message == second.message


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SELECTORS if name not in RULES])
def test_the_nearest_budget_is_enough_and_nothing_less_is(name: str) -> None:
    found = 0
    for label, problem in PROBLEMS.items():
        if (name, label) not in ANSWERED or (budget := run(name, problem).nearest_budget_m) is None:
            continue
        found += 1
        assert run(name, dataclasses.replace(problem, cost_limit_m=budget)).status != "infeasible"
        assert run(name, dataclasses.replace(problem, cost_limit_m=budget * (1 - 1e-5))).status == "infeasible"
    assert found >= 4


def message(name: str, problem: SelectionProblem) -> str:
    answer = run(name, problem)
    assert answer.status == "infeasible"
    return answer.message


def test_messages_name_the_constraint() -> None:
    forced = message("greedy", PROBLEMS["forced over budget"])
    assert forced.startswith(
        "The receivers rx3, rx7 must be selected to meet their required rates; their cooperation cost is"
    )
    assert "the limit is 10 m" in forced
    assert message("greedy", PROBLEMS["no budget"]).startswith("The cheapest group (receiver rx")
    assert "that has 5 members" in message("greedy", PROBLEMS["count over budget"])
    assert "observable under the criterion position" in message("greedy", PROBLEMS["position, no pair in budget"])
    assert "observable under the criterion position" in message("greedy", PROBLEMS["position, one receiver"])
    assert (
        message("greedy", PROBLEMS["count above K"])
        == "Exactly 4 receivers are required (design.receivers), but the scenario has only 3."
    )
    assert "rx1, rx2, rx3 must be selected to meet their required rates" in message(
        "greedy", PROBLEMS["count below forced"]
    )
    assert "their cooperation cost is" in message("all", PROBLEMS["plain"])
    wrong_size = message("given", dataclasses.replace(PROBLEMS["plain"], count=7))
    assert "but exactly 7 are required (design.receivers). Set design.receivers to" in wrong_size
    lacking = dataclasses.replace(PROBLEMS["plain"], forced=np.arange(8) == 2)
    assert "receiver rx3 would be left out, but must be selected to meet the required rate" in message("given", lacking)


def test_given_needs_a_group() -> None:
    with pytest.raises(InputError, match=r"design\.given"):
        registry.load("selectors", "given")(selection_problem(4), np.random.default_rng(0))


def test_all_and_given_select_what_they_say() -> None:
    problem = selection_problem(6, cost_limit_m=LOOSE)
    assert run("all", problem).selected.all()
    assert run("given", problem).selected.tolist() == [True, True, False, True, True, False]


@pytest.mark.parametrize("name", ["best_n", "nearest_n"])
def test_rankings(name: str) -> None:
    problem = selection_problem(10, seed=20, echo_gain=np.random.default_rng(1).random(10), cost_limit_m=150.0)
    key = -problem.echo_gain if name == "best_n" else problem.target_distance_m
    order = np.argsort(key)
    answer = run(name, problem)
    size = int(answer.selected.sum())
    assert set(np.flatnonzero(answer.selected)) == set(order[:size])
    assert not problem.feasible(np.isin(np.arange(10), order[: size + 1])[None])[0]
    five = run(name, dataclasses.replace(problem, count=5, cost_limit_m=LOOSE))
    assert set(np.flatnonzero(five.selected)) == set(order[:5])
    held = dataclasses.replace(problem, forced=np.arange(10) == order[-1], count=3, cost_limit_m=LOOSE)
    forced = run(name, held)
    assert set(np.flatnonzero(forced.selected)) == {order[0], order[1], order[-1]}


def test_random_groups_are_maximal_and_reach_every_receiver() -> None:
    problem = selection_problem(8, seed=21, cost_limit_m=150.0)
    seen = np.zeros(8, int)
    for seed in range(60):
        answer = run("random", problem, seed)
        seen += answer.selected
        for k in np.flatnonzero(~answer.selected):
            wider = answer.selected.copy()
            wider[k] = True
            assert not problem.feasible(wider[None])[0]
    affordable = problem.feasible(np.eye(8, dtype=bool))
    assert (seen > 0).tolist() == affordable.tolist()


def test_kmeans_separates_two_clouds() -> None:
    rng = np.random.default_rng(3)
    places = np.vstack([rng.normal(0, 1, (5, 3)), rng.normal(80, 1, (4, 3))])
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    problem = selection_problem(
        9,
        criterion=Weighted(weights=np.ones(9)),
        positions_m=places,
        receiver_distance_m=apart,
        target_distance_m=np.full(9, 1.0),
        cost_limit_m=30.0,
    )
    answer = run("kmeans", problem)
    assert answer.selected.tolist() == [True] * 5 + [False] * 4


def test_swaps_leave_no_better_neighbour() -> None:
    for seed in range(10):
        problem = selection_problem(9, seed=30 + seed, cost_limit_m=120.0)
        answer = run("greedy_swap", problem)
        group = answer.selected
        neighbours = [group ^ (np.arange(9) == k) for k in range(9)]
        neighbours += [
            group ^ (np.arange(9) == k) ^ (np.arange(9) == j)
            for k in np.flatnonzero(group)
            for j in np.flatnonzero(~group)
        ]
        masks = np.array(neighbours)
        values = problem.values(masks[problem.feasible(masks)])
        assert answer.value is not None
        assert values.min(initial=np.inf) >= answer.value * (1 - 1e-12)
        plain = run("greedy", problem)
        assert plain.value is not None
        assert answer.value <= plain.value


def test_neighbours_are_all_affordable_moves() -> None:
    for seed in range(10):
        problem = selection_problem(9, seed=seed, forced=(2,), cost_limit_m=150.0, distance_weight=0.4)
        group = np.isin(np.arange(9), [2, 4, seed % 9])
        for found, distance in ((additions(problem, group), {1}), (swaps(problem, group), {0})):
            moves = [
                mask
                for mask in all_masks(9)
                if np.sum(mask != group) == 2 - (1 in distance) and mask.sum() - group.sum() in distance and mask[2]
            ]
            affordable = [mask for mask in moves if problem.feasible(mask[None])[0]]
            assert sorted(map(tuple, found)) == sorted(map(tuple, affordable))
        fewer = removals(problem, group)
        assert (fewer.sum(axis=1) == group.sum() - 1).all()
        assert fewer[:, 2].all()
        assert len(fewer) == group.sum() - 1


def all_masks(size: int) -> np.ndarray:
    return (np.arange(1 << size)[:, None] >> np.arange(size)) % 2 == 1


def test_candidates_are_mended_by_nearness_to_the_target() -> None:
    problem = selection_problem(
        6, forced=(5,), count=3, target_distance_m=np.array([6.0, 5.0, 4.0, 3.0, 2.0, 9.0]), cost_limit_m=LOOSE
    )
    wide, narrow = np.array([[1, 1, 1, 0, 0, 0]], bool), np.array([[1, 0, 0, 0, 0, 0]], bool)
    assert repaired_groups(problem, wide).tolist() == [[False, True, True, False, False, True]]
    assert repaired_groups(problem, narrow).tolist() == [[True, False, False, False, True, True]]


def test_two_useless_receivers_may_be_cheaper_than_a_useful_one() -> None:
    @dataclasses.dataclass(frozen=True)
    class Odd:
        """Finite for receiver 0 and for 1 and 2 together."""

        name: str = "odd"
        unit: str = ""

        def values(self, masks, illumination_w):
            return np.where(masks[:, 0] | (masks[:, 1] & masks[:, 2]), 1.0, np.inf)

    line = np.array([90.0, 1.0, 2.0])
    problem = selection_problem(
        3, criterion=Odd(), target_distance_m=line, receiver_distance_m=np.abs(line[:, None] - line)
    )
    cheapest = cheapest_group(problem)
    assert cheapest is not None
    assert cheapest.exact
    assert cheapest.mask.tolist() == [False, True, True]
