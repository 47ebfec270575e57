"""Where a design looks: the points of targets that are exactly known, of priors and of areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multistatic.scenario.target_points import TargetPoints

if TYPE_CHECKING:
    from multistatic.scenario.model import Scenario


def laid_points(scenario: Scenario) -> TargetPoints:
    """One point for each target that is exactly known."""
    weight = np.array([target.weight for target in scenario.targets])
    return TargetPoints(
        position_m=np.array([target.position_m for target in scenario.targets]),
        velocity_m_s=np.array([target.velocity_m_s for target in scenario.targets]),
        weight=weight,
        target=np.arange(len(scenario.targets)),
    )
