"""The group that the scenario lists."""

from __future__ import annotations

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.selection.infeasible import of_rule
from multistatic.selection.selection_problem import Selection, SelectionProblem


def given(problem: SelectionProblem, rng: np.random.Generator) -> Selection:
    """Exactly `problem.given`, checked against every constraint; without one, `InputError`."""
    if problem.given is None:
        raise InputError([Problem(path="design.given", received="nothing", expected="the ids of the group to use")])
    return of_rule(problem, np.asarray(problem.given, bool), method="given", rule="The given receivers")
