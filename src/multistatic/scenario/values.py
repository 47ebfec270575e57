"""Kinds of values of the scenario file, each with its range; a file of another kind (a study) uses some of them."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, Tag
from pydantic_core import PydanticCustomError

from multistatic.units import SPEED_OF_LIGHT_M_S

MAX_ANTENNAS = 4096
MAX_RECEIVERS = 1_000
MAX_LEVEL_DB = 400.0
MAX_COORDINATE_M = 1e7
MAX_HEIGHT_M = 1e6
MAX_POWER_W = 1e37
MIN_POWER_W = 1e-43


def _require(holds: bool, expected: str) -> None:
    if not holds:
        raise PydanticCustomError("value", expected)


def _not_bool(value: Any) -> Any:
    _require(not isinstance(value, bool), "1")
    return value


def printable(text: str) -> str:
    """`text`, which must be printable and have no blanks around it."""
    _require(text.isprintable() and text == text.strip(), "printable text without spaces at its beginning or end")
    return text


def _on_earth(llh: list[float]) -> list[float]:
    _require(abs(llh[0]) <= 90, "a latitude from -90 to 90 degrees first")
    _require(-180 <= llh[1] <= 360, "a longitude from -180 to 360 degrees second")
    _require(len(llh) == 2 or abs(llh[2]) <= MAX_HEIGHT_M, f"a height within ±{MAX_HEIGHT_M:g} m")
    return llh


def _below_light(velocity: list[float]) -> list[float]:
    _require(math.hypot(*velocity) < SPEED_OF_LIGHT_M_S, "a speed below that of light")
    return velocity


def _not_zero(vector: list[float]) -> list[float]:
    _require(1e-100 < math.hypot(*vector) < 1e100, "a direction: a vector that is not zero")
    return vector


def not_parallel(axes: list[list[float]]) -> list[list[float]]:
    """`axes`, two directions that must not be parallel."""
    one, other = ([x / math.hypot(*axis) for x in (*axis, 0.0)[:3]] for axis in axes)
    _require(
        abs(sum(x * y for x, y in zip(one, other, strict=True))) < 1 - 1e-12, "two directions that are not parallel"
    )
    return axes


def ordered(interval: list[float]) -> list[float]:
    """`interval`, whose first number must not exceed its second."""
    _require(interval[0] <= interval[1], "[smallest, largest] in this order")
    return interval


Level = Annotated[float, Field(ge=-MAX_LEVEL_DB, le=MAX_LEVEL_DB)]
PowerW = Annotated[float, Field(ge=MIN_POWER_W, le=MAX_POWER_W)]
Coordinate = Annotated[float, Field(ge=-MAX_COORDINATE_M, le=MAX_COORDINATE_M)]
Position = Annotated[list[Coordinate], Field(min_length=2, max_length=3)]
Geodetic = Annotated[list[float], Field(min_length=2, max_length=3), AfterValidator(_on_earth)]
Velocity = Annotated[list[float], Field(min_length=2, max_length=3), AfterValidator(_below_light)]
Direction = Annotated[list[float], Field(min_length=2, max_length=3), AfterValidator(_not_zero)]
Antennas = Annotated[int, Field(ge=1, le=MAX_ANTENNAS)]
Rate = Annotated[float, Field(ge=0.0, le=100.0)]
Name = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(printable)]
FileName = Annotated[str, Field(min_length=1, max_length=4096)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Reflection = Annotated[float, Field(gt=0.0, le=1e9)]
CrossSectionM2 = Annotated[float, Field(gt=0.0, le=1e10)]
CrossSectionDbsm = Annotated[float, Field(ge=-200.0, le=100.0)]
CrossSectionName = Literal["uav-small", "uav-large", "person", "vehicle", "agv"]
SchemaOne = Annotated[Literal[1], BeforeValidator(_not_bool)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]


# --- branches of unions ---------------------------------------------------------------------------------------------


def tag(name: str) -> Tag:
    """A branch of a union; the brackets distinguish it from a key of the file for `scenario.translate`."""
    return Tag(f"<{name}>")


def array_tag(value: Any) -> str:
    """The branch of an array: its kind."""
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return f"<{kind}>"


def table_tag(value: Any) -> str:
    """The branch of what may be a table."""
    return "<table>" if isinstance(value, dict | BaseModel) else "<value>"


def loss_tag(value: Any) -> str:
    """The branch of what may be a word."""
    return "<word>" if isinstance(value, str) else "<value>"


def height_tag(value: Any) -> str:
    """The branch of what may be a range."""
    return "<range>" if isinstance(value, list) else "<value>"
