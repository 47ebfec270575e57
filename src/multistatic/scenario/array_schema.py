"""The tables of antenna arrays in a scenario file, and what every table has in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field

from multistatic.scenario.values import MAX_ANTENNAS, Antennas, Direction, Position, array_tag, not_parallel, tag

SPACING = "element spacing in wavelengths; 0.5 where no spacing is given"


class Table(BaseModel):
    """A table of the file: unknown keys refused, no value silently converted, NaN and infinities refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class LinearTable(Table):
    """A uniform linear array."""

    kind: Literal["ula"]
    antennas: Antennas | None = Field(None, description="number of elements; default: the node's `antennas`")
    spacing_wavelengths: Annotated[float, Field(gt=0, le=1e6)] | None = Field(None, description=SPACING)
    spacing_m: Annotated[float, Field(gt=0, le=1e4)] | None = Field(None, description="element spacing in m")
    axis: Direction = Field(
        [0.0, 1.0, 0.0], description="direction of the array, any length; element 1 stands at the node"
    )


class PlanarTable(Table):
    """A uniform planar array."""

    kind: Literal["upa"]
    shape: Annotated[list[Antennas], Field(min_length=2, max_length=2)] = Field(
        description="[elements along axes[0], elements along axes[1]]; those along axes[0] are counted first"
    )
    spacing_wavelengths: Annotated[float, Field(gt=0, le=1e6)] | None = Field(None, description=SPACING)
    spacing_m: Annotated[float, Field(gt=0, le=1e4)] | None = Field(None, description="element spacing in m")
    axes: Annotated[list[Direction], Field(min_length=2, max_length=2), AfterValidator(not_parallel)] = Field(
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], description="the two directions of the array, any length"
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
