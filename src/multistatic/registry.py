"""Finding algorithms by name, our own and those of other packages, through entry points.

A group is one extension point (`multistatic.selectors`, `multistatic.beamformers`, …); the entry point's name is the
name used in scenario files and on the command line. Nothing is imported until it is asked for.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from multistatic.errors import InputError, Problem

# Accepted for a registered name, and not registered again: what runs every method would run it twice.
SHORT = {("beamformers", "los"): "los_sdp"}


def names(group: str) -> tuple[str, ...]:
    """The registered names of a group (`"selectors"`, `"beamformers"`, …), sorted."""
    return tuple(sorted({point.name for point in _points(group)}))


def full_name(group: str, name: str) -> str:
    """The registered name that a short one stands for; any other name as it is. Lists hold registered names only."""
    return name if name in names(group) else SHORT.get((group, name), name)


def load(group: str, name: str) -> Any:
    """The registered object; an unknown name is an `InputError` that names the nearest one."""
    name = full_name(group, name)
    for point in _points(group):
        if point.name == name:
            return point.load()
    known = names(group)
    near = difflib.get_close_matches(name, known, n=1)
    raise InputError(
        [
            Problem(
                path=group,
                received=repr(name),
                expected="one of " + ", ".join(known),
                hint=f"did you mean {near[0]!r}?" if near else "",
            )
        ]
    )


@cache
def _points(group: str) -> tuple[EntryPoint, ...]:
    """Look the installed packages through once: they do not change while a process runs, and it takes milliseconds."""
    return tuple(entry_points(group=f"multistatic.{group}"))
