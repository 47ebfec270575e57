"""Feasible beams from the prices of several points (docs/algorithms.md, "Several points").

At the minimum of the barrier at weight t the covariances Q_j = Z_j⁻¹/t are feasible. Their data beams are replaced by
rank-one ones without loss, w_s = Q_sh_s/(h_sᴴQ_sh_s)^½: what is left, Q_s - w_sw_sᴴ, does not reach receiver s, and
joins the sensing beam, which selected receivers cancel. With z_s = Z⁻¹h_s and G_ss = h_sᴴz_s

    t Q_0 = Z_0⁻¹ + Σ_s (Z⁻¹ - z_sz_sᴴ/G_ss).

The eigenvectors of Q_0 are its beams. The powers are settled afterwards, so that every target is met exactly or
exceeded and all of the power is used, whatever rounding and the Newton steps left open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming.over_points.dual_barrier import DualBarrier, DualPoint
from multistatic.beamforming.point_objective import PointObjective
from multistatic.units import B, C, F

_TIGHT = (1e-2, 1e-4, np.inf)  # SINR above its target by this part at most: held exactly at it
_ROUNDING = 1e-12  # of a target
_NEGLIGIBLE = 1e-9  # of the power: eigenbeams below are left out at once
_FEW, _RANK_LOSS = 12, 1e-6  # fewer sensing beams than so many, where they cost no larger part of the loss


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointBeams:
    """Beams for S streams and points, power 1: `data` [n, S], `sensing` [n, r], `loss` of the objective."""

    data: C
    sensing: C
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BeamGains:
    """What unit beams do: of each data beam and each sensing beam.

    `data` and `sensing`: |h_sᴴd|² [S, S] and [S, r]; `light_data`, `light_sensing`: |a_iᴴd|² [M, S] and [M, r];
    `target` γ [S]; `suffers` [S], 1 where the stream suffers the sensing beam; `objective` of all points.
    """

    data: F
    sensing: F
    light_data: F
    light_sensing: F
    target: F
    suffers: F
    objective: PointObjective

    def settled(self, data: F, sensing: F, tight_within: float) -> tuple[F, F] | None:
        """Powers [S] and [r] in the given proportions that meet all targets and use the power 1; None if none do.

        Streams whose SINR is at most `tight_within` above the target are held at it; the other beams share a factor.
        """
        count = len(self.target)
        if not count:
            total = float(sensing.sum())
            return (data, sensing / total) if total > 0.0 else None
        own = np.diagonal(self.data)
        noise = 1.0 + self.data @ data - own * data + self.suffers * (self.sensing @ sensing)
        tight = own * data <= self.target * noise * (1.0 + tight_within)
        for _ in range(count + 1):
            powers = self._solved(data, sensing, tight)
            if powers is None:
                return None
            noise = 1.0 + self.data @ powers[0] - own * powers[0] + self.suffers * (self.sensing @ powers[1])
            short = own * powers[0] < self.target * noise * (1.0 - _ROUNDING)
            if not (short & ~tight).any():
                return powers
            tight = tight | short
        return None

    def _solved(self, data: F, sensing: F, tight: B) -> tuple[F, F] | None:
        """The powers where the streams `tight` meet their targets exactly."""
        held = np.flatnonzero(tight)
        matrix = -self.data[np.ix_(held, held)]
        matrix.flat[:: len(held) + 1] *= -1.0 / self.target[held]
        free = np.where(tight, 0.0, data)
        background = (self.data @ free + self.suffers * (self.sensing @ sensing))[held]
        try:
            alone, slope = np.linalg.solve(matrix, np.stack([np.ones(len(held)), background], axis=1)).T
        except np.linalg.LinAlgError:
            return None
        rest = float(free.sum() + sensing.sum() + slope.sum())
        factor = (1.0 - float(alone.sum())) / rest if rest > 0.0 else 0.0
        powers = free * factor
        powers[held] = alone + factor * slope
        if not (factor >= 0.0 and np.all(alone >= 0.0) and np.all(powers >= 0.0)):
            return None
        total = float(powers.sum() + factor * sensing.sum())
        return powers / total, factor * sensing / total

    def loss(self, data: F, sensing: F) -> float:
        """The loss of the powers."""
        return self.objective.loss(self.light_data @ data + self.light_sensing @ sensing)

    def best(self, data: F, sensing: F) -> tuple[float, F, F] | None:
        """The best settled powers of several guesses of who is tight, with their loss."""
        found = [self.settled(data, sensing, within) for within in _TIGHT]
        losses = [(self.loss(*powers), *powers) for powers in found if powers is not None]
        return min(losses, key=lambda each: each[0]) if losses else None

    def without(self, kept: int) -> BeamGains:
        """Only the first `kept` sensing beams."""
        return replace(self, sensing=self.sensing[:, :kept], light_sensing=self.light_sensing[:, :kept])


def gains_of(barrier: DualBarrier, steering: C, objective: PointObjective, data: C, sensing: C) -> BeamGains:
    """The gains of unit beams `data` [n, S] and `sensing` [n, r] for all points `steering` [M, n]."""
    channels, lights = barrier.channels.conj(), steering.conj()
    return BeamGains(
        data=np.abs(channels @ data) ** 2,
        sensing=np.abs(channels @ sensing) ** 2,
        light_data=np.abs(lights @ data) ** 2,
        light_sensing=np.abs(lights @ sensing) ** 2,
        target=barrier.target,
        suffers=barrier.receives_sensing.astype(float),
        objective=objective,
    )


def central_beams(barrier: DualBarrier, at: DualPoint, weight: float) -> tuple[C, F, C, F]:
    """Unit data beams [n, S] with their powers [S], and unit sensing beams [n, r] with theirs, the strongest first, of
    the covariances Z_j⁻¹/t.
    """
    streams, _, size = barrier.sizes
    covariance = np.zeros((size, size), complex)
    data, powers = np.zeros((size, streams), complex), np.zeros(streams)
    identity = np.eye(size)
    if streams:
        inverse = np.linalg.solve(barrier.shared(at), identity)
        beams = inverse @ barrier.channels.T
        own = np.einsum("st,ts->s", barrier.channels.conj(), beams).real
        covariance += streams * inverse - (beams / own) @ beams.conj().T
        left = np.maximum(1.0 - barrier.cost * at.rate * own, 1e-300)
        length = np.sum(np.abs(beams) ** 2, axis=0)
        data, powers = beams / np.sqrt(length), length / (left * own * weight)
    if barrier.uses_sensing:
        covariance += np.linalg.solve(barrier.shared(at, barrier.receives_sensing.astype(float)), identity)
    values, vectors = np.linalg.eigh((covariance + covariance.conj().T) / (2.0 * weight))
    kept = values > _NEGLIGIBLE * max(float(powers.sum()), float(values[-1]))
    return data, powers, vectors[:, kept][:, ::-1], values[kept][::-1]


def recovered(
    barrier: DualBarrier, at: DualPoint, weight: float, steering: C, objective: PointObjective
) -> PointBeams | None:
    """The best feasible beams near the covariances Z_j⁻¹/t, for all points; None where none were found."""
    data, powers, sensing, strengths = central_beams(barrier, at, weight)
    gains = gains_of(barrier, steering, objective, data, sensing)
    found = gains.best(powers, strengths)
    if found is None:
        return None
    loss, data_power, sensing_power = found
    # As few sensing beams as nearly give the same: the weak ones are what the barrier leaves of an empty direction.
    for kept in range(min(len(strengths), _FEW)):
        fewer = gains.without(kept).best(powers, strengths[:kept])
        if fewer is not None and fewer[0] <= loss * (1.0 + _RANK_LOSS):
            loss, data_power, sensing_power = fewer
            break
    sensing = sensing[:, : len(sensing_power)]
    return PointBeams(data=data * np.sqrt(data_power), sensing=sensing * np.sqrt(sensing_power), loss=loss)
