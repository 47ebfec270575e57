"""BFGS over receive vectors and rate shares, compiled: from a start to a local optimum (docs/algorithms.md §1.3)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from multistatic.beamforming.downlink.optimal_prices import Guess, Optimum, beams_for, copy_beams
from multistatic.beamforming.value_function.geodesic import Iterate, move_shares, move_vectors, tangent_gradient
from multistatic.beamforming.value_function.value_gradient import (
    ReceiveSide,
    Streamwise,
    envelope_gradient,
    streamwise_for,
    value,
)
from multistatic.compiled import internal, standalone
from multistatic.units import F

_ARMIJO = 1e-4
_BACKTRACKS = 25
_NEAR_TRIES = 3  # trial points of a line search that Newton's method has to find by itself
_LONGER = 3.0  # than the last step: the first trial, where that one was shortened
_SMALL_STEPS = 3  # in a row end a descent: there are plateaus
_FIRST_STEP, _LARGEST_STEP = 0.2, 0.8  # rad


class Stopping(NamedTuple):
    """When a descent ends: after `steps`, at a value ≤ `enough`, or when `_SMALL_STEPS` in a row gain, and their
    directions promise, a smaller part of the value than `tolerance` or (`spare`/value)³.
    """

    steps: int
    enough: float
    tolerance: float
    spare: float


class Descended(NamedTuple):
    """Where a descent ended: `best` says whether there were beams at its start at all."""

    iterations: int
    best: Optimum


class Memory(NamedTuple):
    """Memory for a descent."""

    trial: Iterate
    streamwise: Streamwise
    inverse: F  # [a, a] the approximate inverse Hessian, of what may move: all, or only the vectors
    direction: F  # [2 S (n-1) + S]
    step: F
    change: F  # of the gradient
    turned: F


class Proposal(NamedTuple):
    """The last trial point of a line search."""

    accepted: bool
    change: float  # of the logarithm of the value
    length: float  # part of the direction
    best: Optimum


def iterate_for(count: int, antennas: int) -> Iterate:
    """Memory for a point."""
    return Iterate(
        vectors=np.empty((count, antennas), np.complex128),
        share=np.empty(count),
        basis=np.empty((count, antennas, antennas - 1), np.complex128),
        gradient=np.zeros(2 * count * (antennas - 1) + count),
        beams=beams_for(count),
    )


def memory_for(rows: int, count: int, antennas: int, several: bool) -> Memory:
    """Memory for `count` streams on `rows` = K n receive antennas; shares move where a receiver has `several`."""
    free = 2 * count * (antennas - 1)
    direction, step, change, turned = np.empty((4, free + count))
    active = free + count if several else free
    return Memory(
        trial=iterate_for(count, antennas),
        streamwise=streamwise_for(rows, count, antennas),
        inverse=np.empty((active, active)),
        direction=direction,
        step=step,
        change=change,
        turned=turned,
    )


@internal
def _try(
    problem: ReceiveSide, current: Iterate, guess: Guess, light: bool, near: bool, length: float, memory: Memory
) -> Optimum:
    """`memory.trial`: the point a step of `length` along the direction away, and its beams; `near` as for `optimum`."""
    step, trial = memory.step, memory.trial
    for i in range(len(step)):
        step[i] = length * memory.direction[i]
    move_vectors(current, step, trial)
    if len(memory.inverse) == len(step):
        move_shares(problem.receiver, current.share, step, memory.streamwise.work.scratch.root, trial.share)
    else:
        for s in range(len(trial.share)):
            trial.share[s] = current.share[s]
    return value(problem, trial, guess, light, near, memory.streamwise)


@internal
def _line_search(
    problem: ReceiveSide, current: Iterate, at: Optimum, light: bool, slope: float, length: float, memory: Memory
) -> Proposal:
    """Backtracking from `length` to a point whose logarithm falls by `_ARMIJO` of what the `slope` promises.

    A trial point that Newton's method does not find from the current one is taken for too far.
    """
    guess = Guess(current.beams.price, at.nu, at.slack, at.left)
    for tries in range(_BACKTRACKS):
        best = _try(problem, current, guess, light, tries < _NEAR_TRIES, length, memory)
        change = np.log(best.value / at.value) if best.found and best.value > 0.0 else np.inf
        if best.found and change <= _ARMIJO * length * slope:
            return Proposal(True, change, length, best)
        if change < np.inf:
            length *= min(max(-0.5 * length * slope / (change - length * slope), 0.1), 0.5)
        else:
            length *= 0.3
        if -length * slope < 1e-14:
            break
    return Proposal(False, 0.0, 1.0, at)


@internal
def _accept(problem: ReceiveSide, best: Optimum, light: bool, current: Iterate, memory: Memory) -> None:
    """The trial point becomes the current one, with its gradient; `memory.change` is that of the gradient."""
    trial, of = memory.trial, memory.streamwise
    envelope_gradient(problem, trial, best, of)
    scale = 1.0 / (best.value * best.nu) if light else 1.0 / best.value
    tangent_gradient(trial, problem.receiver, scale, of.by_vector, of.by_rate)
    for i in range(len(trial.gradient)):
        memory.change[i] = trial.gradient[i] - current.gradient[i]
        current.gradient[i] = trial.gradient[i]
    count, antennas, free = trial.basis.shape
    for s in range(count):
        current.share[s] = trial.share[s]
        for r in range(antennas):
            current.vectors[s, r] = trial.vectors[s, r]
            for f in range(free):
                current.basis[s, r, f] = trial.basis[s, r, f]
    copy_beams(trial.beams, current.beams)


@internal
def _update(fresh: bool, memory: Memory) -> bool:
    """The BFGS update, in place, for the change of the gradient over the step; returns whether `inverse` is still the
    identity.

    Without positive curvature there is none.
    """
    inverse, step, change, turned = memory.inverse, memory.step, memory.change, memory.turned
    size = len(inverse)
    curvature, long, far = 0.0, 0.0, 0.0
    for i in range(size):
        curvature += change[i] * step[i]
        long += change[i] * change[i]
        far += step[i] * step[i]
    if not curvature > 1e-10 * np.sqrt(long * far):
        return fresh
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


@internal
def _slope(gradient: F, memory: Memory) -> float:
    """The direction -Hg from the inverse Hessian H, and the slope gᵀ(-Hg) along it."""
    inverse, direction = memory.inverse, memory.direction
    slope = 0.0
    for i in range(len(inverse)):
        direction[i] = 0.0
        for j in range(len(inverse)):
            direction[i] -= inverse[i, j] * gradient[j]
        slope += gradient[i] * direction[i]
    return slope


@internal
def _direction(gradient: F, fresh: bool, memory: Memory) -> tuple[float, bool]:
    """(slope, whether it is the steepest descent) of the next direction, no entry of it above the largest step."""
    inverse, direction = memory.inverse, memory.direction
    slope = 0.0
    for attempt in range(2):
        if attempt == 1 or fresh:
            fresh = True
            for i in range(len(inverse)):
                for j in range(len(inverse)):
                    inverse[i, j] = 1.0 if i == j else 0.0
        slope = _slope(gradient, memory)
        if slope < 0.0:
            break
    largest = 0.0
    for i in range(len(inverse)):
        largest = max(largest, abs(direction[i]))
    shrink = min(1.0, (_FIRST_STEP if fresh else _LARGEST_STEP) / max(largest, 1e-300))
    for i in range(len(inverse)):
        direction[i] *= shrink
    return slope * shrink, fresh


@standalone
def bfgs(
    problem: ReceiveSide, guess: Guess, light: bool, stopping: Stopping, current: Iterate, memory: Memory
) -> Descended:
    """BFGS on the logarithm of the loss (`light`) or the least power, from `current`, which becomes the best point."""
    # The first trial point is the start itself.
    for i in range(len(memory.direction)):
        memory.direction[i] = 0.0
    fresh, small, used, reach = True, 0, 0, 1.0
    best = _try(problem, current, guess, light, used > 0, 0.0, memory)
    if not best.found:
        return Descended(0, best)
    _accept(problem, best, light, current, memory)
    while used < stopping.steps and small < _SMALL_STEPS and best.value > stopping.enough and len(memory.inverse) > 0:
        used += 1
        # Where to: down the quasi-Newton direction, or the gradient where that leads up.
        slope, fresh = _direction(current.gradient, fresh, memory)
        # How far.
        proposal = _line_search(problem, current, best, light, slope, reach, memory)
        reach = min(1.0, _LONGER * proposal.length)
        if proposal.accepted:
            best = proposal.best
            _accept(problem, best, light, current, memory)
            fresh = _update(fresh, memory)
            # Is it worth going on? A short step on a plateau gains little, though its direction may promise more.
            part = stopping.spare / best.value
            negligible = max(stopping.tolerance, part * part * part)
            small = small + 1 if max(-proposal.change, -slope) < negligible else 0
        elif fresh:
            break  # not even along the gradient
        else:
            fresh = True
    return Descended(used, best)
