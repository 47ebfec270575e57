"""Feasible starts, proofs of infeasibility and the largest common rate."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.beamforming.normalised_problem import normalise
from multistatic.beamforming.sca.combiners import CombinerSearch
from multistatic.beamforming.sca.searched_start import (
    NoStart,
    StartSettings,
    find_starts,
    infeasibility_proof,
    single_user_capacity_nats,
)
from multistatic.beamforming.sca.sinr_balancing import balance
from multistatic.communication.rates import rates_nats
from tests.support.beamforming_problems import complex_normal, scattered_problem
from tests.support.close import close_to

QUICK = StartSettings(random_starts=0, short_search=3, finalists=0)


@pytest.mark.parametrize("streams", [1, 2])
@pytest.mark.parametrize("count", [1, 3, 5])
def test_balanced_beams_reach_what_they_claim(count: int, streams: int) -> None:
    channels = 30.0 * complex_normal(np.random.default_rng(count), count, 2, 4)
    wanted = np.linspace(1.0, 2.0, count)
    found = balance(channels, wanted, streams)
    assert np.linalg.norm(found.weights) == close_to(1.0)
    assert found.weights.shape[2] <= streams
    assert np.min(rates_nats(channels, found.weights, np.zeros(count, bool)) / wanted) == close_to(found.factor)


def test_one_receiver_reaches_its_water_filling_capacity() -> None:
    channel = 10.0 * complex_normal(np.random.default_rng(4), 1, 2, 4)
    for streams in (1, 2):
        capacity = single_user_capacity_nats(channel[0], streams)
        assert balance(channel, np.array([capacity]), streams).factor == close_to(1.0, rel=1e-6)


def test_orthogonal_single_antenna_receivers_have_a_closed_form() -> None:
    """Orthogonal rows of gains g: equal rates ln(1+q_k g_k) with Σq = 1 mean q_k = c/g_k."""
    gains = np.array([4.0, 1.0, 0.5])
    channels = np.zeros((3, 1, 3), complex)
    channels[np.arange(3), 0, np.arange(3)] = np.sqrt(gains)
    rate = np.log1p(1.0 / np.sum(1.0 / gains))
    assert balance(channels, np.ones(3), 1).factor == close_to(rate, rel=1e-5)


def test_no_power_exceeds_the_spatial_limit() -> None:
    """Σ(1-2^-R) < N_t: the common rate of 6 single-antenna receivers at 4 antennas stays below log2 3 at any power."""
    channels = 1e5 * complex_normal(np.random.default_rng(0), 6, 1, 4)
    common = balance(channels, np.full(6, np.log(2.0)), 1).factor
    assert np.log2(3.0) * 0.99 < common < np.log2(3.0)
    problem = scattered_problem(count=6, receive=1, rate=1.6)
    assert "spatial dimensions" in infeasibility_proof(problem, normalise(problem))
    easier = scattered_problem(count=6, receive=1, rate=1.5)
    assert infeasibility_proof(easier, normalise(easier)) == ""


def test_more_than_the_single_user_capacity_is_proven_infeasible() -> None:
    problem = scattered_problem(rate=(50.0, 1.0, 1.0))
    start = find_starts(problem, normalise(problem), QUICK)
    assert isinstance(start, NoStart)
    assert start.message.startswith("Receiver number 1 requires 50")
    assert start.largest_common_rate_bps_hz > 1.0


@pytest.mark.slow
def test_what_was_not_found_comes_with_the_largest_common_rate() -> None:
    easy = scattered_problem(2, rate=1.0, selected=())
    hard = scattered_problem(2, rate=16.0, selected=())
    none = find_starts(hard, normalise(hard), QUICK)
    assert isinstance(none, NoStart)
    reached = none.largest_common_rate_bps_hz
    assert 1.0 < reached < 16.0
    just_below = scattered_problem(2, rate=0.99 * reached, selected=())
    assert not isinstance(find_starts(just_below, normalise(just_below), QUICK), NoStart)
    assert not isinstance(find_starts(easy, normalise(easy), QUICK), NoStart)


@pytest.mark.parametrize("selected", [(), (1,), (0, 1, 2)])
def test_the_envelope_gradient_equals_finite_differences(selected: tuple[int, ...]) -> None:
    reduced = normalise(scattered_problem(6, rate=(1.0, 3.0, 2.0), selected=selected))
    search = CombinerSearch(problem=reduced, sinr=np.expm1(reduced.rate_nats))
    rng = np.random.default_rng(0)
    point, along = rng.standard_normal((2, 12))
    slope = search(point)[1] @ along
    step = 1e-4
    numerical = (search(point + step * along)[0] - search(point - step * along)[0]) / (2 * step)
    assert slope == close_to(numerical, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.05, 1.0, 4.0, (0.1, 5.0, 2.0), 9.0])
@pytest.mark.parametrize("selected", [(), (1,), (0, 1, 2)])
def test_starts_are_feasible(rate: float | tuple[float, ...], selected: tuple[int, ...]) -> None:
    problem = scattered_problem(5, rate=rate, selected=selected)
    reduced = normalise(problem)
    starts = find_starts(problem, reduced, QUICK)
    assert not isinstance(starts, NoStart)
    for beams in starts:
        assert np.linalg.norm(beams) == close_to(1.0)
        assert np.all(rates_nats(reduced.channels, beams, reduced.receives_sensing) >= reduced.rate_nats * (1 - 1e-9))
    light = [reduced.illumination(beams) for beams in starts]
    assert light == sorted(light, reverse=True)
