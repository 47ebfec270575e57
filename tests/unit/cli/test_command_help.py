"""The help of every command: complete sentences, plain words, examples that can be run, and one name for one thing."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.cli.command_help import OLD_NAMES, Command, CommandGroup, present_names
from multistatic.cli.numbers import whole_number
from multistatic.errors import InputError
from tests.support.paths import EXAMPLES

WIDTH = 80
# Figures of speech in the place of the field's terms.
BANNED = (
    r"hears?|heard|deaf|lit|dear(est)?|climbs?|mended|nobody|everyone|everybody|asked for|told|one more|draw its|"
    r"of its own|said why|twin|bears?|honest|blind"
)
# One thing, one name: what other commands, or earlier versions, called it.
OTHER_NAMES = ("--select", "--beams", "--method", "--limit-s", "--drops", "--processes", "--jobs", "--output", "--dir")


def commands(group=None, path=()):
    """Every command and group of the command line with its words."""
    group = typer.main.get_command(app) if group is None else group
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


ALL = [pytest.param(path, command, id=" ".join(path) or "multistatic") for path, command in commands()]
SINGLE = [each for each in ALL if not hasattr(each.values[1], "commands")]


def shown(path: tuple[str, ...]) -> str:
    result = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": str(WIDTH)}, terminal_width=WIDTH)
    assert result.exit_code == 0
    return result.stdout


def examples(path: tuple[str, ...]) -> list[list[str]]:
    """The commands of the section Example or Examples, as words; `\\` joins lines."""
    block = re.search(r"^  Examples?(?:, after .*)?:\n((?:    .*\n)+)", shown(path), re.M)
    assert block, path
    return [shlex.split(line) for line in block[1].replace("\\\n", "").splitlines()]


@pytest.mark.parametrize(("path", "command"), ALL)
def test_help_fits_a_terminal_and_is_plain(path, command) -> None:
    text = shown(path)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert not re.findall(rf"\b(?:{BANNED})\b", text, re.I)
    assert "<" not in text  # a type of Python in the place of a word for the value
    assert "..." not in re.sub(r"RECORDING\.\.\.|\[ARGS\]\.\.\.", "", text)  # nothing is cut off
    first = text.split("\n\n")[1].strip()
    assert re.match(r"[A-Z].*\.$", " ".join(first.split()))


@pytest.mark.parametrize(("path", "command"), ALL)
def test_every_option_is_explained_in_sentences(path, command) -> None:
    context = typer.main.get_command(app).make_context("multistatic", [*path], resilient_parsing=True)
    for parameter in command.get_params(context):
        if getattr(parameter, "hidden", False):
            continue
        text = parameter.help
        assert re.match(r"[A-Z].*\.$", text, re.S), (parameter.name, text)
        takes_value = parameter.param_type_name == "option" and not parameter.is_flag
        if takes_value:
            assert parameter.metavar, f"{parameter.name}: a word in capitals for its value"
        if parameter.metavar:
            assert re.fullmatch(r"[A-Z_]+(=VALUE|/S|\.\.\.|,Y\[,Z\])?", parameter.metavar), parameter.metavar


@pytest.mark.parametrize(("path", "command"), SINGLE)
def test_every_command_has_examples_that_parse_and_exit_codes(path, command) -> None:
    assert isinstance(command, Command)
    for words in examples(path):
        assert words[: 1 + len(path)] == ["multistatic", *path]
        command.make_context(path[-1], words[1 + len(path) :])
    codes = shown(path).partition("Exit codes:\n")[2].partition("\n\n")[0]
    assert re.match(r"    0  [A-Z]", codes)
    assert all(re.match(r"    (\d  [A-Z]|   \S)", line) for line in codes.splitlines())


@pytest.mark.parametrize(("path", "command"), SINGLE)
def test_every_command_says_how_long_it_takes(path, command) -> None:
    said = re.search(r"^  Duration.*?\n\n", shown(path), re.S | re.M)
    assert said
    assert re.search(r"(\d+|a few) (seconds|minutes?)|about a second", " ".join(said[0].split()))


def test_compare_states_the_duration_of_the_suite() -> None:
    assert "The suite takes about 8 minutes, with --quick about 1 minute." in " ".join(shown(("compare",)).split())


@pytest.mark.slow
def test_examples_run_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder, in the order of the list of commands; those of a study need a store and run elsewhere."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(EXAMPLES)
    for path in [("init",), ("check",), ("schema",), ("design",), ("simulate",), ("estimate",), ("localize",)]:
        for words in examples(path):
            result = CliRunner().invoke(app, [*words[1:], *(["--no-pictures"] if path == ("design",) else [])])
            assert (result.exit_code, result.exception) == (0, None), (words, result.output)
    assert (tmp_path / "out" / "paper" / "fixes" / "fixes.json").is_file()


def test_commands_stand_in_sections() -> None:
    assert isinstance(typer.main.get_command(app), CommandGroup)
    text = shown(())
    assert re.search(r"^Designs:\n  design     Design .*\n  compare ", text, re.M)
    assert "\nCommands:" not in text, "a command without a section: give it a rich_help_panel"


def test_sections_of_a_command_begin_their_texts_at_one_column() -> None:
    lines = [line for line in shown(("design",)).splitlines() if re.match(r"  (-|FILE)", line)]
    columns = {len(found[0]) for line in lines if (found := re.match(r"  \S.*?\s{2,}(?=[A-Z])", line))}
    assert len(columns) == 1
    assert re.search(r"^Search:$", shown(("design",)), re.M)


def test_defaults_are_sentences() -> None:
    text = " ".join(shown(("simulate",)).split())
    assert "Samples for each slot of the signal. Default: 4.0." in text
    assert "[default" not in text
    assert "[required" not in text
    assert "Usage: multistatic simulate [OPTIONS] DESIGN_DIR " in text
    assert "Usage: multistatic compare [OPTIONS] [FILE] " in " ".join(shown(("compare",)).split())


# One name for one thing


OLD = [(command, old, new) for command, names in OLD_NAMES.items() for old, new in names.items()]


@pytest.mark.parametrize(("command", "old", "new"), OLD)
def test_an_old_name_is_accepted_hidden_and_not_mixed_with_the_present_one(command, old, new) -> None:
    path, found = next((path, each) for path, each in commands() if path[-1:] == (command,))
    options = [option for parameter in found.params for option in parameter.opts]
    assert new in options
    assert old not in options
    assert not re.search(rf"{old}(?![\w-])", shown(path))
    arguments = ["paper"] if command in ("localize", "simulate", "estimate") else []
    needed = ["--scenario", "paper"] if command == "localize" else []
    value = "greedy" if new in ("--selector", "--beamformer", "--estimator", "--out") else "1"
    written = ["paper"] if command in ("design", "compare") else arguments
    present = found.make_context(command, [*written, *needed, new, value]).params
    assert found.make_context(command, [*written, *needed, old, value]).params == present
    assert found.make_context(command, [*written, *needed, f"{old}={value}"]).params == present
    with pytest.raises(InputError, match=f"one of the two: {old} is the old name of {new}"):
        found.make_context(command, [*written, *needed, old, value, new, value])


def test_no_name_of_before_is_missing() -> None:
    assert {old for _, old, _ in OLD} == {
        "--select", "--beams", "--selectors", "--beamformers", "--limit-s", "--method", "--false-flags", "--csv",
        "--time-offset-std", "--common-time-offset-std", "--common-frequency-offset-std",
    }  # fmt: skip
    hidden = {
        (path[-1], option)
        for path, command in commands()
        for parameter in command.params
        if getattr(parameter, "hidden", False)
        for option in parameter.opts
    }
    assert hidden == {("design", "--design"), ("simulate", "--no-direct-path")}


def test_words_behind_two_dashes_are_no_options() -> None:
    assert present_names(["--select", "a", "--", "--select"], {"--select": "--selector"}) == [
        "--selector", "a", "--", "--select",
    ]  # fmt: skip


@pytest.mark.parametrize(("path", "command"), SINGLE)
def test_no_command_has_another_name_for_the_same_option(path, command) -> None:
    visible = [option for each in command.params if not getattr(each, "hidden", False) for option in each.opts]
    assert not set(visible) & set(OTHER_NAMES)


# Values


def test_a_suggestion_does_not_name_old_options() -> None:
    result = CliRunner().invoke(app, ["design", "paper", "--selectr", "greedy"])
    assert result.exit_code == 2
    assert "--selector" in result.output
    assert not re.search(r"--select\b(?!r)", result.output.replace("--selector", ""))


@pytest.mark.parametrize(
    ("text", "least", "words"),
    [
        ("1.5", 0, "received '1.5', expected a whole number, 0 or more"),
        ("-1", 0, "received '-1', expected a whole number, 0 or more"),
        ("x", 0, "received 'x', expected a number"),
        ("inf", -float("inf"), "received 'inf', expected a whole number"),
    ],
)
def test_whole_numbers(text, least, words) -> None:
    with pytest.raises(typer.BadParameter, match=re.escape(words)):
        whole_number(least)(text)


def test_whole_numbers_are_exact() -> None:
    assert whole_number(0)("9223372036854775807") == 2**63 - 1
    assert whole_number(0)(" 1e3 ") == 1000
    assert whole_number()("-4") == -4


def test_compare_lists_every_extension_point() -> None:
    lines = CliRunner().invoke(app, ["compare", "--list"]).stdout.splitlines()
    listed = {line.partition(" (")[0]: line.partition("): ")[2].split(", ") for line in lines}
    assert set(listed) == {
        "selectors", "beamformers", "criteria", "pulses", "channel_models", "estimators", "metrics",
    }  # fmt: skip
    assert listed["selectors"][0] == "joint"
    assert "maximum_likelihood" in listed["estimators"]
    assert {"peb_m", "time_s"} <= set(listed["metrics"])


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (["compare", "paper", "--selector", "greedi"], "--selector: received 'greedi'"),
        (["compare", "paper", "--beamformer", "sac"], "--beamformer: received 'sac'"),
        (["estimate", "nothing", "--estimator", "grit"], "--estimator: received 'grit'"),
        (["export", "no.sqlite"], "--format: received nothing"),
        (["init", "paper", "--channel-file", "H.xyz"], "--channel-file: received an ending '.xyz'"),
    ],
)
def test_a_problem_of_an_option_is_named_by_the_option(arguments, path) -> None:
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InputError)
    assert path in str(result.exception)
