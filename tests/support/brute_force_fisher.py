"""Fisher matrices of sampled signals by finite differences: no formula of the package is used here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from multistatic.signal.pulse import Pulse


def sample_times(slots: int, per_slot: int, start: float) -> tuple[np.ndarray, np.ndarray]:
    """Sampling times inside every slot and sqrt of the sampling weights: Gauss points, so that sums are integrals."""
    node, weight = np.polynomial.legendre.leggauss(per_slot)
    times = start + np.arange(slots)[:, None] + (node + 1) / 2
    return times.ravel(), np.sqrt(np.tile(weight / 2, slots))


def waveform(pulse: Pulse, symbols: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Σ_m s[m] g(t - m)."""
    return sum(symbol * pulse(times - m) for m, symbol in enumerate(symbols))


def derivatives(signal: Callable[[np.ndarray], np.ndarray], at: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """∂signal/∂parameter as columns, by fourth-order central differences."""
    columns = []
    for i, step in enumerate(steps):
        move = np.zeros(len(at))
        move[i] = step
        near = signal(at + move) - signal(at - move)
        far = signal(at + 2 * move) - signal(at - 2 * move)
        columns.append((8 * near - far).ravel() / (12 * step))
    return np.array(columns).T


def without_nuisance(wanted: np.ndarray, nuisance: np.ndarray, noise: float) -> np.ndarray:
    """2/noise Re(Dᴴ D) for the part of the columns `wanted` that real combinations of `nuisance` cannot imitate."""
    stacked = np.vstack([wanted.real, wanted.imag])
    others = np.vstack([nuisance.real, nuisance.imag])
    basis = np.linalg.qr(others)[0]
    rest = stacked - basis @ (basis.T @ stacked)
    return 2.0 / noise * rest.T @ rest
