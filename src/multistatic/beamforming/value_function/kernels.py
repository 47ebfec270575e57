"""The value-function method, compiled: from a start to a local optimum over receive vectors and rate shares.

With unit receive vectors v_s the receivers become a multi-user MISO downlink with channels h_s = H_kᴴ v_s and SINR
targets γ_s. For a price ν of illumination against power, the problem

    φ(ν) = min  tr S - ν aᴴSa   subject to the SINR targets                                                     (P_ν)

has the uplink dual  φ(ν) = Σ_s λ_s  with  λ_s (1 + 1/γ_s) h_sᴴ M⁻¹ h_s = 1,  M = I + Σ_s λ_s h_s h_sᴴ - ν a aᴴ ≻ 0.
ν = 0 is the minimum-power downlink; ν grows until the power budget is spent (docs/algorithms.md §1.2). The optimal
value is a smooth function of the v_s and of the shares of each rate, which `descend` minimises (§1.3). Only inner
products of channels enter, so the number of transmit antennas does not matter.

Read it from the top: dense linear algebra, one downlink at given prices, its optimum, gradient, descent.

Symbols, for S streams: `gram` G = [h_sᴴh_t] [S, S], `cross` g = [h_sᴴa] [S], `norm2` ‖a‖², `target` γ [S], `hears`
[S] true where the receiver of the stream suffers the sensing beam, `power` P, `price` λ [S], `nu` ν.

Written as loops over scalars because array expressions take Numba ten times longer to compile, and Numba's own
np.linalg 20 s. Every array is C-contiguous and can be written to (`outer` and `inner` see to that), so that each
function is compiled once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from multistatic.compiled import compiled, inlined, internal
from multistatic.units import B, C, F

_NEWTON_STEPS = 60
_GROWTH_STEPS = 200
_JOINT_STEPS = 25
_TRIALS = 120  # points at which a bracketed solve tries Newton's method
_CONVERGED = 1e-6  # relative Newton step; the error after it is of the order of its square
IDLE_SHARE = 1e-4  # of a receiver's rate: near 0 the SINR would drown in rounding
_ARMIJO = 1e-4
_BLOCK = 4  # pivots at once
_BACKTRACKS = 25
_NEAR_TRIES = 3  # trial points of a line search that Newton's method has to find by itself
_LONGER = 3.0  # than the last step: the first trial, where that one was shortened
_SMALL_STEPS = 3  # in a row end a descent: there are plateaus
_FIRST_STEP, _LARGEST_STEP = 0.2, 0.8  # rad


@internal
def _vector(size: int) -> F:
    return np.zeros(size)


@internal
def _matrix(rows: int, columns: int) -> F:
    return np.zeros((rows, columns))


@internal
def _factored(matrix: F) -> tuple[F, Any]:
    """(L - I + U, rows) with A[rows] = L U: Gaussian elimination with partial pivoting; inf or NaN where A is singular.

    `_BLOCK` columns are eliminated before the rest of the matrix is touched, and their updates of it are written side
    by side: it is read and written once for all of them. The operations on each element are those of plain elimination,
    in its order.
    """
    count = len(matrix)
    work = _matrix(count, count)
    rows = np.arange(count)
    for s in range(count):
        for t in range(count):
            work[s, t] = matrix[s, t]
    for first in range(0, count, _BLOCK):
        end = min(first + _BLOCK, count)
        for k in range(first, end):
            pivot = k
            for s in range(k + 1, count):
                if abs(work[s, k]) > abs(work[pivot, k]):
                    pivot = s
            rows[k], rows[pivot] = rows[pivot], rows[k]
            for t in range(count):
                work[k, t], work[pivot, t] = work[pivot, t], work[k, t]
            for s in range(k + 1, count):
                factor = work[s, k] / work[k, k]
                work[s, k] = factor
                for t in range(k + 1, end):
                    work[s, t] -= factor * work[k, t]
        for s in range(first + 1, end):
            for k in range(first, s):
                for t in range(end, count):
                    work[s, t] -= work[s, k] * work[k, t]
        for s in range(end, count):
            a, b, c, d = work[s, first], work[s, first + 1], work[s, first + 2], work[s, first + 3]
            for t in range(end, count):
                work[s, t] = (
                    work[s, t]
                    - a * work[first, t]
                    - b * work[first + 1, t]
                    - c * work[first + 2, t]
                    - d * work[first + 3, t]
                )
    return work, rows


@internal
def _solved(factors: tuple[F, Any], right: F) -> F:
    """x with A x = b, from `_factored`."""
    work, rows = factors
    count = len(right)
    solution = _vector(count)
    for k in range(count):
        total = right[rows[k]]
        for t in range(k):
            total -= work[k, t] * solution[t]
        solution[k] = total
    for k in range(count - 1, -1, -1):
        total = solution[k]
        for t in range(k + 1, count):
            total -= work[k, t] * solution[t]
        solution[k] = total / work[k, k]
    return solution


@internal
def _solved_transposed(factors: tuple[F, Any], right: F) -> F:
    """x with Aᵀx = b, from `_factored`."""
    work, rows = factors
    count = len(right)
    turned = right.copy()
    for k in range(count):
        turned[k] /= work[k, k]
        for t in range(k + 1, count):
            turned[t] -= work[k, t] * turned[k]
    for k in range(count - 1, -1, -1):
        for t in range(k):
            turned[t] -= work[k, t] * turned[k]
    solution = _vector(count)
    for k in range(count):
        solution[rows[k]] = turned[k]
    return solution


@internal
def _error_covariance(gram: C, root: F) -> C:
    """(I + Λ^½ G Λ^½)⁻¹ with `root` = sqrt(λ), by symmetric sweeps; with eigenvalues ≥ 1 no pivoting.

    Sweep k takes a_ij to a_ij - a_ik a_kj/a_kk, a_ik to a_ik/a_kk and a_kk to -1/a_kk; all of them together take A to
    -A⁻¹. Where λ_k = 0 it only turns the 1 on the diagonal into -1. The matrix stays Hermitian, so its lower triangle
    is enough. Real and imaginary parts lie apart, because compilers do not vectorise complex products.
    """
    count = len(root)
    real = _matrix(count, count)
    imag = _matrix(count, count)
    pivot_real = _vector(count)
    pivot_imag = _vector(count)
    for s in range(count):
        for t in range(s + 1):
            scale = root[s] * root[t]
            real[s, t] = scale * gram[s, t].real
            imag[s, t] = scale * gram[s, t].imag
        real[s, s] += 1.0
    for k in range(count):
        if root[k] == 0.0:
            real[k, k] = -1.0
            continue
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


@internal
def _product(left: C, right: C, lower: bool) -> C:
    """Matrix product, or its `lower` triangle alone, with real and imaginary parts apart as in `_error_covariance`."""
    inner, columns = right.shape
    real = _matrix(inner, columns)
    imag = _matrix(inner, columns)
    for k in range(inner):
        for j in range(columns):
            real[k, j] = right[k, j].real
            imag[k, j] = right[k, j].imag
    row_real = _vector(columns)
    row_imag = _vector(columns)
    product = np.empty((left.shape[0], columns), np.complex128)
    for i in range(left.shape[0]):
        width = i + 1 if lower else columns
        for j in range(width):
            row_real[j] = 0.0
            row_imag[j] = 0.0
        for k in range(inner):
            factor_real = left[i, k].real
            factor_imag = left[i, k].imag
            for j in range(width):
                row_real[j] += factor_real * real[k, j] - factor_imag * imag[k, j]
                row_imag[j] += factor_real * imag[k, j] + factor_imag * real[k, j]
        for j in range(width):
            product[i, j] = complex(row_real[j], row_imag[j])
    return product


@internal
def _squared(z: complex) -> float:
    return z.real * z.real + z.imag * z.imag


@internal
def _matched(gram: C, cross: C, norm2: float, root: F) -> tuple[C, C, float]:
    """(T₀, y, θ) of prices λ with `root` = sqrt(λ): T₀ = (I + Λ^½ G Λ^½)⁻¹, y = T₀ Λ^½ g and
    θ = aᴴ(I + Σ λ_s h_s h_sᴴ)⁻¹a = ‖a‖² - gᴴ Λ^½ y.
    """
    count = len(root)
    error = _error_covariance(gram, root)
    y = np.empty(count, np.complex128)
    theta = norm2
    for s in range(count):
        own = 0.0j
        for t in range(count):
            own += error[s, t] * root[t] * cross[t]
        y[s] = own
        theta -= root[s] * (cross[s].real * own.real + cross[s].imag * own.imag)
    return error, y, theta


@internal
def _uplink_beams(
    gram: C, cross: C, norm2: float, target: F, price: F, nu: float, slack: float
) -> tuple[float, float, float, C, C, F, F]:
    """MMSE beams u_s = sqrt(λ_s) M⁻¹ h_s at the prices (λ, ν), through the uplink error covariance.

    T = I - Λ^½ 𝒽ᴴ M⁻¹ 𝒽 Λ^½ = T₀ - κ y yᴴ,  κ = ν/(1 - νθ),  with T₀, y and θ of `_matched`.
    M ≻ 0 iff slack = 1 - νθ > 0. Then
    sqrt(λ_s) h_sᴴ u_t = (I - T)_st,   β_t = aᴴu_t = conj(y_t)/(1 - νθ),   ‖u_t‖² - ν|β_t|² = T_tt - Σ_s |T_st|².

    A positive `slack` takes the place of `nu`: where receivers are nearly deaf to the target the slack is tiny, and ν
    does not resolve it.

    Returns (ν, slack, θ, T, β, B, cost): B_ss = λ_s|h_sᴴu_s|²/γ_s and B_st = -λ_s|h_sᴴu_t|², so that the SINR targets
    read B q = λ for downlink powers q, and cost_t = ‖u_t‖² - ν|β_t|².
    """
    count = len(price)
    root = _vector(count)
    for s in range(count):
        root[s] = np.sqrt(price[s])
    error, y, theta = _matched(gram, cross, norm2, root)
    if slack > 0.0:
        nu = (1.0 - slack) / theta
    else:
        slack = 1.0 - nu * theta
    kappa = nu / slack if slack > 0.0 else 0.0
    beta = np.empty(count, np.complex128)
    coupling = _matrix(count, count)
    cost = _vector(count)
    for s in range(count):
        beta[s] = np.conj(y[s]) * (1.0 / slack)
        for t in range(count):
            error[s, t] -= kappa * y[s] * np.conj(y[t])
            leak = _squared(error[s, t])
            coupling[s, t] = -leak
            cost[t] -= leak
    for t in range(count):
        left = error[t, t].real
        cost[t] += left
        coupling[t, t] = (1.0 - left) * (1.0 - left) / target[t]
    return nu, slack, theta, error, beta, coupling, cost


@internal
def _sensing_beam(gram: C, cross: C, norm2: float, price: F, hears: B) -> tuple[float, F, float, C]:
    """(θ₀, i₀, ‖w₀‖², y₀) of the sensing beam w₀ = (I + Σ_heard λ_s h_s h_sᴴ)⁻¹ a = a - Σ_s h_s y₀_s.

    θ₀ = aᴴw₀; i₀ [S] = λ_s|h_sᴴw₀|² = |y₀_s|²/λ_s where heard, else 0. The beam is worth its power iff νθ₀ = 1; dual
    feasibility asks νθ₀ ≤ 1. From (I + Σ λ_s h_s h_sᴴ)w₀ = a follows ‖w₀‖² = θ₀ - Σ_s i₀_s.
    """
    count = len(price)
    heard = np.flatnonzero(hears)
    size = len(heard)
    root = _vector(size)
    near_gram = np.empty((size, size), np.complex128)
    near_cross = np.empty(size, np.complex128)
    for i in range(size):
        root[i] = np.sqrt(price[heard[i]])
        near_cross[i] = cross[heard[i]]
        for j in range(size):
            near_gram[i, j] = gram[heard[i], heard[j]]
    _, y, theta = _matched(near_gram, near_cross, norm2, root)
    power = _vector(count)
    weights = np.zeros(count, np.complex128)
    length = theta
    for i in range(size):
        power[heard[i]] = _squared(y[i])
        weights[heard[i]] = y[i] * root[i]
        length -= power[heard[i]]
    return theta, power, length, weights


@inlined
def _prices_at(
    channels: tuple[C, C, float], target: F, start: F, nu: float, grow: bool
) -> tuple[bool, F, float, float, F, C, C]:
    """The largest fixed point λ(ν), by Newton's method (policy iteration) from `start`, and its beams and powers.

    λ_s ≤ I_s(λ) = min_{h_sᴴu=1} γ_s uᴴ(I - νaaᴴ + Σ_{t≠s} λ_t h_t h_tᴴ)u: I is a minimum of functions affine and
    increasing in λ, hence concave and monotone. Holding the minimising beams fixed and solving the affine equations
    Bᵀ(λ⁺/λ) = cost is Newton's method; after one step it decreases monotonically to λ(ν), and a step that leaves the
    domain proves that (P_ν) is unbounded: ν is too large.

    `grow` (for ν = 0): where the beams cannot reach the targets at any power (B no M-matrix), λ ← 1.5 I(λ) moves to a
    point with λ ≥ I(λ), whose beams can, if there is any (a larger factor overshoots, and drowns it in rounding).

    Returns (found with positive powers, λ, slack, power spent Nᵀq, q, T, β).
    """
    gram, cross, norm2 = channels
    count = len(target)
    price = start.copy()
    step = np.inf
    found, converged = False, False
    slack, used = 1.0, 0.0
    powers, error, beta = price, gram, cross
    for _ in range(_NEWTON_STEPS + (_GROWTH_STEPS if grow else 0)):
        _, slack, _, error, beta, coupling, cost = _uplink_beams(gram, cross, norm2, target, price, nu, 0.0)
        if not slack > 0.0:
            break
        factors = _factored(coupling)
        if converged:
            powers = _solved(factors, price)
            found = True
            for s in range(count):
                used += powers[s] * (cost[s] + nu * _squared(beta[s]))
                found = found and powers[s] > 0.0
            found = found and used < np.inf
            break
        ratio = _solved_transposed(factors, cost)
        proper = True
        for s in range(count):
            proper = proper and ratio[s] > 0.0 and ratio[s] < np.inf
        if not (proper or grow):
            break
        previous, step = step, 0.0
        reachable = True
        for s in range(count):
            if not proper:
                ratio[s] = 1.5 * target[s] / ((1.0 + target[s]) * (1.0 - error[s, s].real))
            step = max(step, abs(ratio[s] - 1.0))
            price[s] *= ratio[s]
            reachable = reachable and price[s] * gram[s, s].real < 1e14
        if not reachable:
            break
        converged = proper and (step < _CONVERGED or (step < 1e-4 and step >= previous))
    return found, price, slack, used, powers, error, beta


@internal
def _power_gradient(target: F, nu: float, aim: float, error: C, beta: C, y: F, powers: F) -> tuple[F, float]:
    """(∂power/∂ln λ [S], ∂power/∂ν) of power = Nᵀq, B q = λ, with N_t = ‖u_t‖², Bᵀy = N and `aim` = aᴴM⁻¹a.

    With u_t = sqrt(λ_t) M⁻¹h_t normalised at the present λ, X = I - T and ℓ = d ln λ:
    dX = -X diag(ℓ) X + conj(β)βᵀ dν,  dβ = -βᵀdiag(ℓ)X + (aᴴM⁻¹a) β dν  and, since B's left side is fixed by this
    normalisation,  d power = qᵀdN - yᵀ dB q  with N_t = X_tt - Σ_s e^ℓ_s |X_st|² + ν|β_t|².
    Collecting the factors of dX_st in conj(Z_st):  Z_st = (y_s - 1) q_t X_st off the diagonal and
    Z_tt = q_t (½ - X_tt - y_t X_tt/γ_t). X is Hermitian, so that Z = (diag(y) - I) X diag(q) + diag(z), and
    (X Zᴴ X)_rr = Σ_s (y_s - 1) W_rs X_sr + z_s |X_rs|² with W = X diag(q) X, again Hermitian.
    """
    count = len(target)
    signal = np.empty((count, count), np.complex128)
    spread = np.empty((count, count), np.complex128)
    rest = _vector(count)
    for s in range(count):
        for t in range(count):
            signal[s, t] = -error[s, t]
        signal[s, s] += 1.0
        own = signal[s, s].real
        rest[s] = powers[s] * (0.5 - y[s] * own * (1.0 + 1.0 / target[s]))
        for t in range(count):
            spread[s, t] = signal[s, t] * powers[t]
    squared = _product(spread, signal, True)
    by_price = _vector(count)
    by_nu = 0.0
    for r in range(count):
        tilt = 0.0j
        for t in range(count):
            by_price[r] -= (2.0 * rest[t] + powers[t]) * _squared(signal[r, t])
            tilt += spread[r, t] * np.conj(beta[t])
        for t in range(r):
            both = 2.0 * (squared[r, t].real * signal[r, t].real + squared[r, t].imag * signal[r, t].imag)
            by_price[r] -= (y[t] - 1.0) * both
            by_price[t] -= (y[r] - 1.0) * both
        by_price[r] -= 2.0 * (y[r] - 1.0) * squared[r, r].real * signal[r, r].real
        by_price[r] -= 2.0 * nu * (beta[r] * tilt).real
        back = (y[r] - 1.0) * np.conj(tilt) + rest[r] * beta[r]
        by_nu += 2.0 * (back * np.conj(beta[r])).real + (1.0 + 2.0 * nu * aim) * powers[r] * _squared(beta[r])
    return by_price, by_nu


@internal
def _move(price: F, last: float, change: F) -> tuple[float, F, float]:
    """(largest relative change, λ, last) after relative `change` [S+1] of (λ, last), held within a factor of 5."""
    count = len(price)
    moved = _vector(count)
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


@internal
def _stationary_beams(coupling: F, cost: F, beta: C) -> tuple[F, F]:
    """The beams, held fixed, are stationary if Bᵀ(λ⁺/λ) + ν⁺α = N with N_t = ‖u_t‖², α_t = |β_t|².

    Returns it for (d ln λ, dν) as the first S rows of (system [S+1, S+1], right [S+1]); the last row closes it.
    """
    count = len(cost)
    system = _matrix(count + 1, count + 1)
    right = _vector(count + 1)
    for t in range(count):
        right[t] = cost[t]
        for s in range(count):
            system[t, s] = coupling[s, t]
            right[t] -= coupling[s, t]
        system[t, count] = _squared(beta[t])
    return system, right


@internal
def _step_with_sensing(coupling: F, cost: F, beta: C, nu: float, beam: tuple[float, F, float, C]) -> F:
    """Relative changes of (λ, ν) for `beam` (θ₀, i₀, ‖w₀‖², y₀) to be stationary too: -i₀ᵀ(λ⁺/λ) + ν⁺θ₀² = ‖w₀‖²."""
    system, right = _stationary_beams(coupling, cost, beta)
    theta, heard, length, _ = beam
    count = len(heard)
    right[count] = length - nu * theta * theta
    system[count, count] = theta * theta
    for s in range(count):
        system[count, s] = -heard[s]
        right[count] += heard[s]
    for t in range(count + 1):
        system[t, count] *= nu
    return _solved(_factored(system), right)


@internal
def _step_at_budget(
    target: F,
    power: float,
    prices: tuple[F, float, float],
    theta: float,
    error: C,
    beta: C,
    coupling: F,
    cost: F,
) -> F:
    """Relative changes of (λ, slack) for the data beams to spend the power, from `prices` (λ, ν, slack).

    Linearised as d(1/spent) = 1/P - 1/spent: at high SNR the solution lies close to a fold of ν ↦ λ(ν), where the power
    has a pole of order ½; in (λ, ν) together and for 1/power the fold is an ordinary point. ln(slack) is the unknown in
    place of ν, so that no step leaves the domain: dν = -(slack/θ) d ln(slack) + (ν/θ) Σ_s |y_s|² d ln λ_s.
    """
    price, nu, slack = prices
    count = len(price)
    system, right = _stationary_beams(coupling, cost, beta)
    factors = _factored(coupling)
    powers = _solved(factors, price)
    length, used = _spent(cost, nu, beta, powers)
    worth = _solved_transposed(factors, length)
    by_price, by_nu = _power_gradient(target, nu, theta / slack, error, beta, worth, powers)
    for s in range(count):
        system[count, s] = by_price[s] / used
    system[count, count] = by_nu / used
    right[count] = 1.0 - used / power
    for t in range(count + 1):
        for s in range(count):
            system[t, s] += system[t, count] * (nu / theta) * _squared(slack * beta[s])
        system[t, count] *= -slack / theta
    return _solved(_factored(system), right)


@internal
def _spent(cost: F, nu: float, beta: C, powers: F) -> tuple[F, float]:
    """(N [S], Nᵀq): N_t = ‖u_t‖² = cost_t + ν|β_t|²."""
    length = _vector(len(cost))
    used = 0.0
    for t in range(len(cost)):
        length[t] = cost[t] + nu * _squared(beta[t])
        used += length[t] * powers[t]
    return length, used


@internal
def _powers(
    power: float, price: F, nu: float, beta: C, coupling: F, cost: F, beam: tuple[float, F, float, C], sensing: bool
) -> tuple[bool, F, float]:
    """(valid, q, p_c) at a fixed point (λ, ν): B q - i₀ p_c = λ and Nᵀq + ‖w₀‖² p_c = P.

    Valid if all are positive, the power is spent and νθ₀ ≤ 1.
    """
    theta, heard, slope, _ = beam
    factors = _factored(coupling)
    powers = _solved(factors, price)
    length, used = _spent(cost, nu, beta, powers)
    left = 0.0
    if sensing:
        # q = B⁻¹λ + p_c B⁻¹i₀
        extra = _solved(factors, heard)
        for t in range(len(extra)):
            slope += length[t] * extra[t]
        left = (power - used) / slope
        for t in range(len(extra)):
            powers[t] += left * extra[t]
        used = power
    valid = nu * theta <= 1.0 + 1e-9 and left >= 0.0 and abs(used - power) < 1e-7 * power
    for t in range(len(powers)):
        powers[t] *= power / used
        valid = valid and powers[t] > 0.0 and powers[t] < np.inf
    return valid, powers, left


@inlined
def _joint_newton(
    channels: tuple[C, C, float],
    target: F,
    hears: B,
    power: float,
    guess: tuple[F, float, float],
    sensing: bool,
) -> tuple[bool, F, float, float, F, float, C, C, C]:
    """Newton on (λ, ν) together, with the sensing beam on or off, from `guess` (λ, ν, slack).

    Returns (found, λ, ν, slack, q, p_c, T, β, y₀). The beams, held fixed, are to be stationary; with the sensing beam
    on, its own stationarity closes the system, with the sensing beam off the budget. A fixed point with positive λ, ν,
    q, p_c ≥ 0 and νθ₀ ≤ 1 meets all optimality conditions of a convex problem.
    """
    gram, cross, norm2 = channels
    price, nu, slack = guess
    step = np.inf
    for _ in range(_JOINT_STEPS):
        nu, slack, theta, error, beta, coupling, cost = _uplink_beams(
            gram, cross, norm2, target, price, nu, 0.0 if sensing else slack
        )
        if not (slack > 0.0 and nu > 0.0):
            break
        if step < _CONVERGED:
            beam = _sensing_beam(gram, cross, norm2, price, hears)
            found, powers, left = _powers(power, price, nu, beta, coupling, cost, beam, sensing)
            return found, price, nu, slack, powers, left, error, beta, beam[3]
        previous = step
        if sensing:
            beam = _sensing_beam(gram, cross, norm2, price, hears)
            step, price, nu = _move(price, nu, _step_with_sensing(coupling, cost, beta, nu, beam))
        else:
            change = _step_at_budget(target, power, (price, nu, slack), theta, error, beta, coupling, cost)
            step, price, larger = _move(price, slack, change)
            slack = larger if larger < 1.0 else 0.5 * (1.0 + slack)
        if not step < np.inf:
            break
        if step < 1e-4 and step >= previous:
            step = 0.0  # as close as rounding lets it come
    return False, price, nu, slack, price, 0.0, gram, cross, cross


@inlined
def solve_downlink(
    channels: tuple[C, C, float],
    target: F,
    hears: B,
    power: float,
    guess: tuple[F, float, float, float],
    light: bool,
    near: bool = False,
) -> tuple[bool, bool, F, float, float, F, float, float, C, C, C]:
    """The beams of largest illumination (`light`), or of least power, for SINR targets γ and the budget P.

    `guess`: (λ, ν, slack, p_c) of a neighbouring problem, ν = 0 where there is none. `near`: what Newton's method does
    not find from the guess is not looked for further. The dual function (P - φ(ν))/ν has the derivative
    (power(ν) - P)/ν², so the answer is the largest ν at which (P_ν) is bounded, power(ν) ≤ P and νθ₀ ≤ 1. From a
    neighbour Newton's method nearly always finds it. Otherwise ν is bracketed: λ decreases with ν, so νθ₀ ≤ 1 at λ(0)
    bounds it; the bracket is bisected with Newton's method tried from every point. Its lower end always meets the
    targets within the power. If it collapses, these beams scaled up to the budget (which raises every SINR) are the
    answer, feasible but not proven optimal.

    Returns (found, proven, λ, ν, slack, q, p_c, value, T, β, y₀). `value`: the loss ‖a‖²P - p, or the power spent.
    """
    gram, cross, norm2 = channels
    price, nu, slack, left = guess
    count = len(target)
    # If every receiver hears it, a sensing beam never pays: some data beam can carry its power and harm one less.
    useful = False
    for s in range(count):
        useful = useful or not hears[s]
    sensing, last = useful and left > 0.0, not useful
    opened, low, high = False, 0.0, 0.0
    low_price, low_slack, low_powers, low_value, low_error, low_beta = price, 1.0, price, 0.0, gram, cross
    for _ in range(_TRIALS):
        if light and nu > 0.0:
            found, new, new_nu, new_slack, powers, left, error, beta, weights = _joint_newton(
                channels, target, hears, power, (price, nu, slack), sensing
            )
            if found:
                # Duality: p = (P - Σλ)/ν.
                value = (norm2 - 1.0 / new_nu) * power
                for s in range(count):
                    value += new[s] / new_nu
                return True, True, new, new_nu, new_slack, powers, left, value, error, beta, weights
            if not last:
                sensing, last = not sensing, True
                continue
            if near:
                break
        slack, sensing, last = 0.0, useful, not useful
        if opened and nu >= high:
            if low > 0.0:
                break  # the bracket has collapsed to neighbouring numbers
            nu = 0.8 * high
            continue
        if not opened:
            nu, price = 0.0, _vector(count)
            for s in range(count):
                price[s] = 4.0 * target[s] / gram[s, s].real
        bounded, trial, at_slack, used, powers, error, beta = _prices_at(channels, target, price, nu, not opened)
        theta = 0.0
        if bounded and light:
            theta = _sensing_beam(gram, cross, norm2, trial, hears)[0]
        if not opened:
            value = 0.0
            for s in range(count):
                value += trial[s]
            if not (light and bounded and value < power):
                return bounded and not light, True, trial, 0.0, 1.0, powers, 0.0, value, error, beta, beta
            opened, high, low_price = True, 1.0 / theta, trial
            nu, price = high, trial
            continue
        if bounded and used <= power and nu * theta <= 1.0:
            low, low_price, low_slack, low_powers, low_error, low_beta = nu, trial, at_slack, powers, error, beta
            low_value = norm2 * power
            for s in range(count):
                low_powers[s] *= power / used
                low_value -= low_powers[s] * _squared(beta[s])
        else:
            high = nu
        nu, price = 0.5 * (low + high), low_price
    return low > 0.0, False, low_price, low, low_slack, low_powers, 0.0, low_value, low_error, low_beta, low_beta


@internal
def _stream_channels(gram: C, cross: C, receiver: Any, vectors: C) -> tuple[C, C, C]:
    """What the receive vectors v_s [S, n] make of 𝒢 = 𝓗𝓗ᴴ [K n, K n] and 𝓗a [K n]: (𝒢V [K n, S], G [S, S], g [S])."""
    count, antennas = vectors.shape
    rows = len(cross)
    heard = np.empty((rows, count), np.complex128)
    stream_gram = np.empty((count, count), np.complex128)
    stream_cross = np.empty(count, np.complex128)
    for s in range(count):
        first = receiver[s] * antennas
        for i in range(rows):
            total = 0.0j
            for r in range(antennas):
                total += gram[i, first + r] * vectors[s, r]
            heard[i, s] = total
    for s in range(count):
        first = receiver[s] * antennas
        total = 0.0j
        for r in range(antennas):
            total += np.conj(vectors[s, r]) * cross[first + r]
        stream_cross[s] = total
        for t in range(count):
            total = 0.0j
            for r in range(antennas):
                total += np.conj(vectors[s, r]) * heard[first + r, t]
            stream_gram[s, t] = total
    return heard, stream_gram, stream_cross


@internal
def _envelope_gradient(
    heard: C,
    cross: C,
    streams: tuple[Any, C],
    target: F,
    uplink: tuple[C, C, C],
    solution: tuple[F, float, F, float],
) -> tuple[C, F]:
    """Derivatives of Σλ by conj(v_s) [S, n] and by ln(1+γ_s) [S], at fixed ν.

    `streams`: (receiver, vectors); `uplink`: (T, β, y₀); `solution`: (λ, ν, q, p_c). Envelope theorem: the Lagrangian
    depends on v_s through λ_s [v_sᴴΦ_s v_s - q_s|v_sᴴH_k u_s|²/γ_s], with Φ_s the noise (I), the other beams and, where
    it is heard, the sensing beam; on γ_s through -λ_s q_s|v_sᴴH_ku_s|²/γ_s. What receiver k receives: H_ku = H_k𝒽Λ^½T
    + ν H_ka βᵀ and H_kw₀ = H_ka - H_k𝒽 y₀, with `heard` 𝒢V the product 𝓗𝒽.
    """
    receiver, vectors = streams
    error, beta, weights = uplink
    price, nu, powers, left = solution
    count, antennas = vectors.shape
    scaled = np.empty((count, count), np.complex128)
    for s in range(count):
        root = np.sqrt(price[s])
        for t in range(count):
            scaled[s, t] = root * error[s, t]
    arrived = _product(heard, scaled, False)
    rows = len(cross)
    sensed = np.empty(rows, np.complex128)
    for i in range(rows):
        for t in range(count):
            arrived[i, t] += nu * cross[i] * beta[t]
        sensed[i] = cross[i]
        if left > 0.0:
            for t in range(count):
                sensed[i] -= heard[i, t] * weights[t]
    by_vector = np.empty((count, antennas), np.complex128)
    by_rate = _vector(count)
    for s in range(count):
        first = receiver[s] * antennas
        for r in range(antennas):
            by_vector[s, r] = vectors[s, r]
        for t in range(count):
            seen = 0.0j
            for r in range(antennas):
                seen += np.conj(vectors[s, r]) * arrived[first + r, t]
            load = powers[t]
            if t == s:
                by_rate[s] = price[s] * load * _squared(seen) * (1.0 + target[s]) / (target[s] * target[s])
                load = -load / target[s]
            for r in range(antennas):
                by_vector[s, r] += load * np.conj(seen) * arrived[first + r, t]
        if left > 0.0 and weights[s] != 0.0:
            seen = 0.0j
            for r in range(antennas):
                seen += np.conj(vectors[s, r]) * sensed[first + r]
            for r in range(antennas):
                by_vector[s, r] += left * np.conj(seen) * sensed[first + r]
        for r in range(antennas):
            by_vector[s, r] *= price[s]
    return by_vector, by_rate


@internal
def _geodesic(vectors: C, basis: C, step: F) -> tuple[C, C]:
    """Unit vectors v_s [S, n] moved along v_s cos|z| + E_s ẑ sin|z|, and their frames E_s [S, n, n-1] moved with them.

    `step` holds Re z [S, n-1], then Im z, then more. The frame is transported in parallel, by the rotation that takes
    v_s along: E_s + (E_s ẑ (cos|z| - 1) - v_s sin|z|) ẑᴴ.
    """
    count, antennas, free = basis.shape
    moved = np.empty((count, antennas), np.complex128)
    turned = np.empty((count, antennas, free), np.complex128)
    unit = np.empty(free, np.complex128)
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


@internal
def _scaled_shares(receiver: Any, share: F, step: F) -> F:
    """r_s ∝ r_s e^ξ_s within each receiver, at least `IDLE_SHARE` of its rate; ξ [S] are the last entries of `step`."""
    count = len(share)
    scaled = _vector(count)
    for s in range(count):
        scaled[s] = share[s] * np.exp(min(max(step[len(step) - count + s], -50.0), 50.0))
    moved = scaled
    for _ in range(2):
        moved = _vector(count)
        for s in range(count):
            total, whole = 0.0, 0.0
            for t in range(count):
                if receiver[t] == receiver[s]:
                    total += share[t]
                    whole += scaled[t]
            moved[s] = scaled[s] * total / whole
            moved[s] = max(moved[s], IDLE_SHARE * total)
        scaled = moved
    return moved


@internal
def _tangent_gradient(basis: C, receiver: Any, share: F, by_vector: C, by_rate: F) -> F:
    """Gradient by (Re z, Im z, ξ) from the derivatives by conj(v_s) and by r_s."""
    count, antennas, free = basis.shape
    gradient = _vector(2 * count * free + count)
    for s in range(count):
        for f in range(free):
            by_z = 0.0j
            for r in range(antennas):
                by_z += 2.0 * by_vector[s, r] * np.conj(basis[s, r, f])
            gradient[s * free + f] = by_z.real
            gradient[(count + s) * free + f] = by_z.imag
        total, mean = 0.0, 0.0
        for t in range(count):
            if receiver[t] == receiver[s]:
                total += share[t]
                mean += share[t] * by_rate[t]
        gradient[2 * count * free + s] = share[s] * (by_rate[s] - mean / total)
    return gradient


@internal
def _update(inverse: F, fresh: bool, step: F, change: F) -> bool:
    """The BFGS update, in place, for gradient `change` over `step`; returns whether `inverse` is still the identity.

    Without positive curvature there is none.
    """
    size = len(change)
    curvature, long, far = 0.0, 0.0, 0.0
    for i in range(size):
        curvature += change[i] * step[i]
        long += change[i] * change[i]
        far += step[i] * step[i]
    if not curvature > 1e-10 * np.sqrt(long * far):
        return fresh
    turned = _vector(size)
    bend = 0.0
    if fresh:
        for i in range(size):
            inverse[i, i] = curvature / long
    for i in range(size):
        total = 0.0
        for j in range(size):
            total += inverse[i, j] * change[j]
        turned[i] = total
        bend += change[i] * total
    for i in range(size):
        turned[i] = (0.5 * (1.0 + bend / curvature) * step[i] - turned[i]) / curvature
    for i in range(size):
        for j in range(size):
            inverse[i, j] += turned[i] * step[j] + turned[j] * step[i]
    return False


@compiled
def descend(
    problem: tuple[C, C, float, B, float],
    start: tuple[Any, C, F, C],
    guess: tuple[F, float, float, float],
    light: bool,
    settings: tuple[int, float, float, float],
) -> tuple[bool, tuple[C, F, C, F, int], tuple[bool, F, float, float, F, float, float, C, C, C]]:
    """BFGS on the logarithm of the loss (`light`) or of the least power, over receive vectors and rate shares.

    `problem`: (𝒢 = 𝓗𝓗ᴴ [K n, K n], 𝓗a [K n], ‖a‖², hears [S], P). `start`: (receiver [S], v [S, n], r [S] in nats, E
    [S, n, n-1] ⊥ v). `guess`: as in `solve_downlink`. `settings`: (steps, enough, tolerance, spare): it ends after
    `steps`, at a value ≤ `enough`, or when `_SMALL_STEPS` in a row gain less than `tolerance`, or gain and promise
    less than (spare/value)³: what may be left then is a share of the value, so the smaller the value the less care.

    A step (Re z, Im z, ξ) moves v_s along the geodesic v_s cos|z| + E_s ẑ sin|z| and scales the shares of a receiver's
    streams, r_s ∝ r_s e^ξ_s; nothing stands for the phase and length of v_s, which change nothing. The frame E_s
    travels with the iterate (parallel transport), so steps and gradients of successive iterates can be compared, as
    BFGS needs.

    Returns (found, (v, r, E, gradient of the logarithm, iterations), the solution as of `solve_downlink`). Each pass of
    the loop looks at one trial point; the first is the start itself.
    """
    gram, cross, norm2, hears, power = problem
    receiver, vectors, share, basis = start
    steps, enough, tolerance, spare = settings
    price, nu, slack, left = guess
    count, antennas = vectors.shape
    several = False
    for s in range(count):
        for t in range(s):
            several = several or receiver[t] == receiver[s]
    free = 2 * count * (antennas - 1)
    size = free + count
    active = size if several else free
    inverse = _matrix(active, active)
    direction, gradient, step = _vector(size), _vector(size), _vector(size)
    value, descent, length, reach = np.inf, 0.0, 0.0, 1.0
    solution = (False, price, nu, slack, price, 0.0, np.inf, gram, cross, cross)
    # A computed value: for a constant Numba would compile `_update` once more.
    fresh = size > 0
    started, used, small, tries = False, 0, 0, 0
    while True:
        for i in range(size):
            step[i] = length * direction[i]
        new_vectors, new_basis = _geodesic(vectors, basis, step)
        new_share = _scaled_shares(receiver, share, step) if several else share
        heard, stream_gram, stream_cross = _stream_channels(gram, cross, receiver, new_vectors)
        target = _vector(count)
        for s in range(count):
            target[s] = np.expm1(new_share[s])
        found, proven, trial, new_nu, new_slack, powers, new_left, new_value, error, beta, weights = solve_downlink(
            (stream_gram, stream_cross, norm2),
            target,
            hears,
            power,
            (price, nu, slack, left),
            light,
            started and tries < _NEAR_TRIES,
        )
        change = np.log(new_value / value) if started and found and new_value > 0.0 else np.inf
        if found and (not started or change <= _ARMIJO * length * descent):
            by_vector, by_rate = _envelope_gradient(
                heard, cross, (receiver, new_vectors), target, (error, beta, weights), (trial, new_nu, powers, new_left)
            )
            new_gradient = _tangent_gradient(new_basis, receiver, new_share, by_vector, by_rate)
            scale = 1.0 / (new_value * new_nu) if light else 1.0 / new_value
            difference = _vector(active)
            for i in range(size):
                new_gradient[i] *= scale
                if i < active:
                    difference[i] = new_gradient[i] - gradient[i]
            if started:
                fresh = _update(inverse, fresh, step, difference)
                part = spare / new_value
                negligible = max(tolerance, part * part * part)
                small = small + 1 if -change < negligible and -descent < negligible else 0
                reach = min(1.0, _LONGER * length)
            vectors, basis, share, value, gradient = new_vectors, new_basis, new_share, new_value, new_gradient
            price, nu, slack, left = trial, new_nu, new_slack, new_left
            solution = (proven, trial, new_nu, new_slack, powers, new_left, new_value, error, beta, weights)
            started = True
        elif not started:
            return False, (vectors, share, basis, gradient, 0), solution
        else:
            tries += 1
            if change < np.inf:
                length *= min(max(-0.5 * length * descent / (change - length * descent), 0.1), 0.5)
            else:
                length *= 0.3
            if tries < _BACKTRACKS and not -length * descent < 1e-14:
                continue
            if fresh:
                break
            fresh = True
        if used >= steps or small >= _SMALL_STEPS or value <= enough or active == 0:
            break
        used += 1
        descent = 0.0
        for attempt in range(2):
            if attempt == 1 or fresh:
                fresh = True
                for i in range(active):
                    for j in range(active):
                        inverse[i, j] = 1.0 if i == j else 0.0
            descent = 0.0
            for i in range(active):
                direction[i] = 0.0
                for j in range(active):
                    direction[i] -= inverse[i, j] * gradient[j]
                descent += gradient[i] * direction[i]
            if descent < 0.0:
                break
        largest = 0.0
        for i in range(active):
            largest = max(largest, abs(direction[i]))
        shrink = min(1.0, (_FIRST_STEP if fresh else _LARGEST_STEP) / max(largest, 1e-300))
        for i in range(active):
            direction[i] *= shrink
        descent *= shrink
        length, tries = reach, 0
    return True, (vectors, share, basis, gradient, used), solution
