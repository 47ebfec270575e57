"""The commands in one place, and what every command shares: exit codes and where errors go."""

from __future__ import annotations

import sys

import typer

from multistatic.cli.compare_command import compare
from multistatic.cli.compilation import hasten_first_compilation
from multistatic.cli.design_command import design
from multistatic.cli.estimate_command import estimate
from multistatic.cli.export_command import export
from multistatic.cli.figure_commands import add_figures
from multistatic.cli.localize_command import localize
from multistatic.cli.reproduce_commands import reproduce
from multistatic.cli.scenario_commands import check, init, schema
from multistatic.cli.show_command import show
from multistatic.cli.simulate_command import simulate
from multistatic.cli.study_command import study
from multistatic.errors import MultistaticError

INTERRUPTED = 130
COMPILING = ("design", "compare", "study", "reproduce", "estimate", "localize")  # commands that use compiled kernels

app = typer.Typer(
    name="multistatic",
    help="Design, certify and simulate multi-static integrated sensing and communications (ISAC) networks.",
    epilog="Start with: multistatic design paper --out out/paper",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(init)
app.command()(check)
app.command()(schema)
app.command()(design)
app.command()(compare)
app.command()(simulate)
app.command()(localize)
app.command()(estimate)
app.command()(study)
app.command()(show)
app.command()(export)
add_figures(reproduce)
app.add_typer(reproduce, name="reproduce")


def _version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        typer.echo(f"multistatic {version('multistatic')}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Hold the options that come before a command."""
    if context.invoked_subcommand in COMPILING:
        hasten_first_compilation()


def main() -> None:
    """Run the command line; a deliberate error goes to stderr with its exit code, without a traceback."""
    try:
        app()
    except MultistaticError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
