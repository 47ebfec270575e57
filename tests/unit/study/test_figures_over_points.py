"""Metrics over points, recomputed by hand, and what they are where a target is unobservable or exactly known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.design.result import Design
from multistatic.study.metrics import METRICS, metric, stored_unit
from multistatic.study.outcome import Outcome
from tests.support.close import close_to
from tests.support.handmade_design import design, infeasible
from tests.support.studies import OVER_POINTS
from tests.support.uncertain_designs import box, disc, prior, several

OF_POINTS = [name for name in OVER_POINTS if name not in ("one_fails_change", "target_off_10m_change")]
"""Those that need several points."""


def of(made: Design, name: str) -> float | None:
    return metric(name).value(Outcome(design=made, time_s=0.0, rng=np.random.default_rng(0)))


@pytest.mark.parametrize("make", [disc, prior, several])
def test_each_is_what_its_name_says(make: object) -> None:
    made: Design = make()  # type: ignore[operator]
    over, weight = made.over_points, made.points.weight
    assert over is not None
    assert made.beamforming is not None
    assert made.beamforming.beams is not None
    power_w = [
        float(np.sum(np.abs(np.einsum("t,jtl->jl", row, made.beamforming.beams.weights)) ** 2))
        for row in made.channel.steering_tx
    ]
    laid = slice(0, len(weight) - 1)  # the check added the last one
    share = weight[laid] / weight[laid].sum()
    expected = {
        "points": len(weight),
        "worst_value": max(over.value[laid]),
        "mean_value": sum(w * v for w, v in zip(share, over.value[laid], strict=True)),
        "worst_peb_m": max(over.peb_m[laid]),
        "mean_peb_m": sum(w * v for w, v in zip(share, over.peb_m[laid], strict=True)),
        "worst_illumination_w": min(power_w[laid]),
        "mean_illumination_w": sum(w * p for w, p in zip(share, power_w[laid], strict=True)),
        "nominal_worst_value": max(over.middle_values[laid]),
        "nominal_excess": 2.9,
    }
    assert {name: of(made, name) for name in expected} == {
        name: close_to(value, rel=1e-12) for name, value in expected.items()
    }


def test_a_point_that_the_check_added_changes_no_figure_but_their_number() -> None:
    """Otherwise one method would be judged at places where another one is not."""
    made = disc()
    over = made.over_points
    assert over is not None
    worse = replace(
        made,
        over_points=replace(
            over,
            value=np.append(over.value[:-1], 99.0),
            peb_m=np.append(over.peb_m[:-1], 99.0),
            middle_values=np.append(over.middle_values[:-1], 1e4),
        ),
    )
    assert [of(worse, name) for name in OF_POINTS] == [of(made, name) for name in OF_POINTS]
    assert max(of(worse, "worst_value") or 0.0, of(worse, "worst_peb_m") or 0.0) < 99.0


def test_an_unobservable_point_leaves_errors_without_a_value_and_power_with_one() -> None:
    made = box()
    assert [name for name in OF_POINTS if of(made, name) is None] == [
        "worst_value",
        "mean_value",
        "worst_peb_m",
        "mean_peb_m",
        "nominal_worst_value",
        "nominal_excess",
    ]


def test_a_point_without_weight_counts_for_the_worst_and_not_for_the_mean() -> None:
    made = disc()
    over = made.over_points
    assert over is not None
    weight = np.where(np.arange(made.points.count) == over.worst, 0.0, 1.0)
    value = np.where(weight > 0.0, 1.0, 9.0)
    changed = replace(
        made,
        points=replace(made.points, weight=weight),
        over_points=replace(over, value=value, peb_m=value),
    )
    assert (of(changed, "worst_peb_m"), of(changed, "mean_peb_m")) == (9.0, close_to(1.0, rel=1e-12))


def test_of_an_exactly_known_target_they_are_those_of_its_point() -> None:
    made = design()
    assert made.selection is not None
    assert made.beamforming is not None
    assert of(made, "points") == 1.0
    assert of(made, "worst_value") == of(made, "mean_value") == of(made, "nominal_worst_value") == made.selection.value
    assert of(made, "worst_peb_m") == of(made, "peb_m") == of(made, "mean_peb_m")
    assert of(made, "worst_illumination_w") == close_to(made.beamforming.illumination_w, rel=1e-12)
    assert of(made, "nominal_excess") == 0.0


def test_there_are_none_without_a_design() -> None:
    assert [of(infeasible(), name) for name in (*OF_POINTS, "one_fails_change")] == [None] * (len(OF_POINTS) + 1)


def test_nothing_averages_the_square_of_the_error_of_the_design_for_the_middle() -> None:
    """Its mean does not exist: the beams have nulls between the points."""
    assert [name for name in METRICS if name.startswith("nominal")] == ["nominal_worst_value", "nominal_excess"]


@pytest.mark.parametrize("name", ["worst_value", "mean_value", "nominal_worst_value"])
def test_values_have_the_unit_of_the_criterion(name: str) -> None:
    assert stored_unit(name, {"peb"}) == "m"
    assert stored_unit(name, {"peb", "surrogate"}) == ""
