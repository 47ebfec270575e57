"""Beams for several points against known optima, a semidefinite program, one point, and every other group."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Literal

import numpy as np
import pytest

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.evaluate import violations
from multistatic.beamforming.los import los_sdp
from multistatic.beamforming.over_points.dual_barrier import DualBarrier, DualPoint
from multistatic.beamforming.over_points.dual_certificate import proven_light
from multistatic.beamforming.over_points.method import posed_points, rank_one_dual
from multistatic.beamforming.over_points.point_cut import PointCut, point_cut
from multistatic.beamforming.over_points.semidefinite_program import semidefinite_optimum
from multistatic.beamforming.point_objective import PointObjective
from multistatic.beamforming.value_function import value_function
from multistatic.errors import InputError
from tests.support.beamforming_problems import complex_normal, steering
from tests.support.close import assert_close, close_to
from tests.support.point_problems import several_points, with_points

Kind = Literal["worst", "sum"]

# Noise and power 1, γ = 3; optima by a search over all beams, of p_i/‖a_i‖², the same for every group.
CHANNELS_2 = [[10.204595606925913 + 2.090494233628894j], [-12.778325156570908 - 2.838848030639649j]]
STEERING_2 = [[1.0, 1.0], [-0.20168730171599486 + 0.9794499641770994j, -0.4377307538085948 - 0.8991061045116752j]]
CHANNELS_3 = [
    [0.49940910001109817 + 3.742968663175768j, 5.910422733916464 + 0.4947113732027319j],
    [0.8687002727719974 + 3.418414635461776j, 4.410330172976427 - 6.907829709453833j],
    [-2.4233670518204007 + 0.9077672067154816j, -6.819602811970464 - 3.127504949803346j],
]
STEERING_3 = [
    [1.0, 1.0, 1.0],
    [
        -0.20168730171599486 + 0.9794499641770994j,
        0.9876985758122319 - 0.1563698287346021j,
        -0.4377307538085948 - 0.8991061045116752j,
    ],
    [
        -0.9186444646530425 - 0.395085240881414j,
        0.9510969533230225 - 0.3088925142823382j,
        -0.6167835743403188 + 0.7871327857636096j,
    ],
]


def proven(problem: BeamformingProblem, result: BeamformingResult, gap: float = 1e-4) -> float:
    """The loss of a result whose beams meet all constraints and whose gap is at most `gap`."""
    assert result.beams is not None
    assert max(violations(problem, result.beams).values()) <= 1e-9
    assert result.loss is not None
    objective = problem.point_objective
    assert objective is not None
    assert result.loss == objective.loss(result.beams.illumination_w(problem.steering_tx))
    assert result.gap is not None
    assert result.gap <= gap
    assert result.loss_bound <= result.loss
    return result.loss


def test_small_problems_have_the_known_optima() -> None:
    cases = ((CHANNELS_2, STEERING_2, 0.6611115, 1.5126042), (CHANNELS_3, STEERING_3, 0.3849923, 2.5940874))
    for channels, vectors, least, mean in cases:
        h, a = np.array(channels), np.array(vectors)
        for selected in product([False, True], repeat=h.shape[1]):
            size, count = a.shape
            for kind, weight, value in (
                ("worst", np.ones(count), 1.0 / (size * least)),
                ("sum", np.full(count, 1.0 / count), mean / size),
            ):
                problem = BeamformingProblem(
                    direct=h.T.conj()[:, None, :],
                    steering_tx=a.T.conj(),
                    noise_power_w=1.0,
                    power_limit_w=1.0,
                    rate_required_bps_hz=np.full(h.shape[1], 2.0),
                    selected=np.array(selected),
                    objective=PointObjective(kind=kind, weight=weight),
                )
                result = value_function(problem)
                loss = proven(problem, result)
                assert loss == close_to(value, rel=6e-5)
                assert result.loss_bound <= value * (1.0 + 2e-7)


@pytest.mark.parametrize("selected", [(), (0,), (0, 1, 2)])
@pytest.mark.parametrize(("kind", "exponent"), [("worst", 1.0), ("sum", 1.0), ("sum", 0.5), ("sum", 2.0)])
def test_the_semidefinite_program_agrees(selected: tuple[int, ...], kind: Kind, exponent: float) -> None:
    problem = several_points(5, selected=selected, kind=kind, exponent=exponent, points=4)
    result, other = value_function(problem), los_sdp(problem)
    loss = proven(problem, result)
    assert proven(problem, other) == close_to(loss, rel=1e-4)
    assert result.loss_bound <= other.loss * (1.0 + 1e-9)  # type: ignore[operator]
    assert other.loss_bound <= loss * (1.0 + 1e-9)
    program = semidefinite_optimum(rank_one_dual(posed_points(problem))[0])
    assert program is not None
    assert program.loss * posed_points(problem).loss_unit == close_to(loss, rel=1e-4)


def test_shifts_make_the_loss_of_a_prior() -> None:
    problem = several_points(2, points=5, count=3)
    objective = PointObjective(kind="sum", weight=np.ones(5), shift=np.linspace(0.0, 3.0, 5))
    problem = replace(problem, objective=objective)
    loss = proven(problem, value_function(problem))
    assert proven(problem, los_sdp(problem)) == close_to(loss, rel=1e-4)


@pytest.mark.parametrize("selected", [(), (0, 2), (0, 1, 2)])
def test_one_point_and_copies_of_it_have_the_optimum_of_one_point(selected: tuple[int, ...]) -> None:
    several = several_points(1, selected=selected, points=1)
    vector = several.steering_tx[0]
    alone = value_function(replace(several, steering_tx=vector, objective=None))
    assert alone.illumination_w is not None
    valued = value_function(several)
    weight = float(several.objective.weight[0])  # type: ignore[union-attr]
    assert valued.loss == close_to(weight / alone.illumination_w, rel=1e-12)
    assert valued.loss_bound == close_to(weight / alone.upper_bound_w, rel=1e-12)
    for kind in ("worst", "sum"):
        copies = with_points(several, np.tile(vector, (3, 1)), PointObjective(kind=kind, weight=np.full(3, 1.0)))
        result = value_function(copies)
        proven(copies, result)
        assert result.point_illumination_w is not None
        assert_close(result.point_illumination_w, alone.illumination_w, rel=1e-4)


def test_the_weight_of_a_point_may_be_split_over_copies_and_a_point_without_weight_is_left_out() -> None:
    problem = several_points(3, kind="sum", points=2)
    vectors, weight = problem.steering_tx, problem.objective.weight  # type: ignore[union-attr]
    split = with_points(
        problem,
        vectors[[0, 0, 1, 0]],
        PointObjective(kind="sum", weight=np.array([0.25 * weight[0], 0.75 * weight[0], weight[1], 0.0])),
    )
    assert proven(split, value_function(split)) == close_to(proven(problem, value_function(problem)), rel=1e-4)


def test_orthogonal_points_share_the_power_where_nobody_requires_a_rate() -> None:
    vectors = np.array([steering(4, 0.0), steering(4, 0.5)])
    for kind in ("worst", "sum"):
        problem = with_points(several_points(0, rate=0.0), vectors, PointObjective(kind=kind, weight=np.ones(2)))
        result = value_function(problem)
        proven(problem, result)
        assert result.point_illumination_w is not None
        assert_close(result.point_illumination_w, 2.0 * problem.power_limit_w, rel=1e-4)


def test_one_antenna_and_one_receiver() -> None:
    for transmit, count in ((1, 1), (1, 2), (3, 1)):
        problem = several_points(4, transmit=transmit, count=count, rate=0.5, points=3)
        result = value_function(problem)
        loss = proven(problem, result)
        if transmit == 1:
            assert loss == close_to(problem.objective.weight.max() / problem.power_limit_w, rel=1e-4)  # type: ignore[union-attr]


def test_many_points_of_both_kinds_are_proven() -> None:
    # Points are generated for the kind `worst`, and enter through 2 N - 1 of them for the kind `sum`.
    rng = np.random.default_rng(8)
    vectors = np.array([steering(5, sine) for sine in rng.uniform(0.1, 0.6, 40)])
    base = several_points(6, transmit=5, count=3, selected=(0, 1))
    for kind in ("worst", "sum"):
        problem = with_points(base, vectors, PointObjective(kind=kind, weight=rng.uniform(0.5, 1.0, 40)))
        loss = proven(problem, value_function(problem))
        program = semidefinite_optimum(rank_one_dual(posed_points(problem))[0])
        assert program is not None
        assert program.loss * posed_points(problem).loss_unit == close_to(loss, rel=1e-4)


def test_a_sensing_covariance_of_rank_above_one_has_a_column_for_each_beam() -> None:
    vectors = np.array([steering(6, sine) for sine in (-0.6, 0.0, 0.6)])
    problem = with_points(
        several_points(0, transmit=6, selected=(0, 1, 2)), vectors, PointObjective(kind="worst", weight=np.ones(3))
    )
    result = value_function(replace(problem, streams=1))
    proven(problem, result)
    assert result.beams is not None
    used = np.flatnonzero(np.any(result.beams.weights[0] != 0.0, axis=0))
    assert 1 <= len(used) <= 2  # 3 points and the power: r² ≤ 4
    assert result.beams.weights.shape[2] == len(used)
    assert not np.any(result.beams.weights[1:, :, 1:])


def test_points_that_no_beams_reach_are_named_and_the_others_are_designed_for() -> None:
    problem = several_points(0, points=2)
    dark = with_points(
        problem, np.concatenate([problem.steering_tx, np.zeros((1, 4))]), PointObjective(kind="sum", weight=np.ones(3))
    )
    result = value_function(dark)
    assert result.loss == np.inf
    assert "1 of the 3 points" in result.message
    with pytest.raises(InputError, match="zero for every point"):
        value_function(with_points(problem, np.zeros((2, 4)), PointObjective(kind="sum", weight=np.ones(2))))


def test_rates_out_of_reach_are_told_as_for_one_point() -> None:
    problem = several_points(0, rate=40.0)
    result = value_function(problem)
    alone = value_function(replace(problem, steering_tx=problem.steering_tx[0], objective=None))
    assert result.status == "infeasible"
    assert result.message == alone.message
    assert los_sdp(problem).status == "infeasible"
    silent = replace(problem, direct=np.concatenate([problem.direct[:2], np.zeros((1, 1, 4))]))
    assert "no direct channel" in value_function(silent).message


def test_an_objective_of_another_number_of_points_is_refused() -> None:
    with pytest.raises(InputError, match="one for each of the 3 points"):
        replace(several_points(0), objective=PointObjective(kind="sum", weight=np.ones(2)))


def test_prices_of_anybody_prove_a_bound() -> None:
    # Random prices, not those of an optimum: the bound holds, if loosely.
    problem = several_points(7, kind="sum", points=3)
    dual, _ = rank_one_dual(posed_points(problem))
    loss = proven(problem, value_function(problem)) / posed_points(problem).loss_unit
    rng = np.random.default_rng(0)
    for _ in range(50):
        at = DualPoint(rng.exponential(0.01, 3), rng.exponential(1.0, 3), 0.0)
        light = proven_light(dual, at)
        assert light >= 0.0
        assert dual.objective.proven_loss(at.point, light) <= loss


@pytest.mark.parametrize("kind", ["worst", "sum"])
def test_cuts_bound_the_losses_of_every_group_with_weights_of_its_own(kind: Kind) -> None:
    problem = several_points(9, count=4, transmit=5, points=3, selected=(1, 2), kind=kind)
    result = value_function(problem)
    cut = point_cut(problem, result)
    assert cut is not None
    groups = np.array(list(product([False, True], repeat=4)))
    weights = np.random.default_rng(1).uniform(0.2, 2.0, (len(groups), 3))
    objective = problem.objective
    assert objective is not None
    bounds = cut.loss_bounds(groups, weights, objective)
    for group, weight, bound in zip(groups, weights, bounds, strict=True):
        other = replace(problem, selected=group, objective=replace(objective, weight=weight))
        found = value_function(other).loss
        assert found is not None
        assert bound <= found * (1.0 + 1e-9)
    own = cut.loss_bounds(problem.selected[None], objective.weight[None], objective)[0]
    assert own == close_to(result.loss, rel=1e-4)
    # The more receivers cancel the sensing beam, the more light there may be.
    limits = cut.limits_w(groups)
    assert limits.min() == close_to(cut.left_w * cut.reach, rel=1e-12)
    assert limits[-1] == limits.max()
    assert limits[0] == limits.min()


def test_a_cut_without_rates_is_that_of_all_groups() -> None:
    problem = several_points(0, rate=0.0)
    cut = point_cut(problem)
    assert cut is not None
    limit = PointCut.of_all_groups(cut.price, 5.0)
    assert_close(limit.limits_w(np.zeros((2, 3), bool)), 5.0, rel=1e-15)
    loss = value_function(problem).loss
    objective = problem.objective
    assert objective is not None
    bound = cut.loss_bounds(np.zeros((1, 3), bool), objective.weight[None], objective)[0]
    assert bound == close_to(loss, rel=1e-4)
    assert bound <= loss


def test_centres_are_minima_of_the_barrier_written_out() -> None:
    rng = np.random.default_rng(3)
    for points, kind in ((3, "sum"), (12, "sum"), (3, "worst")):
        streams, size = 2, 3
        channels = 2.0 * complex_normal(rng, streams, size)
        vectors = np.array([steering(size, sine) for sine in rng.uniform(-1.0, 1.0, points)])
        objective = PointObjective(kind=kind, weight=rng.uniform(0.5, 1.0, points))
        barrier = DualBarrier(
            channels=channels,
            target=np.array([1.0, 3.0]),
            receives_sensing=np.array([True, False]),
            steering=vectors,
            objective=objective,
        )
        start = barrier.scaled(DualPoint(np.full(streams, 0.1), np.full(points, 1.0 / points), 20.0))
        centre, _, arrived = barrier.centred(start, 2.0, 1e-16)
        assert arrived
        _assert_least(barrier, centre, 2.0)


def _assert_least(barrier: DualBarrier, at: DualPoint, weight: float) -> None:
    """No small change of the prices lowers the barrier, written out matrix by matrix."""

    def value(rate: np.ndarray, point: np.ndarray, power: float) -> float:
        dyads = [np.outer(h, h.conj()) for h in barrier.channels]
        aimed = sum(mu * np.outer(a, a.conj()) for mu, a in zip(point, barrier.steering, strict=True))
        total = weight * barrier.dual_value(DualPoint(rate, point, power))
        for j in range(-1, len(dyads)):
            matrix = power * np.eye(len(barrier.steering[0])) - aimed
            for s, dyad in enumerate(dyads):
                share = -1.0 / barrier.target[s] if s == j else 1.0
                matrix = matrix + (float(barrier.receives_sensing[s]) if j < 0 else share) * rate[s] * dyad
            total -= np.linalg.slogdet(matrix)[1]
        return float(total - np.log(rate).sum() - np.log(point).sum())

    least = value(*at)
    rng = np.random.default_rng(0)
    for _ in range(20):
        rate = at.rate * (1.0 + 1e-4 * rng.standard_normal(len(at.rate)))
        point = at.point * (1.0 + 1e-4 * rng.standard_normal(len(at.point)))
        power = at.power * (1.0 + 1e-5 * rng.standard_normal())
        if barrier.worst:
            # The sum of the weighted prices is fixed
            factor = float(barrier.objective.weight @ at.point) / float(barrier.objective.weight @ point)
            point = point * factor
        assert value(rate, point, power) >= least - 1e-10 * abs(least)
