"""The N receivers with the strongest echo paths, as 3GPP picks links (TR 38.901 §7.9.6.1: smallest power scaling)."""

from __future__ import annotations

import numpy as np

from multistatic.selection.ranked import first_affordable
from multistatic.selection.selection_problem import Selection, SelectionProblem

_RULE = ("with the strongest echo path", "with the strongest echo paths")


def best_n(problem: SelectionProblem, rng: np.random.Generator) -> Selection:
    """The forced receivers and the strongest echoes η_kβ_k after them: N = `count`, or as many as the budget allows."""
    order = np.argsort(-np.asarray(problem.echo_gain), kind="stable")
    return first_affordable(problem, order, method="best_n", rule=_RULE)
