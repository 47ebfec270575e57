"""The logarithms of determinants in the barrier (2) of dual_barrier.py with their derivatives, compiled.

With Z = τI - Σ μ_ia_ia_iᴴ + Σ λ_sh_sh_sᴴ, x_i the channels, then the steering vectors, G_il = x_iᴴZ⁻¹x_l, z_j = Z⁻¹h_j,
s_j = 1 - c_jλ_jG_jj and κ_j = c_jλ_j/s_j, the data beams have Z_j⁻¹ = Z⁻¹ + κ_jz_jz_jᴴ, so that

    Σ_j ln det Z_j = S ln det Z + Σ_j ln s_j,
    Σ_j |x_iᴴZ_j⁻¹x_l|² = S|G_il|² + 2 Re[G_il* Σ_j κ_jG_ijG_jl] + Σ_j κ_j²|G_ij|²|G_jl|²,
    Σ_j ‖Z_j⁻¹x_l‖² = S‖v_l‖² + Σ_j (2κ_j Re[(z_jᴴv_l)* G_jl] + κ_j²‖z_j‖²|G_jl|²),   v_l = Z⁻¹x_l,

and G_jl/s_j in place of G_jl for a stream's own matrix, where it counts 1 - c_j. All loops add rows to rows, which the
compiler turns into vector instructions.
"""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.over_points.barrier_memory import BarrierData, CentreMemory
from multistatic.compiled import internal
from multistatic.units import C, F


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
def _streams_left(data: BarrierData, memory: CentreMemory, at: F) -> tuple[bool, float]:
    """(whether all s_j are positive, Σ_j ln s_j), with s_j and κ_j in the memory."""
    logs = 0.0
    for j in range(len(data.cost)):
        price = data.cost[j] * at[j]
        memory.left[j] = 1.0 - price * memory.gram[j, j].real
        if not memory.left[j] > 0.0:
            return False, 0.0
        logs += np.log(memory.left[j])
        memory.kappa[j] = price / memory.left[j]
    return True, logs


@internal
def _sums_with_power(data: BarrierData, memory: CentreMemory) -> tuple[float, float]:
    """(Σ_j tr Z_j⁻¹, Σ_j ‖Z_j⁻¹‖²), with Σ_j x_iᴴZ_j⁻¹x_i and Σ_j ‖Z_j⁻¹x_i‖² in the memory."""
    streams, count = len(data.cost), len(data.rows)
    size = data.rows.shape[1]
    gram, pairs, solved, kappa = memory.gram, memory.pairs, memory.solved, memory.kappa
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
        crossed = pairs[0]  # z_jᴴv_m, in a row that is not needed yet
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
        memory.length[j] = norm
        trace += kappa[j] * norm
        square += 2.0 * kappa[j] * doubled + (kappa[j] * norm) ** 2
        for m in range(count):
            g = gram[j, m]
            size2 = g.real * g.real + g.imag * g.imag
            single[m] += kappa[j] * size2
            with_power[m] += 2.0 * kappa[j] * (crossed[m].real * g.real + crossed[m].imag * g.imag)
            with_power[m] += kappa[j] * kappa[j] * norm * size2
    return trace, square


@internal
def _sums_of_pairs(data: BarrierData, memory: CentreMemory) -> None:
    """Σ_j |x_iᴴZ_j⁻¹x_m|² into `total`."""
    streams, count = len(data.cost), len(data.rows)
    gram, pairs, total, kappa = memory.gram, memory.pairs, memory.total, memory.kappa
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


@internal
def _count_own(data: BarrierData, memory: CentreMemory) -> None:
    """In the sums the stream's own matrix counts 1 - c in place of 1."""
    count, gram, left = len(data.rows), memory.gram, memory.left
    for j in range(len(data.cost)):
        cost, own = data.cost[j], gram[j, j].real
        each = cost / (left[j] * left[j])
        for m in range(count):
            size2 = each * (gram[j, m].real * gram[j, m].real + gram[j, m].imag * gram[j, m].imag)
            memory.total[j, m] -= size2
            memory.total[m, j] -= size2
        memory.total[j, j] += (cost * own / left[j]) ** 2
        memory.single[j] -= cost * own / left[j]
        memory.with_power[j] -= each * memory.length[j]


@internal
def add_data_blocks(data: BarrierData, memory: CentreMemory, at: F) -> tuple[bool, float]:
    """(inside the domain, -Σ_{j≥1} ln det Z_j), with the derivatives added to those of the memory."""
    streams, count = len(data.cost), len(data.rows)
    for i in range(count):
        memory.coefficient[i] = at[i] if i < streams else -memory.mixed[i - streams]
    positive, logs = _shared(data, memory, at[len(at) - 1])
    if not positive:
        return False, 0.0
    positive, left = _streams_left(data, memory, at)
    if not positive:
        return False, 0.0
    trace, square = _sums_with_power(data, memory)
    _sums_of_pairs(data, memory)
    _count_own(data, memory)
    gradient, hessian = memory.gradient, memory.hessian
    for i in range(count):
        sign = 1.0 if i < streams else -1.0
        gradient[i] -= sign * memory.single[i]
        for m in range(count):
            hessian[i, m] += memory.total[i, m] if (i < streams) == (m < streams) else -memory.total[i, m]
        hessian[i, count] += sign * memory.with_power[i]
        hessian[count, i] += sign * memory.with_power[i]
    gradient[count] -= trace
    hessian[count, count] += square
    return True, -(streams * logs + left)


@internal
def add_sensing_block(data: BarrierData, memory: CentreMemory, at: F) -> tuple[bool, float]:
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
