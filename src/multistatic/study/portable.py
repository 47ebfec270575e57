"""Callables that travel to worker processes, and what distinguishes them in a store."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from multiprocessing.reduction import ForkingPickler
from types import CodeType
from typing import Any

import numpy as np

from multistatic.channel.channel import Channel
from multistatic.errors import InputError, Problem
from multistatic.registry import place_of
from multistatic.scenario.algorithm_settings import algorithm_name, as_table
from multistatic.scenario.given_channel import GivenChannel

_ALONE = "workers=1 runs it in this process"


def require_portable(choices: Mapping[str, Any]) -> None:
    """`InputError` with every callable that worker processes could not find: they import the module that it is in."""
    problems = [
        Problem(
            key, f"the callable {place_of(choice)}", "a function at the top level of a module, for processes", _ALONE
        )
        for key, choice in choices.items()
        if callable(choice) and not _is_portable(choice)
    ]
    if problems:
        raise InputError(problems)


def identity_of(choice: Any) -> str:
    """What a store keeps of an algorithm that was given as a value: of a callable module and qualified name. Lambdas
    and functions inside of functions share theirs with others: a digest of their code, and of the numbers and texts
    that they hold, follows. Of channels it is a digest, of a settings object what it says.
    """
    if isinstance(choice, str):
        return choice
    if isinstance(choice, Channel | GivenChannel | np.ndarray):
        direct = np.ascontiguousarray(getattr(choice, "direct", choice))
        return f"channels of shape {list(direct.shape)} {_digest((str(direct.dtype), direct.tobytes()))}"
    if not callable(choice):
        return f"{algorithm_name(choice)} {as_table(choice)}"
    place = place_of(choice)
    function = getattr(choice, "func", choice)
    code = getattr(function, "__code__", None)
    if "<" not in place or code is None:
        return place
    cells = [each.cell_contents for each in function.__closure__ or ()]
    captured = [each for each in cells if isinstance(each, str | int | float | complex | tuple)]
    return f"{place} {_digest((_instructions(code), captured))}"


def _instructions(code: CodeType) -> tuple[object, ...]:
    """What a function does, without where it stands."""
    constants = [_instructions(each) if isinstance(each, CodeType) else each for each in code.co_consts]
    return (code.co_code, code.co_names, constants)


def _digest(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()[:12]


def _is_portable(choice: Any) -> bool:
    try:
        ForkingPickler.dumps(choice)
    except Exception:  # noqa: BLE001 - each kind of object refuses in its own way
        return False
    # What an interactive session or a notebook defines is in no file that a process could import.
    interactive = not hasattr(sys.modules["__main__"], "__file__")
    return not (interactive and place_of(choice).startswith("__main__:"))
