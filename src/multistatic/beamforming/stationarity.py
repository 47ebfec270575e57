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

from multistatic.beamforming.beamforming_problem import BeamformingProblem, Prices
from multistatic.beamforming.power import interference
from multistatic.communication.rates import rates_nats
from multistatic.linalg import adjoint
from multistatic.signal.beams import Beams
from multistatic.units import B, C, F

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
    receives_sensing, required = ~problem.selected, problem.rate_required_bps_hz * np.log(2.0)
    required_receivers = np.flatnonzero(required > _NO_RATE)
    before = interference(channels, weights, receives_sensing)
    exceeded = np.maximum(
        rates_nats(channels, weights, receives_sensing)[required_receivers] / required[required_receivers] - 1.0, 0.0
    )
    owner, stream = np.nonzero(np.any(weights != 0.0, axis=1))  # a beam of no power has no force
    streams = weights[owner, :, stream].T
    on_target = towards.conj() @ streams
    arrived = channels[required_receivers] @ streams
    pressure = pressure_of(before[required_receivers], required_receivers, owner, arrived, receives_sensing)
    products, moments = _inner_products(channels[required_receivers], towards, streams, arrived, pressure)
    lengths = np.sqrt(np.diagonal(products))
    products = products / np.outer(lengths, lengths)
    products[1:, 1:] += np.diag(exceeded**2)  # what of an exceeded rate has a price is left over as well
    scaled = _nonnegative(products, moments / lengths)
    found = scaled / lengths
    balance = np.outer(towards, on_target) - found[0] * streams
    scale = float(np.linalg.norm(balance))
    every = channels[required_receivers].reshape(-1, len(towards))
    balance += every.conj().T @ (found[1:, None, None] * pressure).reshape(len(every), len(owner))
    left = float(np.hypot(np.linalg.norm(balance), np.linalg.norm(exceeded * scaled[1:])))
    rate = np.zeros(len(channels))
    rate[required_receivers] = found[1:] * np.log(2.0) * problem.power_limit_w
    floor = 1e-9 * float(np.linalg.norm(towards) * np.linalg.norm(on_target))
    return Stationarity(
        residual=left / max(scale, left, floor),
        prices=Prices(rate_w_per_bps_hz=rate, power=float(found[0])),
    )


def pressure_of(before: C, required_receivers: np.ndarray, owner: np.ndarray, arrived: C, receives_sensing: B) -> C:
    """Z_k [A, N_r, B] with ∂R_k/∂w* = H_kᴴZ_k for the receivers `required_receivers` [A] and every beam w of some
    power.

    `before`: Ψ_k [A, N_r, N_r]; `owner` [B] of the beams: 0 is the sensing beam, 1 + k receiver k. `arrived`: H_kw.
    """
    own = (owner == required_receivers[:, None] + 1)[:, None, :]
    signal = arrived * own
    after = before + signal @ adjoint(signal)
    kept, gained = np.linalg.solve(before, arrived), np.linalg.solve(after, arrived)
    pressure = np.where(own, gained, gained - kept)
    pressure[:, :, owner == 0] *= receives_sensing[required_receivers][:, None, None]
    return pressure


def _inner_products(channels: C, towards: C, streams: C, arrived: C, pressure: C) -> tuple[F, F]:
    """(Re⟨f_i, f_j⟩ [1+A, 1+A], -Re⟨f_i, aaᴴW⟩ [1+A]) of the forces f_0 = -W of power and f_k = H_kᴴZ_k of the rates.

    The forces have N_t entries a beam and are never formed: ⟨f_k, f_l⟩ = Σ_rs (H_kH_lᴴ)_rs Σ_b conj(Z_k)_rb (Z_l)_sb.
    """
    count, antennas, transmit = channels.shape
    every, spread = channels.reshape(-1, transmit), pressure.reshape(count * antennas, streams.shape[1])
    pairs = np.real((every @ every.conj().T) * (spread.conj() @ spread.T))
    on_target = towards.conj() @ streams
    products, moments = np.empty((1 + count, 1 + count)), np.empty(1 + count)
    products[1:, 1:] = pairs.reshape(count, antennas, count, antennas).sum(axis=(1, 3))
    products[0, 0] = np.sum(np.abs(streams) ** 2)
    products[0, 1:] = products[1:, 0] = -np.real(np.sum(arrived.conj() * pressure, axis=(1, 2)))
    moments[0] = np.sum(np.abs(on_target) ** 2)
    moments[1:] = -np.real(np.sum(pressure.conj() * (channels @ towards)[:, :, None] * on_target, axis=(1, 2)))
    return products, moments


def _nonnegative(products: F, moments: F) -> F:
    """x ≥ 0 of least ‖Ax - b‖ from AᵀA and Aᵀb: a square root of AᵀA stands for A."""
    values, vectors = np.linalg.eigh(products)
    kept = values > 1e-14 * values[-1]
    root = np.sqrt(values[kept])
    return nonnegative_least_squares(root[:, None] * vectors[:, kept].T, vectors[:, kept].T @ moments / root)[0]


def nonnegative_least_squares(columns: F, aim: F) -> tuple[F, float]:
    """(x ≥ 0 of least ‖columns x - aim‖, that length). At a stationary point the constraint is seldom active."""
    free = np.asarray(np.linalg.lstsq(columns, aim, rcond=None)[0], float)
    if np.all(free >= 0.0):
        return free, float(np.linalg.norm(columns @ free - aim))
    from scipy.optimize import nnls

    bounded, left = nnls(columns, aim)
    return bounded, float(left)
