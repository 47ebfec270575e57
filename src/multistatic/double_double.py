"""Arrays of numbers with 32 digits, each the unevaluated sum of two doubles (Dekker 1971; Hida, Li and Bailey 2001).

For the few groups of receivers where 16 digits cannot decide whether a target is observable. Sums and products are
exact to about 2e-32 of their operands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from multistatic.units import B, F

_SPLITTER = 134217729.0  # 2²⁷ + 1
# Of a column of length 1: what is left of one that depends on others is some 1e-31 over their smallest singular value.
_NOTHING = 1e-24
# Singular values of a matrix of unit columns up to this one count as zero. A geometry that is degenerate but for the
# rounding of its coordinates leaves 1e-16; targets that are located to some kilometres, 1e-9.
SPAN_TOLERANCE = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class DoubleDouble:
    """hi + lo, elementwise, |lo| at most half a unit in the last place of hi."""

    hi: F
    lo: F

    def __add__(self, other: DoubleDouble) -> DoubleDouble:
        total, error = _two_sum(self.hi, other.hi)
        return _renormalised(total, error + (self.lo + other.lo))

    def __neg__(self) -> DoubleDouble:
        return DoubleDouble(-self.hi, -self.lo)

    def __sub__(self, other: DoubleDouble) -> DoubleDouble:
        return self + -other

    def __mul__(self, other: DoubleDouble) -> DoubleDouble:
        product, error = _two_product(self.hi, other.hi)
        return _renormalised(product, error + (self.hi * other.lo + self.lo * other.hi))

    def __truediv__(self, other: DoubleDouble) -> DoubleDouble:
        first = self.hi / other.hi
        rest = self - other * exactly(first)
        return _renormalised(first, rest.hi / other.hi)

    def __getitem__(self, index: Any) -> DoubleDouble:
        return DoubleDouble(self.hi[index], self.lo[index])

    def sqrt(self) -> DoubleDouble:
        """Root of positive numbers."""
        first = np.sqrt(self.hi)
        rest = self - exactly(first) * exactly(first)
        return _renormalised(first, rest.hi / (2.0 * first))

    def sum(self) -> DoubleDouble:
        """Sum over the last axis."""
        total = self[..., 0]
        for i in range(1, self.hi.shape[-1]):
            total = total + self[..., i]
        return total


def exactly(values: Any) -> DoubleDouble:
    """Doubles as they are."""
    hi = np.asarray(values, float)
    return DoubleDouble(hi, np.zeros_like(hi))


def exact_marginal_covariance(rows: DoubleDouble, kept: int) -> F:
    """Covariance [N, d, d] as of `linalg.marginal_covariance`: `rows` [N, n, p], the last d = `kept` columns
    about.

    Modified Gram-Schmidt: each column is made orthogonal to those before it, and one of which nothing is left is left
    out. What is left of the last d columns is a triangle, whose inverse is a root of the covariance.
    """
    count, _, columns = rows.hi.shape
    length = np.sqrt(np.einsum("nij,nij->nj", rows.hi, rows.hi))
    length = np.where(length > 0, length, 1.0)
    left = [
        DoubleDouble(np.ascontiguousarray(rows.hi[:, :, i]), np.ascontiguousarray(rows.lo[:, :, i]))
        for i in range(columns)
    ]
    triangle = np.zeros((count, kept, kept))
    known: B = np.ones(count, bool)
    for i in range(columns):
        square = (left[i] * left[i]).sum()
        exists = square.hi > (_NOTHING * length[:, i]) ** 2
        safe = DoubleDouble(np.where(exists, square.hi, 1.0), np.where(exists, square.lo, 0.0))
        place = i - (columns - kept)
        if place >= 0:
            known &= exists
            triangle[:, place, place] = np.sqrt(safe.hi) / length[:, i]
        for j in range(i + 1, columns):
            share = (left[i] * left[j]).sum() / safe
            share = DoubleDouble(np.where(exists, share.hi, 0.0), np.where(exists, share.lo, 0.0))
            left[j] = left[j] - share[:, None] * left[i]
            if place >= 0:
                triangle[:, place, place + j - i] = share.hi * np.sqrt(safe.hi) / length[:, j]
    return _covariance(triangle, known, length[:, columns - kept :])


def _covariance(triangle: F, known: B, length: F) -> F:
    count, size, _ = triangle.shape
    inverse = np.zeros_like(triangle)
    for j in range(size):
        inverse[:, j, j] = 1.0 / np.where(known, triangle[:, j, j], 1.0)
        if j:
            above = (inverse[:, :j, :j] @ triangle[:, :j, j, None])[..., 0]
            inverse[:, :j, j] = -above * inverse[:, j, j, None]
    known = known & (np.linalg.norm(inverse, axis=(1, 2)) * SPAN_TOLERANCE < 1.0)
    root = inverse / length[:, :, None]
    covariance: F = np.full((count, size, size), np.inf)
    covariance[known] = root[known] @ np.swapaxes(root[known], 1, 2)
    return covariance


def _two_sum(a: F, b: F) -> tuple[F, F]:
    total = a + b
    there = total - a
    return total, (a - (total - there)) + (b - there)


def _two_product(a: F, b: F) -> tuple[F, F]:
    product = a * b
    (a_hi, a_lo), (b_hi, b_lo) = _split(a), _split(b)
    return product, ((a_hi * b_hi - product) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo


def _split(a: F) -> tuple[F, F]:
    scaled = _SPLITTER * a
    hi = scaled - (scaled - a)
    return hi, a - hi


def _renormalised(hi: F, lo: F) -> DoubleDouble:
    total = hi + lo
    return DoubleDouble(total, lo - (total - hi))
