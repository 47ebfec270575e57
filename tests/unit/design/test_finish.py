"""What is said of a finished design: the bound at its own beams, and `optimal` only where group and beams both are."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.design import design_network
from multistatic.design.instance import instance_of
from multistatic.scenario.model import DesignSettings
from multistatic.selection.enumeration import feasible_groups
from tests.support.close import close_to
from tests.support.networks import network

EXACT = DesignSettings(selector="enumeration", beamformer="value_function")


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_of_a_selection_holds_at_the_illumination_of_the_final_beams(seed: int) -> None:
    """The group was chosen for beams that ignore it; the bound that comes with it was theirs."""
    design = design_network(network(4, seed=seed, cost_m=160.0, rate_bps_hz=4.0, design=EXACT))
    instance = instance_of(design.scenario)
    assert design.beamforming is not None
    assert design.selection is not None
    groups, _ = feasible_groups(instance.selection_problem(design.beamforming.beams))
    best = instance.criterion().values(groups, design.beamforming.illumination_w).min()
    assert design.selection.bound == close_to(best, rel=1e-9)
    assert design.selection.value == close_to(best, rel=1e-9)


def test_a_proven_group_with_beams_below_the_limit_is_not_proven_optimal() -> None:
    """Another group might have more illumination."""
    design = design_network(network(4, cost_m=160.0, rate_bps_hz=4.0, design=EXACT))
    assert design.selection is not None
    assert design.beamforming is not None
    assert design.selection.status == "optimal"
    assert not np.all(design.selected)
    limit_w = instance_of(design.scenario).beamforming_problem(design.selected).illumination_limit_w
    assert design.beamforming.illumination_w < 0.999 * limit_w
    assert design.status == "feasible"


def test_a_proven_group_with_all_power_on_the_target_is_optimal() -> None:
    design = design_network(network(4, cost_m=160.0, rate_bps_hz=0.0, design=EXACT))
    assert not np.all(design.selected)
    assert design.status == "optimal"


def test_everyone_selected_with_proven_beams_is_optimal_below_the_limit_too() -> None:
    """No group has more illumination than everyone, and in line of sight the beams are proven."""
    scenario = network(3, antennas=1, rate_bps_hz=1.0, direct="los", design=EXACT)
    design = design_network(scenario)
    assert np.all(design.selected)
    limit_w = instance_of(design.scenario).beamforming_problem(design.selected).illumination_limit_w
    assert design.beamforming is not None
    assert design.beamforming.status == "optimal"
    assert design.beamforming.illumination_w < (1 - 2e-5) * limit_w
    assert design.status == "optimal"
