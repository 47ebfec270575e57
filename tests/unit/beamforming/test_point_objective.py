"""The loss of several points: values, errors, and the bound that prices prove against a search by brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from multistatic.beamforming.point_objective import PointObjective
from multistatic.errors import InputError
from tests.support.close import assert_close, close_to


def test_the_worst_is_the_largest_ratio_and_a_point_without_weight_does_not_count() -> None:
    objective = PointObjective(kind="worst", weight=np.array([2.0, 0.0, 1.0]))
    assert objective.loss(np.array([4.0, 0.0, 1.0])) == close_to(1.0)
    assert objective.loss(np.array([4.0, 5.0, 0.0])) == np.inf


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_the_sum_is_over_shifted_powers_and_its_marginal_is_the_derivative(exponent: float) -> None:
    weight, shift, light = np.array([1.0, 3.0]), np.array([0.5, 0.0]), np.array([2.0, 4.0])
    objective = PointObjective(kind="sum", weight=weight, shift=shift, exponent=exponent)
    assert objective.loss(light) == close_to(2.5**-exponent + 3.0 * 4.0**-exponent, rel=1e-14)
    step = 1e-6
    slopes = [(objective.loss(light - d) - objective.loss(light + d)) / (2 * step) for d in step * np.eye(2)]
    assert_close(objective.marginal(light), np.array(slopes), rel=1e-8)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_the_proven_loss_of_the_sum_is_its_least_value_under_the_priced_budget(exponent: float, shift: float) -> None:
    # Where every price is spent the bound is attained: minimise the loss over Σ μp = V by another method.
    weight, price, light = np.array([1.0, 2.0, 0.5]), np.array([0.3, 0.2, 0.9]), 4.0
    objective = PointObjective(kind="sum", weight=weight, shift=np.full(3, shift), exponent=exponent)

    def loss(logs: Any) -> float:
        share = np.exp(logs - np.max(logs))
        return objective.loss(light * share / share.sum() / price)

    least = min(
        minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}).fun
        for start in (np.zeros(3), np.array([1.0, 0.0, -1.0]))
    )
    assert objective.proven_loss(price, light) == close_to(least, rel=1e-6)


def test_the_proven_loss_of_the_worst_is_attained_where_all_ratios_are_equal() -> None:
    objective = PointObjective(kind="worst", weight=np.array([1.0, 2.0]))
    price = np.array([0.5, 0.25])
    # p = (4, 8) costs Σ μp = 4 and has the loss 1/4
    assert objective.proven_loss(price, 4.0) == close_to(objective.loss(np.array([4.0, 8.0])), rel=1e-14)


def test_limits_and_weights_of_many_groups_are_bounded_at_once() -> None:
    objective = PointObjective(kind="sum", weight=np.array([1.0, 2.0]), shift=np.array([0.1, 0.0]), exponent=0.5)
    weights, limits, price = np.array([[1.0, 2.0], [3.0, 0.5]]), np.array([1.0, 2.0]), np.array([0.4, 0.6])
    one_by_one = [
        PointObjective(kind="sum", weight=w, shift=objective.shifts, exponent=0.5).proven_loss(price, v)
        for w, v in zip(weights, limits, strict=True)
    ]
    assert_close(objective.proven_losses(price, limits, weights), np.array(one_by_one), rel=1e-14)


def test_the_scaled_objective_has_the_same_loss_times_its_unit() -> None:
    light = np.array([2.0, 3.0])
    for objective in (
        PointObjective(kind="worst", weight=np.array([2.0, 5.0])),
        PointObjective(kind="sum", weight=np.array([2.0, 5.0]), shift=np.array([1.0, 0.2]), exponent=2.0),
    ):
        scaled, unit = objective.scaled(0.1)
        assert scaled.weight.sum() == close_to(1.0, rel=1e-14)
        assert unit * scaled.loss(light / 0.1) == close_to(objective.loss(light), rel=1e-13)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"kind": "mean"}, "objective.kind"),
        ({"weight": [1.0, -1.0]}, "objective.weight"),
        ({"weight": [0.0, 0.0]}, "objective.weight"),
        ({"weight": [1.0, np.nan]}, "objective.weight"),
        ({"shift": [-1.0, 0.0]}, "objective.shift"),
        ({"kind": "worst", "shift": [1.0, 0.0]}, "objective.shift"),
        ({"exponent": 0.0}, "objective.exponent"),
        ({"kind": "worst", "exponent": 2.0}, "objective.exponent"),
    ],
)
def test_bad_fields_are_named(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(InputError) as raised:
        PointObjective(**{"kind": "sum", "weight": [1.0, 1.0], **fields})
    assert [problem.path for problem in raised.value.problems] == [path]
