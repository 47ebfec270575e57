"""Small networks with several targets, priors or areas that tests share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from multistatic.scenario.model import DesignSettings, OverPoints, Scenario, Target
from multistatic.scenario.uncertain_target import TargetArea, TargetPrior
from tests.support.networks import network


def targets_around(
    middle_m: np.ndarray, points: int, seed: int, *, spread_m: float = 8.0, prior: TargetPrior | None = None
) -> tuple[Target, ...]:
    """Targets at random places around a point, in its plane, each with a weight of its own."""
    rng = np.random.default_rng(1000 + seed)
    steps = spread_m * rng.standard_normal((points, 3)) * np.array([1.0, 1.0, 0.0])
    return tuple(
        Target(
            id=f"target{i + 1}",
            position_m=middle_m + step,
            velocity_m_s=np.array([15.0, 0.0, 0.0]),
            reflection=0.6,
            weight=float(weight),
            prior=prior,
        )
        for i, (step, weight) in enumerate(zip(steps, rng.uniform(0.5, 2.0, points), strict=True))
    )


def with_targets(
    points: int = 5,
    *,
    count: int = 6,
    seed: int = 0,
    over: OverPoints | None = None,
    criterion: str = "peb",
    clock_s: float = 0.0,
    prior_std_m: float | None = None,
    selector: str = "joint",
    antennas: int = 1,
    rate_bps_hz: float = 1.0,
    cost_m: float = 180.0,
    **propagation: Any,
) -> Scenario:
    """K receivers of one antenna in line of sight and M targets; `clock_s`: of every receiver; `prior_std_m`: of every
    target, with velocities known to 5 m/s.
    """
    settings = DesignSettings(criterion=criterion, selector=selector, beamformer="value_function", over_points=over)
    channel = {"direct": "los" if antennas == 1 else "rician", **propagation}
    made = network(
        count,
        antennas=antennas,
        transmit_antennas=8,
        rate_bps_hz=rate_bps_hz,
        seed=seed,
        cost_m=cost_m,
        design=settings,
        **channel,
    )
    prior = None
    if prior_std_m is not None:
        flat = np.diag([1.0, 1.0, 0.0])
        prior = TargetPrior(position_covariance_m2=prior_std_m**2 * flat, velocity_covariance_m2_s2=25.0 * flat)
    receivers = tuple(replace(each, clock_offset_std_s=clock_s) for each in made.receivers)
    targets = targets_around(made.target.position_m, points, seed, prior=prior)
    return replace(made, receivers=receivers, targets=targets)


def in_a_disc(radius_m: float = 20.0, **changes: Any) -> Scenario:
    """The same network with one target somewhere in a disc."""
    made = with_targets(1, **changes)
    return replace(made, target=replace(made.target, area=TargetArea(kind="disc", radius_m=radius_m)))
