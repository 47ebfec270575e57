"""The tables `[[target]]` of a scenario file: where they are, and the keys that lead to one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_ENTRY = re.compile(r"target\[(?P<which>[^\[\]]{1,64})\](?=\.|$)")


def one_target_as_table(raw: dict[str, Any]) -> None:
    """Makes of one `[[target]]` in `raw` (in place) the table `[target]`: its keys are then `target.KEY`."""
    tables = raw.get("target")
    if isinstance(tables, list) and len(tables) == 1:
        raw["target"] = tables[0]


def target_path(index: int, count: int) -> str:
    """Where the target of this index stands: `target`, or `target[1]` where there are several."""
    return "target" if count == 1 else f"target[{index}]"


def target_tables(raw: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The raw tables of all targets with their paths, without what is no table."""
    found = raw.get("target")
    tables = found if isinstance(found, list) else [found]
    for index, table in enumerate(tables):
        if isinstance(table, dict):
            yield target_path(index, len(tables)), table


def target_key(raw: Mapping[str, Any], key: str) -> str:
    """The key `target.KEY` or `target[1].KEY` that `target[INDEX].KEY` or `target[ID].KEY` means in `raw`; every other
    key, and one that names no target, as it is.
    """
    found = _ENTRY.match(key)
    if found is None:
        return key
    tables = dict(target_tables(raw))
    for index, path in enumerate(tables):
        if found["which"] == str(index):
            return path + key[found.end() :]
    for path, table in tables.items():
        if found["which"] == table.get("id", "target"):
            return path + key[found.end() :]
    return key


def with_numbered_target(key: str) -> str:
    """The key with a number in the place of the id in `target[ID]`, for checks of its form."""
    found = _ENTRY.match(key)
    return key if found is None else f"target[0]{key[found.end() :]}"


def which_target(raw: Mapping[str, Any], key: str) -> str:
    """What a key needs that leads to one of several targets and names none, or none of those that there are; empty
    where it lacks nothing.
    """
    tables = raw.get("target")
    if not isinstance(tables, list) or not (key == "target" or key.startswith(("target.", "target["))):
        return ""
    if any(key.startswith(f"target[{index}]") for index in range(len(tables))) or key == "target":
        return ""
    rest = key.partition(".")[2] or "KEY"
    names = [str(table["id"]) for table in tables if isinstance(table, dict) and "id" in table]
    ids = f" or target[{names[0]}].{rest}" if names else ""
    known = f", one of the targets {', '.join(names[:5])}{' …' if len(names) > 5 else ''}" if names else ""
    return f"target[0].{rest}{ids}{known}"
