"""How long a design may search, and how good is good enough."""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import monotonic

from multistatic.errors import InputError, Problem
from multistatic.selection.problem import NO_LIMITS, SearchLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When the exact searches of a design end early, with the best group so far and the gap that is proven of it.

    gap: relative gap of the value at which a search may end, from 0, below 1.
    time_s: seconds from the call of `design_network` on; None: no limit. The clock is read by the searches alone.

    Raises `InputError` for values out of range.

    >>> Limits(gap=0.01, time_s=60.0).gap
    0.01
    """

    gap: float = NO_LIMITS.gap
    time_s: float | None = None

    def __post_init__(self) -> None:
        problems = []
        if not _is_number(self.gap) or not 0.0 <= self.gap < 1.0:
            problems.append(Problem("limits.gap", repr(self.gap), "a number from 0, below 1"))
        if self.time_s is not None and not (_is_number(self.time_s) and self.time_s > 0.0):
            problems.append(Problem("limits.time_s", repr(self.time_s), "seconds above 0, or None"))
        if problems:
            raise InputError(problems)

    def begun(self) -> SearchLimits:
        """The limits of a search that begins now."""
        if self.time_s is None or math.isinf(self.time_s):
            return SearchLimits(gap=self.gap)
        end_s = monotonic() + self.time_s
        return SearchLimits(gap=self.gap, stop=lambda: monotonic() > end_s)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
