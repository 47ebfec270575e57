"""Every exception that the package raises on purpose, and the hint at a misspelt name.

::

    MultistaticError                   exit code 1
    ├── InputError                     exit code 2   every problem at once, each with its path
    │   ├── ScenarioError                            … of a scenario file or of values that make one
    │   └── PluginError                              … what another package raised or returned
    ├── MissingDependencyError         exit code 2   an optional extra is not installed
    ├── InfeasibleError                exit code 3   which constraint, and what would make it feasible
    └── VerificationError              exit code 4   a result failed the check that follows every solve

Algorithms do not raise for an infeasible instance: they return a result with this status. The exception is for
callers that need a design.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The name of `known` that is spelled most like `name`; empty if none has a similarity of `cutoff` (0 to 1) or
    more.

    >>> nearest("recievers", ["receivers", "radio"])
    'receivers'
    """
    from difflib import get_close_matches  # only where something was misspelt

    # Its time grows with the lengths and the number of names, and a bad file can hold any.
    near = get_close_matches(name[:64], list(known)[:1000], n=1, cutoff=cutoff)
    return near[0] if near else ""


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The hint with the `nearest` name; empty if there is none."""
    near = nearest(name, known, cutoff=cutoff)
    return f"did you mean {near}?" if near else ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input.

    path: where it is: key, file and line, or argument.
    received: the value received.
    expected: what was expected.
    hint: suggestion; empty: none.
    """

    path: str
    received: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.path or '(file)'}: received {self.received}, expected {self.expected}"
        return f"{text} ({self.hint})" if self.hint else text


class MultistaticError(Exception):
    """Base class of all exceptions that the package raises on purpose; `exit_code` is the exit code of the command
    line.

    >>> from multistatic import load_preset
    >>> try:
    ...     load_preset("no such preset")
    ... except MultistaticError as error:
    ...     print(error.exit_code)
    2
    """

    exit_code = 1


class InputError(MultistaticError):
    """The input cannot be used.

    problems: every reason, in the order of the input, each with path, value received and what was expected.
    source: name of the input in the message.

    >>> from multistatic.errors import Problem
    >>> InputError([Problem("target.position_m", "[1]", "two or three coordinates")]).problems[0].path
    'target.position_m'
    """

    exit_code = 2

    def __init__(self, problems: Iterable[Problem], *, source: str = "") -> None:
        self.problems = tuple(problems)
        self.source = source
        count = len(self.problems)
        head = f"{source or 'input'}: {count} problem{'s' if count != 1 else ''}"
        super().__init__("\n  ".join([head, *map(str, self.problems)]))

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is copied, and comes back from another process, by `type(self)(*self.args)`: the message is not
        # what this constructor takes.
        return partial(type(self), source=self.source), (self.problems,), self.__dict__


class ScenarioError(InputError):
    """A scenario cannot be used, from a file or from Python values; `problems` has every reason.

    >>> from multistatic import build_scenario
    >>> try:
    ...     build_scenario()
    ... except ScenarioError as error:
    ...     print(error.problems[0].path)
    radio
    """


class PluginError(InputError):
    """An algorithm of another package cannot be imported, raised an exception, or returned what it may not return."""


class MissingDependencyError(MultistaticError):
    """An optional dependency is not installed; the message has the command that installs it.

    >>> MissingDependencyError.exit_code
    2
    """

    exit_code = 2


class InfeasibleError(MultistaticError):
    """No design meets the requirements; the message names the constraint and what would make the scenario feasible.

    >>> InfeasibleError.exit_code
    3
    """

    exit_code = 3


class VerificationError(MultistaticError):
    """The independent recomputation of a result did not confirm it.

    >>> VerificationError.exit_code
    4
    """

    exit_code = 4
