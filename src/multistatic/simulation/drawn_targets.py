"""Where the targets of a simulated block are: those that are not exactly known are drawn from their prior or area."""

from __future__ import annotations

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.scenario.area_rings import inside_rings
from multistatic.scenario.model import Scenario, Target
from multistatic.scenario.target_points import TargetPoints
from multistatic.scenario.uncertain_target import TargetArea, TargetPrior
from multistatic.units import F

# A target this near to a site is drawn again: its echo has no meaning there.
_NEAREST_M = 1.0
_TRIES = 1000
_AT_ONCE = 64


def drawn_targets(scenario: Scenario, rng: np.random.Generator) -> TargetPoints:
    """One point for each target of a scenario, in their order, with its velocity.

    scenario: the network. A target that is exactly known is where it is stated; one with a prior is drawn from its
        Gaussian, and one with an area uniformly from it.
    rng: random generator; each target draws from its own child of it.

    In 2-D the height and the vertical velocity are known, and are those stated. A place within 1 m of a site is drawn
    again. Raises `InputError` where no place of an area is found.

    >>> from multistatic import load_preset
    >>> drawn_targets(load_preset("paper"), np.random.default_rng(1)).position_m.tolist()
    [[20.0, 40.0, 0.0]]
    """
    children = rng.spawn(len(scenario.targets))
    places = [_drawn(scenario, target, child) for target, child in zip(scenario.targets, children, strict=True)]
    return TargetPoints(
        position_m=np.array([position for position, _ in places]),
        velocity_m_s=np.array([velocity for _, velocity in places]),
        weight=np.array([target.weight for target in scenario.targets]),
        target=np.arange(len(scenario.targets)),
    )


def _drawn(scenario: Scenario, target: Target, rng: np.random.Generator) -> tuple[F, F]:
    """Position [3] and velocity [3]."""
    if target.exact:
        return target.position_m, target.velocity_m_s
    sites = np.stack([scenario.transmitter.position_m, *scenario.receiver_positions_m])
    for _ in range(_TRIES):
        if target.area is not None:
            places, velocities = _from_area(target.area, target.position_m, rng), target.velocity_m_s[None]
        else:
            assert target.prior is not None
            places, velocities = _from_prior(target, target.prior, scenario.dimensions, rng)
        far = np.linalg.norm(places[:, None] - sites, axis=2).min(axis=1, initial=np.inf) >= _NEAREST_M
        if far.any():
            first = int(np.argmax(far))
            return places[first], velocities[first if len(velocities) > 1 else 0]
    expected = f"an area or a prior with places that are {_NEAREST_M:g} m or more from every site"
    raise InputError([Problem("target", repr(target.id), expected)], source="simulation")


def _from_prior(target: Target, prior: TargetPrior, dimensions: int, rng: np.random.Generator) -> tuple[F, F]:
    """A position [1, 3] and a velocity [1, 3]; of a velocity of which nothing is known the one stated."""
    position, velocity = target.position_m.copy(), target.velocity_m_s.copy()
    for value, covariance in ((position, prior.position_covariance_m2), (velocity, prior.velocity_covariance_m2_s2)):
        steps = rng.standard_normal(dimensions)  # drawn in every case: what is known of the velocity moves no position
        if covariance is not None:
            values, axes = np.linalg.eigh(covariance[:dimensions, :dimensions])
            value[:dimensions] += axes @ (np.sqrt(np.maximum(values, 0.0)) * steps)
    return position[None], velocity[None]


def _from_area(area: TargetArea, middle_m: F, rng: np.random.Generator) -> F:
    """Some uniform positions [n, 3] in an area; there may be none where it fills little of the box around it."""
    if area.kind == "disc":
        assert area.radius_m is not None
        radius, angle = area.radius_m * np.sqrt(rng.random(_AT_ONCE)), 2.0 * np.pi * rng.random(_AT_ONCE)
        flat = middle_m[:2] + (radius * np.stack([np.cos(angle), np.sin(angle)])).T
    elif area.kind == "box":
        assert area.size_m is not None
        flat = middle_m[:2] + area.size_m[:2] * (rng.random((_AT_ONCE, 2)) - 0.5)
    else:
        corners = np.concatenate(area.rings_m)
        low, high = corners.min(axis=0), corners.max(axis=0)
        flat = low + (high - low) * rng.random((_AT_ONCE, 2))
        flat = flat[inside_rings(area.rings_m, flat)]
    half = 0.5 * float(area.size_m[2]) if area.size_m is not None else 0.0
    lowest, highest = area.height_m or (float(middle_m[2]) - half, float(middle_m[2]) + half)
    height = lowest + (highest - lowest) * rng.random(len(flat))
    return np.column_stack([flat, height])
