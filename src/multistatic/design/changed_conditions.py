"""What a design that stays as it is reaches where a receiver fails, or where the target is off.

Group and beams stay. If a receiver fails, the others measure as before, because the beams do not change. If the target
is off by a distance d in some direction, it stands in another part of the beam pattern, and geometry, path loss and
reflection are others, too.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from multistatic.channel.channel import Channel
from multistatic.channel.echo_of_points import channel_to_points
from multistatic.channel.path_loss import echo_gain
from multistatic.design.criterion_at_places import places_of
from multistatic.design.instance import instance_for
from multistatic.design.result import Design
from multistatic.design.robustness import ReceiverFailure, Robustness, TargetOffset
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.selection.over_points import reduced
from multistatic.units import F

DISTANCES_M = (1.0, 3.0, 10.0, 30.0)
# Directions of a circle in 2-D; in 3-D the 26 from the middle of a cube to its faces, edges and corners.
_CIRCLE = 24
# A target is no nearer to a site than this.
_LEAST_DISTANCE_M = 1.0


def robustness_of(design: Design) -> Robustness | None:
    """The relative changes of the criterion; None for a design without beams. In the mono-static scheme, which has no
    criterion, that of the surrogate.

    The places of a target that is off by d are those on a circle (24 directions), in 3-D on a sphere (26), around each
    point. Every point counts with its worst direction, and the values of the points become one as `over_points` says.
    Places within 1 m of a site are left out.
    """
    if design.beamforming is None or design.beamforming.beams is None or design.accuracy is None:
        return None
    if design.scheme == "mono":
        return Robustness(one_fails=None, target_off=_offsets(design, _mono_static_values(design)))
    return Robustness(one_fails=_one_fails(design), target_off=_offsets(design, _group_values(design)))


def directions(dimensions: int) -> F:
    """Unit vectors [D, 3] in which a target may be off."""
    if dimensions == 2:
        angle = 2.0 * np.pi / _CIRCLE * np.arange(_CIRCLE)
        return np.stack([np.cos(angle), np.sin(angle), np.zeros(_CIRCLE)], axis=1)
    corners = np.array([each for each in product((-1.0, 0.0, 1.0), repeat=3) if any(each)])
    return np.asarray(corners / np.linalg.norm(corners, axis=1, keepdims=True))


def displaced(points: TargetPoints, dimensions: int) -> TargetPoints:
    """The points with a target that is off [4 distances · M · D], the distances slowest and the directions fastest."""
    steps = np.multiply.outer(DISTANCES_M, directions(dimensions))[:, None]
    position_m = points.position_m[None, :, None] + steps
    each = position_m.shape[2]
    return TargetPoints(
        position_m=position_m.reshape(-1, 3),
        velocity_m_s=np.tile(np.repeat(points.velocity_m_s, each, axis=0), (len(DISTANCES_M), 1)),
        target=np.tile(np.repeat(points.target, each), len(DISTANCES_M)),
    )


def _one_fails(design: Design) -> ReceiverFailure | None:
    """The worst failure; the first of several that leave the target unobservable."""
    result = design.beamforming
    assert result is not None
    assert result.beams is not None
    group = np.flatnonzero(design.selected)
    problem = instance_for(design).selection_problem(result.beams, forced=False)
    masks = np.repeat(np.asarray(design.selected)[None], len(group) + 1, axis=0)
    masks[np.arange(len(group)), group] = False
    told = all(target.prior is not None for target in design.scenario.targets)
    usable = masks.any(axis=1) | told  # prior information is left without any receiver
    values = np.full(len(masks), np.inf)
    values[usable] = problem.values(masks[usable])
    worst = int(np.argmax(values[:-1]))
    lost = not np.isfinite(values[worst])
    return ReceiverFailure(
        receiver=design.scenario.receiver_ids[group[worst]],
        change=None if lost else float(values[worst] / values[-1] - 1.0),
        unobservable=lost,
    )


def _offsets(design: Design, found: tuple[F, F] | None) -> tuple[TargetOffset, ...]:
    """One row a distance of the values at the points [M] and off them [4, M, D], NaN where no target can be; none where
    the transmit steering vectors come from a file, which says nothing of other places.
    """
    if found is None:
        return ()
    here, there = found
    off = np.where(np.isnan(there), -np.inf, there).max(axis=2)
    off = np.where(np.isfinite(off) | (off > 0.0), off, here)  # of a point without any place off it
    over, weight = design.scenario.over_points, design.points.weight
    at_points = float(reduced(here, weight, over))
    values = reduced(off, weight, over)
    return tuple(
        TargetOffset(distance_m=d, worst_change=float(v / at_points - 1.0) if np.isfinite(v) else None)
        for d, v in zip(DISTANCES_M, values, strict=True)
    )


def _group_values(design: Design) -> tuple[F, F] | None:
    """The criterion of the group at the points [M] and off them [4, M, D]."""
    scenario, channel, points = design.scenario, design.channel, design.points
    given = scenario.propagation.direct
    if isinstance(given, GivenChannel) and given.steering_tx is not None:
        return None
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    beams, off = design.beamforming.beams, displaced(points, scenario.dimensions)
    usable = _far_enough(scenario, off.position_m)
    near = np.full(off.count, np.nan)
    if usable.any():
        rows = np.flatnonzero(usable)
        kept = _some(off, rows)
        moved = channel_to_points(scenario, channel, kept)
        if isinstance(given, GivenChannel) and given.echo_gain is not None:
            ratio = channel.echo_gain / channel_to_points(scenario, channel, points).echo_gain
            each = len(directions(scenario.dimensions))
            moved = replace(
                moved, echo_gain=moved.echo_gain * np.tile(np.repeat(ratio, each, axis=0), (len(DISTANCES_M), 1))[rows]
            )
        near[rows] = _values(design, moved, kept, beams.illumination_w(moved.steering_tx))
    here = _values(design, channel, points, beams.illumination_w(channel.steering_tx))
    return here, near.reshape(len(DISTANCES_M), points.count, -1)


def _values(design: Design, channel: Channel, points: TargetPoints, light: F) -> F:
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    values = np.zeros(points.count)
    for rows, places in places_of(design.scenario, channel, points, design.beamforming.beams.covariance_w):
        values[rows] = places.values(design.selected, light[rows])
    return values


def _mono_static_values(design: Design) -> tuple[F, F]:
    """1/(p_t η) of the transmitter's own echo, to which its surrogate is proportional."""
    scenario, points = design.scenario, design.points
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    beams = design.beamforming.beams

    def values(position_m: F) -> F:
        path = position_m - scenario.transmitter.position_m
        distance = np.linalg.norm(path, axis=1)
        far = distance >= _LEAST_DISTANCE_M
        safe = np.where(far, distance, 1.0)
        steering = scenario.transmitter.array.steering_vector(path / safe[:, None], scenario.radio.wavelength_m)
        strength = beams.illumination_w(steering) * echo_gain(scenario.propagation, safe, safe)
        lost = np.where(strength > 0.0, 1.0 / np.where(strength > 0.0, strength, 1.0), np.inf)
        return np.where(far, lost, np.nan)

    off = displaced(points, scenario.dimensions).position_m
    return values(points.position_m), values(off).reshape(len(DISTANCES_M), points.count, -1)


def _far_enough(scenario: Scenario, position_m: F) -> np.ndarray:
    sites = np.concatenate([scenario.transmitter.position_m[None], scenario.receiver_positions_m])
    apart = np.linalg.norm(position_m[:, None] - sites, axis=-1)
    return np.asarray(apart.min(axis=1) >= _LEAST_DISTANCE_M)


def _some(points: TargetPoints, rows: np.ndarray) -> TargetPoints:
    return TargetPoints(
        position_m=points.position_m[rows], velocity_m_s=points.velocity_m_s[rows], target=points.target[rows]
    )
