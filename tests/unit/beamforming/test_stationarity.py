"""First-order conditions recomputed from beams: they hold at optima, with the solver's own prices, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import nnls

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.stationarity import NEARLY_STATIONARY, nonnegative_least_squares, stationarity
from multistatic.beamforming.value_function import ValueFunctionSettings, value_function
from multistatic.signal.beams import Beams
from tests.support.beamforming_problems import complex_normal, line_of_sight_problem, scattered_problem
from tests.support.close import assert_close, close_to

SELECTIONS = [(0, 1, 2), (0, 2), ()]
PRECISE = ValueFunctionSettings(tolerance=1e-12, stream_tolerance=1e-10)


def designed(asked: BeamformingProblem) -> tuple[Beams, np.ndarray, float]:
    """Beams with the prices of rates and of power that the solver says they have."""
    result = value_function(asked, PRECISE)
    assert result.beams is not None
    assert result.prices is not None
    return result.beams, result.prices.rate_w_per_bps_hz, result.prices.power


@pytest.mark.parametrize("selected", SELECTIONS)
@pytest.mark.parametrize("seed", range(3))
def test_local_optima_are_stationary_and_have_the_prices_of_the_dual(seed: int, selected: tuple[int, ...]) -> None:
    asked = scattered_problem(seed, rate=(3.0, 4.0, 2.5), selected=selected)
    beams, rate, power = designed(asked)
    found = stationarity(asked, beams)
    assert found.residual < 2e-3
    assert found.prices.power == close_to(power, rel=1e-4)
    assert_close(found.prices.rate_w_per_bps_hz, rate, rel=5e-3, abs=1e-3 * rate.max())


@pytest.mark.parametrize("selected", SELECTIONS)
def test_the_global_optimum_of_line_of_sight_is_stationary(selected: tuple[int, ...]) -> None:
    asked = line_of_sight_problem(1, count=3, rate=3.0, selected=selected)
    beams, rate, _ = designed(asked)
    found = stationarity(asked, beams)
    assert found.residual < 1e-4
    assert_close(found.prices.rate_w_per_bps_hz, rate, rel=1e-3, abs=1e-4 * rate.max())


def test_nonnegative_least_squares_agree_with_scipy() -> None:
    rng = np.random.default_rng(4)
    inside = 0
    for _ in range(200):
        columns = rng.standard_normal((6, 3))
        aim = columns @ rng.uniform(-0.2, 1.0, 3) + 0.1 * rng.standard_normal(6)
        expected, left = nnls(columns, aim)
        found, length = nonnegative_least_squares(columns, aim)
        inside += int(expected.min() > 0.0)
        assert_close(found, expected, rel=1e-9, abs=1e-12)
        assert length == close_to(left)
    assert 50 < inside < 150  # both ways are taken


def test_units_change_nothing_but_the_units_of_the_prices() -> None:
    asked = scattered_problem(0, rate=3.0, selected=(0,))
    beams, *_ = designed(asked)
    louder = replace(asked, power_limit_w=4.0, noise_power_w=4.0 * asked.noise_power_w)
    found, scaled = stationarity(asked, beams), stationarity(louder, Beams(weights=2.0 * np.asarray(beams.weights)))
    assert scaled.residual == close_to(found.residual, rel=1e-6, abs=1e-9)
    assert scaled.prices.power == close_to(found.prices.power)
    assert_close(scaled.prices.rate_w_per_bps_hz, 4.0 * found.prices.rate_w_per_bps_hz, rel=1e-6)


def test_turned_and_random_beams_are_not_stationary() -> None:
    rng = np.random.default_rng(0)
    asked = scattered_problem(0, rate=3.0, selected=(0,))
    beams, *_ = designed(asked)
    weights = np.asarray(beams.weights)
    turned = weights + 0.02 * np.linalg.norm(weights) * complex_normal(rng, *weights.shape)
    for other in (turned, complex_normal(rng, *weights.shape)):
        assert stationarity(asked, Beams(weights=other / np.linalg.norm(other))).residual > 0.3


def test_all_power_on_the_target_is_stationary_without_rates() -> None:
    asked = scattered_problem(0, rate=0.0)
    result = value_function(asked)
    assert result.beams is not None
    found = stationarity(asked, result.beams)
    assert found.residual < 1e-6
    assert found.prices.power == close_to(4.0)
    assert not found.prices.rate_w_per_bps_hz.any()


FLAT = [
    3,
    26,
    40,
]  # a stream is about to vanish: the usual tolerance ended these descents with a residual of 0.07 to 0.2


@pytest.mark.parametrize("seed", FLAT)
def test_beams_are_called_a_local_optimum_where_they_are_one(seed: int) -> None:
    asked = scattered_problem(seed, count=5, transmit=8, receive=3, rate=5.0, selected=(0, 1), noise_power_w=1e-10)
    result = value_function(asked)
    assert result.beams is not None
    assert stationarity(asked, result.beams).residual < 1e-3
    assert result.message.startswith("The beams are a local optimum for ")
    assert result.rates_bps_hz == close_to(5.0, rel=1e-6)


def test_beams_of_a_descent_that_ended_early_are_not_called_a_local_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multistatic.beamforming.value_function.method.polished", lambda problem, best: best)
    for seed in FLAT:
        asked = scattered_problem(seed, count=5, transmit=8, receive=3, rate=5.0, selected=(0, 1), noise_power_w=1e-10)
        result = value_function(asked)
        assert result.beams is not None
        residual = stationarity(asked, result.beams).residual
        assert residual > 5 * NEARLY_STATIONARY
        assert "The beams are a local optimum" not in result.message
        assert "ended before a local optimum." in result.message


def test_the_residual_does_not_jump_where_a_rate_is_exceeded() -> None:
    """More power, all of it in the same directions, exceeds every rate by a little more: no limit is passed."""
    asked = scattered_problem(0, rate=3.0, selected=(0,))
    beams, *_ = designed(asked)
    found = []
    for exceeded in (0.0, 0.9e-3, 1.1e-3, 4e-3):
        lower = replace(asked, rate_required_bps_hz=np.asarray(asked.rate_required_bps_hz) / (1.0 + exceeded))
        found.append(stationarity(lower, beams).residual)
    assert np.all(np.diff(found) >= 0.0)
    assert found[0] < 2e-3
    assert found[2] < 2.0 * found[1]
    assert found[3] < 0.05


def test_a_rate_that_is_far_exceeded_has_no_price() -> None:
    """At an optimum with prices all rates are tight. Asked for half of its rate, a receiver has no price left; what its
    price was is then missing, and these beams are no optimum any more.
    """
    asked = scattered_problem(0, rate=3.0, selected=(0,))
    beams, rate, _ = designed(asked)
    k = int(np.argmax(rate))
    assert rate[k] > 0.0
    half = np.where(np.arange(3) == k, 1.5, 3.0)
    found = stationarity(replace(asked, rate_required_bps_hz=half), beams)
    assert found.residual > 0.1
    assert found.prices.rate_w_per_bps_hz[k] < 0.6 * rate[k]


def test_a_required_rate_near_the_smallest_number_is_as_good_as_none() -> None:
    asked = scattered_problem(0, rate=0.0, selected=(0,))
    beams, *_ = designed(asked)
    tiny = replace(asked, rate_required_bps_hz=np.full(3, 1e-320))
    assert stationarity(tiny, beams).residual == close_to(stationarity(asked, beams).residual, abs=1e-12)
