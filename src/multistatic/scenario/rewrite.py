"""Changing one line of a scenario file and leaving every other one, with its comments, as it is."""

from __future__ import annotations

import json
import re

from multistatic.errors import InputError, Problem
from multistatic.scenario.decode import decode_toml

_TABLE = re.compile(r"^\s*\[")
_CHANNEL = re.compile(r"^\s*\[\s*channel\s*\]\s*(#.*)?$")
_DIRECT = re.compile(r"^\s*direct\s*[.=]")


def with_channel_file(text: str, file: str) -> str:
    """The text of a scenario with `direct = { file = … }` in its table `[channel]`, in the place of what it said.

    Raises `InputError` where the text has no such table on lines of its own, or says it in a way that spans lines.
    """
    lines = text.splitlines(keepends=True)
    begin = next((i for i, line in enumerate(lines) if _CHANNEL.match(line)), None)
    if begin is None:
        raise InputError([Problem("channel", "no line [channel]", "a table that begins with the line [channel]")])
    end = next((i for i in range(begin + 1, len(lines)) if _TABLE.match(lines[i])), len(lines))
    kept = [line for line in lines[begin + 1 : end] if not _DIRECT.match(line)]
    said = f"direct = {{ file = {json.dumps(file, ensure_ascii=False)} }}  # channels of a file (docs/channels.md)\n"
    changed = "".join([*lines[: begin + 1], said, *kept, *lines[end:]])
    found = decode_toml(changed)["channel"]["direct"]
    if found != {"file": file}:
        raise InputError([Problem("channel.direct", repr(found)[:60], "a key on one line")])
    return changed
