"""Distances, directions, delays and Doppler shifts of the transmitter - target - receiver paths.

Delay (51): τ_k = (d_b0 + d_0k)/c. Doppler (50), for any velocity vector v:
f_k = -(f0/c) v·(u_b + u_k), with u_b, u_k the unit vectors transmitter → target and receiver → target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from multistatic.units import SPEED_OF_LIGHT_M_S, F, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BistaticGeometry:
    """Distances and directions of one transmitter, K receivers and one target.

    transmitter_target_m: distance d_b0 from the transmitter to the target, in m.
    target_receiver_m [K]: distances d_0k from the target to the receivers, in m.
    transmitter_receiver_m [K]: lengths d_bk of the baselines, in m.
    receiver_receiver_m [K, K]: distances d_kk' between receivers, in m.
    to_target [3]: unit vector from the transmitter to the target.
    receiver_to_target [K, 3]: unit vectors from the receivers to the target.
    to_receivers [K, 3]: unit vectors from the transmitter to the receivers.
    transmitter_m [3]: position of the transmitter in m.
    receivers_m [K, 3]: positions of the receivers in m.
    target_m [3]: position of the target in m.

    `bistatic_geometry` makes it from positions. Source: model.md §1.

    >>> from multistatic import bistatic_geometry
    >>> bistatic_geometry([0, 0, 0], [[60, 0, 0]], [30, 40, 0]).target_receiver_m.tolist()
    [50.0]
    """

    transmitter_target_m: float
    target_receiver_m: F
    transmitter_receiver_m: F
    receiver_receiver_m: F
    to_target: F
    receiver_to_target: F
    to_receivers: F
    transmitter_m: F
    receivers_m: F
    target_m: F

    @property
    def bistatic_range_m(self) -> F:
        """Bistatic ranges d_b0 + d_0k of the receivers [K] in m."""
        return self.transmitter_target_m + self.target_receiver_m

    @property
    def delay_s(self) -> F:
        """Delays τ_k of the echo at the receivers [K] in s, equation (51)."""
        return self.bistatic_range_m / SPEED_OF_LIGHT_M_S

    def doppler_hz(self, velocity_m_s: ArrayLike, carrier_hz: float) -> F:
        """Doppler shifts f_k of the echo at the receivers [K] in Hz, equation (50) for any heading."""
        shift: F = -(carrier_hz / SPEED_OF_LIGHT_M_S) * (
            (self.to_target + self.receiver_to_target) @ np.asarray(velocity_m_s)
        )
        return shift


def bistatic_geometry(transmitter_m: ArrayLike, receivers_m: ArrayLike, target_m: ArrayLike) -> BistaticGeometry:
    """Compute distances and directions from positions.

    transmitter_m [3]: position of the transmitter in m.
    receivers_m [K, 3]: positions of the K receivers in m.
    target_m [3]: position of the target in m.

    Assumes that no receiver coincides with the transmitter, and that the target coincides with neither.

    >>> geometry = bistatic_geometry([0, 0, 0], [[60, 0, 0]], [30, 40, 0])
    >>> geometry.transmitter_target_m
    50.0
    """
    transmitter, target = np.asarray(transmitter_m, float), np.asarray(target_m, float)
    receivers = np.asarray(receivers_m, float).reshape(-1, 3)
    d_b0, u_b = _length_and_direction(target - transmitter)
    d_0k, u_k = _length_and_direction(target - receivers)
    d_bk, u_bk = _length_and_direction(receivers - transmitter)
    return BistaticGeometry(
        transmitter_target_m=float(d_b0),
        target_receiver_m=read_only(d_0k),
        transmitter_receiver_m=read_only(d_bk),
        receiver_receiver_m=read_only(np.linalg.norm(receivers[:, None] - receivers[None], axis=-1)),
        to_target=read_only(u_b),
        receiver_to_target=read_only(u_k),
        to_receivers=read_only(u_bk),
        transmitter_m=read_only(transmitter),
        receivers_m=read_only(receivers),
        target_m=read_only(target),
    )


def _length_and_direction(vector: F) -> tuple[F, F]:
    length: F = np.linalg.norm(vector, axis=-1)
    return length, vector / length[..., None]
