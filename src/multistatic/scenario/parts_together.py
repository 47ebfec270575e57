"""Checks that need several parts of a scenario; each part has checked itself before."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from multistatic.scenario.checks import Checks, coordinates
from multistatic.scenario.given_channel import GivenChannel, misfits
from multistatic.scenario.over_points_rule import over_points_problem

if TYPE_CHECKING:
    from multistatic.scenario.model import Scenario, Target

LARGEST_DEVIATION_M = 1e4 / 3.0
"""Of a prior of a position along any axis: three of them are 10 km."""
_LARGEST_COORDINATE_M = 1e7


def check_parts_together(scenario: Scenario, checks: Checks) -> None:
    """Refuse repeated and unknown ids, paths without length, positions too far away, and channels that do not fit."""
    ids = scenario.receiver_ids
    known = set(ids)
    if len(known) < len(ids):
        for name in sorted({name for name in ids if ids.count(name) > 1}):
            checks.refuse(f"receivers[{name!r}].id", repr(name), "a unique id", "another receiver has the same id")
    for index, name in enumerate(scenario.design.given):
        if name not in known:
            checks.refuse(f"design.given[{index}]", repr(name), "the id of a receiver")
    if scenario.design.receivers is not None and scenario.design.receivers > len(ids):
        most = f"at most {len(ids)}, the number of receivers"
        checks.refuse("design.receivers", str(scenario.design.receivers), most)
    given = scenario.propagation.direct
    if isinstance(given, GivenChannel) and not checks.problems:
        antennas = {receiver.id: receiver.array.size for receiver in scenario.receivers}
        checks.problems += misfits(given, antennas, scenario.transmitter.array.size, scenario.radio.carrier_hz)
    transmitter = coordinates(scenario.transmitter.position_m)
    one = len(scenario.targets) == 1
    targets = [
        ("target" if one else f"targets[{target.id!r}]", target.position_m, coordinates(target.position_m))
        for target in scenario.targets
    ]
    names = [target.id for target in scenario.targets]
    for name in sorted({name for name in names if names.count(name) > 1}):
        checks.refuse(f"targets[{name!r}].id", repr(name), "a unique id", "another target has the same id")
    places = [(f"receivers[{receiver.id!r}].position_m", receiver.position_m) for receiver in scenario.receivers]
    for i, scatterer in enumerate(scenario.propagation.scatterers):
        places.append((f"propagation.scatterers[{i}].position_m", scatterer.position_m))
    everything = [("transmitter.position_m", scenario.transmitter.position_m)]
    everything += [(f"{path}.position_m", position_m) for path, position_m, _ in targets]
    for path, position_m in [*everything, *places]:
        if max(map(abs, position_m.tolist())) > _LARGEST_COORDINATE_M:
            checks.refuse(path, str(position_m.tolist()), f"coordinates within ±{_LARGEST_COORDINATE_M:g} m")
    _check_uncertain(scenario, checks)
    targets = [each for each, target in zip(targets, scenario.targets, strict=True) if target.area is None]
    for name, _, target in targets:
        if target == transmitter:
            checks.refuse(f"{name}.position_m", str(list(target)), "another position than the transmitter's")
    for path, position_m in places:
        here = coordinates(position_m)
        same = [name for name, _, target in targets if here == target]
        for name in same:
            checks.refuse(f"{name}.position_m", str(list(here)), "another position", f"{path} has the same one")
        if not same and here == transmitter:
            checks.refuse(path, str(list(here)), "another position than the transmitter's")


def _check_uncertain(scenario: Scenario, checks: Checks) -> None:
    """Refuse priors that leave out a coordinate, and ways to join the values of points that do not fit the targets."""
    with_prior = any(target.prior is not None for target in scenario.targets)
    problem = over_points_problem(scenario.design.over_points, with_prior=with_prior)
    if problem is not None:
        checks.problems.append(problem)
    for target in scenario.targets:
        _check_reach(scenario, target, checks)
        known = () if target.prior is None or scenario.dimensions == 2 else ("position", "velocity")
        for what, unit in zip(known, ("m2", "m2_s2"), strict=False):
            covariance = getattr(target.prior, f"{what}_covariance_{unit}")
            if covariance is not None and covariance[2, 2] == 0.0:
                path = "target" if len(scenario.targets) == 1 else f"targets[{target.id!r}]"
                expected = "one number or [east, north, up]: the target has three unknown coordinates"
                checks.refuse(f"{path}.prior.{what}", "no variance of the height", expected)


def _check_reach(scenario: Scenario, target: Target, checks: Checks) -> None:
    """Refuse a prior of a position that reaches further than points can cover."""
    if target.prior is None:
        return
    d = scenario.dimensions
    deviation_m = math.sqrt(float(np.linalg.eigvalsh(target.prior.position_covariance_m2[:d, :d])[-1]))
    if deviation_m > LARGEST_DEVIATION_M:
        path = "target" if len(scenario.targets) == 1 else f"targets[{target.id!r}]"
        expected = (
            f"at most {LARGEST_DEVIATION_M:g} m: points cover three standard deviations on each side, and are too far "
            "apart beyond 10 km"
        )
        hint = "standard deviations are in m, covariances in m²; of a target of which less is known, state an area"
        checks.refuse(f"{path}.prior.position", f"a standard deviation of {deviation_m:.4g} m", expected, hint)
