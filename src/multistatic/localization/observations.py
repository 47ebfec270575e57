"""Measurements of many fixes as arrays, in metres and metres per second, each whitened by its own covariance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from multistatic.bounds.clock import without_offsets
from multistatic.errors import InputError, Problem, nearest
from multistatic.estimation.measurement import Measurement
from multistatic.linalg import root_of_two
from multistatic.localization.known_sites import KnownSites
from multistatic.localization.times import times_text
from multistatic.units import SPEED_OF_LIGHT_M_S, B, F

# A variance of a direction below this share of the largest is not a measured coordinate (2-D: none out of the plane).
_FLAT = 1e-9
# Receivers that a message names.
_NAMES = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observations:
    """What K receivers measured in n fixes.

    `measured` [n, K, 2]: bistatic range cτ in m and range rate -λf in m/s. `arrival` [n, K, 3]: direction of arrival;
    None if no receiver has directions. `axes` [n, K, 3, 2]: two unit vectors across it; where only `components` [n, K]
    of it are measured, the axes of those, zero for a second one that is not there. `root` [n, K, m, m], m = 2 or 4: a
    root of the information about (range, rate[, two angles or components]), LᵀL = (covariance + own clock)⁻¹; zero for
    what was not measured or does not count. `covariance` [n, K, 2, 2] of (range, rate) without the clock. `detected`
    [n, K]. `expected` [n, 2d]: mean of (p, v) before the measurements, and `prior_rows` [n, r, 2d]: W with WᵀW the
    information of that prior; None without one.
    """

    measured: F
    root: F
    covariance: F
    detected: B
    arrival: F | None = None
    axes: F | None = None
    components: B | None = None
    expected: F | None = None
    prior_rows: F | None = None

    def __len__(self) -> int:
        return len(self.measured)

    def cases(self, index: np.ndarray) -> Observations:
        """The fixes of `index`, in its order."""
        arrays: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        some: dict[str, Any] = {name: None if array is None else array[index] for name, array in arrays.items()}
        return Observations(**some)

    def without(self, dropped: B) -> Observations:
        """The same, but the receivers of `dropped` [n, K] do not count."""
        return replace(self, root=np.where(dropped[..., None, None], 0.0, self.root), detected=self.detected & ~dropped)

    def without_prior(self) -> Observations:
        """The same measurements alone."""
        return replace(self, expected=None, prior_rows=None)

    @property
    def degrees(self) -> np.ndarray:
        """How many independent numbers each receiver contributes [n, K]."""
        return np.sum(np.abs(self.root).sum(axis=-1) > 0, axis=-1)

    @property
    def prior_degrees(self) -> int:
        """How many independent numbers the prior of (p, v) contributes to each fix."""
        return 0 if self.prior_rows is None else self.prior_rows.shape[1]


def observations(groups: Sequence[Sequence[Measurement]], sites: KnownSites) -> Observations:
    """Arrays of the detected measurements of each group (one group a fix).

    Measurements with verdict `not_detected` or `ambiguous` do not count. Raises `InputError` with every problem: an
    unknown receiver, one twice in a group, a value that is not finite, a covariance that is not positive definite.
    """
    place = {name: k for k, name in enumerate(sites.receiver_ids)}
    count, problems = len(groups), []
    measured, covariance = np.zeros((count, sites.size, 2)), np.tile(np.eye(2), (count, sites.size, 1, 1))
    arrival, spread = np.zeros((count, sites.size, 3)), np.zeros((count, sites.size, 3, 3))
    detected: B = np.zeros((count, sites.size), bool)
    components = detected.copy()
    strange: dict[str, int] = {}
    for i, group in enumerate(groups):
        for one in group:
            path = f"measurement of {one.receiver_id!r} at {times_text([one.time_s])[0]} s"
            k = place.get(one.receiver_id)
            if k is None:
                strange[one.receiver_id] = strange.get(one.receiver_id, 0) + 1
            elif one.verdict != "detected":
                continue
            elif detected[i, k]:
                problems.append(
                    Problem(path, "a second measurement of this receiver", "one for each receiver and time")
                )
            else:
                detected[i, k] = True
                measured[i, k] = one.delay_s, one.doppler_hz
                covariance[i, k] = one.covariance
                if one.direction is not None and one.direction_covariance is not None:
                    arrival[i, k], spread[i, k] = one.direction, one.direction_covariance
                    components[i, k] = one.direction_kind == "components"
    problems = [*_unknown_receivers(strange, sites), *problems]
    problems += _bad_values(measured, covariance, arrival, spread, components, detected, sites)
    if problems:
        raise InputError(problems[:100], source="measurements")
    ranged = _whitened(measured, covariance, detected, sites)
    return _with_directions(ranged, arrival, spread, components) if arrival.any() else ranged


def _unknown_receivers(strange: Mapping[str, int], sites: KnownSites) -> list[Problem]:
    """One problem for all measurements of receivers that the network does not have: {id: number of measurements}."""
    if not strange:
        return []
    count = sum(strange.values())
    received = f"{count} measurement{'s' if count > 1 else ''} of {_some(list(map(repr, strange)))}"
    hints = {name: nearest(name, sites.receiver_ids) for name in list(strange)[:_NAMES]}
    meant = [f"{known} for {name!r}" for name, known in hints.items() if known]
    hint = f"did you mean {', '.join(meant)}?" if meant else "are these measurements of another network?"
    return [Problem("receiver_id", received, f"receivers of the scenario: {_some(sites.receiver_ids)}", hint)]


def _some(names: Sequence[str]) -> str:
    """The first names, and how many there are where these are not all."""
    more = f", … ({len(names)} in all)" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more


def _bad_values(
    measured: F, covariance: F, arrival: F, spread: F, components: B, detected: B, sites: KnownSites
) -> list[Problem]:
    """A problem for each measurement whose values or covariances cannot be used."""
    problems = []
    finite = np.isfinite(arrival).all(axis=-1) & np.isfinite(spread).all(axis=(-1, -2))
    variances = np.linalg.eigvalsh(np.where(np.isfinite(spread), spread, 0.0))
    determinant = covariance[..., 0, 0] * covariance[..., 1, 1] - covariance[..., 0, 1] * covariance[..., 1, 0]
    with np.errstate(invalid="ignore"):
        definite = (covariance[..., 0, 0] > 0) & (covariance[..., 1, 1] > 0) & (determinant > 0)
        for bad, received, expected in (
            (~np.isfinite(measured).all(axis=-1), "delay or Doppler that is not finite", "finite numbers"),
            (~(definite & np.isfinite(covariance).all(axis=(-1, -2))), "its covariance", "positive definite, finite"),
            (~finite, "direction", "finite"),
            (
                components & (variances[..., 0] > _FLAT * variances[..., 2]),
                "components of a direction along three axes",
                "a covariance of rank 1 or 2, or a whole direction",
            ),
        ):
            for i, k in np.argwhere(bad & detected)[:100]:
                problems.append(Problem(f"fix {i}, {sites.receiver_ids[k]}", received, expected))
    return problems


def _whitened(measured: F, covariance: F, detected: B, sites: KnownSites) -> Observations:
    unit = np.array([SPEED_OF_LIGHT_M_S, -sites.wavelength_m])
    scaled = covariance * unit[:, None] * unit
    clock = sites.clock_or_perfect
    offsets = np.stack([clock.time_s, clock.frequency_hz], axis=1) * np.abs(unit)
    a, b, c = scaled[..., 0, 0], scaled[..., 0, 1], scaled[..., 1, 1]
    inverse = np.stack([np.stack([c, -b], axis=-1), np.stack([-b, a], axis=-1)], axis=-2)
    inverse = inverse / (a * c - b * b)[..., None, None]
    information = without_offsets(inverse, offsets) * detected[..., None, None]
    return Observations(measured=measured * unit, root=root_of_two(information), covariance=scaled, detected=detected)


def _with_directions(ranged: Observations, arrival: F, spread: F, components: B) -> Observations:
    """`ranged` with directions [n, K, 3] of the covariances `spread`; a direction of zeros is none."""
    measured = (np.linalg.norm(arrival, axis=-1) > 0) & ranged.detected
    # Of components the two axes with the largest variances: the covariance says nothing along any other.
    axes = np.where(components[..., None, None], np.linalg.eigh(spread)[1][..., 1:], _across(arrival))
    values, vectors = np.linalg.eigh(np.swapaxes(axes, -1, -2) @ spread @ axes)
    kept = (values > _FLAT * np.maximum(values[..., 1:], 1e-300)) & measured[..., None]
    weights = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    axes = axes @ vectors
    root = np.zeros((*measured.shape, 4, 4))
    root[..., :2, :2] = ranged.root
    root[..., 2, 2], root[..., 3, 3] = weights[..., 0], weights[..., 1]
    axes = np.where((components[..., None] & ~kept)[..., None, :], 0.0, axes)
    return replace(ranged, root=root, arrival=arrival, axes=axes, components=components)


def _across(direction: F) -> F:
    """Two orthonormal vectors [..., 3, 2] across each direction, the second one as vertical as can be."""
    up = np.where(np.abs(direction[..., 2:]) < 0.9, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0])
    first = np.cross(up, direction)
    first /= np.maximum(np.linalg.norm(first, axis=-1, keepdims=True), 1e-300)
    return np.stack([first, np.cross(direction, first)], axis=-1)
