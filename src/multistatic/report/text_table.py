"""Tables and lists of facts as data, and how the terminal sets them: no word and no number is ever broken.

A table is columns with a unit each and rows of text; `page` sets the same data in HTML. In the terminal a table that is
wider than the window gets narrower heads first, and then goes on below with its leading columns repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.text import Text

Emphasis = Literal["", "strong", "weak", "bad", "good"]

_STYLES: dict[Emphasis, str] = {"": "", "strong": "bold", "weak": "dim", "bad": "red", "good": "green"}
_GAP = 2  # blanks between columns
_LEAST = 24  # characters a line of text gets, however narrow the window
_HELD = re.compile(r"(?<=[\d∞–]) (?=(?:%|°|dBm?|dBsm|[pnµmkMG]?(?:Hz|W|m|s|bit/s/Hz|m/s|m²))(?![\w/]))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of a list: a name, which occurs once in the list, and what it is in words.

    `group`: the heading that it stands under.
    """

    group: str
    name: str
    value: str
    emphasis: Emphasis = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """The head of a column. `number`: set flush right. `prose`: sentences, which may go over several lines."""

    name: str
    unit: str = ""
    number: bool = True
    prose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """The cells of a row, one for each column."""

    cells: tuple[str, ...]
    emphasis: Emphasis = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A table of text. `keys`: how many leading columns say what a row is. `notes`: sentences below the table.

    >>> columns = (TableColumn(name="receiver", number=False), TableColumn(name="rate", unit="bit/s/Hz"))
    >>> table = TextTable(columns=columns, rows=(TableRow(cells=("rx01", "4.000")),))
    >>> print(plain(table))
    receiver      rate
              bit/s/Hz
    ──────────────────
    rx01         4.000
    """

    columns: tuple[TableColumn, ...]
    rows: tuple[TableRow, ...]
    keys: int = 1
    notes: tuple[str, ...] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        for part, heads in _fitted(self, options.max_width):
            yield from _set(part, heads)
        for note in self.notes:
            yield Prose(note, "dim")


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences, broken between words only. `style`: of rich."""

    text: str
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.text import Text

        yield Text("\n".join(lines(self.text, options.max_width)), self.style, no_wrap=True, overflow="ignore")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactList:
    """Facts as the terminal shows them: the headings of their groups, names on the left and values on the right."""

    facts: tuple[Fact, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.text import Text

        wide = max((_width(fact.name) for fact in self.facts), default=0) + 2
        for n, (group, members) in enumerate(by_group(self.facts)):
            yield Text(f"\n{group}" if n else group, "bold")
            for fact in members:
                value = lines(fact.value, options.max_width - wide - 2)
                for name, line in zip([fact.name, *[""] * len(value)], value, strict=False):
                    text = Text.assemble(
                        (f"  {name}{' ' * (wide - _width(name))}", "dim"), (line, _STYLES[fact.emphasis])
                    )
                    text.no_wrap, text.overflow = True, "ignore"
                    yield text


def by_group(facts: Iterable[Fact]) -> list[tuple[str, list[Fact]]]:
    """The facts under their headings, both in the order of their first appearance."""
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(fact.group, []).append(fact)
    return list(groups.items())


def lines(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` characters, broken between words only; a number keeps its unit.

    >>> lines("at most 12.5 m of cost", 12)
    ['at most', '12.5 m of', 'cost']
    """
    held = _HELD.sub("\u00a0", text)
    set_in = wrap(held, max(width, 1), break_long_words=False, break_on_hyphens=False) or [""]
    return [line.replace("\u00a0", " ") for line in set_in]


def plain(shown: RenderableType, width: int = 80) -> str:
    """What the terminal shows, as text without colours or blanks at the ends of lines."""
    import io

    from rich.console import Console

    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    console.print(shown)
    written: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in written.splitlines()).strip("\n")


def _fitted(table: TextTable, width: int) -> list[tuple[TextTable, list[str]]]:
    """The parts of a table that fit into `width` one below the other, each with its heads."""
    heads = _heads(table, narrow=False)
    if _total(table, heads) > width:
        heads = _heads(table, narrow=True)
    prose = [n for n, column in enumerate(table.columns) if column.prose]
    if prose:
        others = [n for n in range(len(table.columns)) if n not in prose]
        left = (width - sum(_widths(table, heads)[n] + _GAP for n in others)) // len(prose) - _GAP
        table = _wrapped(table, max(left, _LEAST))
    if _total(table, heads) <= width:
        return [(table, heads)]
    return [(_chosen(table, part), [heads[n] for n in part]) for part in _parts(table, heads, width)]


def _parts(table: TextTable, heads: Sequence[str], width: int) -> list[list[int]]:
    """The columns of each part: the leading ones, and of the others as many as there is room for."""
    widths, keys = _widths(table, heads), list(range(table.keys))
    parts = [list(keys)]
    for n in range(table.keys, len(table.columns)):
        last = parts[-1]
        if len(last) > len(keys) and sum(widths[each] + _GAP for each in [*last, n]) - _GAP > width:
            parts.append([*keys, n])
        else:
            last.append(n)
    return parts


def _chosen(table: TextTable, columns: Sequence[int]) -> TextTable:
    rows = tuple(TableRow(cells=tuple(row.cells[n] for n in columns), emphasis=row.emphasis) for row in table.rows)
    return TextTable(columns=tuple(table.columns[n] for n in columns), rows=rows, keys=table.keys)


def _wrapped(table: TextTable, width: int) -> TextTable:
    """The table with its sentences in lines of at most `width`."""

    def cell(column: TableColumn, text: str) -> str:
        return "\n".join(lines(text, width)) if column.prose else text

    rows = (
        TableRow(
            cells=tuple(cell(column, text) for column, text in zip(table.columns, row.cells, strict=True)),
            emphasis=row.emphasis,
        )
        for row in table.rows
    )
    return TextTable(columns=table.columns, rows=tuple(rows), keys=table.keys)


def _heads(table: TextTable, *, narrow: bool) -> list[str]:
    """Name and unit of each column one below the other; `narrow`: names as narrow as cells and words allow."""
    units = any(column.unit for column in table.columns)
    heads = []
    for n, column in enumerate(table.columns):
        name = [column.name]
        if narrow:
            cells = [line for row in table.rows for line in row.cells[n].split("\n")]
            least = max((_width(each) for each in [*column.name.split(), column.unit, *cells]), default=1)
            name = lines(column.name, least)
        heads.append("\n".join([*name, column.unit] if units else name))
    deepest = max((head.count("\n") for head in heads), default=0)
    # Names begin on the first line, units stand on the last.
    return [
        "\n".join([*head.split("\n")[:-1], *[""] * (deepest - head.count("\n")), head.split("\n")[-1]])
        if units
        else head
        for head in heads
    ]


def _set(table: TextTable, heads: Sequence[str]) -> Iterator[Text]:
    """The lines of a table: heads, a rule, and the rows."""
    from rich.text import Text

    widths = _widths(table, heads)
    rule = "─" * (sum(widths) + _GAP * (len(widths) - 1))
    shown = [(heads, "dim"), ([rule], "dim"), *((row.cells, _STYLES[row.emphasis]) for row in table.rows)]
    for cells, style in shown:
        split = [cell.split("\n") for cell in cells]
        for each in zip_longest(*split, fillvalue=""):
            placed = map(_placed, each, widths, table.columns)
            yield Text((" " * _GAP).join(placed).rstrip(), style, no_wrap=True, overflow="ignore")


def _placed(text: str, width: int, column: TableColumn) -> str:
    blanks = " " * (width - _width(text))
    return f"{blanks}{text}" if column.number else f"{text}{blanks}"


def _total(table: TextTable, heads: Sequence[str]) -> int:
    return sum(width + _GAP for width in _widths(table, heads)) - _GAP


def _widths(table: TextTable, heads: Sequence[str]) -> list[int]:
    columns = [[head, *(row.cells[n] for row in table.rows)] for n, head in enumerate(heads)]
    return [max(_width(line) for cell in column for line in cell.split("\n")) for column in columns]


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
