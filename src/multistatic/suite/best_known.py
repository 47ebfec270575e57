"""The best-known values of the suite: what was reached, what is proven, and by what."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from multistatic.suite.instances import BEST_BEAMS, VERSION, read_best_known, read_bytes
from multistatic.units import C

BEAMS = "beams"
"""The board of the beamformers; the boards of selectors are named as their criteria."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BestKnown:
    """Of one instance on one board: `value`, the proven `bound` on it, and what both follow from.

    On the boards of selectors the value is that of the criterion, the bound a lower one, and `selected` the group. On
    the board `beams` the value is the illumination in W and the bound an upper one; its beams are in the suite too.
    """

    value: float
    bound: float
    proof: str
    found_by: str
    selected: tuple[str, ...] = ()

    @property
    def proven_gap(self) -> float:
        """How far the best-known value can be from the optimum at most: the larger of the two over the smaller."""
        return max(self.value, self.bound) / min(self.value, self.bound) - 1.0


def best_known(version: int = VERSION) -> Mapping[tuple[str, str], BestKnown]:
    """(name of the instance, board) → best-known value."""
    document: Mapping[str, Mapping[str, Any]] = read_best_known(version)["instances"]
    return {
        (name, board): BestKnown(**{**entry, "selected": tuple(entry.get("selected", ()))})
        for name, boards in document.items()
        for board, entry in boards.items()
    }


def best_beams(name: str, version: int = VERSION) -> C:
    """Beams [1+K, N_t, L] that reach the best-known illumination of an instance: anybody can check it."""
    with np.load(io.BytesIO(read_bytes(version, BEST_BEAMS)), allow_pickle=False) as stored:
        return np.asarray(stored[name])
