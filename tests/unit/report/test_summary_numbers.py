"""The numbers in the tables of the terminal: which of them stands where, in which unit."""

from __future__ import annotations

import io
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


def test_the_line_of_every_receiver() -> None:
    one = made()
    text = printed(design_summary(one))
    distances_m = one.scenario.geometry().target_receiver_m
    snr_db = {"r1": "30.0", "r2": "20.0", "r3": "10.0"}
    units = next(line for line in text.splitlines() if "b/s/Hz" in line)
    assert units.split() == ["receiver", "m", "b/s/Hz", "b/s/Hz", "dB", "±", "m", "±", "m/s"]
    for k, name in enumerate(("r1", "r2", "r3")):
        cells = row(text, name)
        assert cells[0] == name
        assert cells[1] == f"{distances_m[k]:.1f}"
        assert cells[2:4] == [f"{[4.5, 3.5, 6.25][k]:.3f}", "4.000"]
        assert cells[4] == snr_db[name]
        assert cells[5:] == [["0.300", "8.57"], ["0.600", "1.71"], ["1.499", "4.28"]][k]


def test_who_cooperates_is_marked_and_who_misses_the_rate_is_red() -> None:
    text = printed(design_summary(made()))
    marked = [line.split()[1] for line in text.splitlines() if line.strip().startswith("●")]
    assert marked == ["r1", "r3"]
    styled = printed(design_summary(made()), style=True).splitlines()
    red = [line for line in styled if "\x1b[31m" in line and "to target" not in line]
    assert any("r2" in line for line in red)
    assert not any("r1 " in line or "r3 " in line for line in red)


def test_facts_of_the_beams() -> None:
    one = made()
    text = printed(design_summary(one))
    assert "26.99 dBm on target (500 mW)" in text
    assert "at most 20 % below what is possible" in text
    assert "250 mW of 1 W" in text
    assert "weak echoes" in text
    assert "r3: less than 13 dB" in text
    assert "181.5 m, at most 200 m" in text


def test_gaps_of_the_group() -> None:
    one = made()
    assert one.selection is not None
    near = replace(one, selection=replace(one.selection, value=5.0e-4, bound=4.0e-4))
    assert "0.0005 by given, at most 25 % above the best" in printed(design_summary(near))
    proven = replace(one, selection=replace(one.selection, status="optimal", value=5.0e-4, bound=5.0e-4))
    assert "0.0005 by given, proven optimal" in printed(design_summary(proven))
    assert one.beamforming is not None
    exact = replace(one, beamforming=replace(one.beamforming, upper_bound_w=0.5))
    assert "by by_hand, proven optimal" in printed(design_summary(exact))


def test_a_failed_check_says_by_how_much() -> None:
    text = printed(design_summary(made(verification=Verification(violations={"rate": 2.5e-3, "power": 1e-9}))))
    assert "FAILED, largest relative violation 2.5e-03" in text


WORTH = Sensitivity(
    rate_per_bps_hz=np.array([0.2, 0.7, 0.1]),
    power_per_db=-0.3,
    budget=BudgetStep(extra_m=12.5, selected=("r1", "r2"), change=-0.25),
)


def test_slopes_are_told_for_a_tenth_of_the_most_expensive_rate_and_of_a_decibel() -> None:
    text = printed(design_summary(made(sensitivity=WORTH)))
    assert "+0.1 bit/s/Hz          at r2 (the most expensive receiver): surrogate U +7 %" in text
    assert "+0.1 dB of power       surrogate U -3 %" in text
    assert "+12.5 m of cost        surrogate U -25 % with r1, r2" in text


def test_whole_units_are_told_where_beams_were_designed_again() -> None:
    unit = UnitChanges(receiver_id="r3", rate_change=0.125, power_change=-0.2)
    text = printed(design_summary(made(sensitivity=WORTH), unit))
    assert "+1 bit/s/Hz            at r3 (the most expensive receiver): surrogate U +12 %" in text
    assert "+1 dB of power         surrogate U -20 %" in text
    never = printed(design_summary(made(sensitivity=WORTH), replace(unit, rate_change=None)))
    assert "at r3 (the most expensive receiver): cannot be met" in never


def test_what_changes_nothing_is_left_out() -> None:
    """A change of 0.00013 % is none that a reader should weigh."""
    small = 9e-5
    nothing = UnitChanges(receiver_id="r3", rate_change=small, power_change=-small)
    budget = BudgetStep(extra_m=12.5, selected=("r1", "r2"), change=-small)
    text = printed(design_summary(made(sensitivity=replace(WORTH, budget=budget)), nothing))
    assert not any(words in text for words in ("+1 bit/s/Hz", "+1 dB of power", "of cost "))
    large = printed(design_summary(made(sensitivity=replace(WORTH, budget=replace(budget, change=-1.1e-4))), nothing))
    assert "+12.5 m of cost        surrogate U -0.011 % with r1, r2" in large


def test_a_better_group_within_the_budget_is_told_as_affordable() -> None:
    found = replace(WORTH, budget=BudgetStep(extra_m=0.0, selected=("r1", "r2"), change=-0.25))
    text = printed(design_summary(made(sensitivity=found)))
    assert "affordable" in text
    assert "of cost" not in text


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
    (line,) = (line for line in text.splitlines() if line.strip().startswith("●"))
    assert "transmitter" in line
    assert line.split()[-3:] == ["30.0", "300", "8.57"]
    assert "± mm " in text


def comparison(name: str, value: float | None, gap: float | None, time_s: float, **changes: Any) -> Comparison:
    values = {"beamformer": "sca", "status": "feasible", "message": "", "design": None} | changes
    return Comparison(selector=name, value=value, gap=gap, time_s=time_s, **values)


def test_rows_of_a_comparison() -> None:
    best = comparison("joint", 2.5e-3, 0.0, 0.25, design=made())
    other = comparison("greedy", 3.0e-3, 0.2, 1.5e-3, beamformer="los_sdp")
    failed = comparison("given", None, None, 1e-6, status="not run", message="no group")
    text = printed(comparison_table((best, other, failed), "surrogate"))
    lines = {line.split()[0]: line.split() for line in text.splitlines() if line.split()}
    assert lines["joint"] == ["joint", "sca", "feasible", "2", "0.0025", "0", "%", "250", "ms"]
    assert lines["greedy"] == ["greedy", "los_sdp", "feasible", "0.003", "+20", "%", "1.5", "ms"]
    assert "given + sca: no group" in text


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
    assert first == ["2", "12.35", "-7.65", "0.3", "1.23", "-0.54", "0.6", "unique", "2", "0.62"]
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
