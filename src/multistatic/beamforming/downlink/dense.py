"""Dense linear algebra of the kernels, as loops over scalars: array expressions take Numba ten times longer to compile,
and its own np.linalg 20 s.

No kernel allocates an array: results go into arrays that the caller gives, intermediate ones into `Scratch`. So no
counting of references has to be compiled, and the machine code needs nothing of Numba to run
(docs/architecture.md, "Compiled kernels").
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from multistatic.compiled import internal
from multistatic.units import C, F


class Scratch(NamedTuple):
    """Memory for intermediate results of S streams, of undefined content before and after each kernel.

    The first line serves the kernels of this file, which do not call each other with it; the others belong to whoever
    is named.
    """

    elimination: F  # [S+1, S+2]
    real: F  # [S, S]
    imag: F  # [S, S]
    row_real: F  # [S]
    row_imag: F  # [S]
    root: F  # [S], of `uplink_beams` and `sensing_beam`
    aimed: C  # [S]
    alone: C  # [S, S], of `sensing_beam`
    transposed: F  # [S, S], of whoever solves with a transposed matrix
    ratio: F  # [S]
    length: F  # [S]
    by_price: F  # [S]
    signal: C  # [S, S], of `power_gradient`
    adjoint: C  # [S, S]
    turned: C  # [S, S]
    system: F  # [S+1, S+1], of Newton's method on all prices
    right: F  # [S+1]
    change: F  # [S+1]


def scratch_for(count: int) -> Scratch:
    """Memory for the kernels of `count` streams."""
    vectors = np.empty((6, count))
    matrices = np.empty((3, count, count))
    complexes = np.empty((4, count, count), np.complex128)
    return Scratch(
        elimination=np.empty((count + 1, count + 2)),
        real=matrices[0],
        imag=matrices[1],
        row_real=vectors[0],
        row_imag=vectors[1],
        root=vectors[2],
        aimed=np.empty(count, np.complex128),
        alone=complexes[0],
        transposed=matrices[2],
        ratio=vectors[3],
        length=vectors[4],
        by_price=vectors[5],
        signal=complexes[1],
        adjoint=complexes[2],
        turned=complexes[3],
        system=np.empty((count + 1, count + 1)),
        right=np.empty(count + 1),
        change=np.empty(count + 1),
    )


@internal
def squared(z: complex) -> float:
    """|z|²."""
    return z.real * z.real + z.imag * z.imag


@internal
def transpose(matrix: F, transposed: F) -> None:
    """Aᵀ of a square matrix."""
    count = len(matrix)
    for s in range(count):
        for t in range(count):
            transposed[s, t] = matrix[t, s]


@internal
def solve(matrix: F, right: F, work: F, solution: F) -> None:
    """x with A x = b, by Gaussian elimination with partial pivoting; inf or NaN where A is singular.

    `work` [≥ n, ≥ n+1] is overwritten.
    """
    count = len(right)
    for s in range(count):
        for t in range(count):
            work[s, t] = matrix[s, t]
        work[s, count] = right[s]
    for k in range(count):
        pivot = k
        for s in range(k + 1, count):
            if abs(work[s, k]) > abs(work[pivot, k]):
                pivot = s
        for t in range(k, count + 1):
            work[k, t], work[pivot, t] = work[pivot, t], work[k, t]
        for s in range(k + 1, count):
            factor = work[s, k] / work[k, k]
            for t in range(k + 1, count + 1):
                work[s, t] -= factor * work[k, t]
    for k in range(count - 1, -1, -1):
        total = work[k, count]
        for t in range(k + 1, count):
            total -= work[k, t] * solution[t]
        solution[k] = total / work[k, k]


@internal
def error_covariance(gram: C, root: F, scratch: Scratch, inverse: C) -> None:
    """(I + Λ^½ G Λ^½)⁻¹ with `root` = sqrt(λ), by symmetric sweeps; with eigenvalues ≥ 1 no pivoting.

    Sweep k takes a_ij to a_ij - a_ik a_kj/a_kk, a_ik to a_ik/a_kk and a_kk to -1/a_kk; all of them together take A to
    -A⁻¹. Where λ_k = 0 it only turns the 1 on the diagonal into -1. The matrix stays Hermitian, so its lower triangle
    is enough. Real and imaginary parts lie apart, because compilers do not vectorise complex products.
    """
    count = len(root)
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
def multiply(left: C, right: C, scratch: Scratch, product: C) -> None:
    """A B for B [S, S], with real and imaginary parts apart as in `error_covariance`."""
    count = len(right)
    real, imag, row_real, row_imag = scratch.real, scratch.imag, scratch.row_real, scratch.row_imag
    for k in range(count):
        for j in range(count):
            real[k, j] = right[k, j].real
            imag[k, j] = right[k, j].imag
    for i in range(len(left)):
        for j in range(count):
            row_real[j] = 0.0
            row_imag[j] = 0.0
        for k in range(count):
            factor_real = left[i, k].real
            factor_imag = left[i, k].imag
            for j in range(count):
                row_real[j] += factor_real * real[k, j] - factor_imag * imag[k, j]
                row_imag[j] += factor_real * imag[k, j] + factor_imag * real[k, j]
        for j in range(count):
            product[i, j] = complex(row_real[j], row_imag[j])
