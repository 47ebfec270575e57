"""Where the local coordinates of a scenario begin on Earth."""

from __future__ import annotations

from dataclasses import dataclass

from multistatic.scenario.checks import Checks


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GeodeticOrigin:
    """Position of the local origin on WGS 84; x is east, y north, z up.

    latitude_deg: latitude in degrees.
    longitude_deg: longitude in degrees.
    height_m: height above the ellipsoid in m.
    """

    latitude_deg: float
    longitude_deg: float
    height_m: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks("origin")
        checks.number("latitude_deg", self.latitude_deg, "a latitude from -90 to 90 degrees", least=-90.0, most=90.0)
        longitude = "a longitude from -180 to 360 degrees"
        checks.number("longitude_deg", self.longitude_deg, longitude, least=-180.0, most=360.0)
        checks.number("height_m", self.height_m, "a height in m within ±1e6", least=-1e6, most=1e6)
        checks.done(self)
