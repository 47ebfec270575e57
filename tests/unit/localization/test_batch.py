"""Many designs: the same bits for any number of workers, in the order of the scenarios, from any executor."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count, islice

import numpy as np
import pytest

from multistatic.design import design_network
from multistatic.errors import InputError, Problem
from multistatic.scenario.model import DesignSettings
from multistatic.study import design_many
from tests.support.networks import network

FAST = DesignSettings(beamformer="value_function")


def drops(number):
    return [network(3, seed=seed, cost_m=150.0, design=FAST) for seed in range(number)]


def bits(design):
    return design.beamforming.beams.weights.tobytes(), design.selected.tobytes(), design.accuracy.surrogate


@pytest.mark.slow
def test_processes_give_the_bits_of_one_at_a_time():
    scenarios = drops(20)  # more than one chunk
    alone = [bits(design_network(scenario)) for scenario in scenarios]
    assert [bits(design) for design in design_many(scenarios, workers=1)] == alone
    assert [bits(design) for design in design_many(scenarios, workers=2)] == alone


def test_any_executor_will_do():
    scenarios = drops(3)
    with ThreadPoolExecutor(1) as executor:
        designs = list(design_many(scenarios, executor=executor))
    assert [design.scenario.seed for design in designs] == [0, 1, 2]


def test_scenarios_are_taken_as_they_are_needed():
    endless = (network(2, seed=seed, design=FAST) for seed in count())
    designs = list(islice(design_many(endless, workers=1), 2))
    assert [design.scenario.seed for design in designs] == [0, 1]


def test_an_infeasible_scenario_is_a_design_that_says_so():
    scenarios = [network(3, seed=0, design=FAST), network(3, seed=1, rate_bps_hz=60.0, design=FAST)]
    statuses = [design.status for design in design_many(scenarios, workers=1)]
    assert statuses[1] == "infeasible"
    assert statuses[0] != "infeasible"


def test_schemes_are_passed_on():
    (design,) = design_many([replace(drops(1)[0], seed=5)], scheme="bi", workers=1)
    assert design.scheme == "bi"
    assert np.sum(design.selected) == 1


def broken(scenario):
    """It makes a network; only its design finds out that nobody is registered under this name."""
    return replace(scenario, design=replace(scenario.design, beamformer="nobody"))


def until_the_error(designs):
    seeds = []
    with pytest.raises(InputError) as caught:
        seeds.extend(design.scenario.seed for design in designs)
    return seeds, str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("at", [0, 3, 17])
def test_designs_before_an_error_are_handed_out_with_any_workers(at):
    scenarios = drops(20)
    scenarios[at] = broken(scenarios[at])
    alone = until_the_error(design_many(scenarios, workers=1))
    assert alone[0] == list(range(at))
    assert "beamformers: received 'nobody', expected one of" in alone[1]
    with ThreadPoolExecutor(2) as executor:
        assert until_the_error(design_many(scenarios, executor=executor)) == alone
    if at == 3:
        assert until_the_error(design_many(scenarios, workers=2)) == alone


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_designs_before_the_scenarios_fail_are_handed_out(workers):
    def scenarios():
        yield from drops(18)
        raise InputError([Problem("row 19", "nothing", "a scenario")])

    with ThreadPoolExecutor(2) as executor:
        designs = design_many(scenarios(), workers=workers, executor=executor if workers > 1 else None)
        seeds, message = until_the_error(designs)
    assert seeds == list(range(18))
    assert "row 19" in message


@pytest.mark.parametrize("workers", [0, -1])
def test_fewer_than_one_worker_is_refused_at_once(workers):
    with pytest.raises(InputError, match=f"workers: received {workers}, expected at least 1"):
        design_many([], workers=workers)
