"""Random placement of receivers around a centre."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from multistatic.units import F


def placement_rng(seed: int) -> np.random.Generator:
    """The generator of random placement: a stream of its own, apart from that of the channel."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))


def place_on_annulus(
    rng: np.random.Generator,
    count: int,
    *,
    centre_m: F,
    radius_m: Sequence[float],
    height_m: Sequence[float],
    density: Literal["area", "radius"],
) -> F:
    """Positions [count, 3] on the annulus radius_m[0] ≤ r ≤ radius_m[1] about `centre_m` [3], z in `height_m`.

    `area`: r² is uniform, the same number on each square metre. `radius`: r is uniform, denser near the centre. A
    larger `count` adds receivers and leaves the first ones where they were.
    """
    along, turn, up = rng.random((count, 3)).T
    low, high = radius_m
    radius = np.sqrt(low**2 + along * (high**2 - low**2)) if density == "area" else low + along * (high - low)
    angle = 2 * np.pi * turn
    height = height_m[0] + up * (height_m[1] - height_m[0])
    return np.stack([centre_m[0] + radius * np.cos(angle), centre_m[1] + radius * np.sin(angle), height], axis=1)


def numbered_ids(prefix: str, count: int) -> list[str]:
    """`rx01` … `rx10`: the ids of `count` receivers placed at random; they sort in this order."""
    width = len(str(count))
    return [f"{prefix}{number:0{width}d}" for number in range(1, count + 1)]
