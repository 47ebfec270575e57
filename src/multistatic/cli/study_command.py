"""`multistatic study`: a sweep of thousands of trials from one file, on every core or a cluster, safe to interrupt."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.command_errors import refuse_file_of_list
from multistatic.cli.command_help import RUN
from multistatic.cli.design_command import JSON, QUIET
from multistatic.cli.interruption import INTERRUPTED, TRIALS_KEPT
from multistatic.cli.numbers import whole_number
from multistatic.errors import InputError, MultistaticError, Problem

STUDY = "Study"  # a section of the help

if TYPE_CHECKING:
    from rich.console import RenderableType

    from multistatic.study.plan import Study
    from multistatic.study.results import StudyResults


def study_command(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE", help="Study file (TOML), or - for standard input. With --list no FILE is given."
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            rich_help_panel=STUDY,
            help="Override a key of the study file, for example trials=10. Put lists, tables and quoted text into "
            "single quotes. May be repeated.",
        ),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=STUDY,
            help="SQLite file in which the results are stored. Default: the name of FILE with .sqlite, in this folder.",
        ),
    ] = None,
    list_: Annotated[
        bool,
        typer.Option("--list", rich_help_panel=STUDY, help="Print the metrics that a study can store, and exit."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            rich_help_panel=RUN,
            help="Run nothing but two trials twice each, and print the points, the number of trials, the memory and "
            "the time that the study will need.",
        ),
    ] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume/--restart",
            rich_help_panel=RUN,
            help="Continue with the results in the store, or delete them and start again.",
        ),
    ] = True,
    workers: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(1),
            metavar="N",
            rich_help_panel=RUN,
            help="Number of worker processes. Default: one for each processor core.",
        ),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            rich_help_panel=RUN,
            help="Run on the workers of this Dask scheduler, for example tcp://host:8786.",
        ),
    ] = None,
    retries: Annotated[
        int,
        typer.Option(
            parser=whole_number(0),
            metavar="N",
            rich_help_panel=RUN,
            help="Number of times that a failed trial is run again.",
        ),
    ] = 2,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed", rich_help_panel=RUN, help="Also run the trials again that failed in an earlier run."
        ),
    ] = False,
    json_: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Run a study: many trials of a scenario, swept and compared.

    Each trial is one random draw of the scenario; every method is applied to the same draw. Results go into a store
    as they arrive. After an interruption, run the same command again to continue. The results do not depend on the
    number of workers.

    \b
    Examples:
      multistatic study examples/studies/antennas.toml --dry-run
      multistatic study examples/studies/antennas.toml --workers 2

    Duration: that of its designs; --dry-run measures it first. The example takes about 9 seconds.

    \b
    Exit codes:
      0  All trials were done.
      1  Some trials failed (they are shown and stored), or workers were lost.
      2  The input is wrong; each problem is named.
    """
    if list_:
        refuse_file_of_list(file)
        _list(json_)
        return
    if file is None:
        raise InputError([Problem("FILE", "nothing", "a study file, - for standard input, or --list")])
    from multistatic.files.study_file import load_study, store_path
    from multistatic.files.study_reader import read_results

    loaded = load_study(file, overrides=list(set_ or []))
    _require_installed(loaded, dask)
    _print_notes(loaded)
    if dry_run:
        _dry_run(loaded, workers, None if dask else os.cpu_count(), json_, quiet)
        return
    place = store if store is not None else store_path(file)
    if not resume:
        _drop(place)
    _run(place, loaded, workers, dask, retries=retries, retry_failed=retry_failed, quiet=quiet)
    results = read_results(place)
    _report(results, place, json_)
    if failed := int(results.failed().any(axis=1).sum()):
        raise MultistaticError(f"{failed} trials failed; run with --retry-failed to try them again")


def _run(
    place: Path, loaded: Study, workers: int | None, dask: str | None, *, retries: int, retry_failed: bool, quiet: bool
) -> None:
    """Run what is left of the study; Ctrl-C ends the command with what is stored."""
    from multistatic.cli.study_progress import shown_progress
    from multistatic.files.study_file import chosen_workers, run_into

    try:
        with shown_progress(loaded, quiet) as on_progress:
            run_into(
                place,
                loaded,
                lambda: chosen_workers(workers, dask=dask),
                retries=retries,
                retry_failed=retry_failed,
                on_progress=on_progress,
            )
    except KeyboardInterrupt:
        typer.echo(TRIALS_KEPT.format(place=f"{place} holds"), err=True)
        raise typer.Exit(INTERRUPTED) from None


def _require_installed(loaded: Study, dask: str | None) -> None:
    """Optional packages are looked for before anything is run or dropped; workers of a cluster have their own."""
    from multistatic.design.algorithms import require_solvers
    from multistatic.extras import require_installed

    if dask is None:
        require_solvers(loaded.beamformers)
    else:
        require_installed("--dask", "distributed")


def _print_notes(loaded: Study) -> None:
    """What may not be meant in the scenario of the first point; a value of a sweep is not looked at."""
    from multistatic.cli.shown_notes import print_note
    from multistatic.errors import ScenarioError

    template = loaded.points[0].templates[0]
    drops = loaded.drops.get(template.channel_folder or "")
    try:
        scenario = template.drawn(channel=None if drops is None else drops.channel(0))
    except ScenarioError:  # the trials that draw it report it
        return
    for note in [*template.notes(scenario), *template.channel_repeats()]:
        print_note(note)


def _list(json_: bool) -> None:
    from multistatic.study.metrics import metric, metric_names

    metrics = {name: metric(name) for name in metric_names()}
    if json_:
        _print_json(
            [{"name": name, "description": each.description, "unit": each.unit} for name, each in metrics.items()]
        )
        return
    for name, found in metrics.items():
        typer.echo(f"{name}: {found.description}" + (f", in {found.unit}" if found.unit not in ("", "1") else ""))


def _drop(place: Path) -> None:
    """Remove a store; what is none is not ours to remove."""
    from multistatic.files.file_errors import reason_of
    from multistatic.files.study_reader import read_results

    if not place.exists():
        return
    try:
        read_results(place)
    except InputError as error:
        hint = "if it is to go, delete it by hand"
        raise InputError([replace(problem, hint=hint) for problem in error.problems], source=str(place)) from error
    try:
        for ending in ("", "-wal", "-shm", "-journal"):
            place.with_name(place.name + ending).unlink(missing_ok=True)
    except OSError as error:
        raise InputError([Problem(str(place), reason_of(error), "a file that can be removed")]) from error


def _dry_run(loaded: Study, workers: int | None, cores: int | None, json_: bool, quiet: bool) -> None:
    """`cores` of this machine; None where a cluster does the work."""
    from multistatic.cli.progress import shown_stages
    from multistatic.report.study_plan import plan_document, plan_table
    from multistatic.study.cost import measured_cost

    count = workers or cores or os.cpu_count() or 1
    with shown_stages(quiet) as show:
        show("running trial 0 of the first and the last point, each twice")
        cost = measured_cost(loaded)
    if json_:
        _print_json(plan_document(loaded, cost, count, cores))
        return
    print_whole(plan_table(loaded, cost, count, cores))


def _report(results: StudyResults, place: Path, json_: bool) -> None:
    from multistatic.report.study_table import results_document, results_table

    if json_:
        _print_json({"store": str(place), **results_document(results)})
        return
    from rich.console import Console

    print_whole(results_table(results))
    console = Console()
    console.print(f"wrote {place}", highlight=False, soft_wrap=True)


def print_whole(shown: RenderableType) -> None:
    """Print in full width where the output is no terminal: a table in a file need not be squeezed. A width that
    COLUMNS states is kept.
    """
    from rich.console import Console
    from rich.measure import Measurement

    console = Console()
    if not console.is_terminal and not os.environ.get("COLUMNS"):
        needed = Measurement.get(console, console.options.update(max_width=10_000), shown).maximum
        console = Console(width=max(console.width, needed))
    console.print(shown)


def _print_json(document: object) -> None:
    import json

    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
