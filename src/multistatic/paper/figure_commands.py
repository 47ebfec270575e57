"""`multistatic reproduce fig2` … `fig7` and `all`: the paper's figures from the studies that come with the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.design_command import QUIET
from multistatic.cli.picture_options import STYLE, TITLE, picture_style
from multistatic.errors import MultistaticError

if TYPE_CHECKING:
    from multistatic.report.style import PictureStyle

FIGURES = {
    "fig2": "accuracy against the rate that every receiver must get",
    "fig3": "accuracy against the number of transmit antennas",
    "fig4": "accuracy against the number of receive antennas",
    "fig5": "ways to select receivers under two limits of the cooperation cost",
    "fig6": "number of cooperating receivers, four ways to select them, both pulses",
    "fig7": "a matched filter beside its bound over transmit power",
}

Quick = Annotated[bool, typer.Option("--quick", help="Few trials: the fewest that give medians an interval.")]
Out = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        help="Folder for stores, pictures, CSV files, and the pages claims.md and report.html; of one figure alone, "
        "fig3_claims.md and fig3_report.html.",
    ),
]
WorkerCount = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; default: one a core.")]
OUT = Path("figures")


def reproduce_figures(
    names: tuple[str, ...], out: Path, *, quick: bool, workers: int | None, quiet: bool, style: PictureStyle
) -> None:
    """Run the studies of the figures in turn, each into its store in `out`, and write their files and pages."""
    from multistatic.cli.study_progress import shown_progress
    from multistatic.files.atomic import write_files_atomically
    from multistatic.files.study_file import chosen_workers, run_into
    from multistatic.files.study_reader import read_results
    from multistatic.paper.claims_table import claims_page
    from multistatic.paper.figure_pictures import figure_files
    from multistatic.paper.figure_study import QUICK_TRIALS, load_figure
    from multistatic.paper.figures_page import figures_page
    from multistatic.report.style import require_matplotlib

    require_matplotlib()
    write_files_atomically(out, {})
    found, drawn = {}, dict[str, bytes]()
    for name in names:
        study, place = load_figure(name, QUICK_TRIALS if quick else None), out / f"{name}.sqlite"
        with shown_progress(study, quiet) as on_progress:
            run_into(place, study, lambda: chosen_workers(workers), on_progress=on_progress)
        found[name] = read_results(place)
        files = figure_files(name, found[name], style=style)
        drawn |= files
        write_files_atomically(out, files)
        if not quiet:
            typer.echo("\n".join(f"wrote {out / file}" for file in (place.name, *files)))
    prefix = "" if names == tuple(FIGURES) else f"{'_'.join(names)}_"
    pages = {f"{prefix}claims.md": claims_page(found).encode(), f"{prefix}report.html": figures_page(found, drawn)}
    write_files_atomically(out, pages)
    if not quiet:
        typer.echo("\n".join(f"wrote {out / page}" for page in pages))
    if failed := sum(int(results.failed().any(axis=1).sum()) for results in found.values()):
        raise MultistaticError(f"{failed} trials failed; `multistatic show` of a store tells which")


def _command(names: tuple[str, ...]) -> Callable[..., None]:
    def command(
        quick: Quick = False,
        out: Out = OUT,
        workers: WorkerCount = None,
        style: STYLE = "screen",
        title: TITLE = True,
        quiet: QUIET = False,
    ) -> None:
        width = picture_style(style, title)
        reproduce_figures(names, out, quick=quick, workers=workers, quiet=quiet, style=width)

    return command


def add_figures(group: typer.Typer) -> None:
    """One command a figure, and `all`."""
    for name, shows in FIGURES.items():
        text = f"Figure {name[3:]}: {shows}.\n\nExample: multistatic reproduce {name} --quick"
        group.command(name, help=text)(_command((name,)))
    text = (
        "Figures 2 to 7 and a page of the paper's claims.\n\nExample: multistatic reproduce all --quick --out figures"
    )
    group.command("all", help=text)(_command(tuple(FIGURES)))
