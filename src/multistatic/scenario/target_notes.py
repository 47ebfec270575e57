"""Notes on the strength of the target's echo, each one sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator

from multistatic.scenario.cross_section import cross_section_of
from multistatic.scenario.model import Scenario
from multistatic.scenario.schema import ScenarioTable

WORST_OF_20 = 1.645
"""Standard deviations below the median that one Gaussian number of 20 exceeds."""


def target_notes(scenario: Scenario) -> Iterator[str]:
    """Notes on a cross-section that is not stated, and on one that varies."""
    target = scenario.target
    if target.reflection == 1.0 and scenario.propagation.is_radar_equation(scenario.radio.wavelength_m):
        yield (
            f"the target's reflection factor is 1, which is a cross-section of {cross_section_of(1.0):.3g} m² here: "
            "set target.rcs_m2 for another cross-section"
        )
    if target.rcs_std_db > 0:
        low_db = WORST_OF_20 * target.rcs_std_db
        yield (
            f"the cross-section varies with a standard deviation of {target.rcs_std_db:.3g} dB, and every result is "
            f"for its median: in one case of 20 it is at least {low_db:.2g} dB lower, and errors due to noise are at "
            f"least {10 ** (low_db / 20):.2g} times as large"
        )


def reflection_notes(table: ScenarioTable) -> Iterator[str]:
    """Notes on a `reflection` where the radar equation holds: it is then a cross-section divided by 4π."""
    channel = table.channel
    if channel.echo_law != "product" or channel.reference_loss_db != "free_space":
        return
    written = [("target.reflection", table.target.reflection)]
    written += [(f"channel.scatterer[{i}].reflection", each.reflection) for i, each in enumerate(channel.scatterer)]
    for path, reflection in written:
        if reflection is not None and (path, reflection) != ("target.reflection", 1.0):  # which target_notes names
            area_m2 = cross_section_of(reflection)
            level = f"{10 * math.log10(area_m2):.1f} dBsm"
            yield (
                f"{path} = {reflection:.3g} is a cross-section of {area_m2:.3g} m² ({level}) in the radar equation; "
                "use rcs_m2 to state the cross-section itself"
            )
