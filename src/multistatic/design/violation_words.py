"""What a failed verification found, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

# What a violation is of a limit of, and how; all others are of figures that were reported and recomputed.
_LIMITS = {
    "rate": "a rate is below its requirement by {percent}",
    "power": "the transmit power exceeds its limit by {percent}",
    "cost": "the cooperation cost exceeds its limit by {percent}",
    "illumination bound": "the illumination exceeds its upper bound by {percent}",
    "number of receivers": "the number of receivers differs from design.receivers by {number}",
}


def worst_violation(violations: Mapping[str, float]) -> str:
    """The largest of the relative `violations` (`Verification.violations`), and what it is of.

    >>> worst_violation({"power": 0.0, "cost": 3.5})
    'the cooperation cost exceeds its limit by 350 %'
    >>> worst_violation({"reported rates": 0.01})
    'reported rates: the value differs by 1 % from the value recomputed from the beams'
    """
    name, error = max(violations.items(), key=lambda item: item[1])
    percent = f"{100 * error:.3g} %"
    if name in _LIMITS:
        return _LIMITS[name].format(percent=percent, number=f"{error:g}")
    return f"{name}: the value differs by {percent} from the value recomputed from the beams"
