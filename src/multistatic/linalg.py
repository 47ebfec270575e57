"""Batches of matrices: scaled inverses, Schur complements and ranks of semidefinite ones. Nothing here calls `inv`.

A Fisher matrix of metres and metres per second has a condition number of 1e18 by its units alone. Every function scales
rows and columns first (Jacobi scaling), so that what is left of the condition number is geometry, and gives a verdict
where the matrix is singular instead of the reciprocal of a rounding error.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from multistatic.units import B, C, F

# Rounding leaves about 1e-15 in place of a zero eigenvalue of a matrix with a unit diagonal.
RANK_TOLERANCE = 1e-13
EPSILON = float(np.finfo(float).eps)
# Of the inverse of a triangle of unit columns, and of a singular value times what is left of other columns: with these
# 9 digits are sure.
_WELL_CONDITIONED = 1e6
_DIRECTION, _NOTHING = 1e-7, 1e-14
# Smallest pivot of a matrix with a unit diagonal that is no rounding error.
_PIVOT = 1e-14


def adjoint(matrices: NDArray[Any]) -> C:
    """Aᴴ of each A [..., m, n]."""
    transposed: C = matrices.conj().swapaxes(-1, -2)
    return transposed


def generalised_inverse(matrix: F) -> F:
    """A symmetric X with A X A = A for each positive semidefinite A of `matrix` [..., n, n]; A⁻¹ where it exists.

    A = D S D with D² = diag A; eigenvalues of S up to `RANK_TOLERANCE` count as zero.
    """
    return _pseudo_inverse(matrix)[0]


def covariance_of_rows(rows: F) -> F:
    """`generalised_inverse` of AᵀA for each whitened Jacobian A of `rows` [..., m, n], from the singular values of A.

    The information AᵀA has the square of their condition number: an error of a micrometre beside one of ten metres is
    beyond 16 digits there and within them here. Singular values of unit columns up to `RANK_TOLERANCE` count as zero.
    """
    length = np.sqrt(np.sum(rows**2, axis=-2))
    scale = np.where(length > 0, 1.0 / np.where(length > 0, length, 1.0), 0.0)
    _, values, turned = np.linalg.svd(rows * scale[..., None, :], full_matrices=False)
    kept = values > RANK_TOLERANCE
    root = (
        np.swapaxes(turned, -1, -2)
        * scale[..., :, None]
        * np.where(kept, 1.0 / np.where(kept, values, 1.0), 0.0)[..., None, :]
    )
    covariance: F = root @ np.swapaxes(root, -1, -2)
    return covariance


def schur_complement(information: F, kept: slice) -> F:
    """Information J_kk - J_ko J_oo⁺ J_ok [..., k, k] on the parameters `kept`, k, with every other one, o, unknown, of
    Fisher matrices J [..., n, n].
    """
    parts = _eliminated(information, kept)
    return parts.own - parts.absorbed


def marginal_variance(information: F, kept: slice) -> F:
    """Total variance [...] of the parameters `kept`, every other one unknown, for Fisher matrices [..., n, n].

    With k the kept and o the others: tr[(J_kk - J_ko J_oo⁺ J_ok)⁻¹]; infinity where a kept parameter, or a combination
    of them, cannot be estimated. Others that cannot be estimated do no harm: they absorb no more than they touch.
    """
    return marginal_variance_and_margin(information, kept)[0]


def marginal_variance_and_margin(information: F, kept: slice) -> tuple[F, F]:
    """`marginal_variance` and how far each rank is from being less [...], from 0 to 1; a rounding error of the
    information changes the variance by about its size over this margin.
    """
    if not len(np.delete(np.arange(information.shape[-1]), kept)):
        return _variance(information, _scale(information), RANK_TOLERANCE, 1.0)
    own, absorbed, smallest, full = _eliminated(information, kept)
    # The scale of J_kk, not of the difference: what a cancellation leaves of a zero is small beside J_kk only.
    scale = _scale(own)
    # Rounding in the absorbed part grows with the condition number of J_oo: below that, a rest is not information.
    size_absorbed = np.max(np.diagonal(absorbed, axis1=-2, axis2=-1) * scale**2, axis=-1, initial=0.0)
    noise = 16.0 * EPSILON * size_absorbed / smallest
    variance, margin = _variance(own - absorbed, scale, np.maximum(RANK_TOLERANCE, noise), smallest)
    return variance, np.where(full, margin, 0.0)


def _variance(information: F, scale: F, least: F | float, smallest: F | float) -> tuple[F, F]:
    """Total variance [...] of all parameters, infinity where an eigenvalue of the information with rows and columns
    times `scale` is not above `least`, and the least eigenvalue times `smallest`, 0 there.
    """
    values, vectors = np.linalg.eigh(information * scale[..., :, None] * scale[..., None, :])
    regular: B = values[..., 0] > least
    spread = np.sum((vectors * scale[..., :, None]) ** 2, axis=-2)
    variance: F = np.where(regular, np.sum(spread / np.where(regular[..., None], values, 1.0), axis=-1), np.inf)
    return variance, np.where(regular, values[..., 0] * smallest, 0.0)


def marginal_covariance(rows: F, kept: int) -> tuple[F, B]:
    """Covariance [N, d, d] of the last d = `kept` parameters of whitened Jacobians [N, n, p], all others unknown, and
    where 16 digits were enough to decide [N]; infinity where they cannot be estimated.

    (ZᵀZ)⁻¹ of what is left, Z, of the last columns outside of the span of all others. Columns are scaled to length 1
    once, and never again: what is left of a column that others have taken is rounding, and must stay as small as it is.

    Where the triangle of a QR decomposition is far from singular, its last block is Z. Elsewhere ranks are decided by
    singular values.
    """
    count, height, width = rows.shape
    length = np.sqrt(np.einsum("nij,nij->nj", rows, rows))
    length = np.where(length > 0, length, 1.0)
    unit = rows / length[:, None, :]
    covariance: F = np.full((count, kept, kept), np.inf)
    root = np.zeros_like(covariance)
    exists = np.zeros(count, bool)
    if height > width:
        triangle = np.asarray(np.linalg.qr(unit, mode="r"))
        inverse, exists = _inverse_triangle(triangle)
        root = inverse[:, -kept:, -kept:].copy()
    certain = exists.copy()
    rest = np.flatnonzero(~exists)
    if len(rest):
        root[rest], exists[rest], certain[rest] = _root_by_rank(unit[rest], kept)
    scaled = root / length[:, -kept:, None]
    covariance[exists] = scaled[exists] @ np.swapaxes(scaled[exists], 1, 2)
    return covariance, certain


class _Eliminated(NamedTuple):
    """J_kk and J_ko J_oo⁺ J_ok [..., k, k]; of J_oo, what `_pseudo_inverse` says of its rank."""

    own: F
    absorbed: F
    smallest: F
    full: B


def _eliminated(information: F, kept: slice) -> _Eliminated:
    every = np.arange(information.shape[-1])
    keep, other = every[kept], np.delete(every, kept)
    own = information[..., keep[:, None], keep]
    shared = information[..., keep[:, None], other]
    rest = information[..., other[:, None], other]
    inverse, smallest, full = _pseudo_inverse(rest)
    return _Eliminated(own, shared @ inverse @ np.swapaxes(shared, -1, -2), smallest, full)


def regular_covariance(rows: F) -> tuple[F, B]:
    """Covariance [N, p, p] of all parameters of whitened Jacobians [N, n, p] at once, and where it is accurate [N]:
    where the triangle of `marginal_covariance` is far from singular. What stands elsewhere means nothing.
    """
    count, height, width = rows.shape
    if height <= width:
        return np.zeros((count, width, width)), np.zeros(count, bool)
    length = np.sqrt(np.sum(rows * rows, axis=1))
    length = np.where(length > 0, length, 1.0)
    inverse, sound = _inverse_triangle(np.asarray(np.linalg.qr(rows / length[:, None, :], mode="r")))
    root = inverse / length[:, :, None]
    covariance: F = root @ np.swapaxes(root, 1, 2)
    return covariance, sound


def _inverse_triangle(triangle: F) -> tuple[F, B]:
    """Inverse [N, p, p] of upper triangular matrices, and where it is accurate [N]: of condition below
    `_WELL_CONDITIONED`; what stands elsewhere means nothing.
    """
    size = triangle.shape[-1]
    pivots = np.diagonal(triangle, axis1=-2, axis2=-1)
    sound: B = np.all(np.abs(pivots) * _WELL_CONDITIONED > 1.0, axis=-1)
    safe = np.where(sound[:, None], pivots, 1.0)
    inverse = np.zeros_like(triangle)
    for j in range(size):
        inverse[:, j, j] = 1.0 / safe[:, j]
        if j:
            above = (inverse[:, :j, :j] @ triangle[:, :j, j, None])[..., 0]
            inverse[:, :j, j] = -above * inverse[:, j, j, None]
    largest = np.max(np.abs(inverse), axis=(-2, -1), where=sound[:, None, None], initial=0.0)
    return inverse, sound & (largest < _WELL_CONDITIONED)


def _root_by_rank(unit: F, kept: int) -> tuple[F, B, B]:
    """A [N, d, d] with AAᵀ = (ZᵀZ)⁻¹ for unit columns, where there is one [N], and where that is certain [N].

    The span of the other columns is certain where singular values that count as nothing could not be otherwise: as many
    rows as directions. What is left, Z, is certain where it is well above or well below the rounding that such a span
    leaves, which is the larger the smaller the singular values that count.
    """
    others, wanted = unit[..., :-kept], unit[..., -kept:]
    if wanted.shape[-2] < kept:
        return np.zeros((len(unit), kept, kept)), np.zeros(len(unit), bool), np.ones(len(unit), bool)
    basis, values, _ = np.linalg.svd(others, full_matrices=False)
    counts = values > _DIRECTION
    weakest = np.min(np.where(counts, values, 1.0), axis=-1, initial=1.0)
    basis = basis * counts[..., None, :]
    for _ in range(2):  # once leaves a rounding error of the whole column; twice, of what is left
        wanted = wanted - basis @ (np.swapaxes(basis, -1, -2) @ wanted)
    _, values, turned = np.linalg.svd(wanted, full_matrices=False)
    smallest = values[..., -1]
    exists: B = smallest * weakest > _DIRECTION
    certain = exists | ((smallest < _NOTHING) & (weakest * _WELL_CONDITIONED > 100.0))
    certain &= counts.sum(axis=-1) == _largest_rank(others)
    safe = np.where(exists[..., None], values, 1.0)
    return np.swapaxes(turned, -1, -2) / safe[..., None, :], exists, certain


def _largest_rank(matrix: F) -> F:
    """The most that the rank [N] of matrices [N, n, p] can be for their zeros: of each set of columns that share rows,
    the number of these rows or of the columns.
    """
    there = matrix != 0
    linked = np.einsum("ni,nj->ij", *(2 * [there.reshape(-1, matrix.shape[-1]).astype(float)])) > 0
    for _ in range(len(linked)):
        linked = linked | (linked @ linked)
    total = np.zeros(len(matrix))
    for columns in np.unique(linked, axis=0):
        touched = np.any(there[..., columns], axis=-1).sum(axis=-1)
        total += np.minimum(touched, columns.sum())
    return total


def inverse_root(matrices: F) -> tuple[F, F]:
    """R [n, n, N], lower triangular with RᵀR = A⁻¹ for symmetric A [n, n, N], of which the lower triangles are
    read, and a lower bound [N] on the smallest eigenvalue of each with its diagonal scaled to one; 0 where A is not
    surely regular, and R means nothing there.

    A = D⁻¹LLᵀD⁻¹ and R = L⁻¹D. The matrices lie side by side along the last axis, so each step is one for all of them:
    a hundred times as fast as one decomposition after the other where n is 4 or 6.
    """
    size, _, count = matrices.shape
    diagonal = np.array([matrices[j, j] for j in range(size)])
    regular = np.all(diagonal > 0.0, axis=0)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    lower, inverse = np.zeros_like(matrices), np.zeros_like(matrices)
    for j in range(size):
        pivot = np.full(count, 1.0)
        for k in range(j):
            pivot -= lower[j, k] * lower[j, k]
        regular &= pivot > _PIVOT
        inverse[j, j] = 1.0 / np.sqrt(np.where(regular, pivot, 1.0))
        for i in range(j + 1, size):
            entry = matrices[i, j] * scale[i] * scale[j]
            for k in range(j):
                entry -= lower[i, k] * lower[j, k]
            lower[i, j] = entry * inverse[j, j]
    for j in range(size):
        for i in range(j + 1, size):
            total = lower[i, j] * inverse[j, j]
            for k in range(j + 1, i):
                total += lower[i, k] * inverse[k, j]
            inverse[i, j] = -total * inverse[i, i]
    margin = np.where(regular, 1.0 / np.einsum("ijn,ijn->n", inverse, inverse), 0.0)
    return inverse * scale, margin


def least_informative(rows: F, changes: F, span: F) -> F:
    """The s [m, c] for which rows + Σ s_i changes_i, `rows` [m, n, d] and `changes` [m, n, d, c], is least outside of
    the columns of `span` [m, n, o]: the sum of its squares there.
    """
    transposed = np.swapaxes(span, 1, 2)
    onto = span @ generalised_inverse(transposed @ span) @ transposed
    count, height, d, c = changes.shape
    outside = (changes - (onto @ changes.reshape(count, height, d * c)).reshape(changes.shape)).reshape(count, -1, c)
    left = (rows - onto @ rows).reshape(count, -1, 1)
    turned = np.swapaxes(outside, 1, 2)
    steps: F = -(generalised_inverse(turned @ outside) @ (turned @ left))[..., 0]
    return steps


def root_of_two(matrix: F) -> F:
    """L [..., 2, 2], upper triangular with LᵀL = J, for semidefinite J [..., 2, 2]: the Cholesky factor, zero where J
    is.
    """
    first = np.sqrt(matrix[..., 0, 0])
    safe = np.where(first > 0, first, 1.0)
    cross = np.where(first > 0, matrix[..., 0, 1] / safe, 0.0)
    root = np.zeros_like(matrix)
    root[..., 0, 0], root[..., 0, 1] = first, cross
    rest = matrix[..., 1, 1] - cross**2
    root[..., 1, 1] = np.sqrt(np.where(rest > RANK_TOLERANCE * matrix[..., 1, 1], rest, 0.0))
    return root


def _pseudo_inverse(matrix: F) -> tuple[F, F, B]:
    """`generalised_inverse`, the smallest eigenvalue of S that counts [...], 1 where there is none, and where all count
    [...].
    """
    scale = _scale(matrix)
    values, vectors = np.linalg.eigh(matrix * scale[..., :, None] * scale[..., None, :])
    kept = values > RANK_TOLERANCE
    inverted = np.where(kept, 1.0 / np.where(kept, values, 1.0), 0.0)
    unscaled = vectors * scale[..., :, None]
    inverse: F = (unscaled * inverted[..., None, :]) @ np.swapaxes(unscaled, -1, -2)
    return inverse, np.min(np.where(kept, values, 1.0), axis=-1, initial=1.0), np.asarray(kept.all(axis=-1))


def _scale(matrix: F) -> F:
    """1/sqrt(diag A) [..., n]; 1 where the diagonal is zero: the row is zero then, and so is its eigenvalue."""
    diagonal = np.diagonal(matrix, axis1=-2, axis2=-1)
    positive = diagonal > 0
    return np.where(positive, 1.0 / np.sqrt(np.where(positive, diagonal, 1.0)), 1.0)
