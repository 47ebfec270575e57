"""Notes on the strength of the targets' echoes, each one sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator

from multistatic.scenario.cross_section import cross_section_of
from multistatic.scenario.model import Scenario
from multistatic.scenario.position_notes import listed
from multistatic.scenario.schema import ScenarioTable
from multistatic.scenario.target_tables import target_path

WORST_OF_20 = 1.645
"""Standard deviations below the median that one Gaussian number of 20 exceeds."""


def target_notes(scenario: Scenario) -> Iterator[str]:
    """Notes on a cross-section that is not stated, and on one that varies."""
    radar = scenario.propagation.is_radar_equation(scenario.radio.wavelength_m)
    one = len(scenario.targets) == 1
    unstated = [target.id for target in scenario.targets if target.reflection == 1.0]
    if unstated and radar:
        whose = "the target's" if one else f"{listed(unstated)}:"
        yield (
            f"{whose} reflection factor is 1, which is a cross-section of {cross_section_of(1.0):.3g} m² here: "
            "set target.rcs_m2 for another cross-section"
        )
    spreads: dict[float, list[str]] = {}
    for target in scenario.targets:
        spreads.setdefault(target.rcs_std_db, []).append(target.id)
    for spread_db, ids in spreads.items():
        if spread_db == 0:
            continue
        low_db = WORST_OF_20 * spread_db
        of = "" if one else f" of {listed(ids)}"
        yield (
            f"the cross-section{of} varies with a standard deviation of {spread_db:.3g} dB, and every result is "
            f"for its median: in one case of 20 it is at least {low_db:.2g} dB lower, and errors due to noise are at "
            f"least {10 ** (low_db / 20):.2g} times as large"
        )


def reflection_notes(table: ScenarioTable) -> Iterator[str]:
    """Notes on a `reflection` where the radar equation holds: it is then a cross-section divided by 4π."""
    channel = table.channel
    if channel.echo_law != "product" or channel.reference_loss_db != "free_space":
        return
    targets = table.targets
    written = [(f"{target_path(i, len(targets))}.reflection", each.reflection) for i, each in enumerate(targets)]
    written += [(f"channel.scatterer[{i}].reflection", each.reflection) for i, each in enumerate(channel.scatterer)]
    for path, reflection in written:
        if reflection is not None and not (path.startswith("target") and reflection == 1.0):  # which target_notes names
            area_m2 = cross_section_of(reflection)
            level = f"{10 * math.log10(area_m2):.1f} dBsm"
            yield (
                f"{path} = {reflection:.3g} is a cross-section of {area_m2:.3g} m² ({level}) in the radar equation; "
                "use rcs_m2 to state the cross-section itself"
            )
