"""Newton's step on the barrier of several points, compiled.

Many points have matrices a_ia_iᴴ = Σ_b C_ib a_ba_bᴴ of a few of them, so that only ν = Cᵀμ enters Z. With the diagonal
D of what is the points' own in the Hessian, the derivatives H of the rest with respect to (λ, ν, τ) and CᵀD⁻¹C = RᵀR,
Newton's step (dλ, dμ, dτ) with gradient g follows from the small system in (dλ, u, dτ) where dν = Rᵀu:

    [H_λλ, H_λνRᵀ, h_λτ; · , I + RH_ννRᵀ, Rh_ντ; · , · , h_ττ] (dλ, u, dτ) = (-g_λ, -R⁻ᵀCᵀD⁻¹g_μ, -g_τ),
    dμ = -D⁻¹(g_μ + C R⁻¹(-R⁻ᵀCᵀD⁻¹g_μ - u)).
"""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.over_points.barrier_memory import BarrierData, CentreMemory
from multistatic.compiled import internal
from multistatic.units import F

_RIDGE = 1e-14  # of a Hessian with ones on its diagonal
_MIX_RIDGE = 1e-13  # of the diagonal of CᵀD⁻¹C
_FACTORISATIONS = 6


@internal
def mix(data: BarrierData, mixed: F, values: F, first: int) -> None:
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
def slope_along(data: BarrierData, memory: CentreMemory) -> float:
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
def newton_step(data: BarrierData, memory: CentreMemory) -> float:
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
    return -slope_along(data, memory)
