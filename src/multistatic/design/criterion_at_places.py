"""The criterion of one group with its beams at many places, all at once.

The bounds see a network from one point. Here the network as seen from P places becomes one of P·K receivers, each with
its own geometry and echo, so that every formula of the bounds gives all of them in one call; what is then added up over
a group, is added up place by place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic import registry
from multistatic.bounds.clock import ClockErrors, clock_errors
from multistatic.bounds.criteria import AdditiveCriterion, ClockedLocalizationCriterion, LocalizationCriterion
from multistatic.bounds.jacobian import delay_doppler_jacobian
from multistatic.bounds.position import part_of
from multistatic.bounds.sensing import SensingNetwork, sensing_network
from multistatic.bounds.square_root import Quantity, covariances, rows_in_doubles, whitened_rows
from multistatic.channel.channel import Channel
from multistatic.channel.echo_of_points import geometry_of_points
from multistatic.design.algorithms import criterion_of
from multistatic.double_double import DoubleDouble
from multistatic.linalg import inverse_root, marginal_covariance, marginal_variance_and_margin
from multistatic.scenario.model import Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.selection.selection_problem import Criterion
from multistatic.signal.pulses import pulse_moments
from multistatic.units import B, C, F, read_only

_OURS = (AdditiveCriterion, LocalizationCriterion, ClockedLocalizationCriterion)
# Margin of a sum of information from being singular below which a place is looked at by itself, with more digits.
_SURE = 1e-6
_CHUNK = 1 << 12  # places at a time
# So many places are looked at by themselves; a group that leaves more of them in doubt is of no use there.
_ALONE = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenPlaces:
    """P places where targets may be of which the same is known before, with the `channel` of M = P points, the
    `jacobian` of the delays and Doppler shifts, and the `criterion` of `network`, which has
    P·K receivers; None where the criterion is of another package, which gets each place by itself.
    """

    scenario: Scenario
    points: TargetPoints
    channel: Channel
    covariance_w: C | None
    network: SensingNetwork
    criterion: Criterion | None
    jacobian: DoubleDouble

    def values(self, mask: B, light: F) -> F:
        """The criterion [P] of the group `mask` [K] at illuminations `light` [P] in W."""
        chosen = np.asarray(mask, bool)
        if self.criterion is None:
            return np.array([self._alone(place, chosen, light[place]) for place in range(self.points.count)])
        if isinstance(self.criterion, AdditiveCriterion):
            weight = self.criterion.weights.reshape(len(light), -1) @ chosen.astype(float) * light
            return np.where(weight > 0.0, self.criterion.constant / np.where(weight > 0.0, weight, 1.0), np.inf)
        if isinstance(self.criterion, LocalizationCriterion):
            squared, sure = _from_sums(self.criterion, chosen, light)
            if not sure.all():
                by_rows, certain = self._from_rows(self.criterion, chosen, light, np.arange(len(light)))
                squared, sure = np.where(sure, squared, by_rows), sure | certain
        else:
            assert isinstance(self.criterion, ClockedLocalizationCriterion)
            squared, sure = self._from_clocked_sums(self.criterion, chosen, light)
            rest = np.flatnonzero(~sure)
            if len(rest):
                squared[rest], sure[rest] = self._from_rows(self.criterion, chosen, light, rest)
        values = np.sqrt(squared)
        for place in np.flatnonzero(~sure)[:_ALONE]:
            values[place] = self._alone(int(place), chosen, light[place])
        return values

    def covariances(self, mask: B, light: F, quantity: Quantity) -> F:
        """The least covariance [P, d, d] of position or velocity for the group `mask` [K], from delays and Doppler
        shifts; infinity where it is unobservable.
        """
        found, sure = self._covariances(np.asarray(mask, bool), light, quantity)
        for place in np.flatnonzero(~sure)[:_ALONE]:
            network = sensing_network(
                self.scenario, self.channel.at(int(place)), self.covariance_w, self.points.at(int(place))
            )
            found[place] = covariances(whitened_rows(network, float(light[place])), mask, quantity)[0]
        return found

    def _from_clocked_sums(self, criterion: ClockedLocalizationCriterion, mask: B, light: F) -> tuple[F, B]:
        """Squared value [P], and where rounding did not decide it [P]: at given illuminations what its own offsets
        leave of each receiver's information can be added up, with the offsets that all share as further unknowns.
        """
        rows, prior = rows_in_doubles(self.network, np.repeat(light, len(mask)), self.jacobian)
        unknowns, d = prior.shape[1], self.network.dimensions
        each = rows.reshape(len(light), len(mask), 2, unknowns)[:, mask].reshape(len(light), -1, unknowns)
        information = np.swapaxes(each, 1, 2) @ each + prior.T @ prior
        root, margin = inverse_root(np.ascontiguousarray(np.moveaxis(information, 0, 2)))
        squared = np.zeros(len(light))
        for quantity, w in criterion.quantity_weights.items():
            first = unknowns - (2 * d if quantity == "position" else d)
            squared += w**2 * np.sum(root[:, first : first + d] ** 2, axis=(0, 1))
        return squared, margin >= _SURE

    def _from_rows(
        self, criterion: LocalizationCriterion | ClockedLocalizationCriterion, mask: B, light: F, some: np.ndarray
    ) -> tuple[F, B]:
        """Squared value [n] and where it is sure [n] from the rows of `some` [n] places, whose sums have too few
        digits.
        """
        squared, sure = np.zeros(len(some)), np.ones(len(some), bool)
        for quantity, w in criterion.quantity_weights.items():
            found, certain = self._covariances(mask, light, quantity, some)
            squared, sure = squared + w**2 * np.trace(found, axis1=-2, axis2=-1), sure & certain
        return squared, sure

    def _covariances(self, mask: B, light: F, quantity: Quantity, some: np.ndarray | None = None) -> tuple[F, B]:
        """Covariances [n, d, d] of a quantity, and where 16 digits were enough to decide [n], at `some` [n] places or
        at all.
        """
        places, d = len(light), self.network.dimensions
        rows = whitened_rows(self.network, np.repeat(light, len(mask)), jacobian=self.jacobian)
        offsets = rows.shared.shape[-1]
        order = np.roll(np.arange(2 * d), d if quantity == "position" else 0)
        whole = np.concatenate([rows.shared, rows.target.hi[:, :, order]], axis=2)
        whole = whole.reshape(places, len(mask), *whole.shape[1:])[:, mask]
        prior = np.concatenate([rows.prior[:, :offsets], rows.prior[:, offsets:][:, order]], axis=1)
        shared = np.broadcast_to(prior, (places, *prior.shape))
        stacked = np.concatenate([whole.reshape(places, -1, whole.shape[-1]), shared], axis=1)
        return marginal_covariance(stacked if some is None else stacked[some], d)

    def _alone(self, place: int, mask: B, light: float) -> float:
        """The criterion at one place, by the network as seen from it."""
        scenario, points = self.scenario, self.points.at(place)
        network = sensing_network(scenario, self.channel.at(place), self.covariance_w, points)
        made = criterion_of(scenario.design.criterion, scenario.design.options)(network)
        return float(np.asarray(made.values(mask[None], float(light))).reshape(-1)[0])


def places_of(
    scenario: Scenario, channel: Channel, points: TargetPoints, covariance_w: C | None = None
) -> list[tuple[np.ndarray, SeenPlaces]]:
    """The places of targets of which the same is known before, some at a time, with their numbers among `points`;
    `channel` has these M points.
    """
    found = []
    priors = [_prior_of(scenario, number) for number in range(len(scenario.targets))]
    alike = np.array([next(i for i, other in enumerate(priors) if np.array_equal(own, other)) for own in priors])
    for number in np.unique(alike[points.target]):
        for rows in _chunks(np.flatnonzero(alike[points.target] == number)):
            found.append((rows, _places(scenario, _at(channel, rows), _some(points, rows), covariance_w)))
    return found


def _places(scenario: Scenario, channel: Channel, points: TargetPoints, covariance_w: C | None) -> SeenPlaces:
    network = _network_of_all(scenario, channel, points, covariance_w)
    choice = scenario.design.criterion
    ours = registry.find("criteria", choice, scenario.design.options).plugin is None
    made = criterion_of(choice, scenario.design.options)(network) if ours else None
    return SeenPlaces(
        scenario=scenario,
        points=points,
        channel=channel,
        covariance_w=covariance_w,
        network=network,
        jacobian=delay_doppler_jacobian(network),
        criterion=made if type(made) in _OURS else None,
    )


def _network_of_all(
    scenario: Scenario, channel: Channel, points: TargetPoints, covariance_w: C | None
) -> SensingNetwork:
    """The network as seen from every place, as one of P·K receivers; directions of arrival are left out."""
    count, places = len(scenario.receivers), points.count
    clock = clock_errors(scenario)
    antennas = np.array([receiver.array.size for receiver in scenario.receivers])
    published = channel.echo_path_gain**2 * antennas / (channel.noise_power_w + channel.clutter_power_w)
    return SensingNetwork(
        receiver_ids=scenario.receiver_ids * places,
        geometry=geometry_of_points(scenario, points.position_m),
        velocity_m_s=np.repeat(points.velocity_m_s, count, axis=0),
        carrier_hz=scenario.radio.carrier_hz,
        bandwidth_hz=scenario.radio.bandwidth_hz,
        samples=scenario.radio.samples,
        pulse=pulse_moments(scenario.radio.pulse),
        snr_per_watt=read_only(channel.echo_snr_per_watt(covariance_w).reshape(-1)),
        published_snr_per_watt=read_only(published.reshape(-1)),
        dimensions=scenario.dimensions,
        velocity_weight_s=scenario.design.velocity_weight_s,
        clock=None if clock.perfect else _tiled(clock, places),
        prior_information=_prior_of(scenario, int(points.target[0])),
    )


def _prior_of(scenario: Scenario, number: int) -> F:
    prior = scenario.targets[number].prior
    return np.zeros((0, 0)) if prior is None else prior.information(scenario.dimensions)


def _from_sums(criterion: LocalizationCriterion, mask: B, light: F) -> tuple[F, B]:
    """Squared value [P], and where rounding did not decide it [P], from sums of information."""
    size = criterion.information.shape[-1]
    each = criterion.information.reshape(len(light), len(mask), size, size)
    information = each[:, mask].sum(axis=1) * light[:, None, None]
    if criterion.prior is not None:
        information = information + criterion.prior
    squared, sure = np.zeros(len(light)), np.ones(len(light), bool)
    for quantity, w in criterion.quantity_weights.items():
        found, margin = marginal_variance_and_margin(information, part_of(quantity, size // 2))
        squared, sure = squared + w**2 * found, sure & (margin >= _SURE)
    return squared, sure


def _tiled(clock: ClockErrors, places: int) -> ClockErrors:
    """The clocks of the receivers once for each place."""
    time_s, frequency_hz = np.tile(clock.time_s, places), np.tile(clock.frequency_hz, places)
    return replace(clock, time_s=time_s, frequency_hz=frequency_hz)


def _chunks(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]


def _some(points: TargetPoints, rows: np.ndarray) -> TargetPoints:
    return TargetPoints(
        position_m=points.position_m[rows], velocity_m_s=points.velocity_m_s[rows], target=points.target[rows]
    )


def _at(channel: Channel, rows: np.ndarray) -> Channel:
    """The channel with some of its points."""
    names = ("steering_tx", "steering_rx", "echo_gain", "echo_path_gain")
    return replace(channel, **{name: getattr(channel, name)[rows] for name in names})
