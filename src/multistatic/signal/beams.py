"""Transmit beams: W_0 illuminates the target, W_k carries the data of receiver k (equation (1))."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from multistatic.notebook import NotebookView, Overview
from multistatic.units import C, F, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Beams(NotebookView):
    """Beamforming matrices of the transmitter, for independent data streams of unit power.

    weights [1+K, N_t, L]: matrices W_j in √W with N_t antennas and L streams; index 0 is the sensing beam, index k the
        data beam of receiver k.

    Raises `ValueError` for another number of axes or values that are not finite. Source: equation (1).

    >>> Beams(weights=[[[0.6], [0.8]]]).power_w
    1.0
    """

    weights: C

    def __post_init__(self) -> None:
        weights = read_only(self.weights, np.complex128)
        if weights.ndim != 3 or not np.isfinite(weights).all():
            raise ValueError(f"beams of shape {weights.shape}, expected finite [1+K, N_t, L]")
        object.__setattr__(self, "weights", weights)

    @property
    def covariance_w(self) -> C:
        """Covariance S = Σ_j W_j W_jᴴ of the transmitted signal [N_t, N_t] in W."""
        flat = np.moveaxis(self.weights, 1, 0).reshape(self.weights.shape[1], -1)
        covariance: C = flat @ flat.conj().T
        return covariance

    @property
    def power_w(self) -> float:
        """Transmitted power tr S in W, the left side of the power constraint (2)."""
        return float(np.sum(np.abs(self.weights) ** 2))

    def illumination_w(self, steering_tx: ArrayLike) -> F:
        """Power sent towards each of M points [M] in W, for their steering vectors `steering_tx` [M, N_t]."""
        return illumination(self.weights, steering_tx)

    def overview(self) -> Overview:
        """How many beams of how many antennas and streams, and their power."""
        beams, antennas, streams = self.weights.shape
        title = f"a sensing beam and {beams - 1} data beams, {antennas} antennas, {streams} streams"
        return Overview(title=title, facts=(("power", f"{self.power_w:.4g} W"),))


def illumination(weights: C, steering_tx: ArrayLike) -> F:
    """p = aᵀSa* [M] of beams `weights` [J, N_t, L] towards M points, whose steering vectors are `steering_tx` [M, N_t]:
    the sum of |aᵀw|² over the columns w of all beams, in the unit of power of the beams.
    """
    rows = np.atleast_2d(np.asarray(steering_tx))
    columns = np.moveaxis(np.asarray(weights), 1, 0).reshape(rows.shape[1], -1)
    used = columns[:, np.any(columns != 0.0, axis=0)]
    return np.asarray(np.sum(np.abs(rows @ used) ** 2, axis=1))
