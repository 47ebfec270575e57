"""One downlink at given prices: its uplink beams, the sensing beam, and the prices that belong to a given ν.

With unit receive vectors v_s the receivers become a multi-user MISO downlink with channels h_s = H_kᴴ v_s and SINR
targets γ_s. For a price ν of illumination against power, the problem

    φ(ν) = min  tr S - ν aᴴSa   subject to the SINR targets                                                     (P_ν)

has the uplink dual  φ(ν) = Σ_s λ_s  with  λ_s (1 + 1/γ_s) h_sᴴ M⁻¹ h_s = 1,  M = I + Σ_s λ_s h_s h_sᴴ - ν a aᴴ ≻ 0.
ν = 0 is the minimum-power downlink; ν grows until the power budget is spent (`optimal_prices`, docs/algorithms.md
§1.2). Only inner products of channels enter, so the number of transmit antennas does not matter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from multistatic.beamforming.downlink.dense import (
    Scratch,
    error_covariance,
    factorise,
    multiply,
    solve,
    solve_transposed,
    squared,
)
from multistatic.compiled import internal
from multistatic.units import B, C, F

_NEWTON_STEPS = 60
_GROWTH_STEPS = 200
CONVERGED = 1e-6  # relative Newton step; the error after it is of the order of its square


class Downlink(NamedTuple):
    """S streams with fixed receive vectors."""

    gram: C  # [S, S] G = h_sᴴh_t
    cross: C  # [S] g = h_sᴴa
    norm2: float  # ‖a‖²
    target: F  # [S] γ
    receives_sensing: B  # [S] true where the receiver of the stream suffers the sensing beam
    power: float = 1.0  # budget P


class DownlinkBeams(NamedTuple):
    """Beams u = 𝒽Λ^½T + ν a βᵀ of S streams and the sensing beam w₀ = a - 𝒽 y₀, with their prices and powers."""

    price: F  # [S] λ
    powers: F  # [S] q of the beams u_s
    error: C  # [S, S] T, the uplink error covariance
    on_target: C  # [S] β = aᴴu
    weights: C  # [S] y₀


class Uplink(NamedTuple):
    """What the MMSE beams of the uplink say of the downlink: the SINR targets read B q = λ for powers q."""

    coupling: F  # [S, S] B_ss = λ_s|h_sᴴu_s|²/γ_s, B_st = -λ_s|h_sᴴu_t|²
    cost: F  # [S] ‖u_t‖² - ν|β_t|²


class Tilt(NamedTuple):
    """The price of illumination, and how far M is from singular."""

    nu: float  # ν
    slack: float  # 1 - νθ; M ≻ 0 iff it is positive
    theta: float  # θ = aᴴ(I + Σ λ_s h_s h_sᴴ)⁻¹a


class SensingBeam(NamedTuple):
    """The sensing beam w₀ at given prices."""

    theta: float  # θ₀ = aᴴw₀
    norm2: float  # ‖w₀‖²


class FixedPoint(NamedTuple):
    """Whether prices λ(ν) with positive powers were found, their slack, and the power Nᵀq that the beams spend."""

    found: bool
    slack: float
    used: float


@internal
def matched(gram: C, cross: C, norm2: float, root: F, count: int, scratch: Scratch, error: C, y: C) -> float:
    """θ, and (T₀, y) into the arrays, of `count` streams with prices λ, `root` = sqrt(λ):
    T₀ = (I + Λ^½ G Λ^½)⁻¹, y = T₀ Λ^½ g and θ = aᴴ(I + Σ λ_s h_s h_sᴴ)⁻¹a = ‖a‖² - gᴴ Λ^½ y.
    """
    error_covariance(gram, root, count, scratch, error)
    theta = norm2
    for s in range(count):
        own = 0.0j
        for t in range(count):
            own += error[s, t] * root[t] * cross[t]
        y[s] = own
        theta -= root[s] * (cross[s].real * own.real + cross[s].imag * own.imag)
    return theta


@internal
def uplink_beams(
    downlink: Downlink, nu: float, slack: float, scratch: Scratch, beams: DownlinkBeams, uplink: Uplink
) -> Tilt:
    """MMSE beams u_s = sqrt(λ_s) M⁻¹ h_s at the prices (λ, ν), through the uplink error covariance: T and β of `beams`,
    whose λ are given, and `uplink`.

    T = I - Λ^½ 𝒽ᴴ M⁻¹ 𝒽 Λ^½ = T₀ - κ y yᴴ,  κ = ν/(1 - νθ),  with T₀, y and θ of `matched`.
    M ≻ 0 iff slack = 1 - νθ > 0. Then
    sqrt(λ_s) h_sᴴ u_t = (I - T)_st,   β_t = aᴴu_t = conj(y_t)/(1 - νθ),   ‖u_t‖² - ν|β_t|² = T_tt - Σ_s |T_st|².

    A positive `slack` takes the place of `nu`: where receivers are nearly orthogonal to the target the slack is tiny,
    and ν does not resolve it.
    """
    root, y, error, beta = scratch.root, scratch.aimed, beams.error, beams.on_target
    coupling, cost = uplink.coupling, uplink.cost
    count = len(cost)
    for s in range(count):
        root[s] = np.sqrt(beams.price[s])
        cost[s] = 0.0
    theta = matched(downlink.gram, downlink.cross, downlink.norm2, root, count, scratch, error, y)
    if slack > 0.0:
        nu = (1.0 - slack) / theta
    else:
        slack = 1.0 - nu * theta
    kappa = nu / slack if slack > 0.0 else 0.0
    for s in range(count):
        beta[s] = np.conj(y[s]) * (1.0 / slack)
        for t in range(count):
            error[s, t] -= kappa * y[s] * np.conj(y[t])
            leak = squared(error[s, t])
            coupling[s, t] = -leak
            cost[t] -= leak
    for t in range(count):
        left = error[t, t].real
        cost[t] += left
        coupling[t, t] = (1.0 - left) * (1.0 - left) / downlink.target[t]
    return Tilt(nu, slack, theta)


@internal
def sensing_beam(downlink: Downlink, price: F, scratch: Scratch, received: F, weights: C) -> SensingBeam:
    """The sensing beam w₀ = (I + Σ_heard λ_s h_s h_sᴴ)⁻¹ a = a - Σ_s h_s y₀_s, with i₀ and y₀ into the arrays.

    i₀ [S] = λ_s|h_sᴴw₀|² = |y₀_s|²/λ_s where received, else 0. The beam is worth its power iff νθ₀ = 1; dual
    feasibility requires νθ₀ ≤ 1. From (I + Σ λ_s h_s h_sᴴ)w₀ = a follows ‖w₀‖² = θ₀ - Σ_s i₀_s.
    """
    root, receivers, receives_sensing, count = scratch.root, scratch.order, downlink.receives_sensing, len(price)
    gram, cross, size = scratch.spread, scratch.aimed, 0
    for s in range(count):
        received[s] = 0.0
        if receives_sensing[s]:
            receivers[size] = s
            size += 1
    # The others do not count: their streams are left out.
    for i in range(size):
        root[i] = np.sqrt(price[receivers[i]])
        cross[i] = downlink.cross[receivers[i]]
        for j in range(size):
            gram[i, j] = downlink.gram[receivers[i], receivers[j]]
    length = theta = matched(gram, cross, downlink.norm2, root, size, scratch, scratch.alone, weights)
    for i in range(size - 1, -1, -1):
        received[receivers[i]] = squared(weights[i])
        weights[receivers[i]] = weights[i] * root[i]
    for s in range(count):
        if not receives_sensing[s]:
            weights[s] = 0.0
        length -= received[s]
    return SensingBeam(theta, length)


@internal
def prices_at(downlink: Downlink, nu: float, scratch: Scratch, beams: DownlinkBeams, uplink: Uplink) -> FixedPoint:
    """The largest fixed point λ(ν), by Newton's method (policy iteration) from the prices of `beams`, which it becomes.

    λ_s ≤ I_s(λ) = min_{h_sᴴu=1} γ_s uᴴ(I - νaaᴴ + Σ_{t≠s} λ_t h_t h_tᴴ)u: I is a minimum of functions affine and
    increasing in λ, hence concave and monotone. Holding the minimising beams fixed and solving the affine equations
    Bᵀ(λ⁺/λ) = cost is Newton's method; after one step it decreases monotonically to λ(ν), and a step that leaves the
    domain proves that (P_ν) is unbounded: ν is too large.

    For ν = 0, where the beams cannot reach the targets at any power (B no M-matrix), λ ← 1.5 I(λ) moves to a
    point with λ ≥ I(λ), whose beams can, if there is any (a larger factor overshoots, and drowns it in rounding).
    """
    ratio, price, step, grow = scratch.ratio, beams.price, np.inf, nu == 0.0
    converged, slack = False, 1.0
    for _ in range(_NEWTON_STEPS + (_GROWTH_STEPS if grow else 0)):
        slack = uplink_beams(downlink, nu, 0.0, scratch, beams, uplink).slack
        if not slack > 0.0:
            break
        factorise(uplink.coupling, scratch.factors, scratch.order)
        if converged:
            found, used = _positive_powers(nu, scratch, beams, uplink)
            return FixedPoint(found, slack, used)
        solve_transposed(scratch.factors, scratch.order, uplink.cost, scratch.row_real, ratio)
        proper = True
        for s in range(len(price)):
            proper = proper and ratio[s] > 0.0 and ratio[s] < np.inf
        if not (proper or grow):
            break
        previous, step = step, 0.0
        reachable = True
        for s in range(len(price)):
            if not proper:
                target = downlink.target[s]
                ratio[s] = 1.5 * target / ((1.0 + target) * (1.0 - beams.error[s, s].real))
            step = max(step, abs(ratio[s] - 1.0))
            price[s] *= ratio[s]
            reachable = reachable and price[s] * downlink.gram[s, s].real < 1e14
        if not reachable:
            break
        converged = proper and (step < CONVERGED or (step < 1e-4 and step >= previous))
    return FixedPoint(False, slack, 0.0)


@internal
def _positive_powers(nu: float, scratch: Scratch, beams: DownlinkBeams, uplink: Uplink) -> tuple[bool, float]:
    """Whether the powers q of the beams are positive and finite, and the power spent, Nᵀq. B is factorised."""
    solve(scratch.factors, scratch.order, beams.price, beams.powers)
    found, used = True, 0.0
    for s in range(len(beams.powers)):
        used += beams.powers[s] * (uplink.cost[s] + nu * squared(beams.on_target[s]))
        found = found and beams.powers[s] > 0.0
    return found and used < np.inf, used


@internal
def spent(nu: float, beams: DownlinkBeams, uplink: Uplink, length: F) -> float:
    """Nᵀq, and N [S] into `length`: N_t = ‖u_t‖² = cost_t + ν|β_t|²."""
    used = 0.0
    for t in range(len(length)):
        length[t] = uplink.cost[t] + nu * squared(beams.on_target[t])
        used += length[t] * beams.powers[t]
    return used


@internal
def power_gradient(downlink: Downlink, tilt: Tilt, scratch: Scratch, beams: DownlinkBeams, uplink: Uplink) -> float:
    """∂power/∂ν, and ∂power/∂ln λ [S] into `scratch.by_price`, of power = Nᵀq, B q = λ, with N_t = ‖u_t‖²
    (`scratch.length`). B is factorised.

    With u_t = sqrt(λ_t) M⁻¹h_t normalised at the present λ, X = I - T and ℓ = d ln λ:
    dX = -X diag(ℓ) X + conj(β)βᵀ dν,  dβ = -βᵀdiag(ℓ)X + (aᴴM⁻¹a) β dν  and, since B's left side is fixed by this
    normalisation,  d power = qᵀdN - yᵀ dB q  with Bᵀy = N and N_t = X_tt - Σ_s e^ℓ_s |X_st|² + ν|β_t|².
    Collecting the factors of dX_st in conj(Z_st):  Z_st = (y_s - 1) q_t X_st off the diagonal and
    Z_tt = q_t (½ - X_tt - y_t X_tt/γ_t). X is Hermitian, so Z = (diag(y) - I) X diag(q) + diag(z) and
    (X Zᴴ X)_rr = Σ_s (y_s - 1) W_rs X_sr + z_s |X_rs|² with W = X diag(q) X, which is Hermitian too;
    aᴴM⁻¹a = θ/(1 - νθ).
    """
    y, signal, spread, crossed, by_price = (
        scratch.ratio,
        scratch.signal,
        scratch.spread,
        scratch.crossed,
        scratch.by_price,
    )
    beta, powers, nu, aim = beams.on_target, beams.powers, tilt.nu, tilt.theta / tilt.slack
    count, rest = len(y), scratch.root
    solve_transposed(scratch.factors, scratch.order, scratch.length, scratch.row_real, y)
    for s in range(count):
        for t in range(count):
            signal[s, t] = -beams.error[s, t]
        signal[s, s] += 1.0
        for t in range(count):
            spread[s, t] = signal[s, t] * powers[t]
        rest[s] = powers[s] * (0.5 - y[s] * signal[s, s].real * (1.0 + 1.0 / downlink.target[s]))
        by_price[s] = 0.0
    lower = count > 0  # a computed value: for a constant Numba would compile `multiply` once more
    multiply(spread, signal, lower, scratch, crossed)
    by_nu = 0.0
    for r in range(count):
        tilt_r = 0.0j
        for t in range(count):
            by_price[r] -= (2.0 * rest[t] + powers[t]) * squared(signal[r, t])
            tilt_r += spread[r, t] * np.conj(beta[t])
        for t in range(r):
            both = 2.0 * (crossed[r, t].real * signal[r, t].real + crossed[r, t].imag * signal[r, t].imag)
            by_price[r] -= (y[t] - 1.0) * both
            by_price[t] -= (y[r] - 1.0) * both
        by_price[r] -= 2.0 * (y[r] - 1.0) * crossed[r, r].real * signal[r, r].real + 2.0 * nu * (beta[r] * tilt_r).real
        back = (y[r] - 1.0) * np.conj(tilt_r) + rest[r] * beta[r]
        by_nu += 2.0 * (back * np.conj(beta[r])).real + (1.0 + 2.0 * nu * aim) * powers[r] * squared(beta[r])
    return by_nu
