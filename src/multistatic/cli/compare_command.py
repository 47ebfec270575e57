"""`multistatic compare`: several selectors and beamformers on one scenario, in one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.design_command import JSON, QUIET, SET, one_of_two
from multistatic.cli.numbers import number
from multistatic.cli.picture_options import STYLE, TITLE, picture_style
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
    style: STYLE = "screen",
    title: TITLE = True,
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
    look = picture_style(style, title)
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
            style=look,
            json_=json_,
            quiet=quiet,
        )
        return
    if quick or limit_s is not None:
        raise typer.BadParameter("--quick and --limit-s belong to the suite", param_hint="--suite")
    if file is None:
        raise typer.BadParameter("give a scenario FILE, or --list", param_hint="FILE")
    rows, criterion = _compare(
        file, DEFAULT_SELECTORS if selectors is None else selectors, beamformers or "", set_, quiet
    )
    if out is not None:
        from multistatic.files.atomic import write_files_atomically
        from multistatic.files.comparison_files import comparison_files
        from multistatic.report.comparison import comparison_pictures

        files = comparison_files(rows, criterion)
        write_files_atomically(out, {**comparison_pictures(rows, criterion, look), **files})
    _print(rows, criterion, json_)
    if all(row.status == "not run" for row in rows):
        raise typer.Exit(InputError.exit_code)  # the rows say why


def _compare(
    file: str, selectors: str, beamformers: str, set_: list[str] | None, quiet: bool
) -> tuple[tuple[Comparison, ...], str]:
    from multistatic import registry
    from multistatic.cli.progress import shown_stages
    from multistatic.cli.shown_notes import print_note
    from multistatic.files.scenario_file import load_scenario
    from multistatic.scenario.model import JOINT
    from multistatic.study.timed_comparison import compare as run

    scenario = load_scenario(file, overrides=list(set_ or []), on_note=print_note)
    chosen = (JOINT, *registry.names("selectors")) if selectors == "every" else _names(selectors)
    asked = _names(beamformers) or (registry.name_of(scenario.design.beamformer),)
    solvers = tuple(dict.fromkeys(registry.full_name("beamformers", name) for name in asked))
    for group, wanted in (("selectors", chosen), ("beamformers", solvers)):
        for name in wanted:
            if name != JOINT:
                registry.origin(group, name)  # known; one that does not import is a row with the reason
    with shown_stages(quiet) as on_stage:
        rows = run(scenario, chosen, solvers, on_stage=on_stage)
    return rows, registry.name_of(scenario.design.criterion)


def _print(rows: tuple[Comparison, ...], criterion: str, json_: bool) -> None:
    import json

    from rich.console import Console

    from multistatic.files.comparison_files import comparison_document
    from multistatic.report.summary import comparison_table

    if json_:
        typer.echo(json.dumps(comparison_document(rows, criterion), indent=2, allow_nan=False))
    else:
        Console().print(comparison_table(rows, criterion))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _list() -> None:
    from multistatic import registry

    typer.echo("design: joint (group and beams together, certified), or a selector and then its beams")
    for group in GROUPS:
        typer.echo(f"{group}: {', '.join(registry.names(group))}")
