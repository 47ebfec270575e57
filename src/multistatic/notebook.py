"""How results show themselves in a notebook or an interpreter: short, without arrays.

A result says what it is in an `Overview`, a title and a few facts in words; `repr` writes it on at most two lines, a
notebook as a small table. Everything that needs a library or knows more than the result itself is a public function of
a room above: `multistatic.summary`, `to_dataframe`, `to_xarray`, `plot_map`, … The methods of the first three are short
for these: they get them by their public names, as a user would, so no room here imports one above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib import import_module
from typing import Any

_LINE = 116


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Short description of a result.

    title: what the result is.
    facts: names and values in words.
    """

    title: str
    facts: tuple[tuple[str, str], ...] = ()


class NotebookView:
    """Base of results: `overview` in, `repr` and HTML out."""

    __slots__ = ()

    def overview(self) -> Overview:
        """Title and facts of this result."""
        raise NotImplementedError

    def summary(self) -> str:
        """The table that the command line prints, as text: `multistatic.summary(self)`."""
        text: str = import_module("multistatic").summary(self)
        return text

    def __repr__(self) -> str:
        shown = self.overview()
        facts = ", ".join(f"{name} {value}" for name, value in shown.facts)
        return f"<{type(self).__name__}: {_cut(shown.title, _LINE)}" + (
            f"\n {_cut(facts, 2 * _LINE)}>" if facts else ">"
        )

    def _repr_html_(self) -> str:
        shown = self.overview()
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:left">{escape(value)}</td></tr>'
            for name, value in shown.facts
        )
        title = f"{type(self).__name__}: {shown.title}"
        # The colour is that of the notebook's text: some style sheets write captions in a grey that is hard to read.
        return f'<table><caption style="text-align:left;color:inherit">{escape(title)}</caption>{rows}</table>'


class LabelledResult(NotebookView):
    """Base of results that have arrays with axes: pandas and xarray label them."""

    __slots__ = ()

    def to_dataframe(self) -> Any:
        """One row a receiver, measurement or trial: `multistatic.to_dataframe(self)`."""
        return import_module("multistatic").to_dataframe(self)

    def to_xarray(self) -> Any:
        """Labelled arrays with units: `multistatic.to_xarray(self)`."""
        return import_module("multistatic").to_xarray(self)


def first_few(names: tuple[str, ...], most: int = 6) -> str:
    """Names with commas; of many the first few and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _cut(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
