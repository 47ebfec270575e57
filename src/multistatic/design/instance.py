"""One scenario with one realisation of its channel, and the two problems that a design splits into."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from multistatic import registry
from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.bounds.sensing import SensingNetwork, sensing_network
from multistatic.channel.channel import Channel
from multistatic.channel.realise import channel_rng, realise
from multistatic.communication.rates import rates_bps_hz
from multistatic.design.algorithms import criterion_of
from multistatic.design.earlier_design import starts_for
from multistatic.design.result import Design
from multistatic.errors import MultistaticError
from multistatic.scenario.model import Scenario
from multistatic.selection.selection_problem import NO_LIMITS, Criterion, SearchLimits, SelectionProblem
from multistatic.signal.beams import Beams
from multistatic.units import B, C

RATE_TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Instance:
    """What every design method starts from; `limits`: when an exact search may end early.

    What the bounds see and the criterion are made once, where they do not depend on the beams.

    `start`: an earlier design whose beams the beamformers begin from. `certificate`: False leaves what takes long and
    changes neither group nor beams, the certificate of the beams and the sensitivities, for `certify`.
    """

    scenario: Scenario
    channel: Channel
    limits: SearchLimits = NO_LIMITS
    start: Design | None = None
    certificate: bool = True

    @property
    def tight(self) -> bool:
        """The beams get the tight certificate."""
        return self.certificate and self.scenario.design.certificate == "tight"

    @property
    def size(self) -> int:
        """K."""
        return len(self.scenario.receivers)

    def network(self, covariance_w: C | None = None) -> SensingNetwork:
        """What the bounds see; `covariance_w` [N_t, N_t] is the signal that causes signal-dependent clutter."""
        if covariance_w is None or not self._clutter_depends_on_beams:
            return self._network_without_signal
        return sensing_network(self.scenario, self.channel, covariance_w)

    def criterion(self, covariance_w: C | None = None) -> Criterion:
        """The scenario's figure of merit for its receivers."""
        if covariance_w is None or not self._clutter_depends_on_beams:
            return self._criterion_without_signal
        return criterion_of(self.scenario.design.criterion, self.scenario.design.options)(self.network(covariance_w))

    @property
    def _clutter_depends_on_beams(self) -> bool:
        return self.channel.clutter.shape[1] > 0

    @cached_property
    def _network_without_signal(self) -> SensingNetwork:
        return sensing_network(self.scenario, self.channel)

    @cached_property
    def _criterion_without_signal(self) -> Criterion:
        return criterion_of(self.scenario.design.criterion, self.scenario.design.options)(self._network_without_signal)

    def beamforming_problem(self, selected: B) -> BeamformingProblem:
        """The best beams for a fixed group."""
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
            echo_gain=self.channel.echo_gain[0],
            forced=self._short_alone(beams) if forced else np.zeros(self.size, bool),
            distance_weight=scenario.requirements.distance_weight,
            cost_limit_m=scenario.requirements.cooperation_cost_m,
            count=scenario.design.receivers,
            given=scenario.mask(scenario.design.given) if scenario.design.given else None,
            limits=self.limits,
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


def criterion_unit(design: Design) -> str:
    """The unit of the figure of merit of a design; made once more where only the criterion of its network knows it."""
    criterion = design.scenario.design.criterion
    stated: str | None = registry.fact("criteria", criterion, "unit", None)
    if stated is not None:
        return stated
    try:
        return Instance(scenario=design.scenario, channel=design.channel).criterion().unit
    except MultistaticError:
        return ""  # of a criterion that needs the beams


def instance_of(scenario: Scenario, limits: SearchLimits = NO_LIMITS) -> Instance:
    """Realise the channel of a scenario from its seed."""
    return Instance(scenario=scenario, channel=realise(scenario, channel_rng(scenario.seed)), limits=limits)
