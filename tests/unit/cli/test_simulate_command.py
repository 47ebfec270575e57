"""`multistatic simulate`: its options are the settings of a simulation."""

from __future__ import annotations

from dataclasses import fields
from inspect import signature

import pytest

from multistatic.cli.simulate_command import simulate_command
from multistatic.simulation.block import SimulationSettings


@pytest.mark.parametrize("field", fields(SimulationSettings), ids=lambda field: field.name)
def test_every_setting_is_an_option_of_the_same_default(field) -> None:
    name = field.name.removesuffix("_s").removesuffix("_hz")
    name = name.replace("time_offset", "clock_offset").replace("common", "transmitter")  # as in a scenario file
    option = signature(simulate_command).parameters[name]
    assert option.default == field.default
