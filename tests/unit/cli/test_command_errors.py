"""Command lines that are refused: every problem with path, value received and what was expected; as JSON too."""

import json

import pytest
from typer.testing import CliRunner

from multistatic import registry
from multistatic.cli.app import app
from multistatic.errors import InputError
from multistatic.suite import run as suite_run


def refused(*arguments: str):
    """The error, and what is on standard output."""
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    assert isinstance(result.exception, InputError)
    return result.exception, result.stdout


@pytest.mark.parametrize(
    ("arguments", "paths"),
    [
        (["localize"], ["MEASUREMENTS", "--scenario"]),
        (["localize", "x.csv"], ["--scenario"]),
        (["localize", "--scenario", "paper"], ["MEASUREMENTS"]),
        (["estimate"], ["RECORDING"]),
        (["study"], ["FILE"]),
        (["compare", "--quick"], ["--quick", "FILE"]),
        (["compare", "paper", "--time-limit", "5"], ["--time-limit"]),
        (["design", "paper", "--gap", "x"], ["--gap"]),
        (["study", "x.toml", "--workers", "0"], ["--workers"]),
        (["compare", "--list", "paper"], ["FILE"]),
        (["study", "--list", "paper"], ["FILE"]),
    ],
)
def test_each_problem_names_the_option_or_argument_at_fault(arguments, paths) -> None:
    error, output = refused(*arguments)
    assert [problem.path for problem in error.problems] == paths
    assert output == ""


def test_what_is_missing_is_explained() -> None:
    (problem,) = refused("localize", "x.csv")[0].problems
    assert problem.received == "nothing"
    assert problem.expected.startswith("--scenario FILE: scenario file, name of a preset")
    assert refused("estimate")[0].problems[0].expected.startswith("SigMF recordings")


@pytest.mark.parametrize(
    "arguments",
    [
        ["design", "paper", "--set", "radio.x=1"],
        ["check", "paper", "--set", "radio.x=1"],
        ["design", "paper", "--gap", "x"],
        ["design", "paper", "--selector", "greedy", "--select", "greedy"],
        ["localize", "x.csv"],
        ["study"],
        ["show", "missing.sqlite"],
    ],
)
def test_refused_input_is_a_json_document_with_json(arguments) -> None:
    error, output = refused(*arguments, "--json")
    document = json.loads(output)
    assert document["valid"] is False
    assert [each["path"] for each in document["problems"]] == [problem.path for problem in error.problems]
    assert refused(*arguments)[1] == ""


def test_the_list_of_names_as_json() -> None:
    result = CliRunner().invoke(app, ["compare", "--list", "--json"])
    listed = json.loads(result.stdout)
    assert listed["selectors"]["names"] == ["joint", *registry.names("selectors")]
    assert listed["estimators"] == {"use": "estimate --estimator", "names": list(registry.names("estimators"))}


def test_a_store_that_is_missing_is_named_as_such(tmp_path) -> None:
    missing = str(tmp_path / "missing.sqlite")
    for arguments in (["show", missing], ["export", missing, "--format", "csv"]):
        (problem,) = refused(*arguments)[0].problems
        assert (problem.path, problem.received) == (missing, "no file or folder of this name")
    assert refused("show", str(tmp_path))[0].problems[0].received == "a folder"
    both = refused("export", missing)[0].problems
    assert [problem.path for problem in both] == [missing, "--format"]


LOOK = ["--style", "column", "--no-title"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["design", "paper"],
        ["design", "paper", "--no-pictures"],
        ["compare", "paper"],
        ["compare", "--suite", "--quick"],
        ["show", "missing.sqlite"],
        ["estimate", "missing"],
        ["localize", "missing.csv", "--scenario", "paper"],
    ],
)
def test_the_style_of_pictures_that_are_not_written_is_refused(arguments) -> None:
    problems = refused(*arguments, *LOOK)[0].problems
    assert [(each.path, each.received) for each in problems] == [("--style", "no --out"), ("--no-title", "no --out")]


def test_a_note_says_that_a_style_has_no_effect_without_pictures(tmp_path) -> None:
    arguments = ["localize", str(tmp_path / "missing.csv"), "--scenario", "paper", "--out", str(tmp_path)]
    both = CliRunner().invoke(app, [*arguments, *LOOK, "--no-pictures"])
    assert "note: --style and --no-title have no effect with --no-pictures\n" in both.stderr
    one = CliRunner().invoke(app, [*arguments, "--style", "column", "--no-pictures"])
    assert "note: --style has no effect with --no-pictures\n" in one.stderr
    assert "note: --" not in CliRunner().invoke(app, [*arguments, *LOOK]).stderr


def test_a_method_that_is_named_twice_is_compared_once() -> None:
    arguments = ["compare", "paper", "--selector", "nearest_n,best_n,nearest_n", "--json", "--quiet"]
    document = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert sorted(row["selector"] for row in document["rows"]) == ["best_n", "nearest_n"]


@pytest.mark.parametrize(
    ("arguments", "selectors", "beamformers", "note"),
    [
        ([], None, None, ""),
        (["--selector", "greedy,milp"], ("greedy", "milp"), (), "no beamformers are ranked; --beamformer every"),
        (["--beamformer", "sca"], (), ("sca",), "no selectors are ranked; --selector every"),
        (["--selector", "greedy", "--beamformer", "every"], ("greedy",), None, ""),
        (["--selector", "every", "--beamformer", "sca"], None, ("sca",), ""),
    ],
)
def test_a_note_names_what_a_suite_leaves_out(arguments, selectors, beamformers, note, monkeypatch) -> None:
    asked = []

    def no_outcomes(settings, **options):
        asked.append(settings)
        yield from ()

    monkeypatch.setattr(suite_run, "each_outcome", no_outcomes)
    result = CliRunner().invoke(app, ["compare", "--suite", *arguments])
    assert (asked[0].selectors, asked[0].beamformers) == (selectors, beamformers)
    assert note in result.stderr
    assert bool(note) == ("note: no" in result.stderr)


def test_why_the_suite_does_not_rank_the_joint_design() -> None:
    error, _ = refused("compare", "--suite", "--selector", "joint,gredy")
    joint, unknown = error.problems
    assert (joint.path, joint.received) == ("--selector", "'joint'")
    assert "together with the beams" in joint.hint
    assert unknown.hint == "did you mean 'greedy'?"


def test_the_ranges_of_whole_numbers_are_whole_numbers() -> None:
    problems = refused("simulate", "missing", "--trials", "0", "--direct-path", "-1")[0].problems
    assert [(each.path, each.expected) for each in problems] == [
        ("--trials", "a whole number from 1 to 100000000"),
        ("--direct-path", "a number from 0 to 1"),
    ]
