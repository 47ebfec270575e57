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
    step: Number | None = Field(None, description="difference between neighbouring values; give step or count")
    count: Annotated[int, Field(ge=2, le=MAX_VALUES)] | None = Field(
        None, description="number of values; give step or count"
    )
    scale: Literal["linear", "log"] = Field(
        "linear", description="spacing of the values; log: equal ratios instead of equal differences"
    )


Axis = Annotated[
    Annotated[list[Any], Field(min_length=1, max_length=MAX_VALUES), Tag("<list>")]
    | Annotated[RangeTable, Tag("<table>")],
    Discriminator(_kind),
]
OneOrMore = Annotated[Annotated[Name, Tag("<value>")] | Annotated[Names, Tag("<list>")], Discriminator(_kind)]


class CompareTable(Table):
    """One method, or one for each pair of the selectors and beamformers that it lists."""

    name: Name | None = Field(
        None, description="name of the method in tables and pictures; default: the names of its selector and beamformer"
    )
    scheme: Literal["multi", "bi", "mono"] = Field(
        "multi",
        description="receivers of the echo; multi: a group, bi: the best single receiver, mono: the transmitter",
    )
    selector: OneOrMore | None = Field(
        None, description="design.selector of the method; one name, or a list of names to compare"
    )
    beamformer: OneOrMore | None = Field(
        None, description="design.beamformer of the method; one name, or a list of names to compare"
    )
    set: Annotated[dict[str, Any], Field(max_length=100)] = Field(
        {}, description="keys of the scenario and their values, for this method alone"
    )


class TrialsTable(Table):
    """How many trials a point gets: more and more of them until an estimate is known well enough."""

    minimum: Count = Field(MINIMUM, description="smallest number of trials at each point")
    maximum: Count = Field(description="largest number of trials at each point")
    batch: Count | None = Field(None, description="number of trials between two decisions; default: minimum")
    metric: Name = Field(
        description="metric whose estimate decides when a point is finished; it must be precise for every method"
    )
    statistic: Literal["mean", "median"] = Field("median", description="estimate whose interval decides")
    relative_half_width: Annotated[float, Field(gt=0, lt=10)] = Field(
        description="half width of the confidence interval, relative to the estimate, at which a point is finished"
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(0.95, description="confidence level of the interval")


class StudyTable(Table):
    """A study file of `multistatic`."""

    schema_: SchemaOne = Field(1, alias="schema", description="version of this format")
    name: Name = Field("study", description="name of the study in pictures and reports; without it a file's own name")
    seed: Seed = Field(0, description="seed of all random draws")
    scenario: Annotated[
        Annotated[str, Field(min_length=1, max_length=4096), Tag("<value>")]
        | Annotated[dict[str, Any], Tag("<table>")],
        Discriminator(_kind),
    ] = Field(
        description="name of a preset, scenario file relative to the study file, or a table with the keys of a scenario"
    )
    set: Annotated[dict[str, Any], Field(max_length=1000)] = Field(
        {}, description="keys of the scenario and their values, at every point"
    )
    sweep: Annotated[dict[str, Axis], Field(max_length=MAX_AXES)] = Field(
        {}, description="keys of the scenario that vary, each with a list or a range of values"
    )
    combine: Literal["grid", "zip"] = Field(
        "grid",
        description="combination of several sweeps; grid: every combination, zip: first with first, second with second",
    )
    common_drops: bool = Field(
        False,
        description="use the same random draws at all points, not only where only design and requirements differ",
    )
    compare: Annotated[list[CompareTable], Field(min_length=1, max_length=MAX_METHODS)] = Field(
        default_factory=lambda: [CompareTable.model_validate({})],
        description="methods to compare; default: the method of the scenario",
    )
    trials: Annotated[
        Annotated[Count, Tag("<value>")] | Annotated[TrialsTable, Tag("<table>")], Discriminator(_kind)
    ] = Field(description="number of trials at each point, or a table with a stopping rule")
    metrics: Names = Field(METRICS, description="metrics to store; `multistatic study --list` prints their names")


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
