"""The largest common factor of all rates for fixed receive vectors, beside networks where it is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.beamforming.certificate import proves_infeasible
from multistatic.beamforming.downlink.gram_problem import compressed, gram_problem
from multistatic.beamforming.value_function import value_function
from multistatic.beamforming.value_function.rate_balancing import common_factor
from multistatic.beamforming.value_function.reachable_rates import reach, scaled
from multistatic.beamforming.value_function.receive_vectors import with_beams
from multistatic.beamforming.value_function.starting_vectors import dominant
from tests.support.beamforming_problems import line_of_sight_problem
from tests.support.close import close_to


def random_gram(seed: int, count: int, antennas: int, spread_db: float = 60.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    channels = rng.standard_normal((count, antennas)) + 1j * rng.standard_normal((count, antennas))
    channels *= 10.0 ** (rng.uniform(-0.5, 0.5, count) * spread_db / 20.0)[:, None]
    return channels.conj() @ channels.T


def test_of_one_stream_it_is_its_capacity_over_its_rate() -> None:
    found = common_factor(np.array([[7.0 + 0j]]), np.array([0.5]))
    assert found.reached == close_to(np.log(8.0) / 0.5)
    assert found.at_most == close_to(np.log(8.0) / 0.5)


def test_orthogonal_streams_share_the_power_so_that_all_rates_grow_alike() -> None:
    """With gains g and rates r the powers (e^{xr} - 1)/g sum to 1."""
    gain, rate = np.array([3.0, 40.0, 0.7]), np.array([0.5, 2.0, 0.1])
    found = common_factor(np.diag(gain).astype(complex), rate)
    assert float(np.sum(np.expm1(found.reached * rate) / gain)) == close_to(1.0)


def test_two_parallel_streams_are_limited_by_each_other() -> None:
    """Equal gains g at equal rates: SINR = (g/2)/(1 + g/2) for both."""
    found = common_factor(np.full((2, 2), 6.0, complex), np.array([1.0, 1.0]))
    assert found.reached == close_to(np.log1p(3.0 / 4.0))


@pytest.mark.parametrize("seed", range(6))
def test_the_least_power_at_the_factor_is_the_budget(seed: int) -> None:
    """The fixed point of λ = γ J(λ), computed by plain iteration, has the sum 1."""
    gram = random_gram(seed, count=5, antennas=3 + seed)
    rate = np.random.default_rng(seed).uniform(0.1, 2.0, 5)
    found = common_factor(gram, rate)
    assert found.reached <= found.at_most <= found.reached * (1.0 + 1e-6)
    target, price = np.expm1(found.reached * rate), np.zeros(5)
    for _ in range(20_000):
        root = np.sqrt(price)
        left = np.linalg.inv(np.eye(5) + root[:, None] * gram * root)
        seen = np.array(
            [gram[s, s].real if price[s] == 0 else (1.0 / left[s, s].real - 1.0) / price[s] for s in range(5)]
        )
        previous, price = price, target / seen
        if np.max(np.abs(price - previous)) < 1e-14:
            break
    assert float(price.sum()) == close_to(1.0, rel=1e-4)


@pytest.mark.parametrize("seed", range(40))
def test_the_bounds_meet_whatever_the_strength_and_the_rates(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, antennas = int(rng.integers(1, 20)), int(rng.integers(1, 25))
    rate = 10.0 ** rng.uniform(-3.0, 1.0, count)
    found = common_factor(random_gram(seed, count, antennas, spread_db=120.0), rate)
    assert 0.0 < found.reached <= found.at_most <= found.reached * (1.0 + 1e-6)


def test_it_ends_early_where_enough_is_reached() -> None:
    gram, rate = random_gram(1, count=6, antennas=8), np.full(6, 1e-3)
    found = common_factor(gram, rate, enough=1.0)
    assert 1.0 <= found.reached < common_factor(gram, rate).reached


def test_a_stream_without_a_channel_reaches_nothing() -> None:
    found = common_factor(np.diag([1.0, 0.0]).astype(complex), np.array([1.0, 1.0]))
    assert (found.reached, found.at_most) == (0.0, 0.0)


def test_the_scale_that_is_reached_needs_all_of_the_power_and_a_larger_one_more() -> None:
    asked = line_of_sight_problem(3, count=6, transmit=3, rate=9.0)
    problem = gram_problem(
        compressed(asked.normalised_direct), asked.steering.conj(), asked.rate_required_bps_hz, ~asked.selected
    )
    found = reach(problem, dominant(problem), 1, 1.0)
    assert found.scale < 1.0
    for factor, holds in ((1.0 - 1e-5, True), (1.0 + 1e-5, False)):
        power = with_beams(*scaled(problem, found.streams, factor * found.scale), "power").value
        assert (power <= 1.0) == holds


def test_in_line_of_sight_every_verdict_of_infeasibility_is_proven() -> None:
    """A little above what is reached, where the relaxation proves nothing; far above it agrees."""
    asked = line_of_sight_problem(3, count=6, transmit=3, rate=9.0)
    common = value_function(asked).largest_common_rate_bps_hz
    assert common is not None
    for factor, status in ((1.0 - 1e-5, "optimal"), (1.0 + 1e-5, "infeasible")):
        result = value_function(replace(asked, rate_required_bps_hz=np.full(6, factor * common)))
        assert result.status == status
        assert ("It is proven that no beams meet the required rates" in result.message) == (status == "infeasible")
    far = replace(asked, rate_required_bps_hz=np.full(6, 3.0 * common))
    assert proves_infeasible(far)
