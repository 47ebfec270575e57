"""One scenario with one realisation of its channel, and the two problems that a design splits into."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from multistatic import registry
from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.point_objective import PointObjective
from multistatic.bounds.criteria import ClockedLocalizationCriterion, LocalizationCriterion
from multistatic.bounds.sensing import SensingNetwork, sensing_network, sensing_networks
from multistatic.channel.channel import Channel
from multistatic.channel.realise import channel_rng, realise
from multistatic.communication.rates import rates_bps_hz
from multistatic.design.algorithms import criterion_of
from multistatic.design.criterion_at_places import SeenPlaces, places_of
from multistatic.design.earlier_design import starts_for
from multistatic.design.result import Design
from multistatic.errors import MultistaticError
from multistatic.scenario.model import Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.selection.criterion_of_points import CriterionOfPoints
from multistatic.selection.selection_problem import NO_LIMITS, Criterion, SearchLimits, SelectionProblem
from multistatic.signal.beams import Beams
from multistatic.units import B, C, F

RATE_TOLERANCE = 1e-9
_OF_SCENARIO: Any = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Instance:
    """What every design method starts from; `limits`: when an exact search may end early.

    What the bounds see and the criterion are made once, where they do not depend on the beams.

    `points`: where the target may be, in the order of the axis M of the channel; default: those of the scenario.

    `start`: an earlier design whose beams the beamformers begin from. `certificate`: False leaves what takes long and
    changes neither group nor beams, the certificate of the beams and the sensitivities, for `certify`.
    """

    scenario: Scenario
    channel: Channel
    limits: SearchLimits = NO_LIMITS
    start: Design | None = None
    certificate: bool = True
    points: TargetPoints = field(default=_OF_SCENARIO)

    def __post_init__(self) -> None:
        if self.points is _OF_SCENARIO:
            object.__setattr__(self, "points", self.scenario.points())

    @property
    def several(self) -> bool:
        """There is more than one point."""
        return self.points.count > 1

    @property
    def tight(self) -> bool:
        """The beams get the tight certificate."""
        return self.certificate and self.scenario.design.certificate == "tight"

    @property
    def size(self) -> int:
        """K."""
        return len(self.scenario.receivers)

    def networks(self, covariance_w: C | None = None) -> tuple[SensingNetwork, ...]:
        """What the bounds see from each point [M]; `covariance_w` [N_t, N_t] is the signal that causes signal-dependent
        clutter.
        """
        if covariance_w is None or not self._clutter_depends_on_beams:
            return self._networks_without_signal
        return sensing_networks(self.scenario, self.channel, self.points, covariance_w)

    def network(self, covariance_w: C | None = None, point: int = 0) -> SensingNetwork:
        """The same from one point, by its number."""
        return self.networks(covariance_w)[point]

    def criterion(self, covariance_w: C | None = None) -> Criterion:
        """The scenario's figure of merit for its receivers, of several points a `CriterionOfPoints`."""
        if covariance_w is None or not self._clutter_depends_on_beams:
            return self._criterion_without_signal
        return self._criterion_of(self.networks(covariance_w), covariance_w)

    @property
    def _clutter_depends_on_beams(self) -> bool:
        return self.channel.clutter.shape[1] > 0

    @cached_property
    def _networks_without_signal(self) -> tuple[SensingNetwork, ...]:
        if self.several:
            return sensing_networks(self.scenario, self.channel, self.points)
        return (sensing_network(self.scenario, self.channel, None, self.points),)

    @cached_property
    def _criterion_without_signal(self) -> Criterion:
        return self._criterion_of(self._networks_without_signal, None)

    def _criterion_of(self, networks: tuple[SensingNetwork, ...], covariance_w: C | None) -> Criterion:
        if not self.several:
            return criterion_of(self.scenario.design.criterion, self.scenario.design.options)(networks[0])
        criteria, position_m = self._criteria(networks, covariance_w), np.asarray(self.points.position_m)
        clocked = all(isinstance(each, ClockedLocalizationCriterion) for each in criteria)
        places = self.places(covariance_w) if clocked else []

        def of_group(group: B, light: F) -> F:
            values = np.zeros(len(light))
            for rows, each in places:
                values[rows] = each.values(group, light[rows])
            return values

        return CriterionOfPoints(criteria=criteria, position_m=position_m, of_group=of_group if clocked else None)

    def _criteria(self, networks: tuple[SensingNetwork, ...], covariance_w: C | None) -> tuple[Criterion, ...]:
        """The criterion at each point; those of position and velocity from the information of all points at once."""
        make = criterion_of(self.scenario.design.criterion, self.scenario.design.options)
        first = make(networks[0])
        if not isinstance(first, LocalizationCriterion):
            return (first, *(make(network) for network in networks[1:]))
        found: list[Criterion] = [first] * self.points.count
        for rows, places in self.places(covariance_w):
            each = places.criterion
            assert isinstance(each, LocalizationCriterion)
            split = each.information.reshape(len(rows), self.size, *each.information.shape[1:])
            for row, information in zip(rows, split, strict=True):
                found[row] = replace(each, information=information, network=networks[row])
        return tuple(found)

    def places(self, covariance_w: C | None = None) -> list[tuple[np.ndarray, SeenPlaces]]:
        """The points, for what is to be known of one group at all of them at once, with their numbers."""
        return places_of(self.scenario, self.channel, self.points, covariance_w)

    def beamforming_problem(self, selected: B, objective: PointObjective | None = None) -> BeamformingProblem:
        """The best beams for a fixed group; `objective`: what counts of several points (`design.group_beams`)."""
        return BeamformingProblem(
            direct=self.channel.direct,
            steering_tx=self.channel.steering_tx,
            noise_power_w=self.channel.noise_power_w,
            power_limit_w=self.scenario.transmitter.power_w,
            rate_required_bps_hz=self.scenario.rate_required_bps_hz,
            selected=selected,
            streams=self.scenario.design.streams,
            receiver_ids=self.scenario.receiver_ids,
            starts=starts_for(selected, self.start),
            point_weight=self.points.weight,
            objective=objective,
        )

    def selection_problem(self, beams: Beams, *, forced: bool = True) -> SelectionProblem:
        """The best group for fixed beams; `forced`: which receivers the beams force into it, else none.

        R_k depends on b only through b_k, and a selected receiver cancels the sensing beam, so R_k(1) ≥ R_k(0):
        exactly the receivers with R_k(0) < R_th,k are forced.
        """
        scenario, geometry = self.scenario, self.scenario.geometry()
        return SelectionProblem(
            receiver_ids=scenario.receiver_ids,
            criterion=self.criterion(beams.covariance_w),
            illumination_w=beams.illumination_w(self.channel.steering_tx),
            positions_m=scenario.receiver_positions_m,
            target_distance_m=geometry.target_receiver_m,
            receiver_distance_m=geometry.receiver_receiver_m,
            echo_gain=self.points.weight @ self.channel.echo_gain if self.several else self.channel.echo_gain[0],
            forced=self._short_alone(beams) if forced else np.zeros(self.size, bool),
            distance_weight=scenario.requirements.distance_weight,
            cost_limit_m=scenario.requirements.cooperation_cost_m,
            count=scenario.design.receivers,
            given=scenario.mask(scenario.design.given) if scenario.design.given else None,
            limits=self.limits,
            over_points=scenario.over_points,
            point_weight=self.points.weight,
        )

    def _short_alone(self, beams: Beams) -> B:
        """Receivers [K] that miss their rate where the sensing beam disturbs them."""
        none_selected = np.zeros(self.size, bool)
        alone = rates_bps_hz(self.channel.direct, beams, self.channel.noise_power_w, none_selected)
        required = self.scenario.rate_required_bps_hz
        short: B = alone < required * (1.0 - RATE_TOLERANCE)
        return short

    def rng(self, purpose: int) -> np.random.Generator:
        """A generator of its own for each purpose: 2 selection (0 is placement, 1 the channel)."""
        return np.random.default_rng(np.random.SeedSequence(self.scenario.seed, spawn_key=(purpose,)))


def instance_for(design: Design) -> Instance:
    """What a design that is finished was made from."""
    return Instance(scenario=design.scenario, channel=design.channel, points=design.points)


def with_criterion_of(instance: Instance, design: Design) -> Instance:
    """The instance under the criterion that its `design` was made with, which for one receiver may be the surrogate."""
    if design.scenario.design.criterion == instance.scenario.design.criterion:
        return instance
    return replace(instance, scenario=design.scenario)


def criterion_unit(design: Design) -> str:
    """The unit of the figure of merit of a design; made once more where only the criterion of its network knows it."""
    criterion = design.scenario.design.criterion
    stated: str | None = registry.fact("criteria", criterion, "unit", None)
    if stated is not None:
        return stated
    try:
        instance = instance_for(design)
        return instance.criterion().unit
    except MultistaticError:
        return ""  # of a criterion that needs the beams


def instance_of(scenario: Scenario, limits: SearchLimits = NO_LIMITS, points: TargetPoints | None = None) -> Instance:
    """Realise the channel of a scenario from its seed, at other points than those that it lays where they are given."""
    points = scenario.points() if points is None else points
    channel = realise(scenario, channel_rng(scenario.seed), points)
    return Instance(scenario=scenario, channel=channel, limits=limits, points=points)
