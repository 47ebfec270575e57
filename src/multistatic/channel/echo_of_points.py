"""The echo of a target at many places at once: the channel of a design, seen by a target that is elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.channel.channel import Channel
from multistatic.channel.path_loss import echo_gain, target_reflection
from multistatic.scenario.geometry import BistaticGeometry
from multistatic.scenario.model import Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.units import F, read_only


def geometry_of_points(scenario: Scenario, position_m: F) -> BistaticGeometry:
    """The geometry of P places [P, 3] in m as one of P·K receivers, place after place, each with its own target.

    Every array over receivers has P·K rows, so do the transmitter's distance and direction to the target. Distances
    between receivers are left out.
    """
    receivers, transmitter = scenario.receiver_positions_m, scenario.transmitter.position_m
    places, count = len(position_m), len(receivers)
    target = np.repeat(position_m, count, axis=0)
    each = np.tile(receivers, (places, 1))
    first, second, baseline = target - transmitter, target - each, each - transmitter
    lengths = [np.linalg.norm(path, axis=1) for path in (first, second, baseline)]
    units = [path / length[:, None] for path, length in zip((first, second, baseline), lengths, strict=True)]
    return BistaticGeometry(
        transmitter_target_m=lengths[0],
        target_receiver_m=read_only(lengths[1]),
        transmitter_receiver_m=read_only(lengths[2]),
        receiver_receiver_m=np.zeros((0, 0)),
        to_target=read_only(units[0]),
        receiver_to_target=read_only(units[1]),
        to_receivers=read_only(units[2]),
        transmitter_m=read_only(transmitter),
        receivers_m=read_only(each),
        target_m=read_only(target),
    )


def channel_to_points(scenario: Scenario, channel: Channel, points: TargetPoints) -> Channel:
    """The same direct channels, noise and clutter with the echo by path loss, reflection and geometry of other points.

    No place may coincide with the transmitter or a receiver.
    """
    places, count = points.count, len(scenario.receivers)
    geometry = geometry_of_points(scenario, points.position_m)
    path_gain = echo_gain(scenario.propagation, geometry.transmitter_target_m, geometry.target_receiver_m)
    of_target = np.repeat(points.target, count)
    reflection = np.zeros(places * count)
    for number in np.unique(points.target):
        rows = of_target == number
        reflection[rows] = target_reflection(scenario.targets[number], geometry)[rows]
    wavelength_m = scenario.radio.wavelength_m
    arrived = geometry.receiver_to_target.reshape(places, count, 3)
    steering_rx = np.zeros((places, *channel.steering_rx.shape[1:]), complex)
    for k, receiver in enumerate(scenario.receivers):
        steering_rx[:, k, : receiver.array.size] = receiver.array.steering_vector(arrived[:, k], wavelength_m)
    return replace(
        channel,
        steering_tx=scenario.transmitter.array.steering_vector(geometry.to_target[::count], wavelength_m),
        steering_rx=steering_rx,
        echo_gain=(path_gain * reflection).reshape(places, count),
        echo_path_gain=path_gain.reshape(places, count),
    )
