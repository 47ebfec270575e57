"""One shape of all errors on stderr, and how a command ends that the user or a closed pipe stops."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from multistatic.cli import study_progress
from multistatic.cli.app import app
from multistatic.cli.error_lines import error_lines
from multistatic.errors import InfeasibleError, InputError, Problem


@pytest.mark.parametrize(
    ("source", "paths", "first"),
    [
        ("network.toml", ("radio", "target"), "error: network.toml: 2 problems"),
        ("", ("--time-limit",), "error: --time-limit: 1 problem"),
        ("estimate", ("--carrier", "--search"), "error: command line: 2 problems"),
        ("measurements", ("m.csv line 3", "m.csv line 9"), "error: m.csv: 2 problems"),
        ("MilpSettings", ("nodes", "--seed"), "error: input: 2 problems"),
    ],
)
def test_the_first_line_names_the_file_or_the_option(source: str, paths: tuple[str, ...], first: str) -> None:
    problems = [Problem(path, "a", "b") for path in paths]
    lines = error_lines(InputError(problems, source=source)).splitlines()
    assert lines[0] == first
    assert lines[1:] == [f"  {each}" for each in problems]


def test_an_error_without_problems_is_its_message() -> None:
    assert error_lines(InfeasibleError("no group")) == "error: no group"


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["design", "paper", "--jsno"],
            [
                "error: --jsno: 1 problem",
                "  --jsno: there is no such option; did you mean --json? (see multistatic design --help)",
            ],
        ),
        (
            ["reproduce", "fig9"],
            ["error: command line: 1 problem", "  No such command 'fig9' (see multistatic reproduce --help)"],
        ),
    ],
)
def test_a_wrong_command_line_has_the_same_shape(arguments: list[str], lines: list[str]) -> None:
    result = CliRunner().invoke(app, arguments, prog_name="multistatic")
    assert (result.exit_code, result.stdout) == (2, "")
    shown = result.stderr.splitlines()
    assert shown[0] == lines[0]
    assert shown[1].startswith(lines[1].partition("; did")[0].partition(" (see")[0])
    assert shown[1].endswith(lines[1][lines[1].index("(see") :])
    assert len(shown) == 2


def test_an_interruption_says_what_is_kept_and_how_to_go_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def stop(*arguments: Any, **keywords: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("multistatic.files.scenario_file.load_scenario", stop)
    result = CliRunner().invoke(app, ["check", "paper"])
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == (
        "Interrupted: no complete result was written; run the same command again to start from the beginning.\n"
    )

    @contextmanager
    def stopped(*arguments: Any) -> Iterator[Any]:
        yield stop()

    monkeypatch.setattr(study_progress, "shown_progress", stopped)
    result = CliRunner().invoke(app, ["reproduce", "fig3", "--quick", "--out", str(tmp_path)])
    assert result.exit_code == 130
    kept = f"{tmp_path / 'fig3'}.sqlite holds every finished trial"
    assert result.stderr == f"Interrupted: {kept}; run the same command again to continue.\n"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
@pytest.mark.parametrize("arguments", [["schema"], ["design", "--help"], ["check", "paper"]])
def test_a_closed_pipe_ends_a_command_quietly(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", "from multistatic.cli import main; main()", *arguments]
    try:
        ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, "")
