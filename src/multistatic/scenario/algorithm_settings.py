"""Settings of algorithms: what `[design.options.NAME]` may say, and what a settings object made in Python may hold.

The settings of an algorithm are a frozen dataclass, the attribute `settings` of its function (`registry.algorithm`).
Types and ranges stand once, at its fields: `draws: Annotated[int, Field(ge=1)] = 100`. Fields of functions (a clock)
can be given from Python alone.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import numpy as np
from pydantic import BaseModel, Field, ValidationError, create_model

from multistatic import registry
from multistatic.errors import InputError, Problem, ScenarioError, did_you_mean
from multistatic.scenario.array_schema import Table
from multistatic.scenario.translate import problems_of, shown

# Where a name of `[design.options.NAME]` is looked for; the first group that has it with settings counts.
GROUPS = ("selectors", "designs", "beamformers", "criteria", "channel_models", "estimators")
PATH = "design.options"


def settings_class(name: str) -> type | None:
    """The settings class of the registered algorithm of this name; None if it has none or is not registered."""
    for group in GROUPS:
        full = registry.full_name(group, name)
        if full in registry.names(group):
            kind: type | None = getattr(registry.load(group, full), "settings", None)
            if kind is not None:
                return kind
    return None


def algorithm_name(settings: object) -> str:
    """The registered name of the algorithm that these settings are for; else the `__name__` of its function."""
    function = type(settings).algorithm  # type: ignore[attr-defined]
    found = (registry.registered_as(group, function) for group in GROUPS)
    return next((name for name in found if name is not None), registry.name_of(function))


def with_settings() -> dict[str, type]:
    """Every registered algorithm that has settings, by name; a package that does not import is left out."""
    found: dict[str, type] = {}
    for group in GROUPS:
        for name in registry.names(group):
            try:
                kind = getattr(registry.load(group, name), "settings", None)
            except InputError:
                continue
            if kind is not None:
                found.setdefault(name, kind)
    return dict(sorted(found.items()))


@cache
def settings_table(kind: type) -> type[BaseModel]:
    """The table of a settings class: its fields that a file can hold, with their types, ranges and defaults."""
    hints = _types(kind)
    keys: dict[str, Any] = {}
    for each in fields(kind):
        if each.init and not _is_function(hints[each.name]):
            default = each.default_factory() if each.default_factory is not MISSING else each.default
            keys[each.name] = (_as_in_file(hints[each.name]), Field(_plain(default)))
    return create_model(kind.__name__, __base__=Table, __doc__=_first_line(kind), **keys)


def settings_from(tables: Mapping[str, Any]) -> tuple[object, ...]:
    """The settings that `[design.options]` means; `ScenarioError` with every problem."""
    problems = list(option_problems(tables))
    if problems:
        raise ScenarioError(problems)
    return tuple(_made(kind, tables[name]) for name in tables if (kind := settings_class(name)) is not None)


def option_problems(tables: object) -> Iterator[Problem]:
    """Everything in `[design.options]` that is none of an algorithm's settings."""
    if not isinstance(tables, Mapping):
        return
    seen: dict[type, str] = {}
    for name, table in tables.items():
        path = f"{PATH}.{name}"
        try:
            kind = settings_class(name)
            _ = None if kind is None else settings_table(kind)
        except InputError as error:
            yield from (Problem(path, each.received, each.expected, each.hint) for each in error.problems)
            continue
        if not isinstance(table, Mapping):
            continue  # the schema says so
        if kind is None:
            known = tuple(with_settings())
            yield Problem(
                PATH, shown(name), "an algorithm with settings: " + ", ".join(known), did_you_mean(str(name), known)
            )
        elif kind in seen:
            yield Problem(path, "settings", f"one table for each algorithm; {PATH}.{seen[kind]} is for the same one")
        else:
            seen[kind] = name
            yield from _table_problems(kind, table, path)


def check_settings(settings: Any) -> None:
    """What `__post_init__` of a settings class calls: `InputError` with every field that cannot be."""
    problems = list(settings_problems(settings))
    if problems:
        raise InputError(problems, source=type(settings).__name__)


def settings_problems(settings: Any) -> Iterator[Problem]:
    """Every field of a settings object whose type or range does not fit."""
    kind: type = type(settings)
    try:
        settings_table(kind).model_validate(as_table(settings))
    except ValidationError as error:
        yield from problems_of(error, settings_table(kind))


def as_table(settings: Any) -> dict[str, Any]:
    """The fields of a settings object that a file can hold, as it holds them."""
    kind: type = type(settings)
    keys = settings_table(kind).model_fields
    return {name: _plain(getattr(settings, name)) for name in keys}


def unused(options: Iterable[object], used: Iterable[str]) -> list[str]:
    """Names of `options` for algorithms that are not among those `used`. Estimators are left out, for
    `estimate` uses them.
    """
    names = {algorithm_name(each) for each in options}
    return sorted(names - set(used) - set(registry.names("estimators")))


def _table_problems(kind: type, table: Mapping[str, Any], path: str) -> Iterator[Problem]:
    try:
        settings_table(kind).model_validate(table)
    except ValidationError as error:
        yield from problems_of(error, settings_table(kind), prefix=f"{path}.")
        return
    try:
        _made(kind, table)
    except InputError as error:
        yield from (Problem(f"{path}.{each.path}", each.received, each.expected, each.hint) for each in error.problems)
    except (TypeError, ValueError) as error:  # of another package's settings
        yield Problem(path, shown(table), registry.one_line(str(error)) or "settings of this algorithm")


def _made(kind: type, table: Any) -> object:
    """The settings object of a checked table."""
    hints = get_type_hints(kind)
    return kind(**{key: _as_in_python(hints[key], value) for key, value in table.items()})


def _as_in_python(hint: Any, value: Any) -> Any:
    if isinstance(value, Mapping):
        return _made(hint, value)
    if isinstance(value, list):
        return tuple(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and hint is float else value


def _as_in_file(hint: Any) -> Any:
    """The type of a key: tuples are lists there, and settings inside of settings are tables."""
    if isinstance(hint, type) and is_dataclass(hint):
        return settings_table(hint)
    if get_origin(hint) is tuple:
        first, *rest = get_args(hint)
        return GenericAlias(list, (first,)) if rest == [...] else list[Any]
    if get_origin(hint) is Annotated:
        inner, *facts = get_args(hint)
        return Annotated[(_as_in_file(inner), *facts)]
    return hint


def _plain(value: Any) -> Any:
    """A value as a file holds it."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return as_table(value) if is_dataclass(value) and not isinstance(value, type) else value


def _types(kind: type) -> dict[str, Any]:
    """The types of the fields with their ranges; `InputError` where only a type checker knows a name in them."""
    try:
        return get_type_hints(kind, include_extras=True)
    except NameError as error:
        received = f"{registry.one_line(str(error))} in the types of {kind.__module__}:{kind.__qualname__}"
        raise InputError([Problem(PATH, received, "types that can be imported at run time")]) from None


def _is_function(hint: Any) -> bool:
    return get_origin(hint) is collections.abc.Callable or hint is collections.abc.Callable


def _first_line(kind: type) -> str:
    return (kind.__doc__ or kind.__name__).strip().partition("\n")[0]
