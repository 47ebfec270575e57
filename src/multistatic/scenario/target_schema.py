"""The table `[target]` of a scenario file, and what it says of a target that is not exactly known."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, Discriminator, Field
from pydantic_core import PydanticCustomError

from multistatic.scenario.array_schema import BY_RADAR, GEODETIC, POSITION, Table, shared
from multistatic.scenario.model import Target
from multistatic.scenario.values import (
    Coordinate,
    CrossSectionDbsm,
    CrossSectionM2,
    CrossSectionName,
    FileName,
    Geodetic,
    Name,
    Position,
    Reflection,
    Velocity,
    array_tag,
    height_tag,
    ordered,
    tag,
)

MAX_CORNERS = 2_000
MAX_RINGS = 200
MAX_TARGETS = 100
CENTRE = "; with an area its middle; default with a polygon: the centroid"
OF_MATRIX = "a symmetric, positive definite matrix of 2 or 3 rows with as many numbers each"


def _covariance(rows: list[list[float]]) -> list[list[float]]:
    """`rows`, which must be a covariance matrix [2, 2] or [3, 3]."""
    if fault := _fault_of_covariance(rows):
        values = ", ".join(f"[{', '.join(f'{each:.6g}' for each in row)}]" for row in rows)
        raise PydanticCustomError("value", OF_MATRIX, {"received": f"[{values}], {fault}"})
    return rows


def _fault_of_covariance(rows: list[list[float]]) -> str:
    """Why `rows` are no covariance matrix; nothing where they are one."""
    if any(len(row) != len(rows) for row in rows):
        lengths = " and ".join(str(len(row)) for row in rows)
        return f"which is not square: {len(rows)} rows of {lengths} numbers"
    matrix = np.array(rows)
    variances = np.diagonal(matrix)
    if np.any(variances <= 0):
        i = int(np.argmax(variances <= 0))
        return f"which has the variance {variances[i]:.6g} in row {i + 1}, not above 0"
    scale = np.outer(np.sqrt(variances), np.sqrt(variances))
    uneven = np.argwhere(np.abs(matrix - matrix.T) > 1e-9 * scale)
    if len(uneven):
        i, k = uneven[0]
        return (
            f"which is not symmetric: {matrix[i, k]:.6g} in row {i + 1}, column {k + 1}, and {matrix[k, i]:.6g} in "
            f"row {k + 1}, column {i + 1}"
        )
    correlation = matrix / scale
    if np.linalg.eigvalsh(correlation)[0] > 1e-12:
        return ""
    largest = float(np.abs(correlation - np.eye(len(rows))).max())
    return f"which is symmetric, but not positive definite: with correlations of up to {largest:.4g}"


def rings_tag(value: Any) -> str:
    """The branch of what may be one ring of corners, or several."""
    nested = isinstance(value, list) and value and isinstance(value[0], list) and value[0]
    return "<rings>" if nested and isinstance(value[0][0], list) else "<ring>"


Deviation = Annotated[float, Field(ge=1e-6, le=1e6)]
Deviations = Annotated[
    Annotated[Deviation, tag("value")] | Annotated[list[Deviation], Field(min_length=2, max_length=3), tag("range")],
    Discriminator(height_tag),
]
Covariance = Annotated[
    list[Annotated[list[Annotated[float, Field(ge=-1e12, le=1e12)]], Field(min_length=2, max_length=3)]],
    Field(min_length=2, max_length=3),
    AfterValidator(_covariance),
]
Corner = Annotated[list[Coordinate], Field(min_length=2, max_length=2)]
Ring = Annotated[list[Corner], Field(min_length=3, max_length=MAX_CORNERS)]
GeodeticRing = Annotated[list[Geodetic], Field(min_length=3, max_length=MAX_CORNERS)]
Rings = Annotated[
    Annotated[Ring, tag("ring")] | Annotated[list[Ring], Field(min_length=1, max_length=MAX_RINGS), tag("rings")],
    Discriminator(rings_tag),
]
GeodeticRings = Annotated[
    Annotated[GeodeticRing, tag("ring")]
    | Annotated[list[GeodeticRing], Field(min_length=1, max_length=MAX_RINGS), tag("rings")],
    Discriminator(rings_tag),
]
Heights = Annotated[
    Annotated[Coordinate, tag("value")]
    | Annotated[list[Coordinate], Field(min_length=2, max_length=2), AfterValidator(ordered), tag("range")],
    Discriminator(height_tag),
]
Length = Annotated[float, Field(ge=0.0, le=1e6)]
SIDES = "with several rings a place belongs to the area where an odd number of them surround it"
HEIGHT = "height z in local metres, or [lowest, highest]; default: that of position"


class PriorTable(Table):
    """What a tracker knows of a target: a Gaussian around its position and velocity."""

    position_std_m: Deviations | None = Field(
        None,
        description="standard deviation of the position in m; one number, [east, north] at a known height, or "
        "[east, north, up]",
    )
    position_covariance_m2: Covariance | None = Field(
        None, description="covariance matrix of the position in m²; 2 or 3 rows; replaces position_std_m"
    )
    velocity_std_m_s: Deviations | None = Field(
        None,
        description="standard deviation of the velocity in m/s; one number, [east, north] or [east, north, up]; "
        "default: nothing is known of the velocity",
    )
    velocity_covariance_m2_s2: Covariance | None = Field(
        None, description="covariance matrix of the velocity in m²/s²; 2 or 3 rows; replaces velocity_std_m_s"
    )


class DiscTable(Table):
    """A disc around the position."""

    kind: Literal["disc"]
    radius_m: Annotated[float, Field(ge=1e-3, le=1e6)] = Field(description="radius of the disc in m")
    height_m: Heights | None = Field(None, description=HEIGHT)


class BoxTable(Table):
    """A box around the position."""

    kind: Literal["box"]
    size_m: Annotated[list[Length], Field(min_length=2, max_length=3)] = Field(
        description="lengths in m along the local axes, [x, y] or [x, y, z]; without z it is flat"
    )
    height_m: Heights | None = Field(None, description=HEIGHT + " and size_m")


class PolygonTable(Table):
    """A polygon, with holes and of several parts where it has several rings."""

    kind: Literal["polygon"]
    vertices_m: Rings | None = Field(
        None, description=f"corners [x, y] in local metres, or a list of such rings; {SIDES}"
    )
    vertices_llh: GeodeticRings | None = Field(
        None, description=f"corners [latitude, longitude] in degrees (WGS 84), or a list of such rings; {SIDES}"
    )
    file: FileName | None = Field(
        None, description="GeoJSON file with polygons, relative to the scenario file; longitude first, as in RFC 7946"
    )
    height_m: Heights | None = Field(None, description=HEIGHT + ", else of the corners, else 0")


AreaTable = Annotated[
    Annotated[DiscTable, tag("disc")] | Annotated[BoxTable, tag("box")] | Annotated[PolygonTable, tag("polygon")],
    Discriminator(array_tag),
]


class TargetTable(Table):
    """A target."""

    id: Name = shared(Target, "id", "name of the target in tables, pictures and files; required with several targets")
    position_m: Position | None = Field(None, description=POSITION + CENTRE)
    position_llh: Geodetic | None = Field(None, description=GEODETIC + CENTRE)
    velocity_m_s: Velocity = Field(
        [0.0, 0.0, 0.0], description="velocity in m/s along the local axes, [x, y] or [x, y, z]"
    )
    weight: Annotated[float, Field(gt=0.0, le=1e9)] = shared(
        Target,
        "weight",
        "weight among several targets in a mean over points, and in the middle between them; only the ratios count",
    )
    prior: PriorTable | None = Field(
        None, description="what a tracker knows of position and velocity, as a Gaussian; excludes area"
    )
    area: AreaTable | None = Field(
        None, description='area where the target may be, a table with kind = "disc", "box" or "polygon"; excludes prior'
    )
    rcs_m2: CrossSectionM2 | None = Field(None, description="radar cross-section in m²; " + BY_RADAR)
    rcs_dbsm: CrossSectionDbsm | None = Field(None, description="radar cross-section in dB(m²); " + BY_RADAR)
    rcs: CrossSectionName | None = Field(
        None,
        description="type of target of 3GPP TR 38.901; uav-small, uav-large, person, vehicle or agv; sets the "
        "cross-section (its median), rcs_std_db and rcs_bistatic_db; " + BY_RADAR,
    )
    reflection: Reflection | None = Field(
        None,
        description="power reflection factor β; under the radar equation it is the cross-section in m² divided by 4π; "
        "default: 1 if no cross-section is given",
    )
    rcs_std_db: Annotated[float, Field(ge=0.0, le=30.0)] = shared(
        Target,
        "rcs_std_db",
        "standard deviation of the log-normal cross-section in dB; the given cross-section is the median, and all "
        "results are for the median",
    )
    rcs_bistatic_db: Annotated[float, Field(ge=0.0, le=100.0)] = shared(
        Target,
        "rcs_bistatic_db",
        "bistatic loss of the cross-section in dB; towards a receiver it is this times sin(bistatic angle / 2)",
    )


def _list_tag(value: Any) -> str:
    return "<list>" if isinstance(value, list) else "<table>"


Targets = Annotated[
    Annotated[TargetTable, tag("table")]
    | Annotated[list[TargetTable], Field(min_length=1, max_length=MAX_TARGETS), tag("list")],
    Discriminator(_list_tag),
]
