"""The least power of the relaxation behind the certificate: a primal-dual interior-point method.

Unknowns are the covariances Σ_k, their prices Z_k ⪰ 0, the slacks s_i of the constraints and their prices y_i ≥ 0. It
follows the path

    Z_k = c_kI - Σ_i y_i∇_kΓ_i,   s_i = Γ_i - F_i,   Σ_kZ_k = μI,   s_iy_i = μ,   μ → 0

by Newton's method, one step for each μ, a fifth of the last; ΔZ_k is symmetrised as by Helmberg, Rendl, Vanderbei and
Wolkowicz (1996). None of the four has to hold on the way, so no line search is needed; seven steps or so leave a few
parts in a thousand. Nothing is believed of the outcome: what counts is `Relaxation.bound` there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from multistatic.beamforming.error_relaxation import Relaxation
from multistatic.linalg import adjoint
from multistatic.units import C, F

_STEPS = 40
_GAP = 4e-3  # of the bound: how near the power of the covariances is to it where the method stops
_SMALLER = 0.2  # each μ, of the last
_BOUNDARY = 0.99  # of the way there at most
_START = 0.5  # of c_k: the largest eigenvalue of Σ_i y_i∇_kΓ_i at the start
_IDLE = 1e-2  # of all prices times demands: constraints with less are dropped,
_LOOSE = 0.2  # where their slack is more than this part of the demand
_NATS = 60.0  # a rate beyond is out of reach, and its exponential may overflow
_STRONGER, _TRIALS = 4.0, 20  # where covariances miss a constraint: by what factor the next ones exceed them
_UNMET = 1e-8  # of κ: what the proof that no covariances meet a demand leaves to rounding


class _Point(NamedTuple):
    """`covariance` Σ and `excess` Z [K, r, r], `slack` s and `price` y [m]."""

    covariance: C
    excess: C
    slack: F
    price: F


class _Local(NamedTuple):
    """What Γ is near a point: `grams` of `Relaxation`, `gradient` [m, K, r, r], `left` Γ - F [m], and the sum of the
    gradients at their prices, `slope` [K, r, r].
    """

    grams: C
    gradient: C
    left: F
    slope: C


class _Coordinates(NamedTuple):
    """An orthonormal basis of the Hermitian matrices, as rows [r², r²], and the pairs k ≤ l of receivers."""

    basis: C
    first: np.ndarray
    second: np.ndarray

    def of(self, blocks: Any) -> F:
        """Re tr(E_aX) [..., r²] of matrices [..., r, r]."""
        numbers: F = (blocks.reshape(*blocks.shape[:-2], -1) @ self.basis.conj().T).real
        return numbers

    def matrices(self, numbers: F) -> C:
        """Σ_a x_aE_a [..., r, r]."""
        r = int(len(self.basis) ** 0.5)
        blocks: C = (numbers @ self.basis).reshape(*numbers.shape[:-1], r, r)
        return blocks


def least_power_bound(relaxation: Relaxation) -> float:
    """A lower bound on the least power, nearly the best one; 0 where none was found, inf where no power is enough."""
    directions = relaxation.channels.shape[2]
    if np.any(np.exp(-relaxation.demand / directions) < relaxation.mix * (1.0 - _UNMET)):
        return np.inf  # Γ < -n ln κ however strong the covariances
    try:
        covariance, missed = _inside(relaxation)
        if missed is not None:
            return relaxation.bound(covariance, missed)
        return _followed(relaxation, covariance)
    except np.linalg.LinAlgError:  # singular to rounding: nothing is proven
        return 0.0


def _inside(relaxation: Relaxation) -> tuple[C, F | None]:
    """White covariances that meet all constraints, or very strong ones and which constraints they still miss [m]."""
    count, r, _ = relaxation.channels.shape
    highest = float(np.max(relaxation.demand / relaxation.member.sum(axis=1)))
    alone = float(np.expm1(min(highest, _NATS)))  # what one receiver may need
    covariance: C = np.broadcast_to(alone * np.eye(r, dtype=complex), (count, r, r))
    missed = np.ones(len(relaxation.mix))
    for _ in range(_TRIALS):
        missed = (relaxation.left(relaxation.roots(covariance)) <= 0.0).astype(float)
        if not missed.any():
            return covariance, None
        covariance = _STRONGER * covariance
    return covariance, missed


def _followed(relaxation: Relaxation, covariance: C) -> float:
    """The best bound along the path from `covariance`, which meet all constraints."""
    coordinates = _Coordinates(_hermitian_basis(covariance.shape[1]), *np.triu_indices(len(covariance)))
    point = _start(relaxation, covariance)
    best, proof = 0.0, (relaxation, point)
    for _ in range(_STEPS):
        try:
            local = _local(relaxation, point)
            value = _bound(relaxation, point, local)
            if value > best:
                best, proof = value, (relaxation, point)
            missed = float(point.price @ np.abs(point.slack - local.left))
            if abs(relaxation.power(point.covariance) - value) + missed <= _GAP * value:
                break
            point = _advanced(relaxation, point, local, coordinates)
        except np.linalg.LinAlgError:  # singular to rounding; what was proven stays proven
            break
        relaxation, point = _without_idle(relaxation, point)
    relaxation, point = proof
    return relaxation.bound(point.covariance, point.price)


def _start(relaxation: Relaxation, covariance: C) -> _Point:
    """Prices y ∝ 1/s that leave every Z_k half of c_kI or more."""
    root = relaxation.roots(covariance)
    slack = relaxation.left(root)
    slope = np.einsum("i,ikab->kab", 1.0 / slack, relaxation.gradient(relaxation.grams(root)))
    scale = _START / float(np.max(np.linalg.eigvalsh(slope)[:, -1] / relaxation.cost))
    identity = np.eye(covariance.shape[1])
    return _Point(covariance, relaxation.cost[:, None, None] * identity - scale * slope, slack, scale / slack)


def _local(relaxation: Relaxation, point: _Point) -> _Local:
    root = relaxation.roots(point.covariance)
    grams = relaxation.grams(root)
    gradient = relaxation.gradient(grams)
    return _Local(grams, gradient, relaxation.left(root), np.einsum("i,ikab->kab", point.price, gradient))


def _bound(relaxation: Relaxation, point: _Point, local: _Local) -> float:
    """`Relaxation.bound` without what it gives away to rounding."""
    steepest = float(np.max(np.linalg.eigvalsh(local.slope)[:, -1] / relaxation.cost))
    return (_inner(local.slope, point.covariance) - float(point.price @ local.left)) / steepest


def _advanced(relaxation: Relaxation, point: _Point, local: _Local, coordinates: _Coordinates) -> _Point:
    """The point after one step of Newton's method.

    With H = -Σ_i y_i∇²Γ_i and 𝓔ΔΣ = (Σ⁻¹ΔΣZ)_sym, elimination of ΔZ, Δs and Δy leaves

        (H + 𝓔 + Σ_i (y_i/s_i)∇Γ_i∇Γ_iᵀ) ΔΣ = μΣ⁻¹ - (c - Σ_i y_i∇Γ_i) + Σ_i ∇Γ_i(μ + y_i(F_i - Γ_i))/s_i.
    """
    covariance, excess, slack, price = point
    count, r, _ = covariance.shape
    mu = _SMALLER * (_inner(covariance, excess) + float(slack @ price)) / (count * r + len(slack))
    # L⁻¹ of Σ = LLᴴ and of Z
    root = np.linalg.cholesky(np.stack([covariance, excess]))
    white = np.asarray(np.linalg.solve(root, np.broadcast_to(np.eye(r), root.shape)), complex)
    inverse = adjoint(white[0]) @ white[0]
    # The left side
    matrix = _curvature(relaxation, local, price, coordinates)
    own = (inverse[:, None, :, :, None] * excess.conj()[:, :, None, None, :]).reshape(count, r * r, r * r)
    own = (coordinates.basis @ own @ coordinates.basis.T).real
    each = np.arange(count)
    matrix[each, :, each, :] += 0.5 * (own + own.swapaxes(1, 2))
    slopes = coordinates.of(local.gradient).reshape(len(price), -1)
    matrix = matrix.reshape(count * r * r, -1) + (slopes.T * (price / slack)) @ slopes
    # The right side and the solution
    right = coordinates.of(mu * inverse + local.slope - relaxation.cost[:, None, None] * np.eye(r)).ravel()
    right += ((mu - price * local.left) / slack) @ slopes
    change: F = np.linalg.solve(matrix, right).astype(np.float64, copy=False)
    moved = coordinates.matrices(change.reshape(count, -1))
    slacker = slopes @ change - slack + local.left
    turned = inverse @ moved @ excess
    step = _Point(
        covariance=moved,
        excess=mu * inverse - excess - 0.5 * (turned + adjoint(turned)),
        slack=slacker,
        price=(mu - price * slacker) / slack - price,
    )
    return _moved(point, step, white)


def _moved(point: _Point, step: _Point, white: C) -> _Point:
    """`point` after `step`, or most of the way to the boundary: Σ and s apart from Z and y."""
    relative = white @ np.stack([step.covariance, step.excess]) @ adjoint(white)
    matrices = np.linalg.eigvalsh(relative)[..., 0].min(axis=1)
    lowest = np.minimum(matrices, [np.min(step.slack / point.slack), np.min(step.price / point.price)])
    primal, dual = _BOUNDARY / np.maximum(-lowest, _BOUNDARY)
    return _Point(
        covariance=point.covariance + primal * step.covariance,
        excess=point.excess + dual * step.excess,
        slack=point.slack + primal * step.slack,
        price=point.price + dual * step.price,
    )


def _without_idle(relaxation: Relaxation, point: _Point) -> tuple[Relaxation, _Point]:
    """Only the constraints that are near or have a price."""
    share = point.price * relaxation.demand
    keep = (share > _IDLE * share.sum()) | (point.slack < _LOOSE * relaxation.demand)
    if keep.all():
        return relaxation, point
    fewer = replace(
        relaxation, member=relaxation.member[keep], mix=relaxation.mix[keep], demand=relaxation.demand[keep]
    )
    return fewer, point._replace(slack=point.slack[keep], price=point.price[keep])


def _curvature(relaxation: Relaxation, local: _Local, price: F, coordinates: _Coordinates) -> F:
    """-Σ_i y_i∇²Γ_i [K, r², K, r²].

    -∂²ln det M/∂Σ_k∂Σ_l = tr(E_aP_klE_bP_lk), P = 𝓗M⁻¹𝓗ᴴ, summed over all M: for each pair k ≤ l one product of
    matrices with rows (q, s), columns (p, t) and the sum inside, then brought to the rows (p, q) of E_a.
    """
    count, r, _ = relaxation.channels.shape
    weight, size = relaxation.weights, r * r
    basis, first, second = coordinates
    scaled = local.grams * (np.concatenate([price, -price])[:, None] * weight)[:, :, None, None, None]
    partner = local.grams.conj() * weight[:, None, None, :, None]
    rows = scaled[:, first, :, second].transpose(0, 2, 3, 1).reshape(len(first), size, -1)
    columns = partner[:, first, :, second].reshape(len(first), -1, size)
    curved = (rows @ columns).reshape(-1, r, r, r, r).transpose(0, 3, 1, 2, 4).reshape(-1, size, size)
    curvature: F = np.empty((count, size, count, size))
    curvature[first, :, second] = (basis @ curved @ basis.T).real
    curvature[second, :, first] = curvature[first, :, second].transpose(0, 2, 1)
    return curvature


def _inner(one: C, other: C) -> float:
    """Σ_k tr X_kY_k of Hermitian matrices."""
    return float(np.einsum("kab,kba->", one, other).real)


def _hermitian_basis(size: int) -> C:
    """Orthonormal Hermitian matrices, each as a row [size², size²]."""
    basis = np.zeros((size, size, size, size), complex)
    for i in range(size):
        basis[i, i, i, i] = 1.0
        for j in range(i):
            basis[i, j, i, j] = basis[i, j, j, i] = np.sqrt(0.5)
            basis[j, i, i, j], basis[j, i, j, i] = 1j * np.sqrt(0.5), -1j * np.sqrt(0.5)
    return basis.reshape(size * size, size * size)
