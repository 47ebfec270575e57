"""Between latitude, longitude, height (WGS 84) and local metres: x east, y north, z up at an origin.

The conversion is PROJ's topocentric one (EPSG method 9837), exact on the ellipsoid: a far point at the origin's
height lies below the local horizon.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from multistatic.extras import optional_module
from multistatic.scenario.model import GeodeticOrigin
from multistatic.units import F


def local_from_geodetic(origin: GeodeticOrigin, llh: ArrayLike) -> F:
    """Local metres [n, 3] of `llh` [n, 3] (latitude deg, longitude deg, ellipsoidal height m).

    Rounded to a micrometre: below that lies only the rounding of geocentric coordinates, which differs between
    machines, and the same file must give the same bytes.
    """
    latitude, longitude, height = np.asarray(llh, float).reshape(-1, 3).T
    local = _pipeline(origin).transform(longitude, latitude, height)
    return np.round(np.stack(local, axis=1), 6) + 0.0  # + 0.0 turns -0.0 into 0.0


def geodetic_from_local(origin: GeodeticOrigin, local_m: ArrayLike) -> F:
    """The inverse: `llh` [n, 3] of local metres [n, 3]."""
    x, y, z = np.asarray(local_m, float).reshape(-1, 3).T
    longitude, latitude, height = _pipeline(origin).transform(x, y, z, direction="INVERSE")
    return np.stack([latitude, longitude, height], axis=1)


def _pipeline(origin: GeodeticOrigin) -> Any:
    pyproj = optional_module("a scenario in latitude and longitude", "pyproj")
    return pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
        f"+step +proj=topocentric +ellps=WGS84 +lat_0={origin.latitude_deg!r} +lon_0={origin.longitude_deg!r} "
        f"+h_0={origin.height_m!r}"
    )
