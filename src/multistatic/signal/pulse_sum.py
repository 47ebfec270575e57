"""Sums of shifted pulses Σ_m s[m] g(u - m), at any times and fast on uniform grids.

A grid whose step is p/q of a slot meets the pulse at q different phases only: the pulse is evaluated once for each of
them, and a polyphase filter (`scipy.signal.upfirdn`) does the rest. Both ways give the same sum up to rounding.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from multistatic.signal.pulse import PulseFunction
from multistatic.units import C, F

# Steps of a grid are looked for among the fractions of a slot with at most this denominator.
MAX_PHASES = 64
# A grid counts as uniform, and its step as a fraction of a slot, where no time is farther off than this (in slots):
# 100 times the rounding of times that are a thousand slots long.
UNIFORM_TOLERANCE = 3e-11
# A time so close (in slots) before a pulse begins, or ends, counts as that moment: rounding must not move a sample to
# the other side of a jump.
EDGE = 1e-9
# Below this many times nothing is gained.
_SHORTEST_GRID = 16


def pulse_sum(symbols: C, function: PulseFunction, support: tuple[float, float], u: F) -> C:
    """Σ_m s[m] g(u - m) [..., *u.shape] for `symbols` s [..., M] and times u in slots.

    `function` is g, or its slope, used inside `support` = (first, last) only; a pulse begins at its first time and has
    ended at its last.
    """
    step = uniform_step(u)
    if step is not None:
        return _polyphase_sum(symbols, function, support, float(u[0]), (step, len(u)))
    return plain_pulse_sum(symbols, function, support, u)


def plain_pulse_sum(symbols: C, function: PulseFunction, support: tuple[float, float], u: F) -> C:
    """The sum as it is written, over the pulses that reach each u: as many as the support has slots."""
    first, last = support
    count = symbols.shape[-1]
    newest = np.floor(u - first + EDGE).astype(np.int64)
    total = np.zeros((*symbols.shape[:-1], *u.shape), np.complex128)
    for back in range(int(np.ceil(last - first)) + 1):
        m = newest - back
        inside = (m >= 0) & (m < count) & (u - m < last - EDGE)
        weight = np.where(inside, function(np.clip(u - m, first, last)), 0.0)
        total += symbols[..., np.clip(m, 0, count - 1)] * weight
    return total


def uniform_step(u: F) -> Fraction | None:
    """The step of a grid u [N] where it is uniform with a simple fraction of a slot, else None."""
    if u.ndim != 1 or len(u) < _SHORTEST_GRID:
        return None
    step = Fraction(float(u[-1] - u[0]) / (len(u) - 1)).limit_denominator(MAX_PHASES)
    if step <= 0 or step.numerator > MAX_PHASES:
        return None
    off = np.abs(u - u[0] - np.arange(len(u)) * float(step)).max()
    return step if off <= UNIFORM_TOLERANCE * max(1.0, 1e-3 * float(np.abs(u).max())) else None


def _polyphase_sum(
    symbols: C, function: PulseFunction, support: tuple[float, float], begin: float, grid: tuple[Fraction, int]
) -> C:
    """The sum on the grid begin + n·p/q, n = 0 … N-1, with (p/q, N) = `grid`.

    upfirdn gives out[n] = Σ_m s[m] h[n·p - m·q]. With h[l] = g(v + l/q) that is the sum at v + n·p/q; v is the grid's
    time (continued where it has to be) that lies last before the pulse begins.
    """
    from scipy.signal import upfirdn

    (step, count), (first, last) = grid, support
    up, down = step.denominator, step.numerator
    ahead = int(np.ceil((begin - first) / float(step) - EDGE))
    taps_at = begin - ahead * float(step) + np.arange(int(np.ceil((last - first) * up)) + down + 1) / up
    inside = (taps_at >= first - EDGE) & (taps_at < last - EDGE)
    taps = np.where(inside, function(np.clip(taps_at, first, last)), 0.0)
    whole = upfirdn(taps, symbols, up=up, down=down, axis=-1)
    result = np.zeros((*symbols.shape[:-1], count), np.complex128)
    begins, ends = max(0, -ahead), min(count, whole.shape[-1] - ahead)
    if begins < ends:
        result[..., begins:ends] = whole[..., begins + ahead : ends + ahead]
    return result
