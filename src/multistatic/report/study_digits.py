"""One number of decimals for all numbers of a column or of a heatmap."""

from __future__ import annotations

import math
from collections.abc import Iterable

from multistatic.report.axis_labels import power_of_ten

_SPREAD = 1e6  # beyond this, decimals of the smallest would make the largest unreadable


def common_decimals(values: Iterable[float], also: Iterable[float] = (), digits: int = 4) -> int | None:
    """So many decimals that the smallest of `values` that is not 0 keeps `digits` digits, fewer where all of them and
    of `also` (the ends of intervals) end in zeros; None where the values span too much for that.

    >>> common_decimals([1202.0, 3331.0], [526.8, 17990.0])
    0
    >>> common_decimals([0.5, 1.0])
    1
    """
    known = [float(value) for value in values if math.isfinite(value)]
    sizes = [abs(value) for value in known if value != 0.0]
    if not sizes:
        return 0
    if max(sizes) > _SPREAD * min(sizes):
        return None
    decimals = max(digits - 1 - math.floor(math.log10(min(sizes))), 0)
    shown = [*known, *(float(value) for value in also)]
    while decimals and all(f"{value:.{decimals}f}".endswith("0") for value in shown):
        decimals -= 1
    return decimals


def with_decimals(value: float, decimals: int | None, digits: int = 4) -> str:
    """A number with these decimals; with so many significant digits where there are no common ones."""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    number = f"{value:.{digits}g}"
    return power_of_ten(number) if "e" in number else number
