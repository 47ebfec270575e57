"""Position and velocity error bounds (model.md §4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionBound:
    """PEB in m and VEB in m/s; a bound that does not exist is None and `reason` says why.

    `position`, `velocity`: the verdict on each.
    """

    position: Literal["observable", "unobservable"]
    velocity: Literal["observable", "unobservable"]
    peb_m: float | None
    veb_m_s: float | None
    reason: str = ""
