"""The results of a closed form: for each case no position, one, or two that fit the inputs equally well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multistatic.units import F, read_only

UNIQUE, AMBIGUOUS, UNOBSERVABLE = "unique", "ambiguous", "unobservable"

# Nearer to the baseline than this, (R - d_bk)/R, rounding of R alone moves the position by more than a micrometre.
BASELINE_TOLERANCE = 1e-7

ON_BASELINE = (
    "The target lies on the line between transmitter and receiver, where the path over the target is as long as the "
    "direct path at every position."
)
TOO_SHORT = "The path over the target is shorter than the direct path, which no position of the target gives."
NOT_FINITE = "An input value is NaN or infinite."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Positions that a closed form finds in n independent cases: none, one, or two in each.

    positions_m [n, 2, 3]: positions in m; the first `count` of the two are solutions, the others are zero.
    count [n]: number of solutions, 0 to 2.
    reason [n]: why there is no solution, or why there are two; empty for a unique one.

    No value is NaN.

    >>> from multistatic import from_arrival
    >>> found = from_arrival([9.0, 1.0], [[0.0, 1.0]] * 2, [0.0, 0.0], [3.0, 0.0])
    >>> found.count.tolist()
    [1, 0]
    """

    positions_m: F
    count: NDArray[np.int_]
    reason: NDArray[np.str_]

    def __post_init__(self) -> None:
        object.__setattr__(self, "positions_m", read_only(self.positions_m))
        object.__setattr__(self, "count", read_only(self.count, np.int_))
        object.__setattr__(self, "reason", read_only(self.reason, np.str_))

    @property
    def verdict(self) -> NDArray[np.str_]:
        """`unique`, `ambiguous` or `unobservable` [n]."""
        return np.array([UNOBSERVABLE, UNIQUE, AMBIGUOUS])[self.count]


def coordinates_3d(values: ArrayLike, name: str) -> F:
    """Coordinates [..., 3] of coordinates [..., 2 or 3]; two mean z = 0."""
    array = np.asarray(values, float)
    if array.ndim == 0 or array.shape[-1] not in (2, 3):
        raise ValueError(f"{name} has shape {array.shape}, expected [..., 2] or [..., 3]")
    if array.shape[-1] == 3:
        return array
    padded: F = np.concatenate([array, np.zeros((*array.shape[:-1], 1))], axis=-1)
    return padded


def one_position_each(positions_m: F, reason: NDArray[Any]) -> Candidates:
    """One position for every case without a reason against it."""
    answered = reason == ""
    both = np.zeros((len(positions_m), 2, 3))
    both[answered, 0] = positions_m[answered]
    return Candidates(positions_m=both, count=answered.astype(int), reason=reason)
