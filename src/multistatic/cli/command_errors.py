"""What a command does with input that it refuses: each problem has path, value received and what was expected, also
where the command line itself is wrong, and with `--json` the problems are a JSON document on standard output.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import typer

from multistatic.errors import InputError, Problem


class ValueRefused(typer.BadParameter):
    """The value of an option is none that the option takes; the option's name is added where it is known."""

    def __init__(self, received: str, expected: str, hint: str = "") -> None:
        super().__init__(f"received {received}, expected {expected}" + (f" ({hint})" if hint else ""))
        self.received, self.expected, self.hint = received, expected, hint


def command_line_problems(error: typer.BadParameter, params: Iterable[Any], given: Mapping[str, Any]) -> list[Problem]:
    """The problems of a command line that cannot be read: a value that is refused, or all that is missing.

    params: the parameters of the command; given: the values of those that were read.
    """
    if isinstance(error, ValueRefused) and error.param is not None:
        return [Problem(_shown(error.param), error.received, error.expected, error.hint)]
    missing = [each for each in params if each.required and given.get(each.name) in (None, (), [])]
    return [Problem(_shown(each), "nothing", _expected(each)) for each in missing]


def print_problems(error: InputError) -> None:
    """Print the problems on standard output as JSON."""
    document = {"valid": False, "problems": [asdict(problem) for problem in error.problems]}
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def refuse_file_of_list(file: str | None) -> None:
    """`InputError` where a FILE is given with --list, which does not look at it."""
    if file is not None:
        raise InputError([Problem("FILE", f"{file} with --list", "--list without FILE")])


def _shown(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar or param.name.upper()).removesuffix("...")
    return str(max(param.opts, key=len))


def _expected(param: Any) -> str:
    """The help of the parameter, and the value that stands behind an option."""
    words = str(param.help).removesuffix(" Required.").rstrip(".")
    if words.split()[0][1:].islower():
        words = words[0].lower() + words[1:]
    return words if param.param_type_name == "argument" else f"{_shown(param)} {param.metavar}: {words}"
