"""The study file, key by key. What needs several keys at once is in `study.parse`."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from multistatic.scenario.array_schema import Table
from multistatic.scenario.json_schema import json_schema
from multistatic.scenario.values import Name, SchemaOne, Seed

MAX_TRIALS = 10_000_000
MAX_AXES = 16
MAX_VALUES = 10_000
MAX_METHODS = 200
MINIMUM = 20
METRICS = ["surrogate", "feasible"]

Count = Annotated[int, Field(ge=1, le=MAX_TRIALS)]
Names = Annotated[list[Name], Field(min_length=1, max_length=100)]


def _kind(value: Any) -> str:
    """A union's branch, in the brackets that `scenario.translate` leaves out of paths."""
    match value:
        case dict() | BaseModel():
            return "<table>"
        case list():
            return "<list>"
    return "<value>"


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PydanticCustomError("value", "a finite number")
    return value


# Kept as it was written: 10 stays a whole number, which a key such as `transmitter.antennas` insists on.
Number = Annotated[Any, AfterValidator(_number), WithJsonSchema({"type": "number"})]


class RangeTable(Table):
    """Values from `start` to `stop`, both included where the step allows."""

    start: Number = Field(description="first value")
    stop: Number = Field(description="last value")
    step: Number | None = Field(None, description="distance of neighbours; this or count")
    count: Annotated[int, Field(ge=2, le=MAX_VALUES)] | None = Field(None, description="how many values; this or step")
    scale: Literal["linear", "log"] = Field("linear", description="log: equal ratios instead of equal distances")


Axis = Annotated[
    Annotated[list[Any], Field(min_length=1, max_length=MAX_VALUES), Tag("<list>")]
    | Annotated[RangeTable, Tag("<table>")],
    Discriminator(_kind),
]
OneOrMore = Annotated[Annotated[Name, Tag("<value>")] | Annotated[Names, Tag("<list>")], Discriminator(_kind)]


class CompareTable(Table):
    """One method, or one for each pair of the selectors and beamformers that it lists."""

    name: Name | None = Field(None, description="what tables and pictures call it; default: what it is made of")
    scheme: Literal["multi", "bi", "mono"] = Field("multi", description="a group, the best single receiver, or mono")
    selector: OneOrMore | None = Field(None, description="design.selector: one name, or several to be compared")
    beamformer: OneOrMore | None = Field(None, description="design.beamformer: one name, or several to be compared")
    set: Annotated[dict[str, Any], Field(max_length=100)] = Field(
        {}, description="keys of the scenario for this method alone"
    )


class TrialsTable(Table):
    """How many trials a point gets: more and more of them until an estimate is known well enough."""

    minimum: Count = Field(MINIMUM, description="trials of every point, at least")
    maximum: Count = Field(description="trials of every point, at most")
    batch: Count | None = Field(None, description="trials between two decisions; default: minimum")
    metric: Name = Field(description="metric whose estimate decides, for every method of the point")
    statistic: Literal["mean", "median"] = Field("median", description="which estimate")
    relative_half_width: Annotated[float, Field(gt=0, lt=10)] = Field(
        description="stop where the interval's half width is at most this part of the estimate"
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(0.95, description="level of the interval")


class StudyTable(Table):
    """A study file of `multistatic`."""

    schema_: SchemaOne = Field(1, alias="schema", description="version of this format")
    name: Name = Field("study", description="what pictures and reports call it")
    seed: Seed = Field(0, description="root of every random draw")
    scenario: Annotated[
        Annotated[str, Field(min_length=1, max_length=4096), Tag("<value>")]
        | Annotated[dict[str, Any], Tag("<table>")],
        Discriminator(_kind),
    ] = Field(description="preset, scenario file relative to the study file, or a table with the keys of one")
    set: Annotated[dict[str, Any], Field(max_length=1000)] = Field({}, description="keys of the scenario")
    sweep: Annotated[dict[str, Axis], Field(max_length=MAX_AXES)] = Field(
        {}, description="keys of the scenario, each with a list or a range of values"
    )
    combine: Literal["grid", "zip"] = Field(
        "grid", description="grid: every combination; zip: first with first, second with second"
    )
    common_drops: bool = Field(False, description="all points see the same draws, not only those that differ in design")
    compare: Annotated[list[CompareTable], Field(min_length=1, max_length=MAX_METHODS)] = Field(
        default_factory=lambda: [CompareTable.model_validate({})],
        description="methods to compare; default: the scenario's own",
    )
    trials: Annotated[
        Annotated[Count, Tag("<value>")] | Annotated[TrialsTable, Tag("<table>")], Discriminator(_kind)
    ] = Field(description="trials of every point: a number, or a table with a stopping rule")
    metrics: Names = Field(METRICS, description="figures of merit to store; `multistatic study --list` names them")


def study_json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the study file.

    The dots of a swept key may be those of TOML: an axis may stand in a table in a table.
    """
    schema = json_schema(StudyTable)
    axis = schema["properties"]["sweep"]["additionalProperties"]
    branches = axis.get("oneOf") or axis["anyOf"]
    nested = {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/Axis"}}
    schema["$defs"]["Axis"] = {"anyOf": [*branches, nested]}
    schema["properties"]["sweep"]["additionalProperties"] = {"$ref": "#/$defs/Axis"}
    return schema
