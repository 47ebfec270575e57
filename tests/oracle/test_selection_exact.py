"""Certified selection: the pieces of the bound against oracles, then the answers against enumeration and HiGHS."""

from __future__ import annotations

import dataclasses
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog

from multistatic.errors import InputError
from multistatic.selection.branch_and_bound import BranchAndBoundSettings, branch_and_bound
from multistatic.selection.declared_gain import gain_of
from multistatic.selection.enumeration import enumeration
from multistatic.selection.knapsack import relaxed_knapsack
from multistatic.selection.milp import MilpSettings, _best_of_size, milp
from multistatic.selection.nodes import Nodes, bounded_subtree, roots
from multistatic.selection.pair_cost import linear_costs
from multistatic.selection.scaled_gain import ScaledMatrixGain
from multistatic.selection.selection_problem import SelectionProblem
from multistatic.units import B, F
from tests.support.close import close_to
from tests.support.selection_problems import Plain, naive_cost_m, network_problem, selection_problem

RNG = np.random.default_rng(0)


def random_node(problem: SelectionProblem, seed: int, *, size: int, inside: int = 2, free: int = 5) -> Nodes:
    order = np.random.default_rng(seed).permutation(problem.size)
    return dataclasses.replace(
        roots(problem).take(np.array([0])),
        inside=mask_of(problem, tuple(order[:inside]))[None],
        free=mask_of(problem, tuple(order[inside : inside + free]))[None],
        sizes=np.array([size]),
    )


def groups_of(node: Nodes) -> list[tuple[int, ...]]:
    inside, free = np.flatnonzero(node.inside[0]), np.flatnonzero(node.free[0])
    picks = int(node.sizes[0]) - len(inside)
    return [tuple(inside) + chosen for chosen in combinations(free, picks)]


def mask_of(problem: SelectionProblem, group: tuple[int, ...]) -> B:
    return np.isin(np.arange(problem.size), group)


@pytest.mark.parametrize("seed", range(40))
def test_knapsack_is_the_linear_program(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, picks = 12, int(rng.integers(1, 7))
    weights, costs, free = rng.random((1, size)), rng.random((1, size)) * 3, rng.random((1, size)) < 0.8
    free[0, :picks] = True
    cheapest = np.sort(costs[free])[:picks].sum()
    budget = np.array([cheapest * rng.choice([0.99, 1 + 1e-12, 1.2, 1.6, 10.0])])
    answer = relaxed_knapsack(weights, costs, free, np.array([picks]), budget)
    exact = linprog(
        -weights[0],
        A_ub=costs,
        b_ub=budget * (1 + 1e-12),
        A_eq=np.ones((1, size)),
        b_eq=[picks],
        bounds=[(0, 1 if allowed else 0) for allowed in free[0]],
    )
    if budget[0] < cheapest * 0.999:
        assert answer.bound[0] == -np.inf
        assert exact.status == 2
        return
    assert answer.bound[0] == close_to(-exact.fun, rel=1e-9)
    assert answer.share.sum() == close_to(picks)
    assert (answer.share @ costs[0]).item() <= budget[0] * (1 + 1e-9)
    assert (answer.share[~free] == 0).all()


@pytest.mark.parametrize("size", [3, 4, 5])
@pytest.mark.parametrize("seed", range(8))
def test_linear_cost_is_below_every_completion_and_exact_for_one(seed: int, size: int) -> None:
    problem = selection_problem(9, seed=seed, distance_weight=0.3)
    node = random_node(problem, seed, size=size)
    fixed, costs = linear_costs(problem, node.inside, node.free, node.sizes)
    for group in groups_of(node):
        missing = [k for k in group if not node.inside[0, k]]
        true = naive_cost_m(problem, group)
        below = fixed[0] + costs[0, missing].sum()
        assert below <= true * (1 + 1e-12)
        if len(missing) == 1:
            assert below == close_to(true, rel=1e-12)


def test_linear_costs_do_not_depend_on_the_batch() -> None:
    """Nodes with equal free sets take another path than a mixture of nodes."""
    problem = selection_problem(9, seed=1, distance_weight=0.3)
    nodes = [random_node(problem, seed, size=4 + seed % 3) for seed in range(6)]
    together = linear_costs(
        problem, *(np.concatenate([getattr(node, name) for node in nodes]) for name in ("inside", "free", "sizes"))
    )
    for i, node in enumerate(nodes):
        alone = linear_costs(problem, node.inside, node.free, node.sizes)
        assert together[0][i] == close_to(alone[0][0])
        assert together[1][i, node.free[0]] == close_to(alone[1][0, node.free[0]])


@pytest.mark.parametrize("criterion", ["surrogate", "peb", "veb", "weighted"])
@pytest.mark.parametrize("height_m", [0.0, 50.0])
def test_tangent_is_above_the_gain_and_touches_it(criterion: str, height_m: float) -> None:
    for seed in range(5):
        problem = network_problem(9, seed=seed, criterion=criterion, height_m=height_m)
        gain = gain_of(problem, "test")
        rng = np.random.default_rng(seed)
        everyone = problem.values(np.ones((1, 9), bool))[0]
        masks = rng.random((40, 9)) < 0.6
        true = (everyone / problem.values(masks)) ** (1 / gain.exponent)
        weights = gain.tangent(rng.random((30, 9)))
        assert (masks @ weights.T >= true[:, None] * (1 - 1e-9)).all()
        touching = np.einsum("nk,nk->n", gain.tangent(masks.astype(float)), masks)
        assert touching == close_to(true, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
@pytest.mark.parametrize("seed", range(25))
def test_bound_of_a_node_covers_all_its_groups(criterion: str, seed: int) -> None:
    """Whatever the floor, a group above it is either still in the node or among those to be tried."""
    problem = network_problem(10, seed=seed, criterion=criterion, cost_limit_m=250.0 + 10 * seed)
    gain = gain_of(problem, "test")
    everyone = problem.values(np.ones((1, 10), bool))[0]
    node = random_node(problem, seed, size=4 + seed % 2, inside=1, free=8)
    masks = np.array([mask_of(problem, group) for group in groups_of(node)])
    gains = (everyone / problem.values(masks)) ** (1 / gain.exponent) * problem.feasible(masks)
    for floor in np.quantile(gains[gains > 0], [0.0, 0.5, 0.8, 0.9, 0.95, 0.99]) if gains.any() else [1e-9]:
        kept, tried = bounded_subtree(problem, gain, node, floor * (1 - 1e-9))
        for mask in masks[gains > floor]:
            inside = kept.count and (mask <= (kept.inside | kept.free)[0]).all() and (kept.inside[0] <= mask).all()
            assert inside or (tried == mask).all(axis=1).any()
        if kept.count:
            assert kept.bound[0] >= gains.max() * (1 - 1e-9)


def test_relaxation_is_that_of_cvxpy() -> None:
    """Without a binding budget the refined bound is the A-optimal design relaxed to b in [0, 1]."""
    cvxpy = pytest.importorskip("cvxpy")
    for seed in range(3):
        problem = network_problem(10, seed=seed, criterion="peb", count=4, cost_limit_m=1e6)
        problem = dataclasses.replace(problem, cost_limit_m=float(problem.costs_m(np.ones((1, 10), bool))[0]))
        gain = gain_of(problem, "test")
        assert isinstance(gain, ScaledMatrixGain)
        share, size = cvxpy.Variable(10), gain.information.shape[1]
        total = sum(share[k] * gain.information[k] for k in range(10))
        scale = np.linalg.norm(gain.factor)
        variance = sum(
            cvxpy.matrix_frac(gain.factor[:, i] / scale, (total + total.T) / 2) for i in range(gain.factor.shape[1])
        )
        model = cvxpy.Problem(cvxpy.Minimize(variance), [share >= 0, share <= 1, cvxpy.sum(share) == 4])
        model.solve(solver="CLARABEL")
        best = 1 / (model.value * scale**2)
        kept, _ = bounded_subtree(problem, dataclasses.replace(gain, refinements=60), roots(problem), 1e-12)
        assert best * (1 - 1e-4) <= kept.bound[0] <= best * 1.01
        few, _ = bounded_subtree(problem, gain, roots(problem), 1e-12)
        assert best * (1 - 1e-4) <= few.bound[0] <= best * 1.1
        assert size == 4


def drawn_problem(seed: int, criterion: str, largest: int) -> SelectionProblem:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, largest + 1))
    return network_problem(
        size,
        seed=seed,
        criterion=criterion,
        height_m=float(rng.choice([0.0, 50.0])),
        forced=tuple(rng.choice(size, size=min(size, int(rng.choice([0, 0, 1, 2]))), replace=False)),
        count=int(rng.integers(1, size + 1)) if rng.random() < 0.3 else None,
        cost_limit_m=float(rng.choice([60.0, 100.0, 200.0, 400.0, 800.0])),
        distance_weight=float(rng.choice([0.0, 0.2, 0.5, 0.8, 1.0])),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("criterion", "largest", "cases"), [("surrogate", 12, 150), ("peb", 11, 80), ("veb", 11, 40), ("weighted", 11, 40)]
)
def test_branch_and_bound_is_enumeration(criterion: str, largest: int, cases: int) -> None:
    compared = 0
    for seed in range(cases):
        problem = drawn_problem(seed, criterion, largest)
        answer, exact = branch_and_bound(problem, RNG), enumeration(problem, RNG)
        assert answer.status == exact.status, seed
        if exact.value is None:
            continue
        assert answer.value == close_to(exact.value, rel=1e-9), seed
        assert answer.bound is not None
        assert answer.bound <= exact.value * (1 + 1e-12)
        compared += 1
    assert compared > cases / 3


@pytest.mark.slow
def test_a_weighted_sum_of_position_and_velocity_errors() -> None:
    for seed in range(15):
        problem = network_problem(9, seed=seed, criterion="peb")
        merit = problem.criterion
        problem = dataclasses.replace(
            problem, criterion=Plain(information=merit.information, weighting=np.diag([1.0, 1.0, 1e-8, 1e-8]))
        )
        answer, exact = branch_and_bound(problem, RNG), enumeration(problem, RNG)
        assert answer.status == exact.status
        assert answer.value == close_to(exact.value, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_milp_and_branch_and_bound_agree_beyond_enumeration(seed: int) -> None:
    problem = network_problem(26, seed=seed, cost_limit_m=140.0, forced=(seed,) if seed > 2 else ())
    answer, program = branch_and_bound(problem, RNG), milp(problem, RNG)
    assert answer.status == program.status == "optimal"
    assert answer.value == close_to(program.value, rel=1e-8)


@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
def test_stopped_early_the_bound_still_holds(criterion: str) -> None:
    open_gaps = 0
    for seed in range(12):
        problem = network_problem(30, seed=seed, criterion=criterion, cost_limit_m=250.0, distance_weight=0.0)
        optimum = branch_and_bound(problem, RNG)
        assert optimum.status == "optimal"
        for limits in (BranchAndBoundSettings(nodes=0), BranchAndBoundSettings(stop=lambda: True)):
            early = branch_and_bound(problem, RNG, limits)
            assert early.value is not None
            assert early.bound is not None
            assert early.bound <= optimum.value * (1 + 1e-9) <= early.value * (1 + 2e-9)
            open_gaps += early.status == "feasible"
        rough = branch_and_bound(problem, RNG, BranchAndBoundSettings(gap=0.05))
        assert rough.value is not None
        assert rough.bound is not None
        assert rough.value <= optimum.value * 1.05 * (1 + 1e-9)
        assert rough.bound <= optimum.value * (1 + 1e-9)
        assert rough.value / rough.bound <= 1.05 * (1 + 1e-9)
    assert open_gaps > 4


@pytest.mark.parametrize("seed", range(6))
def test_the_program_of_each_size_is_enumeration(seed: int) -> None:
    """Without a good start to hide behind."""
    problem = network_problem(9, seed=seed, cost_limit_m=180.0, forced=(2,) if seed % 2 else ())
    weights = gain_of(problem, "test").weights * 100.0
    for size in range(1, 7):
        exact = enumeration(dataclasses.replace(problem, count=size), RNG)
        group, bound = _best_of_size(problem, weights, size, 0.0, MilpSettings())
        if exact.value is None:
            assert group is None
            continue
        assert group is not None
        assert weights @ group == close_to(weights @ exact.selected, rel=1e-7)
        assert bound == close_to(weights @ exact.selected, rel=1e-6)


def test_milp_at_its_node_limit_keeps_a_valid_bound() -> None:
    problem = network_problem(24, seed=3, cost_limit_m=200.0, distance_weight=0.0)
    optimum, early = branch_and_bound(problem, RNG), milp(problem, RNG, MilpSettings(nodes=0))
    assert early.bound is not None
    assert optimum.value is not None
    assert early.bound <= optimum.value * (1 + 1e-6)


def test_values_that_the_gain_does_not_explain_are_refused() -> None:
    problem = selection_problem(6)
    straight = problem.criterion

    class Crooked:
        name, unit, gain = "crooked", "", straight.gain

        def values(self, masks: B, illumination_w: float) -> F:
            return straight.values(masks, illumination_w) ** 1.5

    class Bare:
        """Attributes that look like a declaration are none."""

        name, unit, weights = "bare", "", straight.weights
        values = staticmethod(straight.values)

    for merit, expected in ((Crooked(), "does not explain its values"), (Bare(), "local_search")):
        for select in (branch_and_bound, milp):
            with pytest.raises(InputError, match=expected):
                select(dataclasses.replace(problem, criterion=merit), RNG)
