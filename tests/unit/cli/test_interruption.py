"""Ctrl-C and SIGTERM: a comparison keeps what is finished, says that it is not all, and ends with exit code 130."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.design import compare as comparison
from multistatic.suite import run as suite_run

FAST = ("--selector", "greedy,best_n,nearest_n", "--set", "receivers.random.count=3")


def ending_after(count: int, every: Any) -> Any:
    """The generator, which the user ends after `count` results."""

    def some(*arguments: Any, **keywords: Any) -> Iterator[Any]:
        found = every(*arguments, **keywords)
        for _ in range(count):
            yield next(found)
        found.close()
        raise KeyboardInterrupt

    return some


@pytest.mark.parametrize("json_", [False, True])
def test_a_comparison_keeps_the_methods_that_are_finished(
    json_: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "each_method", ending_after(2, comparison.each_method))
    options = ["--json"] if json_ else []
    result = CliRunner().invoke(app, ["compare", "paper", *FAST, "--out", str(tmp_path), *options])
    assert result.exit_code == 130
    document = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert (document["interrupted"], document["finished"], document["planned"]) == (True, 2, 3)
    assert {row["selector"] for row in document["rows"]} == {"greedy", "best_n"}
    assert min(row["gap"] for row in document["rows"]) == 0.0
    assert (tmp_path / "comparison.svg").exists()
    words = "Interrupted: 2 of 3 methods are finished"
    if json_:
        assert json.loads(result.stdout) == document
        assert words in result.stderr
    else:
        assert words in result.stdout
        assert "best_n" in result.stdout
        assert "nearest_n" not in result.stdout


def test_a_comparison_of_nothing_yet_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "each_method", ending_after(0, comparison.each_method))
    monkeypatch.setattr(suite_run, "each_outcome", ending_after(0, suite_run.each_outcome))
    for what in (["paper", *FAST], ["--suite", "--suite-version", "1", "--quick", "--selector", "greedy"]):
        result = CliRunner().invoke(app, ["compare", *what, "--out", str(tmp_path / "out")])
        assert (result.exit_code, result.stdout) == (130, "")
        assert "none of" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_comparison_that_is_not_interrupted_says_nothing_of_it(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["compare", "paper", *FAST, "--out", str(tmp_path)])
    assert result.exit_code == 0
    assert "nterrupted" not in result.output
    assert "interrupted" not in json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_suite_keeps_the_runs_that_are_finished(tmp_path: Path) -> None:
    """The second method never answers."""
    info = tmp_path / "installed" / "sleeping-1.0.dist-info"
    info.mkdir(parents=True)
    ready = tmp_path / "ready"
    body = f"    pathlib.Path({str(ready)!r}).touch()\n    time.sleep(1000)\n"
    text = f"import pathlib, time\n\n\ndef sleeping(problem, rng):\n{body}"
    (info.parent / "sleeping.py").write_text(text, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sleeping\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[multistatic.selectors]\nsleeping = sleeping:sleeping\n", encoding="utf-8")
    out = tmp_path / "out"
    options = ("--suite", "--suite-version", "1", "--quick", "--selector", "greedy,sleeping")
    command = subprocess.Popen(
        [sys.executable, "-c", "from multistatic.cli import main; main()", "compare", *options, "--out", str(out)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(info.parent), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not ready.exists() and command.poll() is None:
            time.sleep(0.05)
        command.send_signal(signal.SIGTERM)
        stdout, stderr = command.communicate(timeout=60)
    finally:
        command.kill()
    assert command.returncode == 130, stderr
    document = json.loads((out / "leaderboard.json").read_text(encoding="utf-8"))
    assert (document["interrupted"], document["finished"], document["planned"]) == (True, 18, 36)
    assert {(each["method"], each["verdict"]) for each in document["outcomes"]} == {("greedy", "solved")}
    assert "Selectors, surrogate U" in stdout
    assert "Interrupted: 18 of 36 runs are finished" in stdout
    assert "interrupted after 18 of 36 runs" in (out / "leaderboard.svg").read_text(encoding="utf-8")
