"""Fisher information about delay and Doppler for given symbols: exact for each realisation and for overlapping pulses.

`delay_doppler` is this for symbols of constant modulus and pulses of one slot, and its limit for large M otherwise.
Time in slots, noise of unit power per slot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from multistatic.signal.pulse import Pulse
from multistatic.units import C, F

# Gauss-Legendre points between the places where a product of two shifted pulses may have a kink.
_NODES = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class _Products:
    """Inner products <a, b> = ∫a*b dt of the signal x(t) = Σ_m s[m] g(t - t_m) with itself."""

    energy: float
    time: float
    square_time: float
    slope_self: complex
    slope_time: complex
    slope_slope: float


def realised_information(pulse: Pulse, symbols: ArrayLike, snr: float) -> F:
    """J [2, 2] about (τ̃, f̃) from the symbols s [M], amplitude unknown; `snr` = |A|² N_r/σ², so ρ = snr·mean|s|².

    J_ij = 2 snr Re(<∂_i, ∂_j> - <∂_i, x><x, ∂_j>/<x, x>) with ∂_τ = -x', ∂_f = j2πt x. Time is counted from the middle
    of the block, for accuracy; the result does not depend on it.
    """
    symbols = np.asarray(symbols)
    middle = (len(symbols) - 1) / 2.0
    products = _products(pulse, symbols, np.arange(len(symbols)) - middle)
    along = np.array([-np.conj(products.slope_self), 2j * np.pi * products.time])
    gram = _gram(products) - np.outer(along.conj(), along) / products.energy
    information: F = 2.0 * snr * gram.real
    return information


def realised_information_known_amplitude(
    pulse: Pulse, symbols: ArrayLike, snr: float, *, time_origin_slots: float = 0.0
) -> F:
    """J [2, 2] as `realised_information`, amplitude and phase at t = 0 known: 2 snr Re<∂_i, ∂_j>."""
    symbols = np.asarray(symbols)
    products = _products(pulse, symbols, time_origin_slots + np.arange(len(symbols)))
    information: F = 2.0 * snr * _gram(products).real
    return information


def _gram(products: _Products) -> C:
    """<∂_i, ∂_j> for ∂_τ = -x', ∂_f = j2πt x."""
    cross = -2j * np.pi * products.slope_time
    return np.array(
        [[products.slope_slope, cross], [np.conj(cross), 4.0 * np.pi**2 * products.square_time]], dtype=complex
    )


def _products(pulse: Pulse, symbols: C, start: ArrayLike) -> _Products:
    """Sum over pairs of symbols n = m + lag whose pulses overlap, with t = start[m] + u in the integrals over u."""
    start = np.asarray(start, float)
    u, weight = _quadrature(pulse.support)
    width = pulse.support[1] - pulse.support[0]
    furthest = min(int(np.ceil(width)) - 1, len(symbols) - 1)
    here, here_slope = pulse(u).conj() * weight, pulse.derivative(u).conj() * weight
    total = np.zeros(6, complex)
    for lag in range(-furthest, furthest + 1):
        there, there_slope = pulse(u - lag), pulse.derivative(u - lag)
        first, last = max(0, -lag), min(len(symbols), len(symbols) - lag)
        pair = symbols[first:last].conj() * symbols[first + lag : last + lag]
        t = start[first:last]
        plain, shifted, squared = pair.sum(), (pair * t).sum(), (pair * t**2).sum()
        overlap, overlap_time = here @ there, (here * u) @ there
        total += [
            plain * overlap,
            shifted * overlap + plain * overlap_time,
            squared * overlap + 2.0 * shifted * overlap_time + plain * ((here * u**2) @ there),
            plain * (here_slope @ there),
            shifted * (here_slope @ there) + plain * ((here_slope * u) @ there),
            plain * (here_slope @ there_slope),
        ]
    return _Products(
        energy=total[0].real,
        time=total[1].real,
        square_time=total[2].real,
        slope_self=complex(total[3]),
        slope_time=complex(total[4]),
        slope_slope=total[5].real,
    )


def _quadrature(support: tuple[float, float]) -> tuple[F, F]:
    """Nodes and weights over the support, panel by panel between whole slots from either end."""
    first, last = support
    steps = np.arange(np.ceil(last - first))
    edges = np.unique(np.round(np.concatenate([first + steps, last - steps]), 12))
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    half = np.diff(edges) / 2.0
    centre = edges[:-1] + half
    return (centre[:, None] + half[:, None] * node).ravel(), (half[:, None] * weight).ravel()
