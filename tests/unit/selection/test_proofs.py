"""What is called proven is proven: the threshold of "optimal", and when a cheapest group is known to be one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic import registry
from multistatic.selection.cheapest import cheapest_group
from multistatic.selection.problem import SearchLimits
from tests.support.selection_problems import network_problem, selection_problem


def test_optimal_is_said_only_where_the_gap_is_a_millionth() -> None:
    """Searches that may stop at a gap of 0.8 % end with gaps of all sizes below."""
    search, between = registry.load("selectors", "branch_and_bound"), 0
    for seed in range(8):
        problem = replace(network_problem(24, seed=seed, criterion="peb"), limits=SearchLimits(gap=8e-3))
        found = search(problem, np.random.default_rng(0))
        if found.value is None or found.bound is None:
            continue
        excess = found.value / found.bound - 1.0
        assert (found.status == "optimal") == (excess <= 1e-6)
        between += 1e-6 < excess < 1e-2
    assert between, "no search ended between: the test looks at nothing"


def test_a_search_for_the_cheapest_group_is_no_proof() -> None:
    """24 receivers of which four are asked for are not enumerated; twelve are."""
    many, few = (selection_problem(size, count=4, cost_limit_m=1.0) for size in (24, 12))
    found, proven = cheapest_group(many), cheapest_group(few)
    assert found is not None
    assert proven is not None
    assert (found.exact, proven.exact) == (False, True)
    message = registry.load("selectors", "greedy")(many, np.random.default_rng(0)).message
    assert "cheapest known group" in message
