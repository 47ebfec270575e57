"""What the compiled barrier of several points works on, and its memory for intermediate results."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from multistatic.units import C, F


class BarrierData(NamedTuple):
    """What f_t is made of: S streams, M points, n antennas; B points whose matrices span all."""

    rows: C  # [S+B, n] h_s, then a_b
    columns: C  # [n, S+B] the same, transposed
    combination: F  # [M, B] C; [0, 0] where all points are rows
    cost: F  # [S] 1 + 1/γ
    suffers: F  # [S] 1 where the stream suffers the sensing beam
    root_weight: F  # [M] (ρw_i)^{1/(1+ρ)}
    shift: F  # [M]
    weight: F  # [M]
    exponent: float  # ρ
    worst: bool
    sensing: bool


class CentreMemory(NamedTuple):
    """Memory for intermediate results."""

    matrix: C  # [n, n] Z, then its Cholesky factor
    triangle: C  # [n, n] the inverse of the factor
    turned: C  # [n, n] its conjugate transpose
    inverse: C  # [n, n] Z⁻¹
    solved: C  # [n, S+B] v
    gram: C  # [S+B, S+B] G
    pairs: C  # [S+B, S+B]
    total: F  # [S+B, S+B]
    single: F  # [S+B]
    with_power: F  # [S+B]
    coefficient: F  # [S+B]
    kappa: F  # [S]
    left: F  # [S]
    length: F  # [S]
    gradient: F  # [S+B+1] with respect to (λ, ν, τ)
    hessian: F  # [S+B+1, S+B+1]
    system: F  # [S+B+1, S+B+1]
    factor: F  # [S+B+1, S+B+1]
    scale: F  # [S+B+1]
    right: F  # [S+B+1]
    bordered: F  # [S+B+1]
    root: F  # [B, B] R
    product: F  # [B, B]
    mixed: F  # [B] ν, or vectors like it
    change: F  # [S+M+1]
    trial: F  # [S+M+1]
    own_slope: F  # [M] derivatives of what is the points' own
    own_curvature: F  # [M]


def centre_memory(streams: int, points: int, spanning: int, size: int) -> CentreMemory:
    """Memory for `newton_centre` with M points, B of them `spanning`."""
    count = streams + spanning
    square = np.empty((4, size, size), np.complex128)
    grams = np.empty((2, count, count), np.complex128)
    systems = np.empty((3, count + 1, count + 1))
    vectors = np.empty((4, count + 1))
    roots = np.empty((2, spanning, spanning))
    every = np.empty((2, streams + points + 1))
    own = np.empty((2, points))
    return CentreMemory(
        matrix=square[0],
        triangle=square[1],
        turned=square[2],
        inverse=square[3],
        solved=np.empty((size, count), np.complex128),
        gram=grams[0],
        pairs=grams[1],
        total=np.empty((count, count)),
        single=np.empty(count),
        with_power=np.empty(count),
        coefficient=np.empty(count),
        kappa=np.empty(streams),
        left=np.empty(streams),
        length=np.empty(streams),
        gradient=vectors[0],
        hessian=systems[0],
        system=systems[1],
        factor=systems[2],
        scale=vectors[1],
        right=vectors[2],
        bordered=vectors[3],
        root=roots[0],
        product=roots[1],
        mixed=np.empty(spanning),
        change=every[0],
        trial=every[1],
        own_slope=own[0],
        own_curvature=own[1],
    )
