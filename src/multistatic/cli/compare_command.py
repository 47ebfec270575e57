"""`multistatic compare`: several selectors and beamformers on one scenario, in one table."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.command_errors import refuse_file_of_list
from multistatic.cli.command_help import CHOICES
from multistatic.cli.design_command import JSON, QUIET, SET
from multistatic.cli.interruption import INTERRUPTED, partial_words
from multistatic.cli.numbers import number
from multistatic.cli.option_names import options_named
from multistatic.cli.picture_options import STYLE, TITLE, picture_style
from multistatic.errors import InfeasibleError, InputError, Problem

if TYPE_CHECKING:
    from multistatic.design.compare import Comparison

DEFAULT_SELECTORS = "joint,greedy_swap,greedy,minimax_linkage,kmeans,best_n,nearest_n,random"
LIMIT_S = 60.0
SUITE = "With --suite"
# Extension point -> where its names are used.
GROUPS = {
    "selectors": "--selector, design.selector",
    "beamformers": "--beamformer, design.beamformer",
    "criteria": "design.criterion",
    "pulses": "radio.pulse",
    "channel_models": "channel.direct",
    "estimators": "estimate --estimator",
    "metrics": "metrics of a study file",
}
_PATHS = {"selectors": "--selector", "beamformers": "--beamformer", "limit": "--time-limit"}


def compare_command(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="Scenario file (TOML), name of a preset (paper, urban, city, drone_area, published_drop), or - for "
            "standard input. With --suite or --list no FILE is given.",
        ),
    ] = None,
    set_: SET = None,
    selector: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            rich_help_panel=CHOICES,
            help="Selectors to compare, separated by commas, or every for all of them. "
            f"Default: {DEFAULT_SELECTORS.replace(',', ', ')}; with --suite every one, or none if only "
            "--beamformer is given.",
        ),
    ] = None,
    beamformer: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            rich_help_panel=CHOICES,
            help="Beamformers to compare, separated by commas; with --suite also every. Default: the scenario's; with "
            "--suite every one, or none if only --selector is given.",
        ),
    ] = None,
    list_: Annotated[
        bool,
        typer.Option(
            "--list",
            rich_help_panel=CHOICES,
            help="Print the names of all registered algorithms, criteria, pulses, channel models, estimators and "
            "metrics, and exit.",
        ),
    ] = False,
    suite: Annotated[
        bool,
        typer.Option(
            "--suite", rich_help_panel=SUITE, help="Rank the methods on the fixed benchmark suite instead of one FILE."
        ),
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", rich_help_panel=SUITE, help="Run only the small instances of the suite.")
    ] = False,
    suite_version: Annotated[
        int | None,
        typer.Option(
            "--suite-version",
            metavar="NUMBER",
            rich_help_panel=SUITE,
            help="Version of the suite: 1 has one target at a known place; 2 has several targets, priors and areas. "
            "Default: 2, the newest.",
        ),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="SECONDS",
            rich_help_panel=SUITE,
            help="Time that a method may take on one instance before it is stopped. Default: 60.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the tables (CSV, JSON) and pictures (SVG, PNG).")
    ] = None,
    style: STYLE = "screen",
    title: TITLE = True,
    json_: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Compare selectors and beamformers with each other.

    On one scenario: a table with the figure of merit of each method, how much worse it is than the best of the table,
    and its time. With --suite: every registered method, those of other packages included, ranked by its distance to
    the best known values of a fixed set of instances.

    \b
    Examples:
      multistatic compare paper --selector enumeration,greedy,minimax_linkage
      multistatic compare --suite --quick --out out/leaderboard

    Duration: 1 to 4 seconds for a preset; 15 to 20 seconds more for each design with the beamformer sca. The suite
    takes about 8 minutes, with --quick about 1 minute.

    \b
    Exit codes:
      0  At least one method gave a result.
      2  The input is wrong, or no method could be run; the table says why.
      3  No method found a design that meets the requirements; the table says why.
    """
    if list_:
        refuse_file_of_list(file)
        _list(json_)
        return
    look = picture_style(style, title, out)
    if suite:
        from multistatic.cli.suite_command import compare_on_suite
        from multistatic.suite.instances import VERSION, VERSIONS
        from multistatic.suite.run import SuiteSettings

        if file is not None or set_:
            received = [f"FILE {file}"] * (file is not None) + ["--set"] * bool(set_)
            expected = "--suite without FILE and --set: the suite has its own scenarios"
            raise InputError([Problem("--suite", f"--suite with {' and '.join(received)}", expected)])
        if suite_version not in (None, *VERSIONS):
            expected = f"one of the versions {', '.join(map(str, VERSIONS))}"
            raise InputError([Problem("--suite-version", str(suite_version), expected)])
        with options_named("", _PATHS):
            settings = SuiteSettings(
                version=VERSION if suite_version is None else suite_version,
                selectors=_on_suite(selector, beamformer),
                beamformers=_on_suite(beamformer, selector),
                quick=quick,
                limit_s=LIMIT_S if time_limit is None else time_limit,
            )
            compare_on_suite(settings, out=out, style=look, json_=json_, quiet=quiet)
        return
    problems = [
        Problem(option, f"{option} without --suite", f"--suite, or no {option}")
        for option, given in (
            ("--quick", quick),
            ("--suite-version", suite_version is not None),
            ("--time-limit", time_limit is not None),
        )
        if given
    ]
    if file is None:
        problems.append(Problem("FILE", "nothing", "a scenario file, the name of a preset, --suite or --list"))
    if file is None or problems:
        raise InputError(problems)
    if out is not None:
        from multistatic.extras import require_installed

        require_installed("drawing pictures", "matplotlib")
    rows, criterion, planned = _compare(
        file, DEFAULT_SELECTORS if selector is None else selector, beamformer or "", set_, quiet
    )
    interrupted = len(rows) < planned
    if rows and out is not None:
        from multistatic.files.atomic import write_files_atomically
        from multistatic.files.comparison_files import comparison_files
        from multistatic.report.comparison import comparison_pictures

        files = comparison_files(rows, criterion, planned if interrupted else None)
        write_files_atomically(out, {**comparison_pictures(rows, criterion, look), **files})
    if rows:
        _print(rows, criterion, json_, planned if interrupted else None)
    if interrupted:
        typer.echo(partial_words("methods", len(rows), planned), err=json_ or not rows)
        raise typer.Exit(INTERRUPTED)
    if all(row.status == "not run" for row in rows):
        raise typer.Exit(InputError.exit_code)  # the rows say why
    if all(row.value is None for row in rows):
        where = "the messages of the rows say" if json_ else "the table says"
        raise InfeasibleError(f"no method found a design that meets the requirements; {where} why.")


def _on_suite(text: str | None, other: str | None) -> tuple[str, ...] | None:
    """The methods of one kind that the suite ranks, None for every one; none at all where only the other is named."""
    if text is None:
        return None if other is None else ()
    return None if text == "every" else _names(text)


def _compare(
    file: str, selectors: str, beamformers: str, set_: list[str] | None, quiet: bool
) -> tuple[tuple[Comparison, ...], str, int]:
    """The rows, the criterion, and how many rows were planned: more than there are where the user ended it."""
    from time import perf_counter

    from multistatic import registry
    from multistatic.cli.progress import shown_stages
    from multistatic.cli.shown_notes import print_note
    from multistatic.design.algorithms import require_solvers
    from multistatic.design.compare import each_method, ranked
    from multistatic.files.scenario_file import load_scenario
    from multistatic.scenario.model import JOINT

    scenario = load_scenario(file, overrides=list(set_ or []), on_note=print_note)
    chosen = (JOINT, *registry.names("selectors")) if selectors == "every" else _names(selectors)
    asked = _names(beamformers) or (registry.name_of(scenario.design.beamformer),)
    solvers = tuple(dict.fromkeys(registry.full_name("beamformers", name) for name in asked))
    with options_named("", _PATHS):
        for group, wanted in (("selectors", chosen), ("beamformers", solvers)):
            for name in wanted:
                if name != JOINT:
                    registry.origin(group, name)  # known; one that does not import is a row with the reason
    require_solvers(solvers)
    rows: list[Comparison] = []
    planned = len(chosen) * len(solvers)
    with shown_stages(quiet) as show, suppress(KeyboardInterrupt):

        def on_stage(stage: str) -> None:
            show(stage, len(rows), planned)

        for row in each_method(scenario, chosen, solvers, clock=perf_counter, on_stage=on_stage):
            rows.append(row)
    return ranked(rows), registry.name_of(scenario.design.criterion), planned


def _print(rows: tuple[Comparison, ...], criterion: str, json_: bool, planned: int | None) -> None:
    import json

    from rich.console import Console

    from multistatic.files.comparison_files import comparison_document
    from multistatic.report.summary import comparison_table

    if json_:
        typer.echo(json.dumps(comparison_document(rows, criterion, planned), indent=2, allow_nan=False))
    else:
        Console().print(comparison_table(rows, criterion))


def _names(text: str) -> tuple[str, ...]:
    """The names of a list with commas, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _list(json_: bool) -> None:
    import json

    from multistatic import registry
    from multistatic.scenario.model import JOINT
    from multistatic.study.metrics import metric_names

    listed = {group: metric_names() if group == "metrics" else registry.names(group) for group in GROUPS}
    listed["selectors"] = (JOINT, *listed["selectors"])
    if json_:
        document = {group: {"use": GROUPS[group], "names": names} for group, names in listed.items()}
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    for group, names in listed.items():
        typer.echo(f"{group} ({GROUPS[group]}): {', '.join(names)}")
