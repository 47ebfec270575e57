"""Velocities of fixes as arrows: which differ from zero by more than their error, and how long each arrow is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.localization.fix import Fix
from multistatic.report.error_ellipse import View
from multistatic.report.style import TARGET
from multistatic.units import F

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# How likely noise alone may draw an arrow anywhere on the map.
_FALSE_ARROWS = 0.05
# Of the width of the map, what the longest arrow may take; and how many arrows there are at most.
_SHARE = 0.18
MOST_ARROWS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class VelocityArrow:
    """One arrow in a view: from where to where, and the covariance of its tip.

    start_m, tip_m [2]: in m.
    tip_covariance_m2 [2, 2]: of the distance covered, in m².
    """

    start_m: F
    tip_m: F
    tip_covariance_m2: F

    @property
    def tip_outline_m(self) -> F:
        """The ellipse of one standard deviation about the tip, closed [n, 2]."""
        values, vectors = np.linalg.eigh(self.tip_covariance_m2)
        angles = np.linspace(0.0, 2.0 * np.pi, 73)
        around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        found: F = self.tip_m + around @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
        return found


def is_moving(fix: Fix, view: View, count: int) -> bool:
    """Whether the velocity in these two coordinates differs from zero by more than noise explains.

    vᵀC⁻¹v is above the quantile of χ² with two degrees of freedom, -2 ln(α/n), with α = 5 % shared by the n = `count`
    fixes of the map. False where the fix has no velocity or no covariance.
    """
    spread = _velocity_covariance(fix, view)
    if spread is None or fix.velocity_m_s is None:
        return False
    velocity = fix.velocity_m_s[list(view)]
    return bool(
        np.isfinite(spread).all()
        and velocity @ np.linalg.pinv(spread) @ velocity > -2.0 * np.log(_FALSE_ARROWS / count)
    )


def arrow_duration_s(fixes: Sequence[Fix], views: Sequence[View], span_m: float) -> float | None:
    """For how many seconds of motion each arrow stands: 1, 2 or 5 times a power of ten. None for no arrow."""
    speeds = [
        float(np.linalg.norm(fix.velocity_m_s[list(view)]))
        for fix in fixes
        for view in views
        if fix.velocity_m_s is not None and is_moving(fix, view, len(fixes))
    ]
    if not speeds:
        return None
    wanted = _SHARE * span_m / max(speeds)
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(power * max(step for step in (1, 2, 5) if step * power <= wanted * (1 + 1e-9)))


def velocity_arrows(fixes: Sequence[Fix], view: View, duration_s: float | None) -> list[VelocityArrow]:
    """The arrows of a view: of the fixes whose velocity differs from zero, `MOST_ARROWS` of them at most, spread
    evenly, with the last one.
    """
    moving = [fix for fix in fixes if is_moving(fix, view, len(fixes))]
    if duration_s is None or not moving:
        return []
    kept = sorted({round(k) for k in np.linspace(len(moving) - 1, 0, min(len(moving), MOST_ARROWS))})
    arrows = []
    for fix in (moving[k] for k in kept):
        spread = _velocity_covariance(fix, view)
        assert fix.position_m is not None  # a velocity has a place
        assert fix.velocity_m_s is not None
        assert spread is not None
        start: F = fix.position_m[list(view)]
        arrows.append(
            VelocityArrow(
                start_m=start,
                tip_m=start + duration_s * fix.velocity_m_s[list(view)],
                tip_covariance_m2=duration_s**2 * spread,
            )
        )
    return arrows


def draw_velocity(ax: Axes, arrow: VelocityArrow) -> None:
    """The arrow, and about its tip the ellipse of one standard deviation, to the same scale."""
    look: dict[str, Any] = {"arrowstyle": "-|>,head_width=0.18,head_length=0.36", "color": TARGET, "linewidth": 1.2}
    look |= {"shrinkA": 0.0, "shrinkB": 0.0}
    ax.annotate("", tuple(arrow.tip_m), tuple(arrow.start_m), arrowprops=look, zorder=6)
    ax.plot(*arrow.tip_outline_m.T, color=TARGET, linewidth=0.8, linestyle=(0, (2.5, 1.5)), zorder=5)


def _velocity_covariance(fix: Fix, view: View) -> F | None:
    """Covariance [2, 2] of two components of the velocity in (m/s)²; None where there is none."""
    if fix.covariance is None or fix.position_m is None:
        return None
    d = len(fix.covariance) // 2
    if d <= max(view):
        return None
    rows = [d + axis for axis in view]
    found: F = fix.covariance[np.ix_(rows, rows)]
    return found
