"""`multistatic localize`: what belongs to one fix, what is said of it, and a table that can be read."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from multistatic import load_preset, realise, sensing_network
from multistatic.cli.app import app
from multistatic.errors import InfeasibleError, InputError
from multistatic.estimation.measurement import Measurement
from multistatic.files.measurements import write_measurements
from multistatic.localization.drawn import draw_measurements
from multistatic.localization.fix import Fix
from multistatic.localization.fusion import localize_many
from multistatic.report.fix_summary import ROWS_AT_MOST, fix_summary
from tests.support.close import assert_close

SCENARIO = load_preset("paper")
HALF_A_BLOCK_S = SCENARIO.radio.samples * SCENARIO.radio.slot_s / 2


def drawn(count: int = 1, preset: str = "paper") -> list[list[Measurement]]:
    scenario = load_preset(preset)
    network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    return draw_measurements(network, 10.0, np.random.default_rng(1), count)


def localized(path: Path, rows: list[Measurement], *arguments: object) -> tuple[list[dict], BaseException | None]:
    """The fixes, and what the command ended with."""
    write_measurements(path / "measurements.csv", rows)
    words = ["localize", str(path / "measurements.csv"), "--scenario", "paper", "--out", str(path), "--no-pictures"]
    outcome = CliRunner().invoke(app, [*words, "--quiet", *map(str, arguments)])
    document = path / "fixes.json"
    return json.loads(document.read_text())["fixes"] if document.exists() else [], outcome.exception


def at(rows: list[Measurement], when: Callable[[int], float]) -> list[Measurement]:
    return [replace(one, time_s=when(k)) for k, one in enumerate(rows)]


def test_one_block_is_one_fix_whenever_receivers_say_it_was(tmp_path: Path) -> None:
    """Clocks, or the begin of recordings, differ by less than half a block; blocks follow by a whole one."""
    blocks = drawn(3)
    rows = [
        one
        for i, block in enumerate(blocks)
        for one in at(block, lambda k, i=i: 2 * i * HALF_A_BLOCK_S + 0.99 * HALF_A_BLOCK_S * (k % 3) / 2)
    ]
    fixes, error = localized(tmp_path, list(np.random.default_rng(0).permutation(rows)))
    assert error is None
    assert [len(fix["used"]) for fix in fixes] == [10, 10, 10]
    expected = localize_many(blocks, SCENARIO)
    for fix, same in zip(fixes, expected, strict=True):
        assert_close(fix["position_m"], same.position_m, abs=1e-9)


def test_times_further_apart_are_other_fixes_and_a_hint_says_how_to_join_them(tmp_path: Path) -> None:
    rows = at(drawn()[0], lambda k: k * 1.01 * HALF_A_BLOCK_S)
    fixes, error = localized(tmp_path, rows)
    assert len(fixes) == len(rows)
    assert isinstance(error, InfeasibleError)
    assert "10 of 10 times have a measurement of one receiver only" in str(error)
    assert "--same-time SECONDS" in str(error)
    fixes, error = localized(tmp_path, rows, "--same-time", 10 * HALF_A_BLOCK_S)
    assert error is None
    assert [len(fix["used"]) for fix in fixes] == [10]


def test_a_block_that_holds_a_receiver_twice_is_refused(tmp_path: Path) -> None:
    first, second = drawn(2)
    _, error = localized(tmp_path, [*first, *at(second, lambda k: 1e-3)], "--same-time", 1.0)
    assert isinstance(error, InputError)
    assert "'rx01' at 0 s and 0.001 s make one fix" in str(error)


@pytest.mark.parametrize("value", ["-1", "inf", "nan"])
def test_a_time_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    assert "--same-time" in str(localized(tmp_path, drawn()[0], "--same-time", value)[1])


def test_every_option_that_is_no_number_or_out_of_range_is_named_at_once(tmp_path: Path) -> None:
    _, error = localized(tmp_path, drawn()[0], "--false-flag-rate", "2", "--outliers", "-1", "--same-time", "x")
    assert isinstance(error, InputError)
    assert [one.path for one in error.problems] == ["--false-flag-rate", "--outliers", "--same-time"]
    for option, text in (("--false-flag-rate", "often"), ("--outliers", "1.5"), ("--outliers", "inf")):
        _, error = localized(tmp_path, drawn()[0], option, text)
        assert isinstance(error, InputError)
        assert [(one.path, one.received) for one in error.problems] == [(option, text)]


def test_a_contradiction_ends_with_its_name_and_files(tmp_path: Path) -> None:
    """Two wrong receivers of four: no single one explains it."""
    rows = drawn()[0][:4]
    rows[0], rows[1] = (
        replace(one, delay_s=one.delay_s + wrong) for one, wrong in zip(rows, (3e-8, -2e-8), strict=False)
    )
    (fix,), error = localized(tmp_path, rows)
    assert isinstance(error, InfeasibleError)
    assert error.exit_code == 3
    assert "contradictory" in str(error)
    assert fix["position_verdict"] == "contradictory"
    assert fix["position_m"] is not None
    assert fix["covariance"] is None
    assert fix["position_covariance_m2"] is None
    assert fix["position_std_m"] is None
    assert fix["p_value"] < 1e-3
    (row,) = csv.DictReader((tmp_path / "fixes.csv").read_text().splitlines())
    assert row["position_verdict"] == "contradictory"
    assert row["cov_x_x"] == ""
    (fix,), error = localized(tmp_path, rows, "--false-flag-rate", 0)
    assert (fix["position_verdict"], error) == ("unique", None), "a test that is switched off finds nothing"


def printed(fixes: list[Fix], dimensions: int, width: int = 80) -> list[str]:
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(fix_summary(fixes, dimensions))
    return capture.get().splitlines()


def test_a_line_a_fix_and_no_word_is_broken() -> None:
    """The widest there is: 3-D, kilometres, small errors, short times, every verdict."""
    (group,) = drawn(1, "urban")
    (fix,) = localize_many([group], load_preset("urban"))
    far = replace(
        fix,
        time_s=5.3625e-06,
        position_m=np.array([-9876.54321, -8765.43219, -321.09876]),
        velocity_m_s=np.array([-299.123, -288.456, -99.789]),
        position_covariance_m2=1e-6 * np.eye(3),
        p_value=1.2e-11,
    )
    lost = replace(far, position_verdict="unobservable", position_m=None, velocity_m_s=None, covariance=None)
    lost = replace(lost, position_covariance_m2=None, message="No receiver detected the echo.", time_s=1.07e-5)
    fixes = [far, replace(far, position_verdict="contradictory"), lost, replace(lost, time_s=1.6e-5)]
    for width in (80, 120):
        assert all(len(line) <= width for line in printed(fixes, 3, width))
    lines = printed(fixes, 3, 120)
    rows = [line.split() for line in lines]
    assert ["time", *"xyz", "±xy", "±z", "vx", "vy", "vz", "±v", "verdict", "receivers", "p", "value"] in [
        [*row[:11], "receivers", "p", "value"] for row in rows
    ]
    assert ["µs", *"mmmmm", *["m/s"] * 4] in rows
    row = ["5.3625", "-9876.543", "-8765.432", "-321.099", "0.0014", "0.0010", "-299.1", "-288.5", "-99.8"]
    assert any(words[:9] == row and words[10:] == ["unique", "8", "1.2e-11"] for words in rows)
    assert any("contradictory" in words for words in rows)
    assert sum("unobservable" in words for words in rows) == 2
    assert "at 10.7, 16 µs: No receiver detected the echo." in [line.strip() for line in lines]
    narrow = printed(fixes, 3)
    assert sum(line.split()[:1] == ["5.3625"] for line in narrow) == 4, "two fixes at that time, in two parts"


def test_digits_follow_the_standard_deviation() -> None:
    (fix,) = localize_many(drawn(), SCENARIO)
    for std, written in ((2e-4, "20.00012"), (3e-2, "20.000"), (7.0, "20.0")):
        one = replace(fix, position_m=np.array([20.000123, 40.0, 0.0]), position_covariance_m2=std**2 / 2 * np.eye(2))
        assert any(line.split()[1:2] == [written] for line in printed([one], 2))


def test_many_fixes_are_counted_and_not_printed() -> None:
    lines = printed(list(localize_many(drawn(ROWS_AT_MOST + 7), SCENARIO)), 2)
    assert "and 7 more" in lines
    assert len(lines) < ROWS_AT_MOST + 12


def test_several_targets_in_the_scenario_are_said_to_be_indistinguishable(tmp_path: Path) -> None:
    write_measurements(tmp_path / "measurements.csv", drawn()[0])
    second = 'target=[{id="a",position_m=[20,40]},{id="b",position_m=[30,-20]}]'
    words = ["localize", str(tmp_path / "measurements.csv"), "--scenario", "paper", "--quiet"]
    said = " ".join(CliRunner().invoke(app, [*words, "--set", second]).output.split())
    assert "2 targets (a, b), but each fix seeks one" in said
    assert "each fix seeks one" not in " ".join(CliRunner().invoke(app, words).output.split())
