"""The convex half of the value-function method, compiled: the best beams for fixed receive vectors.

With unit receive vectors v_s the receivers become a multi-user MISO downlink with channels h_s = H_kᴴ v_s and SINR
targets γ_s. For a price ν of illumination against power, the problem

    φ(ν) = min  tr S - ν aᴴSa   subject to the SINR targets                                                     (P_ν)

has the uplink dual  φ(ν) = Σ_s λ_s  with  λ_s (1 + 1/γ_s) h_sᴴ M⁻¹ h_s = 1,  M = I + Σ_s λ_s h_s h_sᴴ - ν a aᴴ ≻ 0.
ν = 0 is the minimum-power downlink; ν grows until the power budget is spent (docs/algorithms.md §1.2). Only inner
products of channels enter, so the number of transmit antennas does not matter.

Symbols, for S streams: `gram` G = [h_sᴴh_t] [S, S], `cross` g = [h_sᴴa] [S], `norm2` ‖a‖², `target` γ [S], `hears`
[S] true where the receiver of the stream suffers the sensing beam, `power` P, `price` λ [S], `nu` ν.

Written as loops over scalars because array expressions take Numba ten times longer to compile. Numba's
own np.linalg would take 20 s, hence the two eliminations below. Every array is C-contiguous and writable, so that each
function is compiled once. All are in one file, because Numba's cache does not notice a change in another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

from multistatic.units import B, C, F

_NEWTON_STEPS = 60
_JOINT_STEPS = 25
_CONVERGED = 1e-6  # relative Newton step; the error after it is of the order of its square

_Function = TypeVar("_Function", bound=Callable[..., Any])


# A callback for C would never be used.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "no_cfunc_wrapper": True}


def _compiled(function: _Function) -> _Function:
    """Compile on first use and keep the machine code on disk, where a directory for it can be written."""
    try:
        return cast(_Function, njit(cache=True, **_OPTIONS)(function))
    except RuntimeError:  # no cache directory
        return cast(_Function, njit(**_OPTIONS)(function))


@_compiled
def _solve(matrix: F, right: F, transposed: bool) -> F:
    """x with A x = b, or Aᵀ x = b, by Gaussian elimination with partial pivoting; inf or NaN where A is singular."""
    count = len(right)
    work = np.empty((count, count + 1))
    for s in range(count):
        for t in range(count):
            work[s, t] = matrix[t, s] if transposed else matrix[s, t]
        work[s, count] = right[s]
    for k in range(count):
        pivot = k
        for s in range(k + 1, count):
            if abs(work[s, k]) > abs(work[pivot, k]):
                pivot = s
        for t in range(k, count + 1):
            work[k, t], work[pivot, t] = work[pivot, t], work[k, t]
        for s in range(k + 1, count):
            factor = work[s, k] / work[k, k]
            for t in range(k + 1, count + 1):
                work[s, t] -= factor * work[k, t]
    solution = np.empty(count)
    for k in range(count - 1, -1, -1):
        total = work[k, count]
        for t in range(k + 1, count):
            total -= work[k, t] * solution[t]
        solution[k] = total / work[k, k]
    return solution


@_compiled
def _error_covariance(gram: C, root: F) -> C:
    """(I + Λ^½ G Λ^½)⁻¹ with `root` = sqrt(λ), by symmetric sweeps; with eigenvalues ≥ 1 no pivoting.

    Sweep k takes a_ij to a_ij - a_ik a_kj/a_kk, a_ik to a_ik/a_kk and a_kk to -1/a_kk; all of them together take A to
    -A⁻¹. The matrix stays Hermitian, so its lower triangle is enough. Real and imaginary parts lie apart, because
    compilers do not vectorise complex products.
    """
    count = len(root)
    real = np.empty((count, count))
    imag = np.empty((count, count))
    pivot_real = np.empty(count)
    pivot_imag = np.empty(count)
    for s in range(count):
        for t in range(s + 1):
            scale = root[s] * root[t]
            real[s, t] = scale * gram[s, t].real
            imag[s, t] = scale * gram[s, t].imag
        real[s, s] += 1.0
    for k in range(count):
        scale = 1.0 / real[k, k]
        for s in range(count):
            pivot_real[s] = real[s, k] if s > k else real[k, s]
            pivot_imag[s] = imag[s, k] if s > k else -imag[k, s]
        pivot_real[k] = 0.0
        pivot_imag[k] = 0.0
        for s in range(count):
            left_real = scale * pivot_real[s]
            left_imag = scale * pivot_imag[s]
            for t in range(s + 1):
                real[s, t] -= left_real * pivot_real[t] + left_imag * pivot_imag[t]
                imag[s, t] -= left_imag * pivot_real[t] - left_real * pivot_imag[t]
        for s in range(count):
            if s > k:
                real[s, k] = scale * pivot_real[s]
                imag[s, k] = scale * pivot_imag[s]
            else:
                real[k, s] = scale * pivot_real[s]
                imag[k, s] = -scale * pivot_imag[s]
        real[k, k] = -scale
    inverse = np.empty((count, count), np.complex128)
    for s in range(count):
        for t in range(s):
            inverse[s, t] = complex(-real[s, t], -imag[s, t])
            inverse[t, s] = complex(-real[s, t], imag[s, t])
        inverse[s, s] = complex(-real[s, s], 0.0)
    return inverse


@_compiled
def _product(left: C, right: C) -> C:
    """Matrix product, with real and imaginary parts apart as in `_error_covariance`."""
    inner, columns = right.shape
    real = np.empty((inner, columns))
    imag = np.empty((inner, columns))
    for k in range(inner):
        for j in range(columns):
            real[k, j] = right[k, j].real
            imag[k, j] = right[k, j].imag
    row_real = np.empty(columns)
    row_imag = np.empty(columns)
    product = np.empty((left.shape[0], columns), np.complex128)
    for i in range(left.shape[0]):
        for j in range(columns):
            row_real[j] = 0.0
            row_imag[j] = 0.0
        for k in range(inner):
            factor_real = left[i, k].real
            factor_imag = left[i, k].imag
            for j in range(columns):
                row_real[j] += factor_real * real[k, j] - factor_imag * imag[k, j]
                row_imag[j] += factor_real * imag[k, j] + factor_imag * real[k, j]
        for j in range(columns):
            product[i, j] = complex(row_real[j], row_imag[j])
    return product


@_compiled
def _squared(z: complex) -> float:
    return z.real * z.real + z.imag * z.imag


@_compiled
def uplink_beams(
    gram: C, cross: C, norm2: float, target: F, price: F, nu: float, slack: float
) -> tuple[float, float, float, C, C, F, F]:
    """MMSE beams u_s = sqrt(λ_s) M⁻¹ h_s at the prices (λ, ν), through the uplink error covariance.

    T = I - Λ^½ 𝒽ᴴ M⁻¹ 𝒽 Λ^½ = T₀ - κ y yᴴ,  T₀ = (I + Λ^½ G Λ^½)⁻¹,  y = T₀ Λ^½ g,  κ = ν/(1 - νθ),
    θ = aᴴ(I + Σ λ_s h_s h_sᴴ)⁻¹a = ‖a‖² - gᴴ Λ^½ y.  M ≻ 0 iff slack = 1 - νθ > 0. Then
    sqrt(λ_s) h_sᴴ u_t = (I - T)_st,   β_t = aᴴu_t = conj(y_t)/(1 - νθ),   ‖u_t‖² - ν|β_t|² = T_tt - Σ_s |T_st|².

    A positive `slack` takes the place of `nu`: where receivers are nearly deaf to the target the slack is tiny, and ν
    does not resolve it.

    Returns (ν, slack, θ, T, β, B, cost): B_ss = λ_s|h_sᴴu_s|²/γ_s and B_st = -λ_s|h_sᴴu_t|², so that the SINR targets
    read B q = λ for downlink powers q, and cost_t = ‖u_t‖² - ν|β_t|².
    """
    count = len(price)
    root = np.empty(count)
    for s in range(count):
        root[s] = np.sqrt(price[s])
    error = _error_covariance(gram, root)
    y = np.zeros(count, np.complex128)
    theta = norm2
    for s in range(count):
        for t in range(count):
            y[s] += error[s, t] * root[t] * cross[t]
    for s in range(count):
        theta -= root[s] * (cross[s].real * y[s].real + cross[s].imag * y[s].imag)
    if slack > 0.0:
        nu = (1.0 - slack) / theta
    else:
        slack = 1.0 - nu * theta
    kappa = nu / slack if slack > 0.0 else 0.0
    beta = np.empty(count, np.complex128)
    coupling = np.empty((count, count))
    cost = np.zeros(count)
    for s in range(count):
        beta[s] = np.conj(y[s]) * (1.0 / slack)
        for t in range(count):
            error[s, t] -= kappa * y[s] * np.conj(y[t])
            leak = _squared(error[s, t])
            coupling[s, t] = -leak
            cost[t] -= leak
    for t in range(count):
        own = error[t, t].real
        cost[t] += own
        coupling[t, t] = (1.0 - own) ** 2 / target[t]
    return nu, slack, theta, error, beta, coupling, cost


@_compiled
def sensing_weights(gram: C, cross: C, price: F, hears: B) -> C:
    """y₀ [S] with w₀ = (I + Σ_heard λ_s h_s h_sᴴ)⁻¹ a = a - Σ_s h_s y₀_s, the direction of the sensing beam."""
    count = len(price)
    heard = np.empty(count, np.int64)
    size = 0
    for s in range(count):
        if hears[s]:
            heard[size] = s
            size += 1
    weights = np.zeros(count, np.complex128)
    if size == 0:
        return weights
    root = np.empty(size)
    among = np.empty((size, size), np.complex128)
    for s in range(size):
        root[s] = np.sqrt(price[heard[s]])
        for t in range(size):
            among[s, t] = gram[heard[s], heard[t]]
    error = _error_covariance(among, root)
    for s in range(size):
        for t in range(size):
            weights[heard[s]] += root[s] * error[s, t] * root[t] * cross[heard[t]]
    return weights


@_compiled
def sensing_beam(gram: C, cross: C, norm2: float, price: F, hears: B) -> tuple[float, F, float]:
    """(θ₀, i₀, ‖w₀‖²) of the sensing beam w₀: θ₀ = aᴴw₀; i₀ [S] = λ_s|h_sᴴw₀|² = |y₀_s|²/λ_s where heard, else 0.

    The beam is worth its power iff νθ₀ = 1; dual feasibility asks νθ₀ ≤ 1. From (I + Σ λ_s h_s h_sᴴ)w₀ = a follows
    ‖w₀‖² = θ₀ - Σ_s i₀_s.
    """
    count = len(price)
    heard = np.zeros(count)
    theta = norm2
    weights = sensing_weights(gram, cross, price, hears)
    for s in range(count):
        if hears[s]:
            theta -= cross[s].real * weights[s].real + cross[s].imag * weights[s].imag
            heard[s] = _squared(weights[s]) / price[s]
    length = theta
    for s in range(count):
        length -= heard[s]
    return theta, heard, length


@_compiled
def prices_at(gram: C, cross: C, norm2: float, target: F, start: F, nu: float) -> tuple[bool, F]:
    """The largest fixed point λ(ν), by Newton's method (policy iteration), from `start`.

    λ_s ≤ I_s(λ) = min_{h_sᴴu=1} γ_s uᴴ(I - νaaᴴ + Σ_{t≠s} λ_t h_t h_tᴴ)u: I is a minimum of functions affine and
    increasing in λ, hence concave and monotone. Holding the minimising beams fixed and solving the affine equations
    Bᵀ(λ⁺/λ) = cost is Newton's method; after one step it decreases monotonically to λ(ν), and a step that leaves the
    domain proves that (P_ν) is unbounded: ν is too large.
    """
    count = len(start)
    price = np.empty(count)
    for s in range(count):
        price[s] = start[s]
    step = np.inf
    for _ in range(_NEWTON_STEPS):
        _, slack, _, _, _, coupling, cost = uplink_beams(gram, cross, norm2, target, price, nu, 0.0)
        if not slack > 0.0:
            return False, price
        ratio = _solve(coupling, cost, True)
        previous, step = step, 0.0
        for s in range(count):
            if not (ratio[s] > 0.0 and ratio[s] < np.inf):
                return False, price
            step = max(step, abs(ratio[s] - 1.0))
            price[s] *= ratio[s]
        if step < _CONVERGED or (step < 1e-4 and step >= previous):
            return True, price
    return step < 1e-4, price


@_compiled
def minimum_power_prices(gram: C, target: F) -> tuple[bool, F]:
    """λ(0): the prices of the minimum-power downlink, or False if no power reaches the SINR targets.

    Newton needs beams that can reach the targets at some power (B an M-matrix). A point with λ ≥ I(λ) has them;
    λ ← 1.5 I(λ) moves to one if there is any (a larger factor overshoots, and drowns it in rounding).
    """
    count = len(target)
    cross = np.zeros(count, np.complex128)
    price = np.empty(count)
    for s in range(count):
        if not gram[s, s].real > 0.0:
            return False, price
        price[s] = 4.0 * target[s] / gram[s, s].real
    for _ in range(200):
        _, _, _, error, _, coupling, cost = uplink_beams(gram, cross, 0.0, target, price, 0.0, 0.0)
        ratio = _solve(coupling, cost, True)
        proper = True
        for s in range(count):
            proper = proper and ratio[s] > 0.0 and ratio[s] < np.inf
        if proper:
            found, refined = prices_at(gram, cross, 0.0, target, price, 0.0)
            if found:
                return True, refined
        for s in range(count):
            price[s] *= 1.5 * target[s] / ((1.0 + target[s]) * max(1.0 - error[s, s].real, 1e-300))
            if not price[s] * gram[s, s].real < 1e14:
                return False, price
    return False, price


@_compiled
def power_at(gram: C, cross: C, norm2: float, target: F, price: F, nu: float) -> tuple[bool, float, F]:
    """(all downlink powers positive, their sum Nᵀq, q) for the beams of the prices (λ, ν)."""
    _, _, _, _, beta, coupling, cost = uplink_beams(gram, cross, norm2, target, price, nu, 0.0)
    powers = _solve(coupling, price, False)
    used, positive = 0.0, True
    for s in range(len(price)):
        used += powers[s] * (cost[s] + nu * _squared(beta[s]))
        positive = positive and powers[s] > 0.0
    return positive, used, powers


@_compiled
def _power_gradient(
    target: F, nu: float, aim: float, error: C, beta: C, coupling: F, powers: F, length: F
) -> tuple[F, float]:
    """(∂power/∂ln λ [S], ∂power/∂ν) of power = Nᵀq, B q = λ, with N_t = ‖u_t‖² (`length`), `aim` = aᴴM⁻¹a.

    With u_t = sqrt(λ_t) M⁻¹h_t normalised at the present λ, X = I - T and ℓ = d ln λ:
    dX = -X diag(ℓ) X + conj(β)βᵀ dν,  dβ = -βᵀdiag(ℓ)X + (aᴴM⁻¹a) β dν  and, since B's left side is fixed by this
    normalisation,  d power = qᵀdN - yᵀ dB q  with Bᵀy = N and N_t = X_tt - Σ_s e^ℓ_s |X_st|² + ν|β_t|².
    Collecting the factors of dX_st in conj(Z_st):  Z_st = (y_s - 1) q_t X_st off the diagonal and
    Z_tt = q_t (½ - X_tt - y_t X_tt/γ_t). X is Hermitian.
    """
    count = len(target)
    y = _solve(coupling, length, True)
    signal = np.empty((count, count), np.complex128)
    adjoint = np.empty((count, count), np.complex128)
    for s in range(count):
        for t in range(count):
            signal[s, t] = -error[s, t]
        signal[s, s] += 1.0
    for s in range(count):
        for t in range(count):
            adjoint[t, s] = (y[s] - 1.0) * powers[t] * np.conj(signal[s, t])
        own = signal[s, s].real
        adjoint[s, s] = powers[s] * (0.5 - own - y[s] * own / target[s])
    turned = _product(signal, adjoint)
    by_price = np.zeros(count)
    by_nu = 0.0
    for r in range(count):
        tilt = 0.0j
        back = 0.0j
        for t in range(count):
            by_price[r] -= 2.0 * (turned[r, t] * signal[t, r]).real + powers[t] * _squared(signal[r, t])
            tilt += signal[r, t] * powers[t] * np.conj(beta[t])
            back += beta[t] * adjoint[t, r]
        by_price[r] -= 2.0 * nu * (beta[r] * tilt).real
        by_nu += 2.0 * (back * np.conj(beta[r])).real + (1.0 + 2.0 * nu * aim) * powers[r] * _squared(beta[r])
    return by_price, by_nu


@_compiled
def _move(price: F, last: float, change: F) -> tuple[float, F, float]:
    """(largest relative change, λ, last) after relative `change` [S+1] of (λ, last), held within a factor of 5."""
    count = len(price)
    moved = np.empty(count)
    largest = 0.0
    for s in range(count + 1):
        size = abs(change[s])
        largest = max(largest, size) if size < np.inf else np.inf
        factor = min(max(1.0 + change[s], 0.2), 5.0)
        if s < count:
            moved[s] = price[s] * factor
        else:
            last = last * factor
    return largest, moved, last


@_compiled
def joint_newton(
    gram: C,
    cross: C,
    norm2: float,
    target: F,
    hears: B,
    power: float,
    price: F,
    nu: float,
    slack: float,
    sensing: bool,
) -> tuple[bool, F, float, float, F, float, C, C]:
    """Newton on (λ, ν) together, with the sensing beam on or off: (found, λ, ν, slack, q, p_c, T, β).

    With i₀ and θ₀ of `sensing_beam`, N_t = ‖u_t‖², α_t = |β_t|²: the beams, held fixed, are stationary if
    Bᵀ(λ⁺/λ) + ν⁺α = N.  With the sensing beam on, its own stationarity closes the system,
    -i₀ᵀ(λ⁺/λ) + ν⁺θ₀² = ‖w₀‖², and the downlink powers follow from B q - i₀ p_c = λ, Nᵀq + ‖w₀‖² p_c = P.
    With the sensing beam off, the budget closes it, linearised as d(1/power) = 1/P - 1/power: at high SNR the solution
    lies close to a fold of ν ↦ λ(ν), where power(ν) has a pole of order ½; in (λ, ν) together and for 1/power the fold
    is an ordinary point. There ln(slack) is the unknown in place of ν, so that no step leaves the domain:
    dν = -(slack/θ) d ln(slack) + (ν/θ) Σ_s |y_s|² d ln λ_s.
    A fixed point with positive λ, ν, q, p_c ≥ 0 and νθ₀ ≤ 1 meets all optimality conditions of a convex problem.
    """
    count = len(price)
    system = np.empty((count + 1, count + 1))
    right = np.empty(count + 1)
    step = np.inf
    if sensing:
        slack = 0.0
    for _ in range(_JOINT_STEPS):
        nu, slack, theta, error, beta, coupling, cost = uplink_beams(
            gram, cross, norm2, target, price, nu, 0.0 if sensing else slack
        )
        if not (slack > 0.0 and nu > 0.0):
            break
        length = np.empty(count)
        used = 0.0
        for t in range(count):
            length[t] = cost[t] + nu * _squared(beta[t])
        powers = cost
        if not sensing:
            powers = _solve(coupling, price, False)
            for t in range(count):
                used += length[t] * powers[t]
        sensing_theta, heard, sensing_length = 0.0, cost, 0.0
        if sensing or step < _CONVERGED:
            sensing_theta, heard, sensing_length = sensing_beam(gram, cross, norm2, price, hears)
        if step < _CONVERGED:
            found, powers, left = _powers(coupling, length, heard, sensing_length, power, price, sensing)
            return found and nu * sensing_theta <= 1.0 + 1e-9, price, nu, slack, powers, left, error, beta
        for t in range(count):
            right[t] = cost[t]
            for s in range(count):
                system[t, s] = coupling[s, t]
                right[t] -= coupling[s, t]
            system[t, count] = _squared(beta[t])
        if sensing:
            right[count] = sensing_length - nu * sensing_theta**2
            system[count, count] = sensing_theta**2
            for s in range(count):
                system[count, s] = -heard[s]
                right[count] += heard[s]
            for t in range(count + 1):
                system[t, count] *= nu
        else:
            by_price, by_nu = _power_gradient(target, nu, theta / slack, error, beta, coupling, powers, length)
            for s in range(count):
                system[count, s] = by_price[s] / used
            system[count, count] = by_nu / used
            right[count] = 1.0 - used / power
            for t in range(count + 1):
                for s in range(count):
                    system[t, s] += system[t, count] * (nu / theta) * _squared(beta[s]) * slack**2
                system[t, count] *= -slack / theta
        previous = step
        if sensing:
            step, price, nu = _move(price, nu, _solve(system, right, False))
        else:
            step, price, larger = _move(price, slack, _solve(system, right, False))
            slack = larger if larger < 1.0 else 0.5 * (1.0 + slack)
        if not step < np.inf:
            break
        if step < 1e-4 and step >= previous:
            step = 0.0  # as close as rounding lets it come
    return False, price, nu, slack, price, 0.0, gram, cross


@_compiled
def _powers(
    coupling: F, length: F, heard: F, sensing_length: float, power: float, price: F, sensing: bool
) -> tuple[bool, F, float]:
    """(all positive and within the budget, q, p_c) at a fixed point of `joint_newton`."""
    count = len(price)
    powers = _solve(coupling, price, False)
    used, left = 0.0, 0.0
    for t in range(count):
        used += length[t] * powers[t]
    if sensing:
        # q = B⁻¹λ + p_c B⁻¹i₀
        extra = _solve(coupling, heard, False)
        slope = sensing_length
        for t in range(count):
            slope += length[t] * extra[t]
        left = (power - used) / slope
        for t in range(count):
            powers[t] += left * extra[t]
    found = left >= 0.0 and (sensing or abs(used - power) < 1e-7 * power)
    for t in range(count):
        if not sensing:
            powers[t] *= power / used
        found = found and powers[t] > 0.0 and powers[t] < np.inf
    return found, powers, left


@_compiled
def stream_channels(gram: C, cross: C, receiver: Any, vectors: C) -> tuple[C, C, C]:
    """What the receive vectors v_s [S, n] make of 𝒢 = 𝓗𝓗ᴴ [K n, K n] and 𝓗a [K n]: (𝒢V [K n, S], G [S, S], g [S])."""
    count, antennas = vectors.shape
    rows = len(cross)
    heard = np.zeros((rows, count), np.complex128)
    stream_gram = np.zeros((count, count), np.complex128)
    stream_cross = np.zeros(count, np.complex128)
    for s in range(count):
        first = receiver[s] * antennas
        for i in range(rows):
            for r in range(antennas):
                heard[i, s] += gram[i, first + r] * vectors[s, r]
    for s in range(count):
        first = receiver[s] * antennas
        for r in range(antennas):
            stream_cross[s] += np.conj(vectors[s, r]) * cross[first + r]
            for t in range(count):
                stream_gram[s, t] += np.conj(vectors[s, r]) * heard[first + r, t]
    return heard, stream_gram, stream_cross


@_compiled
def envelope_gradient(
    heard: C,
    cross: C,
    receiver: Any,
    vectors: C,
    uplink: tuple[C, C, C],
    target: F,
    solution: tuple[F, float, F, float],
) -> tuple[C, F]:
    """Derivatives of Σλ by conj(v_s) [S, n] and by ln(1+γ_s) [S], at fixed ν.

    `uplink`: (T, β, y₀) of `uplink_beams` and `sensing_weights`; `solution`: (λ, ν, q, p_c). Envelope theorem: the
    Lagrangian depends on v_s through λ_s [v_sᴴΦ_s v_s - q_s|v_sᴴH_k u_s|²/γ_s], with Φ_s the noise (I), the other
    beams and, where it is heard, the sensing beam; on γ_s through -λ_s q_s|v_sᴴH_ku_s|²/γ_s. What receiver k receives:
    H_ku = H_k𝒽Λ^½T + ν H_ka βᵀ and H_kw₀ = H_ka - H_k𝒽 y₀, with 𝒢V the product H_k𝒽.
    """
    error, beta, weights = uplink
    price, nu, powers, left = solution
    count, antennas = vectors.shape
    scaled = np.empty((count, count), np.complex128)
    for s in range(count):
        for t in range(count):
            scaled[s, t] = np.sqrt(price[s]) * error[s, t]
    arrived = _product(heard, scaled)
    by_vector = np.zeros((count, antennas), np.complex128)
    by_rate = np.zeros(count)
    for s in range(count):
        first = receiver[s] * antennas
        for r in range(antennas):
            by_vector[s, r] = vectors[s, r]
        for t in range(count + 1):
            seen = 0.0j
            for r in range(antennas):
                if t < count:
                    beam = arrived[first + r, t] + nu * cross[first + r] * beta[t]
                else:
                    beam = _sensing_at(heard, cross, weights, first + r)
                seen += np.conj(vectors[s, r]) * beam
            load = powers[t] if t < count else left
            if t == s:
                by_rate[s] = price[s] * load * _squared(seen) * (1.0 + target[s]) / target[s] ** 2
                load = -load / target[s]
            if t == count and (left == 0.0 or weights[s] == 0.0):
                continue
            for r in range(antennas):
                if t < count:
                    beam = arrived[first + r, t] + nu * cross[first + r] * beta[t]
                else:
                    beam = _sensing_at(heard, cross, weights, first + r)
                by_vector[s, r] += load * np.conj(seen) * beam
        for r in range(antennas):
            by_vector[s, r] *= price[s]
    return by_vector, by_rate


@_compiled
def _sensing_at(heard: C, cross: C, weights: C, row: int) -> complex:
    """One receive antenna's share of the sensing beam, (𝓗w₀)_row."""
    total = cross[row]
    for t in range(len(weights)):
        total -= heard[row, t] * weights[t]
    return total


@_compiled
def geodesic(vectors: C, basis: C, step: F) -> tuple[C, C]:
    """Unit vectors v_s [S, n] moved along v_s cos|z| + E_s ẑ sin|z|, and their frames E_s [S, n, n-1] moved with them.

    `step` holds Re z [S, n-1], then Im z. The frame is transported in parallel, by the rotation that takes v_s along:
    E_s + (E_s ẑ (cos|z| - 1) - v_s sin|z|) ẑᴴ.
    """
    count, antennas, free = basis.shape
    moved = np.empty((count, antennas), np.complex128)
    turned = np.empty((count, antennas, free), np.complex128)
    unit = np.zeros(free, np.complex128)
    for s in range(count):
        angle = 0.0
        for f in range(free):
            unit[f] = complex(step[s * free + f], step[(count + s) * free + f])
            angle += _squared(unit[f])
        angle = np.sqrt(angle)
        for f in range(free):
            unit[f] *= 1.0 / max(angle, 1e-300)
        for r in range(antennas):
            along = 0.0j
            for f in range(free):
                along += basis[s, r, f] * unit[f]
            moved[s, r] = vectors[s, r] * np.cos(angle) + along * np.sin(angle)
            turn = along * (np.cos(angle) - 1.0) - vectors[s, r] * np.sin(angle)
            for f in range(free):
                turned[s, r, f] = basis[s, r, f] + turn * np.conj(unit[f])
    return moved, turned
