"""Finding algorithms by name, our own and those of other packages, through entry points.

A group is one extension point (`multistatic.selectors`, `multistatic.beamformers`, …); the entry point's name is the
name used in scenario files and on the command line. Nothing is imported until it is asked for. A name has one owner:
where two packages register it for different objects neither of them has it, whatever their order on `sys.path`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from multistatic.errors import InputError, Problem

# Accepted for a registered name, and not registered again: what runs every method would run it twice.
SHORT = {("beamformers", "los"): "los_sdp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a registered object comes from: a distribution, its version, and the object in it as `module:name`."""

    distribution: str
    version: str
    value: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


def names(group: str) -> tuple[str, ...]:
    """The registered names of a group (`"selectors"`, `"beamformers"`, …), sorted, each once."""
    return tuple(sorted({point.name for point in _points(group)}))


def full_name(group: str, name: str) -> str:
    """The registered name that a short one stands for; any other name as it is. Lists hold registered names only."""
    return name if name in names(group) else SHORT.get((group, name), name)


def load(group: str, name: str) -> Any:
    """The registered object. `InputError` for an unknown name, with the nearest one, and for one that several packages
    register for different objects, with all of them.
    """
    return _point(group, name).load()


def origin(group: str, name: str) -> Origin:
    """Whose object it is, without importing it; `InputError` as from `load`."""
    return _origin(_point(group, name))


def _point(group: str, name: str) -> EntryPoint:
    wanted = {name, SHORT.get((group, name), name)}  # who registers a short name contests it, too
    found = {point.value: point for point in _points(group) if point.name in wanted}
    if len(found) == 1:
        return next(iter(found.values()))
    raise InputError([_contested(group, name, found.values()) if found else _unknown(group, name)])


def _contested(group: str, name: str, found: Iterable[EntryPoint]) -> Problem:
    owners = sorted(f"{_origin(point)} ({point.value})" for point in found)
    return Problem(
        path=group,
        received=f"{name!r} from {' and '.join(owners)}",
        expected="a name that one package registers",
        hint="uninstall the others, or have them take other names",
    )


def _unknown(group: str, name: str) -> Problem:
    known = names(group)
    near = difflib.get_close_matches(name, known, n=1)
    return Problem(
        path=group,
        received=repr(name),
        expected="one of " + ", ".join(known),
        hint=f"did you mean {near[0]!r}?" if near else "",
    )


def _origin(point: EntryPoint) -> Origin:
    assert point.dist is not None  # of whatever `entry_points` returns
    return Origin(distribution=point.dist.name, version=point.dist.version, value=point.value)


@cache
def _points(group: str) -> tuple[EntryPoint, ...]:
    """Look the installed packages through once: they do not change while a process runs, and it takes milliseconds.

    A distribution that is found twice, installed and as a source tree, counts where it is found first.
    """
    return tuple(entry_points(group=f"multistatic.{group}"))
