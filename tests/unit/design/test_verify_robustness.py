"""What a design says of a receiver that fails and of a target that is off, computed a second time.

Categories: one point with and without clocks, in 2-D and 3-D; several points; tampered figures.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic import design_network
from multistatic.design.result import Design
from multistatic.design.robustness import ReceiverFailure, Robustness, TargetOffset
from multistatic.design.verify_robustness import robustness_errors
from multistatic.scenario.model import DesignSettings
from multistatic.scenario.uncertain_target import TargetPrior
from tests.support.networks import network
from tests.support.points_design import points_design
from tests.unit.design.test_verify_points import KINDS, scattered, several

FAST = DesignSettings(selector="greedy", beamformer="value_function", criterion="peb")
ROWS = {"reported failure of a receiver", *(f"reported target {d} m off" for d in (1, 3, 10, 30))}


@pytest.mark.parametrize("height_m", [0.0, 40.0])
@pytest.mark.parametrize("clocks", [False, True])
def test_one_point_is_confirmed(clocks, height_m):
    scenario = network(5, seed=3, height_m=height_m, design=FAST)
    if clocks:
        scenario = KINDS["clocks"](scenario)
    errors = robustness_errors(design_network(scenario))
    assert set(errors) == ROWS
    assert max(errors.values()) < 1e-8


@pytest.mark.parametrize("criterion", ["peb", "weighted", "surrogate"])
@pytest.mark.parametrize("mode", ["worst", "mean", "posterior"])
def test_several_points_are_confirmed(mode, criterion):
    scenario = KINDS["priors" if mode == "posterior" else "clutter"](several())
    settings = DesignSettings(criterion=criterion, over_points=mode, velocity_weight_s=0.4)
    scenario = replace(scenario, design=settings)
    errors = robustness_errors(points_design(scenario, scattered(scenario)))
    assert set(errors) == ROWS
    assert max(errors.values()) < 1e-8


def test_a_receiver_without_which_the_target_is_unobservable():
    scenario = several()
    design = points_design(scenario, scattered(scenario), group=(0, 2))
    assert design.robustness.one_fails.unobservable
    assert max(robustness_errors(design).values()) < 1e-8
    prior = TargetPrior(position_covariance_m2=0.04 * np.eye(3))
    known = replace(scenario, targets=tuple(replace(each, prior=prior) for each in scenario.targets))
    told = points_design(known, scattered(known), group=(0, 2))
    assert not told.robustness.one_fails.unobservable
    assert max(robustness_errors(told).values()) < 1e-8


def told(design: Design, robustness: Robustness) -> Design:
    made = replace(design)
    object.__setattr__(made, "_robustness", robustness)
    return made


def test_every_lie_is_caught_by_name():
    scenario = several()
    design = points_design(scenario, scattered(scenario))
    sound, fails = design.robustness, design.robustness.one_fails
    other = next(name for name in design.selected_ids if name != fails.receiver)
    lies = {
        "reported failure of a receiver": [
            replace(sound, one_fails=replace(fails, change=fails.change * 1.0001)),
            replace(sound, one_fails=replace(fails, receiver=other)),
            replace(sound, one_fails=ReceiverFailure(receiver=fails.receiver, change=None, unobservable=True)),
        ],
        "reported target 3 m off": [
            replace(
                sound, target_off=tuple(replace(row, worst_change=row.worst_change + 1e-5) for row in sound.target_off)
            ),
            replace(sound, target_off=(TargetOffset(distance_m=3.0, worst_change=None),)),
        ],
    }
    for name, each in lies.items():
        for lie in each:
            assert robustness_errors(told(design, lie))[name] > 1e-6
