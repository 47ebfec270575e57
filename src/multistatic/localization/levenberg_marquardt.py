"""Many small nonlinear least-squares problems at once, by Levenberg's and Marquardt's method.

Minimises |ε(x)|² from many starts in one array. The normal equations are scaled to a unit diagonal (Marquardt), which
makes them free of units; damping that falls with each success turns the steps into those of Gauss and Newton. How far
it falls or rises follows Nielsen (1999): by how well the linear model predicted χ², which keeps its pace in valleys.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from multistatic.units import B, F

Evaluate = Callable[[F, np.ndarray], tuple[F, F]]

_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-3, 1e-9, 1e9
# Newton decrement, in the units of χ²: below that the step moves by a millionth of a standard deviation.
_DECREMENT = 1e-12
# No unknown is larger, in m or m/s; along a direction that nothing determines a search would run away. One whose
# standard deviation is larger, all others known, stays where it is: on a line of sites a velocity across the line has
# slopes of rounding alone, and its steps would carry all others with them out of bounds.
_FARTHEST = 1e9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Minima:
    """Where the searches ended: `x` [m, n], `cost` χ² [m], and whether they `converged` [m]."""

    x: F
    cost: F
    converged: B


def minimise(evaluate: Evaluate, start: F, case: np.ndarray, iterations: int = 50) -> Minima:
    """Local minima of |ε|² from `start` [m, n]; `evaluate(x, case)` gives ε [m, R] and ∂ε/∂x [m, R, n].

    `case` [m] says which problem a start belongs to. Searches that have converged are left out of the next iteration.
    """
    x, count = start.copy(), len(start)
    cost, converged = np.zeros(count), np.zeros(count, bool)
    damping, growth = np.full(count, _FIRST_DAMPING), np.full(count, 2.0)
    active = np.arange(count)
    residual, slopes = evaluate(x, case)
    cost = np.sum(residual**2, axis=1)
    for _ in range(iterations):
        if not len(active):
            break
        step, decrement, predicted = _step(residual, slopes, damping[active])
        trial = x[active] + step
        next_residual, next_slopes = evaluate(trial, case[active])
        next_cost = np.sum(next_residual**2, axis=1)
        better = (next_cost <= cost[active]) & (np.abs(trial).max(axis=1) < _FARTHEST)
        # Damping shortens the step by up to 1 + damping: without that factor a stuck search would pass for a minimum.
        done = decrement * (1.0 + damping[active]) < _DECREMENT * (1.0 + 1e-3 * cost[active])
        stuck = ~better & (damping[active] > _MOST_DAMPING)
        accepted, rejected = active[better], active[~better]
        gain = (cost[accepted] - next_cost[better]) / np.maximum(predicted[better], 1e-300)
        x[accepted], cost[accepted] = trial[better], next_cost[better]
        residual[better], slopes[better] = next_residual[better], next_slopes[better]
        fall = np.maximum(1.0 / 10.0, 1.0 - (2.0 * np.clip(gain, 0.0, 2.0) - 1.0) ** 3)
        damping[accepted], growth[accepted] = np.maximum(damping[accepted] * fall, _LEAST_DAMPING), 2.0
        damping[rejected], growth[rejected] = damping[rejected] * growth[rejected], growth[rejected] * 2.0
        converged[active[done]] = True
        going = ~(done | stuck)
        active, residual, slopes = active[going], residual[going], slopes[going]
    return Minima(x=x, cost=cost, converged=converged)


def _step(residual: F, slopes: F, damping: F) -> tuple[F, F, F]:
    """Damped steps δ [m, n], -gᵀδ [m], and by how much the linear model says that χ² falls: -2gᵀδ - δᵀHδ [m]."""
    transposed = np.swapaxes(slopes, 1, 2)
    normal = transposed @ slopes
    gradient = (transposed @ residual[..., None])[..., 0]
    diagonal = np.diagonal(normal, axis1=1, axis2=2)
    determined = diagonal > _FARTHEST**-2
    root = np.sqrt(np.where(determined, diagonal, 1.0))
    scale = np.where(determined, 1.0 / root, 0.0)
    scaled = normal * scale[:, :, None] * scale[:, None, :]
    scaled += damping[:, None, None] * np.eye(normal.shape[1])
    step = -scale * np.linalg.solve(scaled, (scale * gradient)[..., None])[..., 0]
    decrement = -np.sum(step * gradient, axis=1)
    return step, decrement, decrement + damping * np.sum((step * root) ** 2, axis=1)
