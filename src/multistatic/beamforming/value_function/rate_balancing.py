"""The largest common factor of all rates for fixed receive vectors, between two proven bounds (algorithms.md §1.5).

With unit receive vectors the streams are a downlink of one receive antenna each, with channels h_s. By duality it
reaches the same SINRs as its uplink with the same total power. For uplink powers λ > 0 of sum P = 1,

    T = (I + Λ^½ G Λ^½)⁻¹,   1 + SINR_s = 1/T_ss,   x_s(λ) = -ln T_ss / r_s,   min_s x_s ≤ x* ≤ max_s x_s,

where x* is the largest factor of the rates r. λ itself reaches the left side. For the right side let λ* reach x*, and
let s be the stream of the largest ratio α = λ_s/λ*_s; both sums are 1, so α ≥ 1. The noise with interference J_s = λ_s/
SINR_s grows with λ, and J_s(αλ*) ≤ αJ_s(λ*). So J_s(λ) ≤ J_s(αλ*) ≤ αJ_s(λ*), and SINR_s(λ) ≥ αλ*_s/(αJ_s(λ*)) =
SINR_s(λ*): no factor above x_s(λ) is reached.

All x_s are made equal by Newton's method on ln λ: ∂(-ln T_ss)/∂ln λ_s = 1 - T_ss, ∂(-ln T_ss)/∂ln λ_t = -|T_st|²/T_ss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.units import C, F

_ROUNDS = 60
_TOLERANCE = 1e-7  # relative distance of the two bounds
_LARGEST_STEP = 1.5  # of ln λ


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonFactor:
    """The largest common factor of all rates lies between `reached` and `at_most`."""

    reached: float
    at_most: float


def common_factor(gram: C, rate: F, *, enough: float = np.inf) -> CommonFactor:
    """Bounds on the largest factor of the rates `rate` [S] > 0 in nats for streams with `gram` G [S, S] = [h_sᴴh_t]
    (noise 1, power 1), 1e-7 apart where rounding allows it; wider where `enough` is reached before, closer where they
    have to decide whether it is.

    Source: max-min SINR balancing by uplink-downlink duality, M. Schubert and H. Boche, "Solution of the multiuser
    downlink beamforming problem with individual SINR constraints", IEEE Trans. Veh. Technol. 53 (2004), 18-28.

    Streams that do not disturb each other, with half of the power each:

    >>> round(common_factor(np.diag([1.0, 3.0]).astype(complex), np.log([1.5, 2.5])).reached, 6)
    1.0
    """
    strength = np.diagonal(gram).real
    if not np.all(strength > 0.0):
        return CommonFactor(reached=0.0, at_most=0.0)  # a stream without a channel has no rate at any power
    price = np.expm1(np.minimum(rate, 30.0)) / strength
    reached, at_most = 0.0, np.inf
    for _ in range(_ROUNDS):
        price = price / price.sum()
        try:
            error = _error_covariance(gram, price)
        except np.linalg.LinAlgError:  # singular to rounding: what is proven stays proven
            break
        left = np.diagonal(error).real
        factor = -np.log(left) / rate
        reached, at_most = max(reached, float(factor.min())), min(at_most, float(factor.max()))
        settled = at_most <= reached * (1.0 + _TOLERANCE) and not reached < enough <= at_most
        if settled or reached >= enough:
            break
        change = _newton_step(error, left, factor, rate, price)
        price = price * np.exp(np.clip(change, -_LARGEST_STEP, _LARGEST_STEP))
    return CommonFactor(reached=min(reached, at_most), at_most=at_most)


def _error_covariance(gram: C, price: F) -> C:
    """T = (I + Λ^½ G Λ^½)⁻¹ of uplink powers λ; `LinAlgError` where it is singular to rounding."""
    root = np.sqrt(price)
    covariance = np.eye(len(price)) + root[:, None] * gram * root
    np.linalg.cholesky(covariance)  # exists for positive definite matrices only
    error: C = np.asarray(np.linalg.solve(covariance, np.eye(len(price))), complex)
    if not np.all(np.diagonal(error).real > 0.0):
        raise np.linalg.LinAlgError("the inverse of a positive definite matrix has no positive diagonal")
    return error


def _newton_step(error: C, left: F, factor: F, rate: F, price: F) -> F:
    """The change of ln λ that makes all factors x_s equal to first order, at the same Σλ; the step of the fixed-point
    iteration λ_s ← γ_s J_s(λ) where the equations are singular.
    """
    slopes = -(np.abs(error) ** 2) / left[:, None]
    np.fill_diagonal(slopes, 1.0 - left)
    try:
        # x + D d = x' 1 and λᵀd = 0: d = x' D⁻¹1 - D⁻¹x with x' from the second.
        alike, back = np.linalg.solve(slopes / rate[:, None], np.stack([np.ones(len(rate)), factor], axis=1)).T
        change: F = (price @ back) / (price @ alike) * alike - back
        if np.isfinite(change).all():
            return change
    except np.linalg.LinAlgError:
        pass
    target = np.minimum(np.median(factor) * rate, 300.0)
    return np.asarray(np.log(np.expm1(target)) - np.log(np.expm1(np.minimum(factor * rate, 300.0))), float)
