"""What commands say on stderr while they work, where stderr is no terminal."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from multistatic.cli import progress as progress_module
from multistatic.cli.app import app
from multistatic.cli.progress import COMPILING, Lines, LineTimes, Progress, StageClock, duration
from multistatic.compiled import _compilation, watching_compilation
from tests.support.close import close_to
from tests.support.paths import ROOT


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_first_line_is_due_after_five_seconds_and_then_one_every_half_minute() -> None:
    times = LineTimes()
    assert [second for second in range(130) if times.due(float(second))] == [5, 35, 65, 95, 125]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (99.4, "99 s"), (99.6, "2 min"), (3540.0, "59 min"), (6060.0, "1 h 41 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_stage_done_elapsed_and_remaining_time_are_said() -> None:
    clock = Clock()
    state = Progress(clock=clock)
    assert state.words() == "starting, 0 s after the start"
    clock.now += 4.0  # before the counting begins
    state("greedy", 0, 8)
    assert state.words() == "greedy, 0 of 8 done after 4 s"
    clock.now += 10.0
    state("kmeans", 2, 8)
    assert state.words() == "kmeans, 2 of 8 done after 14 s, about 30 s left"
    clock.now += 40.0  # longer than all before: it may take as long again
    assert state.left_s == close_to(40.0)
    state("writing files")
    assert state.words() == "writing files, 54 s after the start"
    resumed = Progress("trials", clock=clock)
    resumed("study", 50, 60)  # those of an earlier run took no time of this one
    clock.now += 6.0
    resumed("study", 53, 60)
    assert resumed.words() == "study, 53 of 60 trials done after 6 s, about 14 s left"


def test_that_kernels_are_being_compiled_is_said_once_and_at_once() -> None:
    clock, written = Clock(), list[str]()
    state = Progress(clock=clock)
    lines = Lines(state, written.append)
    with watching_compilation(state.compiling):
        with _compilation(), _compilation():
            clock.now += 0.5
            lines.look()
            assert written == []
            clock.now += 1.0
            lines.look()
            lines.look()
            assert written == [COMPILING]
            clock.now += 40.0
            lines.look()
            assert written[1:] == ["progress: compiling the numerical kernels for this machine, 42 s after the start."]
        lines.look()
        assert len(written) == 2
        assert state.words() == "starting, 42 s after the start"
    with _compilation():  # nobody is told any more
        clock.now += 2.0
        assert not state.compiles


def test_times_are_kept_by_the_name_of_the_stage_alone() -> None:
    clock = StageClock()
    for stage in ("selection", "beamforming", "beamforming: group 2, almost done"):
        clock(stage)
    assert list(clock.finish()) == ["selection", "beamforming"]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines from the first moment on."""
    monkeypatch.setattr(progress_module, "FIRST_LINE_S", 0.0)
    monkeypatch.setattr(progress_module, "_LOOK_EVERY_S", 1e-3)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    "arguments", [["design", "paper", "--json"], ["compare", "paper", "--selector", "greedy", "--json"]]
)
def test_lines_go_to_stderr_and_quiet_silences_them(arguments: list[str]) -> None:
    said = CliRunner().invoke(app, arguments)
    assert said.exit_code == 0, said.output
    assert re.match(r"progress: .+ after (the start|\d+ s).*\.$", said.stderr.splitlines()[0])
    json.loads(said.stdout)
    silent = CliRunner().invoke(app, [*arguments, "--quiet"])
    assert silent.stderr == ""


def test_a_terminal_has_a_bar_where_the_work_can_be_counted() -> None:
    clock = Clock()
    state = Progress(clock=clock)
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with progress_module._on_terminal(state, console):
        state("greedy", 1, 4)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "greedy, 1 of 4 done after 0 s" in shown
    assert "━" in shown


@pytest.mark.slow
def test_the_first_compilation_says_so_and_the_second_run_has_nothing_to_say(tmp_path: Path) -> None:
    copy = tmp_path / "multistatic"
    ignored = shutil.ignore_patterns("__pycache__", "lowered")  # nothing that is shipped fits: as of another LLVM
    shutil.copytree(ROOT / "src" / "multistatic", copy, ignore=ignored)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": "", "XDG_CACHE_HOME": str(tmp_path)}
    line = "from multistatic.cli import main; main()"
    runs = [
        subprocess.run(
            [sys.executable, "-c", line, "design", "paper", "--set", "receivers.random.count=3"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        for _ in range(2)
    ]
    assert runs[0].stderr.startswith(COMPILING)
    assert COMPILING not in runs[1].stderr
    assert "position error" in runs[0].stdout


def test_parts_of_very_different_lengths_have_no_remaining_time() -> None:
    clock = Clock()
    state = Progress(clock=clock, alike=False)
    state("greedy", 0, 8)
    clock.now += 10.0
    state("kmeans", 2, 8)
    assert state.words() == "kmeans, 2 of 8 done after 10 s"
