"""What the beams for one group prove about every other group, where each channel has rank one.

The dual of the beams' problem (docs/algorithms.md §1.2) has a price λ_k ≥ 0 for each rate and ν for the target. With
noise and budget P = 1, every pair (λ, ν) for which

    λ_k (1 + 1/γ_k) h_kᴴM⁻¹h_k ≤ 1 for every k,   M = I + Σ_k λ_k h_k h_kᴴ - ν a aᴴ ≻ 0,                         (i)
    ν θ(b) ≤ 1,   θ(b) = aᴴ(I + Σ_{k not in b} λ_k h_k h_kᴴ)⁻¹a                                                  (ii)

proves p ≤ (1 - Σ λ)/ν. The group b is in (ii) alone, which is about the sensing beam: selected receivers cancel it.
A smaller ν only makes M larger, so (i) holds still: with the prices of one group, each group b has the bound

    p(b) ≤ (1 - Σ λ) max(1/ν, θ(b)),                                                                              (iii)

with equality for the group that the prices are of. With A = I + Λ^½ G Λ^½, T = A⁻¹, z = Λ^½ g and y = T z, rows that
leave A raise zᴴA⁻¹z's complement by a Schur complement:

    θ(b) = ‖a‖² - zᴴ T z + y_bᴴ (T_bb)⁻¹ y_b,

a small system for each group, thousands of them at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.downlink.downlink import most_light
from multistatic.beamforming.downlink.gram_problem import compressed, downlink_of, gram_problem, one_stream_each
from multistatic.units import B, C, F

_CHUNK = 1 << 13
_ROUNDING = 1e-9  # of every bound: given away


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IlluminationCut:
    """The bound (iii) with the prices of one group.

    `required` [K']: receivers with a rate, which the arrays are about. `covariance` T [K', K'], `aimed` y [K'],
    `everyone_hears` θ of the empty group, `reach` 1/ν, `left_w` the power (1 - Σ λ) P in W.
    """

    required: np.ndarray
    covariance: C
    aimed: C
    all_receive_sensing: float
    reach: float
    left_w: float

    def bounds_w(self, groups: B) -> F:
        """An upper bound [n] on the illumination of any beams for each of `groups` [n, K], in W."""
        chosen = groups[:, self.required]
        light = np.full(len(groups), self.all_receive_sensing)
        for size in np.unique(chosen.sum(axis=1)):
            if size:
                rows = np.flatnonzero(chosen.sum(axis=1) == size)
                members = np.nonzero(chosen[rows])[1].reshape(-1, size)
                light[rows] += np.concatenate(
                    [self._cancelled(members[i : i + _CHUNK]) for i in range(0, len(members), _CHUNK)]
                )
        bounds: F = self.left_w * np.maximum(self.reach, light)
        return bounds

    def _cancelled(self, members: np.ndarray) -> F:
        """y_bᴴ (T_bb)⁻¹ y_b [n] of groups of one size, `members` [n, m]."""
        block = self.covariance[members[:, :, None], members[:, None, :]]
        aimed = self.aimed[members]
        solved = np.linalg.solve(block, aimed[:, :, None])[:, :, 0]
        return np.asarray(np.einsum("nm,nm->n", aimed.conj(), solved).real)


def has_cuts(problem: BeamformingProblem) -> bool:
    """True where every channel of a receiver with a rate has rank one."""
    return _channels(problem, np.flatnonzero(problem.rate_required_bps_hz > 0.0)) is not None


def illumination_cut(problem: BeamformingProblem) -> IlluminationCut | None:
    """The cut of the problem's own group; None where a channel has a rank above one, or no price proves anything.

    What the prices miss of (i) by rounding is given away: where M - λ_k(1 + 1/γ_k) h_kh_kᴴ ⪰ -η I, p ≤ (1 - Σ λ +
    η)/ν.
    """
    required = np.flatnonzero(problem.rate_required_bps_hz > 0.0)
    channels = _channels(problem, required)
    if channels is None:
        return None
    steering, rates = problem.steering.conj(), problem.rate_required_bps_hz[required]
    posed = gram_problem(channels, steering, rates, ~problem.selected[required])
    downlink = downlink_of(posed, one_stream_each(posed, np.ones((len(required), 1), complex)))[1]
    solution = most_light(downlink)
    if solution is None or not solution.proven or not solution.nu > 0.0:
        return None
    price, root = solution.price, np.sqrt(solution.price)
    used = (1.0 - np.diagonal(solution.error).real) * (1.0 + 1.0 / downlink.target)
    largest = 1.0 + float(price @ np.diagonal(downlink.gram).real)
    missed = max(0.0, float(used.max()) - 1.0) * largest
    identity = np.eye(len(price))
    covariance = np.asarray(np.linalg.solve(identity + root[:, None] * downlink.gram * root, identity), complex)
    direct = root * downlink.cross
    aimed = covariance @ direct
    return IlluminationCut(
        required=required,
        covariance=(covariance + covariance.conj().T) / 2.0,
        aimed=aimed,
        all_receive_sensing=downlink.norm2 - float(np.vdot(direct, aimed).real),
        reach=1.0 / solution.nu,
        left_w=(1.0 - float(price.sum()) + missed) * problem.power_limit_w * (1.0 + _ROUNDING),
    )


def _channels(problem: BeamformingProblem, required: np.ndarray) -> C | None:
    """h_kᴴ [K', 1, N_t] of the receivers with a rate, where all have rank one."""
    if not len(required):
        return None
    channels = compressed(problem.normalised_direct[required])
    return channels if channels.shape[1] == 1 else None
