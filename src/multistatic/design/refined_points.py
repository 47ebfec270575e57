"""The check between the points of an uncertain target, and the design again where it fails (docs/algorithms.md §3.2).

Points are laid half a beam width apart; the criterion between them can still be worse than at all of them, in nulls of
the beams too. It is computed with the designed beams on a grid four times finer, and for the worst value searched from
there (`between_points`). Where it exceeds the stated value these places are added to the points, and
the group gets beams that leave no point dark (`light_margin`); where this costs more than a little, group and beams are
designed again. A mean is that of the points and their weights: where that of the finer grid differs, points are laid
anew, closer and farther into the tails of a prior, and the design is repeated on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from multistatic.channel.channel import Channel
from multistatic.channel.echo_of_points import channel_to_points
from multistatic.design.algorithms import beamformer_of
from multistatic.design.between_points import FoundPlaces, PlaceSearch, places_of_targets
from multistatic.design.criterion_at_places import places_of
from multistatic.design.finish import finished
from multistatic.design.instance import Instance, with_criterion_of
from multistatic.design.joint_words import with_other_value
from multistatic.design.light_margin import beams_with_cheap_light, beams_with_margin
from multistatic.design.points_accuracy import EXCEEDED, PointsAccuracy
from multistatic.design.result import Design
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Scenario
from multistatic.scenario.point_layout import MOST_FINER_POINTS, denser_points, finer_points
from multistatic.scenario.target_points import TargetPoints
from multistatic.selection.over_points import reduced
from multistatic.units import F

Method = Callable[[Instance, Callable[[str], None]], Design]

_ROUNDS = 6
_AT_ONCE = 40
_NEIGHBOURS = 0.9  # |a_iᴴa_k|²/(‖a_i‖²‖a_k‖²) beyond which two places are not added together
_DENSER = (2.0, 4.0)  # factors by which the points of a mean are laid closer
_MORE = 1.3  # times as many points: fewer more would change nothing
_AGAIN = 2e-3  # of the value: where other beams cost more, the group is looked for again, too


def designed_with_check(instance: Instance, method: Method, on_stage: Callable[[str], None]) -> tuple[Design, Instance]:
    """The design by `method`, checked between its points, and the instance with the points that were added."""
    first = method(instance, on_stage)
    design = _with_cheap_light(first, with_criterion_of(instance, first), on_stage)
    if design.over_points is None or not _can_be_checked(instance):
        return design, instance
    if instance.scenario.over_points != "worst":
        return _designed_for_mean(design, instance, method, on_stage)
    finer, laid = finer_points(instance.scenario), instance.points.count
    channel = channel_to_points(instance.scenario, instance.channel, finer)
    grid = _Finer(design.scenario, channel, finer)
    best = None
    for number in range(_ROUNDS + 1):
        assert design.over_points is not None
        found = _worst_places(design, grid)
        between = float(found.values.max())
        added, least = _violators(found, design), max(between, design.over_points.value_reduced)
        # A value that holds everywhere is worth as much more as a stated value may be exceeded by.
        if best is None or least < best.least * (1.0 if len(added) else 1.0 + EXCEEDED):
            checked = _with_check(design, finer.count, between, laid)
            best = _Checked(checked, instance, least)
        if not len(added) or number == _ROUNDS:
            break
        many = f"{len(added)} more point{'s' if len(added) > 1 else ''}, where the criterion was worse"
        on_stage(f"design with {many}: round {number + 1} of at most {_ROUNDS}")
        instance = _joined(instance, found, added)
        other = _again(design, with_criterion_of(instance, design))
        if other is None or not _settled(other, first):
            other = first = method(instance, on_stage)
        design = other
        if design.over_points is None:
            break
    assert best is not None
    return best.design, best.instance


def _designed_for_mean(
    design: Design, instance: Instance, method: Method, on_stage: Callable[[str], None]
) -> tuple[Design, Instance]:
    """The design for a mean over denser and denser points, until that over a grid four times finer agrees; where it
    never does, the one that is best on its finer grid.
    """
    best: _Checked | None = None
    for factor in (1.0, *_DENSER):
        if factor > 1.0:
            points = denser_points(instance.scenario, factor)
            if points.count < _MORE * instance.points.count:
                break
            on_stage(f"design on {points.count} denser points, between which the value was another")
            channel = channel_to_points(instance.scenario, instance.channel, points)
            instance = replace(instance, points=points, channel=channel)
            design = method(instance, on_stage)
            if design.over_points is None:
                break
        finer = denser_points(instance.scenario, 4.0 * factor, MOST_FINER_POINTS)
        if finer.count <= instance.points.count:
            break
        grid = _Finer(instance.scenario, channel_to_points(instance.scenario, instance.channel, finer), finer)
        between = float(reduced(grid.values(design), finer.weight, instance.scenario.over_points))
        if best is None or between < best.least or _agree(between, design):
            checked = _with_check(design, finer.count, between, instance.points.count)
            best = _Checked(checked, instance, between)
        if _agree(between, design):
            break
    return (design, instance) if best is None else (best.design, best.instance)


def _agree(between: float, design: Design) -> bool:
    """The mean over a finer grid is the stated one."""
    assert design.over_points is not None
    return replace(design.over_points, between=between).mean_holds


@dataclass(frozen=True, slots=True, eq=False)
class _Checked:
    """A `design` that was checked, its `instance`, and the `least` level that the criterion is nowhere above."""

    design: Design
    instance: Instance
    least: float


def _settled(design: Design, first: Design) -> bool:
    """Other beams at more points cost little, so that what was proven of all groups is nearly reached still."""
    if design.over_points is None or first.over_points is None:
        return False
    return design.over_points.value_reduced <= (1.0 + _AGAIN) * first.over_points.value_reduced


def _with_cheap_light(design: Design, instance: Instance, on_stage: Callable[[str], None]) -> Design:
    """The design with light at points that it leaves dark although that costs next to nothing; itself where there are
    none, and where clutter depends on the beams.
    """
    result, over = design.beamforming, design.over_points
    if over is None or over.mode != "worst" or len(over.value) == 1 or result is None or result.beams is None:
        return design
    if instance.channel.clutter.shape[1] or design.selection is None or not np.isfinite(over.value_reduced):
        return design
    settings, group = instance.scenario.design, np.asarray(design.selected, bool)
    on_stage("light for points that need little of it")
    found = beams_with_cheap_light(instance, beamformer_of(settings.beamformer, settings.options), group, result)
    if found is None:
        return design
    other, words = found
    assert other.beams is not None
    value = instance.selection_problem(other.beams, forced=False).values(group[None])[0]
    made = finished(instance, design.scheme, with_other_value(design.selection, float(value)), other, design.rounds)
    return replace(made, message=f"{made.message} {words}") if made.beamforming is other or made.accuracy else design


def _again(design: Design, instance: Instance) -> Design | None:
    """The group of the design with beams for all points of the instance; None where there are none, or where clutter
    depends on the beams.
    """
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    assert design.selection is not None
    assert design.over_points is not None
    if instance.channel.clutter.shape[1]:
        return None
    settings, group = instance.scenario.design, np.asarray(design.selected, bool)
    light = design.beamforming.beams.illumination_w(instance.channel.steering_tx)
    beamformer = beamformer_of(settings.beamformer, settings.options)
    result = beams_with_margin(instance, beamformer, group, light, design.over_points.value_reduced)
    if result is None:
        return None
    assert result.beams is not None
    problem = instance.selection_problem(result.beams, forced=False)
    selection = with_other_value(design.selection, float(problem.values(group[None])[0]))
    return finished(instance, design.scheme, selection, result, design.rounds)


def _worst_places(design: Design, grid: _Finer) -> FoundPlaces:
    """The criterion on the finer grid and where the search from there leads."""
    assert design.over_points is not None
    values, points = grid.values(design), grid.points
    search = PlaceSearch(design).found(points, values, design.over_points.value_reduced)
    return FoundPlaces(
        position_m=np.concatenate([search.position_m, points.position_m]),
        target=np.concatenate([search.target, points.target]),
        values=np.concatenate([search.values, values]),
    )


def _can_be_checked(instance: Instance) -> bool:
    """Between the points there is something, and what the channel is there follows from the geometry."""
    given = instance.scenario.propagation.direct
    from_file = isinstance(given, GivenChannel) and (given.steering_tx is not None or given.echo_gain is not None)
    return not from_file and any(not target.exact for target in instance.scenario.targets)


class _Finer:
    """The finer grid `points` with the `channel` to it; what does not depend on the beams is made once."""

    def __init__(self, scenario: Scenario, channel: Channel, points: TargetPoints) -> None:
        self._scenario, self._channel, self.points = scenario, channel, points
        self._same = None if channel.clutter.shape[1] else places_of(scenario, channel, points)

    def values(self, design: Design) -> F:
        """The criterion of the design at every place."""
        assert design.beamforming is not None
        assert design.beamforming.beams is not None
        beams, values = design.beamforming.beams, np.zeros(self.points.count)
        light = beams.illumination_w(self._channel.steering_tx)
        found = self._same
        if found is None:
            found = places_of(self._scenario, self._channel, self.points, beams.covariance_w)
        for rows, places in found:
            values[rows] = places.values(design.selected, light[rows])
        return values


def _violators(found: FoundPlaces, design: Design) -> np.ndarray:
    """Some places whose value exceeds the stated one, the worst first, no two of them in nearly the same direction."""
    assert design.over_points is not None
    order = np.argsort(-found.values, kind="stable")
    order = order[found.values[order] > (1.0 + EXCEEDED) * design.over_points.value_reduced]
    if not len(order):
        return order
    transmitter = design.scenario.transmitter
    path = found.position_m[order] - transmitter.position_m
    direction = path / np.linalg.norm(path, axis=1, keepdims=True)
    steering = transmitter.array.steering_vector(direction, design.scenario.radio.wavelength_m)
    unit = steering / np.linalg.norm(steering, axis=1, keepdims=True)
    rows, chosen = np.arange(len(order)), list[int]()
    while len(rows) and len(chosen) < _AT_ONCE:
        first = int(rows[0])
        chosen.append(first)
        rows = rows[np.abs(unit[rows] @ unit[first].conj()) ** 2 < _NEIGHBOURS]
    return np.asarray(order[chosen])


def _joined(instance: Instance, found: FoundPlaces, added: np.ndarray) -> Instance:
    """The instance with further points, of weight 0."""
    more = places_of_targets(instance.scenario, found.position_m[added], found.target[added])
    channel = channel_to_points(instance.scenario, instance.channel, more)
    points = instance.points.joined(more.position_m, more.velocity_m_s, more.target)
    names = ("steering_tx", "steering_rx", "echo_gain", "echo_path_gain")
    echo = {name: np.concatenate([getattr(instance.channel, name), getattr(channel, name)]) for name in names}
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
    return _with_found(design, replace(design.over_points, **kept))


def _with_check(design: Design, checked: int, between: float, laid: int) -> Design:
    """The design with what the check found, and a sentence on it."""
    assert design.over_points is not None
    return _with_found(design, replace(design.over_points, laid=laid, checked=checked, between=between))


def _with_found(design: Design, found: PointsAccuracy) -> Design:
    """The design with its figures at points; optimal is nothing whose mean is another one between its points."""
    words, status = _in_words(found), design.status
    if status == "optimal" and found.mode != "worst" and not found.mean_holds:
        status = "feasible"
    return replace(design, over_points=found, status=status, message=f"{design.message} {words}".rstrip())


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
    excess = found.between / found.value_reduced - 1.0
    if found.mode != "worst":
        where = f"{how_many}On a grid of {found.checked} places between the points"
        if not np.isfinite(excess):
            return f"{where} the target is unobservable at some."
        name = f"the {found.mode.replace('_', ' ')} value"
        if not found.mean_holds:
            return (
                f"{where} {name} is {found.between:.4g}, which differs by {100.0 * excess:.2g} % from the "
                f"{found.value_reduced:.4g} over the {found.laid} points of the design, also with the most points that "
                "a design takes: the larger of both counts, and what is proven holds for these points alone."
            )
        return f"{where} {name} differs by {100.0 * excess:.2g} %."
    where = (
        f"{how_many}Of {found.checked} places between the points, and of a search from the worst and darkest of them,"
    )
    remains = ""
    if not excess <= EXCEEDED:
        remains = f" This remains after {_ROUNDS} rounds of further points: the stated value does not hold everywhere."
    if not np.isfinite(excess):
        return f"{where} the target is unobservable at some.{remains}"
    worse = f"{100.0 * excess:.2g} % above" if excess > 0.0 else "not above"
    return f"{where} the worst that was found is {worse} the stated value.{remains}"
