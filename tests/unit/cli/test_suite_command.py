"""`multistatic compare --suite` as it is typed, with methods of another package that misbehave in every way."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.errors import InputError
from multistatic.suite.best_known import BEAMS
from multistatic.suite.run import SuiteSettings, tasks_of
from multistatic.suite.tasks import SELECTION_BOARDS
from multistatic.suite.worker import Worker

PLUGIN = '''
"""Methods of another package."""
import os, signal, sys, time
import numpy as np
from multistatic.selection.greedy import greedy
from multistatic.beamforming.value_function import value_function
from dataclasses import replace

def mine(problem, rng):
    print("a method may talk")
    return replace(greedy(problem, rng), method="mine", status="optimal", value=0.0, bound=1e9)

def failing(problem, rng):
    """In another way on each size: 4, 5, 6, 8 and 10 receivers."""
    if problem.size == 4:
        raise ZeroDivisionError("one over nothing")
    if problem.size == 5:
        sys.exit(3)
    if problem.size == 6:
        return None
    return replace(greedy(problem, rng), selected=np.ones(problem.size, bool))

def stopping(problem, rng):
    if problem.size == 5:
        time.sleep(1000)
    if problem.size == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return greedy(problem, rng)

def loud(problem):
    """All the power that it likes."""
    result = value_function(problem)
    return replace(result, beams=type(result.beams)(weights=2 * result.beams.weights))
'''
BAD = ("failing", "stopping", "missing")


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """An installed distribution, as pip leaves it."""
    installed = tmp_path / "installed"
    info = installed / "other_methods-1.0.dist-info"
    info.mkdir(parents=True)
    (installed / "other_methods.py").write_text(PLUGIN, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-methods\nVersion: 1.0\n", encoding="utf-8")
    lines = [f"{name} = other_methods:{name}" for name in ("mine", *BAD)]
    points = ["[multistatic.selectors]", *lines, "[multistatic.beamformers]", "loud = other_methods:loud"]
    (info / "entry_points.txt").write_text("\n".join(points) + "\n", encoding="utf-8")
    return installed


def command(*arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "200"} | ({} if path is None else {"PYTHONPATH": str(path)})
    return subprocess.run(
        [sys.executable, "-c", "from multistatic.cli import main; main()", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_methods_of_another_package_are_ranked_and_their_failures_are_rows(plugin: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    names = ",".join(("branch_and_bound", "mine", *BAD))
    limits = ("--quick", "--time-limit", "2", "--json", "--out", str(out))
    done = command(
        "compare", "--suite", "--suite-version", "1", "--selector", names, "--beamformer", "loud", *limits, path=plugin
    )
    assert done.returncode == 0, done.stderr
    assert "a method may talk" in done.stderr
    document = json.loads(done.stdout)
    assert document == json.loads((out / "leaderboard.json").read_text(encoding="utf-8"))
    ours, theirs = (document["methods"]["peb"][name] for name in ("branch_and_bound", "mine"))
    assert (ours["distribution"], ours["version"]) == ("multistatic", version("multistatic"))
    assert theirs == {"distribution": "other-methods", "version": "1.0", "value": "other_methods:mine"}
    assert set(document["methods"][BEAMS]) == {"loud"}
    quick = len(tasks_of(SuiteSettings(version=1, quick=True))["peb"])
    outcomes = {(each["board"], each["method"], each["instance"]): each for each in document["outcomes"]}
    for board in SELECTION_BOARDS:
        rows = {row["method"]: row for row in document["boards"][board]}
        assert rows["branch_and_bound"]["rank"] == 1
        assert rows["branch_and_bound"]["reached"] == rows["mine"]["solved"] == quick
        assert list(rows)[2:] == ["stopping", "failing", "missing"]
        assert (rows["missing"]["error"], rows["missing"]["mean_gap"]) == (quick, None)
        assert (rows["stopping"]["timeout"], rows["stopping"]["died"], rows["stopping"]["solved"]) == (1, 1, quick - 2)
        assert (rows["failing"]["error"], rows["failing"]["invalid"]) == (3, quick - 3)
        for place, words in {
            ("failing", "small_los"): "ZeroDivisionError (one over nothing)",
            ("failing", "small_rician"): "SystemExit (3)",
            ("failing", "small_miso"): "received None from 'failing' of other-methods 1.0",
            ("failing", "paper"): "not a feasible group: its cooperation cost is",
            ("stopping", "small_rician"): "stopped after 2 s",
            ("stopping", "small_miso"): "the process ended with SIGKILL",
            ("missing", "paper"): "has no attribute 'missing'",
        }.items():
            assert words in outcomes[board, *place]["message"]
    assert "claims the bound 1e+09" in outcomes["peb", "mine", "paper"]["note"]
    loud = document["boards"][BEAMS]
    assert [(row["method"], row["invalid"]) for row in loud] == [("loud", quick)]
    assert "power by 3" in outcomes[BEAMS, "loud", "paper"]["message"]
    assert len(document["outcomes"]) == quick * (2 * (2 + len(BAD)) + 1)
    with (out / "outcomes.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(document["outcomes"])
    pictures = {f"leaderboard{kind}.{form}" for kind in ("", "_instances") for form in ("svg", "png")}
    assert {path.name for path in out.iterdir()} == {
        "captions.txt",
        "leaderboard.csv",
        "outcomes.csv",
        "leaderboard.json",
    } | pictures


@pytest.mark.slow
def test_a_method_that_hangs_from_the_first_call_on_has_its_rows(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = plugin / "other_methods.py"
    source.write_text(
        PLUGIN.replace("problem.size == 5:\n        time.sleep", "True:\n        time.sleep"), encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(plugin))
    worker = Worker("stopping", limit_s=0.2, warm_up_s=0.2, version=1)
    tasks = tasks_of(SuiteSettings(version=1, quick=True))["surrogate"][:2]
    try:
        outcomes = [worker.run(each) for each in tasks]
    finally:
        worker.close()
    assert [each.verdict for each in outcomes] == ["timeout", "timeout"]
    assert {each.message for each in outcomes} == {"stopped after 0.2 s"}


@pytest.mark.slow
def test_the_table_and_one_kind_alone() -> None:
    done = command("compare", "--suite", "--suite-version", "1", "--quick", "--selector", "greedy", "--time-limit", "5")
    assert done.returncode == 0, done.stderr
    assert "Selectors, position error bound" in done.stdout
    assert "9 of 9" in done.stdout
    assert "note: no beamformers are ranked" in done.stderr
    assert "Beamformers" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["paper", "--suite"], "the suite has its own scenarios"),
        (["--suite", "--set", "seed=1"], "the suite has its own scenarios"),
        (["paper", "--quick"], "without --suite"),
        (["paper", "--suite-version", "2"], "without --suite"),
        (["--suite", "--suite-version", "3"], "--suite-version: received 3, expected one of the versions 1, 2"),
        (["paper", "--time-limit", "3"], "without --suite"),
        ([], "FILE: received nothing, expected a scenario file"),
    ],
)
def test_options_that_do_not_go_together(arguments: list[str], words: str) -> None:
    error = CliRunner().invoke(app, ["compare", *arguments]).exception
    assert isinstance(error, InputError)
    assert words in str(error)


def test_bad_names_and_a_bad_limit_are_one_error() -> None:
    result = CliRunner().invoke(app, ["compare", "--suite", "--selector", "greedi", "--time-limit", "-1"])
    assert isinstance(result.exception, InputError)
    assert {problem.path for problem in result.exception.problems} == {"--selector", "--time-limit"}
