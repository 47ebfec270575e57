"""Finding algorithms by name, our own and those of other packages, through entry points.

A group is one extension point (`multistatic.selectors`, `multistatic.beamformers`, …); the entry point's name is the
name used in scenario files and on the command line. Nothing is imported until it is asked for. If two packages register
one name for different objects, the name is refused, whatever their order on `sys.path`.

What comes from another package is wrapped once, here: an entry point that does not import, an exception and a result
of None become a `PluginError` that names the package (`Plugin.run`). What else a result must be depends on its kind and
is checked where its type is known: `selection.foreign`, `design.algorithms`, `channel.realise`, and beside them.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NoReturn

from multistatic.errors import InputError, MultistaticError, PluginError, Problem, nearest

OURS = "multistatic"

# Accepted for a registered name, and not registered again: what runs every method would run it twice.
SHORT = {("beamformers", "los"): "los_sdp"}
# Where a scenario, a study or a command names an object of each group: the path of its errors.
_PATHS = {
    "selectors": "design.selector",
    "beamformers": "design.beamformer",
    "criteria": "design.criterion",
    "pulses": "radio.pulse",
    "channel_models": "channel.direct",
    "estimators": "--method",
    "metrics": "metrics",
}
_VALUES = ("metrics",)  # groups of objects; all others are of functions
_LONGEST = 200  # characters of another package's words inside a message of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a registered object comes from: a distribution, its version, and the object in it as `module:name`."""

    distribution: str
    version: str
    value: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A registered object of another package: runs its code, and says in one sentence what was wrong with it."""

    group: str
    name: str
    origin: Origin

    def refuse(self, received: str, expected: str, hint: str = "") -> NoReturn:
        """Raise the `PluginError` that names the package, what came from it, and what was expected."""
        raise PluginError([self._problem(received, expected, hint)])

    def run(self, function: Callable[..., Any], *arguments: Any, doing: str = "") -> Any:
        """`function(*arguments)`. Its exceptions become a `PluginError`, but for those that this package defines: a
        method may refuse its input. `doing` is what it was asked, for the message.
        """
        try:
            return function(*arguments)
        except MultistaticError:
            raise
        except (Exception, SystemExit) as error:
            received = f"{type(error).__name__}{_in_brackets(error)}{_place(error)}{f' {doing}' if doing else ''}"
            raise PluginError([self._problem(received, "a result, not an exception", "")]) from error

    def _problem(self, received: str, expected: str, hint: str) -> Problem:
        whose = f"{received} from {self.name!r} of {self.origin} ({self.origin.value})"
        return Problem(_PATHS.get(self.group, self.group), whose, expected, hint)


def names(group: str) -> tuple[str, ...]:
    """The registered names of a group (`"selectors"`, `"beamformers"`, …), sorted, each once."""
    return tuple(sorted({point.name for point in _points(group)}))


def full_name(group: str, name: str) -> str:
    """The registered name that a short one stands for; any other name as it is. Lists hold registered names only."""
    return name if name in names(group) else SHORT.get((group, name), name)


def load(group: str, name: str) -> Any:
    """The registered object; a callable of another package comes wrapped (see the top of this file).

    `InputError` for an unknown name, with the nearest one, and for one that several packages register for different
    objects, with all of them; `PluginError` where the entry point of another package does not import.
    """
    point, guard = _point(group, name), plugin(group, name)
    if guard is None:
        return point.load()
    found = guard.run(point.load, doing="on import")
    if not callable(found):
        if group not in _VALUES:
            guard.refuse(f"an object of type {type(found).__name__}", "a function")
        return found

    def guarded(*arguments: Any, **options: Any) -> Any:
        result = guard.run(lambda: found(*arguments, **options))
        return result if result is not None else guard.refuse("None", "a result")

    return guarded


def plugin(group: str, name: str) -> Plugin | None:
    """The object as one of another package; None where it is ours. `InputError` as from `load`."""
    where = origin(group, name)
    return None if where.distribution == OURS else Plugin(group=group, name=name, origin=where)


def origin(group: str, name: str) -> Origin:
    """Whose object it is, without importing it; `InputError` as from `load`."""
    return _point(group, name).origin


def says(plugin: Plugin, words: object) -> str:
    """What another package says of its answer, as part of a message."""
    told = one_line(str(words))
    return f'{plugin.origin} says: "{told}"' if told else f"{plugin.origin} says nothing."


def one_line(text: str) -> str:
    """Words of another package as part of a message: on one line, cut where they are long, printable."""
    words = " ".join(text.split())
    words = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words)


def _in_brackets(error: BaseException) -> str:
    words = one_line(str(error))
    return f" ({words})" if words else ""


def _place(error: BaseException) -> str:
    """Where it was raised, as file and line: who wrote the package needs no more to find it."""
    frames = traceback.extract_tb(error.__traceback__)
    # The frames of the import machinery say nothing.
    own = [frame for frame in frames if not frame.filename.startswith("<frozen") and frame.filename != __file__]
    named = [frame for frame in own if "importlib" not in frame.filename]
    if not named:
        return ""
    file = named[-1].filename.replace("\\", "/").rpartition("/")[2]
    return f" in {file} line {named[-1].lineno}"


class _Registered:
    """An entry point and, once somebody asks, whose it is: reading a distribution's metadata takes a millisecond."""

    def __init__(self, point: EntryPoint) -> None:
        self.name, self.value, self.load = point.name, point.value, point.load
        self._distribution = point.dist

    @cached_property
    def origin(self) -> Origin:
        """The distribution that registers it."""
        assert self._distribution is not None  # of whatever `entry_points` returns
        return Origin(distribution=self._distribution.name, version=self._distribution.version, value=self.value)


def _point(group: str, name: str) -> _Registered:
    wanted = {name, SHORT.get((group, name), name)}  # who registers a short name contests it, too
    # Of one object that several distributions register, ours counts: it is then no plug-in.
    points = sorted(
        (point for point in _points(group) if point.name in wanted), key=lambda each: each.origin.distribution == OURS
    )
    found = {point.value: point for point in points}
    if len(found) == 1:
        return next(iter(found.values()))
    raise InputError([_contested(group, name, found.values()) if found else _unknown(group, name)])


def _contested(group: str, name: str, found: Iterable[_Registered]) -> Problem:
    owners = sorted(f"{point.origin} ({point.value})" for point in found)
    return Problem(
        path=group,
        received=f"{name!r} from {' and '.join(owners)}",
        expected="a name that one package registers",
        hint="uninstall the others, or have them take other names",
    )


def _unknown(group: str, name: str) -> Problem:
    known = names(group)
    near = nearest(name, known)
    return Problem(
        path=group,
        received=repr(name),
        expected="one of " + ", ".join(known),
        hint=f"did you mean {near!r}?" if near else "",
    )


@cache
def _points(group: str) -> tuple[_Registered, ...]:
    """Look the installed packages through once: they do not change while a process runs, and it takes milliseconds.

    A distribution that is found twice, installed and as a source tree, counts where it is found first.
    """
    return tuple(_Registered(point) for point in entry_points(group=f"multistatic.{group}"))
