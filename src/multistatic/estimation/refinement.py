"""Off the grid: from coarse cells to the peak of the likelihood, compiled (docs/algorithms.md §4).

One trial at a time. A candidate is a cell k and a Doppler shift. The samples are multiplied by e^(-j2πν₀i), correlated
with the reference at its D nodes and summed over S parts of the block: `projection` B[p, s, d]. Then, for fractions δ
in the cell and Doppler shifts ν₀ + ν near it,

    A_p(δ, ν) = Σ_s e^(-j2πν t_s) Σ_d w_d(δ) B[p, s, d],  t_s the middle of part s, w_d the interpolation weights,

so that every step of the maximisation costs S·D terms instead of N. What is maximised is

    L(δ, ν) = ln Σ_p |A_p|² - ln E(δ),  E the energy of the shifted reference,

by Newton's method with limits: |A|² is concave only at the very top of its main lobe, its logarithm nearly everywhere
(Newton on |A|² fails). A second projection about the peak takes away the error of parts of finite length.

Time in samples, Doppler in cycles per sample. Loops over scalars, as Numba compiles them fastest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from multistatic.estimation.compile import compiled
from multistatic.units import C, F

PARTS = 32
_STEPS = 30
_HALVINGS = 8
_ROUNDS = 8
_CONVERGED = 1e-12  # squared step in units of 1/Λ: far below any accuracy, 1/(2 SNR)
_LOBE = 5.0  # squared distance in units of 1/Λ within which two peaks are one: past the first zero of all usual pulses
# Squared Doppler shift from the centre of the projection, in units of 1/Λ, times the SNR. The parts of a block displace
# the peak by about 1/(S sqrt(M/S)) of that shift: its square stays below 1e-2 of the variance 1/(2 SNR Λ).
_RECENTRE = 4.0


@compiled
def part_length(size: int) -> int:
    """Samples in each of the `PARTS` parts of a block, a multiple of 8 for the sake of vector instructions."""
    return 8 * ((size + 8 * PARTS - 1) // (8 * PARTS))


@compiled
def _project(samples: C, shift: int, doppler: float, real: F, imag: F, centre: float, work: F, projection: C) -> float:
    """Fill `projection` [P, S, D] for the reference begun at sample `shift`; returns Σ|y|² under the reference.

    `work` [2, I] holds the demodulated samples; what lies outside of the recording counts as zero. Four nodes at a time
    share what is read of it.
    """
    nodes, size = real.shape
    length = part_length(size)
    first, last = max(0, -shift), min(size, samples.shape[1] - shift)
    turns = np.empty((2, length))
    turn, phasor = np.exp(-2j * np.pi * doppler), 1.0 + 0j
    for j in range(length):
        turns[0, j], turns[1, j] = phasor.real, phasor.imag
        phasor *= turn
    power = 0.0
    for p in range(samples.shape[0]):
        work[:] = 0.0
        for s in range(PARTS):
            begin, end = s * length, min((s + 1) * length, size)
            phasor = np.exp(-2j * np.pi * doppler * (begin - centre))
            re, im = phasor.real, phasor.imag
            for i in range(max(begin, first), min(end, last)):
                value, j = samples[p, shift + i], i - begin
                along, across = re * turns[0, j] - im * turns[1, j], re * turns[1, j] + im * turns[0, j]
                work[0, i] = value.real * along - value.imag * across
                work[1, i] = value.real * across + value.imag * along
                power += value.real * value.real + value.imag * value.imag
            for d in range(0, nodes, 4):
                a0, a1, a2, a3, b0, b1, b2, b3 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
                for i in range(begin, end):
                    x, y = work[0, i], work[1, i]
                    a0 += x * real[d, i] + y * imag[d, i]
                    b0 += y * real[d, i] - x * imag[d, i]
                    a1 += x * real[d + 1, i] + y * imag[d + 1, i]
                    b1 += y * real[d + 1, i] - x * imag[d + 1, i]
                    a2 += x * real[d + 2, i] + y * imag[d + 2, i]
                    b2 += y * real[d + 2, i] - x * imag[d + 2, i]
                    a3 += x * real[d + 3, i] + y * imag[d + 3, i]
                    b3 += y * real[d + 3, i] - x * imag[d + 3, i]
                projection[p, s, d], projection[p, s, d + 1] = complex(a0, b0), complex(a1, b1)
                projection[p, s, d + 2], projection[p, s, d + 3] = complex(a2, b2), complex(a3, b3)
    return power


@compiled
def _energies(shift: int, count: int, real: F, imag: F, whole: F, energies: F) -> None:
    """E at the nodes [D] of the reference begun at `shift`, as far as it lies in a recording of `count` samples."""
    begin, end = max(0, -shift), min(real.shape[1], count - shift)
    if begin == 0 and end == real.shape[1]:
        energies[:] = whole
        return
    for d in range(real.shape[0]):
        total = 0.0
        for i in range(begin, end):
            total += real[d, i] * real[d, i] + imag[d, i] * imag[d, i]
        energies[d] = total


@compiled
def _likelihood(
    projection: C, energies: F, inverse: F, times: tuple[float, float], delay: float, doppler: float, out: F
) -> None:
    """out = L, L_δ, L_ν, L_δδ, L_δν, L_νν, Σ|A|²/E at δ = `delay`, ν = `doppler`; `times` t_0 and t_1 - t_0."""
    branches, parts, nodes = projection.shape
    u = 2.0 * delay - 1.0
    weight = np.zeros((3, nodes))
    for d in range(nodes):
        # Horner's scheme for value, slope and half the curvature of the polynomial that is 1 at node d.
        w0, w1, w2 = 0.0, 0.0, 0.0
        for m in range(nodes - 1, -1, -1):
            w2 = w2 * u + w1
            w1 = w1 * u + w0
            w0 = w0 * u + inverse[m, d]
        weight[0, d], weight[1, d], weight[2, d] = w0, 2.0 * w1, 8.0 * w2
    e0, e1, e2 = 0.0, 0.0, 0.0
    for d in range(nodes):
        e0 += weight[0, d] * energies[d]
        e1 += weight[1, d] * energies[d]
        e2 += weight[2, d] * energies[d]
    power, p_t, p_f, p_tt, p_tf, p_ff = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    turn = np.exp(-2j * np.pi * doppler * times[1])
    for p in range(branches):
        phasor = np.exp(-2j * np.pi * doppler * times[0])
        a, a_t, a_f, a_tt, a_tf, a_ff = 0j, 0j, 0j, 0j, 0j, 0j
        for s in range(parts):
            b0, b1, b2 = 0j, 0j, 0j
            for d in range(nodes):
                b0 += weight[0, d] * projection[p, s, d]
                b1 += weight[1, d] * projection[p, s, d]
                b2 += weight[2, d] * projection[p, s, d]
            slope = -2j * np.pi * (times[0] + s * times[1])
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
    out[0] = np.log(power) - np.log(e0)
    out[1] = p_t / power - e1 / e0
    out[2] = p_f / power
    out[3] = p_tt / power - (p_t / power) ** 2 - e2 / e0 + (e1 / e0) ** 2
    out[4] = p_tf / power - p_t * p_f / power**2
    out[5] = p_ff / power - (p_f / power) ** 2
    out[6] = power / e0


@compiled
def _climb(
    projection: C,
    energies: F,
    inverse: F,
    times: tuple[float, float],
    scale: F,
    limits: F,
    point: F,
    out: F,
    trial: F,
) -> None:
    """Newton's method for max L over 0 ≤ δ ≤ 1 and `limits` of ν, from `point` = (δ, ν), which it moves; fills `out`.

    `scale` = (Λ_δδ, Λ_νν): the Hessian of L is about -2Λ, which stands in where it is not negative. A step goes at
    most 1/sqrt(2Λ) along each axis and is halved until L does not fall.
    """
    _likelihood(projection, energies, inverse, times, point[0], point[1], out)
    for _ in range(_STEPS):
        held_t = (point[0] <= 0.0 and out[1] < 0.0) or (point[0] >= 1.0 and out[1] > 0.0)
        held_f = (point[1] <= limits[0] and out[2] <= 0.0) or (point[1] >= limits[1] and out[2] >= 0.0)
        h_tt, h_tf, h_ff = out[3], out[4], out[5]
        if held_t or held_f:
            h_tf = 0.0
        if not (h_tt < -0.1 * scale[0]):
            h_tt, h_tf = -2.0 * scale[0], 0.0
        if not (h_ff < -0.1 * scale[1]):
            h_ff, h_tf = -2.0 * scale[1], 0.0
        if h_tf * h_tf > 0.9 * h_tt * h_ff:
            h_tf = 0.0
        determinant = h_tt * h_ff - h_tf * h_tf
        step_t = 0.0 if held_t else -(h_ff * out[1] - h_tf * out[2]) / determinant
        step_f = 0.0 if held_f else -(h_tt * out[2] - h_tf * out[1]) / determinant
        most = max(abs(step_t) * np.sqrt(2.0 * scale[0]), abs(step_f) * np.sqrt(2.0 * scale[1]))
        factor = 1.0 / most if most > 1.0 else 1.0
        moved = False
        for _ in range(_HALVINGS):
            delay = min(max(point[0] + factor * step_t, 0.0), 1.0)
            doppler = min(max(point[1] + factor * step_f, limits[0]), limits[1])
            _likelihood(projection, energies, inverse, times, delay, doppler, trial)
            if trial[0] >= out[0]:
                moved = True
                break
            factor *= 0.5
        if not moved:
            break
        size = (delay - point[0]) ** 2 * scale[0] + (doppler - point[1]) ** 2 * scale[1]
        point[0], point[1] = delay, doppler
        out[:] = trial
        if size < _CONVERGED:
            break


@compiled
def _refine(
    samples: C,
    first: int,
    place: F,
    limits: F,
    real: F,
    imag: F,
    centre: float,
    inverse: F,
    scale: F,
    work: F,
    held: C,
    spare: C,
    energies: F,
    whole: F,
    noise: float,
    jumps: float,
    out: F,
) -> float:
    """Move `place` = (cell, δ, ν, ν₀) to the peak of L within `limits` of ν; returns Σ|y|² under it.

    `held` is the projection at the cell and about ν₀, there already unless ν₀ is NaN, and stays so. At an edge of the
    cell the climb goes on in the next one as long as L grows; else the peak is a kink at the edge. Where L jumps from
    cell to cell, the next one is tried from `jumps` before the edge on.
    """
    nodes, size = real.shape
    length = part_length(size)
    times = (0.5 * (length - 1) - centre, float(length))
    trial, here, point, box, around = np.empty(7), np.empty(7), np.empty(2), np.empty(2), np.empty(nodes)
    power = 0.0
    if np.isnan(place[3]):
        place[3] = place[2]
        power = _project(samples, int(place[0]) + first, place[3], real, imag, centre, work, held)
        _energies(int(place[0]) + first, samples.shape[1], real, imag, whole, energies)
    tried_up, tried_down = False, False
    for _ in range(_ROUNDS):
        point[0], point[1] = place[1], place[2] - place[3]
        box[0], box[1] = limits[0] - place[3], limits[1] - place[3]
        _climb(held, energies, inverse, times, scale, box, point, out, trial)
        place[1], place[2] = point[0], point[1] + place[3]
        step = 0
        if not tried_up and (place[1] > 1.0 - jumps or (place[1] >= 1.0 and out[1] > 0.0)):
            step, tried_up = 1, True
        elif not tried_down and (place[1] < jumps or (place[1] <= 0.0 and out[1] < 0.0)):
            step, tried_down = -1, True
        if step != 0:
            point[0] = 0.0 if step > 0 else 1.0
            shift = int(place[0]) + step + first
            other = _project(samples, shift, place[3], real, imag, centre, work, spare)
            _energies(shift, samples.shape[1], real, imag, whole, around)
            _climb(spare, around, inverse, times, scale, box, point, here, trial)
            if here[0] > out[0]:
                place[0], place[1], place[2], power = place[0] + step, point[0], point[1] + place[3], other
                held[:] = spare
                energies[:] = around
                out[:] = here
                tried_up, tried_down = step < 0, step > 0
        elif (place[2] - place[3]) ** 2 * scale[1] * out[6] > _RECENTRE * noise:
            place[3] = place[2]
            _project(samples, int(place[0]) + first, place[3], real, imag, centre, work, held)
        else:
            break
    return power


@compiled
def _candidates(values: Any, count: int, cells: Any) -> int:
    """The `count` largest local maxima of a map [H, J], largest first, as rows (h, j) of `cells`; returns how many."""
    heights = np.empty(count)
    found = 0
    rows, columns = values.shape
    for h in range(rows):
        for j in range(columns):
            value = values[h, j]
            if found == count and value <= heights[count - 1]:
                continue
            peak = True
            for g in range(max(0, h - 1), min(rows, h + 2)):
                for i in range(max(0, j - 1), min(columns, j + 2)):
                    if values[g, i] > value:
                        peak = False
            if not peak:
                continue
            place = found if found < count else count - 1
            while place > 0 and heights[place - 1] < value:
                heights[place] = heights[place - 1]
                cells[place, 0], cells[place, 1] = cells[place - 1, 0], cells[place - 1, 1]
                place -= 1
            heights[place] = value
            cells[place, 0], cells[place, 1] = h, j
            found = min(found + 1, count)
    return found


@compiled
def refine_trials(
    samples: C,
    maps: Any,
    first: int,
    cell_range: Any,
    fractions: F,
    dopplers: F,
    limits: F,
    real: F,
    imag: F,
    centre: float,
    inverse: F,
    information: F,
    settings: F,
    result: F,
    snapshots: C,
) -> None:
    """For each trial the best peak inside the limits, the second best, and the peak without limits of Doppler.

    `samples` [B, P, N]; `maps` [B, H, J] with J = cells times fractions and H Doppler shifts, on the scale of T.
    `settings`: power of a sample's noise, or 0 where it is to be measured; factor by which a peak may exceed its cell;
    number of candidates; T by which a second peak has to be below the best not to matter; a lower limit of the noise
    where it is to be measured; how near to its edge the next cell is tried too. `result` [B, 10]: T of the
    best peak and of the second; of the free peak its cell, δ, ν, Σ|A|²/E over the noise, -L_δδ, -L_δν, -L_νν, and 1 if
    it is a smooth maximum. `snapshots` [B, P]: A_p there.
    """
    branches, nodes, size = samples.shape[1], real.shape[0], real.shape[1]
    work = np.empty((2, size))
    held = np.empty((branches, PARTS, nodes), np.complex128)
    spare, kept = np.empty_like(held), np.empty_like(held)
    energies, kept_energies = np.empty(nodes), np.empty(nodes)
    out, free, place, inside = np.empty(7), np.empty(2), np.empty(4), np.empty(4)
    scale = np.array([information[0, 0], information[1, 1]])
    whole = np.zeros(nodes)
    for d in range(nodes):
        for i in range(size):
            whole[d] += real[d, i] * real[d, i] + imag[d, i] * imag[d, i]
    count = int(settings[2])
    cells = np.empty((count, 2), np.int64)
    for b in range(samples.shape[0]):
        found = _candidates(maps[b], count, cells)
        top, second, power = -1.0, 0.0, 0.0
        # The scale of noise matters here only where it is known: unknown, the statistics are compared, not the powers.
        noise = settings[0]
        for c in range(found):
            h, j = cells[c, 0], cells[c, 1]
            if c > 0 and settings[1] * maps[b, h, j] + 2.0 < top - settings[3]:
                break
            place[0], place[1] = cell_range[0] + j // len(fractions), fractions[j % len(fractions)]
            place[2], place[3] = dopplers[h], np.nan
            under = _refine(
                samples[b], first, place, limits, real, imag, centre, inverse, scale, work, held, spare, energies,
                whole, max(noise, settings[4]), settings[5], out,
            )  # fmt: skip
            statistic = _test_value(out[6], under, noise, branches, size)
            other = False
            if top >= 0.0:
                distance = place[0] + place[1] - inside[0] - inside[1]
                other = distance**2 * scale[0] + (place[2] - inside[2]) ** 2 * scale[1] > _LOBE
            if statistic > top:
                if other:
                    second = top
                top, power = statistic, under
                inside[:] = place
                kept[:] = held
                kept_energies[:] = energies
            elif other and statistic > second:
                second = statistic
        reach = 1.0 / np.sqrt(scale[1])
        free[0], free[1] = inside[2] - reach, inside[2] + reach
        _refine(
            samples[b], first, inside, free, real, imag, centre, inverse, scale, work, kept, spare, kept_energies,
            whole, max(noise, settings[4]), settings[5], out,
        )  # fmt: skip
        if noise <= 0.0:
            noise = max((power - out[6]) / (branches * size), 1e-300)
        smooth = out[3] < 0.0 and out[5] < 0.0 and out[3] * out[5] > 2.0 * out[4] ** 2
        smooth = smooth and 0.0 < inside[1] < 1.0 and free[0] < inside[2] < free[1]
        result[b, 0], result[b, 1] = top, second
        result[b, 2], result[b, 3], result[b, 4], result[b, 5] = inside[0], inside[1], inside[2], out[6] / noise
        result[b, 6], result[b, 7], result[b, 8] = -out[3], -out[4], -out[5]
        result[b, 9] = 1.0 if smooth else 0.0
        length = part_length(size)
        _snapshot(kept, kept_energies, inverse, 0.5 * (length - 1) - centre, float(length), inside, snapshots[b])


@compiled
def _test_value(peak: float, power: float, noise: float, branches: int, size: int) -> float:
    """T: Σ|A|²/E over the noise; where that is unknown -(n-P) ln(1-R), R the share of the power in n = P I samples.

    R is Beta(P, n-P) under white noise of any power, so for one branch the statistic is exactly Exp(1) again.
    """
    if noise > 0.0:
        return peak / noise
    share = min(peak / max(power, 1e-300), 1.0 - 1e-15)
    return -(branches * size - branches) * np.log(1.0 - share)


@compiled
def _snapshot(projection: C, energies: F, inverse: F, begin: float, length: float, place: F, out: C) -> None:
    """<x, y_p>/E [P] at `place`: the complex amplitude of each branch, with its phase at index `centre`."""
    branches, parts, nodes = projection.shape
    u, doppler = 2.0 * place[1] - 1.0, place[2] - place[3]
    energy = 0.0
    out[:] = 0.0
    for d in range(nodes):
        weight = 0.0
        for m in range(nodes - 1, -1, -1):
            weight = weight * u + inverse[m, d]
        energy += weight * energies[d]
        for p in range(branches):
            for s in range(parts):
                out[p] += weight * projection[p, s, d] * np.exp(-2j * np.pi * doppler * (begin + s * length))
    for p in range(branches):
        out[p] /= max(energy, 1e-300)
