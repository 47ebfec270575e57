"""What a design that stays as it is reaches where a receiver fails, or where the target is off."""

from __future__ import annotations

from multistatic.design.result import Design
from multistatic.design.robustness import Robustness

DISTANCES_M = (1.0, 3.0, 10.0, 30.0)


def robustness_of(design: Design) -> Robustness | None:
    """The changes of the criterion; None for a design without beams."""
    return None
