"""How errors look on stderr: one shape for a file, an option and a wrong command line.

The first line names the place and the number of problems, `error: network.toml: 2 problems`; each problem has a line of
its own below it, with its path. The place is the file, or the option or key where all problems are of one; it is
`command line` for several options and `input` where none is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from multistatic.errors import InputError, MultistaticError

COMMAND_LINE, INPUT = "command line", "input"
# Names by which functions know their own problems: they are no files of the user.
_PARTS = ("", "build_scenario", "estimate", "localize", "measurements", "search", "sites")
_INSIDE_A_FILE = re.compile(r"(, | )(line|row|record|column) .*$")


def error_lines(error: MultistaticError) -> str:
    """The error as it is printed.

    >>> from multistatic.errors import Problem
    >>> print(error_lines(InputError([Problem("--time-limit", "0", "seconds above 0")])))
    error: --time-limit: 1 problem
      --time-limit: received 0, expected seconds above 0
    """
    if not isinstance(error, InputError):
        return f"error: {error}"
    known = error.source in _PARTS or error.source.endswith("Settings")
    place = _place([each.path for each in error.problems]) if known else error.source
    return _lines(place, [str(each) for each in error.problems])


def usage_lines(message: str, *, path: str, command: str) -> str:
    """A wrong command line in the same shape.

    message: what is wrong. path: the option or argument that it is about, empty where there is none. command: whose
    help explains it.

    >>> print(usage_lines("'0' is not a whole number", path="--workers", command="multistatic study"))
    error: --workers: 1 problem
      --workers: '0' is not a whole number (see multistatic study --help)
    """
    words = f"{message.rstrip('.')} (see {command} --help)"
    return _lines(path or COMMAND_LINE, [f"{path}: {words}" if path else words])


def _lines(place: str, problems: Sequence[str]) -> str:
    count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
    return "\n  ".join([f"error: {place}: {count}", *problems])


def _place(paths: Sequence[str]) -> str:
    """The file, the option or the key that all problems are about."""
    places = {_INSIDE_A_FILE.sub("", path) for path in paths}
    if len(places) == 1:
        return places.pop() or INPUT
    return COMMAND_LINE if places and all(each.startswith("--") for each in places) else INPUT
