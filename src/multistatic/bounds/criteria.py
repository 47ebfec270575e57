"""The registered criteria of selection, each made from a SensingNetwork: one value per group, lower is better.

An entry point of `multistatic.criteria` is a factory (SensingNetwork) → object with `name`, `unit` and `values(masks,
illumination_w)`; see `selection.problem.Criterion`. Every value here is a power of the illumination times a function
of the group, so the best group is the same for all beams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from multistatic.bounds.delay_doppler import information_per_snr
from multistatic.bounds.position import Quantity, position_information, squared_error_bound
from multistatic.bounds.published import published_information_per_snr
from multistatic.bounds.sensing import SensingNetwork
from multistatic.bounds.surrogate import surrogate_constant
from multistatic.units import B, F

_CHUNK = 1 << 14
# What our own criteria are measured in; of another package's the unit is known only once it is made.
UNITS = {"surrogate": "", "published": "", "peb": "m", "veb": "m/s", "weighted": "m"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AdditiveCriterion:
    """C/(p_t Σ_k b_k w_k) with `constant` C and `weights` w_k [K] per W; infinity for a group without weight."""

    name: str
    constant: float
    weights: F
    unit: str = ""

    def values(self, masks: B, illumination_w: float) -> F:
        """Value [n] of each row of `masks` [n, K]."""
        weight = np.concatenate([chunk @ self.weights for chunk in _chunks(masks)]) * illumination_w
        return np.where(weight > 0, self.constant / np.where(weight > 0, weight, 1.0), np.inf)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalizationCriterion:
    """PEB, VEB or a sum of both from delays and Dopplers. `information` [K, 2d, 2d] at 1 W; `bound` gives the square.

    `weighting` A [2d, 2d]: the value's square is tr[A J⁻¹]/p_t, 1 on what the bound is about and 0 elsewhere.
    """

    name: str
    unit: str
    information: F
    weighting: F
    bound: Callable[[F], F]

    def values(self, masks: B, illumination_w: float) -> F:
        """Value [n] of each row of `masks` [n, K]; infinity where the target is unobservable."""
        count, size, _ = self.information.shape
        flat = self.information.reshape(count, size * size)
        squared = [self.bound((chunk @ flat).reshape(-1, size, size)) for chunk in _chunks(masks)]
        if not illumination_w > 0:
            return np.full(len(np.atleast_2d(masks)), np.inf)
        return np.sqrt(np.concatenate(squared) / illumination_w)


def surrogate(network: SensingNetwork) -> AdditiveCriterion:
    """U of (17) with the exact information."""
    constant = surrogate_constant(information_per_snr(network.pulse, network.samples))
    return AdditiveCriterion(name="surrogate", constant=constant, weights=network.snr_per_watt)


def published(network: SensingNetwork) -> AdditiveCriterion:
    """U of (18) as published: what the paper minimises. Not a bound."""
    per_snr = published_information_per_snr(network.pulse, network.samples, network.bandwidth_hz)
    return AdditiveCriterion(
        name="published", constant=surrogate_constant(per_snr), weights=network.published_snr_per_watt
    )


def peb(network: SensingNetwork) -> LocalizationCriterion:
    """Position error bound in m."""
    return _localization(network, "peb", "position")


def veb(network: SensingNetwork) -> LocalizationCriterion:
    """Velocity error bound in m/s."""
    return _localization(network, "veb", "velocity")


def weighted(network: SensingNetwork) -> LocalizationCriterion:
    """sqrt(PEB² + (T·VEB)²) in m with T = `velocity_weight_s`: an error of 1 m/s weighs as much as T metres."""
    horizon_s, d = network.velocity_weight_s, network.dimensions

    def bound(information: F) -> F:
        position, velocity = (squared_error_bound(information, what) for what in ("position", "velocity"))
        total: F = position + horizon_s**2 * velocity if horizon_s > 0 else position
        return total

    return LocalizationCriterion(
        name="weighted",
        unit=UNITS["weighted"],
        information=position_information(network, 1.0),
        weighting=np.diag(np.repeat([1.0, horizon_s**2], d)),
        bound=bound,
    )


def _localization(network: SensingNetwork, name: str, quantity: Quantity) -> LocalizationCriterion:
    bound = partial(squared_error_bound, quantity=quantity)
    about = np.repeat([quantity == "position", quantity == "velocity"], network.dimensions)
    return LocalizationCriterion(
        name=name,
        unit=UNITS[name],
        information=position_information(network, 1.0),
        weighting=np.diag(about.astype(float)),
        bound=bound,
    )


def _chunks(masks: B) -> Iterator[F]:
    """Rows of `masks` as numbers, some at a time: a million groups need no more memory than their values."""
    rows = np.atleast_2d(masks)
    for start in range(0, max(len(rows), 1), _CHUNK):
        yield rows[start : start + _CHUNK].astype(float)
