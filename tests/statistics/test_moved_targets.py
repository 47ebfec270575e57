"""Designs from an earlier one beside a search, for a hundred targets that have moved by a metre."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic import certify, design_network, parse_scenario
from multistatic.scenario.preset import preset_text
from tests.support.close import close_to

DROPS, DIRECTIONS = range(1, 11), 10
LIGHT = 1e-6  # of that of a search


@pytest.mark.evidence
def test_ninety_nine_of_a_hundred_designs_have_the_light_of_a_search() -> None:
    """Ten drops of the preset `paper`, ten directions each; the certificate that comes later is that of the search."""
    reached = []
    for seed in DROPS:
        earlier = design_network(parse_scenario(preset_text("paper"), overrides=[f"seed={seed}"]))
        for angle in np.linspace(0.0, 2.0 * np.pi, DIRECTIONS, endpoint=False):
            place = f"target.position_m=[{20.0 + np.cos(angle)}, {40.0 + np.sin(angle)}]"
            scenario = parse_scenario(preset_text("paper"), overrides=[f"seed={seed}", place])
            begun, searched = design_network(scenario, start=earlier, certificate=False), design_network(scenario)
            assert begun.verification is not None
            assert begun.verification.passed
            assert np.array_equal(begun.selected, searched.selected)
            assert certify(begun).selection.bound == close_to(searched.selection.bound, rel=1e-9)
            light_w = begun.beamforming.illumination_w
            reached.append(light_w >= searched.beamforming.illumination_w * (1.0 - LIGHT))
    assert sum(reached) >= 0.99 * len(reached)
