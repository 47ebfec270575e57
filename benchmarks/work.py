"""The work of the rows: scenarios and problems made from the preset `paper` and a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from multistatic import BeamformingProblem, Scenario, parse_scenario
from multistatic.design.instance import instance_of
from multistatic.scenario.preset import preset_text


def scenario(seed: int, settings: dict[str, Any] | None = None) -> Scenario:
    """The preset with another seed and `settings`: dotted keys and their values."""
    table = {"seed": seed, **(settings or {})}
    written = [f'{key}="{value}"' if isinstance(value, str) else f"{key}={value}" for key, value in table.items()]
    return parse_scenario(preset_text("paper"), overrides=written)


def beamforming_problem(
    seed: int,
    *,
    receivers: int = 10,
    antennas: int = 10,
    selected: int | None = None,
    streams: int = 2,
    rate_bps_hz: float = 4.0,
    direct: str = "rician",
    receive_antennas: int = 2,
) -> BeamformingProblem:
    """Beams for the first `selected` receivers (None: all) of a random deployment."""
    settings = {
        "receivers.random.count": receivers,
        "transmitter.antennas": antennas,
        "requirements.rate_bps_hz": rate_bps_hz,
        "channel.direct": direct,
        "design.streams": streams,
        "receivers.random.antennas": receive_antennas,
    }
    group = np.arange(receivers) < (receivers if selected is None else selected)
    return instance_of(scenario(seed, settings)).beamforming_problem(group)
