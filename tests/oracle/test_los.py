"""The line-of-sight optimum against a semidefinite program in CVXPY, its certificate, and infeasible cases."""

from __future__ import annotations

import warnings
from dataclasses import replace

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.evaluate import violations
from multistatic.beamforming.los import los_sdp
from multistatic.beamforming.miso import coupling, dual_bound, solve_miso
from multistatic.beamforming.normalised_problem import normalise
from multistatic.beamforming.sca import ScaSettings, sca
from multistatic.beamforming.sca.searched_start import StartSettings
from multistatic.errors import InputError
from tests.support.beamforming_problems import complex_normal, line_of_sight_problem, scattered_problem
from tests.support.close import close_to

LIGHT = ScaSettings(start=StartSettings(random_starts=0, short_search=15, long_search=40, rounds=1, finalists=1))


def oracle(problem: BeamformingProblem) -> float:
    """The program in whole covariances: SINR_k = g tᵀQ_kt*/(1 + g tᵀΣ_i Q_it*) with the array gain g = ‖r‖²."""
    count, _, size = problem.direct.shape
    q = [cp.Variable((size, size), hermitian=True) for _ in range(count + 1)]
    constraints = [matrix >> 0 for matrix in q] + [cp.real(cp.trace(sum(q))) <= 1]
    for k, channel in enumerate(problem.normalised_direct):
        gram = channel.conj().T @ channel
        gain = np.trace(gram).real
        heard = [j for j in range(count + 1) if j != k + 1 and (j > 0 or not problem.selected[k])]
        signal = cp.real(cp.trace(gram / gain @ q[k + 1]))
        noise = 1.0 / gain + cp.real(cp.trace(gram / gain @ sum(q[j] for j in heard)))
        constraints.append(signal >= (2.0 ** problem.rate_required_bps_hz[k] - 1.0) * noise)
    aim = np.outer(problem.steering.conj(), problem.steering)
    program = cp.Problem(cp.Maximize(cp.real(cp.trace(aim @ sum(q)))), constraints)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "may be inaccurate": the comparison has a tolerance
        program.solve(solver="CLARABEL")
    return float(program.value)


@pytest.mark.parametrize("selected", [(), (1,), (0, 1, 2, 3)])
@pytest.mark.parametrize("seed", [0, 1])
def test_value_of_the_semidefinite_program(seed: int, selected: tuple[int, ...]) -> None:
    problem = line_of_sight_problem(seed, selected=selected)
    result = los_sdp(problem)
    assert result.status == "optimal"
    assert result.beams is not None
    assert result.gap is not None
    assert result.gap <= 1e-8
    assert result.beams.weights.shape[2] == 1
    assert max(violations(problem, result.beams).values()) <= 1e-9
    assert result.illumination_w == close_to(oracle(problem), rel=2e-5)


@pytest.mark.parametrize("rate", [0.05, 8.0, 13.0])
@pytest.mark.parametrize("selected", [(), (0,), (0, 1)])
def test_the_certificate_closes_at_low_and_high_sinr(rate: float, selected: tuple[int, ...]) -> None:
    result = los_sdp(line_of_sight_problem(3, count=2, rate=rate, selected=selected))
    assert result.status == "optimal"
    assert result.gap is not None
    assert result.gap <= 1e-6


def test_sca_finds_no_more_and_not_much_less() -> None:
    problem = line_of_sight_problem(2, count=3, transmit=4)
    exact, local = los_sdp(problem).illumination_w, sca(problem, LIGHT).illumination_w
    assert exact is not None
    assert local is not None
    assert exact * (1 - 1e-6) <= local <= exact * (1 + 1e-8)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 5), count=st.integers(1, 4), mask=st.integers(0, 15))
def test_any_multipliers_bound_any_feasible_beams(seed: int, size: int, count: int, mask: int) -> None:
    """Weak duality with multipliers nobody solved for, and SINR targets that random beams happen to reach."""
    rng = np.random.default_rng(seed)
    rows, row = complex_normal(rng, count, size), complex_normal(rng, size)
    beams = complex_normal(rng, count + 1, size)
    beams /= np.linalg.norm(beams)
    receives_sensing = np.array([bool(mask >> k & 1) for k in range(count)])
    gain = np.abs(rows @ beams.T) ** 2
    own = gain[np.arange(count), np.arange(count) + 1]
    sinr = own / (1 + gain[:, 1:].sum(axis=1) - own + receives_sensing * gain[:, 0])
    light = np.sum(np.abs(beams @ row) ** 2)
    multipliers = rng.exponential(1.0, count)
    assert dual_bound(rows, row, multipliers, coupling(sinr, receives_sensing, True)) >= light - 1e-9
    solution = solve_miso(rows, row, sinr * 0.99, receives_sensing)
    assert solution.upper_bound >= light - 1e-9


def test_collinear_receivers_are_no_special_case() -> None:
    """Two receivers in the same direction: a ULA cannot tell front from back."""
    problem = line_of_sight_problem(0, count=2, rate=0.5, selected=(0, 1))
    direct = problem.direct.copy()
    direct[1] = 0.5 * direct[0]
    result = los_sdp(replace(problem, direct=direct))
    assert result.status == "optimal"
    assert result.illumination_w == close_to(oracle(replace(problem, direct=direct)), rel=2e-5)


def test_infeasible_by_the_dual_with_the_largest_common_rate() -> None:
    problem = line_of_sight_problem(0, count=4, transmit=4, rate=16.0)
    result = los_sdp(problem)
    assert result.status == "infeasible"
    assert result.beams is None
    reached = result.largest_common_rate_bps_hz
    assert reached is not None
    assert 0 < reached < 16.0
    for factor, status in ((0.999, "optimal"), (1.001, "infeasible")):
        nearby = los_sdp(replace(problem, rate_required_bps_hz=np.full(4, factor * reached), selected=np.ones(4, bool)))
        assert nearby.status == status


def test_channels_of_higher_rank_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="direct channel of receiver number 1") as caught:
        los_sdp(scattered_problem())
    assert len(caught.value.problems) == 3
    assert "'sca'" in str(caught.value)
    assert normalise(scattered_problem()).size == 3


@pytest.mark.parametrize(("second", "refused"), [(1e-3, True), (1e-7, True), (1e-10, False)])
def test_a_channel_that_is_nearly_of_rank_one_is_not_of_rank_one(second: float, refused: bool) -> None:
    """The proof is for rank one: what a second singular value of 1e-3 adds to the rate is more than its digits."""
    problem = line_of_sight_problem(1, count=2)
    left, singular, right = np.linalg.svd(problem.direct[0], full_matrices=False)
    direct = problem.direct.copy()
    direct[0] = (left * singular[0] * np.array([1.0, second])) @ right
    asked = replace(problem, direct=direct)
    if refused:
        with pytest.raises(InputError, match=r"receiver number 1: received second singular value"):
            los_sdp(asked)
    else:
        assert los_sdp(asked).status == "optimal"
