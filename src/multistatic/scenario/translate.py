"""From pydantic's errors to problems in one style: the key's path, what was received, what was expected, a hint."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from multistatic.errors import Problem, did_you_mean, nearest

MAX_PROBLEMS = 100

_EXPECTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "finite_number": "a finite number",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "string_too_short": "at least {min_length} character",
    "string_too_long": "at most {max_length} characters",
    "literal_error": "{expected}",
    "union_tag_invalid": "a table with kind = {expected_tags}",
    "missing": "a value",
    "extra_forbidden": "a key of this table",
    "string_unicode": "valid Unicode text",
}


def problems_of(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[Problem]:
    """Every problem of a failed validation of `model`, the first 101; `prefix` is put before each path."""
    return [_problem(detail, model, prefix) for detail in error.errors(include_url=False)[: MAX_PROBLEMS + 1]]


def _tag_received(table: Mapping[str, object]) -> tuple[str, str]:
    """The received value and the hint for a table without a known `kind`."""
    if "kind" in table:
        return f"kind = {shown(table['kind'])}", ""
    return "no kind", "did you mean kind?" if nearest("kind", table) else ""


def capped(problems: list[Problem]) -> list[Problem]:
    """At most 100 problems, and a last one that says so: a bad file can hold a million."""
    if len(problems) <= MAX_PROBLEMS:
        return problems
    return [
        *problems[:MAX_PROBLEMS],
        Problem("(file)", f"more than {MAX_PROBLEMS} problems", "a file without problems"),
    ]


def _problem(detail: ErrorDetails, model: type[BaseModel], prefix: str) -> Problem:
    """One error of the schema as a problem: path, value received, what was expected, and a hint."""
    location = [part for part in detail["loc"] if not (isinstance(part, str) and part.startswith("<"))]
    kind = detail["type"]
    expected = _EXPECTED.get(kind, detail["msg"]).format(**detail.get("ctx", {})).replace("<", "").replace(">", "")
    owners, description = _describe(model, location)
    if description and kind not in ("extra_forbidden", "union_tag_invalid"):
        expected = f"{expected}: {description.partition('; ')[0]}"
    hint = ""
    if kind == "extra_forbidden":
        hint = _of_other_kind(str(location[-1]), owners, detail["loc"]) or nearest_key(str(location[-1]), owners, model)
    elif kind == "int_type" and isinstance(detail["input"], float) and detail["input"].is_integer():
        hint = f"write {detail['input']:.0f}"
    received = "nothing" if kind == "missing" else shown(detail["input"])
    if kind == "value":  # a check of several numbers together may say itself what is wrong with them
        received = detail.get("ctx", {}).get("received", received)
    if kind == "finite_number" and detail["input"] in (float("inf"), float("-inf")):
        hint = "a number beyond 1.8e308 is read as infinity"
    if kind == "union_tag_invalid" and isinstance(detail["input"], dict):
        received, hint = _tag_received(detail["input"])
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        hint = _unit_hint(str(location[-1]), detail["input"], kind.startswith("greater"))
    if location and location[-1] in ("position_llh", "centre_llh") and kind == "value":
        hint = _degrees_hint(detail["input"])
    return Problem(prefix + path_text(location), received, expected, hint)


def _degrees_hint(llh: object) -> str:
    """Why a latitude or longitude is out of range."""
    if not (isinstance(llh, list) and all(isinstance(each, int | float) for each in llh)):
        return ""
    latitude, longitude = llh[:2]
    if max(abs(latitude), abs(longitude)) > 360:
        return "metres of a projection? convert them to latitude and longitude, or give local metres as position_m"
    return "latitude and longitude swapped?" if abs(latitude) > 90 >= abs(longitude) else ""


def _unit_hint(key: str, value: object, too_small: bool) -> str:
    """Which other unit a number may be in that its key cannot hold."""
    if not isinstance(value, int | float):
        return ""
    if key in ("carrier_hz", "bandwidth_hz", "symbol_rate_hz") and too_small and value > 0:
        return f"{value:g} GHz is {value * 1e9:g}, {value:g} MHz {value * 1e6:g}"
    if key.endswith("_power_w") or key == "power_w":
        level = key.removesuffix("_w") + "_dbm"
        return f"a level in dBm is given as {level}" if value < 0 else ""
    if key.startswith("rate_bps_hz") and not too_small:
        return "rates are in bit/s for each Hz, not in Mbit/s"
    return ""


def path_text(location: list[int | str]) -> str:
    """`receivers.site[2].position_m[1]`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{_bounded(part if part.isprintable() else repr(part), 64)}"
    return text.removeprefix(".")


def shown(value: object) -> str:
    """What was received, in the words of a TOML file, at most 60 characters."""
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value) if value.bit_length() <= 64 else f"a whole number of {value.bit_length()} bits"
        case str():
            return repr(_bounded(value, 60))
        case Mapping():
            return "a table" if value else "an empty table"
        case list() if len(value) > 4 or any(isinstance(item, list | dict) for item in value):
            return f"a list of {len(value)}"
        case list():
            return "[" + ", ".join(shown(item) for item in value) + "]"
    return _bounded(str(value), 60)


def nearest_key(key: str, owners: list[type[BaseModel]], root: type[BaseModel]) -> str:
    """The nearest key of the same table, or where a key of this name belongs."""
    valid = list(dict.fromkeys(name for owner in owners for name in _keys(owner)))
    if near := did_you_mean(key, valid):
        return near
    elsewhere = [path for path in _all_paths(root) if path.split(".")[-1] == key]
    if elsewhere:
        return f"{key} belongs to {elsewhere[0]}"
    return "valid keys: " + ", ".join(valid)


def _of_other_kind(key: str, owners: list[type[BaseModel]], location: tuple[int | str, ...]) -> str:
    """Of which kinds a key is, and what keys the received kind has; empty where the key is of none."""
    of_kind = {kind: owner for owner in owners for kind in _kinds(owner)}
    received = str(location[-2]).strip("<>") if len(location) > 1 else ""
    having = [kind for kind, owner in of_kind.items() if key in _keys(owner)]
    if received not in of_kind or not having:
        return ""
    others = " or ".join(f'"{kind}"' for kind in having)
    keys = ", ".join(name for name in _keys(of_kind[received]) if name != "kind")
    return f'{key} belongs to kind {others}; keys of kind "{received}": {keys}'


def _kinds(model: type[BaseModel]) -> tuple[str, ...]:
    """The values of `kind` that lead to this table; none where it has no such key."""
    field = model.model_fields.get("kind")
    return () if field is None else tuple(str(each) for each in get_args(field.annotation))


def _keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name


def _all_paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of the file, `transmitter.array.kind` style."""
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        yield key
        for inner in _models(field.annotation):
            yield from _all_paths(inner, key + ".")


def _describe(model: type[BaseModel], location: list[int | str]) -> tuple[list[type[BaseModel]], str]:
    """The tables that may own the last key of `location`, and the description of that key."""
    owners, description = [model], ""
    keys = [part for part in location if isinstance(part, str)]
    for last, key in zip([False] * (len(keys) - 1) + [True], keys, strict=True):
        fields = [
            field for owner in owners for name, field in owner.model_fields.items() if (field.alias or name) == key
        ]
        if fields:
            description = fields[0].description or ""
        if not last and fields:  # a key of the user's own, in a table of them, leads to no other table
            owners = [inner for field in fields for inner in _models(field.annotation)]
    return owners, description


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Every table that a key of this type may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Annotated, Union, types.UnionType, list, dict):
        return [inner for argument in get_args(annotation) for inner in _models(argument)]
    return []


def _bounded(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."
