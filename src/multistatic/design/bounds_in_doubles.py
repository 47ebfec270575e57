"""The recomputed bounds of an ordinary design with 16 digits, for which almost every geometry is good enough.

The lengths of the paths are differentiated by the rules of sums, products and roots alone (algorithmic
differentiation), so that no formula of a derivative of `bounds` is repeated. Where an estimate of the rounding errors
leaves a doubt, and where clocks have offsets, there is no answer: `recomputed_bounds` gives one with 100 digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from multistatic.design.design_point import DesignPoint
from multistatic.design.recomputed_bounds import (
    ExactBound,
    Sensor,
    fisher_of,
    prior_information,
    whitened_direction_rows,
)
from multistatic.units import SPEED_OF_LIGHT_M_S, F

# Least eigenvalue of the information with a unit diagonal, and most that terms of a sum may cancel, as squares: the
# square roots multiply rounding errors of a derivative, 1e-15 or so, to 1e-9 of a bound.
CONDITION, CANCELLED = 1e-6, 1e6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Jet:
    """Numbers [...] that change with time t and with parameters x [n]: the `value`, its derivatives `by_x` [..., n] and
    `by_t` [...], and `by_xt` [..., n] by both.
    """

    value: F
    by_x: F
    by_t: F
    by_xt: F

    def square(self) -> Jet:
        """The product with itself."""
        value, by_t = 2.0 * self.value, self.by_t
        return Jet(
            value=self.value**2,
            by_x=value[..., None] * self.by_x,
            by_t=value * by_t,
            by_xt=value[..., None] * self.by_xt + 2.0 * by_t[..., None] * self.by_x,
        )

    def sum(self) -> Jet:
        """The sum over the last axis of the values."""
        return Jet(
            value=self.value.sum(axis=-1),
            by_x=self.by_x.sum(axis=-2),
            by_t=self.by_t.sum(axis=-1),
            by_xt=self.by_xt.sum(axis=-2),
        )

    def sqrt(self) -> Jet:
        """What gives this one as its square."""
        value = np.sqrt(self.value)
        twice = 2.0 * value
        by_x, by_t = self.by_x / twice[..., None], self.by_t / twice
        by_xt = (self.by_xt - 2.0 * by_t[..., None] * by_x) / twice[..., None]
        return Jet(value=value, by_x=by_x, by_t=by_t, by_xt=by_xt)


def bounds_in_doubles(
    seen: DesignPoint, sensors: Sequence[Sensor], illumination_w: float
) -> tuple[ExactBound, ExactBound] | None:
    """`recomputed_bounds.exact_bounds`; None where 16 digits may be too few, or where a clock has an offset.

    Every rounding error is at most some 1e-15 of what is summed, so that the relative error of a bound is some 1e-15
    times the share that cancels in these sums, times the root of the condition number.
    """
    scenario, d = seen.scenario, seen.scenario.dimensions
    clocks = [scenario.transmitter, *(sensor.clock for sensor in sensors if sensor.clock is not None)]
    if not sensors or any(each.clock_offset_std_s or each.frequency_offset_std_hz for each in clocks):
        return None
    # From the transmitter, then from each sensor, to the target [1+S, 3].
    places = np.stack([scenario.transmitter.position_m, *(each.place_m for each in sensors)])
    offsets = seen.position_m - places
    length = path_lengths(offsets, seen.velocity_m_s, d)
    distance = length.value
    if not np.all(distance > 0.0):
        return None
    wavenumber = scenario.radio.carrier_hz / SPEED_OF_LIGHT_M_S
    there_and_back = length.by_x[:1] + length.by_x[1:], length.by_xt[:1] + length.by_xt[1:]
    slopes = np.stack([there_and_back[0] / SPEED_OF_LIGHT_M_S, -wavenumber * there_and_back[1]], axis=1)
    fisher = np.stack([fisher_of(seen, sensor) for sensor in sensors])
    information = np.sum(np.swapaxes(slopes, 1, 2) @ fisher @ slopes, axis=0)
    if seen.prior is not None:
        information = information + prior_information(seen)
    # What each slope is the sum of: nothing but directions, and directions turned by the velocity.
    speed = float(np.linalg.norm(seen.velocity_m_s))
    summed = np.zeros_like(slopes)
    summed[:, 0, :d] = 2.0 / SPEED_OF_LIGHT_M_S
    summed[:, 1, :d] = (2.0 * wavenumber * speed * (1.0 / distance[0] + 1.0 / distance[1:]))[:, None]
    summed[:, 1, d:] = 2.0 * wavenumber
    largest = np.sum(summed * (np.abs(fisher) @ summed), axis=(0, 1))
    if not np.all(largest < CANCELLED * np.diagonal(information)):
        return None
    # A direction times a length is an offset, of which the derivative is the identity.
    towards = offsets[1:] / distance[1:, None]
    directions = (np.eye(3, d) - towards[:, :, None] * length.by_x[1:, None, :d]) / distance[1:, None, None]
    rows = whitened_direction_rows(seen, sensors, directions, illumination_w).reshape(-1, d)
    both = np.stack([information, information])
    both[1, :d, :d] += rows.T @ rows
    return _bounds(both, d)


def path_lengths(offset: F, velocity_m_s: F, dimensions: int) -> Jet:
    """Length of each of `offset` [..., 3] as the target moves with `velocity_m_s` [..., 3]; x are its position and
    velocity.
    """
    d, shape = dimensions, (*offset.shape, 2 * dimensions)
    here, nothing = np.eye(3, d), np.zeros((3, d))
    coordinates = Jet(
        value=offset,
        by_x=np.broadcast_to(np.hstack([here, nothing]), shape),
        by_t=np.broadcast_to(velocity_m_s, offset.shape),
        by_xt=np.broadcast_to(np.hstack([nothing, here]), shape),
    )
    return coordinates.square().sum().sqrt()


def _bounds(information: F, d: int) -> tuple[ExactBound, ExactBound] | None:
    """The bounds of two matrices [2, 2d, 2d] of information about (p, v); None where one is badly conditioned."""
    scale = 1.0 / np.sqrt(np.diagonal(information, axis1=1, axis2=2))
    unit = information * scale[:, :, None] * scale[:, None, :]
    if not np.isfinite(unit).all() or not np.all(np.linalg.eigvalsh(unit)[:, 0] > CONDITION):
        return None
    covariance = np.linalg.solve(unit, scale[:, :, None] * np.eye(2 * d)) * scale[:, :, None]
    plain, with_angles = (ExactBound(position=each[:d, :d], velocity=each[d:, d:]) for each in covariance)
    return plain, with_angles
