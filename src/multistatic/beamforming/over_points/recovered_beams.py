"""Feasible beams from the prices of several points (docs/algorithms.md, "Several points").

At the minimum of the barrier at weight t the covariances Q_j = Z_j⁻¹/t are feasible. Their data beams are replaced by
rank-one ones without loss, w_s = Q_sh_s/(h_sᴴQ_sh_s)^½: what is left, Q_s - w_sw_sᴴ, does not reach receiver s, and
joins the sensing beam, which selected receivers cancel. With z_s = Z⁻¹h_s and G_ss = h_sᴴz_s

    t Q_0 = Z_0⁻¹ + Σ_s (Z⁻¹ - z_sz_sᴴ/G_ss).

The eigenvectors of Q_0 are its beams. The powers are settled afterwards, so that every target is met exactly or
exceeded and all of the power is used, whatever rounding and the Newton steps left open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.beamforming.over_points.beam_gains import BeamGains, SettledPowers
from multistatic.beamforming.over_points.dual_barrier import DualBarrier, DualPoint
from multistatic.beamforming.over_points.fewer_sensing_beams import fewer_sensing_beams
from multistatic.beamforming.over_points.power_program import best_powers
from multistatic.beamforming.point_objective import PointObjective
from multistatic.units import C, F

_NEGLIGIBLE = 1e-9  # of the power: eigenbeams below are left out at once
_MANY, _FAR = 4, 3e-5  # sensing beams, and gap to the bound, beyond which powers are optimised
_FEWER = (*range(12), 14, 16, 20, 24, 28, 32)  # sensing beams that are tried
_RANK_LOSS = 1e-6  # what fewer of them may cost, of the loss
_FEW, _FEWER_LOSS = 2, 2e-6  # sensing beams that can become fewer, and what that may cost, of the loss


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointBeams:
    """Beams for S streams and points, power 1: `data` [n, S], `sensing` [n, r], `loss` of the objective."""

    data: C
    sensing: C
    loss: float


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


def beams_of_covariances(barrier: DualBarrier, covariances: C) -> PointBeams | None:
    """Feasible beams near covariances Q_j [J, n, n] that anybody found, of the sensing beam first where it is used."""
    streams, _, size = barrier.sizes
    channels = barrier.channels
    rest = covariances[0] if barrier.uses_sensing else np.zeros((size, size), complex)
    data, powers = np.zeros((size, streams), complex), np.zeros(streams)
    for s, covariance in enumerate(covariances[barrier.uses_sensing :]):
        aimed = covariance @ channels[s]
        received = float(np.vdot(channels[s], aimed).real)
        if not received > 0.0:
            return None
        beam = aimed / np.sqrt(received)
        rest = rest + covariance - np.outer(beam, beam.conj())
        powers[s] = np.vdot(beam, beam).real
        data[:, s] = beam / np.sqrt(powers[s])
    values, vectors = np.linalg.eigh((rest + rest.conj().T) / 2.0)
    kept = values > _NEGLIGIBLE
    sensing, strengths = vectors[:, kept][:, ::-1], values[kept][::-1]
    found = gains_of(barrier, barrier.steering, barrier.objective, data, sensing).best(powers, strengths)
    if found is None:
        return None
    return PointBeams(data=data * np.sqrt(found.data), sensing=sensing * np.sqrt(found.sensing), loss=found.loss)


def recovered(
    barrier: DualBarrier, at: DualPoint, weight: float, steering: C, objective: PointObjective, bound: float = 0.0
) -> PointBeams | None:
    """The best feasible beams near the covariances Z_j⁻¹/t, for all points; None where none were found.

    `bound`: what is proven of the loss; beams further from it, or too many, get the best powers of a linear program
    where the kind is `worst`.
    """
    data, powers, sensing, strengths = central_beams(barrier, at, weight)
    gains = gains_of(barrier, steering, objective, data, sensing)
    found = gains.best(powers, strengths)
    if found is None:
        return None
    # As few sensing beams as nearly give the same: the weak ones are what the barrier leaves of an empty direction.
    for kept in (count for count in _FEWER if count < len(strengths)):
        fewer = gains.without(kept).tried(powers, strengths[:kept], found.within)
        if fewer is not None and fewer.loss <= found.loss * (1.0 + _RANK_LOSS):
            found = fewer
            break
    if barrier.worst and (len(found.sensing) > _MANY or bound < found.loss * (1.0 - _FAR)):
        found = _reallocated(gains, found, bound)
    used = np.flatnonzero(found.sensing > 0.0)
    best = PointBeams(
        data=data * np.sqrt(found.data), sensing=sensing[:, used] * np.sqrt(found.sensing[used]), loss=found.loss
    )
    return best if len(used) < _FEW else _with_fewer(barrier, best, steering, objective)


def _with_fewer(barrier: DualBarrier, best: PointBeams, steering: C, objective: PointObjective) -> PointBeams:
    """The beams with fewer sensing beams, where that costs next to nothing."""
    light = np.sum(np.abs(steering.conj() @ np.concatenate([best.data, best.sensing], axis=1)) ** 2, axis=1)
    suffered = barrier.channels[barrier.receives_sensing]
    sensing = fewer_sensing_beams(best.sensing, light, steering, suffered, objective)
    if sensing.shape[1] == best.sensing.shape[1]:
        return best
    lengths = [np.linalg.norm(beams, axis=0) for beams in (best.data, sensing)]
    data, sensing = best.data / lengths[0], sensing / lengths[1]
    found = gains_of(barrier, steering, objective, data, sensing).best(lengths[0] ** 2, lengths[1] ** 2)
    if found is None or found.loss > best.loss * (1.0 + _FEWER_LOSS):
        return best
    return PointBeams(data=data * np.sqrt(found.data), sensing=sensing * np.sqrt(found.sensing), loss=found.loss)


def _reallocated(gains: BeamGains, found: SettledPowers, bound: float) -> SettledPowers:
    """`found`, or the powers of the linear program where they are better, or nearly as good with fewer beams."""
    program = best_powers(gains)
    if program is None:
        return found
    data, sensing = program
    sensing = np.where(sensing > _NEGLIGIBLE, sensing, 0.0)
    other = gains.best(data, sensing)
    if other is None:
        return found
    fewer = np.count_nonzero(other.sensing) < len(found.sensing)
    enough = max(found.loss, bound * (1.0 + _FAR)) if fewer else found.loss
    return other if other.loss <= enough else found
