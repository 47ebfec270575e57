"""Selection over several points: the gain against its values, the search against every group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic.bounds.gain import MatrixGain
from multistatic.bounds.square_root import squared_errors, whitened_rows
from multistatic.errors import InputError
from multistatic.linalg import inverse_root
from multistatic.scenario.design_settings import OverPoints
from multistatic.selection.branch_and_bound import BranchAndBoundSettings, branch_and_bound
from multistatic.selection.criterion_of_points import CriterionOfPoints, problem_at
from multistatic.selection.declared_gain import exact_gain, knowledge_of
from multistatic.selection.enumeration import enumeration
from multistatic.selection.gain_of_points import GainOfPoints
from multistatic.selection.groups import all_groups
from multistatic.selection.nodes import bounded_subtree, roots
from multistatic.selection.over_points import OVER_POINTS
from multistatic.selection.selection_problem import SelectionProblem
from tests.support.close import assert_close, close_to
from tests.support.selection_problems import Plain, naive_value, points_problem

RNG = np.random.default_rng(0)
CRITERIA = ("surrogate", "peb", "veb", "weighted")


def gain_of_values(problem: SelectionProblem, masks: np.ndarray, exponent: float) -> np.ndarray:
    """φ [n], 1 with every receiver selected, from values that are written as in words."""
    all_selected = naive_value(problem, np.ones(problem.size, bool))
    return np.array([(all_selected / naive_value(problem, mask)) ** (1.0 / exponent) for mask in masks])


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    criterion=st.sampled_from(CRITERIA),
    over=st.sampled_from(OVER_POINTS),
    height_m=st.sampled_from([0.0, 50.0]),
    prior_m=st.none() | st.sampled_from([0.001, 0.1, 10.0]),
    points=st.integers(2, 6),
)
def test_the_tangent_is_never_below_the_gain_and_touches_it(
    seed: int, criterion: str, over: OverPoints, height_m: float, prior_m: float | None, points: int
) -> None:
    """With a prior the tangent at a selection holds for the groups of its size; without, for all."""
    problem = points_problem(
        8, points, seed=seed, criterion=criterion, height_m=height_m, prior_m=prior_m, over_points=over
    )
    gain = exact_gain(problem)
    assert isinstance(gain, GainOfPoints)
    rng = np.random.default_rng(seed)
    masks = rng.random((30, 8)) < 0.6
    masks[0] = True
    masks = masks[masks.any(axis=1)]
    true = gain_of_values(problem, masks, gain.exponent)
    selection = rng.random((20, 8))
    sizes = rng.integers(1, 9, 20)
    selection *= (sizes / selection.sum(axis=1))[:, None]
    of_size = np.ones((len(masks), 20), bool) if prior_m is None else masks.sum(axis=1)[:, None] == sizes
    above = masks @ gain.tangent(selection).T >= true[:, None] * (1.0 - 1e-9)
    assert (above | ~of_size).all()
    touching = np.einsum("nk,nk->n", gain.tangent(masks.astype(float)), masks)
    sure = true > 1e-4  # where the matrices are far from singular
    assert_close(touching[sure], true[sure], rel=1e-9)
    assert touching[0] == close_to(1.0, rel=1e-12)


@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
@pytest.mark.parametrize("over", OVER_POINTS)
def test_the_tangent_at_a_regular_selection_touches_the_power_mean_to_twelve_digits(
    criterion: str, over: OverPoints
) -> None:
    problem = points_problem(12, 25, seed=4, criterion=criterion, over_points=over)
    gain = exact_gain(problem)
    assert isinstance(gain, GainOfPoints)
    selection = np.random.default_rng(1).uniform(0.5, 1.0, (10, 12))
    own = gain.gains(selection)
    weight = np.asarray(problem.point_weight)
    expected = {
        "worst": own.min(axis=1),
        "mean": (own**-gain.exponent @ weight) ** (-1.0 / gain.exponent),
    }.get(over, (own ** (-2.0 * gain.exponent) @ weight) ** (-0.5 / gain.exponent))
    assert_close(np.einsum("nk,nk->n", gain.tangent(selection), selection), expected, rel=1e-12)
    # A receiver that joins never lowers the gain: each weight of a tangent is its derivative.
    assert (gain.tangent(selection) >= 0.0).all()


@pytest.mark.parametrize("criterion", ["surrogate", "peb", "weighted"])
@pytest.mark.parametrize("over", OVER_POINTS)
def test_all_points_at_once_are_one_point_after_the_other(criterion: str, over: OverPoints) -> None:
    for prior_m in (None, 0.01):
        problem = points_problem(9, 7, seed=2, criterion=criterion, over_points=over, prior_m=prior_m)
        gain = exact_gain(problem)
        assert isinstance(gain, GainOfPoints)
        selection = np.random.default_rng(3).random((300, 9))
        assert_close(gain.tangent(selection), gain._of_each_part(selection), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("over", OVER_POINTS)
def test_points_without_a_gain_prove_that_a_group_has_none(over: OverPoints) -> None:
    """Two receivers in one direction from one of the points only: unobservable there."""
    away = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    blind = [[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]]
    parts = tuple(
        Plain(information=np.array([np.outer(g, g) for g in np.array(each)]), weighting=np.eye(2))
        for each in (away, blind, away)
    )
    problem = points_problem(3, 3, criterion="surrogate", over_points=over)
    problem = replace(problem, criterion=CriterionOfPoints(criteria=parts))
    gain = exact_gain(problem)
    assert isinstance(gain, GainOfPoints)
    masks = np.concatenate(list(all_groups(problem)))
    true = gain_of_values(problem, masks, gain.exponent)
    weights = gain.tangent(masks.astype(float))
    assert (masks @ weights.T >= true[:, None] * (1.0 - 1e-9)).all()
    assert np.einsum("nk,nk->n", weights, masks) == close_to(true, rel=1e-9, abs=1e-9)
    first_two = np.array([[True, True, False]])
    assert problem.values(first_two)[0] == np.inf
    weights = gain.tangent(first_two.astype(float))[0]
    assert weights[:2].sum() == close_to(0.0, abs=1e-9)


@pytest.mark.parametrize("over", OVER_POINTS)
@pytest.mark.parametrize(("criterion", "prior_m"), [("surrogate", None), ("peb", None), ("veb", None), ("peb", 1e-3)])
def test_branch_and_bound_is_enumeration(over: OverPoints, criterion: str, prior_m: float | None) -> None:
    compared = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        size = int(rng.integers(1, 11))
        problem = points_problem(
            size,
            int(rng.integers(2, 6)),
            seed=seed,
            criterion=criterion,
            over_points=over,
            prior_m=prior_m,
            height_m=float(rng.choice([0.0, 50.0])),
            forced=tuple(rng.choice(size, size=min(size, int(rng.choice([0, 0, 1]))), replace=False)),
            count=int(rng.integers(1, size + 1)) if rng.random() < 0.3 else None,
            cost_limit_m=float(rng.choice([100.0, 200.0, 400.0])),
            distance_weight=float(rng.choice([0.2, 0.5, 1.0])),
        )
        answer, exact = branch_and_bound(problem, RNG), enumeration(problem, RNG)
        assert answer.status == exact.status, seed
        if exact.value is None:
            continue
        assert exact.value == close_to(naive_value(problem, exact.selected), rel=1e-9)
        assert answer.value == close_to(exact.value, rel=1e-9), seed
        assert answer.bound is not None
        assert answer.bound <= exact.value * (1 + 1e-12)
        compared += 1
    assert compared > 4


@pytest.mark.parametrize("over", ["worst", "mean"])
@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
def test_many_receivers_and_twenty_five_points_are_every_group(over: OverPoints, criterion: str) -> None:
    """With 20 receivers and 200 instances: tests/evidence."""
    for seed in range(4):
        problem = points_problem(14, 25, seed=seed, criterion=criterion, over_points=over, cost_limit_m=250.0)
        answer, exact = branch_and_bound(problem, RNG), enumeration(problem, RNG)
        assert answer.status == exact.status == "optimal"
        assert answer.value == close_to(exact.value, rel=1e-9)


@pytest.mark.parametrize("over", ["worst", "mean"])
@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
def test_sixty_receivers_and_twenty_five_points_are_certified_in_few_nodes(over: OverPoints, criterion: str) -> None:
    for seed in range(2):
        problem = points_problem(60, 25, seed=seed, criterion=criterion, over_points=over)
        answer = branch_and_bound(problem, RNG, BranchAndBoundSettings(nodes=4000))
        assert answer.status == "optimal"
        assert answer.gap is not None
        assert answer.gap <= 1e-6


@pytest.mark.parametrize("over", OVER_POINTS)
def test_the_bound_of_a_node_covers_all_its_groups(over: OverPoints) -> None:
    for prior_m in (None, 1e-3):
        problem = points_problem(8, 4, seed=6, over_points=over, prior_m=prior_m, cost_limit_m=250.0)
        gain = exact_gain(problem)
        assert gain is not None
        masks = np.concatenate(list(all_groups(problem)))
        true = gain_of_values(problem, masks, gain.exponent) * problem.feasible(masks)
        for size in range(3, 7):
            node = roots(problem).take(np.array([size - 1]))
            kept, tried = bounded_subtree(problem, gain, node, 1e-12)
            best = true[masks.sum(axis=1) == size].max()
            found = max(
                [float(kept.bound.max(initial=0.0)), *gain_of_values(problem, tried, gain.exponent)], default=0.0
            )
            assert found >= best * (1.0 - 1e-9)


def test_values_with_a_prior_are_those_of_one_more_receiver_that_is_always_selected() -> None:
    problem = points_problem(7, 4, seed=3, prior_m=1e-3)
    masks = np.concatenate(list(all_groups(problem)))
    values = problem.values_of_points(masks)
    for point, light in enumerate(problem.illumination_w):
        criterion = problem.criterion.criteria[point]
        constant = criterion.gain.constant
        for row in range(0, len(masks), 9):
            total = constant + light * criterion.information[masks[row]].sum(axis=0)
            scale = 1.0 / np.sqrt(np.diagonal(total))
            if np.linalg.eigvalsh(total * scale[:, None] * scale)[0] > 1e-10:
                spread = np.trace(np.linalg.solve(total * scale[:, None] * scale, np.diag(scale**2))[:2, :2])
                assert values[row, point] == close_to(np.sqrt(spread), rel=1e-9)
        rows = whitened_rows(criterion.network, float(light))
        exact = np.sqrt(squared_errors(rows, masks, "position"))
        assert_close(values[:, point], exact, rel=1e-6)


def test_the_best_group_with_a_prior_is_that_with_one_more_forced_receiver() -> None:
    """A receiver at the target, where a pair costs nothing, changes no cost."""
    problem = problem_at(points_problem(6, 2, seed=5, prior_m=1e-3, distance_weight=1.0), 0)
    gain, light = problem.criterion.gain, problem.one_illumination_w
    assert isinstance(gain, MatrixGain)
    assert gain.constant is not None
    with_one_more = np.concatenate([gain.information, gain.constant[None] / light])
    larger = replace(
        problem,
        receiver_ids=(*problem.receiver_ids, "prior"),
        criterion=Plain(information=with_one_more, weighting=gain.weighting),
        positions_m=np.vstack([problem.positions_m, np.zeros(3)]),
        target_distance_m=np.append(problem.target_distance_m, 0.0),
        receiver_distance_m=np.zeros((7, 7)),
        echo_gain=np.ones(7),
        forced=np.arange(7) == 6,
    )
    answer, other = branch_and_bound(problem, RNG), branch_and_bound(larger, RNG)
    np.testing.assert_array_equal(answer.selected, other.selected[:6])
    assert answer.value == close_to(other.value, rel=1e-9)


def test_with_a_prior_the_gain_is_that_of_one_illumination() -> None:
    known = knowledge_of(points_problem(7, 3, prior_m=1e-3))
    assert known.gain is None
    assert known.falls
    assert known.gain_here is not None
    assert not known.gain_here.power_law
    known = knowledge_of(points_problem(7, 3))
    assert known.gain is known.gain_here is not None


@pytest.mark.parametrize("over", OVER_POINTS)
@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
def test_special_cases_are_the_general_one(over: OverPoints, criterion: str) -> None:
    problem = points_problem(8, 4, seed=1, criterion=criterion, over_points=over)
    masks = np.concatenate(list(all_groups(problem)))
    one = problem_at(problem, 2)
    # One point is that point, to the last bit, with the criterion alone or as one of several.
    alone = one.criterion.values(masks, one.one_illumination_w)
    np.testing.assert_array_equal(one.values(masks), alone)
    # Copies of one point are that point.
    copies = replace(
        problem,
        criterion=CriterionOfPoints(criteria=(one.criterion,) * 4),
        illumination_w=np.full(4, one.one_illumination_w),
    )
    assert_close(copies.values(masks), alone, rel=1e-12)
    gains = exact_gain(copies), exact_gain(one)
    selection = np.random.default_rng(0).random((20, 8))
    assert_close(gains[0].tangent(selection), gains[1].tangent(selection), rel=1e-9, abs=1e-12)
    # A point twice, with its weight split, changes nothing.
    weight = np.asarray(problem.point_weight)
    twice = replace(
        problem,
        criterion=CriterionOfPoints(criteria=(*problem.criterion.criteria, problem.criterion.criteria[0])),
        illumination_w=np.append(problem.illumination_w, problem.illumination_w[0]),
        point_weight=np.append(weight, 0.3 * weight[0]) * np.array([0.7, 1.0, 1.0, 1.0, 1.0]),
    )
    assert_close(twice.values(masks), problem.values(masks), rel=1e-12)
    # All illuminations times κ scale the value by κ^(-e).
    gain = exact_gain(problem)
    brighter = problem.values_at(masks, 7.0 * problem.illumination_w)
    assert_close(brighter, problem.values(masks) * 7.0**-gain.exponent, rel=1e-12)


def test_the_order_of_the_ways_to_one_value() -> None:
    """max ≥ root mean square ≥ mean; more points never make the worst better."""
    problem = points_problem(8, 6, seed=9)
    masks = np.concatenate(list(all_groups(problem)))
    worst, mean, square, posterior = (
        replace(problem, over_points=over).values(masks) for over in ("worst", "mean", "mean_square", "posterior")
    )
    finite = np.isfinite(worst)
    assert (worst[finite] >= square[finite]).all()
    assert (square[finite] >= mean[finite]).all()
    np.testing.assert_array_equal(square, posterior)
    fewer = replace(
        problem,
        criterion=CriterionOfPoints(criteria=problem.criterion.criteria[:4]),
        illumination_w=problem.illumination_w[:4],
        point_weight=None,
    )
    assert (fewer.values(masks)[finite] <= worst[finite]).all()


@pytest.mark.parametrize("size", [1, 2, 4, 6])
def test_the_root_of_the_inverse(size: int) -> None:
    rng = np.random.default_rng(size)
    factors = rng.standard_normal((50, size, size + 2)) * 10.0 ** rng.uniform(-6, 6, (50, size, 1))
    matrices = factors @ np.swapaxes(factors, 1, 2)
    root, margin = inverse_root(np.moveaxis(matrices, 0, 2).copy())
    for n, matrix in enumerate(matrices):
        scale = np.sqrt(np.diagonal(matrix))
        unit = matrix / scale[:, None] / scale
        inverse = np.linalg.solve(unit, np.eye(size)) / scale[:, None] / scale
        found = root[:, :, n].T @ root[:, :, n]
        assert_close(found * scale[:, None] * scale, inverse * scale[:, None] * scale, rel=1e-9, abs=1e-9)
        assert 0.0 < margin[n] <= np.linalg.eigvalsh(unit)[0] * (1 + 1e-9)
        assert (np.triu(root[:, :, n], 1) == 0.0).all()


def test_a_singular_matrix_has_no_margin() -> None:
    one = np.outer([1.0, 2.0], [1.0, 2.0])
    root, margin = inverse_root(np.stack([one, np.eye(2), np.zeros((2, 2))], axis=2))
    assert margin.tolist() == [0.0, 0.5, 0.0]
    assert np.isfinite(root).all()


class Crooked:
    """A criterion whose values are not those of its gain."""

    name, unit = "crooked", ""

    def __init__(self, straight: Any) -> None:
        self.straight, self.gain = straight, straight.gain

    def values(self, masks: np.ndarray, illumination_w: float) -> np.ndarray:
        return np.asarray(self.straight.values(masks, illumination_w)) ** 1.5


@pytest.mark.parametrize("factor", [0.0, 1e3])
def test_a_constant_that_does_not_explain_the_values_is_refused(factor: float) -> None:
    problem = problem_at(points_problem(7, 2, seed=3, prior_m=1e-4), 1)
    straight = problem.criterion
    declared = straight.gain

    class Wrong(Crooked):
        def values(self, masks: np.ndarray, illumination_w: float) -> np.ndarray:
            return np.asarray(self.straight.values(masks, illumination_w))

    wrong = Wrong(straight)
    wrong.gain = replace(declared, constant=factor * declared.constant)
    with pytest.raises(InputError, match="MatrixGain that does not explain its values"):
        exact_gain(replace(problem, criterion=wrong))
    assert exact_gain(problem) is not None
