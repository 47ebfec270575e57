"""What the bounds need to know of a network: one value made from a scenario and its channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import numpy as np

from multistatic.bounds.clock import ClockErrors, clock_errors
from multistatic.channel.channel import Channel
from multistatic.channel.path_loss import echo_gain
from multistatic.linalg import adjoint
from multistatic.scenario.arrays import ALONG_Y, AntennaArray, linear_array
from multistatic.scenario.geometry import BistaticGeometry
from multistatic.scenario.model import Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.signal.moments import PulseMoments
from multistatic.signal.pulses import pulse_moments
from multistatic.units import C, F, read_only

TRANSMITTER_ID = "transmitter"
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SensingNetwork:
    """The K receivers of a network as every bound sees them: geometry, waveform and echo SNR of each receiver.

    Assumptions: the amplitude of each echo is unknown, the noise is white in time, the target is one point.

    receiver_ids [K]: ids of the receivers.
    geometry: positions of transmitter, target and receivers, in m, and what follows from them.
    velocity_m_s [3]: velocity of the target, in m/s.
    carrier_hz: carrier frequency, in Hz.
    bandwidth_hz: bandwidth B, in Hz; one sample lasts 1/(2B).
    samples: samples M in a block.
    pulse: moments of the pulse (docs/model.md, §3).
    snr_per_watt [K]: w_k of `Channel.echo_snr_per_watt`, in 1/W; ρ_k = w_k p_t is the echo SNR of a sample, with all
      antennas together, at the illumination p_t.
    published_snr_per_watt [K]: η_k² N_r/(σ_c²+σ_z²), in 1/W, which the published bound uses (η counted twice, β = 1);
      default: snr_per_watt.
    receive_apertures_m2 [K, 3, 3]: information about the direction of arrival in each receive array, in m²
      (`apertures_m2`); `AntennaArray.aperture_m2` where the noise is white over the antennas; default: 0.
    dimensions: number of unknown coordinates of the target, 2 or 3.
    velocity_weight_s: weight T of the velocity in the criterion `weighted`, in s.
    clock: standard deviations of the clock offsets; None where all clocks are synchronised.
    prior_information [2d, 2d]: Fisher information J₀ about (p in m, v in m/s) that is there before any measurement, as
      that of a tracker: it counts as a further receiver that is always selected; default [0, 0]: none.

    >>> from multistatic import load_preset, realise, sensing_network
    >>> scenario = load_preset("paper")
    >>> network = sensing_network(scenario, realise(scenario))
    >>> network.dimensions, network.snr_per_watt.shape
    (2, (10,))
    """

    receiver_ids: tuple[str, ...]
    geometry: BistaticGeometry
    velocity_m_s: F = field(default_factory=lambda: np.zeros(3))
    carrier_hz: float
    bandwidth_hz: float
    samples: int
    pulse: PulseMoments
    snr_per_watt: F
    published_snr_per_watt: F = field(default_factory=lambda: np.zeros(0))
    receive_apertures_m2: F = field(default_factory=lambda: np.zeros((0, 3, 3)))
    dimensions: Literal[2, 3] = 3
    velocity_weight_s: float = 1.0
    clock: ClockErrors | None = None
    prior_information: F = field(default_factory=lambda: np.zeros((0, 0)))
    _remembered: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if np.size(self.published_snr_per_watt) == 0:
            object.__setattr__(self, "published_snr_per_watt", self.snr_per_watt)
        if np.size(self.receive_apertures_m2) == 0:
            object.__setattr__(self, "receive_apertures_m2", np.zeros((len(self.receiver_ids), 3, 3)))
        prior, size = np.asarray(self.prior_information, float), 2 * self.dimensions
        if prior.size and prior.shape != (size, size):
            raise ValueError(f"prior_information of shape {list(prior.shape)}, expected [{size}, {size}]")
        object.__setattr__(self, "prior_information", read_only(prior if np.any(prior) else np.zeros((0, 0))))

    def remembered(self, name: str, made: Callable[[], Made]) -> Made:
        """What `made` gives, computed at the first call under this name: it depends on nothing but the network."""
        if name not in self._remembered:
            self._remembered[name] = made()
        found: Made = self._remembered[name]
        return found


def sensing_network(
    scenario: Scenario, channel: Channel, covariance_w: C | None = None, points: TargetPoints | None = None
) -> SensingNetwork:
    """The receivers of a scenario as the bounds see them, in one realisation of its channel.

    scenario: the network.
    channel: its channel, with one point, the target; `Channel.at` takes one point out of several.
    covariance_w [N_t, N_t]: covariance S of the transmit signal, in W, which causes signal-dependent clutter; None
      leaves that clutter out.
    points: the point of the channel; None: `Scenario.points`. `TargetPoints.at` takes one point out of several.

    Raises `ValueError` where the channel or `points` has several points.

    >>> from multistatic import load_preset, realise
    >>> scenario = load_preset("paper")
    >>> len(sensing_network(scenario, realise(scenario)).receiver_ids)
    10
    """
    channel.require_one_point()
    points = scenario.points() if points is None else points
    (found,) = sensing_networks(scenario, channel, points, covariance_w)
    return found


def sensing_networks(
    scenario: Scenario, channel: Channel, points: TargetPoints, covariance_w: C | None = None
) -> tuple[SensingNetwork, ...]:
    """The network as the bounds see it from each of M points, as `sensing_network` makes it of one.

    scenario: the network.
    channel: its channel with M points.
    points: the M points, in the order of the channel's.
    covariance_w [N_t, N_t]: covariance S of the transmit signal, in W; None leaves signal-dependent clutter out.

    Raises `ValueError` where channel and points do not have the same number of points.

    >>> from multistatic import load_preset, realise
    >>> scenario = load_preset("paper")
    >>> len(sensing_networks(scenario, realise(scenario), scenario.points()))
    1
    """
    if channel.points != points.count:
        raise ValueError(f"a channel with {channel.points} points, expected {points.count}, as in points")
    antennas = np.array([receiver.array.size for receiver in scenario.receivers])
    clock = clock_errors(scenario)
    published = channel.echo_path_gain**2 * antennas / (channel.noise_power_w + channel.clutter_power_w)
    snr_per_watt = channel.echo_snr_per_watt(covariance_w)
    apertures = np.array([receiver.array.aperture_m2() for receiver in scenario.receivers])
    coloured = covariance_w is not None and channel.clutter.shape[1] > 0
    alone = points.count == 1 and np.array_equal(points.position_m[0], scenario.middle_m)
    priors = [
        np.zeros((0, 0)) if target.prior is None else target.prior.information(scenario.dimensions)
        for target in scenario.targets
    ]
    return tuple(
        SensingNetwork(
            receiver_ids=scenario.receiver_ids,
            geometry=scenario.geometry() if alone else scenario.geometry_at(points.position_m[m]),
            velocity_m_s=points.velocity_m_s[m],
            carrier_hz=scenario.radio.carrier_hz,
            bandwidth_hz=scenario.radio.bandwidth_hz,
            samples=scenario.radio.samples,
            pulse=pulse_moments(scenario.radio.pulse),
            snr_per_watt=read_only(snr_per_watt[m]),
            published_snr_per_watt=read_only(published[m]),
            receive_apertures_m2=read_only(
                apertures_m2(scenario, channel.at(m), covariance_w) if coloured else apertures
            ),
            dimensions=scenario.dimensions,
            velocity_weight_s=scenario.design.velocity_weight_s,
            clock=None if clock.perfect else clock,
            prior_information=priors[points.target[m]],
        )
        for m in range(points.count)
    )


def apertures_m2(scenario: Scenario, channel: Channel, covariance_w: C | None = None) -> F:
    """Covariance of the elements' places [K, 3, 3] in m², each counted as the noise leaves it.

    An echo A a in noise of covariance C informs about the direction, A unknown, by 2|A|²Re Dᴴ(C⁻¹ - C⁻¹aaᴴC⁻¹/aᴴC⁻¹a)D
    with D = ∂a. Here ∂a_n = j(2π/λ) a_n e_n·∂u, so with B = diag(a)ᴴC⁻¹diag(a), places E [N_r, 3] and 1ᵀB1 = aᴴC⁻¹a,
    which the SNR holds already, there remains Re[EᵀBE - EᵀB11ᵀBE/(1ᵀB1)]/(1ᵀB1): the covariance of e with the weights
    B. Where C is white it is that of the array.
    """
    arrays = [receiver.array for receiver in scenario.receivers]
    if covariance_w is None or channel.clutter.shape[1] == 0:
        return np.array([array.aperture_m2() for array in arrays])
    steering_rx = channel.steering_rx[0]
    places = np.zeros((*steering_rx.shape, 3))
    for k, array in enumerate(arrays):
        places[k, : array.size] = array.elements_m - array.elements_m.mean(axis=0)
    # The noise is never below its white part: rounding beside strong clutter is.
    values, vectors = np.linalg.eigh(channel.relative_noise(covariance_w))
    whitening = adjoint(vectors) / np.sqrt(np.maximum(values, 1.0))[:, :, None]
    echo = whitening @ steering_rx[:, :, None]
    turned = whitening @ (steering_rx[:, :, None] * places)
    energy = np.sum(np.abs(echo) ** 2, axis=1, keepdims=True)
    rest = turned - echo @ (adjoint(echo) @ turned) / energy
    apertures: F = (adjoint(rest) @ rest).real / energy
    return apertures


def mono_static_network(
    scenario: Scenario, channel: Channel, covariance_w: C | None = None, points: TargetPoints | None = None
) -> SensingNetwork:
    """The transmitter as the only receiver: it receives its own echo, with ideal self-interference cancellation.

    The path is 2 d_b0 long under the `sum` law and d_b0² under the `product` law. The cancellation takes everything
    that returns from a known place, so no signal-dependent clutter is left and `covariance_w` changes nothing. It has
    one clock, which is synchronised with itself.

    `channel` and `points` (None: `Scenario.points`) are of one point; `ValueError` where there are several.
    """
    channel.require_one_point()
    points = scenario.points() if points is None else points
    if points.count != 1:
        raise ValueError(f"{points.count} points, expected one: use TargetPoints.at(m) for point m")
    target = scenario.targets[int(points.target[0])]
    there_and_back = _there_and_back(scenario, points.position_m[0])
    distance = there_and_back.transmitter_target_m
    gain = echo_gain(scenario.propagation, distance, np.array([distance]))
    array = sensing_array(scenario)
    antennas_per_noise = array.size / (channel.noise_power_w + channel.clutter_power_w)
    return SensingNetwork(
        receiver_ids=(TRANSMITTER_ID,),
        geometry=there_and_back,
        velocity_m_s=points.velocity_m_s[0],
        carrier_hz=scenario.radio.carrier_hz,
        bandwidth_hz=scenario.radio.bandwidth_hz,
        samples=scenario.radio.samples,
        pulse=pulse_moments(scenario.radio.pulse),
        snr_per_watt=read_only(gain * target.reflection * antennas_per_noise),
        published_snr_per_watt=read_only(gain**2 * antennas_per_noise),
        receive_apertures_m2=read_only(array.aperture_m2()[None]),
        dimensions=scenario.dimensions,
        prior_information=np.zeros((0, 0)) if target.prior is None else target.prior.information(scenario.dimensions),
    )


def sensing_array(scenario: Scenario) -> AntennaArray:
    """The array with which the transmitter receives its own echo.

    `transmitter.receive_array`; where there is none, a half-wavelength ULA of as many elements as the largest
    receiver has, along the transmitter's own first axis.
    """
    if scenario.transmitter.receive_array is not None:
        return scenario.transmitter.receive_array
    elements = scenario.transmitter.array.elements_m
    axis = elements[1] - elements[0] if len(elements) > 1 else np.array(ALONG_Y)
    count = max(receiver.array.size for receiver in scenario.receivers)
    return linear_array(count, scenario.radio.wavelength_m / 2.0, tuple(axis))


def _there_and_back(scenario: Scenario, target_m: F) -> BistaticGeometry:
    """Transmitter and receiver in one place; the direction between them, which no bound uses, is zero."""
    path = target_m - scenario.transmitter.position_m
    distance = float(np.linalg.norm(path))
    direction = read_only(path / distance)
    return BistaticGeometry(
        transmitter_target_m=distance,
        target_receiver_m=read_only([distance]),
        transmitter_receiver_m=read_only([0.0]),
        receiver_receiver_m=read_only([[0.0]]),
        to_target=direction,
        receiver_to_target=read_only(direction[None]),
        to_receivers=read_only(np.zeros((1, 3))),
        transmitter_m=read_only(scenario.transmitter.position_m),
        receivers_m=read_only(scenario.transmitter.position_m[None]),
        target_m=read_only(target_m),
    )
