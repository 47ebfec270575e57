"""An upper bound on the illumination of any beams, whatever the number of receive antennas.

With several receive antennas the beamforming problem is not convex. This relaxation is. It is solved nearly
(interior_point.py); the bound itself is one tangent plane, valid wherever that method stops (error_relaxation.py;
derivation: docs/algorithms.md §1.8). In short: in the dual uplink the error covariance E of all streams has the
diagonal e^{-r_s}, so Σ_s ln(c + e^{-r_s}) ≥ ln det(cI + E) for every c ≥ 0, by Jensen's inequality. With
κ = c/(1+c) and the uplink covariances Σ_k this is

    ln det M_1 - ln det M_κ ≥ Σ_k -ln(κ + (1-κ)e^{-R_k}),     M_κ = I - νaaᴴ + κ Σ_k H_kᴴΣ_kH_k,               (6)

free of streams and convex. κ = 0 is the sum rate of dirty-paper coding; κ → 1 is the sum of mean square errors, which
knows that the streams of a linear transmitter disturb each other. (6) holds for every group of receivers. The least
Σ_k tr Σ_k under any number of these constraints is at most φ(ν), and p ≤ (P - φ(ν))/ν for 0 < ν ≤ 1/‖a‖². Of aaᴴ the
proof uses M_0 = I - νaaᴴ ≻ 0 alone: with A = Σ_i μ_ia_ia_iᴴ in its place the same bounds Σ_i μ_ip_i of several points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.error_relaxation import TARGET_NOISE, relaxed
from multistatic.beamforming.evaluate import OPTIMALITY_GAP
from multistatic.beamforming.interior_point import least_power_bound
from multistatic.beamforming.normalised_problem import NormalisedProblem, normalise
from multistatic.units import F

_ROUNDED = 64.0 * float(np.finfo(float).eps)
_REACHED = "The beams are optimal: they reach the upper bound on the illumination that holds for any channels."


@dataclass(frozen=True, slots=True, kw_only=True)
class UpperBound:
    """`value_w` ≥ p_t of any beams that meet the rates within the power; `proof`: what it follows from.

    `power`: all of it on the target, N_t P_T. `errors`: the constraints (6). `interference`: these, and what receivers
    suffer of the power on the target (interference_bound.py).
    """

    value_w: float
    proof: Literal["power", "errors", "interference"]


def upper_bound(problem: BeamformingProblem, price: F | None = None) -> UpperBound:
    """The better of two bounds for any channels, rates, group and number of streams: on p_t of one point, of several on
    Σ_i μ_ip_i with any `price` μ [M] ≥ 0 of the points, by default 1 for each (docs/algorithms.md §1.10).

    It takes no notice of which receivers are selected: it is a bound for all receivers selected, which no other group
    exceeds. Where no beams meet the rates it says nothing (see `proves_infeasible`).
    """
    limit_w = _limit_w(problem, price)
    reduced = normalise(problem)
    relaxation = relaxed(reduced, target=True, price=price) if _audible(reduced) and limit_w > 0.0 else None
    if relaxation is None:
        return UpperBound(value_w=limit_w, proof="power")
    # P = 1: λ - (1 - φ)/ν with 1/ν = λ/(1 - target noise), as a share of λ = λ_max(A), ‖a‖² of one point.
    lost = (least_power_bound(relaxation) - TARGET_NOISE) / (1.0 - TARGET_NOISE)
    if not lost > 0.0:
        return UpperBound(value_w=limit_w, proof="power")
    return UpperBound(value_w=limit_w * max(0.0, 1.0 - lost), proof="errors")


def _limit_w(problem: BeamformingProblem, price: F | None) -> float:
    """λ_max(A) P_T, A = Σ_i μ_ia_ia_iᴴ: all power in the one direction that is best for the weighted sum."""
    if len(problem.steering_tx) == 1:
        return problem.illumination_limit_w * (1.0 if price is None else float(price[0]))
    aimed = problem.steering_tx if price is None else np.sqrt(price)[:, None] * problem.steering_tx
    rounded = 1.0 + _ROUNDED * sum(aimed.shape)  # the singular vectors are those of a matrix that differs by rounding
    return float(np.linalg.norm(aimed, 2) ** 2) * rounded * problem.power_limit_w


def certified(problem: BeamformingProblem, result: BeamformingResult) -> BeamformingResult:
    """The result with the bound above where it is better than its own; `optimal` where that closes the gap."""
    if result.illumination_w is None or result.status == "optimal":
        return result
    return bounded(result, upper_bound(problem).value_w)


def bounded(result: BeamformingResult, upper_bound_w: float) -> BeamformingResult:
    """The result with a proven bound, if it is better than its own; `optimal` where that closes the gap, and then the
    message says so in place of what a method that knows no bound said of its beams.
    """
    achieved_w = result.illumination_w
    # Beams that exceed a bound by more than they may break a constraint disprove it.
    if (
        achieved_w is None
        or upper_bound_w >= result.upper_bound_w
        or upper_bound_w < achieved_w * (1.0 - 2.0 * OPTIMALITY_GAP)
    ):
        return result
    bound = max(upper_bound_w, achieved_w)
    if result.status == "optimal" or achieved_w < bound * (1.0 - OPTIMALITY_GAP):
        return replace(result, upper_bound_w=bound)
    return replace(result, upper_bound_w=bound, status="optimal", message=_REACHED)


def proves_infeasible(problem: BeamformingProblem) -> bool:
    """True where even the relaxation needs more than all of the power: no linear beams meet the rates.

    φ(0) is the least power of any beams, with the target out of the picture. False proves nothing.
    """
    reduced = normalise(problem)
    if not _audible(reduced):
        return reduced.size > 0
    relaxation = relaxed(reduced, target=False)
    return relaxation is not None and least_power_bound(relaxation) > 1.0


def _audible(reduced: NormalisedProblem) -> bool:
    """There are receivers with a requirement, and each of them has a channel."""
    return reduced.size > 0 and bool(np.all(np.any(reduced.channels, axis=(1, 2))))
