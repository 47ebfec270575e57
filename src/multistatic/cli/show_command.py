"""`multistatic show`: what a study has found so far, as a table and as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from multistatic.cli.command_help import CHOICES
from multistatic.cli.design_command import JSON
from multistatic.cli.picture_options import STYLE, TITLE, picture_style
from multistatic.cli.study_command import print_whole
from multistatic.errors import InputError, Problem


def show_command(
    store: Annotated[
        Path, typer.Argument(metavar="STORE", help="Store of a study (.sqlite), complete or still running.")
    ],
    metric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=CHOICES,
            help="Show only this metric (`multistatic study --list` prints the names). May be repeated. Default: all "
            "metrics of the study.",
        ),
    ] = None,
    relative: Annotated[
        str | None,
        typer.Option(
            "--relative-to",
            metavar="METHOD",
            rich_help_panel=CHOICES,
            help="Divide each value by the value of this method of the study in the same trial.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the pictures (SVG, PNG) and captions of each metric.")
    ] = None,
    style: STYLE = "screen",
    title: TITLE = True,
    json_: JSON = False,
) -> None:
    """Show the results of a study as tables and pictures.

    For each point and method: the estimate with its confidence interval, and the trials that failed. All methods of a
    trial are computed for the same random draw, so --relative-to shows small differences between methods.

    A study over one number is drawn as lines, over two numbers as a heatmap, over places as a map, and over words as
    rows.

    \b
    Examples:
      multistatic show study.sqlite --out out/study
      multistatic show study.sqlite --metric peb_m --relative-to greedy

    Duration: about 3 seconds, with pictures about 5 seconds.

    \b
    Exit codes:
      0  The results were shown.
      2  The input is wrong; each problem is named.
    """
    from multistatic.files.study_reader import read_results
    from multistatic.report.study_table import results_document, results_table

    width = picture_style(style, title, out)
    if out is not None:
        from multistatic.report.style import require_matplotlib

        require_matplotlib()
    results = read_results(store)
    digest = results.digest()
    if relative is not None:
        from multistatic.study.relative import relative_to

        results = relative_to(results, relative)
    known = [each.name for each in results.metrics]
    problems = [
        Problem("--metric", repr(name), "one of " + ", ".join(known)) for name in metric or [] if name not in known
    ]
    if problems:
        raise InputError(problems)
    if out is not None:
        from multistatic.files.atomic import write_files_atomically
        from multistatic.report.study_plots import study_picture_names, study_pictures

        pictures = study_pictures(results, metric, style=width)
        if pictures:
            write_files_atomically(out, pictures, stale=study_picture_names(results, metric))
    if json_:
        import json

        typer.echo(json.dumps(results_document(results, metric, digest), indent=2, ensure_ascii=False, allow_nan=False))
        return
    from rich.console import Console

    print_whole(results_table(results, metric, digest))
    console = Console()
    if out is not None:
        for name in pictures:
            console.print(f"wrote {out / name}", highlight=False, soft_wrap=True)
