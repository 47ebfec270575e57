"""Finding algorithms by name, our own and those of other packages, through entry points.

A group is one extension point (`multistatic.selectors`, `multistatic.beamformers`, …); the entry point's name is the
name used in scenario files and on the command line. Nothing is imported before it is needed. If two packages register
one name for different objects, the name is refused, whatever their order on `sys.path`.

What comes from another package is wrapped once, here: an entry point that does not import, an exception and a result
of None become a `PluginError` that names the package (`Plugin.run`). What else a result must be depends on its kind and
is checked where its type is known: `selection.plugin_answers`, `design.algorithms`, `channel.realise`, and beside them.

A callable in place of a name is treated in the same way (`find`); messages then name the callable. What an algorithm
says of itself, its settings class above all, is an attribute of the function (`algorithm`).
"""

from __future__ import annotations

import traceback
import types
from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache, cached_property
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any, NoReturn, TypeVar

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
    "estimators": "--estimator",
    "metrics": "metrics",
    "designs": "design.selector",
}
# Found by name without being an extension point. `joint` stands where a selector's name stands, but chooses the beams
# as well: it is never called as a selector. Files are read in a room above those that are handed what is in them.
_OURS_ALONE = {
    "designs": (EntryPoint("joint", "multistatic.design.joint:design_joint", "multistatic.designs"),),
    "readers": (EntryPoint("channel", "multistatic.files.channel_file:read_channel", "multistatic.readers"),),
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
        return f"{self.distribution} {self.version}" if self.distribution else "a callable of this program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A registered object of another package, or a callable that a program gave in its place: runs its code, and says
    in one sentence what was wrong with it.
    """

    group: str
    name: str
    origin: Origin

    def refuse(self, received: str, expected: str, hint: str = "") -> NoReturn:
        """Raise the `PluginError` that names the package, what came from it, and what was expected."""
        raise PluginError([self._problem(received, expected, hint)])

    def run(self, function: Callable[..., Any], *arguments: Any, doing: str = "") -> Any:
        """`function(*arguments)`. Its exceptions become a `PluginError`, but for those that this package defines: a
        method may refuse its input. `doing` describes the call in the message.
        """
        try:
            return function(*arguments)
        except MultistaticError:
            raise
        except (Exception, SystemExit) as error:
            received = f"{type(error).__name__}{_in_brackets(error)}{_place(error)}{f' {doing}' if doing else ''}"
            raise PluginError([self._problem(received, "a result without an exception", "")]) from error

    def _problem(self, received: str, expected: str, hint: str) -> Problem:
        whose = f"{self.name!r} of {self.origin}" if self.origin.distribution else f"the callable {self.name}"
        received = f"{received} from {whose} ({self.origin.value})"
        return Problem(_PATHS.get(self.group, self.group), received, expected, hint)


Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """An algorithm ready to be called: a registered one, or a callable in its place.

    `plugin`: its package, if it is not this one. `settings`: what it is called with besides its arguments;
    None: nothing.
    """

    name: str
    function: Callable[..., Any]
    plugin: Plugin | None = None
    settings: Any = None

    def __call__(self, *arguments: Any) -> Any:
        """Its result; an exception of what is not of this package is a `PluginError`, and so is None."""
        if self.settings is None:
            return self.function(*arguments)
        return self.function(*arguments, settings=self.settings)


def algorithm(*, settings: type | None = None, **facts: object) -> Callable[[Function], Function]:
    """Declare properties of an algorithm as attributes of its function.

    `settings`: the class of its settings, a frozen dataclass whose fields all have defaults. The function takes an
    instance as the keyword `settings`, and the class leads back to it by its attribute `algorithm`.
    """

    if settings is not None:
        _check_settings_class(settings)

    def described(function: Function) -> Function:
        if settings is not None:
            settings.algorithm = staticmethod(function)  # type: ignore[attr-defined]
            facts["settings"] = settings
        for name, value in facts.items():
            setattr(function, name, value)
        return function

    return described


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
    return _guarded(found, guard)


def _guarded(found: Callable[..., Any], guard: Plugin) -> Callable[..., Any]:
    """The callable with its exceptions, and a result of None, as errors that name it; it keeps what it says of itself
    (`algorithm`).
    """

    def guarded(*arguments: Any, **options: Any) -> Any:
        result = guard.run(lambda: found(*arguments, **options))
        return result if result is not None else guard.refuse("None", "a result")

    guarded.__dict__.update(getattr(found, "__dict__", {}) if isinstance(found, types.FunctionType) else {})
    return guarded


def _check_settings_class(kind: type) -> None:
    """`TypeError` for a class that is no frozen dataclass with a default for every field."""
    if not is_dataclass(kind) or not kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise TypeError(f"{kind.__name__} is not a frozen dataclass, which settings of an algorithm must be")
    without = [each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING]
    if without:
        raise TypeError(f"{kind.__name__} has no default for {', '.join(without)}: every setting needs a default")


def find(group: str, choice: str | Callable[..., Any], options: Iterable[object] = ()) -> Algorithm:
    """The algorithm of a name, or the callable that stands in its place, with its settings among `options`.

    `InputError` and `PluginError` as from `load`.
    """
    if isinstance(choice, str):
        function, guard = load(group, choice), plugin(group, choice)
    else:
        guard = _given(group, choice)
        function = choice if guard is None else _guarded(choice, guard)
    kind = getattr(function, "settings", None)
    settings = next((each for each in options if kind is not None and isinstance(each, kind)), None)
    return Algorithm(name=name_of(choice), function=function, plugin=guard, settings=settings)


def fact(group: str, choice: str | Callable[..., Any], name: str, default: Any) -> Any:
    """The property `name` that an algorithm declares (`algorithm`), else the default, as for an unregistered name."""
    if isinstance(choice, str):
        full = full_name(group, choice)
        if full not in names(group):
            return default
        choice = load(group, full)
    return getattr(choice, name, default)


def name_of(choice: str | Callable[..., Any]) -> str:
    """What tables and messages call an algorithm: its name, or the `__name__` of a callable."""
    if isinstance(choice, str):
        return choice
    function = getattr(choice, "func", choice)  # of a functools.partial
    return one_line(str(getattr(function, "__name__", type(function).__name__)))


def place_of(choice: Callable[..., Any]) -> str:
    """Module and qualified name of a callable, `notebook:two_nearest`."""
    function = getattr(choice, "func", choice)
    own = function if hasattr(function, "__qualname__") else type(function)
    return one_line(f"{own.__module__}:{own.__qualname__}")


def origin_of(group: str, choice: str | Callable[..., Any]) -> Origin:
    """As `origin`, of a name or of a callable."""
    if isinstance(choice, str):
        group = "designs" if group == "selectors" and choice in names("designs") else group
        return origin(group, choice)
    return Origin(distribution="", version="", value=place_of(choice))


def _given(group: str, choice: Callable[..., Any]) -> Plugin | None:
    """A callable as the object of another package; None for a function of this package. What is written inside of a
    function, such as a lambda, is not an algorithm of this package: examples in docstrings run in its modules.
    """
    place = place_of(choice)
    if place.partition(":")[0].partition(".")[0] == OURS and "<" not in place:
        return None
    return Plugin(group=group, name=name_of(choice), origin=origin_of(group, choice))


def registered_as(group: str, function: Callable[..., Any]) -> str | None:
    """The name under which a function is registered in a group; None where it is not."""
    root = place_of(function).partition(":")[0].partition(".")[0]
    own = [point for point in _points(group) if point.value.replace(":", ".").partition(".")[0] == root]
    own.sort(key=lambda point: point.name != name_of(function))  # most often its own name
    return next((point.name for point in own if point.load() is function), None)


def plugin(group: str, name: str) -> Plugin | None:
    """The object as one of another package; None where it is ours. `InputError` as from `load`."""
    where = origin(group, name)
    return None if where.distribution == OURS else Plugin(group=group, name=name, origin=where)


def origin(group: str, name: str) -> Origin:
    """The package of an object, without importing it; `InputError` as from `load`."""
    return _point(group, name).origin


def says(plugin: Plugin, words: object) -> str:
    """What another package says of its answer, as part of a message."""
    quoted = one_line(str(words))
    if not plugin.origin.distribution:
        return f'The callable {plugin.name} says: "{quoted}"' if quoted else f"By the callable {plugin.name}."
    return f'{plugin.origin} says: "{quoted}"' if quoted else f"{plugin.origin} gives no message."


def one_line(text: str) -> str:
    """Words of another package as part of a message: on one line, cut where they are long, printable."""
    words = " ".join(text.split())
    words = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words)


def _in_brackets(error: BaseException) -> str:
    words = one_line(str(error))
    return f" ({words})" if words else ""


def _place(error: BaseException) -> str:
    """Where it was raised, as file and line, which is enough for the author of the package."""
    frames = traceback.extract_tb(error.__traceback__)
    # The frames of the import machinery say nothing.
    own = [frame for frame in frames if not frame.filename.startswith("<frozen") and frame.filename != __file__]
    named = [frame for frame in own if "importlib" not in frame.filename]
    if not named:
        return ""
    file = named[-1].filename.replace("\\", "/").rpartition("/")[2]
    return f" in {file} line {named[-1].lineno}"


class _Registered:
    """An entry point and, on demand, its package: reading a distribution's metadata takes a millisecond."""

    def __init__(self, point: EntryPoint) -> None:
        self.name, self.value, self.load = point.name, point.value, point.load
        self._distribution = point.dist

    @cached_property
    def origin(self) -> Origin:
        """The distribution that registers it."""
        if self._distribution is None:  # of `_OURS_ALONE`; whatever `entry_points` returns has one
            return Origin(distribution=OURS, version=version(OURS), value=self.value)
        return Origin(distribution=self._distribution.name, version=self._distribution.version, value=self.value)


def _point(group: str, name: str) -> _Registered:
    wanted = {name, SHORT.get((group, name), name)}  # registering a short name contests it, too
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
        expected="a name that only one package registers",
        hint="uninstall the other packages, or register other names",
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
    found = _OURS_ALONE.get(group) or entry_points(group=f"multistatic.{group}")
    return tuple(_Registered(point) for point in found)
