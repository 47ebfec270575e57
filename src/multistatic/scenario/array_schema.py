"""What every table of a scenario file has in common, and the tables of antenna arrays."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field

from multistatic.scenario.model import default_of
from multistatic.scenario.values import MAX_ANTENNAS, Antennas, Direction, Position, array_tag, not_parallel, tag

POSITION = "position in local metres, [x, y] or [x, y, z]; z is 0 if omitted"
GEODETIC = (
    "WGS 84 position, [latitude in degrees, longitude in degrees, ellipsoidal height in m]; the height is 0 if omitted"
)
BY_RADAR = 'requires echo_law = "product" and reference_loss_db = "free_space"'
SPACING = "element spacing in wavelengths; default: 0.5"


def shared(kind: type, name: str, description: str) -> Any:
    """A key whose default is that of the field `name` of the values in `scenario.model`."""
    return Field(default_of(kind, name), description=description)


class Table(BaseModel):
    """A table of the file: unknown keys refused, no value silently converted, NaN and infinities refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class LinearTable(Table):
    """A uniform linear array."""

    kind: Literal["ula"]
    antennas: Antennas | None = Field(None, description="number of elements; default: `antennas` of the node")
    spacing_wavelengths: Annotated[float, Field(gt=0, le=1e6)] | None = Field(None, description=SPACING)
    spacing_m: Annotated[float, Field(gt=0, le=1e4)] | None = Field(None, description="element spacing in m")
    axis: Direction = Field(
        [0.0, 1.0, 0.0], description="direction of the array, a vector of any length; element 1 is at the node"
    )


class PlanarTable(Table):
    """A uniform planar array."""

    kind: Literal["upa"]
    shape: Annotated[list[Antennas], Field(min_length=2, max_length=2)] = Field(
        description="numbers of elements along axes[0] and axes[1]; the index along axes[0] varies fastest"
    )
    spacing_wavelengths: Annotated[float, Field(gt=0, le=1e6)] | None = Field(None, description=SPACING)
    spacing_m: Annotated[float, Field(gt=0, le=1e4)] | None = Field(None, description="element spacing in m")
    axes: Annotated[list[Direction], Field(min_length=2, max_length=2), AfterValidator(not_parallel)] = Field(
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        description="two directions of the array, vectors of any length; element 1 is at the node",
    )


class ElementsTable(Table):
    """An array with its elements anywhere, relative to the node's position."""

    kind: Literal["elements"]
    elements_m: Annotated[list[Position], Field(min_length=1, max_length=MAX_ANTENNAS)] | None = Field(
        None, description="positions of the elements in m, relative to the node"
    )
    elements_wavelengths: Annotated[list[Position], Field(min_length=1, max_length=MAX_ANTENNAS)] | None = Field(
        None, description="positions of the elements in wavelengths, relative to the node"
    )


ArrayTable = Annotated[
    Annotated[LinearTable, tag("ula")] | Annotated[PlanarTable, tag("upa")] | Annotated[ElementsTable, tag("elements")],
    Discriminator(array_tag),
]
