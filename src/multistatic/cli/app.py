"""The commands in one place, and what every command shares: exit codes and where errors go."""

from __future__ import annotations

import sys

import typer

from multistatic import registry
from multistatic.cli.compare_command import compare_command
from multistatic.cli.compilation import hasten_first_compilation
from multistatic.cli.completion import run_app, with_completion
from multistatic.cli.design_command import design_command
from multistatic.cli.estimate_command import estimate_command
from multistatic.cli.export_command import export_command
from multistatic.cli.interruption import INTERRUPTED, end_like_ctrl_c
from multistatic.cli.localize_command import localize_command
from multistatic.cli.scenario_commands import check_command, init_command, schema_command
from multistatic.cli.show_command import show_command
from multistatic.cli.simulate_command import simulate_command
from multistatic.cli.study_command import study_command
from multistatic.errors import MultistaticError

WITHOUT_KERNELS = ("init", "check", "schema", "simulate", "show", "export")  # all others run compiled code

app = typer.Typer(
    name="multistatic",
    help="Design, certify and simulate multi-static integrated sensing and communications (ISAC) networks.",
    epilog="Start with: multistatic design paper --out out/paper",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init")(init_command)
app.command("check")(check_command)
app.command("schema")(schema_command)
app.command("design")(design_command)
app.command("compare")(compare_command)
app.command("simulate")(simulate_command)
app.command("localize")(localize_command)
app.command("estimate")(estimate_command)
app.command("study")(study_command)
app.command("show")(show_command)
app.command("export")(export_command)
for _command in app.registered_commands:
    _command.callback = with_completion(_command.callback)
# Groups of commands that this package registers, each in a room of its own that nothing here imports.
for _name in registry.names("commands"):
    if registry.plugin("commands", _name) is None:
        app.add_typer(registry.load("commands", _name), name=_name)


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
    if context.invoked_subcommand not in WITHOUT_KERNELS:
        hasten_first_compilation()


def main() -> None:
    """Run the command line; a deliberate error goes to stderr with its exit code, without a traceback."""
    end_like_ctrl_c()
    try:
        run_app(app)
    except MultistaticError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
