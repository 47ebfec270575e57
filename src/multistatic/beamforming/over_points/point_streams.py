"""Which receivers gain from one more stream, where beams are for several points (docs/algorithms.md §1.4)."""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.downlink.gram_problem import Streams
from multistatic.beamforming.over_points.fixed_vectors import PointSolution
from multistatic.beamforming.over_points.receive_side import PointReceivers
from multistatic.beamforming.value_function.streams import richer_streams
from multistatic.linalg import adjoint
from multistatic.units import C


def with_more_point_streams(
    receivers: PointReceivers, streams: Streams, solution: PointSolution, limit: int
) -> Streams | None:
    """The same streams, one more for each receiver that gains from it; None if none gains."""
    limit = min(limit, receivers.channels.shape[1])
    if limit == 1 or solution.beams is None:
        return None
    try:
        noise, channel = point_covariances(receivers, streams, solution)
        return richer_streams(noise, channel, receivers.rate, streams, limit)
    except np.linalg.LinAlgError:
        return None


def point_covariances(receivers: PointReceivers, streams: Streams, solution: PointSolution) -> tuple[C, C]:
    """(Ψ [K, r, r], H Ω⁻¹ Hᴴ [K, r, r]) of each receiver, own streams left out of both.

    Ψ_k is the covariance of noise and interference; Ω_k = τI - A(μ) + Σ_s λ_s h_s h_sᴴ without k's own streams prices
    each transmit direction by its power, the harm to others and the light on the points.
    """
    beams = solution.beams
    assert beams is not None
    barrier, channels = receivers.barrier(streams), receivers.channels
    count, antennas, size = channels.shape
    own = streams.receiver == np.arange(count)[:, None]  # [K, S]
    others = (channels @ beams.data) * ~own[:, None, :]
    sensing = (channels @ beams.sensing) * receivers.receives_sensing[:, None, None]
    noise = np.eye(antennas) + others @ adjoint(others) + sensing @ adjoint(sensing)
    rows = barrier.channels * np.sqrt(solution.at.rate)[:, None]
    taken = np.where(own[:, :, None], rows, 0.0)  # [K, S, n]
    prices = barrier.shared(solution.at) - np.swapaxes(taken, 1, 2) @ taken.conj()
    return noise, channels @ np.linalg.solve(prices, adjoint(channels).reshape(count, size, antennas))
