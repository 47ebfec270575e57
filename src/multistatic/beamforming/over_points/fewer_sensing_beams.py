"""As few sensing beams as give the points the same light.

Every selected receiver must know the sequence of every sensing beam. The covariance Q₀ = WWᴴ of r beams may be replaced
by WXWᴴ with any X ⪰ 0 that keeps the power, what the streams suffer and the light of the points that have none to
spare: linear conditions on X, n of them. Where r² > n there is a Hermitian Δ that all of them leave free. On the way
X + αΔ some X becomes singular, which is one beam less, or another point comes to have no light to spare and joins the
conditions. This ends with r² ≤ n (Pataki, 1998, On the rank of extreme matrices in semidefinite programs).
"""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.point_objective import PointObjective
from multistatic.units import C, F

_SPARE = 1e-6  # of the least light: given away, so that fewer points have none to spare
_SINGULAR = 1e-11  # eigenvalue of X, of the largest one
_FREE = 1e-4  # length of what the conditions leave of a direction of length one
_ROUNDS = 60
_SEED = 0x5EED


def fewer_sensing_beams(sensing: C, light: F, steering: C, suffered: C, objective: PointObjective) -> C:
    """Sensing beams [n, r'] with r' ≤ r that take the place of `sensing` [n, r].

    `light` [M]: that of all beams, of the points `steering` [M, n]; `suffered` [S', n]: channels of the streams that
    suffer the sensing beams. Of the kind `worst` the least light may fall by a part of `_SPARE`; of others all light
    stays.
    """
    beams, rng = sensing, np.random.default_rng(_SEED)
    counted = objective.weight > 0.0
    toward, rest = steering[counted], light[counted]
    if objective.kind == "worst":
        spare = rest - (1.0 - _SPARE) * float((rest / objective.weight[counted]).min()) * objective.weight[counted]
        held = np.zeros(len(rest), bool)
    else:
        spare, held = np.zeros(len(rest)), np.ones(len(rest), bool)
    for _ in range(_ROUNDS):
        rank = beams.shape[1]
        if rank < 2:
            break
        lights = _dyads(toward.conj() @ beams)
        kept = np.concatenate([_of_hermitian(beams.conj().T @ beams)[None], _dyads(suffered.conj() @ beams)])
        change = _free_change(np.concatenate([kept, lights[held]]), rank, rng)
        if change is None:
            break
        slope = lights @ change
        values, vectors = np.linalg.eigh(_hermitian(change, rank))
        ends = -1.0 / values[0]  # where I + αΔ becomes singular; Δ has a negative eigenvalue, as the power stays
        falling = ~held & (slope < 0.0)
        reach = np.where(falling, spare / np.where(falling, -slope, 1.0), np.inf)
        step = min(ends, float(reach.min(initial=np.inf)))
        if step < ends:
            held[int(np.argmin(reach))] = True
        spare = spare + step * slope
        parts = 1.0 + step * values
        positive = parts > _SINGULAR * parts.max()
        beams = (beams @ vectors[:, positive]) * np.sqrt(parts[positive])
    left, lengths, _ = np.linalg.svd(beams, full_matrices=False)
    return np.asarray(left * lengths)


def _free_change(conditions: F, rank: int, rng: np.random.Generator) -> F | None:
    """A direction that the conditions leave free, one of those that first weaken the last beam; None: none is left."""
    if len(conditions) >= rank**2:
        return None
    wanted = np.zeros((rank, rank))
    wanted[-1, -1] = -1.0
    scaled = conditions / np.maximum(np.linalg.norm(conditions, axis=1, keepdims=True), 1e-300)
    base = np.linalg.qr(scaled.T)[0]
    for direction in (_of_hermitian(wanted), rng.standard_normal(rank**2)):
        left = direction / np.linalg.norm(direction)
        for _ in range(2):
            left = left - base @ (base.T @ left)
        if np.linalg.norm(left) > _FREE:
            return np.asarray(left / np.linalg.norm(left))
    return None


def _dyads(rows: C) -> F:
    """gᴴΔg for each g, which are conjugate `rows` [n, r], as rows [n, r²] for the coordinates of Δ."""
    first, second = np.triu_indices(rows.shape[1], 1)
    above = np.sqrt(2.0) * rows[:, first].conj() * rows[:, second]
    return np.concatenate([rows.real**2 + rows.imag**2, above.real, above.imag], axis=1)


def _of_hermitian(matrix: C | F) -> F:
    """Coordinates [r²] of a Hermitian matrix, in which tr AB is the inner product."""
    upper = np.triu_indices(len(matrix), 1)
    above = np.sqrt(2.0) * matrix[upper]
    return np.concatenate([np.diagonal(matrix).real, above.real, np.imag(above)])


def _hermitian(coordinates: F, rank: int) -> C:
    matrix = np.zeros((rank, rank), complex)
    count = rank * (rank - 1) // 2
    above = (coordinates[rank : rank + count] + 1j * coordinates[rank + count :]) / np.sqrt(2.0)
    matrix[np.triu_indices(rank, 1)] = above
    matrix = matrix + matrix.conj().T
    matrix[np.diag_indices(rank)] = coordinates[:rank]
    return matrix
