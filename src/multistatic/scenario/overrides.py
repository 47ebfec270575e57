"""`KEY=VALUE` overrides of a scenario's raw tables: `transmitter.antennas=20`, `receivers.site[0].antennas=4`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Sequence
from typing import Any

from multistatic.errors import Problem
from multistatic.scenario.decode import MAX_DEPTH
from multistatic.scenario.target_tables import target_key, which_target, with_numbered_target
from multistatic.scenario.twins import COUNTS, WORD_OR_TABLE, replaced_by

_KEY = re.compile(r"[A-Za-z0-9_-]+(?:\[\d{1,5}\])?(?:\.[A-Za-z0-9_-]+(?:\[\d{1,5}\])?)*")
_STEP = re.compile(r"[A-Za-z0-9_-]+|\[\d+\]")
_NESTING = re.compile(r"[\[{]")
_BARE_WORD = re.compile(r"(?<=[\[{,=\s])[A-Za-z_][\w.-]*(?=\s*[,\]}])")


def apply_overrides(raw: dict[str, Any], overrides: Sequence[str]) -> list[Problem]:
    """Writes each override into `raw` (in place), in order; the problems of those that cannot be written.

    An override replaces what the file says in another way (`scenario.twins`): `target.position_m` its `position_llh`.
    Two overrides that contradict each other both stay, for the check to name.
    """
    problems = []
    written: set[str] = set()
    for override in overrides:
        key, equals, value = override.partition("=")
        key = target_key(raw, key.strip())
        if not equals or not is_key(key):
            problems.append(
                Problem("--set", repr(override[:80]), "KEY=VALUE with a dotted key", "transmitter.antennas=20")
            )
            continue
        parsed, lost = _value(value.strip())
        if lost:
            problems.append(Problem(key, f"--set {override[:80]}", "a TOML value", lost.format(key=key)))
        elif (reason := write_key(raw, key, parsed)) is not None:
            problems.append(Problem(key, f"--set {override[:80]}", reason))
        else:
            written.add(key)
            drop_twins(raw, key, kept=written)
    return problems


def is_key(key: str) -> bool:
    """True for a dotted key of a scenario file, `receivers.site[0].antennas` style."""
    return _KEY.fullmatch(with_numbered_target(key)) is not None and key.count(".") < MAX_DEPTH


def _value(text: str) -> tuple[Any, str]:
    """The TOML value that `text` spells, or `text` itself: `--set radio.pulse=sinc` needs no quotes.

    A list or table that is not valid TOML has usually lost its quotes in the shell: then also the text to write
    instead.
    """
    if len(text) > 4096 or len(_NESTING.findall(text)) > 10 * MAX_DEPTH:
        return text, ""
    try:
        document = tomllib.loads(f"value = {text}")
    except ValueError:
        if not text.startswith(("[", "{")):
            return text, ""
        quoted = _BARE_WORD.sub(lambda word: f'"{word[0]}"', text)[:120].replace("{", "{{").replace("}", "}}")
        return text, f"the shell removes quotes; write --set '{{key}}={quoted}'"
    return (document["value"], "") if list(document) == ["value"] else (text, "")


def write_key(raw: dict[str, Any], key: str, value: Any) -> str | None:
    """Writes one value into `raw` (in place); what was expected where the key leads nowhere, and `raw` as it was."""
    key = target_key(raw, key)
    if expected := which_target(raw, key):
        return expected
    steps = _steps(key)
    for path in WORD_OR_TABLE:
        owner = _table_at(raw, _steps(path)[:-1]) if key.startswith(f"{path}.") else None
        if owner is not None and isinstance(owner.get(str(_steps(path)[-1])), str):
            owner.pop(str(_steps(path)[-1]))
    if expected := _missing(raw, steps):
        return expected
    place: Any = raw
    for step in steps[:-1]:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    place[steps[-1]] = value
    return None


def _missing(raw: dict[str, Any], steps: Sequence[str | int]) -> str:
    """What `steps` need and do not find; an empty text if they lead to a value or can be added as new tables."""
    place: Any = raw
    for depth, step in enumerate(steps):
        if isinstance(step, int):
            if not isinstance(place, list):
                return f"a list at {_path(steps[:depth])}{_stated_instead(raw, steps[:depth])}"
            if step >= len(place):
                return f"an index below {len(place)}"
        elif not isinstance(place, dict):
            return f"a table that can have the key {step}"
        place = place[step] if isinstance(step, int) else place.get(step, {})
    return ""


def _stated_instead(raw: dict[str, Any], steps: Sequence[str | int]) -> str:
    """What to do where a list of which an entry is set is not there; names the key that states it in another way."""
    path, owner = _path(steps), _table_at(raw, steps[:-1]) or {}
    stated = [name for name in replaced_by(path) if isinstance(owner.get(name), list)]
    if not stated:
        return ": set the whole list instead of an entry"
    other = path.removesuffix(str(steps[-1])) + stated[0]
    return f", but the scenario states {other}: set an entry of {other}, or the whole list {path}"


def drop_twins(raw: dict[str, Any], key: str, kept: Collection[str] = ()) -> None:
    """Removes from `raw` (in place) what the value at `key` replaces; not the keys of `kept`, which were set as well.

    An entry of a list, `target.position_llh[0]`, replaces what the list replaces, and a key of a table, as
    `target.prior.position_std_m`, what the table replaces.
    """
    key, kept = target_key(raw, key), [target_key(raw, each) for each in kept]
    steps = _steps(key)
    for depth in range(1, len(steps)):
        _drop_beside(raw, steps[:depth], kept)
    while steps and isinstance(steps[-1], int):
        steps.pop()
    parents = [_table_at(raw, steps[:depth]) for depth in range(len(steps))]
    owner = parents[-1] if parents else None
    if owner is None or not isinstance(steps[-1], str):
        return
    _drop_beside(raw, steps, kept)
    prefix = _path(steps).removesuffix(steps[-1])
    for name in _counterpart(owner, steps[-1]):
        if not _was_set(prefix + name, kept):
            owner.pop(name, None)
    # The size that an array table now states replaces the node's own number of antennas.
    if len(steps) > 1 and steps[-1] in ("antennas", "shape") and parents[-2] is not None:
        for count, array in COUNTS:
            counted = _path([*steps[:-2], count])
            if steps[-2] == array and not _was_set(counted, kept):
                parents[-2].pop(count, None)


def _drop_beside(raw: dict[str, Any], steps: Sequence[str | int], kept: Collection[str]) -> None:
    """Removes the keys beside the last of `steps` that say the same as it, but for those of `kept`."""
    owner, path, last = _table_at(raw, steps[:-1]), _path(steps), steps[-1]
    if owner is None or not isinstance(last, str):
        return
    for name in replaced_by(path):
        if not _was_set(path.removesuffix(last) + name, kept):
            owner.pop(name, None)


def _counterpart(owner: dict[str, Any], key: str) -> list[str]:
    """A number of antennas replaces an array that states its own size, and an array that does so replaces a number."""
    for count, array in COUNTS:
        table = owner.get(array)
        if key in (count, array) and isinstance(table, dict):
            sized = table.get("kind") != "ula" or "antennas" in table
            return [array if key == count else count] if sized else []
    return []


def _was_set(path: str, kept: Collection[str]) -> bool:
    return any(each == path or each.startswith((f"{path}.", f"{path}[")) for each in kept)


def _steps(key: str) -> list[str | int]:
    return [int(step[1:-1]) if step[0] == "[" else step for step in _STEP.findall(key)]


def _path(steps: Sequence[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _table_at(raw: dict[str, Any], steps: Sequence[str | int]) -> dict[str, Any] | None:
    """The table that `steps` lead to; None where there is none."""
    place: Any = raw
    for step in steps:
        if isinstance(step, int):
            place = place[step] if isinstance(place, list) and step < len(place) else None
        else:
            place = place.get(step) if isinstance(place, dict) else None
    return place if isinstance(place, dict) else None
