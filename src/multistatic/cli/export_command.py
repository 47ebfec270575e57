"""`multistatic export`: the results of a study for xarray, pandas, MATLAB and everybody else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from multistatic.errors import InputError, Problem

FORMATS = ("nc", "csv", "mat")


def export_command(
    store: Annotated[
        Path, typer.Argument(metavar="STORE", help="Store of a study (.sqlite), complete or still running.")
    ],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            show_default=False,
            help="Format of the file: nc (NetCDF), csv or mat (MATLAB). Default: the ending of --out.",
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File to write. Default: the name of STORE with the ending of the format, in this folder.",
        ),
    ] = None,
) -> None:
    """Export the results of a study to NetCDF, CSV or MATLAB.

    The file holds every trial of every method with named axes, units and the origin of the data.

    \b
    Example:
      multistatic export study.sqlite --format nc

    Duration: 1 to 3 seconds for 10 000 trials.

    \b
    Exit codes:
      0  The file was written.
      2  The input is wrong; each problem is named.
    """
    chosen = format_ or ("" if out is None else out.suffix.removeprefix("."))
    if chosen not in FORMATS:
        received = repr(chosen) if chosen else "nothing"
        hint = "" if chosen else "or --out FILE with one of these endings"
        problems = [Problem("--format", received, "one of " + ", ".join(FORMATS), hint)]
        raise InputError([*_problems_of_store(store), *problems])
    from multistatic.extras import require_installed
    from multistatic.files.atomic import write_bytes_atomically
    from multistatic.files.study_export import FORMATS as WRITERS
    from multistatic.files.study_export import MODULES
    from multistatic.files.study_reader import read_results

    require_installed(f"--format {chosen}", *MODULES.get(chosen, ()))
    place = out if out is not None else Path(f"{store.stem}.{chosen}")
    write_bytes_atomically(place, WRITERS[chosen](read_results(store)))
    typer.echo(f"wrote {place}")


def _problems_of_store(store: Path) -> tuple[Problem, ...]:
    """Why the store cannot be read, to be named with what is wrong with the options."""
    from multistatic.files.study_reader import read_results

    try:
        read_results(store)
    except InputError as error:
        return error.problems
    return ()
