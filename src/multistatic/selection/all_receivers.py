"""Every receiver cooperates."""

from __future__ import annotations

import numpy as np

from multistatic.selection.infeasible import of_rule
from multistatic.selection.selection_problem import Selection, SelectionProblem


def all_receivers(problem: SelectionProblem, rng: np.random.Generator) -> Selection:
    """All K receivers, or the reason why they are not a feasible group. Registered as `all`."""
    return of_rule(problem, np.ones(problem.size, bool), method="all", rule="All receivers")
