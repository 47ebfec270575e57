"""The check between the points of an uncertain target, and the design again where it fails (docs/algorithms.md §3.2).

Points are laid half a beam width apart, so that no null of the beams fits between two of them; the criterion between
them can still be worse than at all of them. It is computed with the designed beams on a grid four times finer. For the
worst value the places where it exceeds the stated one are added to the points, and group and beams are designed again.
A mean is that of the points and their weights: there nothing is added, and the mean on the finer grid is stated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from multistatic.channel.channel import Channel
from multistatic.channel.echo_of_points import channel_to_points
from multistatic.design.criterion_at_places import places_of
from multistatic.design.instance import Instance
from multistatic.design.points_accuracy import PointsAccuracy
from multistatic.design.result import Design
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Scenario
from multistatic.scenario.point_layout import finer_points
from multistatic.scenario.target_points import TargetPoints
from multistatic.selection.over_points import reduced
from multistatic.units import C, F

Method = Callable[[Instance, Callable[[str], None]], Design]

EXCEEDED = 0.01  # of the stated value: what the criterion may exceed it by between the points
_ROUNDS = 4
_AT_ONCE = 40
_NEIGHBOURS = 0.9  # |a_iᴴa_k|²/(‖a_i‖²‖a_k‖²) beyond which two places are not added together


def designed_with_check(instance: Instance, method: Method, on_stage: Callable[[str], None]) -> tuple[Design, Instance]:
    """The design by `method`, checked between its points, and the instance with the points that were added."""
    design = method(instance, on_stage)
    if design.over_points is None or not _can_be_checked(instance):
        return design, instance
    finer, laid = finer_points(instance.scenario), instance.points.count
    if finer.count <= laid:
        return design, instance
    channel = channel_to_points(instance.scenario, instance.channel, finer)
    places = _Finer(instance.scenario, channel, finer)
    found = places.values(design)
    best = _with_check(design, instance, finer, found, laid)
    for _ in range(_ROUNDS if instance.scenario.over_points == "worst" else 0):
        assert design.over_points is not None
        added = _violators(found, design.over_points.value_reduced, channel.steering_tx)
        if not len(added):
            break
        on_stage(f"design with {len(added)} more points, between which the criterion was worse")
        instance = _joined(instance, channel, finer, added)
        design = method(instance, on_stage)
        if design.over_points is None:
            break
        found = places.values(design)
        best = _with_check(design, instance, finer, found, laid)
    return best, instance


def _can_be_checked(instance: Instance) -> bool:
    """Between the points there is something, and what the channel is there follows from the geometry."""
    given = instance.scenario.propagation.direct
    from_file = isinstance(given, GivenChannel) and (given.steering_tx is not None or given.echo_gain is not None)
    return not from_file and any(not target.exact for target in instance.scenario.targets)


class _Finer:
    """The finer grid `points` with the `channel` to it; what does not depend on the beams is made once."""

    def __init__(self, scenario: Scenario, channel: Channel, points: TargetPoints) -> None:
        self._scenario, self._channel, self._points = scenario, channel, points
        self._same = None if channel.clutter.shape[1] else places_of(scenario, channel, points)

    def values(self, design: Design) -> F:
        """The criterion of the design at every place."""
        assert design.beamforming is not None
        assert design.beamforming.beams is not None
        beams, values = design.beamforming.beams, np.zeros(self._points.count)
        light = beams.illumination_w(self._channel.steering_tx)
        found = self._same
        if found is None:
            found = places_of(self._scenario, self._channel, self._points, beams.covariance_w)
        for rows, places in found:
            values[rows] = places.values(design.selected, light[rows])
        return values


def _violators(values: F, stated: float, steering: C) -> np.ndarray:
    """Some places whose value exceeds the stated one, the worst first, no two of them in nearly the same direction."""
    order = np.argsort(-values, kind="stable")
    order = order[values[order] > (1.0 + EXCEEDED) * stated]
    unit = steering / np.linalg.norm(steering, axis=1, keepdims=True)
    chosen: list[int] = []
    while len(order) and len(chosen) < _AT_ONCE:
        first = int(order[0])
        chosen.append(first)
        order = order[np.abs(unit[order] @ unit[first].conj()) ** 2 < _NEIGHBOURS]
    return np.array(chosen, int)


def _joined(instance: Instance, channel: Channel, finer: TargetPoints, added: np.ndarray) -> Instance:
    """The instance with further points, of weight 0."""
    points = instance.points.joined(finer.position_m[added], finer.velocity_m_s[added], finer.target[added])
    names = ("steering_tx", "steering_rx", "echo_gain", "echo_path_gain")
    echo = {name: np.concatenate([getattr(instance.channel, name), getattr(channel, name)[added]]) for name in names}
    return replace(instance, points=points, channel=replace(instance.channel, **echo))  # type: ignore[arg-type]


def with_earlier_check(design: Design, earlier: Design) -> Design:
    """The design, which has the group, the beams and the points of an earlier one, with what was found of that between
    its points, and with the design for the middle.
    """
    before = earlier.over_points
    if before is None or design.over_points is None:
        return design
    names = ("middle_value", "middle_values", "laid", "checked", "between")
    kept: dict[str, Any] = {name: getattr(before, name) for name in names}
    found = replace(design.over_points, **kept)
    return replace(design, over_points=found, message=f"{design.message} {_in_words(found)}".rstrip())


def _with_check(design: Design, instance: Instance, finer: TargetPoints, values: F, laid: int) -> Design:
    """The design with what the check found, and a sentence on it."""
    assert design.over_points is not None
    between = float(reduced(values, finer.weight, instance.scenario.over_points))
    found = replace(design.over_points, laid=laid, checked=finer.count, between=between)
    return replace(design, over_points=found, message=f"{design.message} {_in_words(found)}")


def _in_words(found: PointsAccuracy) -> str:
    """What was added, and how bad it is between the points; nothing where nothing was checked."""
    if found.between is None:
        return ""
    how_many = ""
    if found.added:
        several = found.added > 1
        how_many = (
            f"{found.added} point{'s' if several else ''} between the {found.laid} laid ones "
            f"{'were' if several else 'was'} added, because the criterion was worse there. "
        )
    where = f"{how_many}On a grid of {found.checked} places between the points"
    excess = found.between / found.value_reduced - 1.0
    if not np.isfinite(excess):
        return f"{where} the target is unobservable at some."
    if found.mode != "worst":
        return f"{where} the {found.mode.replace('_', ' ')} value differs by {100.0 * excess:.2g} %."
    worse = f"at most {100.0 * excess:.2g} % above" if excess > 0.0 else "nowhere above"
    return f"{where} the criterion is {worse} the stated value."
