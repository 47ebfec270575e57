"""The directions from the transmitter in which the targets may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.design.result import Design
from multistatic.report.points_in_words import name_of_target
from multistatic.report.radiation import Bearings, bearings, mirror_azimuth_deg
from multistatic.report.style import TARGET
from multistatic.units import F

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WHERE = "azimuths where the target may be"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """The azimuths in degrees in which a target may be, from `first_deg` anticlockwise to `last_deg`.

    first_deg: from -180 to 180.
    last_deg: `first_deg` or more, at most 360 more; the same where the direction is exactly known.
    name: what pictures call the target.

    >>> Sector(first_deg=170.0, last_deg=190.0, name="target").parts()
    [(170.0, 180.0), (-180.0, -170.0)]
    """

    first_deg: float
    last_deg: float
    name: str

    @property
    def exact(self) -> bool:
        """True where it is one direction."""
        return self.last_deg == self.first_deg

    @property
    def middle_deg(self) -> float:
        """Its middle, from -180 to 180."""
        return _wrapped(0.5 * (self.first_deg + self.last_deg))

    def parts(self) -> list[tuple[float, float]]:
        """The sector on an axis from -180 to 180: one interval, or two."""
        if self.last_deg <= 180.0:
            return [(self.first_deg, self.last_deg)]
        return [(self.first_deg, 180.0), (-180.0, self.last_deg - 360.0)]


def sectors(design: Design) -> list[Sector]:
    """One for each target, around its points; of a target that is exactly known its direction."""
    scenario, found = design.scenario, []
    for number, target in enumerate(scenario.targets):
        own = design.points.position_m[design.points.target == number]
        places = own if len(own) and not target.exact else target.position_m[None]
        first, last = _least_arc(bearings(scenario, places).azimuth_deg)
        found.append(Sector(first_deg=first, last_deg=last, name=name_of_target(scenario, number)))
    return found


def draw_sectors(ax: Axes, design: Design) -> None:
    """Dashed lines at the azimuths of targets that are exactly known, bands where others may be, and what the array
    cannot tell from them.
    """
    dashed: dict[str, Any] = {"color": TARGET, "linewidth": 1.0, "linestyle": (0, (4, 2)), "zorder": 1.5}
    dotted: dict[str, Any] = {**dashed, "linestyle": (0, (1, 2))}
    named: set[str] = set()

    def once(words: str) -> str:
        new = words not in named
        named.add(words)
        return words if new else ""

    for sector in sectors(design):
        if sector.exact:
            ax.axvline(sector.first_deg, label=once("azimuth of the target"), **dashed)
        else:
            for part in sector.parts():
                band: dict[str, Any] = {"color": TARGET, "alpha": 0.16, "linewidth": 0, "zorder": 1.2}
                ax.axvspan(*part, label=once(_WHERE), **band)
        for edge in {sector.first_deg, sector.last_deg}:
            mirror_deg = mirror_azimuth_deg(design.scenario, edge)
            if mirror_deg is not None:
                words = "its mirror direction: same power" if sector.exact else "mirror of its edges: same power there"
                ax.axvline(mirror_deg, label=once(words), **dotted)


def reference_direction(design: Design) -> Bearings:
    """The direction of the cut: that of the worst point, or of the only target where it is exactly known."""
    over = design.over_points
    place = design.scenario.target.position_m if over is None else design.points.position_m[over.worst]
    return bearings(design.scenario, place[None])


def where_targets_may_be(design: Design) -> F:
    """Places [n, 3] of the points of those targets whose place is not exactly known."""
    uncertain = [number for number, target in enumerate(design.scenario.targets) if not target.exact]
    return design.points.position_m[np.isin(design.points.target, uncertain)]


def exact_targets(design: Design) -> F:
    """Places [n, 3] of the targets that are exactly known."""
    return np.array([target.position_m for target in design.scenario.targets if target.exact]).reshape(-1, 3)


def _least_arc(azimuth_deg: F) -> tuple[float, float]:
    """The smallest arc around azimuths: where it begins and ends."""
    around = np.unique(azimuth_deg)
    if len(around) == 1:
        return float(around[0]), float(around[0])
    gaps = np.diff(np.append(around, around[0] + 360.0))
    widest = int(np.argmax(gaps))
    first = float(around[(widest + 1) % len(around)])
    return first, first + 360.0 - float(gaps[widest])


def _wrapped(azimuth_deg: float) -> float:
    return float((azimuth_deg + 180.0) % 360.0 - 180.0)
