"""A beamforming problem without its units and without the dimensions that change nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.point_objective import PointObjective
from multistatic.signal.beams import Beams, illumination
from multistatic.units import B, C, F

RANK_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NormalisedProblem:
    """Noise and power budget 1, only receivers with a requirement, only the transmit directions that are received.

    Two exact reductions. A receiver without a requirement gets no data: what its covariance would light up, Q_0 lights
    up as well, and fewer receivers receive it. A beam outside the span of the columns of all H_kᴴ and of conj(a_b)
    reaches no receiver and does not reach the target, so N_t shrinks to n ≤ min(N_t, Σ_k rank H_k + M).

    `channels` [K', N_r, n], `towards` [M, n] (the row a_bᵀ of each of M points), `rate_nats` [K'] (R_k ln 2 > 0),
    `receives_sensing` [K']: receivers that are not selected and so suffer Q_0; `basis` [N_t, n] orthonormal; `required`
    [K'] indices of these receivers; `objective` of the illuminations of the points, None where the illumination of the
    only one counts.
    """

    channels: C
    towards: C
    rate_nats: F
    receives_sensing: B
    basis: C
    required: np.ndarray
    objective: PointObjective | None = None

    @property
    def size(self) -> int:
        """K', the number of receivers with a requirement."""
        return len(self.channels)

    @property
    def steering(self) -> C:
        """The row a_bᵀ [n] of the first point, which is the only one for a method that knows one."""
        return self.towards[0]

    @property
    def uses_sensing_beam(self) -> bool:
        """False where every one of K' ≥ 1 receivers receives Q_0: any Q_k can carry it instead, to the good of
        receiver k and with no change for the others.
        """
        return self.size == 0 or not bool(self.receives_sensing.all())

    @property
    def illumination_limit(self) -> float:
        """‖a_b‖²: all of the power on the target."""
        return float(np.sum(np.abs(self.steering) ** 2))

    def illumination(self, weights: C) -> float:
        """aᵀSa* of beams [1+K', n, L]."""
        return float(illumination(weights, self.steering)[0])

    def merit(self, weights: C) -> float:
        """What beams [1+K', n, L] are compared by, more is better: aᵀSa*, or with an objective loss^(-1/ρ), which has
        the unit of an illumination, too.
        """
        if self.objective is None:
            return self.illumination(weights)
        return float(self.objective.loss(illumination(weights, self.towards)) ** (-1.0 / self.objective.exponent))


def normalise(problem: BeamformingProblem) -> NormalisedProblem:
    """The reduced problem; `expand` takes its beams back."""
    required, objective = np.flatnonzero(problem.rate_required_bps_hz > 0), problem.point_objective
    channels = problem.normalised_direct[required]
    # Each row counts for its direction alone: at its own strength a far receiver would vanish beside a near one.
    rows = np.concatenate([channels.reshape(-1, channels.shape[2]), problem.steering_tx])
    norms = np.linalg.norm(rows, axis=1)
    rows = rows[norms > 0] / norms[norms > 0, None]
    _, singular, right = np.linalg.svd(rows, full_matrices=False)
    basis = right[singular > RANK_TOLERANCE * singular[:1].sum()].conj().T
    return NormalisedProblem(
        channels=channels @ basis,
        towards=np.stack([row @ basis for row in problem.steering_tx]),
        rate_nats=problem.rate_required_bps_hz[required] * np.log(2.0),
        receives_sensing=~problem.selected[required],
        basis=basis,
        required=required,
        objective=None if objective is None else objective.scaled(problem.power_limit_w)[0],
    )


def expand(problem: BeamformingProblem, reduced: NormalisedProblem, weights: C) -> Beams:
    """Beams in sqrt(W) for all receivers from `weights` [1+K', n, L'], with all of the power budget used.

    Scaling every beam by the same factor ≥ 1 lowers no rate (only noise loses weight) and raises the illumination.
    """
    full: C = np.zeros((1 + len(problem.direct), problem.antennas, weights.shape[2]), np.complex128)
    full[np.concatenate([[0], reduced.required + 1])] = reduced.basis @ weights
    power = np.sum(np.abs(full) ** 2)
    if power > 0:
        full *= np.sqrt(problem.power_limit_w / power)
    return Beams(weights=full)
