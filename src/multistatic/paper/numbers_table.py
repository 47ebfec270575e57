"""The numbers that the paper states, ours and the exact ones as a table."""

from __future__ import annotations

from collections.abc import Sequence

from multistatic.paper.published_numbers import PaperNumber
from multistatic.report.text_table import TableColumn, TableRow, TextTable

LEGEND = (
    "paper: the printed number, to three digits. ours: computed with the paper's own model; differs by: from the "
    "paper's number. exact: computed with the exact bound. U: the surrogate of the position error that the paper "
    "minimises. N_t, N_r: antennas of the transmitter and of a receiver. g1, g2: the cosine and the sinc pulse; F_g, "
    "F_tg, F_tġ: their integrals in Prop. 3.1."
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
            _number(row.paper, 3),
            _number(row.ours),
            "–" if difference is None else f"{round(100 * difference, 2) + 0.0:+.2f}",
            _number(row.exact),
            str(notes.index(row.note) + 1) if row.note else "",
        )
        shown.append(TableRow(cells=cells))
    below = [f"{number}. {note}" for number, note in enumerate(notes, 1)]
    return TextTable(columns=columns, rows=tuple(shown), keys=2, notes=(*below, LEGEND))


def _number(value: float | None, digits: int = 5) -> str:
    """`digits` digits, of small numbers with a power of ten: 7.2727e-4."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    if 0.1 <= abs(value) < 10.0**digits:
        return f"{value:#.{digits}g}".rstrip(".")
    number, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{number}e{int(exponent)}"
