"""Rows of malformed input: how long it takes to say what is wrong, at the sizes and depths that could hurt."""

from __future__ import annotations

import numpy as np
from benchmarks.measure import Row, timed_each, within

from multistatic.errors import ScenarioError
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.preset import preset_names, preset_text

DEEP, LARGE = 100_000, 10_000_000


def malformed(step: int) -> list[Row]:
    """Texts of ten million characters, a hundred thousand levels and numbers of thousands of digits; presets cut off at
    every `step` characters.
    """
    texts = [
        *("a = " + "[" * DEEP + "]" * DEEP, "a = " + "{a=" * DEEP, "a." * DEEP + "a = 1", "[" + "a." * DEEP + "a]"),
        *("#" * LARGE, "a = " + "[" * LARGE, "name = '" + "a" * LARGE),
        *("seed = " + "9" * 100_000, "seed = 0x" + "f" * 100_000, "seed = 1e999999999", "[[a]]\n" * 100_000),
        *(text[:cut] for text in map(preset_text, preset_names()) for cut in range(0, len(text), step)),
    ]
    _, times_s = timed_each(_refused, texts)
    return [
        Row(
            work=f"{len(texts)} malformed scenario files",
            ours="parse_scenario",
            ours_s=float(np.median(times_s)),
            checks=(within(1.0, float(np.max(times_s)), "longest"),),
        )
    ]


def _refused(text: str) -> bool:
    try:
        parse_scenario(text)
    except ScenarioError:
        return True
    return False
