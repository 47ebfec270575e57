"""The numbers in the tables of the terminal: which of them stands where, in which unit."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from multistatic.design.compare import Comparison
from multistatic.design.result import Design, Verification
from multistatic.design.sensitivity import BudgetStep, Sensitivity
from multistatic.design.unit_changes import UnitChanges
from multistatic.localization.fix import Fix
from multistatic.report.design_facts import design_facts
from multistatic.report.fix_summary import fix_summary
from multistatic.report.summary import comparison_table, design_summary
from multistatic.report.wording import one_unit
from tests.support.handmade_design import design, scenario


def printed(table: Any, *, style: bool = False) -> str:
    stream = io.StringIO()
    Console(file=stream, width=200, color_system="standard" if style else None, force_terminal=style).print(table)
    return stream.getvalue()


def made(**changes: Any) -> Design:
    one = design(scenario(count=3), group=(0, 2))
    assert one.beamforming is not None
    assert one.accuracy is not None
    one = replace(
        one,
        beamforming=replace(
            one.beamforming,
            illumination_w=0.5,
            upper_bound_w=0.625,
            power_w=0.25,
            rates_bps_hz=np.array([4.5, 3.5, 6.25]),
        ),
        accuracy=replace(
            one.accuracy,
            delay_std_s=np.array([1e-9, 2e-9, 5e-9]),
            doppler_std_hz=np.array([100.0, 20.0, 50.0]),
            range_std_m=np.array([0.2998, 0.5996, 1.499]),
            range_rate_std_m_s=np.array([8.5655, 1.7131, 4.2827]),
            block_snr=np.array([1e3, 1e2, 10.0]),
        ),
    )
    return replace(one, **changes)


def row(text: str, name: str) -> list[str]:
    """The cells of the line of one receiver."""
    (line,) = (line for line in text.splitlines() if line.replace("●", " ").split()[:1] == [name])
    return [cell.strip() for cell in line.replace("●", " ").split("  ") if cell.strip()]


def told(one: Design, unit: UnitChanges | None = None) -> dict[str, str]:
    """The facts of a design by name."""
    facts = design_facts(one, unit)
    assert len({fact.name for fact in facts}) == len(facts)
    return {fact.name: fact.value.replace("\u00a0", " ") for fact in facts}


def test_the_line_of_every_receiver() -> None:
    one = made()
    text = printed(design_summary(one))
    distances_m = one.scenario.geometry().target_receiver_m
    snr_db = {"r1": "30.0", "r2": "20.0", "r3": "10.0"}
    heads, units = text.splitlines()[-7:-5]
    assert re.split("  +", heads.strip()) == ["receiver", "to target", "rate", "block SNR", "range", "range rate"]
    assert units.split() == ["m", "bit/s/Hz", "dB", "±", "m", "±", "m/s"]
    for k, name in enumerate(("r1", "r2", "r3")):
        cells = row(text, name)
        assert cells[0] == name
        assert cells[1] == f"{distances_m[k]:.1f}"
        assert cells[2] == f"{[4.5, 3.5, 6.25][k]:.3f}"
        assert cells[3] == snr_db[name]
        assert cells[4:] == [["0.300", "8.57"], ["0.600", "1.71"], ["1.499", "4.28"]][k]


def test_required_rates_are_a_column_where_they_differ_and_else_a_fact() -> None:
    one = made()
    assert told(one)["required rate"] == "4 bit/s/Hz at every receiver"
    receivers = (replace(one.scenario.receivers[0], rate_required_bps_hz=1.5), *one.scenario.receivers[1:])
    differ = replace(one, scenario=replace(one.scenario, receivers=receivers))
    assert "required rate" not in told(differ)
    text = printed(design_summary(differ))
    assert [row(text, name)[2:4] for name in ("r1", "r2")] == [["4.500", "1.500"], ["3.500", "4.000"]]


def test_who_cooperates_is_marked_and_who_misses_the_rate_is_red() -> None:
    text = printed(design_summary(made()))
    marked = [line.split()[1] for line in text.splitlines() if line.startswith("● ")]
    assert marked == ["r1", "r3"]
    styled = printed(design_summary(made()), style=True).splitlines()
    red = [line for line in styled if "\x1b[31m" in line]
    assert any("r2" in line for line in red)
    assert not any("r1 " in line or "r3 " in line for line in red)


def test_facts_of_the_beams() -> None:
    one = made()
    facts = told(one)
    assert facts["power towards target"] == "26.99 dBm EIRP"
    assert facts["beams designed by"] == "by_hand; within 20 % of the largest power towards the target"
    assert facts["transmit power"] == "250 mW of 1 W"
    assert facts["weak echoes"].startswith("r3: block SNR below 13 dB")
    assert facts["cooperation cost"] == (
        "181.5 m, at most 200 m; sum of weighted distances to the target and between the receivers"
    )
    assert one.beamforming is not None
    whole = replace(one, beamforming=replace(one.beamforming, power_w=0.9999))
    assert told(whole)["transmit power"] == "1 W, all of it"


def test_gaps_of_the_group() -> None:
    one = made()
    assert one.selection is not None
    near = told(replace(one, selection=replace(one.selection, value=5.0e-4, bound=4.0e-4)))
    assert near["criterion minimised"] == "surrogate U = 0.0005"
    assert near["group selected by"] == "given; at most 25 % above the optimum for the designed beams"
    proven = replace(one, selection=replace(one.selection, status="optimal", value=5.0e-4, bound=5.0e-4))
    assert told(proven)["group selected by"] == "given; proven optimal for the designed beams"
    assert one.beamforming is not None
    exact = replace(one, beamforming=replace(one.beamforming, upper_bound_w=0.5))
    assert told(exact)["beams designed by"] == "by_hand; proven optimal for this group"


def test_what_the_message_of_a_joint_design_has_proven_is_not_told_again() -> None:
    one = made()
    assert one.selection is not None
    joint = told(replace(one, selection=replace(one.selection, method="joint", value=5.0e-4, bound=4.0e-4)))
    assert (joint["group selected by"], joint["beams designed by"]) == ("joint: group and beams together", "by_hand")
    unproven = told(replace(one, selection=replace(one.selection, method="joint")))
    assert unproven["beams designed by"] == "by_hand; within 20 % of the largest power towards the target"


def test_a_criterion_that_is_an_error_bound_has_its_number_there_alone() -> None:
    one = made()
    assert one.selection is not None
    assert one.accuracy is not None
    design_ = replace(one.scenario.design, criterion="peb")
    peb = replace(one, scenario=replace(one.scenario, design=design_))
    same = replace(peb, selection=replace(one.selection, value=one.accuracy.position.peb_m))
    assert told(same)["criterion minimised"] == "position error bound"
    other = replace(peb, selection=replace(one.selection, value=0.125))
    assert told(other)["criterion minimised"] == "position error bound = 125 mm"


@pytest.mark.parametrize(
    ("residual", "words"),
    [
        (2e-7, "2e-07 (0 at a local optimum)"),
        (9e-3, "9e-03 (0 at a local optimum)"),
        (0.43, "4e-01 (the beams are no local optimum, which has 0; the worst is 1)"),
    ],
)
def test_a_residual_says_whether_it_is_that_of_a_local_optimum(residual: float, words: str) -> None:
    one = made()
    assert one.beamforming is not None
    found = replace(one, beamforming=replace(one.beamforming, stationarity=residual))
    assert told(found)["stationarity residual"] == words
    assert "stationarity residual" not in told(replace(found, status="optimal"))


def test_a_failed_check_says_by_how_much() -> None:
    failed = made(verification=Verification(violations={"rate": 2.5e-3, "power": 1e-9}))
    words = "FAILED: constraints and figures recomputed from the beams; largest relative difference 2.5e-03"
    assert told(failed)["verification"] == words
    assert "\x1b[31mFAILED" in printed(design_summary(failed), style=True)


WORTH = Sensitivity(
    rate_per_bps_hz=np.array([0.2, 0.7, 0.1]),
    power_per_db=-0.3,
    budget=BudgetStep(extra_m=12.5, selected=("r1", "r2"), change=-0.25),
)


def test_slopes_are_told_for_a_tenth_of_the_most_expensive_rate_and_of_a_decibel() -> None:
    facts = told(made(sensitivity=WORTH))
    assert facts["+0.1 bit/s/Hz of rate"] == "at r2 (the most expensive receiver): surrogate U +7 %"
    assert facts["+0.1 dB of power"] == "surrogate U -3 %"
    assert facts["+12.5 m of cost"] == "surrogate U -25 %, adding r2, dropping r3"


def test_whole_units_are_told_where_beams_were_designed_again() -> None:
    unit = UnitChanges(receiver_id="r3", rate_change=0.125, power_change=-0.2)
    facts = told(made(sensitivity=WORTH), unit)
    assert facts["+1 bit/s/Hz of rate"] == "at r3 (the most expensive receiver): surrogate U +12 %"
    assert facts["+1 dB of power"] == "surrogate U -20 %"
    never = told(made(sensitivity=WORTH), replace(unit, rate_change=None))
    assert never["+1 bit/s/Hz of rate"] == "at r3 (the most expensive receiver): cannot be met"


def test_what_changes_nothing_is_left_out() -> None:
    """A change of 0.00013 % is none that a reader should weigh."""
    small = 9e-5
    nothing = UnitChanges(receiver_id="r3", rate_change=small, power_change=-small)
    budget = BudgetStep(extra_m=12.5, selected=("r1", "r2"), change=-small)
    facts = told(made(sensitivity=replace(WORTH, budget=budget)), nothing)
    assert [name for name in facts if name.startswith("+")] == ["+1 ns of clock error"]
    assert facts["not listed"] == (
        "rate: the required rates do not limit the result; power: 1 dB more hardly changes the result; cost: a higher "
        "limit hardly changes the result (hardly: by less than 0.01 %)"
    )
    large = told(made(sensitivity=replace(WORTH, budget=replace(budget, change=-1.1e-4))), nothing)
    assert large["+12.5 m of cost"] == "surrogate U -0.011 %, adding r2, dropping r3"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"sensitivity": WORTH}, None, id="every change has a row"),
        pytest.param(
            {"sensitivity": replace(WORTH, rate_per_bps_hz=None, power_per_db=None, budget=None)},
            "rate and power: not available for these beams; cost: no better group was found beyond the limit",
            id="no prices",
        ),
        pytest.param({"sensitivity": None}, "rate, power and cost: no certificate was computed", id="no certificate"),
    ],
)
def test_a_change_without_a_row_has_a_reason(changes: dict[str, Any], words: str | None) -> None:
    assert told(made(**changes)).get("not listed") == words


def test_a_better_group_within_the_budget_is_told_as_affordable() -> None:
    found = replace(WORTH, budget=BudgetStep(extra_m=0.0, selected=("r1", "r2"), change=-0.25))
    facts = told(made(sensitivity=found))
    assert facts["better group"] == "adding r2, dropping r3 is affordable: surrogate U -25 % with these beams"
    assert not any("of cost" in name for name in facts)


def test_a_transmitter_that_listens_has_a_line_of_its_own() -> None:
    one = made()
    assert one.accuracy is not None
    alone = replace(
        one.accuracy,
        sensor_ids=("transmitter",),
        delay_std_s=np.array([1e-9]),
        doppler_std_hz=np.array([100.0]),
        range_std_m=np.array([0.2998]),
        range_rate_std_m_s=np.array([8.5655]),
        block_snr=np.array([1e3]),
    )
    text = printed(
        design_summary(replace(one, scheme="mono", selection=None, accuracy=alone, selected=np.zeros(3, bool)))
    )
    (line,) = (line for line in text.splitlines() if line.startswith("● "))
    assert "transmitter" in line
    assert line.split()[-3:] == ["30.0", "300", "8.57"]
    assert "± mm " in text
    assert re.search("receiver of the echo +transmitter\n", text)


def comparison(name: str, value: float | None, gap: float | None, time_s: float, **changes: Any) -> Comparison:
    values = {"beamformer": "sca", "status": "feasible", "message": "", "design": None} | changes
    return Comparison(selector=name, value=value, gap=gap, time_s=time_s, **values)


def test_rows_of_a_comparison() -> None:
    best = comparison("joint", 2.5e-3, 0.0, 0.25, design=made())
    other = comparison("greedy", 3.0e-3, 0.2, 1.5e-3, beamformer="los_sdp")
    failed = comparison("given", None, None, 1e-6, status="not run", message="no group")
    late = comparison("all", None, None, 0.125, status="infeasible", message="too much")
    text = printed(comparison_table((best, other, failed, late), "surrogate"))
    lines = {line.split()[0]: line.split() for line in text.splitlines() if line.split()}
    assert lines["receivers"] == ["receivers", "%", "ms"]
    assert lines["joint"] == ["joint", "sca", "feasible", "2", "0.0025", "0", "250.00"]
    assert lines["greedy"] == ["greedy", "los_sdp", "feasible", "–", "0.003", "+20", "1.50"]
    assert "given     sca         not run" in text
    given, everyone = (line.split()[-4:] for line in text.splitlines()[5:7])
    assert given == ["–"] * 4  # a method that did not run took no time
    assert everyone == ["–", "–", "–", "125.00"]
    assert "given + sca: no group" in text


def test_one_beamformer_is_named_below_and_is_no_column() -> None:
    text = printed(comparison_table((comparison("joint", 2.5e-3, 0.0, 0.25, design=made()),), "surrogate"))
    assert "beamformer: sca" in text.splitlines()
    assert text.splitlines()[3].split() == ["joint", "feasible", "2", "0.0025", "0", "250"]


# Fixes


def fix(time_s: float, **changes: Any) -> Fix:
    covariance = np.diag([0.04, 0.05, 0.25, 0.11])
    values: dict[str, Any] = {
        "time_s": time_s,
        "position_verdict": "unique",
        "velocity_verdict": "observable",
        "position_m": np.array([12.3456, -7.6543, 0.0]),
        "velocity_m_s": np.array([1.2345, -0.5432, 0.0]),
        "covariance": covariance,
        "position_covariance_m2": covariance[:2, :2],
        "other_position_m": None,
        "other_velocity_m_s": None,
        "receiver_ids": ("a", "b", "c"),
        "used": ("a", "b"),
        "outliers": (),
        "residuals": np.zeros((3, 2)),
        "normalised_residuals": np.zeros(3),
        "chi_square": 1.0,
        "degrees_of_freedom": 2,
        "p_value": 0.625,
        "clock_offsets": np.zeros((3, 2)),
        "common_clock_offset": (0.0, 0.0),
        "message": "",
    }
    return Fix(**values | changes)


def test_the_line_of_a_fix() -> None:
    """Coordinates are written to a tenth of their standard deviation, 0.3 m and 0.6 m/s."""
    lines = printed(fix_summary([fix(2e-3), fix(5e-3, message="No velocity.", velocity_m_s=None)], 2)).splitlines()
    first, second = (line.split() for line in lines if "unique" in line)
    assert lines[1].split()[0] == "ms"
    assert first == ["2", "12.35", "-7.65", "0.30", "1.23", "-0.54", "0.60", "unique", "2", "0.62"]
    assert second[0] == "5"
    assert second[4:6] == ["–", "–"]
    assert "at 5 ms: No velocity." in lines


@pytest.mark.parametrize(("degrees", "shown"), [(0, "–"), (2, "0.62")])
def test_a_fit_without_freedom_has_no_p_value(degrees: int, shown: str) -> None:
    (line,) = (
        line
        for line in printed(fix_summary([fix(1.0, degrees_of_freedom=degrees)], 2)).splitlines()
        if "unique" in line
    )
    assert line.split()[-1] == shown


def test_long_lists_of_fixes_are_cut() -> None:
    text = printed(fix_summary([fix(float(n)) for n in range(45)], 2))
    assert text.count("unique") == 40
    assert "and 5 more" in text


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ([0.831, 2.4, 1.2934], ("m/s", ["0.831", "2.400", "1.293"])),
        ([1.12e-4, 3.58e-4], ("µm/s", ["112", "358"])),
        ([26.24, 123.456, np.inf], ("m/s", ["26.2", "123.5", "–"])),
        ([0.1203, 30.0], ("m/s", ["0.120", "30.000"])),
        ([2300.0, 26.2], ("km/s", ["2.300", "0.026"])),
        ([np.inf, np.nan], ("m/s", ["–", "–"])),
        ([0.0], ("m/s", ["0.00"])),
        ([], ("m/s", [])),
    ],
)
def test_a_column_has_one_unit(values: list[float], column: tuple[str, list[str]]) -> None:
    assert one_unit(values, "m/s") == column
