"""The likelihood near a peak with its derivatives, and the climb to its top, compiled (docs/algorithms.md §4).

What is maximised is

    L(δ, ν) = ln Σ_p |A_p|² - ln E(δ),  E the energy of the shifted reference, A_p as in `projection`,

so that every step costs S·D terms instead of N, by Newton's method with limits: |A|² is concave only at the very top of
its main lobe, its logarithm nearly everywhere (Newton on |A|² fails).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from multistatic.compiled import vectorised
from multistatic.estimation.projection import Known, Projection, part_length
from multistatic.units import F

_STEPS = 30
_HALVINGS = 8
_CONVERGED = 1e-12  # squared step in units of 1/Λ: far below any accuracy, 1/(2 SNR)


class Height(NamedTuple):
    """L, its gradient (L_δ, L_ν) and Hessian (L_δδ, L_δν, L_νν) at a place, and `power` = Σ_p|A_p|²/E there."""

    value: float
    t: float
    f: float
    tt: float
    tf: float
    ff: float
    power: float


@vectorised
def _weights(inverse: F, delay: float) -> F:
    """w_d, its slope and its curvature [3, D] at δ = `delay`: polynomials in 2δ - 1, by Horner's scheme."""
    nodes = inverse.shape[1]
    u = 2.0 * delay - 1.0
    weight = np.zeros((3, nodes))
    for d in range(nodes):
        # Value, slope and half the curvature of the polynomial that is 1 at node d.
        w0, w1, w2 = 0.0, 0.0, 0.0
        for m in range(nodes - 1, -1, -1):
            w2 = w2 * u + w1
            w1 = w1 * u + w0
            w0 = w0 * u + inverse[m, d]
        weight[0, d], weight[1, d], weight[2, d] = w0, 2.0 * w1, 8.0 * w2
    return weight


@vectorised
def _height(known: Known, projection: Projection, delay: float, doppler: float) -> Height:
    """L and its derivatives at δ = `delay`, ν = `doppler` from the centre of the projection."""
    sums, energies = projection.sums, projection.energies
    branches, parts, nodes = sums.shape
    step = float(part_length(known.real.shape[1]))
    begin = 0.5 * (step - 1.0) - known.centre
    weight = _weights(known.inverse, delay)
    e0, e1, e2 = 0.0, 0.0, 0.0
    for d in range(nodes):
        e0 += weight[0, d] * energies[d]
        e1 += weight[1, d] * energies[d]
        e2 += weight[2, d] * energies[d]
    power, p_t, p_f, p_tt, p_tf, p_ff = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    turn = np.exp(-2j * np.pi * doppler * step)
    for p in range(branches):
        phasor = np.exp(-2j * np.pi * doppler * begin)
        a, a_t, a_f, a_tt, a_tf, a_ff = 0j, 0j, 0j, 0j, 0j, 0j
        for s in range(parts):
            b0, b1, b2 = 0j, 0j, 0j
            for d in range(nodes):
                b0 += weight[0, d] * sums[p, s, d]
                b1 += weight[1, d] * sums[p, s, d]
                b2 += weight[2, d] * sums[p, s, d]
            slope = -2j * np.pi * (begin + s * step)
            b0, b1, b2 = b0 * phasor, b1 * phasor, b2 * phasor
            a += b0
            a_t += b1
            a_tt += b2
            a_f += slope * b0
            a_tf += slope * b1
            a_ff += slope * slope * b0
            phasor *= turn
        power += (a.conjugate() * a).real
        p_t += 2.0 * (a.conjugate() * a_t).real
        p_f += 2.0 * (a.conjugate() * a_f).real
        p_tt += 2.0 * (a_t.conjugate() * a_t + a.conjugate() * a_tt).real
        p_tf += 2.0 * (a_t.conjugate() * a_f + a.conjugate() * a_tf).real
        p_ff += 2.0 * (a_f.conjugate() * a_f + a.conjugate() * a_ff).real
    power, e0 = max(power, 1e-300), max(e0, 1e-300)
    return Height(
        np.log(power) - np.log(e0),
        p_t / power - e1 / e0,
        p_f / power,
        p_tt / power - (p_t / power) ** 2 - e2 / e0 + (e1 / e0) ** 2,
        p_tf / power - p_t * p_f / power**2,
        p_ff / power - (p_f / power) ** 2,
        power / e0,
    )


@vectorised
def _newton_step(here: Height, scale: F, held_t: bool, held_f: bool) -> tuple[float, float, float]:
    """The step (δ, ν) to where the gradient would vanish, 0 along a held axis, and the factor that makes it at most
    1/sqrt(2Λ) along each.

    `scale` = (Λ_δδ, Λ_νν): the Hessian of L is about -2Λ, which stands in where it is not negative.
    """
    h_tt, h_tf, h_ff = here.tt, here.tf, here.ff
    if held_t or held_f:
        h_tf = 0.0
    if not (h_tt < -0.1 * scale[0]):
        h_tt, h_tf = -2.0 * scale[0], 0.0
    if not (h_ff < -0.1 * scale[1]):
        h_ff, h_tf = -2.0 * scale[1], 0.0
    if h_tf * h_tf > 0.9 * h_tt * h_ff:
        h_tf = 0.0
    determinant = h_tt * h_ff - h_tf * h_tf
    step_t = 0.0 if held_t else -(h_ff * here.t - h_tf * here.f) / determinant
    step_f = 0.0 if held_f else -(h_tt * here.f - h_tf * here.t) / determinant
    most = max(abs(step_t) * np.sqrt(2.0 * scale[0]), abs(step_f) * np.sqrt(2.0 * scale[1]))
    return step_t, step_f, 1.0 / most if most > 1.0 else 1.0


@vectorised
def climb(
    known: Known, projection: Projection, delay: float, doppler: float, limits: tuple[float, float]
) -> tuple[float, float, Height]:
    """(δ, ν) of the largest L over 0 ≤ δ ≤ 1 and `limits` of ν, from `delay` and `doppler` on, and the height there.

    A step is halved until L does not fall.
    """
    scale, (low, high) = known.scale, limits
    here = _height(known, projection, delay, doppler)
    for _ in range(_STEPS):
        held_t = (delay <= 0.0 and here.t < 0.0) or (delay >= 1.0 and here.t > 0.0)
        held_f = (doppler <= low and here.f <= 0.0) or (doppler >= high and here.f >= 0.0)
        step_t, step_f, factor = _newton_step(here, scale, held_t, held_f)
        moved = False
        for _ in range(_HALVINGS):
            new_delay = min(max(delay + factor * step_t, 0.0), 1.0)
            new_doppler = min(max(doppler + factor * step_f, low), high)
            there = _height(known, projection, new_delay, new_doppler)
            if there.value >= here.value:
                moved = True
                break
            factor *= 0.5
        if not moved:
            break
        size = (new_delay - delay) ** 2 * scale[0] + (new_doppler - doppler) ** 2 * scale[1]
        delay, doppler, here = new_delay, new_doppler, there
        if size < _CONVERGED:
            break
    return delay, doppler, here
