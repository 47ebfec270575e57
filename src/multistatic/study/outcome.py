"""What a trial of a study hands to its metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from multistatic.design.result import Design


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What a metric sees: a verified or infeasible `design`, the `time_s` it took, and random numbers of its own.

    `rng` is seeded by the trial alone: every method of a trial gets the same stream. `shared`: what one metric has
    computed and others of the same outcome need too, such as a simulation.
    """

    design: Design
    time_s: float
    rng: np.random.Generator
    shared: dict[str, Any] = field(default_factory=dict)
