"""Beamforming problems with several points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.point_objective import PointObjective
from multistatic.units import C
from tests.support.beamforming_problems import complex_normal, steering


def several_points(
    seed: int = 0,
    *,
    count: int = 3,
    transmit: int = 4,
    points: int = 3,
    rate: float = 1.0,
    selected: Sequence[int] = (0,),
    kind: Literal["worst", "sum"] = "worst",
    exponent: float = 1.0,
) -> BeamformingProblem:
    """One-antenna receivers with random channels 10 to 30 dB above the noise, and points in random directions."""
    rng = np.random.default_rng(seed)
    gain = 10.0 ** rng.uniform(1.0, 3.0, count)
    vectors = np.array([steering(transmit, sine) for sine in rng.uniform(-0.9, 0.9, points)])
    objective = PointObjective(kind=kind, weight=rng.uniform(0.5, 1.5, points), exponent=exponent)
    return with_points(
        BeamformingProblem(
            direct=np.sqrt(gain)[:, None, None] * complex_normal(rng, count, 1, transmit),
            steering_tx=vectors[0],
            noise_power_w=2.0,
            power_limit_w=3.0,
            rate_required_bps_hz=np.full(count, rate),
            selected=np.isin(np.arange(count), selected),
        ),
        vectors,
        objective,
    )


def with_points(problem: BeamformingProblem, vectors: C, objective: PointObjective) -> BeamformingProblem:
    """The same receivers with other points."""
    fields = ("direct", "noise_power_w", "power_limit_w", "rate_required_bps_hz", "selected", "streams")
    same = {name: getattr(problem, name) for name in fields}
    return BeamformingProblem(steering_tx=vectors, objective=objective, **same)
