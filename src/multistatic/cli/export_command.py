"""`multistatic export`: the results of a study for xarray, pandas, MATLAB and everybody else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from multistatic.errors import InputError, Problem

FORMATS = ("nc", "csv", "mat")


def export_command(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="Store of a study, complete or not.")],
    format_: Annotated[str, typer.Option("--format", metavar="FORMAT", help="nc (NetCDF), csv or mat (MATLAB).")] = "",
    out: Annotated[
        Path | None, typer.Option(help="File; default: STORE's name with the format's ending, here.")
    ] = None,
) -> None:
    """Write every trial of a study with labelled axes, units and provenance.

    Example: multistatic export study.sqlite --format nc
    """
    chosen = format_ or ("" if out is None else out.suffix.removeprefix("."))
    if chosen not in FORMATS:
        raise InputError([Problem("--format", repr(chosen), "one of " + ", ".join(FORMATS))])
    from multistatic.extras import require_installed
    from multistatic.files.atomic import write_bytes_atomically
    from multistatic.files.study_export import FORMATS as WRITERS
    from multistatic.files.study_export import MODULES
    from multistatic.files.study_reader import read_results

    require_installed(f"--format {chosen}", *MODULES.get(chosen, ()))
    place = out if out is not None else Path(f"{store.stem}.{chosen}")
    write_bytes_atomically(place, WRITERS[chosen](read_results(store)))
    typer.echo(f"wrote {place}")
