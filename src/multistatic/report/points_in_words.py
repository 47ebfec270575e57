"""Where a design looks, in words: its points, the worst of them, and how their values become one."""

from __future__ import annotations

import re

import numpy as np

from multistatic.design.instance import criterion_unit
from multistatic.design.points_accuracy import REDUCED
from multistatic.design.result import Design
from multistatic.report.wording import criterion_words, quantity
from multistatic.scenario.design_settings import OverPoints
from multistatic.scenario.model import Scenario, Target
from multistatic.units import F


def compared_over(mode: OverPoints, points: int) -> str:
    """What the values of a comparison are: `at the worst point; these are the 19 points that the scenario lays …`."""
    return f"{REDUCED[mode]}; these are the {points} points that the scenario lays, without a check between them"


WORST = "worst point"


def place_in_words(place_m: F, dimensions: int) -> str:
    """`(12.3, 45.6) m`: coordinates of a place with a tenth of a metre, or whole metres where they are large."""
    digits = 1 if np.max(np.abs(place_m[:dimensions])) < 1e4 else 0
    numbers = ", ".join(f"{round(float(value), digits) + 0.0:.{digits}f}" for value in place_m[:dimensions])
    return f"({numbers}) m"


def with_minus(place: str) -> str:
    """A place in words with minus signs, as pictures write numbers."""
    return re.sub(r"(?<=[( ])-(?=\d)", "−", place)


def worst_place(design: Design) -> str:
    """Where the worst point is: `(12.3, 45.6) m`, with the name of its target where there are several."""
    over = design.over_points
    assert over is not None
    where = place_in_words(design.points.position_m[over.worst], _coordinates(design))
    targets = design.scenario.targets
    whose = f" of {targets[int(design.points.target[over.worst])].id}" if len(targets) > 1 else ""
    return f"{where}{whose}"


def middle_in_words(design: Design) -> list[str]:
    """What the design for the middle alone reaches over the same points, as a sentence; none where it is unknown."""
    found = middle_reaches(design)
    return [f"The design for the middle alone: {found}."] if found else []


def middle_reaches(design: Design) -> str:
    """`position error bound 3.2 m at the worst point, 3.9 times as large as here`: the figure that the design
    minimises, with the design for the middle; empty where that was not made.
    """
    over = design.over_points
    if over is None or over.middle_value is None:
        return ""
    if not np.isfinite(over.middle_value):
        lost = int(np.sum(~np.isfinite(over.middle_values)))
        where = f"{lost} of {len(over.value)} points" if lost else "some points"
        return f"the target is unobservable at {where}"
    unit = criterion_unit(design)
    value = quantity(over.middle_value, unit) if unit else f"{over.middle_value:.4g}"
    name = criterion_words(design.scenario.design.criterion)
    return f"{name} {value} {REDUCED[over.mode]}, {times_as_large(over.middle_value / over.value_reduced)}"


def minimised_in_words(design: Design) -> str:
    """`240 mm, mean over the 19 points`: the value that a design over several points minimises; empty where that is
    the value of the worst point, or of a single one.
    """
    over = design.over_points
    if over is None or over.mode == "worst" or len(over.value) < 2:
        return ""
    where = REDUCED[over.mode].replace("the points", f"the {len(over.value)} points")
    if not np.isfinite(over.value_reduced):
        return f"unobservable at {int(np.sum(~np.isfinite(over.value)))} of {len(over.value)} points"
    unit = criterion_unit(design)
    return f"{quantity(over.value_reduced, unit) if unit else f'{over.value_reduced:.5g}'}, {where}"


def times_as_large(ratio: float) -> str:
    """`3.9 times as large`, a small difference in per cent: `2.1 % larger`; `the same` below 0.01 %."""
    if abs(ratio - 1.0) < 1e-4:
        return "the same as here"
    if ratio >= 1.5:
        return f"{ratio:.3g} times as large as here"
    return f"{100.0 * abs(ratio - 1.0):.2g} % {'larger' if ratio > 1.0 else 'smaller'} than here"


def mark_of(target: Target) -> str:
    """What the marker of a target stands for."""
    if target.area is not None:
        return "middle of the area"
    return "target" if target.prior is None else "mean of the prior"


def name_of_target(scenario: Scenario, number: int) -> str:
    """What pictures call a target: its id where there are several."""
    return scenario.targets[number].id if len(scenario.targets) > 1 else "target"


def _coordinates(design: Design) -> int:
    """3 where the height is unknown, or is not 0 for some point; else 2."""
    return 3 if design.scenario.dimensions == 3 or np.any(design.points.position_m[:, 2] != 0.0) else 2
