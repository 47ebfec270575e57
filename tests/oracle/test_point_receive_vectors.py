"""Beams for several points with several receive antennas: beside a search on the beams themselves that shares nothing
with the package, beside successive convex approximation, and beside the cases that are solved otherwise.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.downlink.gram_problem import Streams
from multistatic.beamforming.evaluate import violations
from multistatic.beamforming.over_points import method
from multistatic.beamforming.over_points.fixed_vectors import inside, least_prices, solved
from multistatic.beamforming.over_points.method import point_beams
from multistatic.beamforming.over_points.receive_side import PointReceivers, stream_gradient
from multistatic.beamforming.over_points.several_antennas import best_receive_vectors
from multistatic.beamforming.point_objective import PointObjective
from multistatic.beamforming.sca import ScaSettings, sca
from multistatic.beamforming.sca.searched_start import StartSettings
from multistatic.beamforming.value_function import value_function
from multistatic.beamforming.value_function.several_starts import ValueFunctionSettings
from tests.support.beamforming_problems import complex_normal, scattered_problem, steering
from tests.support.close import close_to
from tests.support.point_beams_search import PointBeamsSearch

SINES = (0.5, 0.75, 0.95)
EVEN = np.full(3, 1.0 / 3.0)
OBJECTIVES = {
    "worst": None,
    "unequal": PointObjective(kind="worst", weight=[1.0, 2.0, 0.5]),
    "mean_square": PointObjective(kind="sum", weight=EVEN),
    "mean": PointObjective(kind="sum", weight=EVEN, exponent=0.5),
    "posterior": PointObjective(kind="sum", weight=EVEN, shift=[0.5, 1.0, 2.0]),
}


def several_points(
    seed: int, selected: tuple[int, ...], kind: str = "worst", *, sines: tuple[float, ...] = SINES, **sizes: float
) -> BeamformingProblem:
    asked = scattered_problem(seed, selected=selected, **sizes)  # type: ignore[arg-type]
    towards = np.array([steering(asked.antennas, sine) for sine in sines])
    return replace(asked, steering_tx=towards, point_weight=None, objective=OBJECTIVES[kind])


def normalised_loss(asked: BeamformingProblem, found: BeamformingResult, search: PointBeamsSearch) -> float:
    """The loss as the search scales it."""
    assert found.point_illumination_w is not None
    light = found.point_illumination_w / asked.antennas
    if search.worst:
        return float(np.max(search.weight / light))
    return float(search.weight @ (light + search.shift) ** -search.exponent)


def receivers_of(
    rng: np.random.Generator, objective: PointObjective, selected: tuple[bool, ...] = (True, False, True)
) -> PointReceivers:
    return PointReceivers(
        channels=20.0 * complex_normal(rng, 3, 2, 5),
        rate=np.array([1.5, 2.0, 1.0]),
        receives_sensing=~np.array(selected),
        steering=np.array([steering(5, sine) for sine in SINES]) / np.sqrt(5.0),
        objective=objective,
    )


@pytest.mark.parametrize("selected", [(True, True, True), (True, False, True), (False, False, False)])
@pytest.mark.parametrize("kind", ["unequal", "posterior"])
def test_the_gradient_is_that_of_the_minimum_of_the_barrier(kind: str, selected: tuple[bool, ...]) -> None:
    """By receive vectors and by shares, one receiver with two streams: differences of minima."""
    rng, objective = np.random.default_rng(3), OBJECTIVES[kind]
    assert objective is not None
    receivers = receivers_of(rng, objective, selected)
    vectors = complex_normal(rng, 4, 2)
    streams = Streams(
        receiver=np.array([0, 1, 1, 2]),
        vectors=vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        share=np.array([1.5, 1.2, 0.8, 1.0]),
    )
    weight = 50.0

    def minimum(step: np.ndarray, share: np.ndarray) -> float:
        moved = replace(streams, vectors=streams.vectors + step, share=streams.share + share)
        barrier = receivers.barrier(moved)
        prices = least_prices(barrier)
        assert prices is not None
        return barrier.minimum(inside(barrier, prices, EVEN), weight, 1e-20).value

    barrier = receivers.barrier(streams)
    prices = least_prices(barrier)
    assert prices is not None
    at = barrier.centred(inside(barrier, prices, EVEN), weight, 1e-20)[0]
    slopes = stream_gradient(receivers, streams, barrier, at)
    for _ in range(4):
        step, share = complex_normal(rng, 4, 2), rng.standard_normal(4)
        difference = (minimum(1e-5 * step, 1e-5 * share) - minimum(-1e-5 * step, -1e-5 * share)) / 2e-5
        exact = 2.0 * float(np.vdot(slopes.by_vector, step).real) + float(slopes.by_share @ share)
        assert difference == close_to(exact, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("selected", "kind"),
    [((0, 1), "worst"), ((0,), "unequal"), ((), "mean_square"), ((0,), "posterior"), ((), "worst")],
)
def test_beside_a_search_on_the_beams_themselves(selected: tuple[int, ...], kind: str) -> None:
    """On the smallest problems with something to choose, where all restarts of the search end alike."""
    asked = several_points(5, selected, kind, count=2, transmit=3, rate=4.0, noise_power_w=1e-7)
    found = value_function(asked)
    assert max(violations(asked, found.beams).values()) <= 1e-9
    search = PointBeamsSearch(asked, width=2)
    theirs, ours = search.best(4), normalised_loss(asked, found, search)
    assert theirs < np.inf
    assert theirs * (1.0 - 1e-6) <= ours <= theirs * 1.0003
    # No beams are below the bound, whoever found them, and it is of use.
    assert found.loss is not None
    assert ours * found.loss_bound / found.loss <= theirs * (1.0 + 1e-6)
    assert 0.9 * found.loss < found.loss_bound < 0.99 * found.loss


@pytest.mark.slow
@pytest.mark.parametrize(("selected", "kind"), [((0, 1), "worst"), ((1,), "mean_square")])
def test_successive_convex_approximation_finds_nothing_better(selected: tuple[int, ...], kind: str) -> None:
    quick = ScaSettings(max_iterations=8, start=StartSettings(random_starts=0, short_search=40, finalists=0))
    asked = several_points(3, selected, kind, count=2, transmit=3)
    theirs, ours = sca(asked, quick), value_function(asked)
    assert theirs.loss is not None
    assert ours.loss is not None
    assert max(violations(asked, theirs.beams).values()) <= 1e-6
    assert ours.loss <= theirs.loss * 1.001
    assert theirs.loss <= ours.loss * 1.05
    assert ours.loss_bound <= theirs.loss


@pytest.mark.parametrize("selected", [(0, 1, 2), (1,), ()])
def test_equal_points_are_one_point(selected: tuple[int, ...]) -> None:
    asked = several_points(2, selected, sines=(0.7, 0.7, 0.7))
    single = value_function(replace(asked, steering_tx=asked.steering_tx[:1], point_weight=None))
    found = value_function(asked)
    assert found.illumination_w == close_to(single.illumination_w, rel=2e-3)


def test_two_antennas_of_rank_one_are_one_antenna() -> None:
    """The search has nothing to choose, and has to find what the convex problem of one antenna proves."""
    rng = np.random.default_rng(5)
    objective = OBJECTIVES["unequal"]
    assert objective is not None
    receivers = receivers_of(rng, objective)
    rows = receivers.channels[:, :1]
    alone = replace(receivers, channels=rows)
    arriving = complex_normal(rng, 3, 2, 1)
    arriving /= np.linalg.norm(arriving, axis=1, keepdims=True)
    rank_one = replace(receivers, channels=arriving @ rows)
    ones = Streams(receiver=np.arange(3), vectors=np.ones((3, 1), complex), share=receivers.rate)
    barrier = alone.barrier(ones)
    prices = least_prices(barrier)
    assert prices is not None
    proven = solved(barrier, prices)
    assert proven.gap < 1e-4
    found = best_receive_vectors(rank_one, (), 2, ValueFunctionSettings())
    assert found is not None
    assert proven.bound <= found.loss <= proven.bound * (1.0 + 2e-4)


@pytest.mark.parametrize("kind", ["worst", "mean_square"])
def test_what_cannot_help_does_not(kind: str) -> None:
    """A receiver that leaves the group, another point, a higher rate: the loss does not fall; a copy of a point with
    half of its weight changes nothing.
    """
    base = several_points(1, (0, 1), kind)
    loss = value_function(base).loss
    assert loss is not None
    fewer = value_function(replace(base, selected=np.array([True, False, False]))).loss
    faster = value_function(replace(base, rate_required_bps_hz=1.1 * base.rate_required_bps_hz)).loss
    assert fewer is not None
    assert faster is not None
    assert fewer >= loss * (1.0 - 1e-3)
    assert faster >= loss * (1.0 - 1e-3)
    towards = np.concatenate([base.steering_tx, base.steering_tx[:1]])
    weight = np.array([0.5, 1.0, 1.0, 0.5]) / 3.0 if kind == "mean_square" else np.ones(4)
    objective = PointObjective(kind="sum" if kind == "mean_square" else "worst", weight=weight)
    copied = value_function(replace(base, steering_tx=towards, point_weight=None, objective=objective)).loss
    assert copied == close_to(loss, rel=2e-3)


def test_more_points_lose_more() -> None:
    losses = []
    for sines in ((0.5, 0.6), (0.5, 0.6, 0.7, 0.8), (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)):
        found = value_function(several_points(4, (0,), sines=sines))
        assert found.loss is not None
        losses.append(found.loss)
    assert losses[0] < losses[1] < losses[2]


@pytest.mark.parametrize("selected", [(0, 1, 2, 3), (0, 1)])
def test_sharing_time_between_beams_for_one_point_each_is_no_better(selected: tuple[int, ...]) -> None:
    """The best shares of beams that are best for one point each, a linear program: not a theorem, but so here."""
    asked = several_points(6, selected, sines=(0.2, 0.45, 0.7, 0.9), count=4, transmit=8)
    lights = []
    for row in asked.steering_tx:
        alone = value_function(replace(asked, steering_tx=row[None], point_weight=None))
        assert alone.beams is not None
        lights.append(alone.beams.illumination_w(asked.steering_tx))
    count = len(lights)
    shared = linprog(
        np.append(np.zeros(count), -1.0),
        A_ub=np.column_stack([-np.array(lights).T, np.ones(len(lights[0]))]),
        b_ub=np.zeros(len(lights[0])),
        A_eq=np.append(np.ones(count), 0.0)[None],
        b_eq=[1.0],
    )
    found = value_function(asked)
    assert found.illumination_w is not None
    assert found.illumination_w > 1.005 * -shared.fun
    # And the beams for one point leave another one nearly without light.
    assert found.illumination_w > 3.0 * max(light.min() for light in lights)


def test_a_second_stream_is_used_where_it_saves_power() -> None:
    asked = several_points(7, (0,), count=2, transmit=6, rate=7.0, noise_power_w=1e-7)
    one, two = value_function(replace(asked, streams=1)), value_function(asked)
    assert one.loss is not None
    assert two.loss is not None
    assert two.loss < 0.99 * one.loss
    assert two.beams is not None
    assert max(violations(asked, two.beams).values()) <= 1e-9
    used = np.sum(np.abs(two.beams.weights[1:]) ** 2, axis=1) > 1e-6
    assert used.sum() > 2
    assert f"{used.sum()} data streams" in two.message


def test_the_sensing_covariance_may_have_a_higher_rank_than_there_are_streams() -> None:
    """Four orthogonal directions with one selected receiver, one stream: Q_0 needs several beams, all of which are in
    `weights[0]`, and all of which a receiver outside the group suffers.
    """
    sines = tuple(np.arange(4) * 0.5 - 0.75)
    asked = several_points(2, (0, 1), count=2, transmit=4, sines=sines, streams=1)
    found = value_function(asked)
    assert found.beams is not None
    assert found.beams.weights.shape[2] > 1
    assert np.linalg.matrix_rank(found.beams.weights[0]) > 1
    assert np.count_nonzero(np.abs(found.beams.weights[1:, :, 1:])) == 0
    assert max(violations(asked, found.beams).values()) <= 1e-9
    outside = replace(asked, selected=np.array([True, False]))
    assert violations(outside, found.beams)["rate"] > 0.1
    suffering = value_function(outside)
    assert suffering.beams is not None
    assert max(violations(outside, suffering.beams).values()) <= 1e-9
    assert suffering.loss is not None
    assert found.loss is not None
    assert suffering.loss >= found.loss * (1.0 - 1e-3)


def test_rates_out_of_reach_are_refused_with_the_reason() -> None:
    found = value_function(several_points(0, (0,), rate=60.0))
    assert found.status == "infeasible"
    assert "cannot be reached" in found.message
    assert found.loss is None


@pytest.mark.parametrize("kind", sorted(OBJECTIVES))
def test_where_the_search_fails_beams_for_one_point_are_named(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    asked = several_points(1, (0, 1), kind)
    regular = point_beams(asked)
    monkeypatch.setattr(method, "best_receive_vectors", lambda *_: None)
    found = point_beams(asked)
    assert found.beams is not None
    assert "for one point each" in found.message
    assert max(violations(asked, found.beams).values()) <= 1e-9
    assert regular.loss is not None
    assert found.loss is not None
    assert found.loss > regular.loss
    assert 0.0 < found.loss_bound <= regular.loss
    assert found.gap == 1.0 - found.loss_bound / found.loss


def test_earlier_beams_are_a_start() -> None:
    asked = several_points(1, (0, 1))
    first = value_function(asked)
    assert first.beams is not None
    again = value_function(replace(asked, starts=(first.beams,)))
    assert "3 starts" in again.message
    assert again.loss is not None
    assert first.loss is not None
    assert again.loss <= first.loss * (1.0 + 1e-4)


def test_a_receiver_without_a_rate_or_a_channel() -> None:
    """One has no requirement and gets no data; one requires a rate and has no channel."""
    asked = several_points(1, (0,), rate=(3.0, 0.0, 2.0))
    found = value_function(asked)
    assert found.beams is not None
    assert np.all(found.beams.weights[2] == 0.0)
    silent = np.array(asked.direct)
    silent[2] = 0.0
    refused = value_function(replace(asked, direct=silent))
    assert refused.status == "infeasible"
    assert "no direct channel" in refused.message
