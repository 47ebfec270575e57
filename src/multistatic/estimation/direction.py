"""Direction of arrival from the amplitudes at the antennas (paper eq. (5), any array).

A snapshot v = A a(u) + noise of one echo, a(u) the steering vector. For A unknown the likelihood is largest where
|a(u)ᴴv|² is; its information about directions is 2 SNR (2π/λ)² tᵀCt along a tangent t, C the array's `aperture_m2`,
SNR that of all antennas together.

The phases of a(u) depend on u through its components along the axes that the antennas span. Antennas in a line, or in
3-D in a plane, measure these and nothing else: with P the axes, Pᵀu has the covariance (2 SNR (2π/λ)² PᵀCP)⁻¹ whatever
u is, and the rest of a unit vector is not known. One axis missing leaves a mirror image, two leave a cone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from multistatic.estimation.error_digits import fixed
from multistatic.estimation.measurement import DirectionKind
from multistatic.scenario.arrays import AntennaArray
from multistatic.units import C, F

_STEPS = 12
_MOST_DIRECTIONS = 20_000
_TRIALS_AT_ONCE = 256
# Variance of an angle of which nothing is known but the half circle, and of a component that may be anything in ±1.
_NO_KNOWLEDGE = np.pi**2 / 12.0
_NO_COMPONENT = 1.0 / 3.0
# The first zero of a beam is about so far from its middle, in units of 1/sqrt(Λ): π/2 for two antennas, 1.8 for many.
_OUT_OF_THE_BEAM = 1.6
# A second direction is ruled out where it is this many times less likely.
_ODDS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Directions:
    """Unit vectors receiver → target [B, 3], their covariances [B, 3, 3], and what the array leaves undetermined
    (`note`).

    Both None where the array determines no direction; `note` then says why. The covariance of a trial is infinite where
    another direction may be the right one: antennas half a wavelength or more apart look the same, or nearly, from both
    ends of their line. `kind` as in `Measurement`.
    """

    direction: F | None
    covariance: F | None
    kind: DirectionKind = "whole"
    note: str = ""


def find_directions(
    snapshots: C, snr: F, array: AntennaArray, wavelength_m: float, dimensions: Literal[2, 3]
) -> Directions:
    """Directions of snapshots [B, N_r] with SNR [B] over all antennas.

    `dimensions` = 2: directions in the horizontal plane. Of an array that leaves an axis free, `components` are known;
    the direction is then the one of those that fit which lies towards a fixed normal of the array, and the note says
    so.
    """
    aperture = np.zeros((3, 3))
    aperture[:dimensions, :dimensions] = array.aperture_m2()[:dimensions, :dimensions]
    values, vectors = np.linalg.eigh(aperture)
    spanned = values > 1e-9 * max(values[-1], (1e-3 * wavelength_m) ** 2)
    rank = int(np.count_nonzero(spanned))
    if not rank:
        reason = "one antenna" if array.size == 1 else "antennas without horizontal extent"
        return Directions(
            direction=None, covariance=None, note=f"No direction was estimated: the receiver has {reason}."
        )
    beams = 2.0 * np.pi / wavelength_m * vectors[:, spanned] * np.sqrt(values[spanned])
    best, rival = _peaks(snapshots, beams, _grid(values[-1], wavelength_m, dimensions), array, wavelength_m)
    direction, other = (_ascend(snapshots, start, array, wavelength_m, dimensions) for start in (best, rival))
    # An ascent from the end of a line may end in the beam of the best: its start counts as well.
    share, two = _power(snapshots, direction, array, wavelength_m), np.zeros(len(snapshots), bool)
    for each, first in ((rival, best), (other, direction)):
        apart = np.linalg.norm((each - first) @ beams, axis=1) > _OUT_OF_THE_BEAM
        two |= apart & (snr * (share - _power(snapshots, each, array, wavelength_m)) < np.log(_ODDS))
    if rank == dimensions:
        covariance = _covariance(direction, snr, array, wavelength_m, dimensions)
        return Directions(direction=direction, covariance=np.where(two[:, None, None], np.inf, covariance))
    axes, normal = vectors[:, spanned], _normal(vectors[:, spanned])
    covariance = _component_covariance(values[spanned], axes, snr, wavelength_m)
    if rank == dimensions - 1:
        shape = "line" if rank == 1 else "plane"
        note = (
            f"The antennas form a {shape}: the mirror image of the direction fits equally well; the one stated lies on "
            f"the side of {_in_words(normal)}."
        )
    else:
        note = (
            f"The antennas form a line towards {_in_words(axes[:, 0] * _sign_of_first(axes[:, 0]))}: every direction "
            f"at the same angle to it fits equally well; the one stated is turned to {_in_words(normal)}."
        )
    return Directions(
        direction=_towards(direction @ axes @ axes.T, normal),
        covariance=np.where(two[:, None, None], np.inf, covariance),
        kind="components",
        note=note,
    )


def _normal(axes: F) -> F:
    """A unit vector [3] across the axes [3, q] and not vertical where another will do, its first part positive."""
    up = np.array([0.0, 0.0, 1.0])
    normal = np.cross(axes[:, 0], axes[:, 1] if axes.shape[1] == 2 else up)
    if not np.linalg.norm(normal) > 1e-6:  # a vertical line
        normal = np.array([1.0, 0.0, 0.0])
    normal = normal * _sign_of_first(normal)
    return np.asarray(normal / np.linalg.norm(normal), float)


def _in_words(vector: F) -> str:
    """Azimuth, counted from the x axis counterclockwise, and elevation of a unit vector [3] in whole degrees."""
    level = np.hypot(vector[0], vector[1])
    if level < 1e-6:
        return "the zenith" if vector[2] > 0 else "the nadir"
    azimuth = np.degrees(np.arctan2(vector[1], vector[0]))
    elevation = np.degrees(np.arctan2(vector[2], level))
    height = f", elevation {elevation:.0f}°" if abs(elevation) >= 0.5 else ""
    return f"azimuth {fixed(float(azimuth), 0)}°{height}"


def _towards(seen: F, normal: F) -> F:
    """Unit vectors [B, 3] with the components `seen` and the rest along the normal."""
    square = np.sum(seen**2, axis=1, keepdims=True)
    # At the end of the axis, rounding may take it to its outside.
    direction: F = seen / np.sqrt(np.maximum(square, 1.0)) + np.sqrt(np.maximum(1.0 - square, 0.0)) * normal
    return direction


def _component_covariance(aperture_m2: F, axes: F, snr: F, wavelength_m: float) -> F:
    """Of the components along the axes [3, q], P (2 SNR Λ)⁻¹ Pᵀ [B, 3, 3]; none with more than anything in ±1 has."""
    information = 2.0 * snr[:, None] * (2.0 * np.pi / wavelength_m) ** 2 * aperture_m2
    variance = 1.0 / np.maximum(information, 1.0 / _NO_COMPONENT)
    covariance: F = np.einsum("jq,bq,kq->bjk", axes, variance, axes)
    return covariance


def _peaks(snapshots: C, beams: F, candidates: F, array: AntennaArray, wavelength_m: float) -> tuple[F, F]:
    """The most likely of the candidates for each snapshot, and the most likely one outside of its beam [B, 3]."""
    steering, places = array.steering_vector(candidates, wavelength_m).conj(), candidates @ beams
    best, rival = np.empty((2, len(snapshots)), np.int64)
    for begin in range(0, len(snapshots), _TRIALS_AT_ONCE):
        block = slice(begin, begin + _TRIALS_AT_ONCE)
        power = np.abs(snapshots[block] @ steering.T)
        best[block] = np.argmax(power, axis=1)
        distance = np.linalg.norm(places - places[best[block], None], axis=2)
        rival[block] = np.argmax(np.where(distance > _OUT_OF_THE_BEAM, power, 0.0), axis=1)
    return candidates[best], candidates[rival]


def _power(snapshots: C, direction: F, array: AntennaArray, wavelength_m: float) -> F:
    """|a(u)ᴴv|²/(|a|²|v|²) [B]: the part of the SNR that this direction explains."""
    matched = np.abs(np.sum(array.steering_vector(direction, wavelength_m).conj() * snapshots, axis=1)) ** 2
    total = array.size * np.sum(np.abs(snapshots) ** 2, axis=1)
    share: F = matched / np.maximum(total, np.finfo(float).tiny)
    return share


def _ascend(snapshots: C, direction: F, array: AntennaArray, wavelength_m: float, dimensions: Literal[2, 3]) -> F:
    """Fisher scoring on ln|aᴴv|² in tangent coordinates, whose Hessian is about -2Λ, Λ = (2π/λ)² BᵀCB.

    Where it ends worse than it began, which happens at the end of a line, where nothing is steep, it has not begun.
    """
    start, begun = direction, _power(snapshots, direction, array, wavelength_m)
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
    worse = _power(snapshots, direction, array, wavelength_m) < begun
    better: F = np.where(worse[:, None], start, direction)
    return better


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
