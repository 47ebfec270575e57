"""What the shell completes, asked as bash, zsh and fish ask."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from multistatic import registry
from multistatic.cli.app import app
from multistatic.cli.completion import HOOKS, run_app
from multistatic.study.metrics import METRICS

PROGRAM = "import sys; sys.argv[0] = 'multistatic'; from multistatic.cli import main; main()"


class Asking:
    """The command line as shells ask it, in an empty folder but for two files and a folder."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, shell: str, **variables: str) -> str:
        """The answer to a shell."""
        for name, value in {"_MULTISTATIC_COMPLETE": f"complete_{shell}", **variables}.items():
            self._monkeypatch.setenv(name, value)
        with suppress(SystemExit):
            run_app(lambda: app(args=[], prog_name="multistatic"))
        return self._capsys.readouterr().out

    def bash(self, *words: str) -> list[str]:
        """The answers for the last of the words, as bash takes the line apart."""
        return self("bash", COMP_WORDS="\n".join(["multistatic", *words]), COMP_CWORD=str(len(words))).split()


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Asking:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.toml").touch()
    (tmp_path / "plan.txt").touch()
    (tmp_path / "places").mkdir()
    return Asking(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        (["des"], ["design"]),
        (["reproduce", "fig"], [f"fig{number}" for number in range(2, 8)]),
        (["init", ""], ["city", "drone_area", "paper", "published_drop", "urban"]),
        (["design", "pap"], ["paper"]),
        (["design", "p"], ["paper", "published_drop", "plan.toml", "places/"]),
        (["design", "plan"], []),  # no preset: names of files are the shell's business
        (["design", "paper", "--selector", "gr"], ["greedy", "greedy_swap"]),
        (["design", "paper", "--selector", "j"], ["joint"]),
        (["compare", "paper", "--selector", "greedy,greedy"], ["greedy,greedy_swap"]),
        (["compare", "paper", "--beamformer", "value_function,s"], ["value_function,sca"]),
        (["design", "paper", "--scheme", ""], ["multi", "bi", "mono"]),
        (["design", "paper", "--sel"], ["--selector"]),
        (["localize", "x.csv", "--scenario", "ci"], ["city"]),
        (["export", "a.sqlite", "--format", ""], ["nc", "csv", "mat"]),
        (["show", "pl"], []),
        (["study", "p"], []),  # no scenario
        (["design", "paper", "--style", "c"], ["column"]),
        (["simulate", "out", "--symbols", "qam"], ["qam4", "qam16", "qam64", "qam256"]),
        (["show", "a.sqlite", "--metric", "peb"], [name for name in METRICS if name.startswith("peb")]),
        (["study", "a.toml", "--set", "comb"], ["combine=grid", "combine=zip"]),
        (["study", "a.toml", "--set", "combine", "=", "z"], ["zip"]),
        (["study", "a.toml", "--set", "set.radio.pulse", "=", "si"], ["sinc"]),
    ],
)
def test_bash(words: list[str], answers: list[str], asked: Asking) -> None:
    assert sorted(asked.bash(*words)) == sorted(answers)


def test_keys_whose_values_are_names(asked: Asking) -> None:
    criteria = list(registry.names("criteria"))
    assert asked.bash("check", "paper", "--set", "design.cr") == [f"design.criterion={name}" for name in criteria]
    # Bash takes KEY=NAME apart, and keeps what stands before the NAME.
    assert asked.bash("check", "paper", "--set", "design.criterion", "=") == criteria
    assert asked.bash("check", "paper", "--set", "design.criterion", "=", "ve") == ["veb"]
    assert asked.bash("check", "paper", "--set", "radio.bandwidth_hz", "=", "1") == []


def test_zsh_and_fish(asked: Asking) -> None:
    line = {"_TYPER_COMPLETE_ARGS": "multistatic design paper --selector gr"}
    assert asked("zsh", **line) == '_arguments \'*: :(("greedy"\n"greedy_swap"))\'\n'
    assert asked("fish", _TYPER_COMPLETE_FISH_ACTION="get-args", **line) == "greedy\ngreedy_swap\n"
    assert asked("zsh", _TYPER_COMPLETE_ARGS="multistatic show x") == "_files\n"


@pytest.mark.slow
def test_the_installed_command_answers_without_what_computes_and_draws() -> None:
    code = f"""
import sys
class Refused:
    def find_spec(self, name, path=None, target=None):
        assert name not in ("numpy", "scipy", "numba", "matplotlib", "rich"), name
sys.meta_path.insert(0, Refused())
{PROGRAM}
"""
    line = {"COMP_WORDS": "multistatic design paper --selector gr", "COMP_CWORD": "4"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **line, "_MULTISTATIC_COMPLETE": "complete_bash"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("greedy\ngreedy_swap\n", "")


@pytest.mark.slow
def test_the_script_for_a_shell_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--show-completion", "bash"], capture_output=True, text=True, check=True
    )
    assert "_MULTISTATIC_COMPLETE=complete_bash" in done.stdout


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_a_hook_answers_what_begins_as_asked(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    everything = HOOKS[name]("")
    assert everything
    assert [each for each in everything if each.startswith(everything[0])] == HOOKS[name](everything[0])
    assert HOOKS[name]("no such name") == []
