"""Where echoes are too weak for the bounds to be reached, in words."""

from __future__ import annotations

from multistatic.design.accuracy import WEAK_ECHO
from multistatic.design.result import Design
from multistatic.design.weak_points import WeakPoints, weak_points
from multistatic.report.text_table import unbroken
from multistatic.units import ratio_to_db

_NAMED_AT_MOST = 4


def weak_in_words(design: Design) -> str:
    """Of one point the receivers with a weak echo, of several points at how many; empty where all echoes suffice."""
    found = weak_points(design)
    if found is None or not found.some:
        return ""
    level = f"block SNR below {ratio_to_db(WEAK_ECHO):.0f} dB"
    if found.counted > 1:
        return _of_points(found, level)
    rest = len(found.receivers) - _NAMED_AT_MOST
    names = ", ".join(map(unbroken, found.receivers[:_NAMED_AT_MOST])) + (f" and {rest} more" if rest > 0 else "")
    return f"{names}: {level}; there the peak is often noise, and the bounds are not reached"


def _of_points(found: WeakPoints, level: str) -> str:
    """`at 238 of 370 points at a cooperating receiver at least, at 35 of them at all …`"""
    where = f"at {found.some} of {found.counted} points at one cooperating receiver at least"
    if found.all == found.some:
        where = f"at {found.all} of {found.counted} points at all cooperating receivers"
    elif found.all:
        where += f", at {found.all} of them at all"
    return f"{where}: {level}; the bounds are not reached there (longer blocks or more power help)"
