"""`multistatic reproduce`: the paper's numbers beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.command_help import Command, CommandGroup
from multistatic.cli.design_command import JSON
from multistatic.paper.figure_commands import add_figures

if TYPE_CHECKING:
    from multistatic.paper.published_numbers import PaperNumber

FORMAT = "multistatic-paper-numbers/1"
COLUMNS = ("where", "quantity", "unit", "paper", "ours", "relative_difference", "exact", "note")

HELP = """Reproduce the numbers and figures of the paper.

\b
Examples:
  multistatic reproduce table
  multistatic reproduce all --quick --out figures
"""

reproduce = typer.Typer(help=HELP, cls=CommandGroup, no_args_is_help=True, rich_markup_mode=None)


@reproduce.callback()
def _group() -> None:
    """Reproduce the numbers and figures of the paper."""


@reproduce.command("table", cls=Command)
def numbers_command(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Also write the table to this file, as CSV.")
    ] = None,
    json_: JSON = False,
) -> None:
    """Compare the numbers in the paper's text with ours.

    Lists every number of the paper that does not depend on choices that were not published, the same number computed
    here, and the value that the exact bound gives.

    \b
    Examples:
      multistatic reproduce table
      multistatic reproduce table --out numbers.csv

    Duration: a few seconds.

    \b
    Exit codes:
      0  The table was printed.
      2  The input is wrong; each problem is named.
    """
    from multistatic.files.scenario_file import load_preset
    from multistatic.paper.published_numbers import LEFT_OUT, paper_numbers

    rows = paper_numbers(load_preset("paper"))
    if out is not None:
        from multistatic.files.atomic import write_text_atomically

        write_text_atomically(out, _csv(rows))
    if json_:
        import json

        document = {"format": FORMAT, "rows": [_plain(row) for row in rows], "left_out": LEFT_OUT}
        typer.echo(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False))
        return
    from rich.console import Console

    from multistatic.paper.numbers_table import numbers_table
    from multistatic.report.text_table import Prose

    console = Console()
    console.print(numbers_table(rows))
    console.print(Prose(LEFT_OUT, "dim"))
    if out is not None:
        console.print(f"wrote {out}", highlight=False, soft_wrap=True)


def _plain(row: PaperNumber) -> dict[str, str | float | None]:
    return {column: getattr(row, column) for column in COLUMNS}


def _csv(rows: tuple[PaperNumber, ...]) -> str:
    from multistatic.scenario.tables import csv_text

    return csv_text(COLUMNS, map(_plain, rows))


add_figures(reproduce)
