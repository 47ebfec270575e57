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
from multistatic.units import C, F

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
    channels, towards = problem.normalised_direct, problem.steering.conj()
    weights = np.asarray(beams.weights) / np.sqrt(problem.power_limit_w)
    hears, required = ~problem.selected, problem.rate_required_bps_hz * np.log(2.0)
    asked = np.flatnonzero(required > _NO_RATE)
    exceeded = np.maximum(rates_nats(channels, weights, hears)[asked] / required[asked] - 1.0, 0.0)
    owner, stream = np.nonzero(np.any(weights != 0.0, axis=1))  # a beam of no power has no force
    streams = weights[owner, :, stream].T
    pull = towards[:, None] * (towards.conj() @ streams)
    forces = np.concatenate([-streams[None], _forces(problem, asked, weights, (owner, streams))])
    # One row for each price: its force, real and imaginary parts side by side, then what it may be of an exceeded rate.
    rows = np.zeros((1 + len(asked), 2 * pull.size + len(asked)))
    rows[:, : 2 * pull.size] = _real(forces.reshape(len(rows), -1))
    lengths = np.linalg.norm(rows, axis=1)
    rows /= lengths[:, None]
    rows[1:, 2 * pull.size :] = np.diag(exceeded)
    aim = np.zeros(rows.shape[1])
    aim[: 2 * pull.size] = -_real(pull.reshape(-1))
    scaled, left = nonnegative_least_squares(rows.T, aim)
    found = scaled / lengths
    scale = float(np.linalg.norm(pull - found[0] * streams))
    rate = np.zeros(len(channels))
    rate[asked] = found[1:] * np.log(2.0) * problem.power_limit_w
    floor = 1e-9 * float(np.linalg.norm(pull))
    return Stationarity(
        residual=left / max(scale, left, floor),
        prices=Prices(rate_w_per_bps_hz=rate, power=float(found[0])),
    )


def _forces(problem: BeamformingProblem, asked: np.ndarray, weights: C, beams: tuple[np.ndarray, C]) -> C:
    """∂R_k/∂w* [A, N_t, B] for the receivers `asked` [A] and beams (owner [B], w [N_t, B]); owner 0 is sensing."""
    owner, streams = beams
    channels, hears = problem.normalised_direct, ~problem.selected
    before = interference(channels, weights, hears)[asked]
    arrived = channels[asked] @ streams
    own = (owner == asked[:, None] + 1)[:, None, :]
    signal = arrived * own
    after = before + signal @ signal.conj().swapaxes(1, 2)
    kept, gained = np.linalg.solve(before, arrived), np.linalg.solve(after, arrived)
    pressure = np.where(own, gained, gained - kept)
    pressure[:, :, owner == 0] *= hears[asked][:, None, None]
    forces: C = channels[asked].conj().swapaxes(1, 2) @ pressure
    return forces


def nonnegative_least_squares(columns: F, aim: F) -> tuple[F, float]:
    """(x ≥ 0 of least ‖columns x - aim‖, that length). At a stationary point the constraint is seldom active."""
    free = np.asarray(np.linalg.lstsq(columns, aim, rcond=None)[0], float)
    if np.all(free >= 0.0):
        return free, float(np.linalg.norm(columns @ free - aim))
    from scipy.optimize import nnls

    bounded, left = nnls(columns, aim)
    return bounded, float(left)


def _real(forces: C) -> F:
    """Real and imaginary parts side by side: inner products are the real parts of those of the complex numbers."""
    return np.ascontiguousarray(forces).view(float)
