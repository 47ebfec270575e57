"""Swept keys and their values: lists as they are, ranges spelled out, dotted keys out of nested tables."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from multistatic.errors import Problem
from multistatic.study.study_schema import MAX_VALUES, RangeTable

RANGE_KEYS = frozenset(RangeTable.model_fields)


def flattened(table: Mapping[str, Any], *, ranges: bool = False) -> dict[str, Any]:
    """Dotted keys of a nested table: TOML reads `radio.samples = 64` as a table in a table.

    With `ranges`, a table with one of a range's keys is a value, not a table of keys.
    """
    flat: dict[str, Any] = {}
    for key, value in table.items():
        nested = isinstance(value, dict) and value and not (ranges and RANGE_KEYS.intersection(value))
        flat |= (
            {f"{key}.{inner}": item for inner, item in flattened(value, ranges=ranges).items()}
            if nested
            else {key: value}
        )
    return flat


def range_problem(path: str, axis: RangeTable) -> Problem | None:
    """What the keys of a range must agree on."""
    if axis.step is not None and not axis.step > 0:
        return Problem(f"{path}.step", f"{axis.step:g}", "more than 0")
    if (axis.step is None) == (axis.count is None):
        return Problem(path, "both" if axis.step is not None else "neither step nor count", "either step or count")
    if axis.scale == "log" and axis.count is None:
        return Problem(path, "scale = 'log' with a step", "scale = 'log' with a count")
    if axis.scale == "log" and not (axis.start > 0 and axis.stop > 0):
        return Problem(path, f"start = {axis.start:g}, stop = {axis.stop:g}", "positive ends on a logarithmic scale")
    if not axis.start < axis.stop:
        return Problem(path, f"start = {axis.start:g}, stop = {axis.stop:g}", "start below stop")
    if axis.step is not None and (axis.stop - axis.start) / axis.step >= MAX_VALUES:
        return Problem(path, f"{(axis.stop - axis.start) / axis.step:.3g} values", f"at most {MAX_VALUES}")
    return None


def axis_values(axis: list[Any] | RangeTable) -> tuple[Any, ...]:
    """The values of an axis in their order; whole numbers where start and step are whole.

    Steps are added in decimal: 0.1, 0.2, 0.3 and not 0.30000000000000004.
    """
    if not isinstance(axis, RangeTable):
        return tuple(axis)
    if axis.step is None:
        assert axis.count is not None
        space = np.geomspace if axis.scale == "log" else np.linspace
        values = [float(f"{value:.12g}") for value in space(axis.start, axis.stop, axis.count)]
    else:
        first, step, last = (Decimal(str(value)) for value in (axis.start, axis.step, axis.stop))
        values = [float(first + number * step) for number in range(int((last - first) / step) + 1)]
    # A key such as `antennas` takes whole numbers only, and TOML distinguishes 10 from 10.0: the file's own spelling
    # decides.
    whole = all(isinstance(end, int) for end in (axis.start, axis.stop, axis.step if axis.step is not None else 0))
    if whole and all(value.is_integer() for value in values):
        return tuple(int(value) for value in values)
    return tuple(values)
