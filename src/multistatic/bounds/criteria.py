"""The registered criteria of selection, each made from a SensingNetwork: one value per group, lower is better.

An entry point of `multistatic.criteria` is a factory (SensingNetwork) → object with `name`, `unit` and `values(masks,
illumination_w)`, and `gain` where its best group can be proven (`bounds.gain`); see
`selection.selection_problem.Criterion`. With synchronised clocks every value here is a power of the illumination times
a function of the group, so the best group is the same for all beams. An offset of a clock does not shrink with more
illumination: with `network.clock` the errors in position and velocity are no such power, and nothing is declared.
Prior information does not grow with it either: with `network.prior_information` the declared gain has a constant. The
surrogates have no position that a prior could be about: they are the same with and without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from multistatic.bounds.delay_doppler import information_per_snr
from multistatic.bounds.gain import LinearGain, MatrixGain
from multistatic.bounds.position import part_of, position_bound, position_information
from multistatic.bounds.published import published_information_per_snr
from multistatic.bounds.sensing import SensingNetwork
from multistatic.bounds.square_root import Quantity, squared_errors, whitened_rows
from multistatic.bounds.surrogate import surrogate_constant
from multistatic.linalg import marginal_variance_and_margin
from multistatic.registry import algorithm
from multistatic.units import B, F

_CHUNK = 1 << 14
# Margin of a sum of information from being singular: rounding then changes the value by some 1e-9.
_SURE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AdditiveCriterion:
    """C/(p_t Σ_k b_k w_k) with `constant` C and `weights` w_k [K] per W; infinity for a group without weight."""

    name: str
    constant: float
    weights: F
    unit: str = ""

    @property
    def gain(self) -> LinearGain:
        """φ = Σ_k b_k w_k, exponent 1."""
        return LinearGain(weights=self.weights)

    def values(self, masks: B, illumination_w: F | float) -> F:
        """Value [n] of each row of `masks` [n, K] at a number, [n, M] at illuminations [M]."""
        weight = np.multiply.outer(np.concatenate([chunk @ self.weights for chunk in _chunks(masks)]), illumination_w)
        return np.where(weight > 0, self.constant / np.where(weight > 0, weight, 1.0), np.inf)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalizationCriterion:
    """PEB, VEB or a sum of both from delays and Dopplers: its square is the sum of w² times the squared error in each
    quantity of `quantity_weights`. `information` [K, 2d, 2d] at 1 W.

    `weighting` A [2d, 2d]: the value's square is tr[A J⁻¹]/p_t, 1 on what the bound is about and 0 elsewhere. Sums of
    information are quick; where they have too few digits for the value, it is that of `position_bound`.

    `prior` J₀ [2d, 2d] is the prior information of `network`: the square is then tr[A (J₀ + p_t J)⁻¹]. None: there is
    none.
    """

    name: str
    unit: str
    information: F
    weighting: F
    quantity_weights: Mapping[Quantity, float]
    network: SensingNetwork
    prior: F | None = None
    _gain: list[MatrixGain] = field(default_factory=list, init=False, repr=False)

    @property
    def gain(self) -> MatrixGain:
        """φ = 1/tr[A J⁻¹], exponent 1/2, with the constant J₀ where there is a prior; made and examined once."""
        if not self._gain:
            self._gain.append(MatrixGain(information=self.information, weighting=self.weighting, constant=self.prior))
        return self._gain[0]

    def values(self, masks: B, illumination_w: F | float) -> F:
        """Value [n] of each row of `masks` [n, K] at a number, [n, M] at illuminations [M]; infinity where it is
        unobservable.
        """
        groups, light = np.atleast_2d(np.asarray(masks, bool)), np.asarray(illumination_w, float)
        if self.prior is not None:
            each = [np.sqrt(self._squared(groups, float(power))) for power in np.maximum(light, 0.0).ravel()]
            return np.stack(each, axis=1) if light.ndim else each[0]
        if not np.any(light > 0):
            return np.full((len(groups), *light.shape), np.inf)
        squared = self._squared(groups, 1.0)
        shining = np.where(light > 0, light, 1.0)
        return np.where(light > 0, np.sqrt(np.divide.outer(squared, shining)), np.inf)

    def _squared(self, groups: B, illumination_w: float) -> F:
        """Squared value [n] of each row of `groups` [n, K]."""
        parts = [self._from_sums(chunk, illumination_w) for chunk in _chunks(groups)]
        squared = np.concatenate([found for found, _ in parts])
        doubtful = np.flatnonzero(np.concatenate([margin for _, margin in parts]) < _SURE)
        if len(doubtful):
            squared[doubtful] = _squared_errors(self.network, self.quantity_weights, groups[doubtful], illumination_w)
        return squared

    def _from_sums(self, chunk: F, illumination_w: float) -> tuple[F, F]:
        """Squared value, and the smallest margin of its parts."""
        count, size, _ = self.information.shape
        information = (chunk @ self.information.reshape(count, size * size)).reshape(-1, size, size)
        if self.prior is not None:
            information = self.prior + illumination_w * information
        parts = [
            (w**2, *marginal_variance_and_margin(information, part_of(quantity, size // 2)))
            for quantity, w in self.quantity_weights.items()
        ]
        return np.sum([w2 * found for w2, found, _ in parts], axis=0), np.min([m for *_, m in parts], axis=0)

    def reason(self, mask: B, illumination_w: float) -> str:
        """Why the target is unobservable for the group `mask` [K], and what would help."""
        return position_bound(self.network, mask, illumination_w).reason


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClockedLocalizationCriterion:
    """As `LocalizationCriterion`, with clocks that are not synchronised: no power of the illumination.

    The value's square is the sum of w² times the squared error in each quantity of `quantity_weights`.
    """

    name: str
    unit: str
    quantity_weights: Mapping[Quantity, float]
    network: SensingNetwork

    def values(self, masks: B, illumination_w: F | float) -> F:
        """Value [n] of each row of `masks` [n, K] at a number, [n, M] at illuminations [M]; infinity where it is
        unobservable.
        """
        if np.ndim(illumination_w):
            return np.stack([self.values(masks, float(each)) for each in np.asarray(illumination_w)], axis=1)
        if not illumination_w > 0 and not self.network.prior_information.size:
            return np.full(len(np.atleast_2d(masks)), np.inf)
        return np.sqrt(_squared_errors(self.network, self.quantity_weights, masks, max(float(illumination_w), 0.0)))

    def with_transmitter_clock_known(self, illumination_w: float) -> LocalizationCriterion:
        """A criterion that declares a gain and whose values at illumination 1 are never above those of this one at any
        illumination up to `illumination_w` (docs/algorithms.md §3).

        The information of each receiver is what its own offsets leave of it at `illumination_w`; the offsets that all
        receivers share, the transmitter's, count as known. Both only add to the information of any group.
        """
        assert self.network.clock is not None
        own = replace(self.network.clock, common_time_s=0.0, common_frequency_hz=0.0)
        network = replace(
            self.network,
            snr_per_watt=illumination_w * self.network.snr_per_watt,
            published_snr_per_watt=illumination_w * self.network.published_snr_per_watt,
            clock=None if own.perfect else own,
        )
        rows = whitened_rows(network, 1.0).target.hi
        weights = [self.quantity_weights.get("position", 0.0) ** 2, self.quantity_weights.get("velocity", 0.0) ** 2]
        return LocalizationCriterion(
            name=self.name,
            unit=self.unit,
            information=np.swapaxes(rows, 1, 2) @ rows,
            weighting=np.diag(np.repeat(weights, network.dimensions)),
            quantity_weights=self.quantity_weights,
            network=network,
            prior=_prior_of(network),
        )

    def reason(self, mask: B, illumination_w: float) -> str:
        """Why the target is unobservable for the group `mask` [K], and what would help."""
        return position_bound(self.network, mask, illumination_w).reason


Localization = LocalizationCriterion | ClockedLocalizationCriterion


@algorithm(unit="", words="surrogate U")
def surrogate(network: SensingNetwork) -> AdditiveCriterion:
    """U of (17) with the exact information."""
    constant = surrogate_constant(information_per_snr(network.pulse, network.samples))
    return AdditiveCriterion(name="surrogate", constant=constant, weights=network.snr_per_watt)


@algorithm(unit="", words="published surrogate")
def published(network: SensingNetwork) -> AdditiveCriterion:
    """U of (18) as published: what the paper minimises. Not a bound."""
    per_snr = published_information_per_snr(network.pulse, network.samples, network.bandwidth_hz)
    return AdditiveCriterion(
        name="published", constant=surrogate_constant(per_snr), weights=network.published_snr_per_watt
    )


@algorithm(unit="m", words="position error bound")
def peb(network: SensingNetwork) -> Localization:
    """Position error bound in m."""
    return _localization(network, "peb", "m", {"position": 1.0})


@algorithm(unit="m/s", words="velocity error bound")
def veb(network: SensingNetwork) -> Localization:
    """Velocity error bound in m/s."""
    return _localization(network, "veb", "m/s", {"velocity": 1.0})


@algorithm(unit="m", words="weighted error bound")
def weighted(network: SensingNetwork) -> Localization:
    """sqrt(PEB² + (T·VEB)²) in m with T = `velocity_weight_s`: an error of 1 m/s weighs as much as T metres."""
    return _localization(network, "weighted", "m", {"position": 1.0, "velocity": network.velocity_weight_s})


def _localization(network: SensingNetwork, name: str, unit: str, weights: Mapping[Quantity, float]) -> Localization:
    """The root of the sum of w² times the squared error in each quantity; a weight of 0 leaves it out."""
    quantity_weights = {quantity: weight for quantity, weight in weights.items() if weight > 0}
    if network.clock is not None:
        return ClockedLocalizationCriterion(name=name, unit=unit, quantity_weights=quantity_weights, network=network)
    squares = [weights.get("position", 0.0) ** 2, weights.get("velocity", 0.0) ** 2]
    return LocalizationCriterion(
        name=name,
        unit=unit,
        information=position_information(network, 1.0),
        weighting=np.diag(np.repeat(squares, network.dimensions)),
        quantity_weights=quantity_weights,
        network=network,
        prior=_prior_of(network),
    )


def _prior_of(network: SensingNetwork) -> F | None:
    return network.prior_information if network.prior_information.size else None


def _squared_errors(
    network: SensingNetwork, quantity_weights: Mapping[Quantity, float], masks: B, illumination_w: float
) -> F:
    rows = whitened_rows(network, illumination_w)
    total: F = np.sum(
        [w**2 * squared_errors(rows, masks, quantity) for quantity, w in quantity_weights.items()], axis=0
    )
    return total


def _chunks(masks: B) -> Iterator[F]:
    """Rows of `masks` as numbers, some at a time: a million groups need no more memory than their values."""
    rows = np.atleast_2d(masks)
    for start in range(0, max(len(rows), 1), _CHUNK):
        yield rows[start : start + _CHUNK].astype(float)
