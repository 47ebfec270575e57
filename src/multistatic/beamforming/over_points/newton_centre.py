"""Newton's method on the barrier (2) of dual_barrier.py, compiled.

With Z = τI - Σ μ_ia_ia_iᴴ + Σ λ_sh_sh_sᴴ, x_i the channels, then the steering vectors, G_il = x_iᴴZ⁻¹x_l, z_j = Z⁻¹h_j,
s_j = 1 - c_jλ_jG_jj and κ_j = c_jλ_j/s_j, the data beams have Z_j⁻¹ = Z⁻¹ + κ_jz_jz_jᴴ, so that

    Σ_j ln det Z_j = S ln det Z + Σ_j ln s_j,
    Σ_j |x_iᴴZ_j⁻¹x_l|² = S|G_il|² + 2 Re[G_il* Σ_j κ_jG_ijG_jl] + Σ_j κ_j²|G_ij|²|G_jl|²,
    Σ_j ‖Z_j⁻¹x_l‖² = S‖v_l‖² + Σ_j (2κ_j Re[(z_jᴴv_l)* G_jl] + κ_j²‖z_j‖²|G_jl|²),   v_l = Z⁻¹x_l,

and G_jl/s_j in place of G_jl for a stream's own matrix, where it counts 1 - c_j. All loops add rows to rows, which the
compiler turns into vector instructions.
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
_FACTORISATIONS = 6
_NEAR = 1.0  # squared decrement where rounding ends the steps: near enough
_VALUE_ROUNDING = 1e-13


class BarrierData(NamedTuple):
    """What f_t is made of: S streams, M points, n antennas."""

    rows: C  # [S+M, n] h_s, then a_i
    columns: C  # [n, S+M] the same, transposed
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
    solved: C  # [n, S+M] v
    gram: C  # [S+M, S+M] G
    pairs: C  # [S+M, S+M]
    total: F  # [S+M, S+M]
    single: F  # [S+M]
    with_power: F  # [S+M]
    coefficient: F  # [S+M]
    kappa: F  # [S]
    left: F  # [S]
    length: F  # [S]
    gradient: F  # [S+M+1]
    hessian: F  # [S+M+1, S+M+1]
    factor: F  # [S+M+1, S+M+1]
    scale: F  # [S+M+1]
    change: F  # [S+M+1]
    bordered: F  # [S+M+1]
    trial: F  # [S+M+1]


class Centred(NamedTuple):
    """How Newton's method ended."""

    steps: int
    arrived: bool
    value: float


def centre_memory(streams: int, points: int, size: int) -> CentreMemory:
    """Memory for `newton_centre`."""
    count = streams + points
    square = np.empty((4, size, size), np.complex128)
    grams = np.empty((2, count, count), np.complex128)
    systems = np.empty((2, count + 1, count + 1))
    vectors = np.empty((5, count + 1))
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
        factor=systems[1],
        scale=vectors[1],
        change=vectors[2],
        bordered=vectors[3],
        trial=vectors[4],
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
        memory.coefficient[i] = at[i] if i < streams else -at[i]
    positive, logs = _shared(data, memory, at[count])
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
        memory.coefficient[i] = at[i] * data.suffers[i] if i < streams else -at[i]
    positive, logs = _shared(data, memory, at[count])
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
    """(inside the domain, f_t), with gradient and Hessian in the memory."""
    streams, count = len(data.cost), len(data.rows)
    for i in range(count):
        if not at[i] > 0.0:
            return False, 0.0
    for i in range(count + 1):
        memory.gradient[i] = 0.0
        for m in range(count + 1):
            memory.hessian[i, m] = 0.0
    value = weight * at[count]
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
    power = 1.0 / (1.0 + data.exponent)
    for i in range(count):
        price = at[i]
        value -= np.log(price)
        memory.gradient[i] -= 1.0 / price
        memory.hessian[i, i] += 1.0 / (price * price)
        if i < streams:
            value -= weight * price
            memory.gradient[i] -= weight
        elif not data.worst:
            # D(μ) = Σ μ_is_i - (1 + 1/ρ) Σ (ρw_i)^{1/(1+ρ)} μ_i^{ρ/(1+ρ)}
            slope = data.root_weight[i - streams] * price**-power
            value += weight * price * (data.shift[i - streams] - (1.0 + 1.0 / data.exponent) * slope)
            memory.gradient[i] += weight * (data.shift[i - streams] - slope)
            memory.hessian[i, i] += weight * power * slope / price
    memory.gradient[count] += weight
    return True, value


@internal
def _newton_step(data: BarrierData, memory: CentreMemory) -> float:
    """The squared decrement of Newton's step in the memory, under Σ w_iμ_i = constant for the kind `worst`."""
    streams, total = len(data.cost), len(data.rows) + 1
    scale, factor, hessian = memory.scale, memory.factor, memory.hessian
    change, bordered = memory.change, memory.bordered
    for i in range(total):
        scale[i] = 1.0 / np.sqrt(hessian[i, i])
    ridge = _RIDGE
    for _ in range(_FACTORISATIONS):
        for i in range(total):
            for m in range(total):
                factor[i, m] = hessian[i, m] * scale[i] * scale[m]
            factor[i, i] += ridge
        positive = True
        for k in range(total):
            pivot = factor[k, k]
            if not pivot > 0.0:
                positive = False
                break
            root = 1.0 / np.sqrt(pivot)
            for c in range(k, total):
                factor[k, c] *= root
            for i in range(k + 1, total):
                less = factor[k, i]
                for c in range(i, total):
                    factor[i, c] -= less * factor[k, c]
        if positive:
            break
        ridge *= 100.0
    for i in range(total):
        change[i] = -scale[i] * memory.gradient[i]
        at_point = data.worst and streams <= i < total - 1
        bordered[i] = scale[i] * data.weight[i - streams] if at_point else 0.0
    across = 0.0
    _solve_factored(factor, change)
    if data.worst:
        normal, along = 0.0, 0.0
        _solve_factored(factor, bordered)
        for i in range(streams, total - 1):
            across = scale[i] * data.weight[i - streams]
            normal += across * bordered[i]
            along += across * change[i]
        for i in range(total):
            change[i] -= bordered[i] * along / normal
    decrement = 0.0
    for i in range(total):
        change[i] *= scale[i]
        decrement -= memory.gradient[i] * change[i]
    return decrement


@internal
def _solve_factored(factor: F, right: F) -> None:
    """The solution of RᵀR x = `right`, in its place, for a factor R in the upper triangle."""
    total = len(right)
    for k in range(total):
        right[k] /= factor[k, k]
        for i in range(k + 1, total):
            right[i] -= factor[k, i] * right[k]
    for k in range(total - 1, -1, -1):
        found = right[k]
        for i in range(k + 1, total):
            found -= factor[k, i] * right[i]
        right[k] = found / factor[k, k]


@standalone
def barrier_value(data: BarrierData, memory: CentreMemory, at: F, weight: float) -> Centred:
    """f_t at `at`, with its derivatives in the memory; `arrived` says whether that is inside the domain."""
    inside, value = _derivatives(data, memory, at, weight)
    return Centred(0, inside, value)


@standalone
def newton_centre(
    data: BarrierData, memory: CentreMemory, at: F, weight: float, accuracy: float, limit: int
) -> Centred:
    """Newton's method from prices `at` = (λ, μ, τ), inside the domain, to the minimum of f_t, which takes their place.

    It arrives where the squared decrement is at most `accuracy`, or where rounding allows no further step near that. A
    step may not end where f_t rises steeply: next to the boundary Newton's method makes short steps ever after.
    """
    total = len(at)
    inside, value = _derivatives(data, memory, at, weight)
    if not inside:
        return Centred(0, False, value)
    for step in range(limit):
        decrement = _newton_step(data, memory)
        if not decrement > accuracy:
            return Centred(step, decrement == decrement, value)
        change, trial = memory.change, memory.trial
        length = 1.0
        for i in range(total - 1):
            if change[i] < 0.0:
                length = min(length, -_TO_BOUNDARY * at[i] / change[i])
        found = False
        while length > _SHORTEST:
            for i in range(total):
                trial[i] = at[i] + length * change[i]
            inside, new = _derivatives(data, memory, trial, weight)
            if inside and new <= value - _ARMIJO * length * decrement + _VALUE_ROUNDING * abs(value):
                slope = 0.0
                for i in range(total):
                    slope += memory.gradient[i] * change[i]
                if slope <= _STEEP * decrement:
                    found = True
                    break
            length *= 0.5
        if not found:
            return Centred(step, decrement < _NEAR, value)
        value = new
        for i in range(total):
            at[i] = trial[i]
    return Centred(limit, False, value)
