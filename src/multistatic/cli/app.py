"""The commands in one place, and what every command shares: exit codes and where errors go."""

from __future__ import annotations

import sys

import typer

from multistatic import registry
from multistatic.cli.command_help import Command, CommandGroup
from multistatic.cli.compare_command import compare_command
from multistatic.cli.compilation import hasten_first_compilation
from multistatic.cli.completion import run_app, with_completion
from multistatic.cli.design_command import design_command
from multistatic.cli.error_lines import error_lines
from multistatic.cli.estimate_command import estimate_command
from multistatic.cli.export_command import export_command
from multistatic.cli.interruption import INTERRUPTED, NOTHING_KEPT, end_like_ctrl_c
from multistatic.cli.localize_command import localize_command
from multistatic.cli.scenario_commands import check_command, init_command, schema_command
from multistatic.cli.show_command import show_command
from multistatic.cli.simulate_command import simulate_command
from multistatic.cli.study_command import study_command
from multistatic.errors import MultistaticError

SCENARIOS, DESIGNS, SIGNALS = "Scenario files", "Designs", "Signals and positions"  # sections of the help
STUDIES, OTHERS = "Studies of many trials", "The paper"
WITHOUT_KERNELS = ("init", "check", "schema", "simulate", "show", "export")  # all others run compiled code

app = typer.Typer(
    name="multistatic",
    help=(
        "Design, certify and simulate multi-static integrated sensing and communications (ISAC) networks.\n\n"
        "`multistatic COMMAND --help` explains a command, with an example and its duration."
    ),
    epilog="Start with: multistatic design paper --out out/paper",
    cls=CommandGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init", cls=Command, rich_help_panel=SCENARIOS)(init_command)
app.command("check", cls=Command, rich_help_panel=SCENARIOS)(check_command)
app.command("schema", cls=Command, rich_help_panel=SCENARIOS)(schema_command)
app.command("design", cls=Command, rich_help_panel=DESIGNS)(design_command)
app.command("compare", cls=Command, rich_help_panel=DESIGNS)(compare_command)
app.command("simulate", cls=Command, rich_help_panel=SIGNALS)(simulate_command)
app.command("estimate", cls=Command, rich_help_panel=SIGNALS)(estimate_command)
app.command("localize", cls=Command, rich_help_panel=SIGNALS)(localize_command)
app.command("study", cls=Command, rich_help_panel=STUDIES)(study_command)
app.command("show", cls=Command, rich_help_panel=STUDIES)(show_command)
app.command("export", cls=Command, rich_help_panel=STUDIES)(export_command)
for _command in app.registered_commands:
    _command.callback = with_completion(_command.callback)
# Groups of commands that this package registers, each in a room of its own that nothing here imports.
for _name in registry.names("commands"):
    if registry.plugin("commands", _name) is None:
        app.add_typer(registry.load("commands", _name), name=_name, rich_help_panel=OTHERS)


def _version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        typer.echo(f"multistatic {version('multistatic')}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
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
        typer.echo(error_lines(error), err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo(NOTHING_KEPT, err=True)
        sys.exit(INTERRUPTED)
