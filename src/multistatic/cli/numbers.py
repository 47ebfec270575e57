"""Numbers of options: decimal digits, as in tables."""

from __future__ import annotations

import typer

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
        hint = number_hint(text.strip())
        raise typer.BadParameter(f"{text!r} is no number" + (f": {hint}" if hint else ""))
    return float(found)
