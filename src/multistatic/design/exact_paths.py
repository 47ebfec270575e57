"""The paths of an echo with 100 digits: how their lengths, and the changes of these in time, answer to the target.

Differences of lengths alone, so that no formula of a derivative is repeated; they leave half of the digits or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache

from multistatic.design.design_point import DesignPoint
from multistatic.units import SPEED_OF_LIGHT_M_S, F

DIGITS = Context(prec=100)
STEP = Decimal("1e-20")  # m and s: leaves half of the digits to a difference of differences
_SPEED = Decimal(int(SPEED_OF_LIGHT_M_S))

Point = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leg:
    """One end of an echo's path: the `distance` to it in m, its slopes `lengths` [d] by position, and those of its
    change in time by position, `bends` [d], and by velocity, `rates` [d].
    """

    distance: Decimal
    lengths: list[Decimal]
    bends: list[Decimal]
    rates: list[Decimal]


@lru_cache(maxsize=256)
def _leg(end_m: Point, position_m: Point, velocity_m_s: Point, dimensions: int) -> Leg:
    """How one leg of the path answers to the target: differences of its length, and of its differences in time."""
    anchor, position, velocity = ([Decimal(x) for x in place] for place in (end_m, position_m, velocity_m_s))

    def rate(place: list[Decimal], speed: list[Decimal]) -> Decimal:
        later, sooner = ([p + sign * v * STEP for p, v in zip(place, speed, strict=True)] for sign in (1, -1))
        return (_distance(later, anchor) - _distance(sooner, anchor)) / (2 * STEP)

    lengths, bends, rates = [], [], []
    for i in range(dimensions):
        ahead, behind = (moved(position, i, sign * STEP) for sign in (1, -1))
        lengths.append((_distance(ahead, anchor) - _distance(behind, anchor)) / (2 * STEP))
        bends.append((rate(ahead, velocity) - rate(behind, velocity)) / (2 * STEP))
        faster, slower = (moved(velocity, i, sign) for sign in (Decimal(1), Decimal(-1)))
        rates.append((rate(position, faster) - rate(position, slower)) / 2)
    return Leg(distance=_distance(position, anchor), lengths=lengths, bends=bends, rates=rates)


def leg_to(seen: DesignPoint, end_m: F) -> Leg:
    """The leg between the target and `end_m` [3]."""
    end, position, velocity = (tuple(map(float, each)) for each in (end_m, seen.position_m, seen.velocity_m_s))
    return _leg(end, position, velocity, seen.scenario.dimensions)


def path_slopes(seen: DesignPoint, outward: Leg, back: Leg) -> tuple[list[Decimal], list[Decimal]]:
    """How delay in s and Doppler in Hz change with each coordinate of position and velocity: both legs of the path."""
    scenario = seen.scenario
    carrier = Decimal(scenario.radio.carrier_hz)
    delays = [(a + b) / _SPEED for a, b in zip(outward.lengths, back.lengths, strict=True)]
    shifts = [-carrier / _SPEED * (a + b) for a, b in zip(outward.bends, back.bends, strict=True)]
    still = [-carrier / _SPEED * (a + b) for a, b in zip(outward.rates, back.rates, strict=True)]
    # A slope that is zero comes out as the error of its difference, which would be taken for information.
    nearest = min(outward.distance, back.distance)
    fastest = _distance(exact(seen.velocity_m_s), [Decimal(0)] * 3)
    error = max(Decimal("1e-38"), 100 * ((1 + fastest) * STEP / nearest) ** 2)
    turning = carrier / _SPEED * fastest / nearest
    delays, shifts, still = (
        [slope if abs(slope) > error * largest else Decimal(0) for slope in slopes]
        for slopes, largest in ((delays, 2 / _SPEED), (shifts, 2 * turning), (still, 2 * carrier / _SPEED))
    )
    return [*delays, *([Decimal(0)] * scenario.dimensions)], [*shifts, *still]


def exact(place: F) -> list[Decimal]:
    """Doubles as they are."""
    return [Decimal(float(x)) for x in place]


def moved(place: list[Decimal], axis: int, step: Decimal) -> list[Decimal]:
    """The place a step further along one axis."""
    return [x + step if i == axis else x for i, x in enumerate(place)]


def _distance(one: Sequence[Decimal], other: Sequence[Decimal]) -> Decimal:
    x, y, z = (a - b for a, b in zip(one, other, strict=True))
    return (x * x + y * y + z * z).sqrt()


def direction(place: list[Decimal], origin: list[Decimal]) -> list[Decimal]:
    """The unit vector from `origin` to `place`."""
    length = _distance(place, origin)
    return [(a - b) / length for a, b in zip(place, origin, strict=True)]
