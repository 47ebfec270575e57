"""One criterion over several points: where the target may be, or where several targets are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.selection.selection_problem import Criterion
from multistatic.units import B, F


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CriterionOfPoints:
    """One criterion for each of M points, in the order of the points: the network is another one as seen from each.

    It declares no gain: what is proven of each point alone is no proof for all of them.
    """

    criteria: tuple[Criterion, ...]

    @property
    def name(self) -> str:
        """That of each."""
        return self.criteria[0].name

    @property
    def unit(self) -> str:
        """That of each."""
        return self.criteria[0].unit

    def values(self, masks: B, illumination_w: F) -> F:
        """Value [n, M] of each row of `masks` [n, K] at each point, whose illuminations are `illumination_w` [M]."""
        pairs = zip(self.criteria, illumination_w, strict=True)
        return np.stack([criterion.values(masks, float(light)) for criterion, light in pairs], axis=1)
