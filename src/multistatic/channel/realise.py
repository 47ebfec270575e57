"""From a scenario and a random generator to one `Channel`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from multistatic import registry
from multistatic.channel.channel import NO_CLUTTER, Channel
from multistatic.channel.direct import largest_array, receive_steering
from multistatic.channel.path_loss import echo_gain, target_reflection
from multistatic.errors import Problem, ScenarioError
from multistatic.scenario.geometry import bistatic_geometry
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.units import C, F, ratio_to_db, watt_to_dbm

# Double precision leaves 16 digits of the interference beside the noise, and rates need some of them. In `paper` beams
# keep their rates to 1e-6 up to 127 dB, miss them by 1e-5 at 137 dB and by 1e-4 at 150 dB; at 180 dB nothing is left.
LARGEST_SNR = 1e13
_LARGEST_GAIN = 1e100  # its square is still a number


def realise(scenario: Scenario, rng: np.random.Generator | None = None, points: TargetPoints | None = None) -> Channel:
    """Draw one realisation of the channel of a scenario.

    scenario: the network. Its model draws the direct channels unless they are given; echo and clutter follow from the
        geometry unless they are given.
    rng: random generator of the fading; None: the generator of the scenario's seed, whose channel the design uses.
    points: points where targets may be, in the order of the axis M of the channel; None: `Scenario.points`.

    Raises `ScenarioError` if the SNR ‖H_bk‖² P_T/σ_z² of the direct path exceeds 130 dB at a receiver, the limit of
    double precision. Source: equation (3), model.md §2.

    >>> from multistatic import load_preset
    >>> realise(load_preset("paper")).direct.shape
    (10, 2, 10)
    """
    points = scenario.points() if points is None else points
    given, echo = scenario.propagation.direct, _echo_by_geometry(scenario, points)
    reflected, steering_tx = echo.gain, echo.steering_tx
    if isinstance(given, GivenChannel):
        given_gain, given_steering = given.echo_gain_of(scenario.receiver_ids), given.steering_tx
        _refuse_other_points(given, points)
        reflected = reflected if given_gain is None else given_gain
        steering_tx = steering_tx if given_steering is None else given_steering
    direct = _direct_channel(scenario, channel_rng(scenario.seed) if rng is None else rng)
    _refuse_more_than_numbers_hold(scenario, direct)
    dependent = scenario.propagation.clutter == "signal_dependent"
    return Channel(
        direct=direct,
        steering_tx=steering_tx,
        steering_rx=echo.steering_rx,
        echo_gain=reflected,
        echo_path_gain=echo.path_gain,
        noise_power_w=scenario.propagation.noise_power_w,
        clutter_power_w=0.0 if dependent else scenario.propagation.clutter_power_w,
        clutter=_clutter_paths(scenario, direct) if dependent else NO_CLUTTER,
    )


def as_given(scenario: Scenario, channel: Channel, points: TargetPoints | None = None) -> GivenChannel:
    """What a file must hold so that the scenario with it is realised as `channel` again, bit for bit: the direct
    channels, and of the echo what the scenario's geometry does not give for the `points` of the channel.

    Noise, clutter and steering vectors of the receivers are always those of the scenario.
    """
    echo = _echo_by_geometry(scenario, scenario.points() if points is None else points)
    return GivenChannel(
        direct=channel.direct,
        receiver_ids=scenario.receiver_ids,
        carrier_hz=scenario.radio.carrier_hz,
        echo_gain=None if np.array_equal(channel.echo_gain, echo.gain) else channel.echo_gain,
        steering_tx=None if np.array_equal(channel.steering_tx, echo.steering_tx) else channel.steering_tx,
    )


class _Echo(NamedTuple):
    """η_k β_k and η_k [M, K], a_b(θ) [M, N_t] and a_k(φ_k) [M, K, N_r] by path loss, reflection and geometry."""

    gain: F
    path_gain: F
    steering_tx: C
    steering_rx: C


def _echo_by_geometry(scenario: Scenario, points: TargetPoints) -> _Echo:
    each = []
    for position_m, target in zip(points.position_m, points.target, strict=True):
        alone = points.count == 1 and np.array_equal(position_m, scenario.middle_m)
        geometry = scenario.geometry() if alone else scenario.geometry_at(position_m)
        path_gain = echo_gain(scenario.propagation, geometry.transmitter_target_m, geometry.target_receiver_m)
        each.append(
            _Echo(
                gain=path_gain * target_reflection(scenario.targets[target], geometry),
                path_gain=path_gain,
                steering_tx=scenario.transmitter.array.steering_vector(geometry.to_target, scenario.radio.wavelength_m),
                steering_rx=receive_steering(scenario, geometry.receiver_to_target),
            )
        )
    return _Echo(*(np.stack(parts) for parts in zip(*each, strict=True)))


def _refuse_other_points(given: GivenChannel, points: TargetPoints) -> None:
    """Raise `ScenarioError` where a channel file gives the echo of another number of points than the scenario has."""
    problems = []
    for name in ("echo_gain", "steering_tx"):
        array = getattr(given, name)
        if array is not None and len(array) != points.count:
            expected = f"[M, …] with M = {points.count}, the points of the targets in this scenario"
            problems.append(Problem(f"channel.direct.{name}", f"shape {list(np.shape(array))}", expected))
    if problems:
        raise ScenarioError(problems)


def channel_rng(seed: int) -> np.random.Generator:
    """The generator of the channel of a scenario with this seed: a stream of its own, apart from that of placement."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))


def _direct_channel(scenario: Scenario, rng: np.random.Generator) -> C:
    """Direct channels [K, N_r, N_t] as they are given, or by the model that the scenario names; those of another
    package are checked.
    """
    name = scenario.propagation.direct
    if isinstance(name, GivenChannel):
        return name.direct_of({receiver.id: receiver.array.size for receiver in scenario.receivers})
    model = registry.find("channel_models", name, scenario.design.options)
    found, plugin = model(scenario, rng), model.plugin
    if plugin is None:
        return np.asarray(found)
    shape = (len(scenario.receivers), largest_array(scenario), scenario.transmitter.array.size)
    direct = plugin.run(np.asarray, found)
    if direct.shape != shape or direct.dtype.kind not in "cfiu":
        plugin.refuse(
            f"a channel of shape {list(direct.shape)} and type {direct.dtype}",
            f"complex numbers [K, N_r, N_t] = {list(shape)}: receivers, antennas of the largest "
            "receiver, transmit antennas",
        )
    bad = ~np.isfinite(direct).all(axis=(1, 2))
    if bad.any():
        plugin.refuse(f"NaN or infinity at {scenario.receiver_ids[int(np.argmax(bad))]!r}", "finite channels")
    largest = float(np.abs(direct).max(initial=0.0))
    if largest > _LARGEST_GAIN:
        plugin.refuse(f"an amplitude gain of {largest:.3g}", f"at most {_LARGEST_GAIN:g}")
    for receiver, channel in zip(scenario.receivers, direct, strict=True):
        if np.any(channel[receiver.array.size :]):
            plugin.refuse(
                f"a channel to {len(channel)} antennas of {receiver.id!r}",
                f"rows of zeros beyond its {receiver.array.size}",
            )
    return np.asarray(direct, complex)


def _refuse_more_than_numbers_hold(scenario: Scenario, direct: C) -> None:
    """Raise `ScenarioError` if the SNR of the direct path is too large at a receiver for double precision."""
    power_w, noise_w = scenario.transmitter.power_w, scenario.propagation.noise_power_w
    snr = np.sum(np.abs(direct) ** 2, axis=(1, 2)) * (power_w / noise_w)
    loudest = int(np.argmax(snr))
    if snr[loudest] <= LARGEST_SNR:
        return
    excess_db = ratio_to_db(float(snr[loudest])) - ratio_to_db(LARGEST_SNR)
    given = isinstance(scenario.propagation.direct, GivenChannel)
    cause = "channels in the channel file that include the path gain" if given else "more distance"
    raise ScenarioError(
        [
            Problem(
                "transmitter.power_dbm",
                f"{watt_to_dbm(power_w):.4g} dBm with noise of {watt_to_dbm(noise_w):.4g} dBm: a direct SNR of "
                f"{ratio_to_db(float(snr[loudest])):.0f} dB at {scenario.receiver_ids[loudest]!r}",
                f"at most {ratio_to_db(LARGEST_SNR):.0f} dB, the limit of double precision",
                f"{excess_db:.1f} dB less power, more noise, or {cause}",
            )
        ]
    )


def _clutter_paths(scenario: Scenario, direct: C) -> C:
    """Channels [K, I, N_r, N_t] of every scatterer's echo and of the direct path's leakage (paper, below (5))."""
    propagation, transmitter = scenario.propagation, scenario.transmitter
    paths = []
    for scatterer in propagation.scatterers:
        geometry = bistatic_geometry(transmitter.position_m, scenario.receiver_positions_m, scatterer.position_m)
        gain = scatterer.reflection * echo_gain(propagation, geometry.transmitter_target_m, geometry.target_receiver_m)
        towards = transmitter.array.steering_vector(geometry.to_target, scenario.radio.wavelength_m)
        arriving = receive_steering(scenario, geometry.receiver_to_target)
        paths.append(np.sqrt(gain)[:, None, None] * arriving[:, :, None] * towards)
    if propagation.direct_path_leakage > 0:
        paths.append(np.sqrt(propagation.direct_path_leakage) * direct)
    return np.stack(paths, axis=1) if paths else np.zeros((len(direct), 0, *direct.shape[1:]), complex)
