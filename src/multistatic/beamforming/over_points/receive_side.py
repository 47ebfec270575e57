"""Receive vectors of several antennas and the dual problem that belongs to them, with its derivatives
(docs/algorithms.md §1.10).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from multistatic.beamforming.downlink.gram_problem import Streams
from multistatic.beamforming.over_points.dual_barrier import DualBarrier, DualPoint
from multistatic.beamforming.point_objective import PointObjective
from multistatic.units import B, C, F


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointReceivers:
    """K receivers with a rate, and points to illuminate; noise and power 1.

    `channels` H_k [K, r, n]; `rate` [K] in nats; `receives_sensing` [K]: receivers that are not selected; `steering`
    a_i [M, n]; `objective` of the points.
    """

    channels: C
    rate: F
    receives_sensing: B
    steering: C
    objective: PointObjective

    def barrier(self, streams: Streams) -> DualBarrier:
        """The dual problem of the streams' receive vectors: h_s = H_kᴴv_s."""
        return DualBarrier(
            channels=np.einsum("srn,sr->sn", self.channels[streams.receiver].conj(), streams.vectors),
            target=np.expm1(streams.share),
            receives_sensing=self.receives_sensing[streams.receiver],
            steering=self.steering,
            objective=self.objective,
        )

    def of_points(self, points: np.ndarray) -> PointReceivers:
        """The same receivers with some of the points."""
        return replace(self, steering=self.steering[points], objective=self.objective.restricted(points))


class StreamGradient(NamedTuple):
    """Derivatives of f_t by conj(v_s) [S, r] and by the share ln(1+γ_s) [S] of each stream."""

    by_vector: C
    by_share: F


def stream_gradient(receivers: PointReceivers, streams: Streams, barrier: DualBarrier, at: DualPoint) -> StreamGradient:
    """How the minimum of f_t over the prices depends on receive vectors and shares.

    At the minimum the prices count for nothing (envelope theorem), so that with γ_s alone in c_s = 1 + 1/γ_s

        ∂f_t/∂h_s* = -λ_s Σ_j C_jsZ_j⁻¹h_s,   ∂f_t/∂v_s* = H_k ∂f_t/∂h_s*,   ∂f_t/∂r_s = -λ_s h_sᴴZ_s⁻¹h_s (1+γ_s)/γ_s².
    """
    channels, count = barrier.channels.T, len(barrier.channels)
    beams = np.linalg.solve(barrier.shared(at), channels)  # z_s = Z⁻¹h_s
    gram = channels.conj().T @ beams
    own, price = np.diagonal(gram).real, barrier.cost * at.rate
    left = 1.0 - price * own
    # Σ_{j≥1} Z_j⁻¹h_s = S z_s + Σ_j κ_jz_jG_js, and Z_s⁻¹h_s = z_s/s_s
    total = count * beams + beams @ ((price / left)[:, None] * gram) - barrier.cost / left * beams
    if barrier.uses_sensing:
        suffers = barrier.receives_sensing.astype(float)
        total += suffers * np.linalg.solve(barrier.shared(at, suffers), channels)
    return StreamGradient(
        by_vector=-at.rate[:, None] * np.einsum("srn,ns->sr", receivers.channels[streams.receiver], total),
        by_share=-at.rate * own / left * barrier.cost * (barrier.cost - 1.0),  # (1+γ)/γ² = c(c-1)
    )
