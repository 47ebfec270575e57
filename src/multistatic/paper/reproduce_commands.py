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
    from multistatic.report.text_table import TextTable

LEGEND = (
    "paper: as printed. ours: by the paper's own model, with its difference from the paper's number. exact: what the "
    "exact bound says."
)
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

    from multistatic.report.text_table import Prose

    console = Console()
    notes = list(dict.fromkeys(row.note for row in rows if row.note))
    console.print(_table(rows, notes))
    console.print(Prose(LEFT_OUT, "dim"))
    if out is not None:
        console.print(f"wrote {out}", highlight=False, soft_wrap=True)


def _plain(row: PaperNumber) -> dict[str, str | float | None]:
    return {column: getattr(row, column) for column in COLUMNS}


def _csv(rows: tuple[PaperNumber, ...]) -> str:
    from multistatic.scenario.tables import csv_text

    return csv_text(COLUMNS, map(_plain, rows))


def _table(rows: tuple[PaperNumber, ...], notes: list[str]) -> TextTable:
    """`notes` are numbered from 1; a row names its own by number."""
    from multistatic.report.text_table import TableColumn, TableRow, TextTable

    columns = (
        TableColumn(name="place", number=False),
        TableColumn(name="quantity", number=False, prose=True),
        TableColumn(name="paper"),
        TableColumn(name="ours"),
        TableColumn(name="differs by", unit="%"),
        TableColumn(name="exact"),
        TableColumn(name="note"),
    )
    shown = []
    for row in rows:
        difference = row.relative_difference
        cells = (
            row.where,
            f"{row.quantity} in {row.unit}" if row.unit else row.quantity,
            _number(row.paper),
            _number(row.ours),
            "–" if difference is None else f"{round(100 * difference, 2) + 0.0:+.2f}",
            _number(row.exact),
            str(notes.index(row.note) + 1) if row.note else "",
        )
        shown.append(TableRow(cells=cells))
    below = [f"{number}. {note}" for number, note in enumerate(notes, 1)]
    return TextTable(columns=columns, rows=tuple(shown), keys=2, notes=(*below, LEGEND))


def _number(value: float | None) -> str:
    """Five digits; small numbers as 0.7273e-3, the way the paper prints its levels."""
    if value is None:
        return "–"
    if value == 0 or 0.1 <= abs(value) < 1e6:
        return f"{value:.5g}"
    from math import floor, log10

    exponent = 3 * floor((log10(abs(value)) + 1) / 3)
    return f"{value / 10**exponent:.4f}e{exponent:d}"


add_figures(reproduce)
