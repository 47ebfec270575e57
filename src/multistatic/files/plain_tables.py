"""Tables that were written in Python as a TOML file holds them: plain numbers, text, lists and dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import Any

import numpy as np

from multistatic.errors import Problem, ScenarioError
from multistatic.scenario.decode import MAX_DEPTH

_SITES = ("receivers", "site")


def plain_tables(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The raw tables of a scenario from dictionaries with the same keys as the file's tables.

    Arrays and tuples become lists, NumPy's numbers Python's, paths text; a key whose value is None is left out, as a
    file leaves it out. `receivers` may be a list of sites instead of a table with the key `site`. Raises
    `ScenarioError` for keys that are no text, values that no file can hold, and tables that are nested too deep.
    """
    problems: list[Problem] = []
    plain = _table(tables, "", problems, 0)
    if problems:
        raise ScenarioError(problems)
    if isinstance(plain.get(_SITES[0]), list):
        plain[_SITES[0]] = {_SITES[1]: plain[_SITES[0]]}
    return plain


def _table(table: Mapping[Any, Any], path: str, problems: list[Problem], depth: int) -> dict[str, Any]:
    found = {}
    for key, value in table.items():
        where = f"{path}.{key}" if path else str(key)
        if not isinstance(key, str):
            problems.append(Problem(where, f"the key {key!r}"[:60], "a key that is text"))
        elif value is not None:
            found[key] = _plain(value, where, problems, depth + 1)
    return found


def _plain(value: Any, path: str, problems: list[Problem], depth: int) -> Any:
    """A value as TOML would give it; what cannot be written in TOML becomes a problem."""
    if depth > MAX_DEPTH:
        problems.append(Problem(path[:60], f"tables nested deeper than {MAX_DEPTH}", f"at most {MAX_DEPTH} levels"))
        return None
    match value:
        case Mapping():
            return _table(value, path, problems, depth)
        case str() | bool() | int() | float():
            return value
        case np.generic() | np.ndarray():
            return _plain(value.tolist(), path, problems, depth + 1)
        case PathLike():
            return fspath(value)
        case Sequence():
            return [_plain(each, f"{path}[{index}]", problems, depth + 1) for index, each in enumerate(value)]
    expected = "a number, text, a list or a table, as in a scenario file"
    problems.append(Problem(path, f"a {type(value).__name__}", expected))
    return None
