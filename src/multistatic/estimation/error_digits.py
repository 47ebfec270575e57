"""A value and its standard deviation in one unit, with as many decimals as the deviation needs."""

from __future__ import annotations

import math
from collections.abc import Iterable

# Decimals where nothing is known about the errors, and the most that are ever written.
_PLAIN, _MOST = 3, 12


def error_decimals(deviations: Iterable[float]) -> int:
    """How many decimals leave the smallest of the standard deviations two digits; those that are 0, infinite or NaN do
    not count.

    >>> error_decimals([0.129, 3.4])
    2
    """
    known = [std for std in deviations if math.isfinite(std) and std > 0.0]
    if not known:
        return _PLAIN
    return min(max(0, 1 - math.floor(math.log10(min(known)))), _MOST)


def fixed(value: float, decimals: int) -> str:
    """The value with so many decimals, never "-0.0".

    >>> fixed(-0.04, 1)
    '0.0'
    """
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def with_error(value: float, std: float, unit: str) -> str:
    """The value and its standard deviation, both in `unit`.

    >>> with_error(922.71984, 0.1293, "ns")
    '922.72 ± 0.13 ns'
    """
    decimals = error_decimals([std])
    return f"{fixed(value, decimals)} ± {fixed(std, decimals)} {unit}"
