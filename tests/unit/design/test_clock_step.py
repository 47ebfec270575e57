"""A nanosecond of clock error: the position error of the same group and beams, found in another way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from multistatic import Design, Scenario, design_network, load_preset
from multistatic.design.clock_step import clock_step
from multistatic.design.verify import verify
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.close import close_to

SMALL = ["receivers.random.count=5", "transmitter.antennas=6", "requirements.rate_bps_hz=1.0"]
ALL = ('design.selector="all"', "requirements.cooperation_cost_m=1e5")


def designed(*more: str) -> Design:
    return design_network(load_preset("paper", [*SMALL, *more]))


AT_REST = "target.velocity_m_s=[0.0,0.0]"  # else Dopplers tell a little about the position, too


def with_clocks(scenario: Scenario, std_s: Any) -> Scenario:
    """The receivers' clocks off by `std_s`, a function of what each was off by."""
    receivers = tuple(replace(one, clock_offset_std_s=std_s(one.clock_offset_std_s)) for one in scenario.receivers)
    return replace(scenario, receivers=receivers)


@pytest.mark.parametrize("transmitter", ["0.0", "5e-9"])
@pytest.mark.parametrize("before", ["0.0", "3e-10", "2e-9"])
def test_the_value_is_what_the_verification_finds_with_that_clock(before: str, transmitter: str) -> None:
    """`verify` has formulas of its own: it recomputes the bound that is put into the design."""
    clocks = (f"receivers.clock_offset_std_s={before}", f"transmitter.clock_offset_std_s={transmitter}")
    made = designed(*clocks, *ALL)
    step = clock_step(made)
    assert step is not None
    assert made.accuracy is not None
    worse = with_clocks(made.scenario, lambda std_s: np.hypot(std_s, 1e-9))
    position = replace(made.accuracy.position, peb_m=step.value)
    accuracy = replace(made.accuracy, position=position)
    violations = verify(replace(made, scenario=worse, accuracy=accuracy)).violations
    assert violations["reported PEB"] < 1e-6
    assert step.change == close_to(step.value / made.accuracy.position.peb_m - 1.0)


def test_perfect_clocks_leave_the_geometry_alone() -> None:
    """1 ns is far above any other error here, so the position error is c·1 ns times the dilution of precision."""
    made = designed(AT_REST, *ALL)
    geometry = made.scenario.geometry()
    slope = (geometry.to_target + geometry.receiver_to_target)[made.selected, :2]
    dilution = np.sqrt(np.trace(np.linalg.solve(slope.T @ slope, np.eye(2))))
    step = clock_step(made)
    assert step is not None
    assert step.value == close_to(SPEED_OF_LIGHT_M_S * 1e-9 * dilution, rel=1e-6)


def test_errors_add_as_variances() -> None:
    """One clock of 3 ns, of which 1 ns more makes sqrt(10) ns and not 4."""
    made = designed("receivers.clock_offset_std_s=3e-9", AT_REST, *ALL)
    step = clock_step(made)
    assert step is not None
    assert step.change == close_to(np.sqrt(10.0) / 3.0 - 1.0, rel=1e-5)


def test_an_unknown_clock_stays_unknown() -> None:
    """Delays of unknown clocks say nothing; Dopplers alone locate a moving target, and no clock changes them."""
    step = clock_step(designed('receivers.clock_offset_std_s="unknown"', *ALL))
    assert step is not None
    assert step.change == close_to(0.0, abs=1e-9)


def test_there_is_none_without_a_position_or_with_one_clock() -> None:
    scenario = load_preset("paper", SMALL)
    assert clock_step(design_network(scenario, scheme="mono")) is None
    assert clock_step(design_network(scenario, scheme="bi")) is None
    assert clock_step(designed("requirements.cooperation_cost_m=1.0")) is None
