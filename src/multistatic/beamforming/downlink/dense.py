"""Dense linear algebra of the kernels, as loops over scalars: array expressions take Numba ten times longer to compile,
and its own np.linalg 20 s.

No kernel allocates an array: results go into arrays that the caller gives, intermediate ones into `Scratch`. So no
counting of references has to be compiled, and the machine code needs nothing of Numba to run
(docs/architecture.md, "Compiled kernels").
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from multistatic.compiled import internal
from multistatic.units import C, F

_BLOCK = 4  # columns eliminated at once


class Scratch(NamedTuple):
    """Memory for intermediate results of S streams, of undefined content before and after each kernel.

    The first lines serve the kernels of this file, which do not call each other with it; the others belong to whoever
    is named.
    """

    factors: F  # [S+1, S+1], of `factorise`
    order: Any  # [S+1]
    real: F  # [S, S]
    imag: F  # [S, S]
    row_real: F  # [S]
    row_imag: F  # [S]
    root: F  # [S], of `uplink_beams` and `sensing_beam`
    aimed: C  # [S]
    alone: C  # [S, S], of `sensing_beam`
    ratio: F  # [S]
    length: F  # [S]
    by_price: F  # [S]
    signal: C  # [S, S], of `power_gradient`, `spread` of `sensing_beam` too
    spread: C  # [S, S]
    crossed: C  # [S, S]
    system: F  # [S+1, S+1], of Newton's method on all prices
    right: F  # [S+1]
    change: F  # [S+1]


def scratch_for(count: int) -> Scratch:
    """Memory for the kernels of `count` streams."""
    vectors = np.empty((6, count))
    matrices = np.empty((2, count, count))
    complexes = np.empty((4, count, count), np.complex128)
    return Scratch(
        factors=np.empty((count + 1, count + 1)),
        order=np.empty(count + 1, np.int64),
        real=matrices[0],
        imag=matrices[1],
        row_real=vectors[0],
        row_imag=vectors[1],
        root=vectors[2],
        aimed=np.empty(count, np.complex128),
        alone=complexes[0],
        ratio=vectors[3],
        length=vectors[4],
        by_price=vectors[5],
        signal=complexes[1],
        spread=complexes[2],
        crossed=complexes[3],
        system=np.empty((count + 1, count + 1)),
        right=np.empty(count + 1),
        change=np.empty(count + 1),
    )


@internal
def squared(z: complex) -> float:
    """|z|²."""
    return z.real * z.real + z.imag * z.imag


@internal
def factorise(matrix: F, factors: F, order: Any) -> None:
    """L - I + U with A[order] = L U, by Gaussian elimination with partial pivoting; inf or NaN where A is singular.

    `_BLOCK` columns are eliminated before the rest of the matrix is touched, and their updates of it are written side
    by side: it is read and written once for all of them. The operations on each element, and their order, are those of
    plain elimination. `factors` [≥ n, ≥ n] and `order` [≥ n].
    """
    count = len(matrix)
    for s in range(count):
        order[s] = s
        for t in range(count):
            factors[s, t] = matrix[s, t]
    for first in range(0, count, _BLOCK):
        end = min(first + _BLOCK, count)
        for k in range(first, end):
            pivot = k
            for s in range(k + 1, count):
                if abs(factors[s, k]) > abs(factors[pivot, k]):
                    pivot = s
            order[k], order[pivot] = order[pivot], order[k]
            for t in range(count):
                factors[k, t], factors[pivot, t] = factors[pivot, t], factors[k, t]
            for s in range(k + 1, count):
                factor = factors[s, k] / factors[k, k]
                factors[s, k] = factor
                for t in range(k + 1, end):
                    factors[s, t] -= factor * factors[k, t]
        for s in range(first + 1, end):
            for k in range(first, s):
                for t in range(end, count):
                    factors[s, t] -= factors[s, k] * factors[k, t]
        for s in range(end, count):
            a, b, c, d = factors[s, first], factors[s, first + 1], factors[s, first + 2], factors[s, first + 3]
            for t in range(end, count):
                factors[s, t] = (
                    factors[s, t]
                    - a * factors[first, t]
                    - b * factors[first + 1, t]
                    - c * factors[first + 2, t]
                    - d * factors[first + 3, t]
                )


@internal
def solve(factors: F, order: Any, right: F, solution: F) -> None:
    """x with A x = b, from `factorise`."""
    count = len(right)
    for k in range(count):
        total = right[order[k]]
        for t in range(k):
            total -= factors[k, t] * solution[t]
        solution[k] = total
    for k in range(count - 1, -1, -1):
        total = solution[k]
        for t in range(k + 1, count):
            total -= factors[k, t] * solution[t]
        solution[k] = total / factors[k, k]


@internal
def solve_transposed(factors: F, order: Any, right: F, work: F, solution: F) -> None:
    """x with Aᵀx = b, from `factorise`; `work` [≥ n] is overwritten."""
    count = len(right)
    for k in range(count):
        work[k] = right[k]
    for k in range(count):
        work[k] /= factors[k, k]
        for t in range(k + 1, count):
            work[t] -= factors[k, t] * work[k]
    for k in range(count - 1, -1, -1):
        for t in range(k):
            work[t] -= factors[k, t] * work[k]
    for k in range(count):
        solution[order[k]] = work[k]


@internal
def error_covariance(gram: C, root: F, count: int, scratch: Scratch, inverse: C) -> None:
    """(I + Λ^½ G Λ^½)⁻¹ with `root` = sqrt(λ) of the first `count` streams, by symmetric sweeps; with eigenvalues ≥ 1
    no pivoting.

    Sweep k takes a_ij to a_ij - a_ik a_kj/a_kk, a_ik to a_ik/a_kk and a_kk to -1/a_kk; all of them together take A to
    -A⁻¹. Where λ_k = 0 it only turns the 1 on the diagonal into -1. The matrix stays Hermitian, so its lower triangle
    is enough. Real and imaginary parts lie apart, because compilers do not vectorise complex products.
    """
    real, imag, pivot_real, pivot_imag = scratch.real, scratch.imag, scratch.row_real, scratch.row_imag
    for s in range(count):
        for t in range(s + 1):
            scale = root[s] * root[t]
            real[s, t] = scale * gram[s, t].real
            imag[s, t] = scale * gram[s, t].imag
        real[s, s] += 1.0
    for k in range(count):
        if root[k] == 0.0:
            real[k, k] = -1.0
            continue
        scale = 1.0 / real[k, k]
        for s in range(count):
            pivot_real[s] = real[s, k] if s > k else real[k, s]
            pivot_imag[s] = imag[s, k] if s > k else -imag[k, s]
        pivot_real[k] = 0.0
        pivot_imag[k] = 0.0
        for s in range(count):
            left_real = scale * pivot_real[s]
            left_imag = scale * pivot_imag[s]
            for t in range(s + 1):
                real[s, t] -= left_real * pivot_real[t] + left_imag * pivot_imag[t]
                imag[s, t] -= left_imag * pivot_real[t] - left_real * pivot_imag[t]
        for s in range(count):
            if s > k:
                real[s, k] = scale * pivot_real[s]
                imag[s, k] = scale * pivot_imag[s]
            else:
                real[k, s] = scale * pivot_real[s]
                imag[k, s] = -scale * pivot_imag[s]
        real[k, k] = -scale
    for s in range(count):
        for t in range(s):
            inverse[s, t] = complex(-real[s, t], -imag[s, t])
            inverse[t, s] = complex(-real[s, t], imag[s, t])
        inverse[s, s] = complex(-real[s, s], 0.0)


@internal
def multiply(left: C, right: C, lower: bool, scratch: Scratch, product: C) -> None:
    """A B for B [S, S], or its `lower` triangle alone, with real and imaginary parts apart as in `error_covariance`."""
    count = len(right)
    real, imag, row_real, row_imag = scratch.real, scratch.imag, scratch.row_real, scratch.row_imag
    for k in range(count):
        for j in range(count):
            real[k, j] = right[k, j].real
            imag[k, j] = right[k, j].imag
    for i in range(len(left)):
        width = i + 1 if lower else count
        for j in range(width):
            row_real[j] = 0.0
            row_imag[j] = 0.0
        for k in range(count):
            factor_real = left[i, k].real
            factor_imag = left[i, k].imag
            for j in range(width):
                row_real[j] += factor_real * real[k, j] - factor_imag * imag[k, j]
                row_imag[j] += factor_real * imag[k, j] + factor_imag * real[k, j]
        for j in range(width):
            product[i, j] = complex(row_real[j], row_imag[j])
