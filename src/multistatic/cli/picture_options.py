"""The options of every command that writes pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from multistatic.errors import InputError, Problem

if TYPE_CHECKING:
    from pathlib import Path

    from multistatic.report.style import PictureStyle, PictureWidth

DEFAULT_STYLE = "screen"
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


def picture_style(style: str, title: bool, out: Path | None, pictures: bool = True) -> PictureStyle:
    """The style that both options state; call it before the work, so that a mistake is found first.

    Without `out`, the folder of the pictures, neither option would have an effect: `InputError`. Without `pictures` a
    note says so.
    """
    from multistatic.cli.shown_notes import print_note
    from multistatic.report.style import PICTURE_WIDTHS, PictureStyle

    problems = []
    if style not in PICTURE_WIDTHS:
        problems.append(Problem("--style", repr(style), f"one of {', '.join(PICTURE_WIDTHS)}"))
    given = ["--style"] * (style != DEFAULT_STYLE) + ["--no-title"] * (not title)
    if out is None:
        problems += [Problem(option, "no --out", "--out DIR, the folder for the pictures") for option in given]
    if problems:
        raise InputError(problems)
    if given and not pictures:
        verb = "has" if len(given) == 1 else "have"
        print_note(f"{' and '.join(given)} {verb} no effect with --no-pictures")
    return PictureStyle(cast("PictureWidth", style), title=title)
