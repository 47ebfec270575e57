"""The program that prints the table of benchmarks: every kind of row on a tiny size, its goals, its output."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks import table
from benchmarks.measure import Check, Row, all_of, faster, marginal_s, seconds, timed, with_children_s, within
from benchmarks.old_code import ROOT, alternately, old_code, run
from benchmarks.rows import beamforming, design, estimation, inputs, localization, many_receivers, selection, study
from rich.console import Console


@pytest.mark.slow
@pytest.mark.parametrize(
    "rows",
    [
        lambda: beamforming.large(4, 8, (1.0, 1.0), instances=1),
        lambda: beamforming.robustness(instances=4),
        lambda: beamforming.line_of_sight(instances=2, rivals=1),
        lambda: selection.surrogate(8, instances=1, rivals=1, cases=3, largest=6),
        lambda: selection.position({6: 1.0, 8: 5.0}, instances=1, cases=2, largest=6),
        lambda: design.joint(instances=2, largest=4),
        lambda: localization.fixes(count=200, rivals=1),
        lambda: localization.closed_forms(geometries=50),
        lambda: localization.bad_receiver(deployments=2, each=5),
        lambda: localization.degenerate(draws=1),
    ],
)
def test_rows_meet_what_does_not_depend_on_the_machine(rows: Callable[[], list[Row]]) -> None:
    for row in rows():
        assert row.ours_s is None or row.ours_s > 0.0
        goals = [check for check in row.checks if check.met is not None and not check.timed]
        assert goals
        assert all(check.met for check in goals), goals


@pytest.mark.slow
@pytest.mark.parametrize(
    "rows",
    [
        lambda: estimation.speed(trials=8, rivals=4, repeats=1),
        lambda: estimation.accuracy(trials=40, samples=32),
        lambda: estimation.threshold(trials=4, samples=32),
        lambda: estimation.false_alarms(cells=1000, searches=1000),
        lambda: inputs.malformed(step=1000),
    ],
)
def test_rows_measure(rows: Callable[[], list[Row]]) -> None:
    """What they find needs more trials, `make evidence`, or is a time."""
    for row in rows():
        assert row.ours_s is not None
        assert row.ours_s > 0.0
        assert row.checks


@pytest.mark.slow
def test_study_rows() -> None:
    """Trials of 10 ms take 10 ms of a processor, and storing some of them not as much again."""
    (row,) = study.overhead(trials=30, repeats=1, counts=(1,))
    assert row.checks[0].goal == "overhead ≤ 5 %"
    assert row.ours_s is not None
    assert study.TRIAL_S <= row.ours_s < 2 * study.TRIAL_S


@pytest.mark.slow
def test_a_benchmark_whose_trials_fail_measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(task):
        raise ZeroDivisionError

    monkeypatch.setattr(study, "busy", failing)
    with pytest.raises(RuntimeError, match=r"a trial failed.*ZeroDivisionError"):
        study.overhead(trials=10, repeats=1, counts=(1,))


def test_a_difference_that_may_be_noise_is_refused() -> None:
    taken = iter([1.0, 3.0, 1.5, 2.5])
    assert marginal_s(lambda pieces: next(taken), 2, 5, repeats=2) == 0.5
    for noisy in ([1.0, 0.9, 1.0, 2.0], [1.0, 2.0, 2.5, 3.0], [1.0, 1.0, 1.0, 1.0]):
        taken = iter(noisy)
        assert marginal_s(lambda pieces, left=taken: next(left), 2, 5, repeats=2) is None
    assert faster(10, 0.1, None) == Check(goal="≥ 10× faster", measured="not measured", met=False, timed=True)
    with pytest.raises(ValueError, match=r"old took -0\.1 s"):
        Row(work="some work", ours="new", ours_s=1.0, rival="old", rival_s=-0.1)
    with pytest.raises(ValueError, match="new took nan s"):
        Row(work="some work", ours="new", ours_s=float("nan"))


def test_times_are_those_of_the_processor() -> None:
    """A pause takes none, work takes some, and so does the work of a child once it has ended."""
    before_s = with_children_s()
    _, paused_s = timed(time.sleep, 0.2)
    assert paused_s < 0.1
    _, worked_s = timed(lambda: sum(range(300_000)))
    assert worked_s > 0.0
    subprocess.run([sys.executable, "-c", "sum(range(10_000_000))"], check=True)
    assert with_children_s() - before_s > paused_s + worked_s + 0.02


@pytest.mark.slow
def test_old_code_runs_beside_todays_in_processes_of_its_own() -> None:
    """One script, two packages: each prints where its own lies."""
    try:
        folder = old_code()
    except RuntimeError:
        pytest.skip("the history has not come with these files")
    script = (
        "import json, sys, multistatic; print('other lines'); print(json.dumps([multistatic.__file__, sys.argv[1]]))"
    )
    ours, old = alternately(script, ["given"], repeats=2)
    assert ours == 2 * [[str(ROOT / "src/multistatic/__init__.py"), "given"]]
    assert old == 2 * [[str(folder / "src/multistatic/__init__.py"), "given"]]
    with pytest.raises(RuntimeError, match="git has no commit 0123456789abcdef"):
        old_code("0123456789abcdef")


@pytest.mark.slow
def test_beams_of_many_receivers_are_compared_with_those_of_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Today's code in both places: as much light, nothing given up."""
    monkeypatch.setattr(many_receivers, "alternately", lambda script, arguments: 2 * ([run(ROOT, script, arguments)],))
    (row,) = many_receivers.beams(6, rate_bps_hz=1.0, seeds=2, times=0.1, antennas=4)
    assert [check.met for check in row.checks] == [True, True, True]
    assert row.checks[1].measured == "2 of 2"
    assert row.checks[2].measured.startswith("+0.0e+00")


def test_goals() -> None:
    assert [within(1.0, time_s).met for time_s in (0.5, 1.0, 1.5)] == [True, True, False]
    assert [faster(10, 0.1, rival_s).met for rival_s in (0.5, 2.0)] == [False, True]
    assert [all_of("", hits).met for hits in ([True, True], [True, False], [])] == [True, False, False]
    assert [seconds(time_s) for time_s in (12.34, 0.01234)] == ["12.3 s", "12.3 ms"]


def test_wrong_values_are_not_equal() -> None:
    rival = selection._select(selection.enumeration, (), selection._varied(0, "surrogate", 6))
    assert rival.value is not None
    assert selection._same(rival, rival)
    assert not selection._same(replace(rival, value=rival.value * (1.0 + 1e-6)), rival)
    assert not selection._same(replace(rival, status="feasible"), rival)


def test_output(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checks = (Check(goal="speed", measured="2×", met=True), Check(goal="loss", measured="1", met=False))
    row = Row(work="some work", ours="new", ours_s=1e-3, rival="old", rival_s=2e-3, checks=checks)
    monkeypatch.setattr(table, "BENCHMARKS", {"one": table.Benchmark(list, lambda: [row])})
    assert table.main(["--quick", "--json", str(tmp_path / "rows.json")]) == 0
    printed = capsys.readouterr().out
    assert "1 of 2 goals met" in printed
    assert "cores" in printed
    stored = json.loads((tmp_path / "rows.json").read_text("utf-8"))
    assert stored["rows"][0]["checks"][1] == {"goal": "loss", "measured": "1", "met": False, "timed": False}
    text = io.StringIO()
    Console(file=text, width=200).print(table.table([row], markdown=True))
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.getvalue().splitlines() if "|" in line]
    assert lines[2] == ["some work", "new: 1 ms", "old: 2 ms", "2×", "speed", "2×", "yes"]
    assert lines[3][4:] == ["loss", "1", "no"]
