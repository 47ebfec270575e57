"""Newton's method on the barrier (2) of dual_barrier.py, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from multistatic.beamforming.over_points.barrier_blocks import add_data_blocks, add_sensing_block
from multistatic.beamforming.over_points.barrier_memory import BarrierData, CentreMemory
from multistatic.beamforming.over_points.newton_system import mix, newton_step, slope_along
from multistatic.compiled import internal, standalone
from multistatic.units import F

_TO_BOUNDARY = 0.95
_ARMIJO = 0.05
_STEEP = 0.5  # of the slope at the start of a step, at its end
_SHORTEST = 1e-9
_NEAR = 1.0  # squared decrement where rounding ends the steps: near enough
_VALUE_ROUNDING = 1e-13


class Centred(NamedTuple):
    """How Newton's method ended."""

    steps: int
    inside: bool  # the start was inside the domain
    arrived: bool
    value: float


@internal
def _derivatives(data: BarrierData, memory: CentreMemory, at: F, weight: float) -> tuple[bool, float]:
    """(inside the domain, f_t), with the derivatives with respect to (λ, ν, τ) and those of the points' own part in the
    memory.
    """
    streams, points, count = len(data.cost), len(data.weight), len(data.rows)
    for i in range(streams + points):
        if not at[i] > 0.0:
            return False, 0.0
    mix(data, memory.mixed, at, streams)
    for i in range(count + 1):
        memory.gradient[i] = 0.0
        for m in range(count + 1):
            memory.hessian[i, m] = 0.0
    value = weight * at[len(at) - 1]
    if streams:
        inside, part = add_data_blocks(data, memory, at)
        if not inside:
            return False, 0.0
        value += part
    if data.sensing:
        inside, part = add_sensing_block(data, memory, at)
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
        decrement = newton_step(data, memory)
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
            if lower and slope_along(data, memory) <= _STEEP * decrement:
                found = True
                break
            length *= 0.5
        if not found:
            return Centred(step, True, decrement < _NEAR, value)
        value = new
        for i in range(total):
            at[i] = trial[i]
    return Centred(limit, True, False, value)
