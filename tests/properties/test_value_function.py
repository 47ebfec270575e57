"""The value-function beamformer: what must hold for every problem.

Gradient by the envelope theorem against finite differences; invariance to units, phases and rotations of the arrays;
order in the selection; degenerate geometry; random problems of every kind verified feasible.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from benchmarks.beamforming_robustness import independent_reach, random_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.downlink.gram_problem import Streams, gram_problem
from multistatic.beamforming.value_function import (
    ValueFunctionSettings,
    receive_vectors,
    starting_vectors,
    value_function,
)
from multistatic.beamforming.value_function.streams import with_more_streams
from multistatic.communication.rates import rates_bps_hz
from tests.support.close import assert_close, close_to


def steering(size: int, sine: float) -> np.ndarray:
    return np.exp(1j * np.pi * sine * np.arange(size))


def fading(seed: int, receivers: int, antennas: int, transmit: int) -> np.ndarray:
    """Channels [K, N_r, N_t] with path loss d^-2.7, d in 5-60 m, at σ² = 1e-9 W."""
    rng = np.random.default_rng(seed)
    real, imaginary = rng.standard_normal((2, receivers, antennas, transmit))
    gain = rng.uniform(5.0, 60.0, receivers) ** -2.7
    return np.sqrt(gain / 2.0)[:, None, None] * (real + 1j * imaginary)


def problem(direct: np.ndarray, rate: float | np.ndarray, selected: list[bool], streams: int = 1) -> BeamformingProblem:
    return BeamformingProblem(
        direct=direct,
        steering_tx=steering(direct.shape[2], 0.4),
        noise_power_w=1e-9,
        power_limit_w=1.0,
        rate_required_bps_hz=np.broadcast_to(np.asarray(rate, float), (len(direct),)),
        selected=np.array(selected),
        streams=streams,
    )


def loss_w(asked: BeamformingProblem, settings: ValueFunctionSettings | None = None) -> float:
    result = value_function(asked, settings)
    assert result.illumination_w is not None, result.message
    return asked.illumination_limit_w - result.illumination_w


def moved(at: receive_vectors.Point, step: np.ndarray) -> Streams:
    """The streams after a step (Re z, Im z, ξ), by the exponential map of the sphere and a softmax."""
    streams, (count, antennas) = at.streams, at.streams.vectors.shape
    free = antennas - 1
    z = step[: count * free].reshape(count, free) + 1j * step[count * free : 2 * count * free].reshape(count, free)
    turned = np.einsum("srf,sf->sr", at.basis, z)
    angle = np.linalg.norm(turned, axis=1, keepdims=True)
    vectors = streams.vectors * np.cos(angle) + turned * np.sinc(angle / np.pi)
    weight = streams.share * np.exp(step[2 * count * free :])
    total = np.bincount(streams.receiver, streams.share) / np.bincount(streams.receiver, weight)
    return replace(streams, vectors=vectors, share=weight * total[streams.receiver], solution=None)


@pytest.mark.parametrize("receives_sensing", [[False] * 4, [True] * 4, [True, False, True, False]])
@pytest.mark.parametrize("objective", ["loss", "power"])
def test_envelope_gradient_is_the_derivative(
    receives_sensing: list[bool], objective: receive_vectors.Objective
) -> None:
    rng = np.random.default_rng(3)
    channels = fading(0, 4, 2, 7) / np.sqrt(1e-9)
    asked = gram_problem(channels, steering(7, 0.4).conj(), np.array([3.0, 4.0, 2.0, 5.0]), np.array(receives_sensing))
    # Receiver 1 has two streams.
    receiver, share = np.array([0, 1, 1, 2, 3]), asked.rate[[0, 1, 1, 2, 3]] * [1.0, 0.7, 0.3, 1.0, 1.0]
    vectors = rng.standard_normal((5, 2)) + 1j * rng.standard_normal((5, 2))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    start = Streams(receiver=receiver, vectors=vectors, share=share)
    at = receive_vectors.descend_to(asked, start, objective, steps=0, enough=0.0, tolerance=0.0)
    step = 1e-5
    for direction, slope in zip(np.eye(15), at.gradient, strict=True):
        ahead, behind = (
            receive_vectors.with_beams(asked, moved(at, sign * step * direction), objective) for sign in (1.0, -1.0)
        )
        expected = np.log(ahead.value / behind.value) / (2 * step)
        assert slope == close_to(expected, rel=1e-5, abs=1e-6)


def test_frames_stay_orthonormal_and_orthogonal_to_their_vectors() -> None:
    channels = fading(2, 3, 4, 6) / np.sqrt(1e-9)
    asked = gram_problem(channels, steering(6, 0.4).conj(), np.full(3, 4.0), np.array([True, False, False]))
    for steps in (0, 1, 30):
        at = receive_vectors.descend_to(
            asked, starting_vectors.dominant(asked), "loss", steps=steps, enough=0.0, tolerance=0.0
        )
        whole = np.concatenate([at.streams.vectors[:, :, None], at.basis], axis=2)
        identity = np.broadcast_to(np.eye(4), (3, 4, 4))
        assert_close(whole.conj().transpose(0, 2, 1) @ whole, identity, abs=1e-12)


def unitary(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal(shape) + 1j * rng.standard_normal(shape))[0]


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1000),
    scale=st.floats(1e-3, 1e3),
    power=st.floats(0.1, 10.0),
    chosen=st.lists(st.booleans(), min_size=3, max_size=3),
    rate=st.floats(0.1, 6.0),
)
def test_units_phases_and_transmit_rotations_change_nothing(
    seed: int, scale: float, power: float, chosen: list[bool], rate: float
) -> None:
    """One antenna each: the problem is convex, so the optimum is compared, not the path to it."""
    rng, base = np.random.default_rng(seed), problem(fading(seed, 3, 1, 5), rate, chosen)
    turn, phases = unitary(rng, 5, 5), np.exp(2j * np.pi * rng.random((3, 1, 1)))
    turned = replace(
        base,
        direct=scale * phases * base.direct @ turn,
        steering_tx=base.steering @ turn * np.exp(1j),
        noise_power_w=base.noise_power_w * scale**2 * power,
        power_limit_w=power,
    )
    assert loss_w(turned) == close_to(power * loss_w(base), rel=1e-6, abs=1e-9 * power)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1000),
    receives_sensing=st.lists(st.booleans(), min_size=3, max_size=3),
    rate=st.floats(0.5, 6.0),
)
def test_rotating_receive_arrays_with_their_vectors_changes_nothing(
    seed: int, receives_sensing: list[bool], rate: float
) -> None:
    rng = np.random.default_rng(seed)
    channels, turn, towards = fading(seed, 3, 2, 5) / np.sqrt(1e-9), unitary(rng, 3, 2, 2), steering(5, 0.4).conj()
    base = gram_problem(channels, towards, np.full(3, rate), np.array(receives_sensing))
    turned = gram_problem(turn @ channels, towards, np.full(3, rate), np.array(receives_sensing))
    streams = starting_vectors.random_streams(base, rng)
    rotated = replace(streams, vectors=(turn @ streams.vectors[:, :, None])[:, :, 0] * np.exp(2j))
    for objective in ("loss", "power"):
        expected = receive_vectors.with_beams(base, streams, objective).value
        # Both are parts of 1: all of the light, all of the power. A loss of none is what rounding leaves of 1.
        assert receive_vectors.with_beams(turned, rotated, objective).value == close_to(expected, rel=1e-6, abs=1e-14)


@pytest.mark.parametrize("seed", range(4))
def test_a_larger_group_lights_up_no_less(seed: int) -> None:
    direct = fading(seed, 4, 2, 4)
    losses = [loss_w(problem(direct, 2.5, [k < size for k in range(4)])) for size in range(5)]
    # Local optima: beams for a smaller group serve a larger one, but the descent need not end at them.
    assert all(larger <= smaller * 1.01 for smaller, larger in pairwise(losses)), losses
    assert losses[4] < losses[0]


@pytest.mark.slow
@pytest.mark.parametrize("selected", [False, True])
@pytest.mark.parametrize("rate", [0.1, 1.0, 8.0])
@pytest.mark.parametrize("indices", [(0, 1, 2), (4, 1, 2), (4, 4, 2), (1, 1, 2), (3,), (4,)])
def test_orthogonal_and_coincident_directions(indices: tuple[int, ...], rate: float, selected: bool) -> None:
    """Directions on the DFT grid: receivers deaf to the target, on it (index 4), or in line with each other."""
    sines = np.arange(8) / 4.0 - 1.0
    direct = np.array([np.outer(steering(2, 0.3 * i), steering(8, sines[i])) for i in indices]) * 1e-2
    asked = replace(problem(direct, rate, [selected] * len(indices)), steering_tx=steering(8, sines[4]))
    result = value_function(asked)
    if len(set(indices)) < len(indices) and rate >= 1.0:
        # Two receivers in one direction share its SINR: 2 (1 - 2^-R) < 1 is necessary.
        assert result.status == "infeasible"
        assert result.largest_common_rate_bps_hz == close_to(1.0, abs=1e-3)
        return
    assert result.status == "optimal"
    assert result.gap is not None
    assert result.gap <= 2e-7
    # Orthogonal beams: each receiver needs γσ²/g of power, of which only a beam at the target is not lost.
    lost = sum(2.0**rate - 1.0 for i in set(indices) if i != 4) * 1e-9 / (1e-4 * 2 * 8) * 8
    if len(set(indices)) == len(indices):
        assert 8.0 - result.illumination_w == close_to(lost, rel=1e-3, abs=3e-7)


@pytest.mark.parametrize(
    ("direct", "rate", "reason"),
    [
        (np.zeros((1, 2, 4), complex), 1.0, "no direct channel"),
        (np.full((2, 1, 1), 1e-2 + 0j), 3.0, "at most"),
        (np.full((1, 1, 4), 1e-6 + 0j), 3.0, "at most"),
    ],
)
def test_infeasible_says_why(direct: np.ndarray, rate: float, reason: str) -> None:
    result = value_function(problem(direct, rate, [True] * len(direct)))
    assert result.status == "infeasible"
    assert result.beams is None
    assert reason in result.message
    assert result.largest_common_rate_bps_hz is not None
    assert 0.0 <= result.largest_common_rate_bps_hz < rate


def test_without_requirements_all_power_goes_to_the_target() -> None:
    result = value_function(problem(fading(0, 3, 2, 5), 0.0, [False] * 3))
    assert result.status == "optimal"
    assert result.illumination_w == close_to(5.0, rel=1e-12)


def test_one_receiver_at_its_limit_is_water_filling() -> None:
    """The largest rate of one receiver is the capacity of its channel, which needs several streams."""
    rng = np.random.default_rng(5)
    direct = (rng.standard_normal((1, 3, 4)) + 1j * rng.standard_normal((1, 3, 4))) * 1e-4
    gains = np.linalg.svd(direct[0] / np.sqrt(1e-9))[1] ** 2
    active = next(m for m in (3, 2, 1) if (1.0 + np.sum(1.0 / gains[:m])) / m > 1.0 / gains[m - 1])
    level = (1.0 + np.sum(1.0 / gains[:active])) / active
    capacity = np.sum(np.log2(level * gains[:active]))
    assert active > 1
    assert value_function(problem(direct, 0.999 * capacity, [True], streams=3)).status != "infeasible"
    beyond = value_function(problem(direct, 1.01 * capacity, [True], streams=3))
    assert beyond.status == "infeasible"
    assert beyond.largest_common_rate_bps_hz == close_to(capacity, rel=2e-3)


def test_more_streams_help_at_high_rates() -> None:
    direct = fading(1, 3, 3, 12)
    one, three = (loss_w(problem(direct, 14.0, [True] * 3, streams=streams)) for streams in (1, 3))
    assert three < 0.9 * one


def test_added_streams_keep_every_rate() -> None:
    channels = fading(1, 3, 3, 12) / np.sqrt(1e-9)
    asked = gram_problem(channels, steering(12, 0.4).conj(), np.full(3, 14.0), np.zeros(3, bool))
    single = receive_vectors.descend(asked, starting_vectors.dominant(asked), "loss", steps=50)
    richer = with_more_streams(asked, single, 3)
    assert richer is not None
    assert_close(np.bincount(richer.receiver, richer.share), asked.rate, rel=1e-12)
    assert np.bincount(richer.receiver).max() == 2


@pytest.mark.slow
@pytest.mark.parametrize("block", range(6))
def test_random_problems_are_feasible_or_doubtless_infeasible(block: int) -> None:
    for trial in range(40):
        rng = np.random.default_rng([77, block, trial])
        asked = random_problem(rng, receivers=8, transmit=16)
        result = value_function(asked)
        if result.beams is None:
            assert independent_reach(asked, rng, iterations=60) < 1.0, (block, trial, result.message)
            continue
        rates = rates_bps_hz(asked.direct, result.beams, asked.noise_power_w, asked.selected)
        assert np.all(rates >= asked.rate_required_bps_hz * (1.0 - 1e-6)), (block, trial)
        assert result.beams.power_w <= asked.power_limit_w * (1.0 + 1e-9)
        assert result.illumination_w is not None
        assert result.illumination_w <= result.upper_bound_w * (1.0 + 1e-9)
        if result.status == "feasible":
            assert np.linalg.matrix_rank(asked.direct, rtol=1e-9).max() > 1, "rank one must be solved to optimality"


def test_a_proof_for_fixed_receive_vectors_is_none_for_the_problem() -> None:
    """With several antennas the dual belongs to the receive vectors: no bound on what others reach."""
    asked = problem(fading(3, 3, 2, 5), 3.0, [True, False, True])
    result = value_function(asked)
    assert result.status == "feasible"
    assert result.upper_bound_w == asked.illumination_limit_w
    assert "a local optimum" in result.message


@pytest.mark.parametrize("selected", [False, True])
def test_the_largest_common_rate_is_that_of_equal_requirements(selected: bool) -> None:
    """Unequal requirements say who asks for more, not what all of them can have."""
    direct, chosen = fading(0, 3, 1, 4), [selected] * 3
    common = [
        value_function(problem(direct, rates, chosen)).largest_common_rate_bps_hz
        for rates in (np.full(3, 30.0), np.array([30.0, 20.0, 0.5]))
    ]
    assert common[0] is not None
    assert common[1] == close_to(common[0], rel=1e-4)
    at, beyond = (value_function(problem(direct, factor * common[0], chosen)).status for factor in (0.999, 1.001))
    assert (at, beyond) == ("optimal", "infeasible")
