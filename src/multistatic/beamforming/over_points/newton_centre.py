"""Newton's method on the barrier (2) of dual_barrier.py, compiled.

With Z = τI - Σ μ_ia_ia_iᴴ + Σ λ_sh_sh_sᴴ, x_i the channels, then the steering vectors, G_il = x_iᴴZ⁻¹x_l, z_j = Z⁻¹h_j,
s_j = 1 - c_jλ_jG_jj and κ_j = c_jλ_j/s_j, the data beams have Z_j⁻¹ = Z⁻¹ + κ_jz_jz_jᴴ, so that

    Σ_j ln det Z_j = S ln det Z + Σ_j ln s_j,
    Σ_j |x_iᴴZ_j⁻¹x_l|² = S|G_il|² + 2 Re[G_il* Σ_j κ_jG_ijG_jl] + Σ_j κ_j²|G_ij|²|G_jl|²,
    Σ_j ‖Z_j⁻¹x_l‖² = S‖v_l‖² + Σ_j (2κ_j Re[(z_jᴴv_l)* G_jl] + κ_j²‖z_j‖²|G_jl|²),   v_l = Z⁻¹x_l,

and G_jl/s_j in place of G_jl for a stream's own matrix, where it counts 1 - c_j. All loops add rows to rows, which the
compiler turns into vector instructions.

Many points have matrices a_ia_iᴴ = Σ_b C_ib a_ba_bᴴ of a few of them, so that only ν = Cᵀμ enters Z. With the diagonal
D of what is the points' own in the Hessian, the derivatives H of the rest with respect to (λ, ν, τ) and CᵀD⁻¹C = RᵀR,
Newton's step (dλ, dμ, dτ) with gradient g follows from the small system in (dλ, u, dτ) where dν = Rᵀu:

    [H_λλ, H_λνRᵀ, h_λτ; · , I + RH_ννRᵀ, Rh_ντ; · , · , h_ττ] (dλ, u, dτ) = (-g_λ, -R⁻ᵀCᵀD⁻¹g_μ, -g_τ),
    dμ = -D⁻¹(g_μ + C R⁻¹(-R⁻ᵀCᵀD⁻¹g_μ - u)).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from multistatic.compiled import internal, standalone
from multistatic.units import C, F

_TO_BOUNDARY = 0.95
_ARMIJO = 0.05
_STEEP = 0.5  # of the slope at the start of a step, at its end
_SHORTEST = 1e-9
_RIDGE = 1e-14  # of a Hessian with ones on its diagonal
_MIX_RIDGE = 1e-13  # of the diagonal of CᵀD⁻¹C
_FACTORISATIONS = 6
_NEAR = 1.0  # squared decrement where rounding ends the steps: near enough
_VALUE_ROUNDING = 1e-13


class BarrierData(NamedTuple):
    """What f_t is made of: S streams, M points, n antennas; B points whose matrices span all."""

    rows: C  # [S+B, n] h_s, then a_b
    columns: C  # [n, S+B] the same, transposed
    combination: F  # [M, B] C; [0, 0] where all points are rows
    cost: F  # [S] 1 + 1/γ
    suffers: F  # [S] 1 where the stream suffers the sensing beam
    root_weight: F  # [M] (ρw_i)^{1/(1+ρ)}
    shift: F  # [M]
    weight: F  # [M]
    exponent: float  # ρ
    worst: bool
    sensing: bool


class CentreMemory(NamedTuple):
    """Memory for intermediate results."""

    matrix: C  # [n, n] Z, then its Cholesky factor
    triangle: C  # [n, n] the inverse of the factor
    turned: C  # [n, n] its conjugate transpose
    inverse: C  # [n, n] Z⁻¹
    solved: C  # [n, S+B] v
    gram: C  # [S+B, S+B] G
    pairs: C  # [S+B, S+B]
    total: F  # [S+B, S+B]
    single: F  # [S+B]
    with_power: F  # [S+B]
    coefficient: F  # [S+B]
    kappa: F  # [S]
    left: F  # [S]
    length: F  # [S]
    gradient: F  # [S+B+1] with respect to (λ, ν, τ)
    hessian: F  # [S+B+1, S+B+1]
    system: F  # [S+B+1, S+B+1]
    factor: F  # [S+B+1, S+B+1]
    scale: F  # [S+B+1]
    right: F  # [S+B+1]
    bordered: F  # [S+B+1]
    root: F  # [B, B] R
    product: F  # [B, B]
    mixed: F  # [B] ν, or vectors like it
    change: F  # [S+M+1]
    trial: F  # [S+M+1]
    own_slope: F  # [M] derivatives of what is the points' own
    own_curvature: F  # [M]


class Centred(NamedTuple):
    """How Newton's method ended."""

    steps: int
    inside: bool  # the start was inside the domain
    arrived: bool
    value: float


def centre_memory(streams: int, points: int, spanning: int, size: int) -> CentreMemory:
    """Memory for `newton_centre` with M points, B of them `spanning`."""
    count = streams + spanning
    square = np.empty((4, size, size), np.complex128)
    grams = np.empty((2, count, count), np.complex128)
    systems = np.empty((3, count + 1, count + 1))
    vectors = np.empty((4, count + 1))
    roots = np.empty((2, spanning, spanning))
    every = np.empty((2, streams + points + 1))
    own = np.empty((2, points))
    return CentreMemory(
        matrix=square[0],
        triangle=square[1],
        turned=square[2],
        inverse=square[3],
        solved=np.empty((size, count), np.complex128),
        gram=grams[0],
        pairs=grams[1],
        total=np.empty((count, count)),
        single=np.empty(count),
        with_power=np.empty(count),
        coefficient=np.empty(count),
        kappa=np.empty(streams),
        left=np.empty(streams),
        length=np.empty(streams),
        gradient=vectors[0],
        hessian=systems[0],
        system=systems[1],
        factor=systems[2],
        scale=vectors[1],
        right=vectors[2],
        bordered=vectors[3],
        root=roots[0],
        product=roots[1],
        mixed=np.empty(spanning),
        change=every[0],
        trial=every[1],
        own_slope=own[0],
        own_curvature=own[1],
    )


@internal
def _inverted(matrix: C, triangle: C, turned: C, inverse: C) -> tuple[bool, float]:
    """(whether Z is positive definite, ln det Z); Z = RᴴR by rows, then Z⁻¹ = R⁻¹R⁻ᴴ."""
    size = len(matrix)
    logs = 0.0
    for k in range(size):
        pivot = matrix[k, k].real
        if not pivot > 0.0:
            return False, 0.0
        logs += np.log(pivot)
        root = 1.0 / np.sqrt(pivot)
        for c in range(k, size):
            matrix[k, c] *= root
        for i in range(k + 1, size):
            less = matrix[k, i].conjugate()
            for c in range(i, size):
                matrix[i, c] -= less * matrix[k, c]
    for i in range(size - 1, -1, -1):
        for c in range(size):
            triangle[i, c] = 0.0
        triangle[i, i] = 1.0
        for k in range(i + 1, size):
            less = matrix[i, k]
            for c in range(k, size):
                triangle[i, c] -= less * triangle[k, c]
        root = 1.0 / matrix[i, i].real
        for c in range(i, size):
            triangle[i, c] *= root
    for i in range(size):
        for c in range(size):
            turned[c, i] = triangle[i, c].conjugate()
    for i in range(size):
        for c in range(size):
            inverse[i, c] = 0.0
        for k in range(i, size):
            part = triangle[i, k]
            for c in range(k + 1):
                inverse[i, c] += part * turned[k, c]
    return True, logs


@internal
def _shared(data: BarrierData, memory: CentreMemory, power: float) -> tuple[bool, float]:
    """Z = τI + Σ coefficient_i x_ix_iᴴ, inverted into the memory, with v = Z⁻¹x and G: (positive, ln det Z)."""
    rows, columns, matrix, coefficient = data.rows, data.columns, memory.matrix, memory.coefficient
    count, size = rows.shape
    for r in range(size):
        for c in range(size):
            matrix[r, c] = 0.0
        matrix[r, r] = power
    for i in range(count):
        if coefficient[i] != 0.0:
            for r in range(size):
                part = coefficient[i] * rows[i, r]
                for c in range(r, size):
                    matrix[r, c] += part * rows[i, c].conjugate()
    positive, logs = _inverted(matrix, memory.triangle, memory.turned, memory.inverse)
    if not positive:
        return False, 0.0
    inverse, solved, gram = memory.inverse, memory.solved, memory.gram
    for r in range(size):
        for i in range(count):
            solved[r, i] = 0.0
        for k in range(size):
            part = inverse[r, k]
            for i in range(count):
                solved[r, i] += part * columns[k, i]
    for i in range(count):
        for m in range(count):
            gram[i, m] = 0.0
        for r in range(size):
            part = rows[i, r].conjugate()
            for m in range(count):
                gram[i, m] += part * solved[r, m]
    return True, logs


@internal
def _squared_entries(values: C) -> float:
    total = 0.0
    for r in range(values.shape[0]):
        for c in range(values.shape[1]):
            total += values[r, c].real * values[r, c].real + values[r, c].imag * values[r, c].imag
    return total


@internal
def _add_data_blocks(data: BarrierData, memory: CentreMemory, at: F) -> tuple[bool, float]:
    """(inside the domain, -Σ_{j≥1} ln det Z_j), with the derivatives added to those of the memory."""
    streams, count = len(data.cost), len(data.rows)
    size = data.rows.shape[1]
    for i in range(count):
        memory.coefficient[i] = at[i] if i < streams else -memory.mixed[i - streams]
    positive, logs = _shared(data, memory, at[len(at) - 1])
    if not positive:
        return False, 0.0
    gram, pairs, total, solved = memory.gram, memory.pairs, memory.total, memory.solved
    kappa, left, length = memory.kappa, memory.left, memory.length
    value = streams * logs
    for j in range(streams):
        price = data.cost[j] * at[j]
        left[j] = 1.0 - price * gram[j, j].real
        if not left[j] > 0.0:
            return False, 0.0
        value += np.log(left[j])
        kappa[j] = price / left[j]
    single, with_power = memory.single, memory.with_power
    for i in range(count):
        single[i] = streams * gram[i, i].real
        with_power[i] = 0.0
    for r in range(size):
        for i in range(count):
            with_power[i] += streams * (solved[r, i].real * solved[r, i].real + solved[r, i].imag * solved[r, i].imag)
    trace, square = 0.0, streams * _squared_entries(memory.inverse)
    for r in range(size):
        trace += streams * memory.inverse[r, r].real
    for j in range(streams):
        # z_jᴴv_l, in a row that `pairs` does not need yet, and z_jᴴZ⁻¹z_j = Σ |..| through Z⁻¹
        crossed = pairs[0]
        for m in range(count):
            crossed[m] = 0.0
        norm, doubled = 0.0, 0.0
        for r in range(size):
            beam = solved[r, j]
            norm += beam.real * beam.real + beam.imag * beam.imag
            part = beam.conjugate()
            for m in range(count):
                crossed[m] += part * solved[r, m]
            again = 0.0 + 0.0j
            for k in range(size):
                again += memory.inverse[r, k] * solved[k, j]
            doubled += (part * again).real
        length[j] = norm
        trace += kappa[j] * norm
        square += 2.0 * kappa[j] * doubled + (kappa[j] * norm) ** 2
        for m in range(count):
            g = gram[j, m]
            size2 = g.real * g.real + g.imag * g.imag
            single[m] += kappa[j] * size2
            with_power[m] += 2.0 * kappa[j] * (crossed[m].real * g.real + crossed[m].imag * g.imag)
            with_power[m] += kappa[j] * kappa[j] * norm * size2
    for i in range(count):
        for m in range(count):
            pairs[i, m] = 0.0
            total[i, m] = 0.0
        for j in range(streams):
            part = kappa[j] * gram[i, j]
            weight = kappa[j] * kappa[j] * (gram[i, j].real * gram[i, j].real + gram[i, j].imag * gram[i, j].imag)
            for m in range(count):
                pairs[i, m] += part * gram[j, m]
                total[i, m] += weight * (gram[j, m].real * gram[j, m].real + gram[j, m].imag * gram[j, m].imag)
        for m in range(count):
            g, q = gram[i, m], pairs[i, m]
            total[i, m] += streams * (g.real * g.real + g.imag * g.imag)
            total[i, m] += 2.0 * (g.real * q.real + g.imag * q.imag)
    # The stream's own matrix counts 1 - c in place of 1
    for j in range(streams):
        cost, own = data.cost[j], gram[j, j].real
        each = cost / (left[j] * left[j])
        for m in range(count):
            size2 = each * (gram[j, m].real * gram[j, m].real + gram[j, m].imag * gram[j, m].imag)
            total[j, m] -= size2
            total[m, j] -= size2
        total[j, j] += (cost * own / left[j]) ** 2
        single[j] -= cost * own / left[j]
        with_power[j] -= each * length[j]
    gradient, hessian = memory.gradient, memory.hessian
    for i in range(count):
        sign = 1.0 if i < streams else -1.0
        gradient[i] -= sign * single[i]
        for m in range(count):
            hessian[i, m] += total[i, m] if (i < streams) == (m < streams) else -total[i, m]
        hessian[i, count] += sign * with_power[i]
        hessian[count, i] += sign * with_power[i]
    gradient[count] -= trace
    hessian[count, count] += square
    return True, -value


@internal
def _add_sensing_block(data: BarrierData, memory: CentreMemory, at: F) -> tuple[bool, float]:
    """(inside the domain, -ln det Z_0), with the derivatives added to those of the memory."""
    streams, count = len(data.cost), len(data.rows)
    size = data.rows.shape[1]
    for i in range(count):
        memory.coefficient[i] = at[i] * data.suffers[i] if i < streams else -memory.mixed[i - streams]
    positive, logs = _shared(data, memory, at[len(at) - 1])
    if not positive:
        return False, 0.0
    gram, solved, gradient, hessian = memory.gram, memory.solved, memory.gradient, memory.hessian
    for i in range(count):
        sign = data.suffers[i] if i < streams else -1.0
        if sign == 0.0:
            continue
        gradient[i] -= sign * gram[i, i].real
        for m in range(count):
            other = data.suffers[m] if m < streams else -1.0
            hessian[i, m] += sign * other * (gram[i, m].real * gram[i, m].real + gram[i, m].imag * gram[i, m].imag)
        norm = 0.0
        for r in range(size):
            norm += solved[r, i].real * solved[r, i].real + solved[r, i].imag * solved[r, i].imag
        hessian[i, count] += sign * norm
        hessian[count, i] += sign * norm
    for r in range(size):
        gradient[count] -= memory.inverse[r, r].real
    hessian[count, count] += _squared_entries(memory.inverse)
    return True, -logs


@internal
def _derivatives(data: BarrierData, memory: CentreMemory, at: F, weight: float) -> tuple[bool, float]:
    """(inside the domain, f_t), with the derivatives with respect to (λ, ν, τ) and those of the points' own part in the
    memory.
    """
    streams, points, count = len(data.cost), len(data.weight), len(data.rows)
    for i in range(streams + points):
        if not at[i] > 0.0:
            return False, 0.0
    _mix(data, memory.mixed, at, streams)
    for i in range(count + 1):
        memory.gradient[i] = 0.0
        for m in range(count + 1):
            memory.hessian[i, m] = 0.0
    value = weight * at[len(at) - 1]
    if streams:
        inside, part = _add_data_blocks(data, memory, at)
        if not inside:
            return False, 0.0
        value += part
    if data.sensing:
        inside, part = _add_sensing_block(data, memory, at)
        if not inside:
            return False, 0.0
        value += part
    for i in range(streams):
        price = at[i]
        value -= np.log(price) + weight * price
        memory.gradient[i] -= 1.0 / price + weight
        memory.hessian[i, i] += 1.0 / (price * price)
    power = 1.0 / (1.0 + data.exponent)
    for i in range(points):
        price = at[streams + i]
        value -= np.log(price)
        memory.own_slope[i] = -1.0 / price
        memory.own_curvature[i] = 1.0 / (price * price)
        if not data.worst:
            # D(μ) = Σ μ_is_i - (1 + 1/ρ) Σ (ρw_i)^{1/(1+ρ)} μ_i^{ρ/(1+ρ)}
            slope = data.root_weight[i] * price**-power
            value += weight * price * (data.shift[i] - (1.0 + 1.0 / data.exponent) * slope)
            memory.own_slope[i] += weight * (data.shift[i] - slope)
            memory.own_curvature[i] += weight * power * slope / price
    memory.gradient[count] += weight
    return True, value


@internal
def _mix(data: BarrierData, mixed: F, values: F, first: int) -> None:
    """Cᵀ of M `values` from the index `first` on, into `mixed` [B]."""
    if not len(data.combination):
        for b in range(len(mixed)):
            mixed[b] = values[first + b]
        return
    for b in range(len(mixed)):
        mixed[b] = 0.0
    for i in range(len(data.combination)):
        part = values[first + i]
        for b in range(len(mixed)):
            mixed[b] += part * data.combination[i, b]


@internal
def _slope_of_point(data: BarrierData, memory: CentreMemory, i: int) -> float:
    """The derivative of f_t with respect to μ_i."""
    streams = len(data.cost)
    if not len(data.combination):
        return memory.own_slope[i] + memory.gradient[streams + i]
    slope = memory.own_slope[i]
    for b in range(data.combination.shape[1]):
        slope += data.combination[i, b] * memory.gradient[streams + b]
    return slope


@internal
def _slope_along(data: BarrierData, memory: CentreMemory) -> float:
    """The derivative of f_t along `change`."""
    streams, points, count = len(data.cost), len(data.weight), len(data.rows)
    slope = memory.gradient[count] * memory.change[streams + points]
    for s in range(streams):
        slope += memory.gradient[s] * memory.change[s]
    for i in range(points):
        slope += _slope_of_point(data, memory, i) * memory.change[streams + i]
    return slope


@internal
def _cholesky(factor: F) -> bool:
    """R of RᵀR over the upper triangle of a matrix; False where that is not positive definite."""
    total = len(factor)
    for k in range(total):
        pivot = factor[k, k]
        if not pivot > 0.0:
            return False
        root = 1.0 / np.sqrt(pivot)
        for c in range(k, total):
            factor[k, c] *= root
        for i in range(k + 1, total):
            less = factor[k, i]
            for c in range(i, total):
                factor[i, c] -= less * factor[k, c]
    return True


@internal
def _forward(factor: F, right: F) -> None:
    """R⁻ᵀ of `right`, in its place."""
    for k in range(len(factor)):
        right[k] /= factor[k, k]
        for i in range(k + 1, len(factor)):
            right[i] -= factor[k, i] * right[k]


@internal
def _backward(factor: F, right: F) -> None:
    """R⁻¹ of `right`, in its place."""
    for k in range(len(factor) - 1, -1, -1):
        found = right[k]
        for i in range(k + 1, len(factor)):
            found -= factor[k, i] * right[i]
        right[k] = found / factor[k, k]


@internal
def _direct_system(data: BarrierData, memory: CentreMemory) -> None:
    """The Hessian with the points' own part, and minus the gradient."""
    streams, points, count = len(data.cost), len(data.weight), len(data.rows)
    for i in range(count + 1):
        for m in range(count + 1):
            memory.system[i, m] = memory.hessian[i, m]
        memory.right[i] = -memory.gradient[i]
    for i in range(points):
        memory.system[streams + i, streams + i] += memory.own_curvature[i]
        memory.right[streams + i] -= memory.own_slope[i]


@internal
def _mixed_system(data: BarrierData, memory: CentreMemory) -> None:
    """The small system of the module's text; R stays in the memory, and -R⁻ᵀCᵀD⁻¹g_μ in `mixed`."""
    streams, points, count = len(data.cost), len(data.weight), len(data.rows)
    spanning = count - streams
    root, product, mixed = memory.root, memory.product, memory.mixed
    system, hessian, right = memory.system, memory.hessian, memory.right
    for b in range(spanning):
        mixed[b] = 0.0
        for c in range(spanning):
            root[b, c] = 0.0
    for i in range(points):
        each = 1.0 / memory.own_curvature[i]
        slope = _slope_of_point(data, memory, i) * each
        for b in range(spanning):
            part = data.combination[i, b]
            mixed[b] -= part * slope
            part *= each
            for c in range(b, spanning):
                root[b, c] += part * data.combination[i, c]
    for b in range(spanning):
        root[b, b] *= 1.0 + _MIX_RIDGE
    _cholesky(root)
    _forward(root, mixed)
    for i in range(streams):
        for m in range(streams):
            system[i, m] = hessian[i, m]
        system[i, count] = hessian[i, count]
        system[count, i] = hessian[count, i]
        right[i] = -memory.gradient[i]
        for c in range(spanning):
            found = 0.0
            for b in range(c, spanning):
                found += hessian[i, streams + b] * root[c, b]
            system[i, streams + c] = found
            system[streams + c, i] = found
    system[count, count] = hessian[count, count]
    right[count] = -memory.gradient[count]
    for c in range(spanning):
        found = 0.0
        for b in range(c, spanning):
            found += root[c, b] * hessian[streams + b, count]
        system[streams + c, count] = found
        system[count, streams + c] = found
        right[streams + c] = mixed[c]
        # Row c of R H_νν
        for d in range(spanning):
            product[c, d] = 0.0
        for b in range(c, spanning):
            part = root[c, b]
            for d in range(spanning):
                product[c, d] += part * hessian[streams + b, streams + d]
    for c in range(spanning):
        for d in range(spanning):
            found = 1.0 if c == d else 0.0
            for b in range(d, spanning):
                found += product[c, b] * root[d, b]
            system[streams + c, streams + d] = found


@internal
def _factorise_system(memory: CentreMemory) -> None:
    """The Cholesky factor of the system with ones on its diagonal, and a ridge where rounding needs one."""
    total = len(memory.right)
    scale, factor, system = memory.scale, memory.factor, memory.system
    for i in range(total):
        scale[i] = 1.0 / np.sqrt(system[i, i])
    ridge = _RIDGE
    for _ in range(_FACTORISATIONS):
        for i in range(total):
            for m in range(total):
                factor[i, m] = system[i, m] * scale[i] * scale[m]
            factor[i, i] += ridge
        if _cholesky(factor):
            break
        ridge *= 100.0


@internal
def _newton_step(data: BarrierData, memory: CentreMemory) -> float:
    """The squared decrement of Newton's step `change`, under Σ w_iμ_i = constant for the kind `worst`."""
    streams, points, count = len(data.cost), len(data.weight), len(data.rows)
    mixes = len(data.combination) > 0
    if mixes:
        _mixed_system(data, memory)
    else:
        _direct_system(data, memory)
    _factorise_system(memory)
    scale, factor, right, bordered = memory.scale, memory.factor, memory.right, memory.bordered
    for i in range(count + 1):
        right[i] *= scale[i]
    _forward(factor, right)
    _backward(factor, right)
    if data.worst:
        for i in range(count + 1):
            bordered[i] = scale[i] * data.weight[i - streams] if streams <= i < count else 0.0
        _forward(factor, bordered)
        _backward(factor, bordered)
        normal, along = 0.0, 0.0
        for i in range(streams, count):
            across = scale[i] * data.weight[i - streams]
            normal += across * bordered[i]
            along += across * right[i]
        for i in range(count + 1):
            right[i] -= bordered[i] * along / normal
    change = memory.change
    for s in range(streams):
        change[s] = scale[s] * right[s]
    change[streams + points] = scale[count] * right[count]
    if mixes:
        mixed = memory.mixed
        for b in range(count - streams):
            mixed[b] -= scale[streams + b] * right[streams + b]
        _backward(memory.root, mixed)
        for i in range(points):
            slope = _slope_of_point(data, memory, i)
            for b in range(count - streams):
                slope += data.combination[i, b] * mixed[b]
            change[streams + i] = -slope / memory.own_curvature[i]
    else:
        for i in range(points):
            change[streams + i] = scale[streams + i] * right[streams + i]
    return -_slope_along(data, memory)


@standalone
def newton_centre(
    data: BarrierData, memory: CentreMemory, at: F, weight: float, accuracy: float, limit: int
) -> Centred:
    """Newton's method from prices `at` = (λ, μ, τ), inside the domain, to the minimum of f_t, which takes their place.

    It arrives where the squared decrement is at most `accuracy`, or where rounding allows no further step near that. A
    step may not end where f_t rises steeply: next to the boundary Newton's method makes short steps ever after. With
    `limit` 0 it only computes f_t and its derivatives.
    """
    total = len(at)
    inside, value = _derivatives(data, memory, at, weight)
    if not inside:
        return Centred(0, False, False, value)
    for step in range(limit):
        decrement = _newton_step(data, memory)
        if not decrement > accuracy:
            return Centred(step, True, decrement == decrement, value)
        change, trial = memory.change, memory.trial
        length = 1.0
        for i in range(total - 1):
            if change[i] < 0.0:
                length = min(length, -_TO_BOUNDARY * at[i] / change[i])
        found, new = False, value
        while length > _SHORTEST:
            for i in range(total):
                trial[i] = at[i] + length * change[i]
            inside, new = _derivatives(data, memory, trial, weight)
            lower = inside and new <= value - _ARMIJO * length * decrement + _VALUE_ROUNDING * abs(value)
            if lower and _slope_along(data, memory) <= _STEEP * decrement:
                found = True
                break
            length *= 0.5
        if not found:
            return Centred(step, True, decrement < _NEAR, value)
        value = new
        for i in range(total):
            at[i] = trial[i]
    return Centred(limit, True, False, value)
