"""Small beamforming problems that tests share."""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.units import C


def complex_normal(rng: np.random.Generator, *shape: int) -> C:
    """CN(0, 1) draws."""
    real, imaginary = rng.standard_normal((2, *shape))
    return np.asarray((real + 1j * imaginary) / np.sqrt(2.0))


def steering(size: int, sine: float) -> C:
    """Half-wavelength ULA."""
    return np.asarray(np.exp(1j * np.pi * np.arange(size) * sine))


def scattered_problem(
    seed: int = 0,
    *,
    count: int = 3,
    transmit: int = 4,
    receive: int = 2,
    rate: float | tuple[float, ...] = 3.0,
    selected: tuple[int, ...] = (0,),
    streams: int = 2,
    noise_power_w: float = 1e-9,
) -> BeamformingProblem:
    """Rayleigh channels with the paper's path loss, noise and power; receivers 30 to 100 m away."""
    rng = np.random.default_rng(seed)
    gain = rng.uniform(30.0, 100.0, count) ** -2.7
    return BeamformingProblem(
        direct=np.sqrt(gain)[:, None, None] * complex_normal(rng, count, receive, transmit),
        steering_tx=steering(transmit, 0.89),
        noise_power_w=noise_power_w,
        power_limit_w=1.0,
        rate_required_bps_hz=np.broadcast_to(np.asarray(rate, float), count),
        selected=np.isin(np.arange(count), selected),
        streams=streams,
    )


def line_of_sight_problem(
    seed: int = 0, *, count: int = 4, transmit: int = 6, rate: float = 2.0, selected: tuple[int, ...] = (0,)
) -> BeamformingProblem:
    """Rank-one channels of 2-antenna receivers with directions spread over the half circle."""
    rng = np.random.default_rng(seed)
    gain = rng.uniform(20.0, 100.0, count) ** -2.7
    sines = (np.arange(count) + rng.uniform(0.1, 0.9, count)) / count * 1.8 - 0.9
    direct = [
        np.sqrt(g) * np.outer(steering(2, rng.uniform(-1, 1)), steering(transmit, s))
        for g, s in zip(gain, sines, strict=True)
    ]
    return BeamformingProblem(
        direct=np.array(direct),
        steering_tx=steering(transmit, 0.37),
        noise_power_w=1e-9,
        power_limit_w=1.0,
        rate_required_bps_hz=np.full(count, rate),
        selected=np.isin(np.arange(count), selected),
        streams=2,
    )
