"""The points where a design looks: the places of targets that are exactly known, or a grid over where they may be."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from multistatic.units import F, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TargetPoints:
    """M points where targets may be, with their weights.

    position_m [M, 3]: positions of the points in m.
    velocity_m_s [M, 3]: velocity of the target at each point in m/s; default: 0.
    weight [M]: weights, which sum to 1; default: equal.
    target [M]: which of the scenario's targets each point belongs to, from 0 on; default: the first.
    left_out: sentences on points that were left out, and why.
    reasons: for each target that is not exactly known, a sentence on how many points it has and why.

    Raises `ValueError` where the shapes do not fit.

    >>> TargetPoints(position_m=[[0.0, 30.0, 0.0], [0.0, 40.0, 0.0]]).weight.tolist()
    [0.5, 0.5]
    """

    position_m: F
    velocity_m_s: F = field(default_factory=lambda: np.zeros((0, 3)))
    weight: F = field(default_factory=lambda: np.zeros(0))
    target: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    left_out: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        position = np.asarray(self.position_m, float)
        if position.ndim != 2 or position.shape[1:] != (3,) or not len(position):
            raise ValueError(f"position_m of shape {list(position.shape)}, expected [M, 3] with M of 1 or more")
        count = len(position)
        velocity = np.asarray(self.velocity_m_s, float)
        weight, target = np.asarray(self.weight, float), np.asarray(self.target, int)
        velocity = velocity if velocity.size else np.zeros((count, 3))
        weight = weight if weight.size else np.full(count, 1.0 / count)
        target = target if target.size else np.zeros(count, int)
        if velocity.shape != (count, 3) or weight.shape != (count,) or target.shape != (count,):
            raise ValueError(f"velocity_m_s, weight and target must have one entry for each of the {count} points")
        total = float(weight.sum())
        if not (np.all(weight >= 0.0) and total > 0.0):
            raise ValueError("weight must be 0 or more, and not 0 everywhere")
        object.__setattr__(self, "position_m", read_only(position))
        object.__setattr__(self, "velocity_m_s", read_only(velocity))
        object.__setattr__(self, "weight", read_only(weight if total == 1.0 else weight / total))
        object.__setattr__(self, "target", read_only(target, np.int64))

    @property
    def count(self) -> int:
        """M."""
        return len(self.position_m)

    def at(self, point: int) -> TargetPoints:
        """The point of index `point` alone; the first index is 0."""
        if not 0 <= point < self.count:
            raise IndexError(f"point {point} of {self.count} points, which count from 0")
        rows = slice(point, point + 1)
        return TargetPoints(
            position_m=self.position_m[rows], velocity_m_s=self.velocity_m_s[rows], target=self.target[rows]
        )

    def joined(self, position_m: F, velocity_m_s: F, target: np.ndarray) -> TargetPoints:
        """These points and further ones of weight 0, which count in the worst value alone."""
        return TargetPoints(
            position_m=np.concatenate([self.position_m, position_m]),
            velocity_m_s=np.concatenate([self.velocity_m_s, velocity_m_s]),
            weight=np.concatenate([self.weight, np.zeros(len(position_m))]),
            target=np.concatenate([self.target, target]),
            left_out=self.left_out,
            reasons=self.reasons,
        )
