"""Lossless rank recovery, the exact reductions, stream rotation and power settlement."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic.beamforming.normalised_problem import expand, normalise
from multistatic.beamforming.power import allocate, streams
from multistatic.beamforming.rank import beams_from_covariances
from multistatic.communication.rates import rates_bps_hz, rates_nats
from tests.support.beamforming_problems import complex_normal, scattered_problem
from tests.support.close import assert_close, close_to


def wide_covariances(rng: np.random.Generator, count: int, size: int) -> np.ndarray:
    """Random covariances of full rank, and factors [1+K, n, n] of them as beams of n streams."""
    return complex_normal(rng, 1 + count, size, size)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 4),
    receive=st.integers(1, 3),
    extra=st.integers(0, 4),
    mask=st.integers(0, 15),
)
def test_rank_recovery_loses_nothing(seed: int, count: int, receive: int, extra: int, mask: int) -> None:
    """Same illumination, no more power, no rate lower, for every mix of selected and unselected receivers."""
    rng = np.random.default_rng(seed)
    size = receive + extra
    channels, row = complex_normal(rng, count, receive, size), complex_normal(rng, size)
    factors = wide_covariances(rng, count, size)
    covariances = factors @ factors.conj().transpose(0, 2, 1)
    receives_sensing = np.array([bool(mask >> k & 1) for k in range(count)])
    beams = beams_from_covariances(covariances, channels, row)
    before = (row @ covariances.sum(axis=0) @ row.conj()).real
    assert beams.shape[2] <= receive
    assert np.sum(np.abs(np.einsum("t,jtl->jl", row, beams)) ** 2) == close_to(before, rel=1e-9)
    assert np.sum(np.abs(beams) ** 2) <= np.trace(covariances.sum(axis=0)).real * (1 + 1e-9)
    assert np.linalg.matrix_rank(beams[0]) <= 1
    assert np.all(
        rates_nats(channels, beams, receives_sensing) >= rates_nats(channels, factors, receives_sensing) - 1e-8
    )


def test_a_channel_of_lower_rank_needs_fewer_streams() -> None:
    rng = np.random.default_rng(5)
    channels = complex_normal(rng, 2, 3, 1) @ complex_normal(rng, 2, 1, 4)
    factors = wide_covariances(rng, 2, 4)
    beams = beams_from_covariances(factors @ factors.conj().transpose(0, 2, 1), channels, complex_normal(rng, 4))
    assert [np.linalg.matrix_rank(w, tol=1e-6) for w in beams[1:]] == [1, 1]


def test_nothing_on_the_target_stays_nothing() -> None:
    channels = np.zeros((1, 1, 2), complex)
    channels[0, 0, 0] = 1.0
    covariances = np.zeros((2, 2, 2), complex)
    covariances[1, 0, 0] = 1.0
    beams = beams_from_covariances(covariances, channels, np.array([0.0, 1.0 + 0j]))
    assert np.isfinite(beams).all()
    assert np.sum(np.abs(beams[0])) == 0.0


@pytest.mark.parametrize("transmit", [4, 12])
def test_the_reduced_problem_has_the_same_rates_and_illumination(transmit: int) -> None:
    problem = scattered_problem(3, transmit=transmit, rate=(2.0, 0.0, 1.0), selected=(2,))
    reduced = normalise(problem)
    assert reduced.steering.shape[0] == min(transmit, 5)
    assert reduced.required.tolist() == [0, 2]
    assert reduced.receives_sensing.tolist() == [True, False]
    weights = complex_normal(np.random.default_rng(0), 3, reduced.steering.shape[0], 2)
    weights /= np.linalg.norm(weights)
    beams = expand(problem, reduced, weights)
    assert beams.power_w == close_to(problem.power_limit_w, rel=1e-12)
    assert beams.illumination_w(problem.steering_tx)[0] == close_to(reduced.illumination(weights), rel=1e-12)
    rates = rates_bps_hz(problem.direct, beams, problem.noise_power_w, problem.selected)
    expected = rates_nats(reduced.channels, weights, reduced.receives_sensing) / np.log(2)
    assert_close(rates[[0, 2]], expected, rel=1e-10)
    assert rates[1] == 0.0


def test_streams_do_not_disturb_each_other_and_carry_the_whole_rate() -> None:
    rng = np.random.default_rng(7)
    channels, weights = complex_normal(rng, 3, 2, 4), complex_normal(rng, 4, 4, 2)
    receives_sensing = np.array([True, False, True])
    rotated, combiners, sinr = streams(channels, weights, receives_sensing)
    assert_close(rates_nats(channels, rotated, receives_sensing), np.log1p(sinr).sum(axis=1), rel=1e-10)
    assert_close(np.linalg.norm(combiners, axis=1), 1.0, rel=1e-9)
    cross = np.einsum("kr,krt,kt->k", combiners[:, :, 0].conj(), channels, rotated[1:, :, 1])
    assert np.max(np.abs(cross)) < 1e-10


def test_settled_powers_meet_every_rate_exactly() -> None:
    """Beams that miss their rates by a percent are repaired; the power left over stays on the target."""
    problem = scattered_problem(1, rate=2.0, selected=(0, 1, 2))
    reduced = normalise(problem)
    rng = np.random.default_rng(0)
    weights = np.zeros((4, reduced.steering.shape[0], 1), complex)
    pseudo = np.linalg.pinv(reduced.channels[:, 0])
    weights[1:, :, 0] = pseudo.T + 1e-4 * complex_normal(rng, *pseudo.T.shape) * np.linalg.norm(pseudo)
    weights[0, :, 0] = reduced.steering.conj()
    weights /= np.linalg.norm(weights)
    settled = allocate(weights, reduced.channels, reduced.illumination, reduced.receives_sensing, reduced.rate_nats)
    assert settled is not None
    assert np.linalg.norm(settled) == close_to(1.0, rel=1e-12)
    rates = rates_nats(reduced.channels, settled, reduced.receives_sensing)
    assert np.all(rates >= reduced.rate_nats * (1 - 1e-9))
    asked_too_much = allocate(weights, reduced.channels, reduced.merit, reduced.receives_sensing, np.full(3, 60.0))
    assert asked_too_much is None
