"""Verification over several points: sound designs pass, and each figure that is tampered with is caught by name.

Categories: every criterion and reduction, with clocks, priors, clutter and in 3-D; figures that are tampered with;
points that need many digits; the values of displaced targets; the reduction by itself.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from multistatic.channel.realise import realise
from multistatic.design.clock_step import clock_step
from multistatic.design.recomputed_points import bounds_at, figures, reduced_value, seen_elsewhere, seen_points
from multistatic.design.verify import verify
from multistatic.scenario.model import DesignSettings, Scatterer, Scenario, Target
from multistatic.scenario.target_points import TargetPoints
from multistatic.scenario.uncertain_target import TargetPrior
from multistatic.selection.over_points import reduced
from tests.support.close import assert_close, close_to
from tests.support.networks import network
from tests.support.points_design import points_design

PRIOR = TargetPrior(
    position_covariance_m2=np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.0], [0.0, 0.0, 0.01]]),
    velocity_covariance_m2_s2=np.diag([25.0, 16.0, 9.0]),
)


def several(height_m: float = 0.0, *, seed: int = 3, count: int = 5, **changes: object) -> Scenario:
    """Two targets of unequal weight and reflection, the second bistatic."""
    scenario = network(count, seed=seed, height_m=height_m, design=DesignSettings(criterion="peb"))
    first = scenario.target
    second = replace(
        first,
        id="second",
        position_m=first.position_m + np.array([9.0, 4.0, 0.0]),
        reflection=0.2,
        rcs_bistatic_db=3.0,
        weight=3.0,
    )
    return replace(scenario, targets=(replace(first, id="first"), second), **changes)


def scattered(scenario: Scenario, count: int = 7) -> TargetPoints:
    """Points around the targets, of several weights, one of them 0."""
    rng = np.random.default_rng(4)
    target = np.arange(count) % len(scenario.targets)
    spread = rng.normal(size=(count, 3)) * ([6.0, 6.0, 2.0] if scenario.dimensions == 3 else [6.0, 6.0, 0.0])
    return TargetPoints(
        position_m=np.stack([scenario.targets[t].position_m for t in target]) + spread,
        velocity_m_s=np.stack([scenario.targets[t].velocity_m_s for t in target]),
        weight=np.arange(count, dtype=float),
        target=target,
    )


def with_clocks(scenario: Scenario) -> Scenario:
    receivers = [
        replace(each, clock_offset_std_s=3e-10 * k, frequency_offset_std_hz=math.inf if k == 3 else 5.0 * k)
        for k, each in enumerate(scenario.receivers)
    ]
    transmitter = replace(scenario.transmitter, clock_offset_std_s=1e-9, frequency_offset_std_hz=20.0)
    return replace(scenario, receivers=tuple(receivers), transmitter=transmitter)


def with_priors(scenario: Scenario) -> Scenario:
    return replace(scenario, targets=(replace(scenario.targets[0], prior=PRIOR), scenario.targets[1]))


def with_clutter(scenario: Scenario) -> Scenario:
    clutter = replace(
        scenario.propagation,
        clutter="signal_dependent",
        scatterers=(Scatterer(position_m=np.array([10.0, 20.0, 0.0]), reflection=0.5),),
    )
    return replace(scenario, propagation=clutter)


KINDS = {"plain": lambda s: s, "clocks": with_clocks, "priors": with_priors, "clutter": with_clutter}


@pytest.mark.parametrize("mode", ["worst", "mean", "mean_square", "posterior"])
@pytest.mark.parametrize("criterion", ["peb", "veb", "weighted", "surrogate"])
def test_every_reduction_of_every_criterion_is_confirmed(criterion, mode):
    scenario = with_priors(several()) if mode == "posterior" else several()
    settings = DesignSettings(criterion=criterion, over_points=mode, velocity_weight_s=0.4)
    scenario = replace(scenario, design=settings)
    checked = verify(points_design(scenario, scattered(scenario)))
    assert checked.max_violation < 1e-9
    assert {"reported criterion of points", "reported criterion", "channel of points"} <= set(checked.violations)


@pytest.mark.parametrize("height_m", [0.0, 40.0])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_network_is_confirmed(kind, height_m):
    scenario = KINDS[kind](several(height_m))
    checked = verify(points_design(scenario, scattered(scenario)))
    assert checked.max_violation < 1e-8


def tampered(design, **changes):
    return replace(design, over_points=replace(design.over_points, **changes))


def one_off(values, factor=1.00001):
    """The first point is not the worst, and of weight 0: only what is said of it tells."""
    return np.concatenate([factor * values[:1], values[1:]])


TAMPERED = {
    "reported criterion of points": lambda d: tampered(d, value=one_off(d.over_points.value, 0.99999)),
    "reported PEB of points": lambda d: tampered(d, peb_m=one_off(d.over_points.peb_m)),
    "reported VEB of points": lambda d: tampered(d, veb_m_s=one_off(d.over_points.veb_m_s)),
    "reported covariance of points": lambda d: tampered(
        d, position_covariance_m2=one_off(d.over_points.position_covariance_m2)
    ),
    "reported value over points": lambda d: tampered(d, value_reduced=d.over_points.value_reduced * 1.00001),
    "reported worst point": lambda d: tampered(d, worst=(d.over_points.worst + 1) % 7),
    "reported mode over points": lambda d: tampered(d, mode="mean"),
    "bound over points": lambda d: tampered(d, bound=d.over_points.value_reduced * 1.00001),
    "reported design for the middle": lambda d: tampered(d, middle_value=1.0),
    "reported illumination of points": lambda d: replace(
        d,
        beamforming=replace(d.beamforming, point_illumination_w=one_off(d.beamforming.point_illumination_w)),
    ),
    "reported illumination": lambda d: replace(
        d, beamforming=replace(d.beamforming, illumination_w=float(d.beamforming.point_illumination_w.max()))
    ),
    "illumination bound": lambda d: replace(
        d, beamforming=replace(d.beamforming, upper_bound_w=float(0.9 * d.beamforming.point_illumination_w.max()))
    ),
    "loss bound": lambda d: replace(d, beamforming=replace(d.beamforming, loss_bound=2.01)),
    "channel of points": lambda d: replace(
        d, points=replace(d.points, position_m=one_off(d.points.position_m, 1.0001))
    ),
    "reported cost": lambda d: replace(d, cost_m=d.cost_m * 1.00001),
    "reported PEB": lambda d: replace(
        d, accuracy=replace(d.accuracy, position=replace(d.accuracy.position, peb_m=1.0001 * d.accuracy.position.peb_m))
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_every_lie_about_points_is_caught_by_name(name):
    scenario = several()
    sound = points_design(scenario, scattered(scenario))
    assert sound.over_points.worst != 0
    assert verify(sound).passed
    assert verify(TAMPERED[name](sound)).violations[name] > 1e-6


@pytest.mark.parametrize("kind", ["plain", "clocks"])
def test_points_that_need_many_digits_get_them(kind):
    """A point next to a baseline, and a group that is too small: the verdicts are those of the bounds."""
    scenario = KINDS[kind](several())
    points = scattered(scenario)
    between = 0.5 * (scenario.transmitter.position_m + scenario.receivers[0].position_m) + [1e-5, 0.0, 0.0]
    near = replace(points, position_m=np.concatenate([between[None], points.position_m[1:]]))
    design = points_design(scenario, near)
    assert verify(design).max_violation < 1e-6
    alone = points_design(scenario, points, group=(2,))
    assert np.isinf(alone.over_points.value).all()
    assert np.isinf(bounds_at(seen_points(alone, alone.beamforming.beams.weights), alone.selected).peb_m).all()


def test_displaced_targets_are_those_of_a_scenario_with_the_target_there():
    scenario = with_clutter(with_priors(several(40.0)))
    points = scattered(scenario)
    design = points_design(scenario, points)
    weights = design.beamforming.beams.weights
    places = points.position_m[3] + np.random.default_rng(1).normal(size=(4, 3))
    found = seen_elsewhere(design, weights, [3] * 4, places)
    moved = replace(
        points,
        position_m=places,
        velocity_m_s=points.velocity_m_s[[3] * 4],
        weight=np.ones(4),
        target=np.full(4, points.target[3]),
    )
    there = replace(design, points=moved, channel=realise(design.scenario, points=moved))
    expected = seen_points(there, weights)
    assert_close(found.illumination_w, expected.illumination_w, rel=1e-9)
    for name in ("peb", "surrogate", "published"):
        assert_close(
            figures(found, design.selected, name, 1.0), figures(expected, design.selected, name, 1.0), rel=1e-9
        )


@pytest.mark.parametrize("mode", ["worst", "mean", "mean_square", "posterior"])
def test_the_second_reduction_is_the_first(mode):
    values, weight = np.array([1.0, 3.0, 7.0, 2.0]), np.array([0.2, 0.5, 0.0, 0.3])
    assert reduced_value(values, weight, mode) == close_to(float(reduced(values, weight, mode)), rel=1e-14)
    assert reduced_value(values, 3.0 * weight, mode) == close_to(reduced_value(values, weight, mode), rel=1e-14)
    infinite = np.array([1.0, np.inf, 7.0, 2.0])
    assert reduced_value(infinite, weight, mode) == math.inf
    assert math.isinf(reduced_value(infinite, np.array([1.0, 0.0, 0.0, 0.0]), mode)) == (mode == "worst")


def test_many_points_of_one_exact_target_cost_the_middle():
    """The cost has the distances to the weighted mean of the targets."""
    scenario = several()
    first, second = scenario.targets
    middle = 0.25 * first.position_m + 0.75 * second.position_m
    exact: Target = replace(first, position_m=middle)
    for each in (scenario, replace(scenario, targets=(exact,))):
        design = points_design(each, each.points())
        assert verify(design).violations["reported cost"] < 1e-12
    assert design.cost_m == close_to(points_design(scenario, scenario.points()).cost_m, rel=1e-12)


def test_a_nanosecond_more_is_that_of_the_worst_point():
    """The step compares with `Design.accuracy`, which is at the worst point: so is the bound with worse clocks."""
    scenario = with_clocks(several())
    design = points_design(scenario, scattered(scenario))
    worst = design.over_points.worst
    assert worst != 0
    alone = replace(
        design, points=design.points.at(worst), channel=design.channel.at(worst), over_points=None, scenario=scenario
    )
    assert clock_step(design).value == clock_step(alone).value
    assert clock_step(design).change > 0.0
