"""Many designs: the same bits for any number of workers, in the order of the scenarios, from any executor."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count, islice

import numpy as np

from multistatic.design import design_network
from multistatic.scenario.model import DesignSettings
from multistatic.study import design_many
from tests.unit.networks import network

FAST = DesignSettings(beamformer="value_function")


def drops(number):
    return [network(3, seed=seed, cost_m=150.0, design=FAST) for seed in range(number)]


def bits(design):
    return design.beamforming.beams.weights.tobytes(), design.selected.tobytes(), design.accuracy.surrogate


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
