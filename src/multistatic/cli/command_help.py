"""How commands show their help: options in named sections, arguments without their Python types; and old names.

Option names of earlier versions are still accepted. They are shown nowhere, and are replaced before an option is read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from multistatic.cli.command_errors import command_line_problems, print_problems
from multistatic.cli.error_lines import usage_lines
from multistatic.cli.interruption import INTERRUPTED, NOTHING_KEPT
from multistatic.errors import InputError, Problem

PIPE_CLOSED = 141
"""The exit code where whatever reads the output has ended before: 128 + SIGPIPE, as of other tools."""
_USAGE_ERROR: Any = typer.BadParameter.__mro__[1]  # of click, or of the copy of it that typer brings

# Command -> the names that its options had before, each with its present name.
OLD_NAMES: dict[str, dict[str, str]] = {
    "design": {"--select": "--selector", "--beams": "--beamformer"},
    "compare": {"--selectors": "--selector", "--beamformers": "--beamformer", "--limit-s": "--time-limit"},
    "simulate": {
        "--time-offset-std": "--clock-offset-std",
        "--common-time-offset-std": "--transmitter-clock-offset-std",
        "--common-frequency-offset-std": "--transmitter-frequency-offset-std",
    },
    "estimate": {"--method": "--estimator"},
    "localize": {"--false-flags": "--false-flag-rate"},
    "table": {"--csv": "--out"},
}

# Sections of the help, in this order; options that name none come under the last.
SCENARIO, CHOICES, SEARCH = "Scenario", "Choices", "Search"
SIGNAL, RECEIVED, CLOCKS = "Transmitted signal", "What is received", "Clocks"
RUN, OUTPUT = "Running", "Output and help"
WIDEST = 26  # characters of an option's name and value beside which its description begins

_SUFFIX = re.compile(r"\s+\[(?P<words>[^]]*)\]$")


class Command(TyperCommand):
    """A command whose help has sections, and that accepts the old names of its options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line, old names replaced; `InputError` for values that are missing or refused."""
        json_ = "--json" in args
        try:
            words = present_names(args, OLD_NAMES.get(self.name or "", {}))
            try:
                return super().parse_args(ctx, words)
            except typer.BadParameter as error:
                problems = command_line_problems(error, self.get_params(ctx), ctx.params)
                if not problems:
                    raise
                raise InputError(problems) from None
        except InputError as error:
            if json_:
                print_problems(error)
            raise

    def invoke(self, ctx: Any) -> Any:
        """Run the command; with --json the problems of refused input are printed as JSON too."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            if ctx.params.get("json_"):
                print_problems(error)
            raise

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words of the usage line: an argument that may be missing is in brackets."""
        names = [(_name(each), each.required) for each in self.get_params(ctx) if each.param_type_name == "argument"]
        return ["[OPTIONS]", *(name if required else f"[{name}]" for name, required in names)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The arguments, then the options section by section."""
        sections: dict[str, list[tuple[str, str]]] = {}
        last: list[tuple[str, str]] = []
        for each in self.get_params(ctx):
            record = each.get_help_record(ctx)
            if record is None:
                continue
            name, words = record[0], _SUFFIX.sub(_default_sentence, record[1])
            if each.param_type_name == "argument":
                sections.setdefault("Arguments", []).append((_name(each), words))
                continue
            heading = getattr(each, "rich_help_panel", None)
            (last if heading in (None, OUTPUT) else sections.setdefault(heading, [])).append((name, words))
        sections[OUTPUT if len(sections) > ("Arguments" in sections) else "Options"] = last
        _write(formatter, sections)


class CommandGroup(TyperGroup):
    """A group whose help lists its commands in sections: the `rich_help_panel` of each.

    Wrong command lines are reported like all other errors. Where the reader of the output is gone (`… | head`), the
    command ends quietly with the exit code that a shell reports for such an end, 141.
    """

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line."""
        try:
            result = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except _USAGE_ERROR as error:
            if not standalone_mode:
                raise
            _show_usage_error(error)
            sys.exit(_USAGE_ERROR.exit_code)
        except typer.Abort:
            if not standalone_mode:
                raise
            typer.echo(NOTHING_KEPT, err=True)
            sys.exit(INTERRUPTED)
        except SystemExit as end:  # typer and rich end the process where a pipe is closed
            if isinstance(end.__context__, BrokenPipeError):
                sys.exit(PIPE_CLOSED)
            raise
        if standalone_mode:
            sys.exit(result if isinstance(result, int) else 0)
        return result

    def invoke(self, ctx: Any) -> Any:
        """Run the command; where it has not caught an interruption itself, nothing of its work is kept."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo(NOTHING_KEPT, err=True)
            raise typer.Exit(INTERRUPTED) from None

    def list_commands(self, ctx: Any) -> list[str]:
        """The names in the order in which the commands were added."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each section with its commands and the first sentence of each."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                heading = getattr(command, "rich_help_panel", None)
                words = command.get_short_help_str(formatter.width)
                sections.setdefault(heading if isinstance(heading, str) else "Commands", []).append((name, words))
        _write(formatter, sections)


def present_names(words: Sequence[str], old_names: dict[str, str]) -> list[str]:
    """A command line with old names of options replaced by present ones; `InputError` where an option has both.

    >>> present_names(["paper", "--select=greedy"], {"--select": "--selector"})
    ['paper', '--selector=greedy']
    """
    options = list(words[: words.index("--")] if "--" in words else words)
    given = {word.partition("=")[0] for word in options}
    problems = [
        Problem(new, f"{new} and {old}", f"one of the two: {old} is the old name of {new}")
        for old, new in old_names.items()
        if {old, new} <= given
    ]
    if problems:
        raise InputError(problems)
    renamed = []
    for word in options:
        name, equals, value = word.partition("=")
        renamed.append(f"{old_names.get(name, name)}{equals}{value}")
    return [*renamed, *words[len(options) :]]


def _show_usage_error(error: Any) -> None:
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return
    parameter = getattr(error, "param", None)
    path = getattr(error, "param_hint", None) or getattr(error, "option_name", None) or ""
    if not path and parameter is not None:
        path = _name(parameter) if parameter.param_type_name == "argument" else max(parameter.opts, key=len)
    message = error.message
    if hasattr(error, "possibilities"):  # an option that does not exist
        near = ", ".join(sorted(error.possibilities or ()))
        message = "there is no such option" + (f"; did you mean {near}?" if near else "")
    command = error.ctx.command_path if error.ctx is not None else "multistatic"
    typer.echo(usage_lines(message, path=str(path), command=command), err=True)


def _default_sentence(suffix: re.Match[str]) -> str:
    """The default that typer adds in brackets, `[default: 4.0]`, as a sentence; the usage shows what is required."""
    default = suffix["words"].partition("default: ")[2].removesuffix("; required")
    return f" Default: {default}." if default else ""


def _write(formatter: Any, sections: dict[str, list[tuple[str, str]]]) -> None:
    """Sections whose second columns begin at one place, names longer than that on lines of their own."""
    width = max((len(name) for records in sections.values() for name, _ in records if len(name) <= WIDEST), default=0)
    for heading, records in sections.items():
        with formatter.section(heading):
            formatter.write_dl([(name.ljust(width), words) for name, words in records], col_max=width)


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())
