"""The upper bound on the illumination: its constraints against uplinks solved here, its optimum against CVXPY and
SciPy, its verdicts against closed forms and against beams of which nobody asked more than they reach.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import combinations

import cvxpy as cp
import numpy as np
import pytest
import scipy.optimize

from multistatic.beamforming import error_relaxation
from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.certificate import proves_infeasible, upper_bound
from multistatic.beamforming.error_relaxation import Relaxation, relaxed
from multistatic.beamforming.interior_point import least_power_bound
from multistatic.beamforming.los import los_sdp
from multistatic.beamforming.normalised_problem import normalise
from multistatic.beamforming.value_function import value_function
from multistatic.communication.rates import rates_bps_hz
from multistatic.signal.beams import Beams
from tests.support.beamforming_problems import complex_normal, line_of_sight_problem, scattered_problem, steering
from tests.support.close import close_to

EVERYONE = (0, 1, 2, 3)


def relaxation(rng: np.random.Generator, mix: float, *, nu: float = 0.1, groups: int = 1) -> Relaxation:
    """Two receivers with two antennas each, three transmit antennas, ‖a‖² = 3."""
    rate, towards = np.array([1.2, 2.0]), steering(3, 0.3)
    member = np.array([[1.0, 1.0], [0.0, 1.0]])[:groups]
    return Relaxation(
        channels=complex_normal(rng, 2, 2, 3),
        cost=np.array([1.0, 3.0]),
        noise=np.eye(3) - nu * np.outer(towards, towards.conj()),
        member=member,
        mix=np.full(groups, mix),
        demand=-member @ np.log(mix + (1.0 - mix) * np.exp(-rate)),
    )


def by_scipy(asked: Relaxation) -> float:
    """The least power over triangular factors of Σ_k, from several starts."""
    count, r, _ = asked.channels.shape
    rows, columns = np.tril_indices(r)

    def factors(x: np.ndarray) -> np.ndarray:
        root = np.zeros((count, r, r), complex)
        real, imaginary = x.reshape(2, count, -1)
        root[:, rows, columns] = real + 1j * np.where(rows == columns, 0.0, imaginary)
        return root

    def power(x: np.ndarray) -> float:
        return float(asked.cost @ np.sum(np.abs(factors(x)) ** 2, axis=(1, 2)))

    def spare(x: np.ndarray) -> np.ndarray:
        root = factors(x)
        received = asked.channels.conj().transpose(0, 2, 1) @ root
        outer = received @ received.conj().transpose(0, 2, 1)
        left = []
        for member, mix, demand in zip(asked.member, asked.mix, asked.demand, strict=True):
            total = np.tensordot(member, outer, 1)
            left.append(np.linalg.slogdet(asked.noise + total)[1] - np.linalg.slogdet(asked.noise + mix * total)[1])
            left[-1] -= demand
        return np.array(left)

    best = np.inf
    for seed in range(4):
        start = 2.0 * np.random.default_rng(seed).standard_normal(2 * count * len(rows))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = scipy.optimize.minimize(
                power, start, constraints={"type": "ineq", "fun": spare}, method="SLSQP", options={"maxiter": 500}
            )
        if np.all(spare(found.x) > -1e-7):
            best = min(best, float(found.fun))
    return best


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("mix", [0.02, 0.3, 0.99])
def test_the_relaxation_is_solved_to_a_per_cent_from_below(mix: float, groups: int) -> None:
    asked = relaxation(np.random.default_rng(5), mix, groups=groups)
    optimum = by_scipy(asked)
    bound = least_power_bound(asked)
    assert 0.99 * optimum <= bound <= optimum * (1.0 + 1e-5)


@pytest.mark.parametrize(("count", "transmit", "rate"), [(3, 4, 3.0), (6, 4, 1.0), (8, 5, 0.8)])
def test_more_constraints_prove_no_less(count: int, transmit: int, rate: float) -> None:
    """Each constraint alone is a smaller relaxation; with all of them the method has to find at least as much."""
    for seed in range(3):
        problem = scattered_problem(seed, count=count, transmit=transmit, rate=rate)
        asked = relaxed(normalise(problem), target=True)
        assert asked is not None
        alone = [
            least_power_bound(replace(asked, member=asked.member[[i]], mix=asked.mix[[i]], demand=asked.demand[[i]]))
            for i in range(len(asked.mix))
        ]
        assert least_power_bound(asked) >= 0.99 * max(alone) > 0.0


def test_without_errors_it_is_the_sum_rate_of_dirty_paper_coding() -> None:
    """κ = 0 in CVXPY: least power under ln det M ≥ ln det M_0 + Σ R."""
    asked = relaxation(np.random.default_rng(6), 0.0)
    covariances = [cp.Variable((2, 2), hermitian=True) for _ in range(2)]
    total = asked.noise + sum(h.conj().T @ s @ h for h, s in zip(asked.channels, covariances, strict=True))
    power = sum(c * cp.real(cp.trace(s)) for c, s in zip(asked.cost, covariances, strict=True))
    needed = asked.demand[0] + np.linalg.slogdet(asked.noise)[1]
    program = cp.Problem(cp.Minimize(power), [cp.log_det(total) >= needed, *(s >> 0 for s in covariances)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program.solve(solver=cp.CLARABEL)
    assert 0.99 * program.value <= least_power_bound(asked) <= program.value * (1.0 + 1e-5)


@pytest.mark.parametrize("mix", [0.05, 0.5, 0.99])
def test_any_covariances_and_any_prices_give_a_valid_bound(mix: float) -> None:
    """Weak duality does not depend on how well the relaxation was solved."""
    rng = np.random.default_rng(7)
    asked = relaxation(rng, mix, groups=2)
    optimum = by_scipy(asked)
    for _ in range(200):
        root = complex_normal(rng, 2, 2, 2) * 10.0 ** rng.uniform(-1.0, 1.0)
        covariances = root @ root.conj().transpose(0, 2, 1) + 1e-3 * np.eye(2)
        assert asked.bound(covariances, rng.random(2)) <= optimum * (1.0 + 1e-5)


def uplink(channels: np.ndarray, noise: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Prices λ at which λ_s h_sᴴM⁻¹h_s = 1 - e^{-r_s} for channels [n, S]: the fixed point, from 0."""
    price = np.zeros(len(share))
    for _ in range(5000):
        total = noise + (channels * price) @ channels.conj().T
        gain = np.einsum("ts,ts->s", channels.conj(), np.linalg.solve(total, channels)).real
        price = -np.expm1(-share) / gain
    return price


@pytest.mark.parametrize("target", [0.0, 0.9])
@pytest.mark.parametrize("seed", range(4))
def test_every_uplink_meets_every_constraint(seed: int, target: float) -> None:
    """Random streams, some receivers with two: (6) for every group of receivers and every κ."""
    rng = np.random.default_rng(seed)
    antennas, owner = 6, np.array([0, 0, 1, 2, 2])
    share, towards = rng.uniform(0.1, 2.5, 5), steering(antennas, 0.3)
    noise = np.eye(antennas) - target / antennas * np.outer(towards, towards.conj())
    channels = complex_normal(rng, antennas, 5)
    price = uplink(channels, noise, share)
    for size in (1, 2, 3):
        for group in combinations(range(3), size):
            inside = np.isin(owner, group)
            heard = (channels[:, inside] * price[inside]) @ channels[:, inside].conj().T
            rate = np.bincount(owner[inside], share[inside], 3)[list(group)]
            for mix in (0.0, 0.01, 0.3, 0.9, 0.999):
                whole, mixed = (np.linalg.slogdet(noise + part * heard)[1] for part in (1.0, mix))
                assert whole - mixed >= -np.sum(np.log(mix + (1.0 - mix) * np.exp(-rate))) - 1e-9


def test_orthogonal_channels_meet_the_constraint_with_equality() -> None:
    """Receivers on orthogonal directions, one antenna each: the relaxation is the problem, and needs Σ γ_k/g_k."""
    gain, rate = np.array([3.0, 0.5, 8.0]), np.full(3, 1.7)
    asked = BeamformingProblem(
        direct=np.sqrt(gain)[:, None, None] * np.eye(3)[:, None, :],
        steering_tx=np.ones(3),
        noise_power_w=1.0,
        power_limit_w=1.0,
        rate_required_bps_hz=rate,
        selected=np.ones(3, bool),
    )
    needed = float(np.sum((2.0**rate - 1.0) / gain))
    assert proves_infeasible(replace(asked, power_limit_w=0.9 * needed))
    assert not proves_infeasible(replace(asked, power_limit_w=1.001 * needed))


def test_one_receiver_is_infeasible_beyond_the_capacity_of_its_channel() -> None:
    asked = scattered_problem(3, count=1, transmit=3, receive=3, selected=(0,), rate=1.0)
    gains = np.linalg.svd(asked.normalised_direct[0], compute_uv=False) ** 2
    powers = next(
        p for used in (3, 2, 1) if np.all((p := (1.0 + np.sum(1.0 / gains[:used])) / used - 1.0 / gains[:used]) >= 0.0)
    )
    capacity = float(np.sum(np.log2(1.0 + powers * gains[: len(powers)])))
    assert proves_infeasible(replace(asked, rate_required_bps_hz=np.array([1.02 * capacity])))
    assert not proves_infeasible(replace(asked, rate_required_bps_hz=np.array([capacity])))


def test_more_streams_than_dimensions_are_infeasible_at_any_power() -> None:
    """Σ(1 - 2^-R) ≥ N_t: four receivers at 3 bit/s/Hz need 3.5 of three dimensions."""
    asked = scattered_problem(0, count=4, transmit=3, rate=3.0, selected=EVERYONE)
    assert proves_infeasible(replace(asked, power_limit_w=1e12))
    assert not proves_infeasible(replace(asked, power_limit_w=1e12, rate_required_bps_hz=np.full(4, 1.5)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_the_proven_optimum_of_line_of_sight_is_not_above_the_bound(seed: int) -> None:
    asked = line_of_sight_problem(seed, count=4, transmit=5, rate=3.0, selected=EVERYONE)
    best = value_function(asked)
    assert best.status == "optimal"
    bound = upper_bound(asked)
    limit = asked.illumination_limit_w
    assert bound.proof == "errors"
    assert best.illumination_w <= bound.value_w * (1.0 + 1e-9)
    # And the bound is of use: it proves a good part of what cannot be avoided.
    assert limit - bound.value_w >= 0.1 * (limit - best.illumination_w)


@pytest.mark.slow
@pytest.mark.parametrize(("transmit", "rate", "share"), [(4, 1.0, 0.3), (4, 4.0, 0.15), (8, 2.0, 0.3), (8, 6.0, 0.2)])
def test_half_of_the_loss_or_so_is_proven_unavoidable(transmit: int, rate: float, share: float) -> None:
    proven = []
    for seed in range(3):
        asked = scattered_problem(seed, count=4, transmit=transmit, rate=rate, selected=EVERYONE)
        best, bound = value_function(asked), upper_bound(asked).value_w
        assert best.illumination_w is not None
        proven.append((asked.illumination_limit_w - bound) / (asked.illumination_limit_w - best.illumination_w))
    assert share < min(proven)
    assert max(proven) <= 1.0 + 1e-6


def test_beams_that_ask_for_what_they_reach_are_never_above_the_bound() -> None:
    """No solver in between: random precoders, in part turned to the target, set the rates that they reach."""
    rng = np.random.default_rng(8)
    for _ in range(60):
        count, transmit, receive, streams = (int(rng.integers(1, high)) for high in (5, 6, 4, 3))
        channels = complex_normal(rng, count, receive, transmit) * 10.0 ** rng.uniform(0.0, 2.0, (count, 1, 1))
        towards = steering(transmit, rng.uniform(-1.0, 1.0))
        weights = complex_normal(rng, 1 + count, transmit, streams) * rng.uniform(0.0, 1.0, (1 + count, 1, 1))
        matched = np.linalg.pinv(channels.reshape(-1, transmit))[:, :count].T[:, :, None]
        weights[1:] = weights[1:] * 0.1 + matched / np.linalg.norm(matched, axis=1, keepdims=True)
        weights += (
            towards.conj()[:, None] * rng.uniform(0.0, 3.0, (1 + count, 1, 1)) * complex_normal(rng, 1, 1, streams)
        )
        weights /= np.linalg.norm(weights)
        selected = rng.random(count) < 0.5
        beams = Beams(weights=weights)
        asked = BeamformingProblem(
            direct=channels,
            steering_tx=towards,
            noise_power_w=1.0,
            power_limit_w=1.0,
            rate_required_bps_hz=rates_bps_hz(channels, beams, 1.0, selected),
            selected=selected,
        )
        assert not proves_infeasible(asked)
        assert beams.illumination_w(towards)[0] <= upper_bound(asked).value_w * (1.0 + 1e-9)


def test_beams_of_any_kind_are_never_above_the_bound_on_several_points() -> None:
    """The same for Σ μ_ip_i, with random prices of the points, some of them 0."""
    rng = np.random.default_rng(9)
    tight = 0.0
    for _ in range(60):
        count, transmit, receive, streams = (int(rng.integers(1, high)) for high in (5, 6, 4, 3))
        points = int(rng.integers(2, 6))
        channels = complex_normal(rng, count, receive, transmit) * 10.0 ** rng.uniform(0.0, 2.0, (count, 1, 1))
        towards = np.array([steering(transmit, sine) for sine in rng.uniform(-1.0, 1.0, points)])
        price = rng.uniform(0.0, 1.0, points) * (rng.random(points) < 0.8)
        price[0] += 0.1
        best = np.linalg.svd(np.sqrt(price)[:, None] * towards)[2][0].conj()
        weights = complex_normal(rng, 1 + count, transmit, streams) * rng.uniform(0.0, 0.1, (1 + count, 1, 1))
        weights += best.conj()[:, None] * rng.uniform(0.0, 3.0, (1 + count, 1, 1)) * complex_normal(rng, 1, 1, streams)
        matched = np.linalg.pinv(channels.reshape(-1, transmit))[:, :count].T[:, :, None]
        weights[1:] += matched / np.linalg.norm(matched, axis=1, keepdims=True)
        weights /= np.linalg.norm(weights)
        selected, beams = rng.random(count) < 0.5, Beams(weights=weights)
        asked = BeamformingProblem(
            direct=channels,
            steering_tx=towards,
            noise_power_w=1.0,
            power_limit_w=1.0,
            rate_required_bps_hz=rates_bps_hz(channels, beams, 1.0, selected),
            selected=selected,
        )
        bound, reached = upper_bound(asked, price).value_w, float(price @ beams.illumination_w(towards))
        assert reached <= bound * (1.0 + 1e-9)
        assert bound <= float(np.linalg.norm(np.sqrt(price)[:, None] * towards, 2) ** 2) * (1.0 + 1e-9)
        assert upper_bound(asked, 7.0 * price).value_w == close_to(7.0 * bound, rel=1e-6)
        tight = max(tight, reached / bound)
    assert tight > 0.9


@pytest.mark.parametrize("copies", [1, 3])
def test_equal_points_have_the_bound_of_one(copies: int) -> None:
    asked = scattered_problem(2, count=4, transmit=4, rate=3.0, selected=EVERYONE)
    price = np.arange(1.0, copies + 1.0)
    several = replace(asked, steering_tx=np.tile(asked.steering_tx, (copies, 1)), point_weight=None)
    single = upper_bound(asked)
    assert single.proof == "errors"
    assert upper_bound(several, price).value_w == close_to(float(price.sum()) * single.value_w, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_most_of_the_loss_over_several_points_is_proven_where_the_optimum_is_known(seed: int) -> None:
    """One antenna at each receiver: the largest Σ μ_ip_i is that of a semidefinite program."""
    rng = np.random.default_rng(seed)
    direct = (rng.standard_normal((2, 1, 4)) + 1j * rng.standard_normal((2, 1, 4))) / np.sqrt(2)
    towards, price, gamma = np.exp(1j * np.pi * np.outer([0.0, 0.2], np.arange(4))), np.array([1.0, 0.6]), 3.0
    problem = BeamformingProblem(
        direct=direct,
        steering_tx=towards,
        noise_power_w=0.1,
        power_limit_w=1.0,
        rate_required_bps_hz=np.full(2, 2.0),
        selected=np.ones(2, bool),
    )
    covariances = [cp.Variable((4, 4), hermitian=True) for _ in range(3)]
    total, rows = sum(covariances), direct[:, 0] / np.sqrt(0.1)
    light = cp.real(cp.trace((towards.conj().T * price) @ towards @ total))
    constraints = [cp.real(cp.trace(total)) <= 1.0, *(q >> 0 for q in covariances)]
    for k in range(2):
        received = [cp.real(rows[k] @ q @ rows[k].conj()) for q in covariances]
        constraints.append(received[k + 1] >= gamma * (1.0 + received[2 - k]))
    program = cp.Problem(cp.Maximize(light), constraints)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program.solve(solver=cp.CLARABEL)
    bound, limit = (
        upper_bound(problem, price).value_w,
        float(np.linalg.eigvalsh((towards.conj().T * price) @ towards)[-1]),
    )
    assert program.value - 1e-5 <= bound
    assert limit - bound > 0.8 * (limit - program.value) > 0.0


def exact_bound(asked: Relaxation, covariances: np.ndarray, price: np.ndarray) -> float:
    """Weak duality in 60 digits: Σ y(F - Γ + ⟨∇Γ, Σ⟩) over the largest eigenvalue of Σ y∇Γ in any block."""
    import mpmath

    with mpmath.workdps(60):
        count, r, _ = asked.channels.shape
        channels, inner = ([mpmath.matrix(x.tolist()) for x in y] for y in (asked.channels, covariances))
        slope, needed = [mpmath.zeros(r) for _ in range(count)], mpmath.mpf(0)
        for member, mix, demand, y in zip(asked.member, asked.mix, asked.demand, price, strict=True):
            needed += mpmath.mpf(y) * mpmath.mpf(demand)
            for sign, part in ((1, mpmath.mpf(1)), (-1, mpmath.mpf(mix))):
                whole = mpmath.matrix(asked.noise.tolist())
                for k in np.flatnonzero(member):
                    whole += part * (channels[k].H * inner[k] * channels[k])
                needed -= sign * mpmath.mpf(y) * mpmath.log(mpmath.re(mpmath.det(whole)))
                inverse = whole**-1
                for k in np.flatnonzero(member):
                    slope[k] += sign * part * mpmath.mpf(y) * (channels[k] * inverse * channels[k].H)
        for one, other in zip(slope, inner, strict=True):
            needed += mpmath.re(sum((one * other)[i, i] for i in range(r)))
        steepest = max(
            max(mpmath.eigh((x + x.H) / 2, eigvals_only=True)) / c for x, c in zip(slope, asked.cost, strict=True)
        )
        return float(needed / steepest)


def test_rounding_is_given_away_and_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise that is singular to 1e-12, covariances of all sizes: never above what 60 digits say, and not far below.

    The same formula in plain floating point is above it in about half of the cases: the margin is of use.
    """
    rng = np.random.default_rng(11)
    plain_above, kept = 0, []
    for _ in range(30):
        asked = relaxation(rng, float(rng.choice([0.001, 0.3, 0.99])), nu=(1.0 - 10.0 ** rng.uniform(-12, -6)) / 3.0)
        root = complex_normal(rng, 2, 2, 2) * 10.0 ** rng.uniform(-4.0, 4.0, (2, 1, 1))
        covariances, price = root @ root.conj().transpose(0, 2, 1), rng.random(1)
        exact = exact_bound(asked, covariances, price)
        if exact > 0.0:
            found = asked.bound(covariances, price)
            assert found < exact
            kept.append(found / exact)
            with monkeypatch.context() as plain:
                plain.setattr(error_relaxation, "_OPERATIONS", 0.0)
                plain.setattr(error_relaxation, "_DECIMALS", 0.0)
                plain_above += asked.bound(covariances, price) > exact
    assert plain_above > 0
    assert np.median(kept) > 1.0 - 1e-5
    assert min(kept) > 0.9


@pytest.mark.parametrize("seed", [5, 21, 25, 33])
def test_where_the_bound_is_tight_it_is_not_below_the_optimum(seed: int) -> None:
    """Two receivers of one antenna: the optimum is that of a semidefinite program, and 98 % of its loss are proven."""
    rng = np.random.default_rng(seed)
    direct = (rng.standard_normal((2, 1, 4)) + 1j * rng.standard_normal((2, 1, 4))) / np.sqrt(2)
    problem = BeamformingProblem(
        direct=direct,
        steering_tx=np.exp(2j * np.pi * rng.random(4)),
        noise_power_w=0.1,
        power_limit_w=1.0,
        rate_required_bps_hz=np.full(2, 2.0),
        selected=np.ones(2, bool),
    )
    best_w, bound_w, limit_w = (
        los_sdp(problem).illumination_w,
        upper_bound(problem).value_w,
        problem.illumination_limit_w,
    )
    assert bound_w >= best_w - 1e-5 * (limit_w - best_w)
    assert limit_w - bound_w > 0.982 * (limit_w - best_w)
