"""Selection over many points against every group, often enough to count."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.scenario.design_settings import OverPoints
from multistatic.selection.branch_and_bound import branch_and_bound
from multistatic.selection.enumeration import enumeration
from tests.support.close import close_to
from tests.support.selection_problems import points_problem

pytestmark = pytest.mark.evidence

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("over", ["worst", "mean"])
@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
def test_two_hundred_instances_are_every_group(over: OverPoints, criterion: str) -> None:
    """20 receivers and 25 points: 50 seeds of each of four kinds."""
    for seed in range(50):
        problem = points_problem(20, 25, seed=seed, criterion=criterion, over_points=over)
        answer, exact = branch_and_bound(problem, RNG), enumeration(problem, RNG)
        assert answer.status == exact.status == "optimal", seed
        assert answer.value == close_to(exact.value, rel=1e-9), seed


@pytest.mark.parametrize("over", ["worst", "mean"])
@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
def test_sixty_receivers_are_certified(over: OverPoints, criterion: str) -> None:
    """60 receivers and 25 points, 20 seeds of each of four kinds: optimal within the default limits."""
    for seed in range(20):
        answer = branch_and_bound(points_problem(60, 25, seed=seed, criterion=criterion, over_points=over), RNG)
        assert answer.status == "optimal", seed
