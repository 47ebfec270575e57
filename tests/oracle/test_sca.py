"""Successive convex approximation against the paper's printed form, an independent formulation and brute force.

The oracle programs below are written in CVXPY's own complex Hermitian variables and share nothing with the package but
the problem's numbers.
"""

from __future__ import annotations

import functools
import warnings
from dataclasses import replace

import cvxpy as cp
import numpy as np
import pytest

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.evaluate import violations
from multistatic.beamforming.normalised_problem import normalise
from multistatic.beamforming.sca import ScaSettings, sca
from multistatic.beamforming.sca.program import solve_program
from multistatic.beamforming.sca.searched_start import StartSettings, find_starts
from multistatic.beamforming.stationarity import stationarity
from multistatic.beamforming.value_function import ValueFunctionSettings, value_function
from multistatic.communication.rates import rates_nats
from tests.support.beamforming_problems import complex_normal, scattered_problem
from tests.support.close import assert_close, close_to

QUICK = StartSettings(random_starts=0, short_search=2, finalists=0)
LIGHT = ScaSettings(max_iterations=10, start=StartSettings(random_starts=0, short_search=80, finalists=0))
EVERYBODY = (0, 1, 2)


@functools.cache
def solved(seed: int, selected: tuple[int, ...], rate: float = 3.0, streams: int = 2) -> BeamformingResult:
    return sca(scattered_problem(seed, selected=selected, rate=rate, streams=streams), LIGHT)


def surrogate(
    channels: np.ndarray, receives_sensing: np.ndarray, k: int, q: list, q_bar: list, logdet: object
) -> object:
    """Left side of corrected (44) minus ln det Ψ̄_k, for numbers or CVXPY expressions."""
    h = channels[k]
    heard = [j for j in range(len(q)) if j > 0 or receives_sensing[k]]
    psi = np.eye(len(h)) + h @ sum(q_bar[j] for j in heard if j != k + 1) @ h.conj().T
    total = np.eye(len(h)) + h @ sum(q[j] for j in heard) @ h.conj().T
    weight = h.conj().T @ np.linalg.inv(psi) @ h
    change = sum(q[j] - q_bar[j] for j in heard if j != k + 1)
    trace = cp.real(cp.trace(weight @ change)) if isinstance(q[1], cp.Expression) else np.trace(weight @ change).real
    return logdet(total) - np.linalg.slogdet(psi)[1] - trace  # type: ignore[operator]


def oracle_step(
    channels: np.ndarray, row: np.ndarray, receives_sensing: np.ndarray, nats: np.ndarray, q_bar: list
) -> list:
    """One program of corrected (44) with every covariance free."""
    size = len(row)
    q = [cp.Variable((size, size), hermitian=True) for _ in q_bar]
    aim = np.outer(row.conj(), row)
    constraints = [matrix >> 0 for matrix in q] + [cp.real(cp.trace(sum(q))) <= 1]
    for k in range(len(channels)):
        constraints.append(surrogate(channels, receives_sensing, k, q, q_bar, cp.log_det) >= nats[k])
    program = cp.Problem(cp.Maximize(cp.real(cp.trace(aim @ sum(q)))), constraints)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program.solve(solver="CLARABEL")
    return [matrix.value for matrix in q]


def log_det(matrix: np.ndarray) -> float:
    return float(np.linalg.slogdet(matrix)[1])


def test_the_inner_approximation_bounds_the_rate_from_below_and_touches_it() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        channels, receives_sensing = complex_normal(rng, 3, 2, 4), rng.random(3) < 0.5
        w, w_bar = complex_normal(rng, 2, 4, 4, 2) * rng.uniform(0.01, 3.0, (2, 4, 1, 1))
        q, q_bar = ([x @ x.conj().T for x in beams] for beams in (w, w_bar))
        rates, at_start = rates_nats(channels, w, receives_sensing), rates_nats(channels, w_bar, receives_sensing)
        for k in range(3):
            assert surrogate(channels, receives_sensing, k, q, q_bar, log_det) <= rates[k] + 1e-9
            assert surrogate(channels, receives_sensing, k, q_bar, q_bar, log_det) == close_to(at_start[k], abs=1e-9)


def test_the_printed_form_accepts_infeasible_points() -> None:
    """(44) as printed subtracts the own signal too (i = k): turning the own beam down "raises" the rate.

    One selected receiver, one antenna, unit noise, own power 15 at the last iterate: the rate is log2 16 = 4. At own
    power 3 it is 2, and the printed left side ln(1+3) - ln 1 - (3 - 15) = 13.4 still exceeds R_th = 4.
    """
    received, received_bar, required = 3.0, 15.0, 4.0
    printed = np.log(1 + received) - np.log(1.0) - (received - received_bar) - required
    assert printed > 9.0
    assert np.log2(1 + received) < required
    channels = np.ones((2, 1, 1), complex)
    silent = np.zeros((1, 1))
    q, q_bar = ([silent, np.array([[p]]), silent] for p in (received, received_bar))
    corrected = surrogate(channels, np.array([False, False]), 0, q, q_bar, log_det)
    assert corrected == close_to(np.log(4.0))
    assert corrected < required * np.log(2.0)


@pytest.mark.parametrize("selected", [(), (0,), EVERYBODY])
def test_one_program_equals_the_independent_formulation(selected: tuple[int, ...]) -> None:
    problem = scattered_problem(1, count=2, transmit=3, rate=2.0, selected=selected, noise_power_w=1e-6)
    reduced = normalise(problem)
    weights = find_starts(problem, reduced, QUICK)[0]  # type: ignore[index]
    # A start with room: weaker requirements, so that the step has somewhere to go.
    reduced = replace(reduced, rate_nats=reduced.rate_nats * 0.7)
    free = [np.eye(3, dtype=complex) / np.sqrt(3.0)] * 3
    ours = solve_program(reduced, reduced.channels, weights, free)
    assert ours is not None
    q_bar = [w @ w.conj().T for w in weights]
    theirs = oracle_step(reduced.channels, reduced.steering, reduced.receives_sensing, reduced.rate_nats, q_bar)
    light = [(reduced.steering @ sum(q) @ reduced.steering.conj()).real for q in (list(ours[0]), theirs)]
    assert light[0] == close_to(light[1], rel=2e-5)
    assert light[0] > reduced.illumination(weights)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "selected"), [(1, ()), (0, (0,)), (1, EVERYBODY)])
def test_not_below_an_independent_sca(seed: int, selected: tuple[int, ...]) -> None:
    """Five steps of the oracle from zero forcing on one receive antenna each."""
    problem = scattered_problem(seed, selected=selected)
    result = solved(seed, selected)
    channels = problem.normalised_direct
    inverse = np.linalg.pinv(channels[:, 0])
    beams = np.concatenate([np.zeros((1, 4)), inverse.T])[:, :, None] / np.linalg.norm(inverse)
    receives_sensing, nats = ~problem.selected, problem.rate_required_bps_hz * np.log(2.0)
    assert np.all(rates_nats(channels, beams, receives_sensing) >= nats)
    q_bar = [w @ w.conj().T for w in beams]
    for _ in range(5):
        q_bar = oracle_step(channels, problem.steering, receives_sensing, nats, q_bar)
    theirs = (problem.steering @ sum(q_bar) @ problem.steering.conj()).real
    assert result.illumination_w is not None
    assert result.illumination_w >= theirs * (1 - 1e-6)


@pytest.mark.slow
def test_the_objective_never_falls_and_every_figure_holds() -> None:
    problem = scattered_problem(1, count=2, transmit=4, rate=9.0, selected=(0,))
    result = sca(problem, ScaSettings(start=QUICK, max_iterations=6))
    assert result.status == "feasible"
    assert result.beams is not None
    assert all(later >= earlier for earlier, later in zip(result.history_w, result.history_w[1:], strict=False))
    assert result.history_w[-1] > result.history_w[0]
    assert result.illumination_w == close_to(result.history_w[-1], rel=1e-9)
    assert max(violations(problem, result.beams).values()) <= 1e-9


@pytest.mark.slow
def test_scaling_channels_and_noise_together_changes_nothing() -> None:
    problem = scattered_problem(0)
    scaled = replace(problem, direct=problem.direct * 1e3, noise_power_w=problem.noise_power_w * 1e6)
    assert sca(scaled, LIGHT).illumination_w == close_to(solved(0, (0,)).illumination_w, rel=1e-4)


@pytest.mark.slow
def test_every_receiver_that_cancels_the_sensing_beam_helps() -> None:
    """p(∅) ≤ p(b) ≤ p(all), here on a problem whose local optima coincide."""
    light = [solved(1, selected).illumination_w for selected in ((), (0,), EVERYBODY)]
    assert light[0] is not None
    assert light[1] is not None
    assert light[2] is not None
    assert light[0] <= light[1] * (1 + 1e-6) <= light[2] * (1 + 2e-6)


@pytest.mark.slow
def test_one_stream_where_only_one_is_allowed() -> None:
    problem: BeamformingProblem = scattered_problem(1, count=2, rate=12.0, selected=(0,), streams=1)
    one = sca(problem, LIGHT)
    two = sca(replace(problem, streams=2), LIGHT)
    assert one.beams is not None
    assert one.beams.weights.shape[2] == 1
    assert one.illumination_w is not None
    assert two.illumination_w is not None
    assert two.illumination_w > one.illumination_w


@pytest.mark.parametrize("selected", [EVERYBODY, (0, 2), ()])
def test_multipliers_of_the_program_at_a_local_optimum_are_the_prices(selected: tuple[int, ...]) -> None:
    """There the tangent program has the conditions of the problem itself, so its multipliers are the prices."""
    asked = scattered_problem(0, rate=(3.0, 4.0, 2.5), selected=selected)
    found = value_function(asked, ValueFunctionSettings(tolerance=1e-12, stream_tolerance=1e-10))
    assert found.beams is not None
    prices, reduced = stationarity(asked, found.beams).prices, normalise(asked)
    weights = reduced.basis.conj().T @ np.asarray(found.beams.weights) / np.sqrt(asked.power_limit_w)
    free = [np.eye(len(reduced.steering), dtype=complex)] * (1 + reduced.size)
    program = solve_program(reduced, reduced.channels, weights, free)
    assert program is not None
    covariances, multipliers, power = program.covariances, program.rate_price, program.power_price
    assert power == close_to(prices.power, rel=2e-3)
    of_rate = multipliers * np.log(2.0) * asked.power_limit_w
    assert_close(of_rate, prices.rate_w_per_bps_hz, rel=2e-2, abs=2e-3 * of_rate.max())
    lit = np.einsum("t,jtu,u->", reduced.steering, covariances, reduced.steering.conj()).real
    assert lit == close_to(reduced.illumination(weights), rel=1e-5)
