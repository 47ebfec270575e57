"""Numbers of options: decimal digits, as in tables."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from multistatic.cli.command_errors import ValueRefused

_WORDS = ("nan", "inf", "-inf", "+inf")


def number(text: str | float) -> float:
    """The number that an option spells; stricter than Python's `float`, which also takes `5_48.5` and other digits."""
    if isinstance(text, int | float):  # a default
        return float(text)
    from multistatic.scenario.tables import number_hint, written_number

    found = written_number(text.strip())
    if found is None and text.strip().lower() in _WORDS:  # each command says what it expects instead
        return float(text)
    if found is None:
        raise ValueRefused(repr(text), "a number", number_hint(text.strip()) or "")
    return float(found)


def whole_number(least: float = -math.inf) -> Callable[[str | int], int]:
    """A function that gives the whole number that an option spells, `least` or more."""

    def whole(text: str | int) -> int:
        if isinstance(text, int):  # a default
            return text
        found = int(text) if re.fullmatch(r"[+-]?[0-9]{1,4000}", text.strip()) else number(text)
        if (isinstance(found, int) or found.is_integer()) and found >= least:
            return int(found)
        limit = f", {least:g} or more" if math.isfinite(least) else ""
        raise ValueRefused(repr(text), f"a whole number{limit}")

    return whole
