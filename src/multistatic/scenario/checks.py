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
        real = type(value) is not bool and isinstance(value, Real)
        if not (real and float(value) > above and least <= float(value) <= most):
            self.refuse(name, shown(value), expected)

    def deviation(self, name: str, value: Any) -> None:
        """A standard deviation: 0 or more, infinite where nothing is known."""
        self.number(name, value, "a standard deviation of 0 or more, infinity for unknown", least=0.0, most=math.inf)

    def whole(self, name: str, value: Any, expected: str, *, least: int, most: int) -> None:
        """A whole number from `least` to `most`."""
        if type(value) is bool or not isinstance(value, Integral) or not least <= int(value) <= most:
            self.refuse(name, shown(value), expected)

    def text(self, name: str, value: Any) -> None:
        """A name: printable, no blanks around it."""
        if not (isinstance(value, str) and value and value.isprintable() and value == value.strip()):
            self.refuse(name, shown(value), "printable text without blanks around it")

    def one_of(self, name: str, value: Any, known: Collection[Any]) -> None:
        """One of a few words."""
        if not any(value is each or value == each for each in known):
            self.refuse(name, shown(value), "one of " + ", ".join(map(str, known)))

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
            self.refuse(name, f"a {type(wrong[0]).__name__} among them", f"a tuple of {kind.__name__}")
        return () if wrong else tuple(values)

    def vector(self, name: str, value: ArrayLike, expected: str = "finite coordinates [x, y] or [x, y, z]") -> F:
        """Three finite coordinates, read-only; of two the third is 0."""
        try:
            entries = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            entries = np.empty(0)
        if entries.shape not in ((2,), (3,)):
            received = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else shown(value)
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

    def done(self) -> None:
        """Raise `ScenarioError` with every problem that was found."""
        if self.problems:
            raise ScenarioError(self.problems)


def shown(value: object) -> str:
    """A value as it is written in Python; NumPy's scalars as plain numbers."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def coordinates(position_m: F) -> tuple[float, ...]:
    """A position to a micrometre: what is nearer than that is one place for every radio wave."""
    return tuple(round(each, 6) + 0.0 for each in position_m.tolist())
