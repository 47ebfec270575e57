"""Beams from covariances without loss (model.md §8)."""

from __future__ import annotations

import numpy as np

from multistatic.units import C

NEGLIGIBLE = 1e-14


def beams_from_covariances(covariances: C, channels: C, steering: C | None) -> C:
    """Beams [1+K, n, L], L = max(1, N_r), that have the illumination of `covariances`, no more power and no lower rate.

    `covariances` [1+K, n, n] positive semidefinite, `channels` [K, N_r, n], `steering` [n] the row a_bᵀ; None where
    there are several points: Q_0 keeps its rank then, and L = max(n, N_r).

    1. Q_k → Q_k^½ Π Q_k^½ with Π the projector on the range of Q_k^½H_kᴴ: receiver k receives the same signal, of rank
       ≤ rank H_k, from less power. The rest E_k = Q_k^½(I-Π)Q_k^½ goes to Q_0. H_kE_k = 0, so receiver k does not
       receive it; a selected receiver j ≠ k cancelled none of Q_k and now cancels E_k; an unselected one receives E_k
       either way.
    2. Q_0 → Q_0 a*aᵀQ_0 / (aᵀQ_0a*), a = a_b: the same illumination, and not more than Q_0 in the positive
       semidefinite order, so that no receiver receives more of it.
    """
    count, antennas, size = channels.shape
    width = max(1, antennas) if steering is not None else max(size, antennas)
    weights = np.zeros((1 + count, size, width), complex)
    sensing = [_root(covariances[0])]
    for k in range(count):
        root = _root(covariances[k + 1])
        left, singular, _ = np.linalg.svd(root @ channels[k].conj().T, full_matrices=True)
        # Directions whose received power is nothing beside noise 1 count as unheard.
        rank = int(np.sum(singular > NEGLIGIBLE * max(1.0, float(singular.max(initial=0.0)))))
        weights[k + 1, :, :rank] = root @ left[:, :rank]
        sensing.append(root @ left[:, rank:])
    factor = np.concatenate(sensing, axis=1)  # Q_0 = factor factorᴴ
    if steering is None:
        weights[0, :, :size] = _root(factor @ factor.conj().T)
        return weights
    on_target = factor.conj().T @ steering.conj()
    illumination = float(np.sum(np.abs(on_target) ** 2))
    if illumination > 0:
        weights[0, :, 0] = factor @ on_target / np.sqrt(illumination)
    return weights


def _root(covariance: C) -> C:
    """Q^½, Hermitian; what rounding made negative counts as zero."""
    values, vectors = np.linalg.eigh((covariance + covariance.conj().T) / 2)
    root: C = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.conj().T
    return root
