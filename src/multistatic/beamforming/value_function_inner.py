"""The convex half of the value-function method: the best beams for fixed receive vectors (docs/algorithms.md §1.2).

With unit receive vectors v_s the receivers become a multi-user MISO downlink with channels h_s = H_kᴴ v_s and SINR
targets γ_s. For a price ν of illumination against power, the problem

    φ(ν) = min  tr S - ν aᴴSa   subject to the SINR targets                                        (P_ν)

has the uplink dual  φ(ν) = Σ_s λ_s  with  λ_s (1 + 1/γ_s) h_sᴴ M⁻¹ h_s = 1,  M = I + Σ_s λ_s h_s h_sᴴ - ν a aᴴ ≻ 0.
ν = 0 is the minimum-power downlink; ν grows until the power budget is spent. Only inner products of channels enter:
G = [h_sᴴ h_t], g = [h_sᴴ a] and ‖a‖², so the number of transmit antennas does not matter.

The functions are plain NumPy within the subset that Numba compiles (see `value_function_kernels`). Symbols, for S
streams: `gram` G [S, S], `cross` g [S], `norm2` ‖a‖², `target` γ [S], `hears` [S] true where the receiver of the stream
suffers the sensing beam, `power` P, `price` λ [S], `nu` ν.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from multistatic.units import B, C, F

SENSING_ON, SENSING_OFF, UNREACHABLE, OVER_POWER = 0, 1, 2, 3

_NEWTON_STEPS = 60
_JOINT_STEPS = 25
_BISECTIONS = 60


def uplink_beams(gram: C, cross: C, norm2: float, target: F, price: F, nu: float) -> tuple[Any, ...]:
    """MMSE beams u_s = sqrt(λ_s) M⁻¹ h_s at the prices (λ, ν), through the uplink error covariance.

    T = I - Λ^½ 𝒽ᴴ M⁻¹ 𝒽 Λ^½ = T₀ - κ y yᴴ,  T₀ = (I + Λ^½ G Λ^½)⁻¹,  y = T₀ Λ^½ g,  κ = ν/(1 - νθ),
    θ = aᴴ(I + Σ λ_s h_s h_sᴴ)⁻¹a = ‖a‖² - gᴴ Λ^½ y.  M ≻ 0 iff slack = 1 - νθ > 0. Then
    sqrt(λ_s) h_sᴴ u_t = (I - T)_st,   aᴴu_t = conj(y_t)/(1 - νθ),   ‖u_t‖² - ν|aᴴu_t|² = T_tt - Σ_s |T_st|².

    Returns (slack, T, aᴴu, B, cost, θ): B_ss = λ_s|h_sᴴu_s|²/γ_s and B_st = -λ_s|h_sᴴu_t|², so that the SINR targets
    read B q = λ for downlink powers q, and `cost` = ‖u_t‖² - ν|aᴴu_t|².
    """
    count = len(price)
    root = np.sqrt(price)
    scaled = gram * root.reshape(count, 1) * root.reshape(1, count)
    error = np.linalg.solve(np.eye(count) + scaled, np.eye(count).astype(np.complex128))
    towards = root * cross
    y = np.dot(error, towards)
    theta = norm2 - np.sum(towards.real * y.real + towards.imag * y.imag)
    slack = 1.0 - nu * theta
    if slack > 0.0:
        error = error - (nu / slack) * y.reshape(count, 1) * np.conj(y).reshape(1, count)
    leak = error.real**2 + error.imag**2
    cost = np.zeros(count)
    coupling = -leak
    for t in range(count):
        own = error[t, t].real
        cost[t] = own - np.sum(leak[:, t])
        coupling[t, t] = (1.0 - own) ** 2 / target[t]
    return slack, error, np.conj(y) / slack if slack > 0.0 else np.conj(y), coupling, cost, theta


def sensing_beam(gram: C, cross: C, norm2: float, price: F, hears: B) -> tuple[Any, ...]:
    """Direction w₀ = (I + Σ_heard λ_s h_s h_sᴴ)⁻¹ a of the sensing beam: (θ₀, i₀, ‖w₀‖²).

    θ₀ = aᴴw₀; i₀ [S] = λ_s|h_sᴴw₀|² where it is heard, 0 elsewhere. The beam is worth its power iff νθ₀ = 1;
    dual feasibility asks νθ₀ ≤ 1.
    """
    count = len(price)
    root = np.where(hears, np.sqrt(price), 0.0)
    scaled = gram * root.reshape(count, 1) * root.reshape(1, count)
    towards = root * cross
    y = np.linalg.solve(np.eye(count) + scaled, towards)
    theta = norm2 - np.sum(towards.real * y.real + towards.imag * y.imag)
    heard = y.real**2 + y.imag**2
    return theta, heard, theta - np.sum(heard)


def sensing_weights(gram: C, cross: C, price: F, hears: B) -> C:
    """y₀ with w₀ = a - Σ_s h_s y₀_s: the weights [S] of `sensing_beam`, 0 where it is not heard."""
    count = len(price)
    root = np.where(hears, np.sqrt(price), 0.0)
    scaled = gram * root.reshape(count, 1) * root.reshape(1, count)
    return root * np.linalg.solve(np.eye(count) + scaled, root * cross)


def prices_at(gram: C, cross: C, norm2: float, target: F, price: F, nu: float) -> tuple[bool, F]:
    """The largest fixed point λ(ν), by Newton's method (policy iteration), from a start `price`.

    λ_s ≤ I_s(λ) = min_{h_sᴴu=1} γ_s uᴴ(I - νaaᴴ + Σ_{t≠s} λ_t h_t h_tᴴ)u: I is a minimum of functions affine and
    increasing in λ, hence concave and monotone. Holding the minimising beams fixed and solving the affine equations
    Bᵀ(λ⁺/λ) = cost is Newton's method; after one step it decreases monotonically to λ(ν), and a step that leaves the
    domain proves that (P_ν) is unbounded: ν is too large.
    """
    step = np.inf
    for _ in range(_NEWTON_STEPS):
        slack, _, _, coupling, cost, _ = uplink_beams(gram, cross, norm2, target, price, nu)
        if not slack > 0.0:
            return False, price
        ratio = np.linalg.solve(coupling.T, cost)
        if not np.all(ratio > 0.0):
            return False, price
        price = price * ratio
        previous, step = step, np.max(np.abs(ratio - 1.0))
        if step < 1e-9 or (step < 1e-6 and step >= previous):
            return True, price
    return step < 1e-6, price


def minimum_power_prices(gram: C, target: F) -> tuple[bool, F]:
    """λ(0): the prices of the minimum-power downlink, or False if no power reaches the SINR targets.

    Newton needs beams that can reach the targets at some power (B an M-matrix). A point with λ ≥ I(λ) has them;
    λ ← 4 I(λ) moves to one if there is any.
    """
    count = len(target)
    gain = np.zeros(count)
    for s in range(count):
        gain[s] = gram[s, s].real
    if not np.all(gain > 0.0):
        return False, gain
    cross = np.zeros(count, np.complex128)
    price = 4.0 * target / gain
    for _ in range(200):
        _, error, _, coupling, cost, _ = uplink_beams(gram, cross, 0.0, target, price, 0.0)
        ratio = np.linalg.solve(coupling.T, cost)
        if np.all(ratio > 0.0) and np.all(np.isfinite(ratio)):
            found, refined = prices_at(gram, cross, 0.0, target, price * ratio, 0.0)
            if found:
                return True, refined
        for s in range(count):
            reached = max(1.0 - error[s, s].real, 1e-300)
            price[s] *= 4.0 * target[s] / ((1.0 + target[s]) * reached)
        if not np.all(price * gain < 1e14):
            return False, price
    return False, price


def power_gradient(
    target: F, nu: float, error: C, towards: C, coupling: F, powers: F, length: F, theta: float, slack: float
) -> tuple[F, float]:
    """(∂power/∂ln λ [S], ∂power/∂ν) of power = Nᵀq, B q = λ, with N_t = ‖u_t‖² (`length`) and β = aᴴu (`towards`).

    With u_t = sqrt(λ_t) M⁻¹h_t normalised at the present λ, X = I - T and ℓ = d ln λ:
    dX = -X diag(ℓ) X + conj(β)βᵀ dν,  dβ = -βᵀdiag(ℓ)X + (aᴴM⁻¹a) β dν  and, since B's left side is fixed by this
    normalisation,  d power = qᵀdN - yᵀ dB q  with Bᵀy = N and N_t = X_tt - Σ_s e^ℓ_s |X_st|² + ν|β_t|².
    Collecting the factors of dX_st in Z_st:  Z_st = (y_s - 1) q_t X_st off the diagonal and
    Z_tt = q_t (½ - X_tt - y_t X_tt/γ_t).
    """
    count = len(target)
    y = np.linalg.solve(coupling.T, length)
    signal = np.eye(count) - error
    weight = (y - 1.0).reshape(count, 1) * powers.reshape(1, count) * signal
    for t in range(count):
        own = signal[t, t].real
        weight[t, t] = powers[t] * (0.5 - own - y[t] * own / target[t])
    adjoint = np.conj(weight.T)
    alpha = towards.real**2 + towards.imag**2
    turned = np.dot(signal, adjoint) * signal.T
    heard = (signal.real**2 + signal.imag**2) * powers.reshape(1, count)
    tilt = towards * np.dot(signal, powers * np.conj(towards))
    by_price = -2.0 * np.sum(turned, axis=1).real - np.sum(heard, axis=1) - 2.0 * nu * tilt.real
    lit = np.sum(powers * alpha)
    turn = np.sum(np.dot(towards, adjoint) * np.conj(towards)).real
    by_nu = 2.0 * turn + (1.0 + 2.0 * nu * theta / slack) * lit
    return by_price, by_nu


def sensing_on(
    gram: C, cross: C, norm2: float, target: F, hears: B, power: float, price: F, nu: float
) -> tuple[bool, F, float, F, float]:
    """Newton on (λ, ν) together with the sensing beam on: (found, λ, ν, q, p_c).

    With i₀ and θ₀ of `sensing_beam`, N_t = ‖u_t‖² and α_t = |aᴴu_t|²: the stationarity of each beam at fixed
    directions is  Bᵀ(λ⁺/λ) + ν⁺α = N  and, for the sensing beam,  -i₀ᵀ(λ⁺/λ) + ν⁺θ₀² = ‖w₀‖²; the transpose of the
    same matrix gives the downlink powers,  B q - i₀ p_c = λ  and  Nᵀq + ‖w₀‖² p_c = P. A fixed point with positive λ,
    ν, q and p_c ≥ 0 meets all optimality conditions of a convex problem.
    """
    count = len(price)
    system = np.zeros((count + 1, count + 1))
    right = np.zeros(count + 1)
    step = np.inf
    for _ in range(_JOINT_STEPS):
        slack, _, towards, coupling, cost, _ = uplink_beams(gram, cross, norm2, target, price, nu)
        if not slack > 0.0:
            break
        theta, heard, length = sensing_beam(gram, cross, norm2, price, hears)
        alpha = towards.real**2 + towards.imag**2
        system[:count, :count] = coupling.T
        system[:count, count] = alpha
        system[count, :count] = -heard
        system[count, count] = theta * theta
        right[:count] = cost + nu * alpha
        right[count] = length
        if step < 1e-9:
            right[:count] = price
            right[count] = power
            # The same matrix, with the last row and column scaled to (N, ‖w₀‖²) and -i₀.
            system[:count, :count] = coupling
            system[:count, count] = -heard
            system[count, :count] = cost + nu * alpha
            system[count, count] = length
            powers = np.linalg.solve(system, right)
            found = bool(np.all(powers[:count] > 0.0) and powers[count] >= 0.0)
            return found, price, nu, powers[:count].copy(), powers[count]
        ratio = np.linalg.solve(system, right)
        ratio[count] /= nu
        largest = np.max(np.abs(ratio - 1.0))
        if not largest < np.inf:
            break
        step = 0.0 if step < 1e-6 and largest >= step else largest
        ratio = np.minimum(np.maximum(ratio, 0.2), 5.0)
        price = price * ratio[:count]
        nu = nu * ratio[count]
    return False, price, nu, price, 0.0


def sensing_off(
    gram: C, cross: C, norm2: float, target: F, hears: B, power: float, price: F, nu: float
) -> tuple[bool, F, float, F, float]:
    """Newton on (λ, ν) together without a sensing beam: (found, λ, ν, q, 0).

    Bᵀℓ + α dν = cost - Bᵀ1 (as in `prices_at`) and d(1/power) = 1/P - 1/power. At high SNR the solution lies close to
    a fold of ν ↦ λ(ν), where power(ν) has a pole of order ½; in (λ, ν) together, and for 1/power, the fold is an
    ordinary point.
    """
    count = len(price)
    system = np.zeros((count + 1, count + 1))
    right = np.zeros(count + 1)
    step = np.inf
    for _ in range(_JOINT_STEPS):
        slack, error, towards, coupling, cost, theta = uplink_beams(gram, cross, norm2, target, price, nu)
        if not slack > 0.0:
            break
        alpha = towards.real**2 + towards.imag**2
        length = cost + nu * alpha
        powers = np.linalg.solve(coupling, price)
        used = np.sum(length * powers)
        if step < 1e-9:
            theta_sensing = sensing_beam(gram, cross, norm2, price, hears)[0]
            found = bool(np.all(powers > 0.0)) and nu * theta_sensing <= 1.0 + 1e-12
            return found, price, nu, powers * (power / used), 0.0
        by_price, by_nu = power_gradient(target, nu, error, towards, coupling, powers, length, theta, slack)
        system[:count, :count] = coupling.T
        system[:count, count] = alpha * nu
        system[count, :count] = by_price / used**2
        system[count, count] = by_nu * nu / used**2
        right[:count] = cost - np.sum(coupling, axis=0)
        right[count] = 1.0 / used - 1.0 / power
        change = np.linalg.solve(system, right)
        largest = np.max(np.abs(change))
        if not largest < np.inf:
            break
        step = 0.0 if step < 1e-6 and largest >= step else largest
        change = np.minimum(np.maximum(change, -0.8), 4.0)
        price = price * (1.0 + change[:count])
        nu = nu * (1.0 + change[count])
    return False, price, nu, price, 0.0


def solve_inner(
    gram: C, cross: C, norm2: float, target: F, hears: B, power: float, price: F, nu: float, sensing: bool
) -> tuple[int, F, float, F, float]:
    """Maximise the illumination for fixed receive vectors: (status, λ, ν, q, p_c).

    `price`, `nu`, `sensing`: the solution of a neighbouring problem, or nu = 0 for none. The dual function
    (P - φ(ν))/ν has the derivative (power(ν) - P)/ν², so the answer is the largest ν at which (P_ν) is bounded,
    power(ν) ≤ P and νθ₀ ≤ 1. From a neighbour, Newton's method nearly always finds it; otherwise ν is bracketed by
    bisection, with Newton tried from every midpoint. `low` always meets the targets within the power: if the bracket
    collapses, its beams scaled up to the budget are the answer (more power for all raises every SINR).
    """
    if nu > 0.0:
        for attempt in range(2):
            if sensing == (attempt == 0):
                found, joint, joint_nu, powers, left = sensing_on(gram, cross, norm2, target, hears, power, price, nu)
            else:
                found, joint, joint_nu, powers, left = sensing_off(gram, cross, norm2, target, hears, power, price, nu)
            if found:
                return SENSING_ON if sensing == (attempt == 0) else SENSING_OFF, joint, joint_nu, powers, left
    reached, price = minimum_power_prices(gram, target)
    least = np.sum(price)
    if not reached or least >= power:
        return OVER_POWER if reached else UNREACHABLE, price, 0.0, price, 0.0
    low, high = 0.0, 1.0 / sensing_beam(gram, cross, norm2, price, hears)[0]
    nu = high
    for attempt in range(_BISECTIONS):
        found, joint, joint_nu, powers, left = sensing_on(gram, cross, norm2, target, hears, power, price, nu)
        if found:
            return SENSING_ON, joint, joint_nu, powers, left
        if attempt > 0:
            found, joint, joint_nu, powers, left = sensing_off(gram, cross, norm2, target, hears, power, price, nu)
            if found:
                return SENSING_OFF, joint, joint_nu, powers, left
            found, trial = prices_at(gram, cross, norm2, target, price, nu)
            if found:
                found, used = power_at(gram, cross, norm2, target, trial, nu)
                found = found and used <= power
                found = found and nu * sensing_beam(gram, cross, norm2, trial, hears)[0] <= 1.0
            if found:
                low, price = nu, trial
            else:
                high = nu
        nu = 0.5 * (low + high) if attempt > 0 else 0.8 * high
    _, _, _, coupling, _, _ = uplink_beams(gram, cross, norm2, target, price, low)
    powers = np.linalg.solve(coupling, price)
    return SENSING_OFF, price, low, powers * (power / power_at(gram, cross, norm2, target, price, low)[1]), 0.0


def power_at(gram: C, cross: C, norm2: float, target: F, price: F, nu: float) -> tuple[bool, float]:
    """(all downlink powers positive, their sum) for the beams of the prices (λ, ν)."""
    _, _, towards, coupling, cost, _ = uplink_beams(gram, cross, norm2, target, price, nu)
    powers = np.linalg.solve(coupling, price)
    return bool(np.all(powers > 0.0)), np.sum(powers * (cost + nu * (towards.real**2 + towards.imag**2)))


def minimum_power(gram: C, target: F) -> tuple[int, F, float, F]:
    """Spend as little power as the targets allow: (status, λ, power, q); power is inf where none is enough."""
    reached, price = minimum_power_prices(gram, target)
    if not reached:
        return UNREACHABLE, price, np.inf, price
    _, _, _, coupling, _, _ = uplink_beams(gram, np.zeros(len(price), np.complex128), 0.0, target, price, 0.0)
    return SENSING_OFF, price, np.sum(price), np.linalg.solve(coupling, price)


def stream_channels(gram: C, cross: C, receiver: Any, vectors: C) -> tuple[C, C, C]:
    """What the receive vectors v_s [S, n] make of 𝒢 = 𝓗𝓗ᴴ [K n, K n] and 𝓗a [K n]: (𝒢V [K n, S], G [S, S], g [S])."""
    count, antennas = vectors.shape
    placed = np.zeros((len(cross), count), np.complex128)
    for s in range(count):
        placed[receiver[s] * antennas : (receiver[s] + 1) * antennas, s] = vectors[s]
    heard = np.dot(gram, placed)
    adjoint = np.conj(placed.T).copy()
    return heard, np.dot(adjoint, heard), np.dot(adjoint, cross)


def envelope_gradient(
    heard: C,
    cross: C,
    norm2: float,
    receiver: Any,
    vectors: C,
    streams: tuple[C, C, F, B],
    solution: tuple[F, float, F, float],
) -> tuple[C, F]:
    """Derivatives of Σλ (ν fixed, that is of -ν times the dual value) by conj(v_s) [S, n] and by ln(1+γ_s) [S].

    Envelope theorem: the Lagrangian depends on v_s through λ_s [v_sᴴΦ_s v_s - q_s|v_sᴴH_k u_s|²/γ_s], with Φ_s the
    noise (I), the other beams and, where it is heard, the sensing beam; on γ_s through -λ_s q_s|v_sᴴH_ku_s|²/γ_s.
    Beams: u = 𝒽Λ^½T + ν a βᵀ,  w₀ = a - 𝒽_u Λ_u^½ y_u.
    """
    gram, towards_streams, target, hears = streams
    price, nu, powers, left = solution
    count, antennas = vectors.shape
    _, error, beta, _, _, _ = uplink_beams(gram, towards_streams, norm2, target, price, nu)
    root = np.sqrt(price)
    by_vector = np.zeros((count, antennas), np.complex128)
    by_rate = np.zeros(count)
    y = np.zeros(count, np.complex128)
    if left > 0.0:
        y = sensing_weights(gram, towards_streams, price, hears)
    arrived = np.dot(heard * root.reshape(1, count), error)
    for s in range(count):
        block = slice(receiver[s] * antennas, (receiver[s] + 1) * antennas)
        beams = arrived[block] + nu * cross[block].reshape(antennas, 1) * beta.reshape(1, count)
        seen = np.dot(np.conj(vectors[s]), beams)
        weight = powers * np.conj(seen)
        signal = powers[s] * (seen[s].real ** 2 + seen[s].imag ** 2)
        weight[s] *= -1.0 / target[s]
        total = vectors[s] + np.dot(beams, weight)
        if hears[s] and left > 0.0:
            sensing = cross[block] - np.dot(heard[block], y)
            total = total + left * sensing * np.conj(np.sum(np.conj(vectors[s]) * sensing))
        by_vector[s] = price[s] * total
        by_rate[s] = price[s] * signal * (1.0 + target[s]) / target[s] ** 2
    return by_vector, by_rate


def loss_and_gradient(
    gram: C,
    cross: C,
    norm2: float,
    receiver: Any,
    hears: B,
    vectors: C,
    target: F,
    power: float,
    start: tuple[F, float, bool],
) -> tuple[Any, ...]:
    """Loss ‖a‖²P - p of the best beams for these receive vectors, from the neighbouring solution `start` = (λ, ν, on).

    Returns (status, loss, ∂loss/∂conj v, ∂loss/∂ln(1+γ), λ, ν, q, p_c). Dual value: p = (P - Σλ)/ν.
    """
    heard, stream_gram, stream_cross = stream_channels(gram, cross, receiver, vectors)
    status, price, nu, powers, left = solve_inner(
        stream_gram, stream_cross, norm2, target, hears, power, start[0], start[1], start[2]
    )
    if status > SENSING_OFF:
        return status, np.inf, vectors, target, price, nu, powers, left
    by_vector, by_rate = envelope_gradient(
        heard, cross, norm2, receiver, vectors, (stream_gram, stream_cross, target, hears), (price, nu, powers, left)
    )
    loss = ((norm2 * nu - 1.0) * power + np.sum(price)) / nu
    return status, loss, by_vector / nu, by_rate / nu, price, nu, powers, left


def power_and_gradient(gram: C, cross: C, receiver: Any, hears: B, vectors: C, target: F) -> tuple[Any, ...]:
    """Minimum power for these receive vectors, in the form of `loss_and_gradient`."""
    heard, stream_gram, stream_cross = stream_channels(gram, cross, receiver, vectors)
    status, price, least, powers = minimum_power(stream_gram, target)
    if status > SENSING_OFF:
        return status, np.inf, vectors, target, price, 0.0, powers, 0.0
    by_vector, by_rate = envelope_gradient(
        heard, cross, 0.0, receiver, vectors, (stream_gram, stream_cross, target, hears), (price, 0.0, powers, 0.0)
    )
    return status, least, by_vector, by_rate, price, 0.0, powers, 0.0
