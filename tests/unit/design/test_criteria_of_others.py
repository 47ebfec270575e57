"""Criteria of other packages: nothing is proven of what they do not declare, nor of what they declare wrongly.

Line of sight and one receive antenna: the beams of every group are then exact, and brute force over all affordable
groups knows the truth.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.beamforming.value_function import value_function
from multistatic.design import design_network
from multistatic.design.instance import Instance, instance_of
from multistatic.errors import PluginError
from multistatic.scenario.model import DesignSettings, Scenario
from tests.support.close import close_to
from tests.support.networks import network
from tests.support.odd_criteria import HONEST, NAMES, REFUSED, SOURCE, UNDECLARED
from tests.support.packages import Packages

DROPS = range(6)
SELECTORS = ("joint", "enumeration", "greedy_swap")


@pytest.fixture
def others(packages: Packages) -> None:
    packages.install("criteria", SOURCE, *NAMES)


def drop(name: str, seed: int, selector: str = "joint") -> Scenario:
    """Six receivers with a rate, of which the budget affords some."""
    settings = DesignSettings(criterion=name, selector=selector, beamformer="value_function")
    return network(
        6, antennas=1, transmit_antennas=6, rate_bps_hz=1.0, seed=seed, cost_m=150.0, direct="los", design=settings
    )


def truth(instance: Instance) -> float:
    """The least value of any affordable group with its best beams, or with less light."""
    beams = value_function(instance.beamforming_problem(np.ones(6, bool))).beams
    problem = replace(instance.selection_problem(beams), forced=np.zeros(6, bool))
    least = np.inf
    for number in range(1, 64):
        group = (number >> np.arange(6)) % 2 == 1
        if problem.feasible(group[None])[0]:
            result = value_function(instance.beamforming_problem(group))
            for part in (1.0, 0.9, 0.5):
                least = min(least, float(problem.criterion.values(group[None], part * result.illumination_w)[0]))
    return least


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("seed", DROPS)
@pytest.mark.parametrize("name", UNDECLARED)
def test_nothing_is_proven_of_a_criterion_that_declares_nothing(name: str, seed: int) -> None:
    for selector in SELECTORS:
        design = design_network(drop(name, seed, selector))
        assert design.status == "feasible"
        assert design.selection.bound is None
        assert design.selection.status == "feasible"
        assert "proven optimal" not in design.message.replace("not proven optimal", "")
        if selector == "joint":
            assert "declares no gain" in design.message


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("seed", DROPS)
@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_declaration_is_refused_in_one_sentence(name: str, seed: int) -> None:
    for selector in ("joint", "enumeration", *(("branch_and_bound",) if name not in ("Negative", "Zero") else ())):
        with pytest.raises(PluginError, match=r"other-package 1\.2") as refused:
            design_network(drop(name, seed, selector))
        assert refused.value.exit_code == 2
        assert [problem.path for problem in refused.value.problems] == ["design.criterion"]


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("seed", DROPS)
@pytest.mark.parametrize("name", HONEST)
def test_a_right_declaration_is_proven_and_said_to_be_theirs(name: str, seed: int) -> None:
    scenario = drop(name, seed)
    best = truth(instance_of(scenario))
    design = design_network(scenario)
    assert design.status == "optimal"
    assert design.selection.value == close_to(best, rel=1e-6)
    assert design.selection.bound <= best * (1 + 1e-9)
    assert f"The proof rests on the gain that other-package 1.2 declares for {name}." in design.message
    for selector in ("enumeration", "branch_and_bound", "greedy_swap"):
        other = design_network(drop(name, seed, selector))
        assert other.selection.value >= best * (1 - 1e-9)
        assert other.status == "feasible" or other.selection.value == close_to(best, rel=1e-6)


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("name", [*UNDECLARED, *HONEST])
def test_the_best_single_receiver_is_the_best_whatever_the_criterion(name: str) -> None:
    for seed in DROPS:
        scenario = drop(name, seed)
        design = design_network(scenario, scheme="bi")
        instance, values = instance_of(scenario), []
        for k in range(6):
            group = np.arange(6) == k
            if 0.5 * scenario.geometry().target_receiver_m[k] <= 150.0:
                result = value_function(instance.beamforming_problem(group))
                values.append(instance.criterion().values(group[None], result.illumination_w)[0])
        assert design.selection.value == close_to(min(values), rel=1e-9)
