"""The numbers that the paper states, ours and the exact ones as a table."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from multistatic.paper.published_numbers import PaperNumber
from multistatic.report.text_table import TableColumn, TableRow, TextTable

LEGEND = (
    "paper: as printed. ours: by the paper's own model, with its difference from the paper's number. exact: what the "
    "exact bound says."
)


def numbers_table(rows: Sequence[PaperNumber]) -> TextTable:
    """One line a number of the paper; its note stands below the table, under a number of its own."""
    notes = list(dict.fromkeys(row.note for row in rows if row.note))
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
    exponent = 3 * floor((log10(abs(value)) + 1) / 3)
    return f"{value / 10**exponent:.4f}e{exponent:d}"
