"""The information of a group about position and velocity, as rows of a whitened Jacobian and never as a sum of
information.

Each measurement of unit variance is a row: its derivatives by the target's position and velocity, and by the offsets
that all receivers share. A receiver's own offset needs no column: it acts on the same coordinate as the measurement, so
its variance adds to that of the measurement. A prior of a shared offset is one row more, and prior information about
the target J₀ = RᵀR is the rows of R, which every group has.

With J = AᵀA the covariance follows from the singular values of A, whose condition is the root of that of J. Nothing is
subtracted: eliminating an offset from a sum of information leaves rounding errors of the sum, which look like
information where the offset has eaten all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from multistatic.bounds.clock import without_offsets
from multistatic.bounds.delay_doppler import exact_information
from multistatic.bounds.jacobian import delay_doppler_jacobian, direction_rows
from multistatic.bounds.sensing import SensingNetwork
from multistatic.double_double import DoubleDouble, exact_marginal_covariance, exactly
from multistatic.linalg import marginal_covariance, regular_covariance, root_of_two
from multistatic.units import B, F

Quantity = Literal["position", "velocity"]
QUANTITIES: tuple[Quantity, Quantity] = ("position", "velocity")

_CHUNK = 1 << 10  # groups at a time: a million groups need no more memory than their values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WhitenedRows:
    """Measurements of unit variance, r a receiver (2 of delay and Doppler, 3 more of the direction).

    `target` [K, r, 2d]: derivatives by (p in m, v in m/s), with 32 digits. `shared` [K, r, c]: derivatives by the c
    offsets of time and frequency that all receivers share and that are not known exactly. `prior` [c+q, c+2d]: the rows
    that are there without any receiver, by the offsets and by (p, v): one for each offset, zero where nothing is known
    of it, and q of prior information about the target.
    """

    target: DoubleDouble
    shared: F
    prior: F

    def without_angles(self) -> WhitenedRows:
        """The rows of delay and Doppler alone, which come first."""
        target = DoubleDouble(self.target.hi[:, :2], self.target.lo[:, :2])
        return WhitenedRows(target=target, shared=self.shared[:, :2], prior=self.prior)


def whitened_rows(
    network: SensingNetwork,
    illumination_w: float | F,
    *,
    angles: bool = False,
    jacobian: DoubleDouble | None = None,
) -> WhitenedRows:
    """The rows of every receiver at illumination p_t in W, one for all or [K]; `angles` adds those of its direction of
    arrival; `jacobian`: `delay_doppler_jacobian` of the network, where it is known.

    A receiver's information about delay and Doppler is (J_k⁻¹ + diag s²)⁻¹ with the standard deviations s of its own
    offsets (`without_offsets`); its root times T_k are the rows.
    """
    root, free, prior = _whitening(network, illumination_w)
    jacobian = delay_doppler_jacobian(network) if jacobian is None else jacobian
    delay, doppler = jacobian[:, 0], jacobian[:, 1]
    first = exactly(root[:, 0, 0, None]) * delay + exactly(root[:, 0, 1, None]) * doppler
    rows, shared = [first, exactly(root[:, 1, 1, None]) * doppler], root[:, :, free]
    if angles:
        turning = direction_rows(network, illumination_w)
        across = np.concatenate([turning, np.zeros_like(turning)], axis=2)
        rows += [exactly(across[:, i]) for i in range(across.shape[1])]
        shared = np.concatenate([shared, np.zeros((*across.shape[:2], len(free)))], axis=1)
    target = DoubleDouble(np.stack([row.hi for row in rows], axis=1), np.stack([row.lo for row in rows], axis=1))
    return WhitenedRows(target=target, shared=shared, prior=prior)


def rows_in_doubles(network: SensingNetwork, illumination_w: float | F, jacobian: DoubleDouble) -> tuple[F, F]:
    """The rows of delay and Doppler with 16 digits [K, 2, c+2d], by the offsets that are shared and by (p, v), and
    those that are there without any receiver [c+q, c+2d]; `jacobian` as for `whitened_rows`.
    """
    root, free, prior = _whitening(network, illumination_w)
    return np.concatenate([root[:, :, free], root @ jacobian.hi], axis=2), prior


def _whitening(network: SensingNetwork, illumination_w: float | F) -> tuple[F, np.ndarray, F]:
    """The root [K, 2, 2] of each receiver's information about delay in s and Doppler shift in Hz, which of the two
    have an offset that is shared, and the rows that are there without any receiver.
    """
    slot_s = 0.5 / network.bandwidth_hz
    unit = np.array([slot_s, 1.0 / slot_s])  # of (τ̃, f̃) in s and Hz
    normalised = exact_information(network, illumination_w)
    clock = network.clock
    common = np.zeros(2)
    if clock is not None:
        normalised = without_offsets(normalised, np.stack([clock.time_s, clock.frequency_hz], axis=1) / unit)
        common = clock.common
    free = np.flatnonzero(common > 0)
    known = _root_of_prior(network.prior_information)
    prior = np.zeros((len(free) + len(known), len(free) + 2 * network.dimensions))
    prior[: len(free), : len(free)] = np.diag(1.0 / common[free])
    if len(known):
        prior[len(free) :, len(free) :] = known
    return root_of_two(normalised) / unit, free, prior


def _root_of_prior(information: F) -> F:
    """R [q, 2d] with RᵀR = J₀ [2d, 2d]: a Cholesky factor over the parameters of which something is known, scaled to a
    unit diagonal; of a singular J₀ the roots of its eigenvalues.
    """
    if not information.size:
        return information
    told = np.flatnonzero(np.diagonal(information) > 0.0)
    length = np.sqrt(np.diagonal(information)[told])
    unit = information[np.ix_(told, told)] / length[:, None] / length
    try:
        root = np.linalg.cholesky(unit).T
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(unit)
        root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    rows = np.zeros((len(told), len(information)))
    rows[:, told] = root * length
    return rows


def covariances(rows: WhitenedRows, masks: B, quantity: Quantity) -> F:
    """Least covariance [n, d, d] of the position in m² or the velocity in m²/s² for each group of `masks` [n, K];
    infinity where it is unobservable.

    With 16 digits where these are enough to tell, as for almost every group, and with 32 elsewhere.
    """
    groups = np.atleast_2d(np.asarray(masks, bool))
    d = rows.target.hi.shape[-1] // 2
    # The unknowns of interest are the last columns.
    order = np.roll(np.arange(2 * d), d if quantity == "position" else 0)
    whole = np.concatenate([rows.shared, rows.target.hi[:, :, order]], axis=2)
    offsets = rows.shared.shape[2]
    prior = np.concatenate([rows.prior[:, :offsets], rows.prior[:, offsets:][:, order]], axis=1)
    parts = [marginal_covariance(_stacked(whole, prior, chunk), d) for chunk in _chunks(groups)]
    covariance = np.concatenate([found for found, _ in parts])
    doubtful = np.flatnonzero(~np.concatenate([certain for _, certain in parts]))
    if len(doubtful):
        rest = np.concatenate([np.zeros_like(rows.shared), rows.target.lo[:, :, order]], axis=2)
        zero = np.zeros_like(prior)
        covariance[doubtful] = np.concatenate(
            [
                exact_marginal_covariance(DoubleDouble(_stacked(whole, prior, chunk), _stacked(rest, zero, chunk)), d)
                for chunk in _chunks(groups[doubtful])
            ]
        )
    return covariance


def both_covariances(rows: WhitenedRows, chosen: B) -> tuple[tuple[F, F], tuple[F, F]]:
    """Covariances [d, d] of the position and of the velocity for one group `chosen` [K], without the rows of directions
    and with them, as of `covariances`: from one decomposition each where these are regular.
    """
    d = rows.target.hi.shape[-1] // 2
    whole = np.concatenate([rows.shared, rows.target.hi], axis=2)[chosen]
    both = np.stack([whole, whole])
    both[0, :, 2:] = 0.0
    stacked = np.concatenate([both.reshape(2, -1, whole.shape[2]), np.stack([rows.prior, rows.prior])], axis=1)
    found, regular = regular_covariance(stacked)
    plain, with_angles = (
        (covariance[-2 * d : -d, -2 * d : -d], covariance[-d:, -d:])
        if sound
        else (covariances(part, chosen, "position")[0], covariances(part, chosen, "velocity")[0])
        for covariance, sound, part in zip(found, regular, (rows.without_angles(), rows), strict=True)
    )
    return plain, with_angles


def squared_errors(rows: WhitenedRows, masks: B, quantity: Quantity) -> F:
    """PEB² in m² or VEB² in m²/s² [n] of each group of `masks` [n, K]; infinity where it is unobservable."""
    total: F = np.trace(covariances(rows, masks, quantity), axis1=-2, axis2=-1)
    return total


def _chunks(groups: B) -> Iterator[B]:
    for start in range(0, max(len(groups), 1), _CHUNK):
        yield groups[start : start + _CHUNK]


def _stacked(rows: F, prior: F, groups: B) -> F:
    """Rows [n, rows, columns] of each group. Only its receivers become rows; smaller groups are filled up with rows of
    zeros.
    """
    (count, each, columns), given = rows.shape, len(prior)
    most = int(groups.sum(axis=1).max(initial=0))
    order = np.argsort(~groups, axis=1, kind="stable")[:, :most]
    order = np.where(np.take_along_axis(groups, order, axis=1), order, count)
    padded = np.concatenate([rows, np.zeros((1, each, columns))])
    stacked = np.zeros((len(groups), most * each + given, columns))
    stacked[:, : most * each] = padded[order].reshape(len(groups), most * each, columns)
    stacked[:, most * each :] = prior
    return stacked
