"""Which kernels a design calls, and with what."""

from __future__ import annotations

from typing import Any
from unittest import mock

from multistatic import design_network, load_preset
from multistatic.beamforming.value_function import value_function
from multistatic.compiled import StandaloneKernel
from multistatic.machine_code import described
from tests.support.point_problems import several_points

SMALL = ("receivers.random.count=4", "transmitter.antennas=5", "requirements.rate_bps_hz=1.5")
OVERRIDES = (SMALL, (*SMALL, "channel.direct=los"))  # several receive dimensions, and one


def kernels_in_use() -> list[tuple[StandaloneKernel[Any], str, tuple[Any, ...]]]:
    """(kernel, kinds of its arguments, arguments) of everything that these designs, and beams for several points,
    call, each kind once.
    """
    found = {}

    def seen(self: Any, *arguments: Any) -> Any:
        kinds = described(arguments, [])
        found[self.__name__, kinds] = self, kinds, arguments
        return original(self, *arguments)

    original = StandaloneKernel.__call__
    with mock.patch.object(StandaloneKernel, "__call__", seen):
        for overrides in OVERRIDES:
            design_network(load_preset("paper", overrides=list(overrides)))
        value_function(several_points())
    return list(found.values())
