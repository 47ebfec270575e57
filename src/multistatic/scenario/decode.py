"""From text to the raw tables of a TOML document, with caps on size and depth that hold before anything is parsed.

`tomllib` recurses into brackets and is quadratic in the length of a dotted key: both are bounded here first.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from multistatic.errors import Problem, ScenarioError

MAX_BYTES = 1 << 20
MAX_DEPTH = 32

# Strings and comments are one token each, so that brackets and dots inside them do not count. Every alternative
# matches to the end of the text if it has to: no text makes the scan look at a character more than a few times.
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*(?:"""|\Z)'
    r"|'''(?:[^']|'(?!''))*(?:'''|\Z)"
    r'|"(?:[^"\\\n]|\\[^\n])*"?'
    r"|'[^'\n]*'?"
    r"|\#[^\n]*"
    r"|[\[\]{}.]",
    re.DOTALL,
)
_KEY_END = re.compile(r"[=,\n]")


def decode_toml(text: str, source: str = "") -> dict[str, Any]:
    """The tables of a TOML document.

    Raises `ScenarioError` where the text is larger than 1 MiB, nested deeper than 32, or not TOML.
    """
    text = text.removeprefix("\ufeff")
    size = len(text.encode("utf-8", errors="surrogatepass"))
    if size > MAX_BYTES:
        raise ScenarioError([too_large(size)], source=source)
    if (line := _too_deep_line(text)) is not None:
        received = f"tables nested deeper than {MAX_DEPTH}"
        raise ScenarioError([Problem(f"line {line}", received, f"at most {MAX_DEPTH} levels")], source=source)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: not TOML, or an integer of too many digits
        raise ScenarioError([_syntax_problem(error, text)], source=source) from None


def too_large(size: int | None = None, *, most: int = MAX_BYTES) -> Problem:
    """The problem of a file over the size cap."""
    received = f"more than {most >> 20} MiB" if size is None else f"{size} bytes"
    return Problem("(file)", received, f"at most {most} bytes ({most >> 20} MiB)")


def _too_deep_line(text: str) -> int | None:
    """Line of the first bracket or dotted key that goes deeper than the cap."""
    depth = dots = last_dot = 0
    for token in _TOKEN.finditer(text):
        match token.group()[0]:
            case "[" | "{":
                depth, dots = depth + 1, 0
            case "]" | "}":
                depth, dots = max(depth - 1, 0), 0
            case ".":
                dots = 1 if _KEY_END.search(text, last_dot, token.start()) else dots + 1
                last_dot = token.end()
        if depth + dots > MAX_DEPTH:
            return text.count("\n", 0, token.start()) + 1
    return None


def _syntax_problem(error: ValueError | RecursionError, text: str) -> Problem:
    message = str(error)
    place = re.search(r"\(at line (\d+), column (\d+)\)", message)
    if place is None:
        at_end = "end of document" in message
        path = f"line {text.count(chr(10)) + 1}" if at_end else "(file)"
        return Problem(path, _short(message), "valid TOML")
    line = text.split("\n")[int(place[1]) - 1].strip()
    return Problem(
        f"line {place[1]}, column {place[2]}",
        repr(_short(line)),
        "valid TOML",
        _short(message[: place.start()].strip()),
    )


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
