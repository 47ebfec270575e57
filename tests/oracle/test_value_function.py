"""The value-function beamformer against CVXPY: its convex half against semidefinite programs, the whole against SCA."""

from __future__ import annotations

import warnings

import cvxpy as cp
import numpy as np
import pytest

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.downlink import dense, fixed_prices, optimal_prices
from multistatic.beamforming.downlink.downlink import InnerSolution, least_power, most_light, no_guess
from multistatic.beamforming.downlink.fixed_prices import Downlink
from multistatic.beamforming.downlink.optimal_prices import Guess, Optimum, beams_for, solve_downlink, workspace_for
from multistatic.beamforming.value_function import value_function
from tests.support.close import assert_close, close_to

SELECTIONS = {
    "all": [False] * 3,
    "none": [True] * 3,
    "mixed": [True, False, True],
    "one": [True, True, False],
    "two": [False, True, False],
}


def downlink(
    seed: int, gamma: float, receives_sensing: list[bool], power: float = 1.0, transmit: int = 4
) -> tuple[Downlink, ...]:
    """A multi-user MISO downlink, with its channels [N_t, K] and a [N_t]."""
    rng = np.random.default_rng(seed)
    real, imaginary = rng.standard_normal((2, transmit, len(receives_sensing)))
    channels = (real + 1j * imaginary) * 10.0 ** rng.uniform(0.0, 1.5, len(receives_sensing))
    towards = np.exp(1j * np.pi * 0.3 * np.arange(transmit))
    made = Downlink(
        gram=channels.conj().T @ channels,
        cross=channels.conj().T @ towards,
        norm2=float(transmit),
        target=np.full(len(receives_sensing), gamma),
        receives_sensing=np.array(receives_sensing),
        power=power,
    )
    return made, channels, towards


def semidefinite(made: Downlink, channels: np.ndarray, towards: np.ndarray, least: bool) -> tuple[str, float]:
    """Least power, or most light on the target, over covariances Q_0..Q_K (tight: rank-one solutions exist)."""
    size, count = channels.shape
    covariances = [cp.Variable((size, size), hermitian=True) for _ in range(count + 1)]
    total = sum(covariances)
    constraints = [covariance >> 0 for covariance in covariances]
    for s in range(count):
        h = channels[:, s] / np.linalg.norm(channels[:, s])
        outer = np.outer(h, h.conj())
        received = [cp.real(cp.trace(outer @ covariance)) for covariance in covariances]
        noise = 1.0 / np.linalg.norm(channels[:, s]) ** 2 + float(made.receives_sensing[s]) * received[-1]
        noise += sum(received[t] for t in range(count) if t != s)
        constraints.append(received[s] >= made.target[s] * noise)
    power, light = cp.real(cp.trace(total)), cp.real(towards.conj() @ total @ towards)
    if least:
        asked = cp.Problem(cp.Minimize(power), constraints)
    else:
        asked = cp.Problem(cp.Maximize(light), [*constraints, power <= made.power])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asked.solve(solver=cp.CLARABEL)
    return asked.status, float(asked.value)


@pytest.mark.parametrize("gamma", [0.1, 1.0, 15.0, 200.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_least_power_is_the_optimum_of_the_semidefinite_program(seed: int, gamma: float) -> None:
    made, channels, towards = downlink(seed, gamma, [False] * 3)
    solution = least_power(made)
    assert solution is not None
    assert solution.value == close_to(semidefinite(made, channels, towards, least=True)[1], rel=1e-4)
    assert solution.value == close_to(solution.price.sum(), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("gamma", [1.0, 15.0])
@pytest.mark.parametrize("margin", [1.02, 3.0, 300.0])
def test_most_light_is_the_optimum_of_the_semidefinite_program(selection: str, gamma: float, margin: float) -> None:
    """From 2 % above the least power, where ν is near 0, to 300 times it."""
    made, *_ = downlink(2, gamma, SELECTIONS[selection])
    least = least_power(made)
    assert least is not None
    made, channels, towards = downlink(2, gamma, SELECTIONS[selection], power=margin * least.value)
    solution = most_light(made)
    assert solution is not None
    light = made.norm2 * made.power - solution.value
    _, optimum = semidefinite(made, channels, towards, least=False)
    assert light == close_to(optimum, rel=2e-4)
    # The primal beams attain the dual value and meet every constraint: this is the proof of optimality.
    data = (channels * np.sqrt(solution.price)) @ solution.error + solution.nu * np.outer(towards, solution.on_target)
    data *= np.sqrt(solution.powers)
    sensing = (towards - channels @ solution.weights) * np.sqrt(solution.left)
    lit = np.sum(np.abs(towards.conj() @ data) ** 2) + np.abs(towards.conj() @ sensing) ** 2
    assert lit == close_to(light, rel=1e-9)
    assert np.sum(np.abs(data) ** 2) + np.sum(np.abs(sensing) ** 2) == close_to(made.power, rel=1e-9)
    received = np.abs(channels.conj().T @ data) ** 2
    noise = (
        1.0
        + received.sum(axis=1)
        - np.diag(received)
        + made.receives_sensing * np.abs(channels.conj().T @ sensing) ** 2
    )
    np.testing.assert_array_less(made.target * (1.0 - 1e-8), np.diag(received) / noise)


@pytest.mark.parametrize("gamma", [1.0, 15.0])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_best_data_beams_are_no_optimum_where_a_sensing_beam_pays(seed: int, gamma: float) -> None:
    """A neighbour without a sensing beam leads to the fixed point without one, where νθ₀ > 1 says that it would pay."""
    least = least_power(downlink(seed, gamma, SELECTIONS["all"])[0])
    assert least is not None
    made, *_ = downlink(seed, gamma, SELECTIONS["all"], power=300.0 * least.value)
    expected = most_light(made)
    assert expected is not None
    assert expected.left > 0.0
    beams = beams_for(len(made.target))
    found = solve_downlink(made, Guess(expected.price, expected.nu, 0.0, 0.0), True, workspace_for(3), beams)
    assert found.found
    again = InnerSolution.of(found, beams)
    assert again.proven
    assert again.left == close_to(expected.left, rel=1e-6)
    assert again.value == close_to(expected.value, rel=1e-6)


@pytest.mark.parametrize("gamma", [4.0, 15.0])
@pytest.mark.parametrize("power", [1.001, 300.0])
def test_the_bracket_closes_on_the_same_price_without_newton(
    monkeypatch: pytest.MonkeyPatch, gamma: float, power: float
) -> None:
    """What is left where Newton's method fails: bisection to the largest ν with power(ν) ≤ P and νθ₀ ≤ 1.

    The first limit counts just above the least power, the second with 300 times it.
    """
    least = least_power(downlink(1, gamma, SELECTIONS["two"])[0])
    assert least is not None
    made, *_ = downlink(1, gamma, SELECTIONS["two"], power=power * least.value)
    expected = most_light(made)
    assert expected is not None
    assert (expected.left > 0.0) == (power > 2.0)
    for module in (dense, fixed_prices, optimal_prices):
        for name, function in list(vars(module).items()):
            monkeypatch.setattr(module, name, getattr(function, "py_func", function))  # not compiled, to be taken apart
    monkeypatch.setattr(optimal_prices, "joint_newton", lambda *_: Optimum(False, False, 0.0, 0.0, 0.0, 0.0))
    beams = beams_for(3)
    found = optimal_prices.solve_downlink(made, no_guess(3), True, workspace_for(3), beams)
    assert found.found
    assert not found.proven
    assert found.nu == close_to(expected.nu, rel=1e-6)
    assert_close(beams.price, expected.price, rel=1e-4)


def test_targets_beyond_the_dimensions_are_unreachable() -> None:
    """Σ γ/(1+γ) < N_t is necessary at any power (three receivers, two antennas: γ < 2)."""
    assert least_power(downlink(0, 1.9, [False] * 3, transmit=2)[0]) is not None
    assert least_power(downlink(0, 2.1, [False] * 3, transmit=2)[0]) is None


def test_too_little_power_gives_nothing() -> None:
    made, *_ = downlink(0, 3.0, [False] * 3)
    least = least_power(made)
    assert least is not None
    assert most_light(downlink(0, 3.0, [False] * 3, power=0.999 * least.value)[0]) is None
    assert most_light(downlink(0, 3.0, [False] * 3, power=1.001 * least.value)[0]) is not None


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("seed", [0, 1])
def test_line_of_sight_is_proven_optimal_and_not_below_the_semidefinite_program(selection: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sines, gains = rng.uniform(-1.0, 1.0, 3), rng.uniform(5.0, 60.0, 3) ** -2.7
    rows = np.exp(1j * np.pi * sines[:, None] * np.arange(5)) * np.sqrt(gains / 1e-9)[:, None]
    receives_sensing = np.array(SELECTIONS[selection])
    asked = BeamformingProblem(
        direct=np.sqrt(1e-9 / 2.0) * np.stack([rows, 1j * rows], axis=1),
        steering_tx=np.exp(-1j * np.pi * 0.1 * np.arange(5)),
        noise_power_w=1e-9,
        power_limit_w=1.0,
        rate_required_bps_hz=np.full(3, 4.0),
        selected=~receives_sensing,
    )
    result = value_function(asked)
    assert result.status == "optimal"
    assert result.gap is not None
    assert result.gap <= 1e-7
    channels, towards = rows.conj().T, asked.steering.conj()
    made = Downlink(
        gram=channels.conj().T @ channels,
        cross=channels.conj().T @ towards,
        norm2=5.0,
        target=np.full(3, 15.0),
        receives_sensing=receives_sensing,
    )
    # Clarabel's values are off by up to 1e-5 here; the certificate is the dual bound.
    assert result.illumination_w >= semidefinite(made, channels, towards, least=False)[1] * (1.0 - 2e-5)


def sca_step(asked: BeamformingProblem, around: list[np.ndarray]) -> tuple[float, list[np.ndarray]]:
    """One successive convex approximation around covariances Q̄_0..Q̄_K: (illumination, covariances); model.md §8."""
    channels, rate = asked.normalised_direct, asked.rate_required_bps_hz * np.log(2.0)
    count, antennas, size = channels.shape
    covariances = [cp.Variable((size, size), hermitian=True) for _ in range(count + 1)]
    constraints = [covariance >> 0 for covariance in covariances]
    constraints.append(cp.real(sum(cp.trace(covariance) for covariance in covariances)) <= 1.0)
    for k, channel in enumerate(channels):
        heard = [j for j in range(count + 1) if j > 0 or not asked.selected[k]]
        others = [j for j in heard if j != k + 1]
        noise = np.eye(antennas) + sum((channel @ around[j] @ channel.conj().T for j in others), 0)
        received = np.eye(antennas) + sum(channel @ covariances[j] @ channel.conj().T for j in heard)
        root = np.linalg.inv(np.linalg.cholesky(noise))
        relative = root @ received @ root.conj().T
        weight = channel.conj().T @ np.linalg.solve(noise, channel)
        change = sum(cp.real(cp.trace(weight @ (covariances[j] - around[j]))) for j in others) if others else 0.0
        constraints.append(cp.log_det(relative) - change >= rate[k])
    light = asked.steering @ sum(covariances) @ asked.steering.conj()
    program = cp.Problem(cp.Maximize(cp.real(light)), constraints)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program.solve(solver=cp.CLARABEL)
    return float(program.value), [covariance.value for covariance in covariances]


@pytest.mark.slow
@pytest.mark.parametrize("selected", [[False, False], [True, False]])
def test_not_below_successive_convex_approximation_and_stationary_for_it(selected: list[bool]) -> None:
    rng = np.random.default_rng(11)
    real, imaginary = rng.standard_normal((2, 2, 2, 3))
    asked = BeamformingProblem(
        direct=(real + 1j * imaginary) * np.sqrt(np.array([3.0, 8.0]) * 1e-9)[:, None, None],
        steering_tx=np.exp(1j * np.pi * 0.2 * np.arange(3)),
        noise_power_w=1e-9,
        power_limit_w=1.0,
        rate_required_bps_hz=np.array([1.5, 2.0]),
        selected=np.array(selected),
        streams=2,
    )
    result = value_function(asked)
    assert result.beams is not None
    assert result.illumination_w is not None
    ours = [beam @ beam.conj().T for beam in result.beams.weights]
    # Started at our solution, SCA gains nothing.
    assert sca_step(asked, ours)[0] <= result.illumination_w + 1e-4
    # Started from scratch (around weak white covariances), it ends no higher.
    value, covariances = 0.0, [np.eye(3) * 1e-3 for _ in range(3)]
    for _ in range(5):
        value, covariances = sca_step(asked, covariances)
    assert value <= result.illumination_w + 1e-4
