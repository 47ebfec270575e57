"""Where notes on an input go: to stderr, so that tables and JSON on stdout stay as they are."""

from __future__ import annotations

import typer


def print_note(text: str) -> None:
    """One line, `note: …`."""
    typer.echo(f"note: {text}", err=True)
