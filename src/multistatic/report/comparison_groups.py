"""The groups that methods chose, each with a letter: its members once, the others by how they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from multistatic.design.compare import Comparison

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGroup:
    """One of the groups of a comparison.

    letter: its name, A for the first.
    members: ids of its receivers, in the order of the scenario.
    words: a sentence with the members, or how it differs from group A.
    """

    letter: str
    members: tuple[str, ...]
    words: str


def named_groups(rows: Sequence[Comparison]) -> tuple[NamedGroup, ...]:
    """The different groups of the rows that have a design, in their order: that of the best row is A."""
    distinct = dict.fromkeys(
        row.design.selected_ids for row in rows if row.design is not None and row.value is not None
    )
    found: list[NamedGroup] = []
    for number, members in enumerate(distinct):
        letter = _letter(number)
        full = f"{letter}: {', '.join(members) or 'no receiver'}"
        words = full if not found else min(full, f"{letter}: {_difference(found[0].members, members)}", key=len)
        found.append(NamedGroup(letter=letter, members=members, words=f"{words}."))
    return tuple(found)


def group_of(row: Comparison, groups: Sequence[NamedGroup]) -> NamedGroup | None:
    """The group of a row; None where it has no design."""
    if row.design is None or row.value is None:
        return None
    return next(group for group in groups if group.members == row.design.selected_ids)


def _letter(number: int) -> str:
    """A to Z, then A2 to Z2 and so on."""
    turn, place = divmod(number, len(_LETTERS))
    return _LETTERS[place] + (str(turn + 1) if turn else "")


def _difference(first: Sequence[str], other: Sequence[str]) -> str:
    """`A without rx05, with rx03`."""
    gone = [name for name in first if name not in other]
    new = [name for name in other if name not in first]
    parts = [f"without {', '.join(gone)}"] if gone else []
    parts += [f"with {', '.join(new)}"] if new else []
    return f"A {'; '.join(parts)}"


def count_in_words(count: int) -> str:
    """`1 receiver`, `4 receivers`."""
    return f"{count} receiver" + ("" if count == 1 else "s")


def decades(values: Sequence[float]) -> float:
    """How many powers of ten there are between the smallest and the largest of positive values; 0 for none."""
    positive = [value for value in values if value > 0]
    return float(np.log10(max(positive) / min(positive))) if positive else 0.0
