"""500 random scenarios with several targets, priors and areas: every answer is verified, and nothing else is raised."""

from __future__ import annotations

import collections

import numpy as np
import pytest

from multistatic import design_network
from multistatic.errors import InputError
from multistatic.scenario.parse_scenario import parse_scenario
from tests.support.uncertain_scenarios import random_scenario

SCENARIOS, PART = 500, 50


@pytest.mark.evidence
@pytest.mark.parametrize("first", range(0, SCENARIOS, PART))
def test_every_answer_is_verified(first: int) -> None:
    found: collections.Counter[str] = collections.Counter()
    for number in range(first, first + PART):
        found[outcome(number)] += 1
    assert found["optimal"] + found["feasible"] > PART // 3, found


def outcome(number: int) -> str:
    """The status of the design of scenario `number`, whose claims are looked at here; `refused` where the input is."""
    refused: InputError | None = None
    try:
        scenario = parse_scenario(random_scenario(number))
        design = design_network(scenario)
    except InputError as error:
        refused = error
    if refused is not None:
        assert refused.problems, number
        assert all(each.path and each.received and each.expected for each in refused.problems), number
        return "refused"
    assert design.status != "unverified", (number, design.verification)
    if design.status == "infeasible":
        assert design.message, number
        return design.status
    assert design.verification is not None, number
    assert design.verification.passed, (number, design.verification.violations)
    selection = design.selection
    assert selection is not None, number
    assert selection.value is not None, number
    assert np.isfinite(selection.value), number
    assert selection.bound is None or selection.bound <= selection.value * (1.0 + 1e-9), number
    return design.status


@pytest.mark.parametrize("number", range(4))
def test_a_few_in_every_run(number: int) -> None:
    assert outcome(number) in {"optimal", "feasible", "infeasible"}
