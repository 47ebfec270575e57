"""Times of measurements as text with enough digits to distinguish them, Unix times too."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_DIGITS = 6
_MOST_DECIMALS = 9
_STEP_S = 0.01  # of a single time


def times_text(times_s: Sequence[float], scale: float = 1.0) -> list[str]:
    """`scale`·t for each time, six digits where these distinguish the times, else as many decimals as needed.

    >>> times_text([0.001, 0.002], scale=1e3)
    ['1', '2']
    >>> times_text([1760000000.5, 1760000000.625])
    ['1760000000.50', '1760000000.62']
    """
    values = [scale * time_s for time_s in times_s]
    short = [f"{value:.{_DIGITS}g}" for value in values]
    different = len(set(times_s))
    if len(set(short)) == different and not any("e+" in text for text in short):
        return short
    for decimals in range(_MOST_DECIMALS + 1):
        written = [f"{value:.{decimals}f}" for value in values]
        if len(set(written)) == different and _close(written, values):
            return written
    return [repr(value) for value in values]


def _close(written: Sequence[str], values: Sequence[float]) -> bool:
    """Rounding moves no time by more than a tenth of the shortest step between two of them."""
    ordered = sorted(set(values))
    step = min((late - early for early, late in pairwise(ordered)), default=_STEP_S)
    return all(abs(float(text) - value) <= 0.1 * step for text, value in zip(written, values, strict=True))
