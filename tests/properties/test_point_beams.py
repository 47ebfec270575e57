"""Properties of beams for several points on random problems with rank-one channels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.evaluate import violations
from multistatic.beamforming.point_objective import PointObjective
from multistatic.beamforming.value_function import value_function
from tests.support.beamforming_problems import complex_normal
from tests.support.point_problems import several_points, with_points

GAP = 1e-4


@st.composite
def problems(draw: st.DrawFn) -> BeamformingProblem:
    """A random problem whose rates may be out of reach."""
    count = draw(st.integers(1, 4))
    exponent = draw(st.sampled_from([0.5, 1.0, 2.0]))
    kind = draw(st.sampled_from(["worst", "sum"]))
    return several_points(
        draw(st.integers(0, 10_000)),
        count=count,
        transmit=draw(st.integers(1, 5)),
        points=draw(st.integers(2, 14)),
        rate=draw(st.sampled_from([0.0, 0.3, 1.0, 2.0])),
        selected=tuple(k for k in range(count) if draw(st.booleans())),
        kind=kind,
        exponent=exponent if kind == "sum" else 1.0,
    )


@settings(max_examples=60)
@given(problems())
def test_beams_meet_all_constraints_within_the_gap_of_what_is_proven(problem: BeamformingProblem) -> None:
    result = value_function(problem)
    if result.beams is None:
        assert value_function(replace(problem, steering_tx=problem.steering_tx[0], objective=None)).beams is None
        return
    assert max(violations(problem, result.beams).values()) <= 1e-9
    assert result.gap is not None
    assert result.gap <= GAP
    assert result.status == "optimal"


@settings(max_examples=25)
@given(problems(), st.integers(0, 1000))
def test_no_random_beams_are_better_than_what_is_proven(problem: BeamformingProblem, seed: int) -> None:
    """Beams of the optimum, moved at random and scaled to the power; only those that still meet the rates count."""
    result = value_function(problem)
    if result.beams is None or result.loss is None:
        return
    rng = np.random.default_rng(seed)
    objective = problem.objective
    assert objective is not None
    for size in (1e-3, 1e-2, 0.1, 1.0):
        noise = complex_normal(rng, *result.beams.weights.shape) * np.sqrt(problem.power_limit_w)
        moved = result.beams.weights + size * noise * (np.abs(result.beams.weights) > 0.0)
        beams = replace(result.beams, weights=moved * np.sqrt(problem.power_limit_w / np.sum(np.abs(moved) ** 2)))
        if max(violations(problem, beams).values()) == 0.0:
            assert objective.loss(beams.illumination_w(problem.steering_tx)) >= result.loss_bound


@settings(max_examples=30)
@given(problems())
def test_a_larger_group_and_fewer_points_are_never_worse(problem: BeamformingProblem) -> None:
    result = value_function(problem)
    if result.beams is None or result.loss is None:
        return
    if not problem.selected.all():
        first = int(np.flatnonzero(~problem.selected)[0])
        larger = value_function(
            replace(problem, selected=problem.selected | (np.arange(len(problem.selected)) == first))
        )
        assert larger.loss_bound <= result.loss
    objective = problem.objective
    assert objective is not None
    fewer = with_points(
        problem,
        problem.steering_tx[:-1],
        PointObjective(kind=objective.kind, weight=objective.weight[:-1], exponent=objective.exponent),
    )
    assert value_function(fewer).loss_bound <= result.loss
