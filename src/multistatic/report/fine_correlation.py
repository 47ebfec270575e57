"""The correlation of a long signal with a known one at a few neighbouring delays and Doppler shifts close to zero."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from multistatic.units import C, F

# Parts of a signal over each of which a Doppler shift close to zero turns the phase very little.
_PARTS = 256


def fine_statistic(branches: C, known: C, lags: tuple[int, int], dopplers: F) -> F:
    """Σ_p |Σ_n x*[n - k] y_p[n] e^{-j2πνn}|² / Σ|x|² [H, K, D] for signals y_p [P, N].

    known [D, I]: x, the known signal at several fractions of a sample.
    lags: the first lag k in samples, and the one after the last.
    dopplers [H]: ν in cycles per sample, with |ν|I of a few cycles.

    Products are summed over parts of equal length first, and each sum is turned by the phase of the middle of its
    part: the error is below (π|ν|I/256)²/6 of Σ|x y|. Σ|x|² counts where the recording has samples.
    """
    length, count, width = known.shape[1], branches.shape[1], lags[1] - lags[0]
    # So that every lag finds a sample, zero outside of the recording.
    before, after = max(0, -lags[0]), max(0, lags[1] - 1 + length - count)
    padded = np.pad(branches, ((0, 0), (before, after)))
    origin = before + lags[0]
    edges = np.unique(np.linspace(0, length, min(_PARTS, length) + 1).astype(int))
    conjugate = np.ascontiguousarray(known.conj().T)
    sums = np.empty((len(edges) - 1, len(branches), width, len(known)), complex)
    for part, (begin, end) in enumerate(pairwise(edges)):
        for p, branch in enumerate(padded):
            windows = sliding_window_view(branch[origin + begin : origin + end + width - 1], end - begin)
            sums[part, p] = windows @ conjugate[begin:end]
    middles = (edges[:-1] + edges[1:] - 1 - (length - 1)) / 2.0
    turned = np.tensordot(np.exp(-2j * np.pi * np.outer(dopplers, middles)), sums, axes=1)
    energies = np.concatenate([np.zeros((len(known), 1)), np.cumsum(np.abs(known) ** 2, axis=1)], axis=1)
    shift = np.arange(*lags)
    first, last = np.clip(-shift, 0, length), np.clip(count - shift, 0, length)
    inside = (energies[:, np.maximum(first, last)] - energies[:, first]).T
    found: F = np.sum(np.abs(turned) ** 2, axis=1) / np.where(inside > 0, inside, 1.0)
    return found
