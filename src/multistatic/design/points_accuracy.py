"""What a design reaches at each of the points where a target may be, and what they make together."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from multistatic.notebook import NotebookView, Overview
from multistatic.scenario.design_settings import OverPoints
from multistatic.units import F, read_only

REDUCED: dict[OverPoints, str] = {
    "worst": "at the worst point",
    "mean": "mean over the points",
    "mean_square": "root mean square over the points",
    "posterior": "root mean square over the points, prior included",
}
"""What the values of all points are as one."""
EXCEEDED = 0.01
"""Of the stated value: what the criterion may exceed it by between the points, and a mean may differ by."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PointsAccuracy(NotebookView):
    """Figures of merit of a design at each of M points, in the order of `Design.points`.

    mode: how the values of the points become one (`Scenario.over_points`).
    value [M]: the criterion at each point, in its unit; infinity where the target is unobservable.
    peb_m [M]: position error bound from delays and Doppler shifts, with prior information where there is some, in m;
      infinity where it is unobservable.
    veb_m_s [M]: velocity error bound in m/s, likewise.
    position_covariance_m2 [M, d, d]: bound of the covariance of the position in m²; where it is unobservable infinity
      on the diagonal and 0 beside it.
    worst: index of the point of the largest value.
    value_reduced: the values of all points as one, as `mode` says: what the design minimises.
    bound: proven lower bound of `value_reduced` for every affordable group and any beams; None where nothing is proven.
    middle_value: the same figure as `value_reduced`, over the same points, of the group and the beams that are best for
      the middle alone; infinity where they leave a point unobservable; None where no such design was made.
    middle_values [M]: the criterion of that design at each point; empty where there is none.
    laid: the first `laid` points are those that were laid, for a mean also anew and denser; the others were added by
      the check between them.
    checked: how many points between them, on a grid four times finer, the criterion was checked at; 0: none.
    between: the values at these as one; of `worst` also the largest value that a search from there finds;
      None where nothing was checked. Where a mean differs from it (`mean_holds`), this is the value to go by.

    >>> PointsAccuracy(
    ...     mode="worst",
    ...     value=[2.0, 4.0],
    ...     peb_m=[2.0, 4.0],
    ...     veb_m_s=[1.0, 1.0],
    ...     position_covariance_m2=[[[2.0, 0.0], [0.0, 2.0]], [[8.0, 0.0], [0.0, 8.0]]],
    ...     worst=1,
    ...     value_reduced=4.0,
    ...     bound=3.0,
    ... ).gap
    0.25
    """

    mode: OverPoints
    value: F
    peb_m: F
    veb_m_s: F
    position_covariance_m2: F
    worst: int
    value_reduced: float
    bound: float | None = None
    middle_value: float | None = None
    middle_values: F = field(default_factory=lambda: np.zeros(0))
    laid: int = 0
    checked: int = 0
    between: float | None = None

    def __post_init__(self) -> None:
        for name in ("value", "peb_m", "veb_m_s", "position_covariance_m2", "middle_values"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        if self.laid == 0:
            object.__setattr__(self, "laid", len(self.value))

    @property
    def gap(self) -> float | None:
        """1 - bound/value: the part of the value that may be avoidable; None where nothing is proven."""
        if self.bound is None or not 0.0 < self.value_reduced < np.inf:
            return None
        return max(0.0, 1.0 - self.bound / self.value_reduced)

    @property
    def mean_holds(self) -> bool:
        """False where the mean over the finer grid differs by more than 1 % from that of the points; `worst`: True."""
        if self.mode == "worst" or self.between is None:
            return True
        return bool(abs(self.between / self.value_reduced - 1.0) <= EXCEEDED)

    @property
    def added(self) -> int:
        """How many points the check between the points added."""
        return len(self.value) - self.laid

    def overview(self) -> Overview:
        """How many points there are, the value over them and the same of the design for the middle."""
        name = f"{self.mode.replace('_', ' ')} value"
        facts = [(name, f"{self.value_reduced:.4g}")]
        if not self.mean_holds:
            facts = [(f"{name} on a finer grid", f"{self.between:.4g}"), (f"{name} over the points", facts[0][1])]
        if self.gap is not None:
            facts.append(("gap to the proven bound", f"{100.0 * self.gap:.2g} %"))
        if self.middle_value is not None:
            facts.append(("design for the middle", f"{self.middle_value:.4g}"))
        return Overview(title=f"{len(self.value)} points", facts=tuple(facts))
