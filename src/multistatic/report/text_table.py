"""Tables and lists of facts as data, and how the terminal sets them: no word and no number is ever broken.

A table is columns with a unit each and rows of text; `page` sets the same data in HTML. In the terminal a table that is
wider than the window gets narrower heads first, and then goes on below with its leading columns repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.measure import Measurement
    from rich.text import Text

Emphasis = Literal["", "strong", "weak", "bad", "good"]

_STYLES: dict[Emphasis, str] = {"": "", "strong": "bold", "weak": "dim", "bad": "red", "good": "green"}
_GAPS = (2, 1)  # blanks between columns, and where these are too many
_LEAST = 20  # characters a line of text gets, however narrow the window
_UNITS = r"%|°|dBm?|dBsm|[pnµmkMG]?(?:Hz|W|B|m|s|m/s|m²|symbol/s)|cm|bit/s/Hz"
_HELD = re.compile(rf"(?<=\d) (?=(?:{_UNITS})(?![\w/]))|(?<=±) (?=\d)")


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
        from rich.text import Text

        for n, part in enumerate(_fitted(self, options.max_width)):
            if n:
                yield Text()
            yield from part.lines()
        for note in self.notes:
            yield Prose(note, "dim")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        from rich.measure import Measurement

        width = min(_Layout(self, _heads(self, narrow=False), _GAPS[0]).total(), options.max_width)
        return Measurement(width, width)


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences, broken between words only. `style`: of rich."""

    text: str
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.text import Text

        yield Text("\n".join(lines(self.text, options.max_width)), self.style, no_wrap=True, overflow="ignore")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        from rich.measure import Measurement

        return Measurement(1, 1)  # it takes what the tables beside it leave


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


def unbroken(text: str) -> str:
    """The text with no-break blanks: a name that stays on one line. The terminal shows them as blanks."""
    return text.replace(" ", "\u00a0")


def held_together(text: str) -> str:
    """A text with a space between a number and its unit that does not break.

    >>> held_together("at most 12.5 m of cost")
    'at most 12.5\\xa0m of cost'
    """
    return _HELD.sub("\u00a0", text)


def lines(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` characters, broken between words only; a number keeps its unit.

    >>> lines("at most 12.5 m of cost", 12)
    ['at most', '12.5 m of', 'cost']
    """
    held = held_together(text)
    paragraphs = (
        wrap(paragraph, max(width, 1), break_long_words=False, break_on_hyphens=False) or [""]
        for paragraph in held.splitlines() or [""]
    )
    return [line.replace("\u00a0", " ") for paragraph in paragraphs for line in paragraph]


def plain(shown: RenderableType, width: int = 80) -> str:
    """What the terminal shows, as text without colours or blanks at the ends of lines."""
    import io

    from rich.console import Console

    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    console.print(shown)
    written: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in written.splitlines()).strip("\n")


@dataclass(frozen=True, slots=True)
class _Layout:
    """A table with its heads, whose lines are broken already, and so many blanks between columns."""

    table: TextTable
    heads: tuple[str, ...]
    gap: int

    def widths(self) -> list[int]:
        columns = ([head, *(row.cells[n] for row in self.table.rows)] for n, head in enumerate(self.heads))
        return [max(_width(line) for cell in column for line in cell.split("\n")) for column in columns]

    def total(self) -> int:
        widths = self.widths()
        return sum(widths) + self.gap * (len(widths) - 1)

    def lines(self) -> Iterator[Text]:
        """Heads, a rule, and the rows."""
        from rich.text import Text

        table, widths = self.table, self.widths()
        shown = [(self.heads, "dim"), (("─" * self.total(),), "dim")]
        for cells, style in [*shown, *((row.cells, _STYLES[row.emphasis]) for row in table.rows)]:
            for line in zip_longest(*(cell.split("\n") for cell in cells), fillvalue=""):
                placed = (_placed(*each) for each in zip(line, widths, table.columns, strict=False))
                yield Text((" " * self.gap).join(placed).rstrip(), style, no_wrap=True, overflow="ignore")


def _fitted(table: TextTable, width: int) -> list[_Layout]:
    """The table in the widest form that fits into `width`, else in parts that stand one below the other."""
    layout = _Layout(table, _heads(table, narrow=False), _GAPS[0])
    for gap in _GAPS:
        if layout.total() <= width and not any(column.prose for column in table.columns):
            return [layout]
        layout = _with_prose(_Layout(table, _heads(table, narrow=True), gap), width)
        if layout.total() <= width:
            return [layout]
    layout = _with_prose(_Layout(table, _heads(table, narrow=True), _GAPS[0]), width)
    return [_chosen(layout, part) for part in _parts(layout, width)]


def _parts(layout: _Layout, width: int) -> list[list[int]]:
    """The columns of each part: the leading ones, and of the others as many as there is room for."""
    widths, keys = layout.widths(), list(range(layout.table.keys))
    parts = [list(keys)]
    for n in range(layout.table.keys, len(widths)):
        last = parts[-1]
        needed = sum(widths[each] for each in [*last, n]) + layout.gap * len(last)
        if len(last) > len(keys) and needed > width:
            parts.append([*keys, n])
        else:
            last.append(n)
    return parts


def _chosen(layout: _Layout, columns: Sequence[int]) -> _Layout:
    table = layout.table
    rows = (replace(row, cells=tuple(row.cells[n] for n in columns)) for row in table.rows)
    chosen = replace(table, columns=tuple(table.columns[n] for n in columns), rows=tuple(rows))
    lines = zip(*(layout.heads[n].split("\n") for n in columns), strict=True)
    used = [line for line in lines if any(line)]  # a part may have no units
    return _Layout(chosen, tuple("\n".join(head) for head in zip(*used, strict=True)), layout.gap)


def _with_prose(layout: _Layout, width: int) -> _Layout:
    """The table with its sentences in lines that fill what the other columns leave of `width`."""
    table, widths = layout.table, layout.widths()
    prose = [n for n, column in enumerate(table.columns) if column.prose]
    if not prose:
        return layout
    taken = sum(width for n, width in enumerate(widths) if n not in prose) + layout.gap * (len(widths) - 1)
    room = max((width - taken) // len(prose), _LEAST)

    def cells(row: TableRow) -> tuple[str, ...]:
        return tuple("\n".join(lines(text, room)) if n in prose else text for n, text in enumerate(row.cells))

    return replace(layout, table=replace(table, rows=tuple(replace(row, cells=cells(row)) for row in table.rows)))


def _heads(table: TextTable, *, narrow: bool) -> tuple[str, ...]:
    """Name and unit of each column one below the other; `narrow`: names as narrow as cells and words allow."""
    names = [[column.name] for column in table.columns]
    if narrow:
        for n, column in enumerate(table.columns):
            cells = [] if column.prose else [row.cells[n] for row in table.rows]
            least = max(_width(each) for each in [*column.name.split(), column.unit, *cells, " "])
            names[n] = lines(column.name, least)
    units = any(column.unit for column in table.columns)
    deepest = max(len(name) for name in names)
    # Names begin on the first line, units stand on the last.
    return tuple(
        "\n".join([*name, *[""] * (deepest - len(name)), *([column.unit] if units else [])])
        for name, column in zip(names, table.columns, strict=True)
    )


def _placed(text: str, width: int, column: TableColumn) -> str:
    blanks = " " * (width - _width(text))
    return f"{blanks}{text}" if column.number else f"{text}{blanks}"


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
