"""A page for a browser, whole in one file: text, tables and pictures, nothing fetched from anywhere, no script.

Every function makes a part of a page as `Html`. Whatever else it is given is text, and escaped. Pictures stand in the
page as they are (SVG as data), so that it can be sent to somebody as one file.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape, unescape
from importlib.metadata import version

from multistatic.report.glossary import GLOSSARY, Term
from multistatic.report.page_style import STYLE
from multistatic.report.receiver_table import SELECTED_MARK
from multistatic.report.text_table import TextTable, held_together
from multistatic.report.wording import RAISED

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_TAG = re.compile(r"<[^>]*>")
_EXPONENT = re.compile(r"(?<=\d)e([+-]\d+)(?!\w)")  # the sign distinguishes it from the digits of a hash
_MINUS = re.compile(r"(?<![\w.)-])-(?=\d)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Html(str):
    """Text that is HTML already; any other text is escaped where it comes into a page."""

    __slots__ = ()


def page(title: str, parts: Iterable[Html], *, header: Iterable[Html] = (), footer: Iterable[Html] = ()) -> bytes:
    """The page in UTF-8: the title and what belongs to it in the header, the parts in their order, the footer."""
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{as_html(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
    )
    top = f"<header>\n<h1>{name(title)}</h1>\n{''.join(header)}</header>\n"
    end = f"<footer>\n{''.join(footer)}</footer>\n" if (footer := list(footer)) else ""
    return f"{head}<body>\n{top}<main>\n{''.join(parts)}</main>\n{end}</body>\n</html>\n".encode()


def prose(text: str) -> Html:
    """As `as_html`, with numbers as a page writes them: `−2 × 10⁻⁷` for `-2e-07`, none parted from its unit.

    Names that a terminal keeps on one line may be broken: a window can be narrower than they are.
    """
    if isinstance(text, Html):
        return text
    text = text.replace("\u00a0", " ")
    powers = _EXPONENT.sub(lambda found: f"\u00a0×\u00a010{str(int(found[1])).translate(RAISED)}", text)
    return as_html(held_together(_MINUS.sub("\N{MINUS SIGN}", powers)))


def as_html(text: str) -> Html:
    """HTML as it is; other text escaped, characters that a page must not hold replaced."""
    return text if isinstance(text, Html) else Html(escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)))


def text_of(part: str) -> str:
    """The words of a part, without tags."""
    return unescape(_TAG.sub(" ", part))


def name(text: str) -> Html:
    """A name that a person gave: its direction of writing does not reach what stands beside it."""
    return Html(f"<bdi>{as_html(text)}</bdi>")


def made_by() -> Html:
    """The package and its version."""
    return paragraph(f"Made by multistatic {version('multistatic')}.")


def section(title: str, *parts: str) -> Html:
    """A section with its heading; none without parts."""
    content = "".join(parts)
    return Html(f"<section>\n<h2>{as_html(title)}</h2>\n{content}</section>\n" if content else "")


def pair(left: str, right: str) -> Html:
    """Two columns of sections, in a narrow window one below the other."""
    return Html(f'<div class="pair">\n<div>\n{left}</div>\n<div>\n{right}</div>\n</div>\n')


def paragraph(text: str, *, kind: str = "") -> Html:
    """A paragraph; of kind `note` it is less prominent, of kind `lead` more."""
    return Html(f"<p{_class(kind)}>{prose(text)}</p>\n")


def badge(text: str, *, good: bool) -> Html:
    """A verdict in a word, in the colour of a good or a bad one."""
    return Html(f'<span class="badge {"good" if good else "bad"}">{as_html(text)}</span>')


def code(text: str) -> Html:
    """A command, a hash, a name of a file."""
    return Html(f"<code>{as_html(text)}</code>")


def cards(shown: Iterable[tuple[str, str, str]]) -> Html:
    """The few numbers that matter most, large: name, value, and a note below it or nothing."""
    return _definitions("cards", shown)


def facts(shown: Iterable[tuple[str, str] | tuple[str, str, str]]) -> Html:
    """A line a fact: name, value, and a note below it or nothing."""
    return _definitions("facts", ((*each, "")[:3] for each in shown))


def glossary(terms: Iterable[Term]) -> Html:
    """Terms and what they mean; `linked` leads to them."""
    entries = [
        f'<div id="{term.anchor}"><dt>{as_html(term.name)}{f" ({as_html(term.unit)})" if term.unit else ""}</dt>'
        f"<dd>{as_html(term.meaning)}</dd></div>\n"
        for term in terms
    ]
    return Html(f'<dl class="glossary">\n{"".join(entries)}</dl>\n' if entries else "")


def linked(text: str, terms: Iterable[Term] = GLOSSARY) -> Html:
    """`text`, as a link to the glossary's entry where it is one of `terms`."""
    found = next((term for term in terms if term.is_named(text.lower())), None)
    return as_html(text) if found is None else Html(f'<a href="#{found.anchor}">{as_html(text)}</a>')


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    caption: str = "",
    numbers: Collection[int] = (),
    head: int = 0,
    kinds: Sequence[str] = (),
) -> Html:
    """A table; in a narrow window each row is a card on which every cell stands beside the name of its column.

    columns: names; what follows a line break is the unit. numbers: which columns hold numbers. head: the column that
    names the row. kinds: of the rows, `strong`, `bad` or nothing.
    """
    classes = [_class("number" if number in numbers else "") for number in range(len(columns))]
    top = "".join(f'<th scope="col"{look}>{_titled(text)}</th>' for text, look in zip(columns, classes, strict=True))
    labels = [text_of(_beside(text)) if isinstance(text, Html) else escape(_beside(text)) for text in columns]
    lines = []
    for number, row in enumerate(rows):
        cells = "".join(
            f'<th scope="row"{look}>{as_html(cell)}</th>'
            if place == head
            else f'<td{look} data-column="{labels[place]}">{as_html(cell)}</td>'
            for place, (cell, look) in enumerate(zip(row, classes, strict=True))
        )
        lines.append(f"<tr{_class(kinds[number] if kinds else '')}>{cells}</tr>\n")
    about = f"<caption>{as_html(caption)}</caption>\n" if caption else ""
    return Html(
        f'<div class="wide" tabindex="0">\n<table>\n{about}<thead>\n<tr>{top}</tr>\n</thead>\n'
        f"<tbody>\n{''.join(lines)}</tbody>\n</table>\n</div>\n"
    )


def set_table(shown: TextTable) -> Html:
    """A table of text, its notes below it; a mark in a column of marks is read aloud as `yes`."""
    columns = [f"{each.name}\n{each.unit}" if each.unit else each.name for each in shown.columns]
    numbers = [number for number, each in enumerate(shown.columns) if each.number]
    rows = [[_cell(cell, first=place < shown.keys) for place, cell in enumerate(row.cells)] for row in shown.rows]
    kinds = [row.emphasis if row.emphasis in ("strong", "bad") else "" for row in shown.rows]
    notes = "".join(paragraph(note, kind="note") for note in shown.notes)
    return Html(table(columns, rows, numbers=numbers, kinds=kinds) + notes)


def _cell(text: str, *, first: bool) -> Html:
    if text == SELECTED_MARK:
        return Html(f'<span role="img" aria-label="yes">{SELECTED_MARK}</span>')
    return name(text) if first else as_html(text)


def pictures(
    shown: Mapping[str, bytes], captions: Mapping[str, Sequence[str]] | None = None, *, titled: bool = False
) -> Html:
    """SVG pictures beside each other, as many as fit; the keys say what they show to those who cannot see them.

    captions: title and sentences of a picture, by its key, which then stand beside it; without any the key does below
    it. titled: the pictures have titles of their own, so that nothing stands below them.
    """
    figures = []
    for words, svg in shown.items():
        title, *sentences = (captions or {}).get(words, ("", words))
        caption = f"<strong>{prose(title)}</strong>" if title else ""
        image = base64.b64encode(svg).decode()
        below = "" if titled else f"<figcaption>{caption}{prose(' '.join(sentences))}</figcaption>\n"
        figures.append(
            f'<figure>\n<img alt="{as_html(words)}" src="data:image/svg+xml;base64,{image}">\n{below}</figure>\n'
        )
    kind = "figures" if captions is None else "figures beside"
    return Html(f'<div class="{kind}">\n{"".join(figures)}</div>\n' if shown else "")


def read_captions(content: bytes) -> dict[str, tuple[str, ...]]:
    """Title and sentences of each picture in a `captions.txt`, by the picture's name."""
    blocks = (block.split("\n") for block in content.decode().strip().split("\n\n"))
    return {first: tuple(line for line in lines if line) for first, *lines in blocks if lines}


def folded(title: str, text: str) -> Html:
    """A text that opens on demand, and in print always."""
    return Html(f"<details>\n<summary>{as_html(title)}</summary>\n<pre>{as_html(text)}</pre>\n</details>\n")


def _definitions(kind: str, shown: Iterable[tuple[str, ...]]) -> Html:
    entries = [
        f"<div><dt>{prose(term)}</dt><dd>{prose(value)}</dd>"
        f"{f'<dd class={chr(34)}note{chr(34)}>{prose(note)}</dd>' if note else ''}</div>\n"
        for term, value, note in shown
    ]
    return Html(f'<dl class="{kind}">\n{"".join(entries)}</dl>\n' if entries else "")


def _titled(text: str) -> str:
    """The head of a column: its name, and its unit on a line of its own."""
    words, _, unit = text.partition("\n")
    return as_html(words) if isinstance(text, Html) else _with_unit(as_html(words), as_html(unit))


def _beside(column: str) -> str:
    """The head of a column on one line, its unit in brackets."""
    words, _, unit = column.partition("\n")
    return f"{words} ({unit})" if unit else words


def _with_unit(words: str, unit: str) -> str:
    return f'{words} <span class="unit">{unit}</span>' if unit else words


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""
