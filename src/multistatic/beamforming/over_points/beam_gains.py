"""Powers of given unit beams for several points that meet every target and use all of the power."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from multistatic.beamforming.point_objective import PointObjective
from multistatic.units import B, F

_TIGHT = (1e-2, 1e-4, np.inf)  # SINR above its target by this part at most: held exactly at it
_ROUNDING = 1e-12  # of a target


class SettledPowers(NamedTuple):
    """`loss` of powers `data` [S] and `sensing` [r], found with streams tight that are `within` of their targets."""

    loss: float
    data: F
    sensing: F
    within: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BeamGains:
    """What unit beams do: of each data beam and each sensing beam.

    `data` and `sensing`: |h_sᴴd|² [S, S] and [S, r]; `light_data`, `light_sensing`: |a_iᴴd|² [M, S] and [M, r];
    `target` γ [S]; `suffers` [S], 1 where the stream suffers the sensing beam; `objective` of all points.
    """

    data: F
    sensing: F
    light_data: F
    light_sensing: F
    target: F
    suffers: F
    objective: PointObjective

    def settled(self, data: F, sensing: F, tight_within: float) -> tuple[F, F] | None:
        """Powers [S] and [r] in the given proportions that meet all targets and use the power 1; None if none do.

        Streams whose SINR is at most `tight_within` above the target are held at it; the other beams share a factor.
        """
        count = len(self.target)
        if not count:
            total = float(sensing.sum())
            return (data, sensing / total) if total > 0.0 else None
        own = np.diagonal(self.data)
        noise = 1.0 + self.data @ data - own * data + self.suffers * (self.sensing @ sensing)
        tight = own * data <= self.target * noise * (1.0 + tight_within)
        for _ in range(count + 1):
            powers = self._solved(data, sensing, tight)
            if powers is None:
                return None
            noise = 1.0 + self.data @ powers[0] - own * powers[0] + self.suffers * (self.sensing @ powers[1])
            short = own * powers[0] < self.target * noise * (1.0 - _ROUNDING)
            if not (short & ~tight).any():
                return powers
            tight = tight | short
        return None

    def _solved(self, data: F, sensing: F, tight: B) -> tuple[F, F] | None:
        """The powers where the streams `tight` meet their targets exactly."""
        held = np.flatnonzero(tight)
        matrix = -self.data[np.ix_(held, held)]
        matrix.flat[:: len(held) + 1] *= -1.0 / self.target[held]
        free = np.where(tight, 0.0, data)
        background = (self.data @ free + self.suffers * (self.sensing @ sensing))[held]
        try:
            alone, slope = np.linalg.solve(matrix, np.stack([np.ones(len(held)), background], axis=1)).T
        except np.linalg.LinAlgError:
            return None
        rest = float(free.sum() + sensing.sum() + slope.sum())
        factor = (1.0 - float(alone.sum())) / rest if rest > 0.0 else 0.0
        powers = free * factor
        powers[held] = alone + factor * slope
        if not (factor >= 0.0 and np.all(alone >= 0.0) and np.all(powers >= 0.0)):
            return None
        total = float(powers.sum() + factor * sensing.sum())
        return powers / total, factor * sensing / total

    def loss(self, data: F, sensing: F) -> float:
        """The loss of the powers."""
        return self.objective.loss(self.light_data @ data + self.light_sensing @ sensing)

    def best(self, data: F, sensing: F) -> SettledPowers | None:
        """The best settled powers of several guesses of who is tight."""
        found = [self.tried(data, sensing, within) for within in _TIGHT]
        return min((each for each in found if each is not None), key=lambda each: each.loss, default=None)

    def tried(self, data: F, sensing: F, within: float) -> SettledPowers | None:
        """The settled powers of one guess, with their loss."""
        powers = self.settled(data, sensing, within)
        return None if powers is None else SettledPowers(self.loss(*powers), *powers, within)

    def without(self, kept: int) -> BeamGains:
        """Only the first `kept` sensing beams."""
        return replace(self, sensing=self.sensing[:, :kept], light_sensing=self.light_sensing[:, :kept])
