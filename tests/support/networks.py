"""Small networks that tests share."""

from __future__ import annotations

from typing import Any

import numpy as np

from multistatic.scenario.arrays import linear_array
from multistatic.scenario.model import (
    DesignSettings,
    Propagation,
    Radio,
    Receiver,
    Requirements,
    Scenario,
    Target,
    Transmitter,
)

CARRIER_HZ = 3.5e9
HALF_WAVE_M = 0.5 * 299_792_458.0 / CARRIER_HZ


def network(
    count: int = 4,
    *,
    antennas: tuple[int, ...] | int = 2,
    transmit_antennas: int = 4,
    rate_bps_hz: float = 2.0,
    seed: int = 0,
    height_m: float = 0.0,
    velocity_m_s: tuple[float, float, float] = (15.0, 0.0, 0.0),
    cost_m: float = float("inf"),
    design: DesignSettings | None = None,
    **propagation: Any,
) -> Scenario:
    """K receivers within 100 m of the transmitter, the paper's target, everything else as asked."""
    rng = np.random.default_rng(seed)
    sizes = (antennas,) * count if isinstance(antennas, int) else antennas
    places = np.column_stack([rng.uniform(-70, 70, (count, 2)), height_m * rng.uniform(0, 1, count)])
    values: dict[str, Any] = {
        "path_loss_exponent": 2.7,
        "noise_power_w": 1e-9,
        "clutter_power_w": 1e-9,
        "rician_factor": 0.5,
    }
    return Scenario(
        name="test",
        seed=seed,
        radio=Radio(carrier_hz=CARRIER_HZ, bandwidth_hz=100e6, samples=1024),
        transmitter=Transmitter(
            position_m=np.zeros(3), array=linear_array(transmit_antennas, HALF_WAVE_M), power_w=1.0
        ),
        receivers=tuple(
            Receiver(
                id=f"rx{k + 1}",
                position_m=place,
                array=linear_array(size, HALF_WAVE_M),
                rate_required_bps_hz=rate_bps_hz,
            )
            for k, (place, size) in enumerate(zip(places, sizes, strict=True))
        ),
        target=Target(
            position_m=np.array([20.0, 40.0, height_m / 2]), velocity_m_s=np.array(velocity_m_s), reflection=0.6
        ),
        propagation=Propagation(**{**values, **propagation}),
        requirements=Requirements(cooperation_cost_m=cost_m),
        design=design or DesignSettings(selector="greedy", beamformer="los_sdp"),
    )
