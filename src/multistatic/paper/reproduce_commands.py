"""`multistatic reproduce`: the paper's numbers beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.paper.figure_commands import add_figures

if TYPE_CHECKING:
    from multistatic.paper.published_numbers import PaperNumber

FORMAT = "multistatic-paper-numbers/1"
COLUMNS = ("where", "quantity", "unit", "paper", "ours", "relative_difference", "exact", "note")

reproduce = typer.Typer(help="Reproduce the numbers of the paper.", no_args_is_help=True, rich_markup_mode=None)


@reproduce.callback()
def _group() -> None:
    """Reproduce the numbers of the paper."""


@reproduce.command("table")
def numbers_command(
    json_: Annotated[bool, typer.Option("--json", help="Print only JSON on stdout.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the table to FILE as well.")] = None,
) -> None:
    """Every number the paper states that does not depend on unpublished choices, beside ours and the exact bound.

    Example: multistatic reproduce table --csv numbers.csv
    """
    from multistatic.files.scenario_file import load_preset
    from multistatic.paper.published_numbers import LEFT_OUT, paper_numbers

    rows = paper_numbers(load_preset("paper"))
    if csv is not None:
        from multistatic.files.atomic import write_text_atomically

        write_text_atomically(csv, _csv(rows))
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
    if csv is not None:
        console.print(f"wrote {csv}", highlight=False, soft_wrap=True)


def _plain(row: PaperNumber) -> dict[str, str | float | None]:
    return {column: getattr(row, column) for column in COLUMNS}


def _csv(rows: tuple[PaperNumber, ...]) -> str:
    from multistatic.scenario.tables import csv_text

    return csv_text(COLUMNS, map(_plain, rows))


add_figures(reproduce)
