"""The options of every command that writes pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.errors import InputError, Problem

if TYPE_CHECKING:
    from multistatic.report.style import PictureStyle

STYLE = Annotated[
    str,
    typer.Option(
        "--style",
        metavar="WIDTH",
        help="Width of the pictures: screen, or a journal's column (88.9 mm) or double-column (181.9 mm).",
    ),
]
TITLE = Annotated[
    bool,
    typer.Option(
        "--title/--no-title", help="Draw title and caption into the pictures; captions.txt has them either way."
    ),
]


def picture_style(style: str, title: bool) -> PictureStyle:
    """What both options ask for; call it before the work, so that a mistake is found first."""
    from multistatic.report.style import PICTURE_WIDTHS, PictureStyle

    if style not in PICTURE_WIDTHS:
        raise InputError([Problem("--style", repr(style), f"one of {', '.join(PICTURE_WIDTHS)}")])
    return PictureStyle(style, title=title)
