"""One receiver over several points: the design falls back to the surrogate, and so does all that is said of it.

Categories: the criterion of the check between the points and of the design for the middle; no warnings of infinities.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic import design_network
from multistatic.files.design_files import design_document
from multistatic.scenario.model import DesignSettings, Scenario, Target
from multistatic.scenario.uncertain_target import TargetArea
from tests.support.close import close_to
from tests.support.networks import network


def disc(position_m: tuple[float, float], radius_m: float, criterion: str) -> Scenario:
    """A target somewhere in a disc."""
    area = TargetArea(kind="disc", radius_m=radius_m)
    target = Target(position_m=np.array([*position_m, 0.0]), velocity_m_s=np.array([10.0, 0.0, 0.0]), area=area)
    scenario = network(4, seed=3, design=DesignSettings(criterion=criterion))
    return replace(scenario, targets=(target,))


@pytest.mark.parametrize("radius_m", [6.0, 12.0])
def test_under_the_position_error_one_receiver_is_the_same_as_under_the_surrogate(radius_m):
    """Warnings are errors here, so that a logarithm of an infinite value would show."""
    found, plain = (
        design_network(disc((20.0, 40.0), radius_m, criterion), scheme="bi") for criterion in ("peb", "surrogate")
    )
    assert "chosen by the surrogate" in found.message
    assert "unobservable at some" not in found.message
    assert found.over_points is not None
    assert plain.over_points is not None
    assert found.selected_ids == plain.selected_ids
    for name in ("value_reduced", "between", "middle_value"):
        value, expected = getattr(found.over_points, name), getattr(plain.over_points, name)
        assert np.isfinite(expected)
        assert value == close_to(expected, rel=1e-9)


def test_the_file_states_no_bound_on_one_illumination_of_several_points():
    design = design_network(disc((20.0, 40.0), 6.0, "surrogate"), scheme="bi")
    document = design_document(design, timing_s={})
    stated = document["beamforming"]
    assert design.beamforming is not None
    assert stated["upper_bound_w"] is None
    assert "a bound on the loss" in document["reasons"]["beamforming.upper_bound_w"]
    assert stated["gap"] == close_to(1.0 - design.beamforming.loss_bound / design.beamforming.loss, abs=1e-12)
    alone = design_network(network(4, seed=3, design=DesignSettings()))
    assert design_document(alone, timing_s={})["beamforming"]["upper_bound_w"] == alone.beamforming.upper_bound_w
