"""Every bound of a design once more, from the beams, by expressions that `bounds` does not use.

Information about delay and Doppler: the Gram matrix of a whole block of pulses and its two slopes, slot by slot, with
the amplitude projected out. How delay and Doppler change with the target: differences of the length of the paths alone,
with 100 digits, so that no formula of a derivative is repeated. Offsets of clocks: unknowns of their own with their
priors, eliminated from the information one by one. With 100 digits nothing that matters cancels: a verdict of
`unobservable` and a bound of kilometres are distinguished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

import numpy as np

from multistatic.bounds.sensing import sensing_array
from multistatic.design.design_point import DesignPoint
from multistatic.design.exact_paths import DIGITS, STEP, Leg, direction, exact, leg_to, moved, path_slopes
from multistatic.scenario.model import PulseSpec, Receiver, Transmitter
from multistatic.signal.pulses import pulse_of
from multistatic.units import C, F

Clock = Receiver | Transmitter
Matrix = list[list[Decimal]]

# Of a pivot beside its own diagonal, of a parameter without information.
_NOTHING = Decimal("1e-45")
_AGREED = 1e-10  # relative, of two rules of quadrature


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sensor:
    """Who receives the echo: place [3], steering vector [N_r] and element places [N_r, 3] (as received), the SNR of a
    sample, that of the published bound, the root of the noise covariance over the antennas in W, and its clock.
    """

    place_m: F
    steering: C
    elements_m: F
    gain: float
    snr: float
    published_snr: float
    whitening: C
    clock: Clock | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExactBound:
    """Covariances [d, d] of the position in m² and of the velocity in m²/s²; None where there is no information."""

    position: F | None
    velocity: F | None

    @property
    def peb_m(self) -> float:
        """Infinity where the position is unobservable."""
        return float("inf") if self.position is None else float(np.sqrt(np.trace(self.position)))

    @property
    def veb_m_s(self) -> float:
        """Infinity where the velocity is unobservable."""
        return float("inf") if self.velocity is None else float(np.sqrt(np.trace(self.velocity)))


def sensors_of(seen: DesignPoint, weights: C, illumination_w: float) -> tuple[Sensor, ...]:
    """All receivers, or the transmitter alone in the mono-static scheme."""
    scenario, channel = seen.scenario, seen.channel
    white = channel.noise_power_w + channel.clutter_power_w
    if seen.scheme == "mono":
        array = sensing_array(scenario)
        distance = float(np.linalg.norm(seen.position_m - scenario.transmitter.position_m))
        length = 2 * distance if scenario.propagation.echo_law == "sum" else distance**2
        path = scenario.propagation.reference_gain * length ** (-scenario.propagation.path_loss_exponent)
        gain = path * seen.reflection
        return (
            Sensor(
                place_m=scenario.transmitter.position_m,
                steering=np.ones(array.size, complex),
                elements_m=array.elements_m,
                gain=gain,
                snr=gain * array.size * illumination_w / white,
                published_snr=path**2 * array.size * illumination_w / white,
                whitening=_root((white * np.eye(array.size)).astype(complex)),
                clock=None,
            ),
        )
    steerings = channel.steering_rx[seen.point]
    noise: C = np.tile((white * np.eye(steerings.shape[1])).astype(complex), (len(steerings), 1, 1))
    for beam in weights if channel.clutter.shape[1] else ():
        arrived = channel.clutter @ beam
        noise += np.sum(arrived @ np.conj(np.swapaxes(arrived, -1, -2)), axis=1)
    factors = _root(noise)
    whitened = np.linalg.solve(factors, steerings[:, :, None])[:, :, 0]
    strength = np.sum(np.abs(whitened) ** 2, axis=1)
    found = []
    for k, receiver in enumerate(scenario.receivers):
        elements = np.zeros((steerings.shape[1], 3))
        elements[: receiver.array.size] = receiver.array.elements_m
        gain, path = float(channel.echo_gain[seen.point, k]), float(channel.echo_path_gain[seen.point, k])
        found.append(
            Sensor(
                place_m=receiver.position_m,
                steering=steerings[k],
                elements_m=elements,
                gain=gain,
                snr=gain * illumination_w * float(strength[k]),
                published_snr=path**2 * receiver.array.size * illumination_w / white,
                whitening=factors[k],
                clock=receiver,
            )
        )
    return tuple(found)


def _root(noise: C) -> C:
    factor: C = np.asarray(np.linalg.cholesky(noise), complex)
    return factor


@lru_cache(maxsize=64)
def information_of_a_block(pulse: PulseSpec, samples: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """J/ρ about (τ/Δt, fΔt): columns x, -x', j2πt x of a block of white symbols, the part along x taken out."""
    gram = np.zeros((3, 3), complex)
    middle = np.arange(samples) - (samples - 1) / 2.0
    moments = _pulse_integrals(pulse)
    zero, first, second = samples, float(np.sum(middle)), float(np.sum(middle**2))
    # <x, x>, <x, -x'>, <x, j2πt x>, <x', x'>, <-x', j2πt x>, <2πt x, 2πt x>, each with t = middle + u
    gram[0, 0] = zero * moments["1"]
    gram[0, 1] = -zero * moments["g*g'"]
    gram[0, 2] = 2j * np.pi * (first * moments["1"] + zero * moments["u"])
    gram[1, 1] = zero * moments["g'*g'"]
    gram[1, 2] = -2j * np.pi * (first * np.conj(moments["g*g'"]) + zero * moments["u g'*g"])
    gram[2, 2] = 4 * np.pi**2 * (second * moments["1"] + 2 * first * moments["u"] + zero * moments["u²"])
    along = gram[0, 1:]
    upper = gram[1:, 1:] - np.outer(along.conj(), along) / gram[0, 0]
    tau, cross, f = 2 * upper[0, 0].real, 2 * upper[0, 1].real, 2 * upper[1, 1].real
    return (float(tau), float(cross)), (float(cross), float(f))


def published_information(pulse: PulseSpec, samples: int, bandwidth_hz: float) -> F:
    """(13)-(16) with the paper's own integrals F_g, F_tg and F_tġ over t in seconds."""
    moments, slot_s = _pulse_integrals(pulse), 1.0 / (2.0 * bandwidth_hz)
    integral_g, integral_tg = moments["g'*g'"].real / slot_s, moments["u²"].real * slot_s**3
    integral_tgg = moments["u g'*g"].real * slot_s
    iota = 2.0 * (2.0 * bandwidth_hz) * samples * integral_g
    chi = 8.0 * np.pi**2 * (2.0 * bandwidth_hz) ** 3 * samples * integral_tg
    varsigma = 4.0 * np.pi * (2.0 * bandwidth_hz) ** 2 * samples * integral_tgg
    return np.array([[iota, varsigma], [varsigma, chi]])


@lru_cache(maxsize=64)
def _pulse_integrals(spec: PulseSpec) -> dict[str, complex]:
    """Integrals over the support by Gauss's rule in half slots; adaptively where two orders of it disagree."""
    pulse = pulse_of(spec)
    names = ("1", "u", "u²", "g*g'", "g'*g'", "u g'*g")

    def values(u: F) -> C:
        g, slope = np.asarray(pulse(u), complex), np.asarray(pulse.derivative(u), complex)
        power = np.abs(g) ** 2
        return np.array(
            [power, u * power, u**2 * power, g.conj() * slope, np.abs(slope) ** 2, u * slope.conj() * g], complex
        )

    first, last = pulse.support
    inner = np.arange(np.floor(2 * first) + 1, np.ceil(2 * last)) / 2.0
    edges = np.array([first, *inner, last])
    coarse, fine = (_gauss(values, edges, order) for order in (20, 28))
    if np.linalg.norm(fine - coarse) > _AGREED * np.linalg.norm(fine):
        fine = _adaptive(values, edges)
    energy = fine[0].real
    return {name: complex(value / energy) for name, value in zip(names, fine, strict=True)}


def _gauss(values: Callable[[F], C], edges: F, order: int) -> C:
    node, weight = np.polynomial.legendre.leggauss(order)
    half = np.diff(edges) / 2.0
    u = (edges[:-1] + half)[:, None] + half[:, None] * node
    total: C = values(u.ravel()) @ (half[:, None] * weight).ravel()
    return total


def _adaptive(values: Callable[[F], C], edges: F) -> C:
    from scipy.integrate import quad_vec

    def at(u: Any) -> Any:
        return values(np.asarray(u))

    total: C = np.asarray(quad_vec(at, edges[0], edges[-1], epsrel=1e-11, epsabs=1e-13, points=edges[1:-1])[0])
    return total


def exact_bound(seen: DesignPoint, sensors: Sequence[Sensor]) -> ExactBound:
    """Bounds of the given sensors together from delays and Dopplers, with 100 digits."""
    with localcontext(DIGITS):
        return _bound_of(seen, _delay_doppler(seen, sensors))


def exact_bounds(seen: DesignPoint, sensors: Sequence[Sensor], illumination_w: float) -> tuple[ExactBound, ExactBound]:
    """The same, and with the direction of arrival at each sensor, too."""
    with localcontext(DIGITS):
        total = _delay_doppler(seen, sensors)
        plain = _bound_of(seen, total)
        for sensor in sensors:
            for row in map(exact, _direction_rows(seen, sensor, illumination_w)):
                _add(total, [[a * b for b in row] for a in row])
        return plain, _bound_of(seen, total)


def _delay_doppler(seen: DesignPoint, sensors: Sequence[Sensor]) -> Matrix:
    """Information of all sensors about (p, v, the shared offsets of time and frequency)."""
    size = 2 * seen.scenario.dimensions + 2
    total = [[Decimal(0)] * size for _ in range(size)]
    outward = leg_to(seen, seen.scenario.transmitter.position_m)
    for sensor in sensors:
        _add(total, _one_sensor(seen, sensor, outward, [exact(row) for row in fisher_of(seen, sensor)]))
    return total


def fisher_of(seen: DesignPoint, sensor: Sensor) -> F:
    """A sensor's information [2, 2] about its delay in s and its Doppler in Hz."""
    radio = seen.scenario.radio
    (tau, cross), (_, f) = information_of_a_block(radio.pulse, radio.samples)
    slot_s = radio.slot_s
    per_unit = np.array([1.0 / slot_s, slot_s])  # of a second, of a hertz
    return sensor.snr * np.array([[tau, cross], [cross, f]]) * np.outer(per_unit, per_unit)


def _bound_of(seen: DesignPoint, information: Matrix) -> ExactBound:
    scenario = seen.scenario
    d = scenario.dimensions
    clock = scenario.transmitter
    shared = [Decimal(std) for std in (clock.clock_offset_std_s, clock.frequency_offset_std_hz)]
    if seen.scheme == "mono":
        shared = [Decimal(0), Decimal(0)]
    total, known = [row[:] for row in information], [*range(2 * d)]
    _add(total, [exact(row) for row in prior_information(seen)])
    for i, std in enumerate(shared):
        if std > 0:
            known.append(2 * d + i)
            total[2 * d + i][2 * d + i] += 0 if std.is_infinite() else 1 / std**2
    total = [[total[i][j] for j in known] for i in known]
    return ExactBound(position=_covariance(total, range(d)), velocity=_covariance(total, range(d, 2 * d)))


def prior_information(seen: DesignPoint) -> F:
    """What is known in advance about (p, v) [2d, 2d]: inverse covariances by Gauss and Jordan with 100 digits."""
    d = seen.scenario.dimensions
    found, prior = np.zeros((2 * d, 2 * d)), seen.prior
    if prior is None:
        return found
    for first, covariance in ((0, prior.position_covariance_m2), (d, prior.velocity_covariance_m2_s2)):
        if covariance is not None:
            with localcontext(DIGITS):
                inverse = _covariance([exact(row) for row in covariance[:d, :d]], range(d))
            found[first : first + d, first : first + d] = np.inf if inverse is None else inverse
    return found


def _one_sensor(seen: DesignPoint, sensor: Sensor, outward: Leg, fisher: Matrix) -> Matrix:
    """Information about (p, v, the shared offsets of time and frequency), the sensor's own offsets eliminated."""
    slopes = path_slopes(seen, outward, leg_to(seen, sensor.place_m))
    rows = [[*slopes[0], Decimal(1), Decimal(0)], [*slopes[1], Decimal(0), Decimal(1)]]
    size = len(rows[0])
    own = []
    if sensor.clock is not None:
        deviations = (sensor.clock.clock_offset_std_s, sensor.clock.frequency_offset_std_hz)
        own = [(i, Decimal(std)) for i, std in enumerate(deviations) if std > 0]
    for i, _ in own:
        for j in range(2):
            rows[j].append(Decimal(int(i == j)))
    every = range(len(rows[0]))
    local = [[Decimal(0)] * len(rows[0]) for _ in every]
    for left, weights in zip(rows, fisher, strict=True):
        for weight, right in zip(weights, rows, strict=True):
            _add(local, [[weight * left[i] * right[j] for j in every] for i in every])
    for column, (_, std) in enumerate(own, start=size):
        local[column][column] += 0 if std.is_infinite() else 1 / std**2
    diagonal = [local[i][i] for i in range(len(local))]
    for column in range(size, len(local)):
        _eliminate(local, diagonal, column, range(len(local)))
    return [row[:size] for row in local[:size]]


def _direction_rows(seen: DesignPoint, sensor: Sensor, illumination_w: float) -> F:
    """`whitened_direction_rows`, the turning of the direction by differences."""
    d = seen.scenario.dimensions
    place, position = exact(sensor.place_m), exact(seen.position_m)
    turning = np.zeros((3, d))
    for i in range(d):
        ahead, behind = (direction(moved(position, i, sign * STEP), place) for sign in (1, -1))
        turning[:, i] = [float((a - b) / (2 * STEP)) for a, b in zip(ahead, behind, strict=True)]
    rows: F = whitened_direction_rows(seen, [sensor], turning[None], illumination_w)[0]
    return rows


def whitened_direction_rows(seen: DesignPoint, sensors: Sequence[Sensor], turnings: F, illumination_w: float) -> F:
    """Rows [S, 2N_r, d] of unit variance about the position: slopes of the whitened steering vectors, the part along
    itself taken out. `turnings` [S, 3, d]: how the direction from a sensor to the target changes with its position.
    """
    scenario = seen.scenario
    elements, whitening = (
        np.stack([each.elements_m for each in sensors]),
        np.stack([each.whitening for each in sensors]),
    )
    steering = np.stack([each.steering for each in sensors])[:, :, None]
    phase = 2.0 * np.pi / scenario.radio.wavelength_m * (elements @ turnings)
    signal = np.linalg.solve(whitening, steering)
    slopes = np.linalg.solve(whitening, 1j * steering * phase)
    basis = signal / np.linalg.norm(signal, axis=1, keepdims=True)
    for _ in range(2):
        slopes = slopes - basis @ (np.conj(np.swapaxes(basis, 1, 2)) @ slopes)
    gains = np.array([each.gain for each in sensors])
    strength = np.sqrt(2.0 * scenario.radio.samples * gains * illumination_w)
    rows: F = strength[:, None, None] * np.concatenate([slopes.real, slopes.imag], axis=1)
    return rows


def _covariance(information: Matrix, kept: Iterable[int]) -> F | None:
    """Inverse of what is left of the information about `kept`; None where a combination of them is unobservable."""
    keep = list(kept)
    matrix = [row[:] for row in information]
    diagonal = [matrix[i][i] for i in range(len(matrix))]
    nuisance = [i for i in range(len(matrix)) if i not in keep]
    while nuisance:
        pivot = max(nuisance, key=lambda i: matrix[i][i] / diagonal[i] if diagonal[i] > 0 else Decimal(0))
        nuisance.remove(pivot)
        _eliminate(matrix, diagonal, pivot, [*nuisance, *keep])
    left = [[matrix[i][j] for j in keep] for i in keep]
    inverse = [[Decimal(int(i == j)) for j in range(len(keep))] for i in range(len(keep))]
    open_rows = list(range(len(keep)))
    scale = [diagonal[i] for i in keep]
    while open_rows:  # Gauss and Jordan, the largest pivot beside its own diagonal first
        pivot = max(open_rows, key=lambda i: left[i][i] / scale[i] if scale[i] > 0 else Decimal(0))
        if not left[pivot][pivot] > _NOTHING * scale[pivot]:
            return None
        open_rows.remove(pivot)
        for i in range(len(keep)):
            if i != pivot:
                factor = left[i][pivot] / left[pivot][pivot]
                left[i] = [a - factor * b for a, b in zip(left[i], left[pivot], strict=True)]
                inverse[i] = [a - factor * b for a, b in zip(inverse[i], inverse[pivot], strict=True)]
    return np.array([[float(inverse[i][j] / left[i][i]) for j in range(len(keep))] for i in range(len(keep))])


def _eliminate(matrix: Matrix, diagonal: Sequence[Decimal], pivot: int, rest: Iterable[int]) -> None:
    """Take the unknown `pivot` out of the information about `rest`; one without information does no harm."""
    if not matrix[pivot][pivot] > _NOTHING * diagonal[pivot]:
        return
    others = [i for i in rest if i != pivot]
    for i in others:
        factor = matrix[i][pivot] / matrix[pivot][pivot]
        if factor:
            for j in others:
                matrix[i][j] -= factor * matrix[pivot][j]


def _add(total: Matrix, part: Matrix) -> None:
    for i, row in enumerate(part):
        for j, value in enumerate(row):
            total[i][j] += value
