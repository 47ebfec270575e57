"""A page for a browser, whole in one file: text, tables and pictures, nothing fetched from anywhere, no script.

Parts are HTML already; whatever comes from a file or a person goes through `html.escape` here. Pictures stand in the
page as they are (SVG as data), so that it can be sent to somebody as one file.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from multistatic.report.style import GRID, INK, MUTED, SELECTED

if TYPE_CHECKING:
    from rich.console import RenderableType

_STYLE = f"""
body {{ font: 15px/1.5 system-ui, sans-serif; color: {INK}; max-width: 80rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.6rem; }} h2 {{ font-size: 1.2rem; margin-top: 2.5rem; }}
p.note {{ color: {MUTED}; }}
div.pictures {{ display: flex; flex-wrap: wrap; gap: 1.5rem; margin: 1.5rem 0; }}
img {{ max-width: 100%; height: auto; }}
table {{ border-collapse: collapse; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.3rem 0.8rem; border-bottom: 1px solid {GRID}; }}
th {{ color: {MUTED}; font-weight: normal; }} td + td {{ white-space: nowrap; }}
pre {{ font: 13px/1.45 ui-monospace, monospace; overflow-x: auto; }}
summary {{ cursor: pointer; color: {SELECTED}; }}
"""
_COLUMNS = 110  # of a table as the terminal prints it


def page(title: str, parts: Iterable[str]) -> bytes:
    """The page: `title`, then the parts in their order, in UTF-8."""
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
    )
    return f"{head}<body>\n<h1>{escape(title)}</h1>\n{''.join(parts)}</body>\n</html>\n".encode()


def heading(text: str) -> str:
    """The heading of a section."""
    return f"<h2>{escape(text)}</h2>\n"


def paragraph(text: str, *, note: bool = False) -> str:
    """A paragraph; a `note` is less prominent."""
    kind = ' class="note"' if note else ""
    return f"<p{kind}>{escape(text)}</p>\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of text."""
    lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    return "".join([f"<table>\n<tr>{head}</tr>\n", *(f"<tr>{line}</tr>\n" for line in lines), "</table>\n"])


def pictures(shown: Mapping[str, bytes]) -> str:
    """SVG pictures beside each other, as many as fit; the keys say what they show to those who cannot see them."""
    data = {words: base64.b64encode(svg).decode() for words, svg in shown.items()}
    images = (f'<img alt="{escape(words)}" src="data:image/svg+xml;base64,{text}">\n' for words, text in data.items())
    return f'<div class="pictures">\n{"".join(images)}</div>\n'


def printed(shown: RenderableType) -> str:
    """What the terminal prints, in its colours."""
    from rich.console import Console

    console = Console(record=True, file=io.StringIO(), width=_COLUMNS, color_system="truecolor", force_terminal=True)
    console.print(shown)
    return f"<pre>{console.export_html(inline_styles=True, code_format='{code}')}</pre>\n"


def folded(title: str, text: str) -> str:
    """A text that opens on demand."""
    return f"<details>\n<summary>{escape(title)}</summary>\n<pre>{escape(text)}</pre>\n</details>\n"
