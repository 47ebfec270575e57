"""Ctrl-C and a request to end (SIGTERM): both end a command with exit code 130, and may leave what is finished."""

from __future__ import annotations

import signal
from types import FrameType

INTERRUPTED = 130
"""The exit code of an interrupted command."""
NOTHING_KEPT = "Interrupted: no complete result was written; run the same command again to start from the beginning."
TRIALS_KEPT = "Interrupted: {place} every finished trial; run the same command again, without --restart, to continue."
"""For commands that run studies; `place`: the store, and that it holds."""


def end_like_ctrl_c() -> None:
    """From now on SIGTERM raises `KeyboardInterrupt`, as Ctrl-C does: commands keep what is finished."""
    signal.signal(signal.SIGTERM, _interrupt)


def partial_words(what: str, finished: int, planned: int) -> str:
    """What there is where the user ended the command, and how to get the rest.

    >>> print(partial_words("methods", 3, 8))
    Interrupted: 3 of 8 methods are finished; the results hold only these. The same command begins again with the first.
    """
    again = "The same command begins again with the first."
    if not finished:
        return f"Interrupted: none of {planned} {what} is finished; nothing was written. {again}"
    return f"Interrupted: {finished} of {planned} {what} are finished; the results hold only these. {again}"


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
