"""The tables `[[target]]` of a scenario file: one of them is the table `[target]`; several are not designed for yet."""

from __future__ import annotations

import re
from typing import Any

from multistatic.errors import Problem

_ENTRY = re.compile(r"target\[(?P<which>[^\[\]]{1,64})\](?=\.|$)")


def single_target(raw: dict[str, Any]) -> list[Problem]:
    """Makes of one `[[target]]` in `raw` (in place) the table `[target]`; the problem of any other number of them,
    of which the first is read on.
    """
    tables = raw.get("target")
    if not isinstance(tables, list):
        return []
    if tables:
        raw["target"] = tables[0]
    if len(tables) == 1:
        return []
    received = f"{len(tables)} targets"
    return [Problem("target", received, "one target: a design for several is not supported yet", "keep one [[target]]")]


def key_of_single_target(raw: dict[str, Any], key: str) -> str:
    """`target.KEY` for `target[0].KEY` and `target[ID].KEY` of the only target; every other key as it is."""
    found, table = _ENTRY.match(key), raw.get("target")
    if found is None or not isinstance(table, dict):
        return key
    names = {"0", str(table.get("id", "target"))}
    return f"target{key[found.end() :]}" if found["which"] in names else key
