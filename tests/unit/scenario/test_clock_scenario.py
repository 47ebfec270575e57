"""Clock offsets from the scenario file to the bounds and to the verified design."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic import design_network, load_preset, parse_scenario, position_bound, realise, sensing_network
from multistatic.bounds.clock import ClockErrors, clock_errors
from multistatic.errors import ScenarioError
from multistatic.scenario.preset import preset_text
from multistatic.scenario.sites import read_site_list
from multistatic.scenario.write import resolved_toml

OFFSETS = [
    "receivers.clock_offset_std_s=1e-9",
    'receivers.frequency_offset_std_hz="unknown"',
    "receivers.site[0].clock_offset_std_s=0",
    'receivers.site[1].clock_offset_std_s="unknown"',
    "transmitter.clock_offset_std_s=2e-9",
]


def test_defaults_say_nothing_and_change_nothing():
    scenario = load_preset("published_drop")
    assert clock_errors(scenario).perfect
    assert "offset_std" not in resolved_toml(scenario)
    assert sensing_network(scenario, realise(scenario, np.random.default_rng(0))).clock is None


def test_each_site_has_its_own_or_the_common_one_and_reads_back():
    scenario = load_preset("urban", OFFSETS)
    clock = clock_errors(scenario)
    assert clock.time_s.tolist() == [0.0, np.inf, *[1e-9] * 4, np.inf, np.inf]
    assert clock.frequency_hz.tolist() == [*[np.inf] * 6, 350.0, 350.0]
    assert clock.common.tolist() == [2e-9, 0.05]
    again = parse_scenario(resolved_toml(scenario))
    assert resolved_toml(again) == resolved_toml(scenario)
    assert clock_errors(again).time_s.tolist() == clock.time_s.tolist()


def test_random_receivers_and_site_lists_have_clocks_too():
    paper = load_preset("paper", ["receivers.clock_offset_std_s=1e-9"])
    assert {receiver.clock_offset_std_s for receiver in paper.receivers} == {1e-9}
    (row,) = read_site_list("sites.csv", "id,x_m,y_m,clock_offset_std_s\na,1,2,3e-9\n")
    assert row.table["clock_offset_std_s"] == 3e-9


@pytest.mark.parametrize("value", ["-1", '"good"', "true", "[1]", "inf"])
def test_what_is_no_offset_is_refused_with_its_path(value):
    with pytest.raises(ScenarioError) as error:
        parse_scenario(preset_text("paper"), overrides=[f"receivers.clock_offset_std_s={value}"])
    assert [problem.path for problem in error.value.problems] == ["receivers.clock_offset_std_s"]


def test_negative_deviations_are_refused():
    with pytest.raises(ValueError, match="at least 0"):
        ClockErrors(time_s=np.array([-1.0]), frequency_hz=np.array([0.0]))


@pytest.mark.parametrize(
    "overrides",
    [
        ["receivers.clock_offset_std_s=1e-9", "receivers.frequency_offset_std_hz=10"],
        ["transmitter.clock_offset_std_s=1e-9"],
        ['transmitter.clock_offset_std_s="unknown"', "transmitter.frequency_offset_std_hz=20"],
    ],
)
def test_a_design_with_clock_offsets_is_verified_and_worse(overrides):
    """`design.verify` has each offset as an unknown of its own: another path to the same bound."""
    settings = ["receivers.random.count=6", "requirements.rate_bps_hz=1"]
    plain, offset = (design_network(load_preset("paper", [*settings, *more])) for more in ([], overrides))
    assert offset.verification.passed
    assert offset.verification.violations["reported PEB"] < 1e-9
    assert offset.verification.violations["reported VEB"] < 1e-9
    assert offset.accuracy.position.peb_m > 1.05 * plain.accuracy.position.peb_m
    assert offset.selected_ids == plain.selected_ids, "the criterion is that of synchronised clocks"


def test_unknown_clocks_leave_the_position_unobservable():
    scenario = load_preset("paper")
    network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    lost = ClockErrors(time_s=np.full(10, np.inf), frequency_hz=np.full(10, np.inf))
    bound = position_bound(replace(network, clock=lost), np.ones(10, bool), 1.0)
    assert (bound.position, bound.velocity) == ("unobservable", "unobservable")
    assert "clocks" in bound.reason
