"""Direction of arrival from the amplitudes at the antennas (paper eq. (5), any array).

A snapshot v = A a(u) + noise of one echo, a(u) the steering vector. For A unknown the likelihood is largest where
|a(u)ᴴv|² is; its information about directions is 2 SNR (2π/λ)² tᵀCt along a tangent t, C the array's `aperture_m2`,
SNR that of all antennas together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from multistatic.scenario.arrays import AntennaArray
from multistatic.units import C, F

_STEPS = 12
_MOST_DIRECTIONS = 20_000
_TRIALS_AT_ONCE = 256
# Variance of an angle of which nothing is known but the half circle.
_NO_KNOWLEDGE = np.pi**2 / 12.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Directions:
    """Unit vectors receiver → target [B, 3], their covariances [B, 3, 3], and what the array cannot tell (`note`).

    Both None where the array determines no direction; `note` then says why.
    """

    direction: F | None
    covariance: F | None
    note: str = ""


def find_directions(
    snapshots: C, snr: F, array: AntennaArray, wavelength_m: float, dimensions: Literal[2, 3]
) -> Directions:
    """Directions of snapshots [B, N_r] with SNR [B] over all antennas.

    `dimensions` = 2: directions in the horizontal plane. An array in a line (2-D) or in a plane (3-D) cannot tell the
    two sides of it apart: the side of its normal with positive first component is returned, and the note says so.
    """
    aperture = array.aperture_m2()[:dimensions, :dimensions]
    values, vectors = np.linalg.eigh(aperture)
    rank = int(np.count_nonzero(values > 1e-9 * max(values[-1], (1e-3 * wavelength_m) ** 2)))
    if rank < dimensions - 1:
        reason = "one antenna" if array.size == 1 else "an array in a line" if rank else "no horizontal extent"
        return Directions(direction=None, covariance=None, note=f"No direction: {reason}.")
    normal = None
    if rank == dimensions - 1:
        normal = np.zeros(3)
        normal[:dimensions] = vectors[:, 0] * _sign_of_first(vectors[:, 0])
    candidates = _grid(values[-1], wavelength_m, dimensions)
    if normal is not None:
        candidates = candidates[candidates @ normal >= 0.0]
    steering = array.steering_vector(candidates, wavelength_m).conj()
    start = np.empty(len(snapshots), np.int64)
    for begin in range(0, len(snapshots), _TRIALS_AT_ONCE):
        block = slice(begin, begin + _TRIALS_AT_ONCE)
        start[block] = np.argmax(np.abs(snapshots[block] @ steering.T), axis=1)
    direction = _climb(snapshots, candidates[start], array, wavelength_m, dimensions)
    note = ""
    if normal is not None:
        below = (direction @ normal)[:, None]
        direction = np.where(below < 0.0, direction - 2.0 * below * normal, direction)
        shape = "a line" if dimensions == 2 else "a plane"
        side = ", ".join(f"{part:.3g}" for part in normal + 0.0)
        note = f"The antennas are in {shape}: the mirror image behind them fits as well (shown: the side of [{side}])."
    return Directions(
        direction=direction, covariance=_covariance(direction, snr, array, wavelength_m, dimensions), note=note
    )


def _climb(snapshots: C, direction: F, array: AntennaArray, wavelength_m: float, dimensions: Literal[2, 3]) -> F:
    """Fisher scoring on ln|aᴴv|² in tangent coordinates, whose Hessian is about -2Λ, Λ = (2π/λ)² BᵀCB."""
    wavenumber = 2.0 * np.pi / wavelength_m
    centred = array.elements_m - array.elements_m.mean(axis=0)
    for _ in range(_STEPS):
        tangents = _tangents(direction, dimensions)
        terms = array.steering_vector(direction, wavelength_m).conj() * snapshots
        total = terms.sum(axis=1)
        along = np.einsum("nj,bjq->bnq", centred, tangents)
        slope = -1j * wavenumber * np.einsum("bn,bnq->bq", terms, along)
        power = np.maximum(np.abs(total) ** 2, 1e-300)
        gradient = 2.0 * (total.conj()[:, None] * slope).real / power[:, None]
        curvature = wavenumber**2 * np.einsum("bnq,bnr->bqr", along, along) / array.size
        # At the end of a line of antennas there is no information left: damp instead of dividing by zero.
        curvature = curvature + 1e-6 * wavenumber**2 * np.trace(array.aperture_m2()) * np.eye(tangents.shape[2])
        step = np.linalg.solve(2.0 * curvature, gradient[..., None])[..., 0]
        length = np.linalg.norm(step, axis=1, keepdims=True)
        most = 0.5 / np.sqrt(np.trace(curvature, axis1=1, axis2=2))[:, None]
        step = step * np.minimum(1.0, most / np.maximum(length, 1e-300))
        moved = direction + np.einsum("bjq,bq->bj", tangents, step)
        direction = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return direction


def _covariance(direction: F, snr: F, array: AntennaArray, wavelength_m: float, dimensions: Literal[2, 3]) -> F:
    """B (2 SNR Λ)⁻¹ Bᵀ, no axis with more than what a half circle allows."""
    tangents = _tangents(direction, dimensions)
    aperture = np.einsum("bjq,jk,bkr->bqr", tangents, array.aperture_m2(), tangents)
    information = 2.0 * snr[:, None, None] * (2.0 * np.pi / wavelength_m) ** 2 * aperture
    values, vectors = np.linalg.eigh(information)
    variance = 1.0 / np.maximum(values, 1.0 / _NO_KNOWLEDGE)
    axes = np.einsum("bjq,bqr->bjr", tangents, vectors)
    covariance: F = np.einsum("bjr,br,bkr->bjk", axes, variance, axes)
    return covariance


def _tangents(direction: F, dimensions: Literal[2, 3]) -> F:
    """Orthonormal tangents B [B, 3, q] of the circle (q = 1) or sphere (q = 2) at unit vectors [B, 3]."""
    if dimensions == 2:
        return np.stack([-direction[:, 1], direction[:, 0], np.zeros(len(direction))], axis=1)[..., None]
    helper = np.where(np.abs(direction[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    first = np.cross(helper, direction)
    first = first / np.linalg.norm(first, axis=1, keepdims=True)
    return np.stack([first, np.cross(direction, first)], axis=2)


def _grid(largest_m2: float, wavelength_m: float, dimensions: Literal[2, 3]) -> F:
    """Directions [G, 3] at most half of a beam's width, 1/sqrt(Λ), from one to the next."""
    spacing = min(0.1, 0.5 * wavelength_m / (2.0 * np.pi * np.sqrt(largest_m2)))
    if dimensions == 2:
        angle = np.linspace(
            0.0, 2.0 * np.pi, min(_MOST_DIRECTIONS, int(np.ceil(2.0 * np.pi / spacing))), endpoint=False
        )
        return np.stack([np.cos(angle), np.sin(angle), np.zeros(len(angle))], axis=1)
    count = min(_MOST_DIRECTIONS, int(np.ceil(4.0 * np.pi / spacing**2)))
    # Fibonacci's spiral covers the sphere evenly.
    index = np.arange(count) + 0.5
    height, angle = 1.0 - 2.0 * index / count, np.pi * (1.0 + np.sqrt(5.0)) * index
    radius = np.sqrt(1.0 - height**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)


def _sign_of_first(vector: F) -> float:
    """Sign of the first component that is not zero."""
    return float(np.sign(vector[np.argmax(np.abs(vector) > 1e-9)]))
