"""The N receivers nearest to the target."""

from __future__ import annotations

import numpy as np

from multistatic.selection.ranked import first_affordable
from multistatic.selection.selection_problem import Selection, SelectionProblem


def nearest_n(problem: SelectionProblem, rng: np.random.Generator) -> Selection:
    """The forced receivers and the nearest to the target after them: N = `count`, or as many as the budget allows."""
    order = np.argsort(problem.target_distance_m, kind="stable")
    return first_affordable(problem, order, method="nearest_n", rule=("nearest to the target",) * 2)
