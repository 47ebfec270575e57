"""What a design reaches at all of its points once more, with 16 digits, by expressions that no other room uses.

Lengths of paths are differentiated as in `bounds_in_doubles`. A clock offset is noise that adds to the covariance of
delay and Doppler, and prior knowledge an information of its own. Where an estimate of the rounding errors leaves a
doubt at a point, that point is computed with 100 digits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from multistatic.bounds.sensing import sensing_array
from multistatic.design.bounds_in_doubles import CANCELLED, CONDITION, path_lengths
from multistatic.design.design_point import DesignPoint, point_of
from multistatic.design.recomputed_bounds import (
    ExactBound,
    Sensor,
    exact_bound,
    information_of_a_block,
    prior_information,
    published_information,
)
from multistatic.design.result import Design
from multistatic.units import SPEED_OF_LIGHT_M_S, B, C, F

Figure = Literal["surrogate", "published", "peb", "veb", "weighted"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenPoints:
    """M places of a target under the beams of a design: where each is, the illumination p_i [M] in W, and the SNR of a
    sample at each of S sensors, [M, S], exact and as the published bound has it.
    """

    seen: tuple[DesignPoint, ...]
    illumination_w: F
    snr: F
    published_snr: F

    @property
    def count(self) -> int:
        """M."""
        return len(self.seen)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointBounds:
    """Covariances of position [M, d, d] in m² and velocity in m²/s²; infinite on the diagonal where unobservable."""

    position: F
    velocity: F

    @property
    def peb_m(self) -> F:
        """[M], infinity where the position is unobservable."""
        return np.sqrt(np.trace(self.position, axis1=1, axis2=2))

    @property
    def veb_m_s(self) -> F:
        """[M], infinity where the velocity is unobservable."""
        return np.sqrt(np.trace(self.velocity, axis1=1, axis2=2))


def seen_points(design: Design, weights: C) -> SeenPoints:
    """The points of a design under its beams `weights` [K+1, N_t, L]."""
    channel, count = design.channel, design.points.count
    light = np.array([np.vdot(towards, towards).real for towards in (row @ weights for row in channel.steering_tx)])
    seen = tuple(point_of(design, m) for m in range(count))
    if design.scheme == "mono":
        return _own_echo(design, seen, light)
    strength = _strength(design, weights, channel.steering_rx)
    white = channel.noise_power_w + channel.clutter_power_w
    sizes = np.array([receiver.array.size for receiver in design.scenario.receivers])
    return SeenPoints(
        seen=seen,
        illumination_w=light,
        snr=channel.echo_gain * strength * light[:, None],
        published_snr=channel.echo_path_gain**2 * sizes * light[:, None] / white,
    )


def _strength(design: Design, weights: C, steering_rx: C) -> F:
    """a_kᴴ C_k⁻¹ a_k [M, K] in 1/W for steering vectors [M, K, N_r]: lengths of the whitened ones."""
    channel = design.channel
    white, antennas = channel.noise_power_w + channel.clutter_power_w, steering_rx.shape[2]
    noise: C = np.tile((white * np.eye(antennas)).astype(complex), (steering_rx.shape[1], 1, 1))
    for beam in weights if channel.clutter.shape[1] else ():
        arrived = channel.clutter @ beam
        noise += np.sum(arrived @ np.conj(np.swapaxes(arrived, -1, -2)), axis=1)
    whitened = np.linalg.solve(np.linalg.cholesky(noise), np.transpose(steering_rx, (1, 2, 0)))
    strength: F = np.sum(np.abs(whitened) ** 2, axis=1).T
    return strength


def _own_echo(design: Design, seen: tuple[DesignPoint, ...], light: F) -> SeenPoints:
    """The transmitter as the only sensor."""
    scenario, channel = design.scenario, design.channel
    size = sensing_array(scenario).size
    distance = np.array([math.dist(each.position_m, scenario.transmitter.position_m) for each in seen])
    length = 2.0 * distance if scenario.propagation.echo_law == "sum" else distance**2
    path = scenario.propagation.reference_gain * length ** (-scenario.propagation.path_loss_exponent)
    sent = (size * light / (channel.noise_power_w + channel.clutter_power_w))[:, None]
    reflection = np.array([each.reflection for each in seen])
    return SeenPoints(
        seen=seen,
        illumination_w=light,
        snr=(path * reflection)[:, None] * sent,
        published_snr=path[:, None] ** 2 * sent,
    )


def seen_elsewhere(design: Design, weights: C, point: Sequence[int], position_m: F) -> SeenPoints:
    """The targets of the points [P] of these indices at other places [P, 3], by path loss, reflection and steering
    vectors of its own; with signal-dependent clutter the noise stays that of the beams.
    """
    scenario, channel, law = design.scenario, design.channel, design.scenario.propagation
    targets = [scenario.targets[int(design.points.target[m])] for m in point]
    wavenumber = 2.0 * np.pi / scenario.radio.wavelength_m
    sites = np.stack([scenario.transmitter.position_m, *scenario.receiver_positions_m])
    offset = position_m[:, None, :] - sites
    distance = np.sqrt(np.sum(offset**2, axis=2))
    unit = offset / distance[:, :, None]
    turn = wavenumber * unit[:, 0] @ scenario.transmitter.array.elements_m.T
    towards = np.tensordot(np.exp(1j * turn), weights, axes=(1, 1))
    light = np.sum(np.abs(towards) ** 2, axis=(1, 2))
    steering = np.zeros((len(position_m), *channel.steering_rx.shape[1:]), complex)
    for k, receiver in enumerate(scenario.receivers):
        steering[:, k, : receiver.array.size] = np.exp(1j * wavenumber * unit[:, 1 + k] @ receiver.array.elements_m.T)
    length = distance[:, :1] + distance[:, 1:] if law.echo_law == "sum" else distance[:, :1] * distance[:, 1:]
    path = law.reference_gain * np.exp(-law.path_loss_exponent * np.log(length))
    cosine = np.sum(unit[:, :1] * unit[:, 1:], axis=2)
    straight, weaker_db = np.array([[each.reflection, each.rcs_bistatic_db] for each in targets]).T
    # sin(θ/2) of the angle θ between the directions to the transmitter and to the receiver
    loss_db = weaker_db[:, None] * np.sqrt(np.maximum(0.5 - 0.5 * cosine, 0.0))
    reflected = path * straight[:, None] / 10.0 ** (loss_db / 10.0)
    sizes = np.array([receiver.array.size for receiver in scenario.receivers])
    sent = light[:, None] / (channel.noise_power_w + channel.clutter_power_w)
    return SeenPoints(
        seen=tuple(replace(point_of(design, m), position_m=place) for m, place in zip(point, position_m, strict=True)),
        illumination_w=light,
        snr=reflected * _strength(design, weights, steering) * light[:, None],
        published_snr=path**2 * sizes * sent,
    )


def figures(points: SeenPoints, chosen: B, name: Figure, velocity_weight_s: float) -> F:
    """The criterion `name` [M] of the sensors `chosen` [S] at each point."""
    radio = points.seen[0].scenario.radio
    if name in ("surrogate", "published"):
        snr = (points.snr if name == "surrogate" else points.published_snr)[:, chosen].sum(axis=1)
        unit = (
            np.array(information_of_a_block(radio.pulse, radio.samples))
            if name == "surrogate"
            else published_information(radio.pulse, radio.samples, radio.bandwidth_hz)
        )
        constant = np.trace(unit) / (unit[0, 0] * unit[1, 1] - unit[0, 1] * unit[1, 0])
        return np.divide(constant, snr, out=np.full(len(snr), np.inf), where=snr > 0.0)
    found = bounds_at(points, chosen)
    if name == "peb" or (name == "weighted" and velocity_weight_s == 0.0):
        return found.peb_m
    return found.veb_m_s if name == "veb" else np.hypot(found.peb_m, velocity_weight_s * found.veb_m_s)


def bounds_at(points: SeenPoints, chosen: B) -> PointBounds:
    """Bounds of the sensors `chosen` [S] together from delays and Dopplers at each point."""
    d = points.seen[0].scenario.dimensions
    information, sure = _information(points, chosen)
    diagonal = np.diagonal(information, axis1=1, axis2=2)
    sure &= np.all(diagonal > 0.0, axis=1) & np.isfinite(information).all(axis=(1, 2))
    scale = 1.0 / np.sqrt(np.where(sure[:, None], diagonal, 1.0))
    unit = np.where(sure[:, None, None], information, 0.0) * scale[:, :, None] * scale[:, None, :]
    sure &= np.linalg.eigvalsh(unit)[:, 0] > CONDITION
    unit[~sure] = np.eye(unit.shape[1])
    covariance = np.linalg.solve(unit, scale[:, :, None] * np.eye(unit.shape[1])) * scale[:, :, None]
    position, velocity = covariance[:, :d, :d].copy(), covariance[:, d : 2 * d, d : 2 * d].copy()
    for m in np.flatnonzero(~sure):
        exact = _with_many_digits(points, chosen, int(m))
        for into, found in ((position, exact.position), (velocity, exact.velocity)):
            into[m] = np.diag(np.full(d, np.inf)) if found is None else found
    return PointBounds(position=position, velocity=velocity)


def _information(points: SeenPoints, chosen: B) -> tuple[F, B]:
    """Information [M, n, n] about (p, v, shared offsets that are not known), and where its sums keep their digits."""
    first = points.seen[0]
    scenario, d = first.scenario, first.scenario.dimensions
    mono = first.scheme == "mono"
    group = [] if mono else [each for each, kept in zip(scenario.receivers, chosen, strict=True) if kept]
    places = [scenario.transmitter.position_m, *(each.position_m for each in group)]
    if mono:
        places.append(scenario.transmitter.position_m)
    position = np.stack([each.position_m for each in points.seen])
    velocity = np.stack([each.velocity_m_s for each in points.seen])
    length = path_lengths(position[:, None, :] - np.stack(places), velocity[:, None, :], d)
    wavenumber = scenario.radio.carrier_hz / SPEED_OF_LIGHT_M_S
    shared = [] if mono else [scenario.transmitter.clock_offset_std_s, scenario.transmitter.frequency_offset_std_hz]
    free = [i for i, std in enumerate(shared) if std > 0.0]
    sensors, size = len(places) - 1, 2 * d + len(free)
    slopes, summed = np.zeros((2, points.count, sensors, 2, size))
    slopes[:, :, 0, : 2 * d] = (length.by_x[:, :1] + length.by_x[:, 1:]) / SPEED_OF_LIGHT_M_S
    slopes[:, :, 1, : 2 * d] = -wavenumber * (length.by_xt[:, :1] + length.by_xt[:, 1:])
    speed = np.sqrt(np.sum(velocity**2, axis=1))[:, None, None]
    nearness = (1.0 / length.value[:, :1] + 1.0 / length.value[:, 1:])[:, :, None]
    summed[:, :, 0, :d] = 2.0 / SPEED_OF_LIGHT_M_S
    summed[:, :, 1, :d] = 2.0 * wavenumber * speed * nearness
    summed[:, :, 1, d : 2 * d] = 2.0 * wavenumber
    for column, i in enumerate(free, start=2 * d):
        slopes[:, :, i, column] = summed[:, :, i, column] = 1.0
    fisher, regular = _with_clocks(points, chosen, group)
    known = np.zeros((points.count, size, size))
    known[:, : 2 * d, : 2 * d] = _priors(points.seen)
    for column, i in enumerate(free, start=2 * d):
        known[:, column, column] = shared[i] ** -2
    information = np.sum(np.swapaxes(slopes, 2, 3) @ fisher @ slopes, axis=1) + known
    largest = np.sum(summed * (np.abs(fisher) @ summed), axis=(1, 2))
    kept = largest < CANCELLED * np.diagonal(information, axis1=1, axis2=2)
    return information, kept.all(axis=1) & regular


def _priors(seen: Sequence[DesignPoint]) -> F:
    """What is known in advance [M, 2d, 2d], computed once for each prior."""
    found = {id(each.prior): each for each in seen}
    information = {key: prior_information(each) for key, each in found.items()}
    return np.stack([information[id(each.prior)] for each in seen])


def _with_clocks(points: SeenPoints, chosen: B, group: Sequence[object]) -> tuple[F, B]:
    """Information [M, S, 2, 2] about delay in s and Doppler in Hz, as the inverse of covariances to which the variances
    of the sensors' own offsets add, and where these can be inverted [M].
    """
    radio = points.seen[0].scenario.radio
    unit = np.array([1.0 / radio.slot_s, radio.slot_s])
    block = np.array(information_of_a_block(radio.pulse, radio.samples)) * np.outer(unit, unit)
    snr = points.snr if len(group) == 0 else points.snr[:, chosen]
    fisher = snr[:, :, None, None] * block
    deviations = np.array(
        [[getattr(each, name) for name in ("clock_offset_std_s", "frequency_offset_std_hz")] for each in group]
    ).reshape(-1, 2)
    late = np.flatnonzero(np.any(deviations > 0.0, axis=1))
    regular = np.ones(points.count, bool)
    if not len(late):
        return fisher, regular
    determinant = block[0, 0] * block[1, 1] - block[0, 1] ** 2
    heard = snr[:, late] > 0.0
    if not determinant > 1e-6 * block[0, 0] * block[1, 1]:
        return fisher, ~regular
    inverse = np.array([[block[1, 1], -block[0, 1]], [-block[0, 1], block[0, 0]]]) / determinant
    covariance = inverse / np.where(heard, snr[:, late], 1.0)[:, :, None, None]
    finite = np.isfinite(deviations[late])
    variance = np.where(finite, deviations[late], 0.0) ** 2
    a, b, c = covariance[..., 0, 0] + variance[:, 0], covariance[..., 1, 1] + variance[:, 1], covariance[..., 0, 1]
    both = finite.all(axis=1)
    left = np.zeros_like(covariance)
    # An offset of which nothing is known takes its own measurement away and leaves the other as it is alone.
    left[..., 0, 0] = np.where(both, b / (a * b - c * c), np.where(finite[:, 0], 1.0 / a, 0.0))
    left[..., 1, 1] = np.where(both, a / (a * b - c * c), np.where(finite[:, 1], 1.0 / b, 0.0))
    left[..., 0, 1] = left[..., 1, 0] = np.where(both, -c / (a * b - c * c), 0.0)
    fisher[:, late] = np.where(heard[:, :, None, None], left, 0.0)
    return fisher, regular


def _with_many_digits(points: SeenPoints, chosen: B, m: int) -> ExactBound:
    """The bounds at one point by `recomputed_bounds.exact_bound`."""
    seen = points.seen[m]
    scenario, nothing = seen.scenario, np.zeros((0, 3))
    owners = (
        [(scenario.transmitter.position_m, None)]
        if seen.scheme == "mono"
        else [(each.position_m, each) for each in scenario.receivers]
    )
    sensors = [
        Sensor(
            place_m=place,
            steering=np.zeros(0, complex),
            elements_m=nothing,
            gain=0.0,
            snr=float(snr),
            published_snr=0.0,
            whitening=np.zeros((0, 0), complex),
            clock=clock,
        )
        for (place, clock), snr, kept in zip(owners, points.snr[m], chosen, strict=True)
        if kept
    ]
    return exact_bound(seen, sensors)


def reduced_value(values: F, weight: F, mode: str) -> float:
    """The values [M] of the points as one, each product and sum by itself."""
    if mode == "worst" or len(values) == 1:
        return max(float(value) for value in values)
    terms = [(float(share), float(value)) for share, value in zip(weight, values, strict=True) if share > 0.0]
    total = math.fsum(share for share, _ in terms)
    if any(math.isinf(value) for _, value in terms):
        return math.inf
    if mode == "mean":
        return math.fsum(share * value for share, value in terms) / total
    return math.sqrt(math.fsum(share * value * value for share, value in terms) / total)
