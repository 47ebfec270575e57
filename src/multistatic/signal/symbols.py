"""Random data symbols s of unit mean power, E|s|² = 1 (below equation (1))."""

from __future__ import annotations

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.units import C, F

GAUSSIAN = "gaussian"
QAM_ORDERS = (4, 16, 64, 256)
SYMBOL_KINDS = (GAUSSIAN, *(f"qam{order}" for order in QAM_ORDERS))


def draw_symbols(kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> C:
    """Independent symbols of `shape`, by convention [..., 1+K, L, M]: beams, streams, slots.

    `gaussian`: CN(0, 1), as the paper's rates and bounds suppose. `qam4`, `qam16`, `qam64`, `qam256`: square QAM, all
    points equally likely. Raises `InputError` for another kind.
    """
    if kind == GAUSSIAN:
        parts = rng.standard_normal((*shape, 2))
        parts *= np.sqrt(0.5)
        return np.asarray(parts.view(np.complex128)[..., 0])
    if kind not in SYMBOL_KINDS:
        raise InputError([Problem("symbols", repr(kind), "one of " + ", ".join(SYMBOL_KINDS))])
    levels = qam_levels(int(kind.removeprefix("qam")))
    real, imaginary = levels[rng.integers(len(levels), size=(2, *shape))]
    return np.asarray(real + 1j * imaginary)


def qam_levels(order: int) -> F:
    """The √n amplitudes of either axis of square QAM with n = `order` points and unit mean power.

    ±1, ±3, … have the mean square (n-1)/3 on each axis.
    """
    side = round(np.sqrt(order))
    levels: F = (2.0 * np.arange(side) - (side - 1)) / np.sqrt(2.0 * (order - 1) / 3.0)
    return levels
