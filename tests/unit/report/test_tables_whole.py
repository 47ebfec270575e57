"""No table breaks a word, says a thing twice, or has two units in a column.

Designs of real networks (the presets, every scheme, perfect and bad clocks, names as long as they may be) and designs
by hand; then the other tables. A narrow rendering is compared with one that is wider than any line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multistatic import build_scenario, compare, design_network, load_preset
from multistatic.design.result import Design
from multistatic.design.unit_changes import UnitChanges, unit_changes
from multistatic.estimation.measurement import Measurement
from multistatic.files.study_file import run_into
from multistatic.files.study_reader import read_results
from multistatic.paper.numbers_table import numbers_table
from multistatic.paper.published_numbers import paper_numbers
from multistatic.registry import Origin
from multistatic.report.assumption_sentences import assumptions_in_words
from multistatic.report.design_facts import design_facts
from multistatic.report.leaderboard import board_table, leaderboard_tables
from multistatic.report.measurement_table import measurement_table
from multistatic.report.receiver_table import receiver_table
from multistatic.report.scenario_summary import scenario_summary, scenario_table
from multistatic.report.study_plan import plan_table
from multistatic.report.study_table import results_table
from multistatic.report.summary import comparison_table, design_summary
from multistatic.report.text_table import TextTable, plain
from multistatic.scenario.model import Scenario
from multistatic.study.cost import Cost
from multistatic.study.workers import ThisProcess
from multistatic.suite.ranking import standings
from multistatic.suite.tasks import SuiteOutcome
from tests.support.handmade_design import design, scenario
from tests.support.studies import invented, quick

LONG = (
    "Sachsenhausen-Bahnhof-Südseite",
    "Konstablerwache",
    "Willy-Brandt-Platz (Oper)",
    "Universitätsklinikum-Parkhaus",
)
NUMBER = re.compile(r"(?<![\w.])\d[\d.,]*\d(?:e[+-]\d+)?(?![\w])")
CELL = re.compile(r"[+-]?\d[\d.]*(e[+-]?\d+)?=?|–|unknown|none|\d+ of \d+")


def street(count: int = 25) -> Scenario:
    """Receivers with long names on both sides of a street; the last of them want less."""
    sites = [
        {
            "id": f"{LONG[k % 4]} {k}",
            "position_m": [20 + 12 * k, 15 if k % 2 else -15],
            "antennas": 2,
            "rate_bps_hz": 1.0 if k < 20 else 0.5,
        }
        for k in range(count)
    ]
    return build_scenario(
        name="street with long names",
        radio={"carrier_hz": 3.5e9, "bandwidth_hz": 50e6, "samples": 4096},
        transmitter={"position_m": [0, 0], "antennas": 32, "power_dbm": 43},
        target={"position_m": [120, 40], "velocity_m_s": [12, 3], "reflection": 0.01},
        channel={"path_loss_exponent": 2.0, "direct": "rician", "rician_factor": 3, "noise_power_dbm": -60},
        requirements={"cooperation_cost_m": 600},
        receivers={"clock_offset_std_s": 1e-9, "site": sites},
    )


def of_preset(name: str, *overrides: str, **options: Any) -> Callable[[], Design]:
    return lambda: design_network(load_preset(name, list(overrides)), **options)


DESIGNS: dict[str, Callable[[], Design]] = {
    "paper": of_preset("paper"),
    "greedy": of_preset("paper", selector="greedy"),
    "enumeration": of_preset("paper", selector="enumeration"),
    "line of sight": of_preset("paper", "channel.direct=los", "requirements.rate_bps_hz=1"),
    "no rates": of_preset("paper", "requirements.rate_bps_hz=0"),
    "published drop": of_preset("published_drop"),
    "urban": of_preset("urban"),
    "city": of_preset("city"),
    "bad clocks": of_preset("paper", "receivers.clock_offset_std_s=1e-8", "design.criterion=peb"),
    "useless": of_preset("paper", "receivers.clock_offset_std_s=1e-3", "design.criterion=peb"),
    "bi": of_preset("paper", scheme="bi"),
    "mono": of_preset("paper", scheme="mono"),
    "long names": lambda: design_network(street()),
    "by hand": design,
    "by hand in space": lambda: design(scenario(count=6, spatial=True), group=(0, 1, 2)),
}


@pytest.fixture(scope="module", params=DESIGNS)
def made(request: pytest.FixtureRequest) -> Design:
    found = DESIGNS[request.param]()
    assert found.accuracy is not None, found.message
    return found


@pytest.fixture(scope="module")
def changes(made: Design) -> UnitChanges | None:
    return unit_changes(made)


def assert_whole(shown: Any, widths: tuple[int, ...] = (80, 120)) -> None:
    """A narrow rendering has the words of one that breaks no line, no others, and no line too long."""
    words = set(plain(shown, 3000).split())
    for width in widths:
        text = plain(shown, width)
        assert max(map(len, text.splitlines())) <= width
        assert {word for word in set(text.split()) ^ words if "─" not in word} == set()


def assert_one_unit(table: TextTable) -> None:
    """Cells of numbers are numbers: the unit is in the head. What a row is, its leading cells say alone."""
    for n, column in enumerate(table.columns):
        if column.number:
            assert [row.cells[n] for row in table.rows if not CELL.fullmatch(row.cells[n])] == [], column.name
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    keys = [row.cells[: table.keys] for row in table.rows]
    assert len(set(keys)) == len(keys)


@pytest.mark.slow
def test_a_design_in_a_terminal(made: Design, changes: UnitChanges | None) -> None:
    assert_whole(design_summary(made, changes))


@pytest.mark.slow
def test_the_receivers_of_a_design(made: Design) -> None:
    table = receiver_table(made)
    assert table is not None
    assert_one_unit(table)


@pytest.mark.slow
def test_names_of_facts_are_unique_and_numbers_are_told_once(made: Design, changes: UnitChanges | None) -> None:
    facts = design_facts(made, changes)
    assert [name for name, count in Counter(fact.name for fact in facts).items() if count > 1] == []
    told = [made.message, *(f"{fact.name}\n{fact.value}" for fact in facts)]
    ids = sorted(made.scenario.receiver_ids, key=len, reverse=True)
    for receiver_id in ids:
        told = [text.replace("\u00a0", " ").replace(receiver_id, "") for text in told]
    numbers = Counter(number for text in told for number in NUMBER.findall(text))
    twice = {number for number, count in numbers.items() if count > 1 and sum(map(str.isdigit, number)) >= 3}
    assert twice == set()


@pytest.mark.slow
def test_what_a_design_says_agrees_with_its_residual(made: Design) -> None:
    """A local optimum is claimed with a small residual only, and never denied to beams that are proven optimal."""
    result = made.beamforming
    assert result is not None
    text = plain(design_summary(made), 3000)
    if result.stationarity is not None and result.stationarity >= 1e-2:
        assert "a local optimum" not in text
    if result.status == "optimal" or made.status == "optimal":
        assert "ended before" not in text
        assert "no local optimum" not in text


@pytest.mark.parametrize(("with_angles_m", "told"), [(0.4, True), (0.985, True), (0.995, False), (1.0, False)])
def test_a_bound_that_angles_hardly_improve_is_one_number(with_angles_m: float, told: bool) -> None:
    one = design()
    assert one.accuracy is not None
    bounds = (replace(one.accuracy.position, peb_m=peb_m) for peb_m in (1.0, with_angles_m))
    accuracy = replace(one.accuracy, **dict(zip(("position", "position_with_angles"), bounds, strict=True)))
    (fact,) = (each for each in design_facts(replace(one, accuracy=accuracy)) if each.name == "position error bound")
    assert ("with angles of arrival" in fact.value) == told


def test_an_infeasible_design() -> None:
    nothing = design_network(load_preset("paper", ["requirements.rate_bps_hz=60"]))
    assert design_facts(nothing) == ()
    assert receiver_table(nothing) is None
    assert_whole(design_summary(nothing))


@pytest.mark.parametrize("name", ["paper", "city", "published_drop", "street"])
def test_a_scenario(name: str) -> None:
    what = street() if name == "street" else load_preset(name)
    shown = scenario_table(scenario_summary(what), assumptions_in_words(what))
    assert_whole(shown)
    assert all(" ".join(receiver.id.split()) in plain(shown) for receiver in what.receivers)


@pytest.mark.slow
@pytest.mark.parametrize("criterion", ["surrogate", "peb"])
def test_a_comparison(criterion: str) -> None:
    what = load_preset("paper", [f"design.criterion={criterion}"])
    for beamformers in (["value_function"], ["value_function", "los_sdp"]):
        table = comparison_table(compare(what, ["greedy", "nearest_n", "given", "all"], beamformers), criterion)
        assert_whole(table)
        assert_one_unit(replace(table, columns=table.columns))


def outcome(method: str, instance: str, gap: float | None, **changes: Any) -> SuiteOutcome:
    if gap is None:
        changes = {"verdict": "timeout", "message": "took longer than 5 s", **changes}
    values = {"board": "surrogate", "verdict": "solved", "value": 1e-9, "gap": gap, "time_s": 3e-4}
    return SuiteOutcome(**{"method": method, "instance": instance, **values, **changes})


def test_leaderboards() -> None:
    outcomes = [
        outcome("branch_and_bound", "tiny-1", 0.0),
        outcome("branch_and_bound", "tiny-2", 0.0, time_s=4.0),
        outcome("greedy", "tiny-1", 0.25),
        outcome("greedy", "tiny-2", None),
        outcome("mine", "tiny-1", -0.01, record=True, note="claimed a bound that is not true"),
        outcome("mine", "tiny-2", 0.3),
    ]
    origins = {
        "surrogate": {
            "mine": Origin(distribution="package-with-a-long-name-of-its-own", version="1.2.3", value="mine:select")
        }
    }
    assert_whole(leaderboard_tables(outcomes, origins))
    assert_one_unit(board_table(standings(outcomes, "surrogate"), origins["surrogate"]))


def test_measurements() -> None:
    found = [
        Measurement(
            receiver_id=name, delay_s=3e-7, doppler_hz=-40.0, covariance=np.diag([1e-24, 9e2]), snr=1e3, time_s=time_s
        )
        for name in LONG
        for time_s in (0.0, 1.28e-3)
    ]
    nothing = np.diag([np.inf, np.inf])
    found.append(
        Measurement(receiver_id="deep", delay_s=0.0, doppler_hz=0.0, covariance=nothing, verdict="not_detected")
    )
    assert_whole(measurement_table(found))
    line = next(line for line in plain(measurement_table(found), 200).splitlines() if line.startswith("deep"))
    assert line.split()[-7:] == ["–"] * 5 + ["not", "detected"]
    last = next(line for line in plain(measurement_table(found), 200).splitlines() if line.startswith(LONG[3]))
    assert last.split() == [LONG[3], "0", "300.0000", "0.0010", "-40", "30", "30.0", "detected"]


def test_the_numbers_of_the_paper() -> None:
    table = numbers_table(paper_numbers(load_preset("paper")))
    assert_whole(table)
    keys = [row.cells[: table.keys] for row in table.rows]
    assert len(set(keys)) == len(keys)


@pytest.mark.slow
def test_studies_and_their_plans(tmp_path: Path) -> None:
    study = quick(tmp_path)
    cost = Cost(
        seconds=(1e-3, 0.5, 4.0), total_s=(140.0, 420.0), memory_bytes=10**8, store_bytes=(1000, 3000), trials=()
    )
    assert_whole(plan_table(study, cost, 2))
    run_into(tmp_path / "a.sqlite", study, lambda: ThisProcess(invented))
    assert_whole(results_table(read_results(tmp_path / "a.sqlite")))
