"""Checks of values that make a scenario in Python: each problem with its path, as for a file.

Every value of `scenario.model` runs them when it is made, `dataclasses.replace` included: no scenario exists that a
later stage could not take. They look at one value at a time with plain arithmetic, a few microseconds each.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from multistatic.errors import Problem, ScenarioError
from multistatic.units import SPEED_OF_LIGHT_M_S, F, read_only

_LARGEST = 1e41  # no length, power or ratio of a network; squares of it are still finite


class Checks:
    """Problems of the fields of one value; `path` stands before each field's name."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self._plain: dict[str, float | int] = {}

    def refuse(self, name: str, received: str, expected: str, hint: str = "") -> None:
        """Note a problem of the field `name`; `received` in words."""
        where = f"{self.path}.{name}" if self.path else name
        short = received if len(received) <= 60 else f"{received[:57]}..."
        self.problems.append(Problem(where, short, expected, hint))

    def number(
        self,
        name: str,
        value: Any,
        expected: str,
        *,
        above: float = -math.inf,
        least: float = -math.inf,
        most: float = _LARGEST,
    ) -> None:
        """A real number, not NaN, above `above`, from `least` to `most`."""
        number = _as_float(value)
        if not (number > above and least <= number <= most):
            self.refuse(name, as_python(value), expected)
        elif type(value) not in (int, float):
            self._plain[name] = number

    def deviation(self, name: str, value: Any) -> None:
        """A standard deviation: 0, or a number whose square has digits, or infinite where nothing is known."""
        expected = "a standard deviation: 0, from 1e-30 to 1e30, or infinity for unknown"
        number = _as_float(value)
        limited = 0.0 < number < math.inf
        self.number(name, value, expected, least=1e-30 if limited else 0.0, most=1e30 if limited else math.inf)

    def whole(self, name: str, value: Any, expected: str, *, least: int, most: int) -> None:
        """A whole number from `least` to `most`."""
        if not (_is_whole(value) and least <= int(value) <= most):
            self.refuse(name, as_python(value), expected)
        else:
            self._plain[name] = int(value)

    def text(self, name: str, value: Any) -> None:
        """A name: printable, no blanks around it."""
        if not (isinstance(value, str) and value and value.isprintable() and value == value.strip()):
            self.refuse(name, as_python(value), "printable text without spaces at its beginning or end")

    def one_of(self, name: str, value: Any, known: Collection[Any]) -> None:
        """One of a few words or whole numbers."""
        comparable = value is None or isinstance(value, str) or _is_whole(value)
        if not (comparable and value in known):
            self.refuse(name, as_python(value), "one of " + ", ".join(map(str, known)))
        elif _is_whole(value):
            self._plain[name] = int(value)

    def kind(self, name: str, value: Any, kind: type, *, optional: bool = False) -> bool:
        """A value of this class, or None where `optional`."""
        if isinstance(value, kind) or (optional and value is None):
            return True
        self.refuse(name, f"a {type(value).__name__}", f"a {kind.__name__}")
        return False

    def several(self, name: str, values: Any, kind: type) -> tuple[Any, ...]:
        """A tuple of values of one class; an empty one where they are not."""
        if not isinstance(values, tuple | list):
            self.refuse(name, f"a {type(values).__name__}", f"a tuple of {kind.__name__}")
            return ()
        wrong = [each for each in values if not isinstance(each, kind)]
        if wrong:
            self.refuse(name, f"an entry of type {type(wrong[0]).__name__}", f"a tuple of {kind.__name__}")
        return () if wrong else tuple(values)

    def settings(self, name: str, values: Any) -> None:
        """A tuple of settings objects of algorithms, each of a class of its own (`registry.algorithm`)."""
        if not isinstance(values, tuple):
            self.refuse(name, f"a {type(values).__name__}", "a tuple of settings objects")
            return
        kinds = [type(each) for each in values]
        for kind in dict.fromkeys(kinds):
            if not hasattr(kind, "algorithm"):
                self.refuse(name, f"an entry of type {kind.__name__}", "settings objects of algorithms")
            elif kinds.count(kind) > 1:
                self.refuse(
                    name,
                    f"{kinds.count(kind)} entries of type {kind.__name__}",
                    "one settings object for each algorithm",
                )

    def vector(self, name: str, value: ArrayLike, expected: str = "finite coordinates [x, y] or [x, y, z]") -> F:
        """Three finite coordinates, read-only; of two the third is 0."""
        entries = real_array(value)
        if entries.shape not in ((2,), (3,)):
            received = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else as_python(value)
            self.refuse(name, received, expected)
            return read_only(np.zeros(3))
        if not all(abs(each) < _LARGEST for each in entries.tolist()):  # NaN and infinities are not either
            self.refuse(name, str(entries.tolist()), expected)
            return read_only(np.zeros(3))
        return read_only([*entries.tolist(), 0.0][:3])

    def velocity(self, name: str, value: ArrayLike) -> F:
        """A vector slower than light."""
        vector = self.vector(name, value, "a finite velocity [vx, vy] or [vx, vy, vz]")
        if not math.hypot(*vector.tolist()) < SPEED_OF_LIGHT_M_S:
            self.refuse(name, str(vector.tolist()), "a speed below that of light")
        return vector

    def done(self, checked: object) -> None:
        """Raise `ScenarioError` with every problem that was found. Numbers of NumPy become Python's in `checked`: not
        all arithmetic takes them.
        """
        if self.problems:
            raise ScenarioError(self.problems)
        for name, number in self._plain.items():
            object.__setattr__(checked, name, number)


def real_array(value: ArrayLike) -> F:
    """The array of real numbers; an empty one where it is none: words, complex numbers, rows of different lengths."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return np.empty(0)
    return array.astype(np.float64) if array.dtype.kind in "fiu" else np.empty(0)


def as_python(value: object) -> str:
    """A value as it is written in Python, on one line; NumPy's scalars as plain numbers."""
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a whole number of {value.bit_length()} bits"
    return " ".join(repr(value.item() if isinstance(value, np.generic) else value).split())


def _is_whole(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Integral)


def _as_float(value: Any) -> float:
    """The real number; NaN where it is none, or where no double holds it."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def coordinates(position_m: F) -> tuple[float, ...]:
    """A position to a micrometre: what is nearer than that is one place for every radio wave."""
    return tuple(round(each, 6) + 0.0 for each in position_m.tolist())
