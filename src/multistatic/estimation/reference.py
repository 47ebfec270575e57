"""A known waveform as the samples of one receiver see it: shifted by fractions of a sample, with its information.

Delays are written τ = start + (k + δ)T with T the sample period, `start` the time of the first sample, k a whole number
(the cell) and 0 ≤ δ < 1. Where the slot is a whole number of samples, the edges of all pulses meet the samples
at δ = 0 only: inside a cell the shifted samples are smooth functions of δ, whatever the pulse does at its ends. So a
few values of δ represent all of them: the Gauss-Legendre nodes, by polynomial interpolation, whose error for a signal
within the sampled band is below (π/2)^D/(D! 2^(D-1)) = 7e-6 for the D = 8 nodes used here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.signal.waveform import Waveform
from multistatic.units import C, F, read_only

NODES = 8
# The part of the energy that a jump moves from one sample to others, above what interpolation leaves.
_JUMP = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """x((first + i - δ_d) T), i = 0 … I-1, at the nodes δ_d, d = 0 … D-1, and what follows from it.

    `values` [D, I]. `energies` [D]: Σ_i |x|². `centre`: the energy's mean index i. `information` [D, 2, 2]: Λ of
    (delay in samples, Doppler in cycles per sample), the Fisher information of the sampled model for amplitude
    unknown, over 2 SNR. With ∂_τ = -x', ∂_f = j2πt x and <a, b> = Σ a*b:

    Λ_ij = Re(<∂_i, ∂_j> - <∂_i, x><x, ∂_j>/<x, x>) / <x, x>

    It is also the variance of the gradient of the normalised noise <x, z>/(‖x‖σ), which counts independent cells.
    """

    first: int
    values: C
    energies: F
    centre: float
    information: F

    @property
    def mean_information(self) -> F:
        """Λ [2, 2] averaged over the fraction δ, each with its energy."""
        weight = quadrature()[1] * self.energies
        mean: F = np.einsum("d,dij->ij", weight, self.information) / weight.sum()
        return mean

    @property
    def jump_coherence(self) -> float:
        """Squared coefficient of correlation of x at the end of one cell (δ = 1) and the beginning of the next."""
        powers = np.array([1.0, -1.0])[:, None] ** np.arange(NODES)
        after, before = powers @ interpolation() @ self.values
        inner = np.vdot(after[1:], before[:-1])
        return float(min(1.0, abs(inner) ** 2 / (np.vdot(after, after).real * np.vdot(before, before).real)))

    @property
    def jumps(self) -> bool:
        """Whether the samples jump from one cell to the next: pulses that do not vanish at their ends."""
        return self.jump_coherence < 1.0 - _JUMP


@cache
def quadrature() -> tuple[F, F]:
    """Nodes δ_d in (0, 1) and weights of Gauss-Legendre quadrature."""
    node, weight = np.polynomial.legendre.leggauss(NODES)
    return read_only((node + 1.0) / 2.0), read_only(weight / 2.0)


@cache
def interpolation() -> F:
    """V⁻¹ [D, D]: f(δ) = Σ_m (2δ-1)^m Σ_d V⁻¹[m, d] f(δ_d) for polynomials of degree below D."""
    powers = (2.0 * quadrature()[0] - 1.0)[:, None] ** np.arange(NODES)
    return read_only(np.linalg.solve(powers, np.eye(NODES)))


def shifted_samples(waveform: Waveform, sample_rate_hz: float, fractions: F) -> tuple[int, C]:
    """`first` and x((first + i - δ) T) [len(fractions), I] over all i where it may differ from zero, 0 ≤ δ < 1."""
    first, index = _indices(waveform, sample_rate_hz)
    # One uniform grid after the other: waveforms are fast on those.
    return first, np.stack([waveform.values((index - fraction) / sample_rate_hz) for fraction in fractions])


def reference_of(waveform: Waveform, sample_rate_hz: float) -> Reference:
    """`waveform` at the nodes, and its information. `InputError` where it has no energy or is not finite."""
    fractions = quadrature()[0]
    first, values = shifted_samples(waveform, sample_rate_hz, fractions)
    index = _indices(waveform, sample_rate_hz)[1]
    problem = Problem("waveform", "no energy, or values that are not finite", "a known signal")
    power = values.real**2 + values.imag**2
    energies = power.sum(axis=1)
    if not (np.isfinite(energies).all() and energies.any()):
        raise InputError([problem])
    count = np.arange(values.shape[1])
    centre = float((power @ count).sum() / energies.sum())
    information = np.empty((len(fractions), 2, 2))
    # Node by node: of a long signal, all slopes together would be hundreds of megabytes.
    for fraction, shifted, energy, own in zip(fractions, values, energies, information, strict=True):
        slopes = waveform.slopes((index - fraction) / sample_rate_hz)
        if not np.isfinite(slopes).all():
            raise InputError([problem])
        gradient = np.stack([-slopes / sample_rate_hz, 2j * np.pi * (count - centre - fraction) * shifted])
        along = gradient.conj() @ shifted
        own[:] = (gradient.conj() @ gradient.T - np.outer(along, along.conj()) / energy).real
    return Reference(
        first=first,
        values=read_only(values, np.complex128),
        energies=read_only(energies),
        centre=centre,
        information=read_only(information / energies[:, None, None]),
    )


def _indices(waveform: Waveform, sample_rate_hz: float) -> tuple[int, F]:
    """The first index and all indices n with x((n - δ) T) perhaps not zero for some 0 ≤ δ < 1."""
    begin, end = (edge * sample_rate_hz for edge in waveform.support_s)
    # A support that ends on a sample to within rounding does not reach into the next one.
    first, last = int(np.floor(begin + 1e-9)), int(np.ceil(end - 1e-9))
    return first, np.arange(first, last + 1, dtype=float)
