"""Nodes at one place: sectors of a mast are allowed, a path of no length is refused with what to do.

1. Which pairs may share a place, as written and once everything is in metres.
2. Two receivers of one mast: every selector, the bounds and the fusion take them as what they are.
"""

from __future__ import annotations

import numpy as np
import pytest

from multistatic import (
    design_network,
    draw_measurements,
    from_ranges,
    load_preset,
    localize_many,
    position_bound,
    realise,
    sensing_network,
)
from multistatic.errors import ScenarioError
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.places import shared_places
from tests.support.close import close_to
from tests.support.scenario_helpers import MINIMAL

SCATTERERS = "channel.scatterer=[{position_m=[7,7]},{position_m=[8,8]}]"
PLACES = {
    "transmitter": "transmitter.position_m",
    "target": "target.position_m",
    "receiver": "receivers.site[0].position_m",
    "other receiver": "receivers.site[1].position_m",
    "scatterer": "channel.scatterer[0].position_m",
    "other scatterer": "channel.scatterer[1].position_m",
}
ALLOWED = [("receiver", "other receiver"), ("scatterer", "other scatterer")]
REFUSED = [(one, other) for i, one in enumerate(PLACES) for other in [*PLACES][i + 1 :] if (one, other) not in ALLOWED]


@pytest.mark.parametrize("pair", ALLOWED)
def test_sectors_of_a_mast_and_scatterers_may_share_a_place(pair):
    overrides = [SCATTERERS, *(f"{PLACES[one]}=[5,6,2]" for one in pair)]
    scenario = parse_scenario(MINIMAL, overrides=overrides)
    noted = list(shared_places(scenario))
    assert len(noted) == (pair[0] == "receiver")


@pytest.mark.parametrize("second", ["[5,6,2]", "[5,6,2.0000000001]"], ids=["as written", "to a micrometre"])
@pytest.mark.parametrize("pair", REFUSED)
def test_a_path_of_no_length_is_refused(pair, second):
    one, other = pair
    with pytest.raises(ScenarioError) as error:
        parse_scenario(MINIMAL, overrides=[SCATTERERS, f"{PLACES[one]}=[5,6,2]", f"{PLACES[other]}={second}"])
    (problem,) = error.value.problems
    assert problem.expected == "another position"
    assert "[5, 6, 2" in problem.received
    assert "has the same one; a path of length 0 has no gain" in problem.hint
    assert ("--scheme mono" in problem.hint) == (one == "transmitter" and "receiver" in other)


MAST = "receivers.site[1].position_m=[-12.1,28.3]"  # where the first one stands
SECTORS = ["receivers.site[1].antennas=3", 'receivers.site[0].array={kind="ula",antennas=2,axis=[1.0,0.0]}']


def network(*overrides: str):
    scenario = load_preset("published_drop", ['radio.pulse="half_sine"', MAST, *overrides])
    return scenario, sensing_network(scenario, realise(scenario, np.random.default_rng(1)))


SELECTORS = ("enumeration", "branch_and_bound", "greedy", "greedy_swap", "local_search", "milp", "minimax_linkage")


@pytest.mark.parametrize("selector", [*SELECTORS, "kmeans", "best_n", "nearest_n", "random", "joint"])
def test_every_selector_takes_two_sectors_of_one_mast(selector):
    overrides = [MAST, *SECTORS, f"design.selector={selector}", "design.receivers=3", 'design.criterion="surrogate"']
    design = design_network(load_preset("published_drop", overrides))
    assert design.verification.passed
    assert len(design.selected_ids) == 3
    if selector in ("enumeration", "branch_and_bound", "milp", "joint", "nearest_n"):
        assert {"rx01", "rx02"} <= set(design.selected_ids), "the two strongest echoes"


def test_two_sectors_count_as_two_measurements_of_one_range():
    """Both together are one receiver of the sum of their SNRs; two of them alone do not fix a position."""
    scenario, seen = network()
    both, one = (position_bound(seen, scenario.mask(ids), 10.0) for ids in (("rx01", "rx02", "rx05"), ("rx01", "rx05")))
    assert np.all(seen.geometry.receiver_receiver_m[0, :2] == 0.0)
    assert both.peb_m < one.peb_m
    alone = position_bound(seen, scenario.mask(("rx01", "rx02")), 10.0)
    assert alone.position == "unobservable"
    fixes = localize_many(draw_measurements(seen, 10.0, np.random.default_rng(0), 200), scenario)
    assert {fix.position_verdict for fix in fixes} == {"unique"}
    errors = np.array([fix.position_m for fix in fixes]) - scenario.target.position_m
    bound = position_bound(seen, np.ones(10, bool), 10.0)
    # 400 squared Gaussian errors: five standard deviations of their root mean square are 18 %
    assert np.sqrt(np.mean(np.sum(errors**2, axis=1))) == close_to(bound.peb_m, rel=0.18)


def test_closed_forms_have_a_verdict_for_two_receivers_at_one_place():
    found = from_ranges([[9.0, 9.0], [9.0, 9.1]], [0, 0], [[3, 0], [3, 0]], dimensions=2)
    assert found.verdict.tolist() == ["unobservable", "unobservable"]
