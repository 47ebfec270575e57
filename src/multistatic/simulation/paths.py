"""A received signal is a sum of paths, each with a matrix, a delay and a Doppler shift (equation (3))."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.channel.channel import Channel
from multistatic.scenario.geometry import bistatic_geometry
from multistatic.scenario.model import Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.units import SPEED_OF_LIGHT_M_S, C, F, read_only


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Clock of a receiver relative to the transmitter's, constant within a block.

    time_offset_s: time of the receiver's clock minus that of the transmitter's in s; measured delays are larger by it.
    frequency_offset_hz: carrier of the transmitter minus that of the receiver in Hz; measured Doppler shifts are larger
        by it.
    """

    time_offset_s: float = 0.0
    frequency_offset_hz: float = 0.0


PERFECT = Clock()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """y(t) = e^{j2πft} H x(t - τ) with H = `matrix` [N_r, N_t], τ = `delay_s`, f = `doppler_hz`.

    Narrowband: the Doppler shift moves the carrier and does not stretch x(t), which is true to a fraction of a slot as
    long as |f| ≪ f0/M.
    """

    matrix: C
    delay_s: float
    doppler_hz: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", read_only(self.matrix, np.complex128))

    def read_by(self, clock: Clock) -> Path:
        """The path as it appears to a receiver with this clock, up to a constant phase."""
        return replace(
            self,
            delay_s=self.delay_s + clock.time_offset_s,
            doppler_hz=self.doppler_hz + clock.frequency_offset_hz,
        )


def echo_paths(
    scenario: Scenario, channel: Channel, points: TargetPoints | None = None
) -> tuple[tuple[Path, ...], ...]:
    """For each target its echo at every receiver: H = √(η_kβ_k) a_k a_bᵀ, delay (51), Doppler (50).

    points: where the targets are, one point for each point of the channel; None: `Scenario.points`.
    """
    points = scenario.points() if points is None else points
    paths = []
    for m in range(points.count):
        geometry = scenario.geometry_at(points.position_m[m])
        doppler_hz = geometry.doppler_hz(points.velocity_m_s[m], scenario.radio.carrier_hz)
        matrices = (
            np.sqrt(channel.echo_gain[m])[:, None, None] * channel.steering_rx[m][:, :, None] * channel.steering_tx[m]
        )
        paths.append(_paths(scenario, matrices, geometry.delay_s, doppler_hz))
    return tuple(paths)


def direct_paths(scenario: Scenario, channel: Channel, power_ratio: float = 1.0) -> tuple[Path, ...]:
    """√ratio H_bk x(t - d_bk/c) at every receiver: the streams of all users, straight from the transmitter."""
    delay_s = scenario.geometry().transmitter_receiver_m / SPEED_OF_LIGHT_M_S
    return _paths(scenario, np.sqrt(power_ratio) * channel.direct, delay_s, np.zeros(len(delay_s)))


def scatterer_paths(scenario: Scenario, channel: Channel) -> tuple[tuple[Path, ...], ...]:
    """For each scatterer its echo at every receiver. Scatterers stand still; there are none where clutter is
    independent of the signal.
    """
    scatterers = scenario.propagation.scatterers if channel.clutter.shape[1] else ()
    paths = []
    for i, scatterer in enumerate(scatterers):
        geometry = bistatic_geometry(
            scenario.transmitter.position_m, scenario.receiver_positions_m, scatterer.position_m
        )
        paths.append(_paths(scenario, channel.clutter[:, i], geometry.delay_s, np.zeros(len(geometry.delay_s))))
    return tuple(paths)


def _paths(scenario: Scenario, matrices: C, delay_s: F, doppler_hz: F) -> tuple[Path, ...]:
    """A path for each receiver, without the rows of zeros that pad a smaller array."""
    return tuple(
        Path(matrix=matrix[: receiver.array.size], delay_s=float(delay), doppler_hz=float(doppler))
        for receiver, matrix, delay, doppler in zip(scenario.receivers, matrices, delay_s, doppler_hz, strict=True)
    )
