"""Fewer sensing beams that give the points the same light."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.beamforming.over_points.fewer_sensing_beams import fewer_sensing_beams
from multistatic.beamforming.point_objective import PointObjective
from multistatic.units import C, F
from tests.support.close import assert_close


def _drawn(seed: int, rank: int, points: int, suffering: int) -> tuple[C, C, C]:
    rng = np.random.default_rng(seed)

    def drawn(rows: int, columns: int) -> C:
        return rng.standard_normal((rows, columns)) + 1j * rng.standard_normal((rows, columns))

    return drawn(12, rank), drawn(points, 12), drawn(suffering, 12)


def _light(steering: C, beams: C) -> F:
    return np.asarray(np.sum(np.abs(steering.conj() @ beams) ** 2, axis=1))


@pytest.mark.parametrize("seed", range(5))
def test_all_light_stays_where_every_point_counts(seed: int) -> None:
    beams, steering, suffered = _drawn(seed, 6, 8, 2)
    objective = PointObjective(kind="sum", weight=np.ones(8))
    fewer = fewer_sensing_beams(beams, _light(steering, beams), steering, suffered, objective)
    # 8 points, 2 streams that suffer and the power: r² ≤ 11
    assert fewer.shape[1] <= 3
    assert_close(_light(steering, fewer), _light(steering, beams), rel=1e-9)
    assert_close(_light(suffered, fewer), _light(suffered, beams), rel=1e-9)
    assert_close(np.sum(np.abs(fewer) ** 2), np.sum(np.abs(beams) ** 2), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_least_light_stays_where_the_worst_point_counts(seed: int) -> None:
    beams, steering, suffered = _drawn(seed, 5, 30, 1)
    weight = np.random.default_rng(seed).uniform(0.5, 2.0, 30)
    light = _light(steering, beams) + 0.5
    fewer = fewer_sensing_beams(beams, light, steering, suffered, PointObjective(kind="worst", weight=weight))
    after = light + _light(steering, fewer) - _light(steering, beams)
    assert fewer.shape[1] < 5
    assert (after / weight).min() >= (1.0 - 1.1e-6) * (light / weight).min()
    assert_close(_light(suffered, fewer), _light(suffered, beams), rel=1e-9)
    assert_close(np.sum(np.abs(fewer) ** 2), np.sum(np.abs(beams) ** 2), rel=1e-9)


def test_where_nothing_is_free_the_beams_span_the_same() -> None:
    beams, steering, _ = _drawn(1, 2, 9, 0)
    objective = PointObjective(kind="sum", weight=np.ones(9))
    fewer = fewer_sensing_beams(beams, _light(steering, beams), steering, np.zeros((0, 12), complex), objective)
    assert_close(fewer @ fewer.conj().T, beams @ beams.conj().T, abs=1e-12)
