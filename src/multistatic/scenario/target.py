"""A target: where it is, how it moves, how much it reflects, and what is known of all that."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from multistatic.scenario.checks import Checks
from multistatic.scenario.uncertain_target import TargetArea, TargetPrior
from multistatic.units import F


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """The target.

    position_m [3]: position in m.
    velocity_m_s [3]: velocity in m/s.
    reflection: power reflection factor β for an echo straight back; under the radar equation the cross-section divided
        by 4π. If `rcs_std_db` is not 0, this is the median, and every result is for the median.
    rcs_std_db: standard deviation in dB of a log-normal β; 0: β is constant.
    rcs_bistatic_db: β is lower by `rcs_bistatic_db`·sin(θ/2) dB towards a receiver at the bistatic angle θ.
    id: name in tables, pictures and files.
    weight: weight among several targets in a mean over points, and in the middle between them, above 0.
    prior: Gaussian knowledge of position and velocity around those stated; None: they are exactly known.
    area: where the target may be; None: at its position. It excludes a prior.
    """

    position_m: F
    velocity_m_s: F = field(default_factory=lambda: np.zeros(3))
    reflection: float = 1.0
    rcs_std_db: float = 0.0
    rcs_bistatic_db: float = 0.0
    id: str = "target"
    weight: float = 1.0
    prior: TargetPrior | None = None
    area: TargetArea | None = None

    def __post_init__(self) -> None:
        checks = Checks("target")
        checks.text("id", self.id)
        object.__setattr__(self, "position_m", checks.vector("position_m", self.position_m))
        object.__setattr__(self, "velocity_m_s", checks.velocity("velocity_m_s", self.velocity_m_s))
        checks.number("reflection", self.reflection, "a power ratio above 0, at most 1e9", least=1e-41, most=1e9)
        checks.number("rcs_std_db", self.rcs_std_db, "a spread in dB, 0 or more", least=0.0)
        checks.number("rcs_bistatic_db", self.rcs_bistatic_db, "a loss in dB, 0 or more", least=0.0)
        checks.number("weight", self.weight, "a weight above 0, at most 1e9", above=0.0, most=1e9)
        checks.kind("prior", self.prior, TargetPrior, optional=True)
        checks.kind("area", self.area, TargetArea, optional=True)
        if self.prior is not None and self.area is not None:
            checks.refuse("area", "an area beside a prior", "a prior or an area: each says where the target may be")
        checks.done(self)

    @property
    def exact(self) -> bool:
        """True where the position is exactly known."""
        return self.prior is None and self.area is None


def stays_at_its_height(target: Target) -> bool:
    """True where an uncertain target does not leave the height of its position."""
    height = target.position_m[2]
    if target.prior is not None:  # a tracker's knowledge of a coordinate does not make it another unknown
        return True
    if target.area is None:
        return True
    if target.area.height_m is not None:
        return target.area.height_m == (height, height)
    return target.area.size_m is None or target.area.size_m[2] == 0.0
