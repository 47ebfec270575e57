"""Tables of comma-separated values as people export them: what stands between the cells, and which cells are numbers.

Read is one form: UTF-8, commas between the columns, points in the numbers, a header line. Every other form that
spreadsheets and receivers write is refused by its name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from multistatic.errors import Problem

EXPECTED = "commas between the columns and points in the numbers"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
_GROUPS = re.compile(r"[+-]?[0-9]{1,3}(?:[,' \u00a0\u2009\u202f][0-9]{3})+(?:\.[0-9]*)?")
_WITH_UNIT = re.compile(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?\s*(?:[^\W\d_]+|[°%])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{1,2}:[0-9]{2}.*|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}.*")
_HEX = re.compile(r"[+-]?0[xXbBoO][0-9a-fA-F_]+")
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparatedTable:
    """A header and its rows, each with the line of the text that it ends on; or what is wrong with the text."""

    header: tuple[str, ...] = ()
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()
    problems: tuple[Problem, ...] = ()


def csv_text(columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Rows {column: cell} as comma-separated values with a header line; what is missing or None is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, tuple(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read_table(text: str, *, expected: str, prefix: str = "") -> SeparatedTable:
    """The cells of a table, blanks around them taken off; rows without any text are left out.

    `expected`: what the header line should say. `prefix` stands before the line in every problem.
    """
    text = text.removeprefix("\ufeff")
    if problem := _wrong_form(text, expected, prefix):
        return SeparatedTable(problems=(problem,))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = tuple(column.strip() for column in next(reader, []))
        rows = [(reader.line_num, tuple(map(str.strip, row))) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        return SeparatedTable(
            problems=(Problem(f"{prefix}line {reader.line_num}", str(error), "comma-separated values"),)
        )
    problems = [
        Problem(
            f"{prefix}line {line}", _miscounted(row), f"{len(header)} cells, one for each column", _why(row, header)
        )
        for line, row in rows
        if len(row) != len(header)
    ]
    return SeparatedTable(header=header, rows=tuple(rows), problems=tuple(problems))


def _wrong_form(text: str, expected: str, prefix: str) -> Problem | None:
    """The problem of a text that is no table of ours, by the first line that says so."""
    lines = text.split("\n", 20)[:20]
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return None
    path, line = f"{prefix}line {first + 1}", lines[first].strip("\r\n")
    if "\0" in text[:200]:
        return Problem(path, "NUL characters, as in text in UTF-16", "UTF-8 text", "save the table as CSV UTF-8")
    if line[:4].lower() == "sep=":
        return Problem(path, f"{line[:40]!r}, a line for spreadsheet programs", expected, "delete this line")
    if line.lstrip().startswith(("#", "%", "//")):
        return Problem(path, f"a comment, {line.strip()[:40]!r}", expected, "comments are not allowed: delete the line")
    if line.lstrip().startswith(("{", "[")):
        return Problem(
            path, f"{line.strip()[:40]!r}, which looks like JSON", expected, "name the file .geojson if it is GeoJSON"
        )
    if line.lstrip().startswith("<"):
        return Problem(
            path,
            f"{line.strip()[:40]!r}, which looks like XML",
            expected,
            "export KML, GPX or a page as CSV or GeoJSON",
        )
    if first > 0:
        return Problem(f"{prefix}line 1", "an empty line", expected, "delete the empty lines before the header")
    for separator, name in _SEPARATORS.items():
        if line.count(separator) > line.count(","):
            following = next((each for each in lines[1:] if each.strip()), "")
            cells = following.split(separator)
            commas = any(_DECIMAL_COMMA.fullmatch(cell.strip().strip('"')) for cell in cells)
            received = f"{name} between the columns" + (" and commas in the numbers" if commas else "")
            return Problem(path, received, EXPECTED, "save the table as CSV UTF-8 with a point as the decimal sign")
    if "," not in line and len(line.split()) > 1:
        return Problem(path, f"one column, {line[:64]!r}", expected, "spaces do not separate columns")
    return None


def _miscounted(row: Sequence[str]) -> str:
    return f"{len(row)} cell{'s' if len(row) != 1 else ''}"


def _why(row: Sequence[str], header: Sequence[str]) -> str:
    """The likely reason why a row has another number of cells than the header."""
    if row[0].startswith(("#", "%", "//")):
        return "comments are not allowed: delete the line"
    for separator, name in _SEPARATORS.items():
        if any(separator in cell for cell in row):
            return f"{name} do not separate columns"
    if len(row) > len(header) and sum(cell.isdigit() for cell in row) > 1:
        return "numbers have a point as the decimal sign, and no commas"
    return ""


def written_number(cell: str) -> int | float | None:
    """The number that a cell spells in decimal digits, `-1.5e-7`; None where it spells none.

    Stricter than Python's `float`, which also takes `5_48.5`, digits of other scripts, `nan` and `inf`.
    """
    if _WHOLE.fullmatch(cell):
        return int(cell)
    return float(cell) if _NUMBER.fullmatch(cell) else None


def number_hint(cell: str) -> str:
    """Why a cell is not a number, if the reason is known; else an empty text."""
    if "_" in cell and written_number(cell.replace("_", "")) is not None:
        return "underscores are not allowed in numbers"
    if _HEX.fullmatch(cell):
        return "write decimal digits"
    if _DATE.fullmatch(cell):
        return "a date or a time of day: write seconds, such as Unix time"
    if _GROUPS.fullmatch(cell) or _DECIMAL_COMMA.fullmatch(cell):
        return "the decimal sign is a point, without separators of thousands"
    if any(character.isdigit() and not character.isascii() for character in cell):
        return "write the digits 0 to 9"
    if "\u2212" in cell and written_number(cell.replace("\u2212", "-")) is not None:
        return "write a hyphen as the minus sign"
    if cell.lower().lstrip("+-") in ("nan", "inf", "infinity", "none", "null", "na", "n/a", "-"):
        return "leave the cell empty where there is no number"
    if _WITH_UNIT.fullmatch(cell):
        return "write the number alone: its unit is in the name of the column"
    return ""
