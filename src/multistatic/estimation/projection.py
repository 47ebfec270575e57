"""A trial projected on the reference: few numbers from which its correlation follows at any place near by, compiled.

The samples are multiplied by e^(-j2πν₀i), correlated with the reference at its D nodes and summed over S parts of the
block: B[p, s, d]. Then, for fractions δ in the cell and Doppler shifts ν₀ + ν near it,

    A_p(δ, ν) = Σ_s e^(-j2πν t_s) Σ_d w_d(δ) B[p, s, d],  t_s the middle of part s, w_d the interpolation weights.

Time in samples, Doppler in cycles per sample. Loops over scalars, as Numba compiles them fastest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from multistatic.compiled import vectorised
from multistatic.units import C, F

PARTS = 32


class Known(NamedTuple):
    """The reference as the kernels take it: `real`, `imag` [D, I] at the nodes, begun at index `first`; `centre`, its
    mean index; `inverse` [D, D], the interpolation; `scale` = (Λ_δδ, Λ_νν).
    """

    first: int
    real: F
    imag: F
    centre: float
    inverse: F
    scale: F


class Projection(NamedTuple):
    """`sums` B [P, S, D] and `energies` E [D] of the reference at the nodes, as far as it lies in the recording."""

    sums: C
    energies: F


class Place(NamedTuple):
    """Cell k, fraction δ, Doppler shift ν, and the ν₀ about which the trial is projected there (NaN: it is not)."""

    cell: int
    fraction: float
    doppler: float
    about: float


@vectorised
def part_length(size: int) -> int:
    """Samples in each of the `PARTS` parts of a block, a multiple of 8 for the sake of vector instructions."""
    return 8 * ((size + 8 * PARTS - 1) // (8 * PARTS))


@vectorised
def project(known: Known, samples: C, shift: int, doppler: float, work: F, sums: C) -> None:
    """Fill `sums` for the reference begun at sample `shift` of `samples` [P, N], about ν₀ = `doppler`.

    `work` [2, I] holds the demodulated samples; what lies outside of the recording counts as zero. Four nodes at a time
    share what is read of it.
    """
    real, imag = known.real, known.imag
    nodes, size = real.shape
    length = part_length(size)
    first, last = max(0, -shift), min(size, samples.shape[1] - shift)
    turns = np.empty((2, length))
    turn, phasor = np.exp(-2j * np.pi * doppler), 1.0 + 0j
    for j in range(length):
        turns[0, j], turns[1, j] = phasor.real, phasor.imag
        phasor *= turn
    for p in range(samples.shape[0]):
        work[:] = 0.0
        for s in range(PARTS):
            begin, end = s * length, min((s + 1) * length, size)
            phasor = np.exp(-2j * np.pi * doppler * (begin - known.centre))
            re, im = phasor.real, phasor.imag
            for i in range(max(begin, first), min(end, last)):
                value, j = samples[p, shift + i], i - begin
                along, across = re * turns[0, j] - im * turns[1, j], re * turns[1, j] + im * turns[0, j]
                work[0, i] = value.real * along - value.imag * across
                work[1, i] = value.real * across + value.imag * along
            for d in range(0, nodes, 4):
                a0, a1, a2, a3, b0, b1, b2, b3 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
                for i in range(begin, end):
                    x, y = work[0, i], work[1, i]
                    a0 += x * real[d, i] + y * imag[d, i]
                    b0 += y * real[d, i] - x * imag[d, i]
                    a1 += x * real[d + 1, i] + y * imag[d + 1, i]
                    b1 += y * real[d + 1, i] - x * imag[d + 1, i]
                    a2 += x * real[d + 2, i] + y * imag[d + 2, i]
                    b2 += y * real[d + 2, i] - x * imag[d + 2, i]
                    a3 += x * real[d + 3, i] + y * imag[d + 3, i]
                    b3 += y * real[d + 3, i] - x * imag[d + 3, i]
                sums[p, s, d], sums[p, s, d + 1] = complex(a0, b0), complex(a1, b1)
                sums[p, s, d + 2], sums[p, s, d + 3] = complex(a2, b2), complex(a3, b3)


@vectorised
def fill_energies(known: Known, shift: int, count: int, whole: F, energies: F) -> None:
    """E at the nodes [D] of the reference begun at `shift`, as far as it lies in a recording of `count` samples;
    `whole` [D] is that of all of it.
    """
    real, imag = known.real, known.imag
    begin, end = max(0, -shift), min(real.shape[1], count - shift)
    if begin == 0 and end == real.shape[1]:
        energies[:] = whole
        return
    for d in range(real.shape[0]):
        total = 0.0
        for i in range(begin, end):
            total += real[d, i] * real[d, i] + imag[d, i] * imag[d, i]
        energies[d] = total


@vectorised
def fill_snapshot(known: Known, projection: Projection, place: Place, snapshot: C) -> None:
    """<x, y_p>/E [P] at `place`: the complex amplitude of each branch, with its phase at index `centre`."""
    sums = projection.sums
    branches, parts, nodes = sums.shape
    length = float(part_length(known.real.shape[1]))
    begin = 0.5 * (length - 1.0) - known.centre
    u, doppler = 2.0 * place.fraction - 1.0, place.doppler - place.about
    energy = 0.0
    snapshot[:] = 0.0
    for d in range(nodes):
        weight = 0.0
        for m in range(nodes - 1, -1, -1):
            weight = weight * u + known.inverse[m, d]
        energy += weight * projection.energies[d]
        for p in range(branches):
            for s in range(parts):
                snapshot[p] += weight * sums[p, s, d] * np.exp(-2j * np.pi * doppler * (begin + s * length))
    for p in range(branches):
        snapshot[p] /= max(energy, 1e-300)
