"""`KEY=VALUE` overrides of a scenario's raw tables: `transmitter.antennas=20`, `receivers.site[0].antennas=4`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

from multistatic.errors import Problem
from multistatic.scenario.decode import MAX_DEPTH

_KEY = re.compile(r"[A-Za-z0-9_-]+(?:\[\d{1,5}\])?(?:\.[A-Za-z0-9_-]+(?:\[\d{1,5}\])?)*")
_STEP = re.compile(r"[A-Za-z0-9_-]+|\[\d+\]")
_NESTING = re.compile(r"[\[{]")


def apply_overrides(raw: dict[str, Any], overrides: Sequence[str]) -> list[Problem]:
    """Writes each override into `raw` (in place), in order; the problems of those that cannot be written."""
    problems = []
    for override in overrides:
        key, equals, value = override.partition("=")
        key = key.strip()
        if not equals or not is_key(key):
            problems.append(
                Problem("--set", repr(override[:80]), "KEY=VALUE with a dotted key", "transmitter.antennas=20")
            )
        elif (reason := write_key(raw, key, _value(value.strip()))) is not None:
            problems.append(Problem(key, f"--set {override[:80]}", reason))
    return problems


def is_key(key: str) -> bool:
    """True for a dotted key of a scenario file, `receivers.site[0].antennas` style."""
    return _KEY.fullmatch(key) is not None and key.count(".") < MAX_DEPTH


def _value(text: str) -> Any:
    """The TOML value that `text` spells, or `text` itself: `--set radio.pulse=sinc` needs no quotes."""
    if len(text) > 4096 or len(_NESTING.findall(text)) > 10 * MAX_DEPTH:
        return text
    try:
        document = tomllib.loads(f"value = {text}")
    except ValueError:
        return text
    return document["value"] if list(document) == ["value"] else text


def write_key(raw: dict[str, Any], key: str, value: Any) -> str | None:
    """Writes one value into `raw` (in place); what was expected where the key leads nowhere."""
    steps: list[str | int] = [int(step[1:-1]) if step[0] == "[" else step for step in _STEP.findall(key)]
    place: Any = raw
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int):
            if not isinstance(place, list) or step >= len(place):
                return f"an index below {len(place)}" if isinstance(place, list) else "a list to index"
        elif not isinstance(place, dict):
            return f"a table to hold {step}"
        if following is None:
            place[step] = value
        else:
            place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    return None
