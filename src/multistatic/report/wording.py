"""Numbers as people read them: three digits and the unit that fits."""

from __future__ import annotations

import math
from collections.abc import Iterable

from multistatic.registry import fact, name_of
from multistatic.scenario.model import Choice
from multistatic.units import F

LONGEST_NAME = 20
_PREFIXES = {-12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def quantity(value: float | None, unit: str) -> str:
    """`0.0123, "s"` as `12.3 ms`; nothing as a dash."""
    if value is None:
        return "–"
    exponent = _thousands(value)
    scaled = value / 10.0**exponent
    digits = f"{scaled:.3g}" if abs(scaled) < 999.5 else f"{scaled:.0f}"
    return f"{digits} {_PREFIXES[exponent]}{unit}"


def error_apart(covariance_m2: F | None) -> str:
    """`horizontal 1.6 mm, vertical 3.6 mm` of a covariance [3, 3] of the position: roots of the variances in the plane
    together, and of the one along z. Empty where there is none, or no height is unknown.
    """
    if covariance_m2 is None or len(covariance_m2) < 3:
        return ""
    horizontal_m, vertical_m = math.sqrt(covariance_m2[0, 0] + covariance_m2[1, 1]), math.sqrt(covariance_m2[2, 2])
    return f"horizontal {quantity(horizontal_m, 'm')}, vertical {quantity(vertical_m, 'm')}"


def common_unit(values: Iterable[float], unit: str) -> tuple[float, str]:
    """How many of a unit with one prefix for all `values` there are in one of `unit`, and its name: `1e6, "µs"`."""
    exponent = _thousands(max((abs(value) for value in values), default=0.0))
    return 10.0**-exponent, f"{_PREFIXES[exponent]}{unit}"


def time_unit(times_s: Iterable[float]) -> tuple[float, str]:
    """`common_unit` of times, never above seconds: nobody counts in kiloseconds."""
    factor, unit = common_unit(times_s, "s")
    return (1.0, "s") if factor < 1.0 else (factor, unit)


def one_unit(values: Iterable[float], unit: str) -> tuple[str, list[str]]:
    """A column of a table: its unit, with one prefix for all `values`, and the numbers with so many decimals (at most
    three) that the smallest keeps three digits; a dash for what is not finite.
    """
    column = [float(value) for value in values]
    finite = [abs(value) for value in column if math.isfinite(value)]
    least = min((value for value in finite if value > 0.0), default=1.0)
    factor, name = common_unit(finite, unit)
    if 0.0 < factor * least < 5e-4:  # it would read 0.000: one prefix less for all
        factor, name = common_unit([1e-3 / factor], unit)
    smallest = factor * least
    decimals = min(max(2 - math.floor(math.log10(smallest)), 0), 3)
    return name, [f"{factor * value:.{decimals}f}" if math.isfinite(value) else "–" for value in column]


def percent(ratio: float | None) -> str:
    """A relative change: `+3.2 %`; what is below a millionth counts as nothing."""
    return "–" if ratio is None else f"{in_percent(ratio)} %"


def in_percent(ratio: float | None) -> str:
    """`percent` without its sign, for a column that has it in its head: `+3.2`."""
    if ratio is None:
        return "–"
    if abs(ratio) < 1e-6:
        return "0"
    return f"{100 * ratio:+.2g}" if abs(ratio) < 1 else f"{100 * ratio:+.0f}"


def short_name(name: str) -> str:
    """A name as it fits into a picture. A longer one loses its middle: names that belong together differ at the end."""
    end = (LONGEST_NAME - 1) // 2
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1 - end]}…{name[-end:]}"


def criterion_name(criterion: Choice, unit: str = "") -> str:
    """What a criterion measures, with its unit: the one that it states of itself, else `unit`."""
    unit = fact("criteria", criterion, "unit", unit)
    return f"{criterion_words(criterion)} ({unit})" if unit else criterion_words(criterion)


def criterion_scale(criterion: Choice, largest: float, unit: str = "") -> tuple[float, str]:
    """The factor that brings values up to `largest` into reach, and the label of an axis of scaled values."""
    return axis_scale(criterion_words(criterion), fact("criteria", criterion, "unit", unit), largest)


def criterion_words(criterion: Choice) -> str:
    """What a criterion says that it measures, else its name."""
    return str(fact("criteria", criterion, "words", name_of(criterion)))


def axis_scale(words: str, unit: str, largest: float) -> tuple[float, str]:
    """As `criterion_scale`, for any quantity."""
    exponent = _thousands(largest)
    if unit:
        return 10.0**-exponent, f"{words} ({_PREFIXES[exponent]}{unit})"
    raised = str(exponent).translate(RAISED)
    return 10.0**-exponent, words if exponent == 0 else f"{words} (×10{raised})"


def _thousands(value: float) -> int:
    """The power of a thousand, as an exponent of ten, that leaves 1 to 999 of `value`, as far as prefixes go."""
    if value == 0 or not math.isfinite(value):
        return 0
    # Rounded to three digits first: 0.9999 m is 1 m, not 1000 mm.
    exponent = 3 * math.floor(math.log10(float(f"{abs(value):.3g}")) / 3 + 1e-12)
    return min(max(exponent, min(_PREFIXES)), max(_PREFIXES))
