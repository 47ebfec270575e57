"""How values of several points become one, and what is said where they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from multistatic.bounds.gain import LinearGain, MatrixGain
from multistatic.errors import InputError, MultistaticError
from multistatic.registry import Origin, Plugin
from multistatic.selection.all_receivers import all_receivers
from multistatic.selection.branch_and_bound import branch_and_bound
from multistatic.selection.criterion_of_points import CriterionOfPoints
from multistatic.selection.declared_gain import exact_gain, knowledge_of, surely_unobservable
from multistatic.selection.groups import all_groups
from multistatic.selection.over_points import OVER_POINTS, mean_power, reduced
from multistatic.selection.plugin_answers import PluginCriterion, checked_criterion
from multistatic.selection.selection_problem import SelectionProblem
from multistatic.units import B, F
from tests.support.close import assert_close, close_to
from tests.support.selection_problems import Weighted, naive_value, points_problem

RNG = np.random.default_rng(0)
VALUES = np.array([[1.0, 2.0, 4.0], [3.0, 3.0, 3.0], [1.0, np.inf, 2.0]])
WEIGHT = np.array([0.5, 0.25, 0.25])


def test_worst_mean_and_mean_square() -> None:
    assert reduced(VALUES, WEIGHT, "worst").tolist() == [4.0, 3.0, np.inf]
    assert reduced(VALUES, WEIGHT, "mean").tolist() == [2.0, 3.0, np.inf]
    expected = [np.sqrt(0.5 + 1.0 + 4.0), 3.0, np.inf]
    assert_close(reduced(VALUES, WEIGHT, "mean_square"), expected, rel=1e-15)
    np.testing.assert_array_equal(reduced(VALUES, WEIGHT, "posterior"), reduced(VALUES, WEIGHT, "mean_square"))


@pytest.mark.parametrize("over", OVER_POINTS)
def test_of_one_point_not_a_bit_changes(over: Any) -> None:
    values = np.random.default_rng(1).random((50, 1)) * 1e-7
    np.testing.assert_array_equal(reduced(values, np.ones(1), over), values[:, 0])


def test_infinity_at_a_point_without_weight_does_not_count_in_a_mean() -> None:
    weight = np.array([0.5, 0.0, 0.5])
    assert reduced(VALUES, weight, "mean").tolist() == [2.5, 3.0, 1.5]
    assert reduced(VALUES, weight, "worst")[2] == np.inf


def test_the_exponents_of_the_power_means() -> None:
    assert [mean_power(over, 0.5) for over in OVER_POINTS] == [-np.inf, -0.5, -1.0, -1.0]
    assert [mean_power(over, 1.0) for over in OVER_POINTS] == [-np.inf, -1.0, -2.0, -2.0]


@pytest.mark.parametrize("over", OVER_POINTS)
def test_values_of_a_problem_are_those_of_each_point(over: Any) -> None:
    problem = points_problem(6, 4, seed=2, over_points=over)
    groups = np.concatenate(list(all_groups(problem)))
    assert_close(problem.values(groups), [naive_value(problem, group) for group in groups], rel=1e-9)
    each = problem.values_of_points(groups, 3.0)
    for point, criterion in enumerate(problem.criterion.criteria):
        assert_close(each[:, point], criterion.values(groups, 3.0), rel=1e-9)
    without = replace(problem, point_weight=None)
    assert without.shares.tolist() == [0.25] * 4
    assert problem.shares.sum() == close_to(1.0, rel=1e-15)


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"point_weight": np.ones(3)}, "point_weight", r"shape \[3\]"),
        ({"point_weight": np.array([1.0, -1.0, 1.0, 1.0])}, "point_weight", "weights from -1 to 1"),
        ({"point_weight": np.zeros(4)}, "point_weight", "not all 0"),
        ({"point_weight": np.array([1.0, np.nan, 1.0, 1.0])}, "point_weight", "finite"),
        ({"over_points": "best"}, "design.over_points", "one of worst, mean, mean_square, posterior"),
        ({"illumination_w": np.ones(3), "point_weight": None}, "design.criterion", "criteria of 4 points"),
    ],
)
def test_points_that_do_not_fit_are_refused(changes: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        replace(points_problem(5, 4), **changes)
    assert [problem.path for problem in caught.value.problems] == [path]


def unobservable_at(point: int, **changes: Any) -> SelectionProblem:
    """Three points; at one of them no receiver has information."""
    problem = points_problem(5, 3, criterion="surrogate", over_points="mean", **changes)
    criteria = list(problem.criterion.criteria)
    criteria[point] = replace(criteria[point], weights=np.zeros(5))
    places = problem.criterion.position_m
    return replace(problem, criterion=CriterionOfPoints(criteria=tuple(criteria), position_m=places))


def test_the_point_at_which_a_target_is_unobservable_is_named() -> None:
    problem = unobservable_at(1)
    assert surely_unobservable(problem)
    where = problem.criterion.position_m[1]
    for answer in (branch_and_bound(problem, RNG), all_receivers(replace(problem, cost_limit_m=1e6), RNG)):
        assert answer.status == "infeasible"
        assert f"point 2 of 3, at ({where[0]:.6g}, {where[1]:.6g}, 0) m" in answer.message
    nameless = CriterionOfPoints(criteria=problem.criterion.criteria)
    assert nameless.reason(np.ones(5, bool), 1.0) == "At point 2 of 3, the target is unobservable."
    dark = np.array([1.0, 0.0, 0.0])
    lost = points_problem(5, 3).criterion.reason(np.ones(5, bool), dark)
    assert lost.startswith("At point 2 of 3, at (")
    assert "and 1 more of the 3 points" in lost
    assert points_problem(5, 3).criterion.reason(np.ones(5, bool), 1.0) == ""


def test_a_point_without_weight_may_be_unobservable_for_a_mean() -> None:
    problem = unobservable_at(1, point_weight=np.array([1.0, 0.0, 2.0]))
    answer = branch_and_bound(problem, RNG)
    assert answer.status == "optimal"
    assert np.isfinite(answer.value)
    assert branch_and_bound(replace(problem, over_points="worst"), RNG).status == "infeasible"


def test_groups_that_are_lost_at_one_point_are_not_looked_at_elsewhere() -> None:
    looked_at: list[int] = []

    class Counted:
        name, unit = "counted", ""

        def __init__(self, value: float) -> None:
            self.value = value

        def values(self, masks: B, illumination_w: float) -> F:
            looked_at.append(len(masks))
            return np.where(masks[:, 0], self.value, np.inf)

    both = CriterionOfPoints(criteria=(Counted(1.0), Counted(2.0)))
    problem = replace(points_problem(5, 2), criterion=both, point_weight=None)
    groups = np.array([[True] * 5, [False] + [True] * 4])
    assert problem.values(groups).tolist() == [2.0, np.inf]
    assert looked_at == [2, 1]
    assert problem.values_of_points(groups).tolist() == [[1.0, 2.0], [np.inf, np.inf]]
    assert looked_at == [2, 1, 2, 2]


PLUGIN = Plugin(group="criteria", name="theirs", origin=Origin(distribution="theirs", version="1", value="theirs:make"))


class Root(Weighted):
    """Values that are roots of those of the declared gain."""

    def values(self, masks: B, illumination_w: float) -> F:
        return np.asarray(np.sqrt(Weighted.values(self, masks, illumination_w)))


class OfRoot(Root):
    """The same with the declaration that is right."""

    @property
    def gain(self) -> LinearGain:
        return LinearGain(weights=self.weights, exponent=0.5)


def of_plugin(*criteria: Any) -> SelectionProblem:
    checked: tuple[PluginCriterion, ...] = tuple(checked_criterion(each, PLUGIN) for each in criteria)
    problem = points_problem(6, len(criteria), over_points="mean")
    return replace(problem, criterion=CriterionOfPoints(criteria=checked))


def test_a_plugin_is_compared_at_every_point() -> None:
    weights = [np.random.default_rng(seed).random(6) + 0.1 for seed in range(3)]
    right = of_plugin(*(Weighted(weights=each) for each in weights))
    known = knowledge_of(right)
    assert known.gain is not None
    assert "theirs" in known.claim
    answer = branch_and_bound(right, RNG)
    assert answer.status == "optimal"
    wrong = of_plugin(Weighted(weights=weights[0]), Weighted(weights=weights[1]), Root(weights=weights[2]))
    with pytest.raises(MultistaticError, match=r"does not explain its values.* from 'theirs' of theirs 1"):
        exact_gain(wrong)


def test_points_of_different_exponents_or_without_a_gain_have_none_together() -> None:
    weights = np.arange(1.0, 7.0)
    mixed = of_plugin(Weighted(weights=weights), OfRoot(weights=weights))
    assert exact_gain(mixed) is None
    assert not knowledge_of(mixed).falls

    class Bare:
        name, unit = "bare", ""
        values = staticmethod(Weighted(weights=weights).values)

    assert exact_gain(of_plugin(Weighted(weights=weights), Bare())) is None
    assert exact_gain(replace(points_problem(6, 2), criterion=Weighted(weights=weights), point_weight=None)) is None


@pytest.mark.parametrize("constant", [np.eye(3), np.diag([1.0, -1.0]), np.array([[1.0, 1.0], [0.0, 1.0]])])
def test_a_constant_that_is_none_is_refused(constant: F) -> None:
    with pytest.raises(ValueError, match="constant of a MatrixGain must be"):
        MatrixGain(information=[np.eye(2)], weighting=np.eye(2), constant=constant)


def test_a_constant_of_zeros_is_none() -> None:
    assert MatrixGain(information=[np.eye(2)], weighting=np.eye(2), constant=np.zeros((2, 2))).constant is None
