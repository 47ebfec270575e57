"""Sensitivities where clocks are not synchronised: the error falls more slowly than with 1/√p."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.design import design_network
from multistatic.scenario.model import DesignSettings
from tests.support.close import close_to
from tests.support.networks import network

STEP_DB = 1e-2


def test_a_decibel_of_power_is_worth_what_designing_again_says() -> None:
    settings = DesignSettings(criterion="peb", selector="all", beamformer="value_function")
    scenario = network(4, rate_bps_hz=0.5, design=settings)
    receivers = tuple(replace(one, clock_offset_std_s=3e-9) for one in scenario.receivers)
    scenario = replace(scenario, receivers=receivers)
    louder, quieter = (
        design_network(
            replace(scenario, transmitter=replace(scenario.transmitter, power_w=10 ** (way * STEP_DB / 10)))
        ).selection.value
        for way in (1, -1)
    )
    resolved = np.log(louder / quieter) / (2 * STEP_DB)
    design = design_network(scenario)
    assert design.verification.passed
    found = design.sensitivity
    assert found.power_per_db == close_to(resolved, rel=2e-2)
    assert -0.09 * np.log(10) / 2 < found.power_per_db < -1e-6
