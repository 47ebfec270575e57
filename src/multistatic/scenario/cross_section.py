"""Radar cross-sections: named targets, and what a cross-section is in the terms of the model.

Under the bistatic radar equation (`echo_law = "product"`, free-space loss at 1 m) the echo is weaker than the direct
path by σ/(4π): the power reflection factor β of the model is the cross-section σ in m² divided by 4π. Under any other
law a cross-section has no meaning.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from multistatic.units import db_to_ratio

SPHERE = 4.0 * math.pi


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossSection:
    """A kind of target: `mean_dbsm`, the mean of the linear mono-static cross-section in dB(m²), `std_db` of its
    log-normal spread, and `bistatic_db`: at the bistatic angle θ the cross-section is `bistatic_db`·sin(θ/2) dB lower.
    """

    mean_dbsm: float
    std_db: float
    bistatic_db: float = 3.0

    @property
    def median_m2(self) -> float:
        """The median in m². A log-normal's mean is above it by ln(10)/20·σ² dB."""
        return db_to_ratio(self.mean_dbsm - math.log(10.0) / 20.0 * self.std_db**2)


# 3GPP TR 38.901 V19 §7.9.2: one scattering point; of the large UAV and the vehicle the sides' value.
CROSS_SECTIONS = {
    "uav-small": CrossSection(mean_dbsm=-12.81, std_db=3.74),
    "uav-large": CrossSection(mean_dbsm=-5.85, std_db=2.50),
    "person": CrossSection(mean_dbsm=-1.37, std_db=3.94),
    "vehicle": CrossSection(mean_dbsm=11.25, std_db=3.41),
    "agv": CrossSection(mean_dbsm=-4.25, std_db=2.51),
}


def reflection_of(cross_section_m2: float) -> float:
    """β = σ/(4π) of a cross-section σ in m².

    >>> round(reflection_of(0.05), 6)
    0.003979
    """
    return cross_section_m2 / SPHERE


def cross_section_of(reflection: float) -> float:
    """σ = 4πβ in m² of a power reflection factor β under the radar equation."""
    return SPHERE * reflection
