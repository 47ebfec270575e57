"""How far beams are from a stationary point of the beamforming problem, recomputed from the beams alone.

At a local optimum there are prices μ ≥ 0 of power and η_k ≥ 0 of the rates with

    aaᴴW_j - μW_j + Σ_k η_k ∂R_k/∂W_j* = 0   for every beam j,   η_k (R_k/R_th,k - 1) = 0   for every receiver k:

∂R_k/∂W_k* = H_kᴴΦ_k⁻¹H_kW_k for its own beam, ∂R_k/∂W_j* = -H_kᴴ(Ψ_k⁻¹ - Φ_k⁻¹)H_kW_j for one that disturbs it, with
Φ_k = Ψ_k + H_kQ_kH_kᴴ and R_k in nats. The prices enter both linearly: non-negative least squares finds the best ones,
and what is left of both is the residual. So no limit decides which rates count as exceeded: one that is exceeded by a
part x may have a price, at x of its force. It needs nothing from the solver that made the beams.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.beamforming.power import interference, rates_nats
from multistatic.beamforming.problem import BeamformingProblem, Prices
from multistatic.signal.beams import Beams
from multistatic.units import F

# Relative force that is left over where beams still count as stationary. Solvers that stop at a stationary point leave
# up to some 1e-3; the prices are then off by about as much.
NEARLY_STATIONARY = 1e-2

_NO_RATE = 1e-12  # nat per symbol: a required rate below is as good as none, and ratios to it would overflow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stationarity:
    """`residual`: length of what is left, relative to the forces that have to cancel; 0 at a stationary point, 1 at
    worst, below `NEARLY_STATIONARY` a local optimum for all practical purposes. `prices`: the best ones, in the units
    of `Prices`.
    """

    residual: float
    prices: Prices


def stationarity(problem: BeamformingProblem, beams: Beams) -> Stationarity:
    """The residual of the first-order conditions at `beams`, which meet the constraints and use all of the power.

    Forces along the beams themselves are what power is for, so only what turns them counts: without any rate the
    forces aaᴴW_j - μW_j of beams on the target cancel by themselves, and the residual is 0.
    """
    channels, towards = problem.normalised_direct, problem.steering_tx.conj()
    weights = np.asarray(beams.weights) / np.sqrt(problem.power_limit_w)
    hears, required = ~problem.selected, problem.rate_required_bps_hz * np.log(2.0)
    rates = rates_nats(channels, weights, hears)
    asked = np.flatnonzero(required > _NO_RATE)
    exceeded = np.maximum(rates[asked] / required[asked] - 1.0, 0.0)
    disturbance = interference(channels, weights, hears)
    pull = np.einsum("t,u,jul->jtl", towards, towards.conj(), weights)
    forces = [-weights]
    for k in asked:
        own = channels[k] @ weights[1 + k]
        before = np.linalg.solve(disturbance[k], channels[k])
        after = np.linalg.solve(disturbance[k] + own @ own.conj().T, channels[k])
        force = -channels[k].conj().T @ (before - after) @ weights
        force[1 + k] = channels[k].conj().T @ after @ weights[1 + k]
        force[0] *= hears[k]
        forces.append(force)
    columns = np.stack([_real(force) for force in forces], axis=1)
    lengths = np.linalg.norm(columns, axis=0)
    complementary = np.column_stack([np.zeros(len(asked)), np.diag(exceeded)])
    aim = np.concatenate([-_real(pull), np.zeros(len(asked))])
    scaled, left = nonnegative_least_squares(np.vstack([columns / lengths, complementary]), aim)
    found = scaled / lengths
    scale = float(np.linalg.norm(_real(pull) + found[0] * columns[:, 0]))
    rate = np.zeros(len(channels))
    rate[asked] = found[1:] * np.log(2.0) * problem.power_limit_w
    floor = 1e-9 * float(np.linalg.norm(pull))
    return Stationarity(
        residual=left / max(scale, left, floor),
        prices=Prices(rate_w_per_bps_hz=rate, power=float(found[0])),
    )


def nonnegative_least_squares(columns: F, aim: F) -> tuple[F, float]:
    """(x ≥ 0 of least ‖columns x - aim‖, that length). At a stationary point the constraint is seldom active."""
    free = np.asarray(np.linalg.lstsq(columns, aim, rcond=None)[0], float)
    if np.all(free >= 0.0):
        return free, float(np.linalg.norm(columns @ free - aim))
    from scipy.optimize import nnls

    bounded, left = nnls(columns, aim)
    return bounded, float(left)


def _real(force: np.ndarray) -> F:
    flat: F = np.concatenate([force.real.ravel(), force.imag.ravel()])
    return flat
