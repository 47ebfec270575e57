"""The beamforming problem seen from the receive antennas, and streams on receive vectors (docs/algorithms.md §1.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.beamforming.downlink.downlink import InnerSolution
from multistatic.beamforming.downlink.fixed_prices import Downlink
from multistatic.units import B, C, F

_RANK_TOLERANCE = 1e-10
_UNHEARD = 10.0**-4.5  # amplitude, noise 1
_SMALLEST_RATE_BPS_HZ = 1e-6  # what is less costs nothing either, and drowns in rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GramProblem:
    """The beamforming problem of K receivers with a rate requirement, seen from the receive antennas; P = σ² = 1.

    `gram` [K n, K n] = 𝓗𝓗ᴴ and `cross` [K n] = 𝓗a for the stacked channels 𝓗 and a = conj(a_b); `norm2` = ‖a‖²;
    `rate` [K] in nats; `receives_sensing` [K]: true where the sensing beam is suffered. N_t does not appear.
    """

    gram: C
    cross: C
    norm2: float
    rate: F
    receives_sensing: B
    antennas: int

    @property
    def own_gram(self) -> C:
        """H_kH_kᴴ [K, n, n]."""
        count, k = len(self.rate), np.arange(len(self.rate))
        blocks: C = self.gram.reshape(count, self.antennas, count, self.antennas)[k, :, k]
        return blocks


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streams:
    """S data streams: `receiver` [S], unit receive `vectors` [S, n], `share` [S] in nats, and the inner `solution`.

    `value`: loss ‖a‖²P - p, or power, whichever was computed last; inf where there is no solution.
    """

    receiver: np.ndarray
    vectors: C
    share: F
    solution: InnerSolution | None = None
    iterations: int = 0

    @property
    def value(self) -> float:
        """Value of the inner solution."""
        return np.inf if self.solution is None else self.solution.value


def compressed(channels: C) -> C:
    """S_kV_kᴴ [K, n, N_t] of H_k = U_kS_kV_kᴴ, with n the largest rank: what the receive antennas can distinguish.

    Directions 1e-10 below the strongest, or where all of the power would arrive 1e-9 below the noise, are dropped: a
    receiver that ignores them loses rate (next to none), so beams for the rest are safe.
    """
    _, singular, right = np.linalg.svd(channels, full_matrices=False)
    significant = singular > np.maximum(_RANK_TOLERANCE * singular[:, :1], _UNHEARD)
    significant[:, 0] = True
    n = int(significant.sum(axis=1).max(initial=1))
    small: C = (singular * significant)[:, :n, None] * right[:, :n]
    return small


def gram_problem(channels: C, steering: C, rate_bps_hz: F, receives_sensing: B) -> GramProblem:
    """The problem through inner products of channels [K, n, N_t] (noise and power 1) and a = `steering` [N_t]."""
    stacked = channels.reshape(-1, channels.shape[2])
    return GramProblem(
        gram=stacked @ stacked.conj().T,
        cross=stacked @ steering,
        norm2=float(np.vdot(steering, steering).real),
        rate=np.maximum(rate_bps_hz, _SMALLEST_RATE_BPS_HZ) * np.log(2.0),
        receives_sensing=receives_sensing,
        antennas=channels.shape[1],
    )


def matched_powers(problem: GramProblem) -> F | None:
    """Powers q [1+K] of beams sqrt(q_j) a that meet every rate, Σ q = P/‖a‖²; None if there are none.

    The loss is zero iff every beam points at the target. Then receiver k needs q_k = f_k (1/g_k + P/‖a‖²) if it
    receives the sensing beam and q_k = f_k (1/g_k + Σ_{j≥1} q_j) if it cancels it, with f = γ/(1+γ) = 1 - 2^-R, g_k =
    ‖H_ka‖².
    """
    needed = -np.expm1(-problem.rate)
    gain = np.sum(np.abs(problem.cross.reshape(len(needed), problem.antennas)) ** 2, axis=1)
    if not np.all(gain > 0.0) or problem.norm2 <= 0.0:
        return None
    budget, receives_sensing = 1.0 / problem.norm2, problem.receives_sensing
    own = needed[~receives_sensing].sum()
    if own >= 1.0:
        return None
    data = (np.sum(needed / gain) + needed[receives_sensing].sum() * budget) / (1.0 - own)
    if not data <= budget:
        return None
    powers = needed * (1.0 / gain + np.where(receives_sensing, budget, data))
    return np.concatenate([[max(0.0, budget - powers.sum())], powers])


def one_stream_each(problem: GramProblem, vectors: C) -> Streams:
    """One stream for every receiver on `vectors` [K, n]."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return Streams(receiver=np.arange(len(problem.rate)), vectors=unit, share=problem.rate)


def downlink_of(problem: GramProblem, streams: Streams) -> tuple[C, Downlink]:
    """(𝓗𝒽 [K n, S], what the receive vectors make of the channels)."""
    rows = streams.receiver[:, None] * problem.antennas + np.arange(problem.antennas)
    received = np.einsum("isr,sr->is", problem.gram[:, rows], streams.vectors)
    return received, Downlink(
        gram=np.einsum("sr,srt->st", streams.vectors.conj(), received[rows]),
        cross=np.einsum("sr,sr->s", streams.vectors.conj(), problem.cross[rows]),
        norm2=problem.norm2,
        target=np.expm1(streams.share),
        receives_sensing=problem.receives_sensing[streams.receiver],
    )


def downlink_beams(
    problem: GramProblem, channels: C, steering: C, streams: Streams, solution: InnerSolution
) -> tuple[C, C]:
    """Data beams sqrt(q_s) u_s [N_t, S] and the sensing beam sqrt(p_c) w₀ [N_t], from the inner solution.

    A receiver next to the transmitter (90 dB over the noise) sees the rounding of the beams, so their powers are solved
    for once more with the gains that the beams have.
    """
    matched = np.einsum("srt,sr->ts", channels[streams.receiver].conj(), streams.vectors)
    downlink = downlink_of(problem, streams)[1]
    data = (matched * np.sqrt(solution.price)) @ solution.error + solution.nu * np.outer(steering, solution.on_target)
    sensing = steering - matched @ solution.weights if solution.left > 0.0 else np.zeros_like(steering)
    gain = np.abs(matched.conj().T @ data) ** 2
    coupling = np.diag(np.diag(gain) * (1.0 + 1.0 / downlink.target)) - gain
    received = downlink.receives_sensing * np.abs(matched.conj().T @ sensing) ** 2
    alone, extra = np.linalg.solve(coupling, np.stack([np.ones(len(received)), received], axis=1)).T
    length, spent = np.sum(np.abs(data) ** 2, axis=0), float(np.sum(np.abs(sensing) ** 2))
    left = (downlink.power - length @ alone) / (spent + length @ extra) if solution.left > 0.0 else 0.0
    powers = alone + left * extra
    if not (left >= 0.0 and np.all(powers > 0.0)):
        powers, left = solution.powers, solution.left
    return data * np.sqrt(powers), sensing * np.sqrt(left)
