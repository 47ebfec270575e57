"""What the beams for one group prove of every other: against the optimum of each group, by another solver."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.illumination_cut import IlluminationCut, has_cuts, illumination_cut
from multistatic.beamforming.los import los_sdp
from multistatic.beamforming.value_function import value_function
from tests.support.beamforming_problems import line_of_sight_problem, scattered_problem
from tests.support.close import close_to

COUNT = 4
GROUPS = np.array(list(product([False, True], repeat=COUNT)))


def optimum(problem: BeamformingProblem, group: np.ndarray) -> float:
    """The largest illumination for a group, by the semidefinite program and its dual: no code of the cut's."""
    result = los_sdp(replace(problem, selected=group))
    assert result.status == "optimal"
    assert result.illumination_w is not None
    return result.illumination_w


def the_cut(problem: BeamformingProblem) -> IlluminationCut:
    cut = illumination_cut(problem)
    assert cut is not None
    return cut


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["one antenna", "line of sight"])
@pytest.mark.parametrize("seed", range(4))
def test_every_group_stays_below_its_bound_and_the_own_one_reaches_it(seed: int, kind: str) -> None:
    if kind == "one antenna":
        problem = scattered_problem(seed, count=COUNT, transmit=4, receive=1, rate=1.0, selected=(), streams=1)
    else:
        problem = line_of_sight_problem(seed, count=COUNT, transmit=5, rate=1.5)
    best = np.array([optimum(problem, group) for group in GROUPS])
    spread = best.max() / best.min()
    for group, own in zip(GROUPS, best, strict=True):
        bounds = the_cut(replace(problem, selected=group)).bounds_w(GROUPS)
        assert np.all(best <= bounds * (1 + 1e-6))
        mine = bounds[(group == GROUPS).all(axis=1)]
        assert mine == close_to(own, rel=1e-6)
    assert spread > 1.005, "groups do not differ: the test looks at nothing"


@pytest.mark.slow
def test_bounds_are_tight_enough_to_tell_groups_apart() -> None:
    """The illumination for everyone bounds every group too; what the cut adds is most of the difference."""
    problem = scattered_problem(1, count=COUNT, transmit=4, receive=1, rate=1.0, selected=(), streams=1)
    best = np.array([optimum(problem, group) for group in GROUPS])
    bounds = the_cut(problem).bounds_w(GROUPS)
    assert np.mean(bounds - best) < 0.3 * np.mean(best.max() - best)


def test_the_definition_of_the_bound() -> None:
    """(iii) with the full inverse of I + Σ λ h hᴴ over who is not selected, and prices that satisfy (i)."""
    problem = scattered_problem(2, count=COUNT, transmit=5, receive=1, rate=1.2, selected=(1,), streams=1)
    cut = the_cut(problem)
    channels = problem.normalised_direct[:, 0].conj()  # h_k as rows
    error = np.linalg.inv(cut.covariance) - np.eye(COUNT)  # Λ^½ G Λ^½
    price = np.diagonal(error).real / np.sum(np.abs(channels) ** 2, axis=1)
    aim = problem.steering.conj()
    everything = np.eye(5) + (channels.T * price) @ channels.conj()
    nu = 1.0 / cut.reach
    inverse = np.linalg.inv(everything - nu * np.outer(aim, aim.conj()))
    loading = price * np.einsum("ki,ij,kj->k", channels.conj(), inverse, channels).real
    target = 2.0**1.2 - 1.0
    assert loading * (1 + 1 / target) == close_to(1.0, abs=1e-6)
    assert cut.left_w == close_to((1.0 - price.sum()) * problem.power_limit_w, rel=1e-6)
    for group, bound in zip(GROUPS, cut.bounds_w(GROUPS), strict=True):
        heard = np.eye(5) + (channels[~group].T * price[~group]) @ channels[~group].conj()
        theta = np.vdot(aim, np.linalg.solve(heard, aim)).real
        assert bound == close_to(cut.left_w * max(cut.reach, theta), rel=1e-6)


def test_receivers_without_a_rate_change_nothing() -> None:
    problem = scattered_problem(3, count=COUNT, transmit=4, receive=1, rate=(1.0, 0.0, 1.0, 1.0), streams=1)
    bounds = the_cut(problem).bounds_w(GROUPS)
    for group, bound in zip(GROUPS, bounds, strict=True):
        other = group.copy()
        other[1] = not other[1]
        assert bounds[(other == GROUPS).all(axis=1)] == close_to(bound, rel=1e-12)


def test_no_cut_where_nothing_is_proven() -> None:
    several = scattered_problem(0, receive=2)
    assert illumination_cut(several) is None
    assert not has_cuts(several)
    free = scattered_problem(0, receive=1, rate=0.0)
    assert illumination_cut(free) is None
    unreachable = scattered_problem(0, count=6, transmit=2, receive=1, rate=8.0, streams=1)
    assert has_cuts(unreachable)
    assert illumination_cut(unreachable) is None


@pytest.mark.parametrize("seed", range(3))
def test_many_receivers(seed: int) -> None:
    """More receivers than antennas, and groups of every size at once, against the default beamformer."""
    problem = scattered_problem(seed, count=12, transmit=8, receive=1, rate=0.4, selected=(0, 3), streams=1)
    cut = the_cut(problem)
    groups = np.random.default_rng(seed).random((25, 12)) < np.linspace(0, 1, 25)[:, None]
    bounds = cut.bounds_w(groups)
    for group, bound in zip(groups, bounds, strict=True):
        result = value_function(replace(problem, selected=group))
        assert result.status == "optimal"
        assert result.illumination_w is not None
        assert result.illumination_w <= bound * (1 + 1e-7)
