"""The weighted criterion is the root of PEB² + (T·VEB)², and PEB at T = 0."""

from dataclasses import replace

import numpy as np
import pytest

from multistatic import registry
from multistatic.bounds.position import position_bound
from multistatic.design.instance import instance_of
from tests.support.close import close_to
from tests.support.networks import network


@pytest.mark.parametrize("horizon_s", [0.0, 0.3, 5.0])
@pytest.mark.parametrize("height_m", [0.0, 25.0])
@pytest.mark.parametrize("clock_s", [0.0, 2e-9])
def test_it_is_the_sum_of_both_bounds(horizon_s, height_m, clock_s):
    scenario = network(6, height_m=height_m)
    scenario = replace(
        scenario, receivers=tuple(replace(each, clock_offset_std_s=clock_s) for each in scenario.receivers)
    )
    scenario = replace(scenario, design=replace(scenario.design, velocity_weight_s=horizon_s))
    seen = instance_of(scenario).network()
    masks = np.array([[1, 1, 1, 1, 0, 0], [1] * 6, [0, 0, 1, 1, 1, 1]], bool)
    values = registry.load("criteria", "weighted")(seen).values(masks, 3.0)
    for mask, value in zip(masks, values, strict=True):
        bound = position_bound(seen, mask, 3.0)
        assert value == close_to(np.hypot(bound.peb_m, horizon_s * bound.veb_m_s), rel=1e-9)


def test_one_receiver_is_not_enough():
    criterion = registry.load("criteria", "weighted")(instance_of(network(3)).network())
    assert np.isinf(criterion.values(np.eye(3, dtype=bool), 1.0)).all()


def test_exact_selection_sees_the_same_weighting():
    """value² p = tr[A J⁻¹]: branch and bound works with `weighting` and `information`, not with `values`."""
    scenario = network(5)
    scenario = replace(scenario, design=replace(scenario.design, velocity_weight_s=0.2))
    criterion = registry.load("criteria", "weighted")(instance_of(scenario).network())
    total = criterion.information.sum(axis=0)
    scale = 1.0 / np.sqrt(np.diag(total))
    covariance = np.linalg.solve(total * scale[:, None] * scale, np.diag(scale)) * scale[:, None]
    expected = np.sqrt(np.trace(criterion.weighting @ covariance) / 2.0)
    assert criterion.values(np.ones((1, 5), bool), 2.0)[0] == close_to(expected, rel=1e-9)
