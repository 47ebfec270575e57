"""`multistatic simulate`: its options are the settings of a simulation."""

from __future__ import annotations

from dataclasses import fields
from inspect import signature

import pytest

from multistatic.cli.simulate_command import simulate_command
from multistatic.errors import InputError
from multistatic.simulation.block import SimulationSettings


@pytest.mark.parametrize("field", fields(SimulationSettings), ids=lambda field: field.name)
def test_every_setting_is_an_option_of_the_same_default(field) -> None:
    name = field.name.removesuffix("_s").removesuffix("_hz")
    name = name.replace("time_offset", "clock_offset").replace("common", "transmitter")  # as in a scenario file
    option = signature(simulate_command).parameters[name]
    assert option.default == field.default


def test_more_than_the_whole_direct_path_is_refused() -> None:
    with pytest.raises(InputError, match=r"direct_path: received 5\.0, expected a number from 0 to 1"):
        SimulationSettings(direct_path=5.0)
    assert SimulationSettings(direct_path=1.0).direct_path == 1.0
