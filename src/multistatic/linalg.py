"""Symmetric positive semidefinite matrices, in batches: scaled inverses and rank verdicts. Nothing here calls `inv`.

A Fisher matrix of metres and metres per second has a condition number of 1e18 by its units alone. Every function scales
rows and columns first (Jacobi scaling), so that what is left of the condition number is geometry, and gives a verdict
where the matrix is singular instead of the reciprocal of a rounding error.
"""

from __future__ import annotations

import numpy as np

from multistatic.units import B, F

# Rounding leaves about 1e-15 in place of a zero eigenvalue of a matrix with a unit diagonal.
RANK_TOLERANCE = 1e-13
EPSILON = float(np.finfo(float).eps)


def generalised_inverse(matrix: F) -> F:
    """A symmetric X with A X A = A for each positive semidefinite A of `matrix` [..., n, n]; A⁻¹ where it exists.

    A = D S D with D² = diag A; eigenvalues of S up to `RANK_TOLERANCE` count as zero.
    """
    return _pseudo_inverse(matrix)[0]


def marginal_variance(information: F, kept: slice) -> F:
    """Total variance [...] of the parameters `kept`, every other one unknown, for Fisher matrices [..., n, n].

    With k the kept and o the others: tr[(J_kk - J_ko J_oo⁺ J_ok)⁻¹]; infinity where a kept parameter, or a combination
    of them, cannot be estimated. Others that cannot be estimated do no harm: they absorb no more than they touch.
    """
    size = information.shape[-1]
    keep = np.arange(size)[kept]
    other = np.setdiff1d(np.arange(size), keep)
    own = information[..., keep[:, None], keep]
    shared = information[..., keep[:, None], other]
    rest = information[..., other[:, None], other]
    inverse, smallest = _pseudo_inverse(rest)
    absorbed = shared @ inverse @ np.swapaxes(shared, -1, -2)
    # The scale of J_kk, not of the difference: what a cancellation leaves of a zero is small beside J_kk only.
    scale = _scale(own)
    scaled = (own - absorbed) * scale[..., :, None] * scale[..., None, :]
    values, vectors = np.linalg.eigh(scaled)
    # Rounding in the absorbed part grows with the condition number of J_oo: below that, a rest is not information.
    size_absorbed = np.max(np.diagonal(absorbed, axis1=-2, axis2=-1) * scale**2, axis=-1, initial=0.0)
    noise = 16.0 * EPSILON * size_absorbed / smallest
    regular: B = values[..., 0] > np.maximum(RANK_TOLERANCE, noise)
    spread = np.sum((vectors * scale[..., :, None]) ** 2, axis=-2)
    variance: F = np.where(regular, np.sum(spread / np.where(regular[..., None], values, 1.0), axis=-1), np.inf)
    return variance


def _pseudo_inverse(matrix: F) -> tuple[F, F]:
    """`generalised_inverse` and the smallest eigenvalue of S that counts [...], 1 where there is none."""
    scale = _scale(matrix)
    values, vectors = np.linalg.eigh(matrix * scale[..., :, None] * scale[..., None, :])
    kept = values > RANK_TOLERANCE
    inverted = np.where(kept, 1.0 / np.where(kept, values, 1.0), 0.0)
    unscaled = vectors * scale[..., :, None]
    inverse: F = (unscaled * inverted[..., None, :]) @ np.swapaxes(unscaled, -1, -2)
    return inverse, np.min(np.where(kept, values, 1.0), axis=-1, initial=1.0)


def _scale(matrix: F) -> F:
    """1/sqrt(diag A) [..., n]; 1 where the diagonal is zero: the row is zero then, and so is its eigenvalue."""
    diagonal = np.diagonal(matrix, axis1=-2, axis2=-1)
    positive = diagonal > 0
    return np.where(positive, 1.0 / np.sqrt(np.where(positive, diagonal, 1.0)), 1.0)
