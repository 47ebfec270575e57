"""`multistatic reproduce fig2` … `fig7` and `all`: the paper's figures from the studies that come with the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.command_help import RUN, Command
from multistatic.cli.design_command import QUIET
from multistatic.cli.interruption import INTERRUPTED, TRIALS_KEPT
from multistatic.cli.numbers import whole_number
from multistatic.cli.picture_options import STYLE, TITLE, picture_style
from multistatic.errors import MultistaticError

if TYPE_CHECKING:
    from multistatic.report.style import PictureStyle

FIGURES = {
    "fig2": "accuracy against the required rate",
    "fig3": "accuracy against the number of transmit antennas",
    "fig4": "accuracy against the number of receive antennas",
    "fig5": "ways to select receivers, two cost limits",
    "fig6": "number of cooperating receivers, both pulses",
    "fig7": "a matched filter and its bound against power",
}
# With --quick on 2 cores.
DURATIONS = {
    "fig2": "6 seconds",
    "fig3": "5 seconds",
    "fig4": "40 seconds",
    "fig5": "40 seconds",
    "fig6": "40 seconds",
    "fig7": "100 seconds",
    "all": "4 minutes",
}

Quick = Annotated[
    bool,
    typer.Option(
        "--quick",
        rich_help_panel=RUN,
        help="Run 6 trials at each point instead of 100: the fewest for which a median has a 95 % interval.",
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        help="Folder for stores, pictures, CSV files and two pages: claims.md and report.html; for one figure their "
        "names begin with that of the figure, as fig3_claims.md.",
    ),
]
WorkerCount = Annotated[
    int | None,
    typer.Option(
        "--workers",
        parser=whole_number(1),
        metavar="N",
        rich_help_panel=RUN,
        help="Number of worker processes. Default: one for each processor core.",
    ),
]
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
    from multistatic.paper.figure_pictures import figure_file_names, figure_files
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
        write_files_atomically(out, files, stale=figure_file_names(name, found[name]))
        if not quiet:
            typer.echo("\n".join(f"wrote {out / file}" for file in (place.name, *files)))
    prefix = "" if names == tuple(FIGURES) else f"{'_'.join(names)}_"
    page = figures_page(found, drawn, titled=style.title)
    pages = {f"{prefix}claims.md": claims_page(found).encode(), f"{prefix}report.html": page}
    write_files_atomically(out, pages)
    if not quiet:
        typer.echo("\n".join(f"wrote {out / page}" for page in pages))
    if failed := sum(int(results.failed().any(axis=1).sum()) for results in found.values()):
        raise MultistaticError(f"{failed} trials failed; `multistatic show STORE` lists them")


def _command(names: tuple[str, ...]) -> Callable[..., None]:
    def command(
        quick: Quick = False,
        out: Out = OUT,
        workers: WorkerCount = None,
        style: STYLE = "screen",
        title: TITLE = True,
        quiet: QUIET = False,
    ) -> None:
        width = picture_style(style, title, out)
        try:
            reproduce_figures(names, out, quick=quick, workers=workers, quiet=quiet, style=width)
        except KeyboardInterrupt:
            stores = f"{out / names[0]}.sqlite holds" if len(names) == 1 else f"the stores in {out} hold"
            typer.echo(TRIALS_KEPT.format(place=stores).replace(", without --restart,", ""), err=True)
            raise typer.Exit(INTERRUPTED) from None

    return command


def add_figures(group: typer.Typer) -> None:
    """One command for each figure, and `all`."""
    for name, shows in FIGURES.items():
        what = f"Reproduce figure {name[3:]}: {shows}."
        group.command(name, cls=Command, help=_help(name, what))(_command((name,)))
    what = "Reproduce figures 2 to 7 and check the paper's claims."
    group.command("all", cls=Command, help=_help("all", what))(_command(tuple(FIGURES)))


def _help(name: str, what: str) -> str:
    """The help of a command: `what` it does, an example, how long it takes, and its exit codes."""
    full = "about 15 times as long" if name != "all" else "30 to 45 minutes"
    each = "Each study" if name == "all" else "The study"
    return (
        f"{what}\n\n{each} is run into a store in the folder of --out, and its results are drawn. Run the same command "
        "again after an interruption to continue.\n\n"
        f"\b\nExample:\n  multistatic reproduce {name} --quick --out figures\n\n"
        f"Duration with --quick: about {DURATIONS[name]} on 2 cores; without it {full}.\n\n"
        "\b\nExit codes:\n  0  All trials were done.\n"
        "  1  Some trials failed; `multistatic show` of the store lists them.\n"
        "  2  The input is wrong; each problem is named."
    )
