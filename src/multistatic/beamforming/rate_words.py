"""Numbers in messages: as many digits as the message needs."""

from __future__ import annotations

from collections.abc import Iterable

_MOST_DIGITS = 17


def distinct_digits(value: float, others: Iterable[float], digits: int = 4) -> str:
    """`value` with at least `digits` significant digits, and as many as tell it from each of the `others`.

    A rate of 0.99999 is not one of 1 where 1 is what was required. Equal numbers stay equal.
    """
    different = [other for other in others if other != value]
    for count in range(digits, _MOST_DIGITS):
        text = f"{value:.{count}g}"
        if all(f"{other:.{count}g}" != text for other in different):
            return text
    return f"{value:.{_MOST_DIGITS}g}"
