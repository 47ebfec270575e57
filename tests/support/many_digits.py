"""Position and velocity error bounds with 80 digits, from the float numbers as they are: an oracle.

Every offset of a clock is an unknown of its own with its prior. Derivatives are those of model.md §4.3. Nuisance
parameters are eliminated from the information matrix one by one: of 80 digits this takes some, and never all.
"""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from tests.support.clocked_networks import ClockedGroup

DIGITS = 80
ZERO = mpmath.mpf(10) ** -55  # a pivot beside its diagonal, of a parameter that nothing tells of
SPEED = 299_792_458


def exact_bounds(group: ClockedGroup) -> tuple[float | None, float | None]:
    """(PEB in m, VEB in m/s), None where unobservable."""
    with mpmath.workdps(DIGITS):
        information, d = _information(group)
        position = _marginal(information, list(range(d)))
        velocity = _marginal(information, list(range(d, 2 * d)))
        return position, velocity


def _information(group: ClockedGroup) -> tuple[list[list[Any]], int]:
    d = group.dimensions
    count = len(group.receivers_m)
    own = [*zip(group.own_time_s, group.own_frequency_hz, strict=True)]
    priors = {2 * d + i: std for i, std in enumerate(group.common) if std > 0}
    for k in range(count):
        priors |= {2 * d + 2 + 2 * k + i: std for i, std in enumerate(own[k]) if std > 0}
    columns = [*range(2 * d), *sorted(priors)]
    place = {column: i for i, column in enumerate(columns)}
    total = [[mpmath.mpf(0)] * len(columns) for _ in columns]
    for k in range(count):
        delay, doppler = _derivatives(group, k)
        for i, (row, std) in enumerate(((delay, group.delay_std_s[k]), (doppler, group.doppler_std_hz[k]))):
            for offset in (2 * d + i, 2 * d + 2 + 2 * k + i):
                if offset in priors:
                    row[offset] = mpmath.mpf(1)
            _add(total, {place[column]: value for column, value in row.items()}, std)
    for column, std in priors.items():
        if np.isfinite(std):
            _add(total, {place[column]: mpmath.mpf(1)}, std)
    return total, d


def _add(total: list[list[Any]], row: dict[int, Any], std: float) -> None:
    weight = 1 / mpmath.mpf(float(std)) ** 2
    for i, left in row.items():
        for j, right in row.items():
            total[i][j] += weight * left * right


def _derivatives(group: ClockedGroup, k: int) -> tuple[dict[int, Any], dict[int, Any]]:
    d = group.dimensions
    velocity = [mpmath.mpf(float(v)) for v in group.velocity_m_s]
    wavenumber = mpmath.mpf(float(group.carrier_hz)) / SPEED
    slope, bend = [mpmath.mpf(0)] * 3, [mpmath.mpf(0)] * 3
    for anchor in (group.transmitter_m, group.receivers_m[k]):
        path = [mpmath.mpf(float(p)) - mpmath.mpf(float(a)) for p, a in zip(group.target_m, anchor, strict=True)]
        length = mpmath.sqrt(sum(x * x for x in path))
        unit = [x / length for x in path]
        radial = sum(v * u for v, u in zip(velocity, unit, strict=True))
        for i in range(3):
            slope[i] += unit[i]
            bend[i] += (velocity[i] - radial * unit[i]) / length
    delay = {i: slope[i] / SPEED for i in range(d)}
    doppler = {i: -wavenumber * bend[i] for i in range(d)} | {d + i: -wavenumber * slope[i] for i in range(d)}
    return delay, doppler


def _marginal(information: list[list[Any]], kept: list[int]) -> float | None:
    matrix = [row[:] for row in information]
    size = len(matrix)
    diagonal = [matrix[i][i] for i in range(size)]
    nuisance = [i for i in range(size) if i not in kept]
    while nuisance:  # the largest pivot beside its own diagonal first
        pivot = max(nuisance, key=lambda i: matrix[i][i] / diagonal[i] if diagonal[i] else mpmath.mpf(0))
        nuisance.remove(pivot)
        if diagonal[pivot] and matrix[pivot][pivot] > ZERO * diagonal[pivot]:
            _eliminate(matrix, pivot, [*nuisance, *kept])
    return _total_variance(matrix, diagonal, kept)


def _eliminate(matrix: list[list[Any]], pivot: int, rest: list[int]) -> None:
    for i in rest:
        factor = matrix[i][pivot] / matrix[pivot][pivot]
        if factor:
            for j in rest:
                matrix[i][j] -= factor * matrix[pivot][j]


def _total_variance(matrix: list[list[Any]], diagonal: list[Any], kept: list[int]) -> float | None:
    if not all(diagonal[i] for i in kept):
        return None
    total = mpmath.mpf(0)
    for last in kept:  # the variance of a parameter is the reciprocal of what is left when all others are taken out
        left = [row[:] for row in matrix]
        others = [i for i in kept if i != last]
        while others:
            pivot = max(others, key=lambda i: left[i][i] / diagonal[i])
            others.remove(pivot)
            if left[pivot][pivot] <= ZERO * diagonal[pivot]:
                return None
            _eliminate(left, pivot, [*others, last])
        if left[last][last] <= ZERO * diagonal[last]:
            return None
        total += 1 / left[last][last]
    return float(mpmath.sqrt(total))
