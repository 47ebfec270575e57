"""`multistatic compare`: several selectors and beamformers on one scenario, in one table."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.design_command import JSON, QUIET, SET, one_of_two
from multistatic.cli.interruption import INTERRUPTED, partial_words
from multistatic.cli.numbers import number
from multistatic.errors import InputError

if TYPE_CHECKING:
    from multistatic.design.compare import Comparison

DEFAULT_SELECTORS = "joint,greedy_swap,greedy,minimax_linkage,kmeans,best_n,nearest_n,random"
LIMIT_S = 60.0
GROUPS = ("selectors", "beamformers", "criteria", "pulses", "channel_models")


def compare_command(
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="Scenario file, preset, or - for stdin.")] = None,
    selector: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help=f"Comma-separated, or `every`. [default: {DEFAULT_SELECTORS}; suite: every]"
        ),
    ] = None,
    beamformer: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Comma-separated. [default: the scenario's; suite: every one]"),
    ] = None,
    selectors: Annotated[str | None, typer.Option("--selectors", metavar="NAMES", hidden=True)] = None,
    beamformers: Annotated[str | None, typer.Option("--beamformers", metavar="NAMES", hidden=True)] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for tables (CSV, JSON) and pictures (SVG, PNG).")] = None,
    suite: Annotated[bool, typer.Option("--suite", help="Rank methods on the frozen benchmark suite instead.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="With --suite: the small instances only.")] = False,
    limit_s: Annotated[
        float | None,
        typer.Option(parser=number, metavar="SECONDS", help="With --suite: for a method on an instance. [default: 60]"),
    ] = None,
    set_: SET = None,
    list_: Annotated[bool, typer.Option("--list", help="List every registered algorithm and stop.")] = False,
    json_: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Compare selectors and beamformers on one scenario under its criterion: value, gap to the best, time.

    Example: multistatic compare paper --selector enumeration,greedy,minimax_linkage --set
    requirements.cooperation_cost_m=100

    With --suite every registered method, your own included, is ranked by its gap to the best-known values.
    Example: multistatic compare --suite --quick --out out/leaderboard

    Exit codes: 0 done, 2 bad input, or no method could be run (each row says why).
    """
    if list_:
        _list()
        return
    selectors = one_of_two("selector", selector, "selectors", selectors)
    beamformers = one_of_two("beamformer", beamformer, "beamformers", beamformers)
    if suite:
        from multistatic.cli.suite_command import compare_on_suite

        if file is not None or set_:
            raise typer.BadParameter("the suite is frozen: it takes no FILE and no --set", param_hint="--suite")
        compare_on_suite(
            None if selectors in (None, "every") else _names(selectors or ""),
            None if beamformers in (None, "every") else _names(beamformers or ""),
            quick=quick,
            limit_s=LIMIT_S if limit_s is None else limit_s,
            out=out,
            json_=json_,
            quiet=quiet,
        )
        return
    if quick or limit_s is not None:
        raise typer.BadParameter("--quick and --limit-s belong to the suite", param_hint="--suite")
    if file is None:
        raise typer.BadParameter("give a scenario FILE, or --list", param_hint="FILE")
    if out is not None:
        from multistatic.extras import require_installed

        require_installed("drawing pictures", "matplotlib")
    rows, criterion, planned = _compare(
        file, DEFAULT_SELECTORS if selectors is None else selectors, beamformers or "", set_, quiet
    )
    interrupted = len(rows) < planned
    if rows and out is not None:
        from multistatic.files.atomic import write_files_atomically
        from multistatic.files.comparison_files import comparison_files
        from multistatic.report.comparison import comparison_pictures

        files = comparison_files(rows, criterion, planned if interrupted else None)
        write_files_atomically(out, {**comparison_pictures(rows, criterion), **files})
    if rows:
        _print(rows, criterion, json_, planned if interrupted else None)
    if interrupted:
        typer.echo(partial_words("methods", len(rows), planned), err=json_ or not rows)
        raise typer.Exit(INTERRUPTED)
    if all(row.status == "not run" for row in rows):
        raise typer.Exit(InputError.exit_code)  # the rows say why


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
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _list() -> None:
    from multistatic import registry

    typer.echo("design: joint (group and beams together, certified), or a selector and then its beams")
    for group in GROUPS:
        typer.echo(f"{group}: {', '.join(registry.names(group))}")
