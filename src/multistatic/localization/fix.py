"""One fix: position and velocity of the target, their uncertainty, and the contributing receivers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from multistatic.notebook import LabelledResult, Overview, first_few
from multistatic.units import F, read_only

PositionVerdict = Literal["unique", "ambiguous", "contradictory", "unobservable"]
VelocityVerdict = Literal["observable", "unobservable"]

_ARRAYS = (
    "position_m",
    "velocity_m_s",
    "covariance",
    "position_covariance_m2",
    "other_position_m",
    "other_velocity_m_s",
    "prior_position_m",
    "prior_position_covariance_m2",
    "residuals",
    "normalised_residuals",
    "clock_offsets",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Fix(LabelledResult):
    """Estimated position and velocity of the target, with covariance, verdicts and residuals.

    K receivers; d is 2 or 3, the number of unknown coordinates. A value that does not exist is None, and `message` has
    the reason; no number is NaN.

    time_s: mean time of the measurements in s.
    position_verdict: `unique`; `ambiguous`: `other_position_m` fits equally well; `contradictory`: the errors are
        larger than the measurements state and not due to one receiver, so that no covariance is given; or
        `unobservable`. With a prior of the target, the verdict is that of measurements and prior together.
    velocity_verdict: `observable` or `unobservable`.
    position_m [3]: estimated position in m.
    velocity_m_s [3]: estimated velocity in m/s.
    covariance [2d, 2d]: covariance of (position in m, velocity in m/s), if both are observable.
    position_covariance_m2 [d, d]: covariance of the position in m², if it is observable.
    other_position_m [3]: second solution of an ambiguous position, in m; with a prior also of a unique one, where the
        measurements alone do not decide between both.
    other_velocity_m_s [3]: velocity at the second solution, in m/s.
    other_chi_square_rise: by how much `chi_square` is larger at the second solution: its likelihood is lower by the
        factor exp(rise/2).
    prior_position_m [3]: mean of the target's prior in m, where the fix used one.
    prior_position_covariance_m2 [d, d]: covariance of that prior in m².
    prior_distance: distance of the prior from the measurements in standard deviations of their difference; it is
        χ-distributed with one degree of freedom for each number of the prior that the measurements determine.
    prior_needed: True where the measurements alone do not determine the position.
    receiver_ids [K]: ids of the receivers, in the order of the arrays below.
    used: ids of the receivers whose measurements are in the fit.
    outliers: ids of the receivers left out because they contradict the others.
    residuals [K, 2]: measured minus predicted values (delay in s, Doppler shift in Hz); 0 where nothing was measured.
    normalised_residuals [K]: distance of the measurement from the prediction of all other receivers in the fit, in
        standard deviations of that difference; it is χ-distributed with one degree of freedom for each measured number.
    chi_square: weighted sum of the squared residuals of the fit.
    degrees_of_freedom: number of measured values, those of the prior included, minus number of unknowns.
    p_value: probability of a larger `chi_square` without outliers; 1 if nothing can be tested.
    clock_offsets [K, 2]: estimated clock offsets of the receivers (time in s, frequency in Hz); 0 for perfect clocks.
    common_clock_offset [2]: estimated clock offset of the transmitter (time in s, frequency in Hz); 0 for a perfect
        clock.
    message: reason or warning in words; empty: none.

    >>> fix = Fix(position_verdict="unique", position_m=[1, 2, 0], position_covariance_m2=[[9, 0], [0, 16]])
    >>> fix.position_std_m
    5.0
    """

    time_s: float = 0.0
    position_verdict: PositionVerdict
    velocity_verdict: VelocityVerdict = "unobservable"
    position_m: F | None = None
    velocity_m_s: F | None = None
    covariance: F | None = None
    position_covariance_m2: F | None = None
    other_position_m: F | None = None
    other_velocity_m_s: F | None = None
    other_chi_square_rise: float | None = None
    prior_position_m: F | None = None
    prior_position_covariance_m2: F | None = None
    prior_distance: float | None = None
    prior_needed: bool = False
    receiver_ids: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    outliers: tuple[str, ...] = ()
    residuals: F = field(default_factory=lambda: np.zeros((0, 2)))
    normalised_residuals: F = field(default_factory=lambda: np.zeros(0))
    chi_square: float = 0.0
    degrees_of_freedom: int = 0
    p_value: float = 1.0
    clock_offsets: F = field(default_factory=lambda: np.zeros((0, 2)))
    common_clock_offset: tuple[float, float] = (0.0, 0.0)
    message: str = ""

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, read_only(value))

    @property
    def position_std_m(self) -> float | None:
        """Root of the total variance of the position: what the position error bound is for the truth."""
        square = self.position_covariance_m2
        return None if square is None else float(np.sqrt(np.trace(square)))

    @property
    def horizontal_std_m(self) -> float | None:
        """Root of the variances along x and y together; `position_std_m` itself in 2-D."""
        square = self.position_covariance_m2
        return None if square is None else float(np.sqrt(np.trace(square[:2, :2])))

    @property
    def vertical_std_m(self) -> float | None:
        """Root of the variance along z; None in 2-D."""
        square = self.position_covariance_m2
        return None if square is None or len(square) < 3 else float(np.sqrt(square[2, 2]))

    @property
    def velocity_std_m_s(self) -> float | None:
        """Root of the total variance of the velocity."""
        if self.covariance is None:
            return None
        d = len(self.covariance) // 2
        return float(np.sqrt(np.trace(self.covariance[d:, d:])))

    def overview(self) -> Overview:
        """Verdict, position, velocity and the contributing receivers."""
        facts = []
        for name, vector, std, unit in (
            ("position", self.position_m, self.position_std_m, "m"),
            ("velocity", self.velocity_m_s, self.velocity_std_m_s, "m/s"),
        ):
            if vector is not None:
                numbers = ", ".join(f"{each:.6g}" for each in vector.tolist())
                facts.append((name, f"[{numbers}] {unit}" + ("" if std is None else f" ± {std:.3g} {unit}")))
        facts.append(
            ("used", (first_few(self.used) or "none") + (", prior" if self.prior_position_m is not None else ""))
        )
        if self.outliers:
            facts.append(("outliers", first_few(self.outliers)))
        if self.message:
            facts.append(("message", self.message))
        return Overview(title=f"{self.position_verdict} at {self.time_s:g} s", facts=tuple(facts))
