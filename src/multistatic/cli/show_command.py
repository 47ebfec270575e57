"""`multistatic show`: what a study has found so far, as a table and as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from multistatic.cli.design_command import JSON
from multistatic.cli.picture_options import STYLE, TITLE, picture_style
from multistatic.cli.study_command import print_whole
from multistatic.errors import InputError, Problem


def show_command(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="Store of a study, also while it is running.")],
    metric: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this metric; repeatable.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for a picture (SVG and PNG) of each metric, and captions.txt.")
    ] = None,
    style: STYLE = "screen",
    title: TITLE = True,
    relative: Annotated[
        str | None,
        typer.Option("--relative-to", metavar="METHOD", help="Each value over METHOD's in the same trial."),
    ] = None,
    json_: JSON = False,
) -> None:
    """Show a study: estimates with confidence intervals, failures, and pictures.

    A study over one number is drawn as lines, over two numbers as a heatmap, over places as a map, and over words as
    rows. All methods of a trial see one draw: --relative-to shows how they differ where draws differ more than methods.

    Example: multistatic show study.sqlite --out out/study
    """
    from multistatic.files.study_reader import read_results
    from multistatic.report.study_table import results_document, results_table

    width = picture_style(style, title)
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
        from multistatic.report.study_plots import study_pictures

        pictures = study_pictures(results, metric, style=width)
        if pictures:
            write_files_atomically(out, pictures)
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
