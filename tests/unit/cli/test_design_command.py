"""`multistatic design`: options that contradict each other are refused, not ignored."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.cli.design_command import overrides
from multistatic.errors import InfeasibleError, InputError


@pytest.mark.parametrize(
    ("method", "selector", "expected"),
    [
        ("joint", "greedy", "received 'greedy' with --design joint, expected no --selector"),
        ("decoupled", "joint", "received 'joint' with --design decoupled, expected a selector other than 'joint'"),
        ("alternating", "joint", "received 'joint' with --design alternating, expected a selector other than 'joint'"),
    ],
)
def test_a_method_and_a_selector_that_contradict_each_other(method: str, selector: str, expected: str) -> None:
    result = CliRunner().invoke(app, ["design", "paper", "--design", method, "--selector", selector])
    assert isinstance(result.exception, InputError)
    assert result.exception.exit_code == 2
    assert f"--selector: {expected}" in str(result.exception)


def test_a_method_and_a_selector_that_agree() -> None:
    assert overrides(None, "joint", "joint", None) == ['design.selector="joint"']
    assert overrides(None, "decoupled", "greedy", None) == ["design.alternate=false", 'design.selector="greedy"']


@pytest.mark.parametrize(
    "options",
    [["--selector", "greedy", "--beamformer", "los"], ["--select", "greedy", "--beams", "los"]],
    ids=["names", "names before"],
)
def test_selector_and_beamformer_have_the_same_names_as_in_a_file(options: list[str]) -> None:
    small = ["--set", "receivers.random.count=3", "--set", "channel.direct=los", "--set", "requirements.rate_bps_hz=1"]
    result = CliRunner().invoke(app, ["design", "paper", *options, *small, "--json", "--quiet"])
    assert result.exit_code == 0, result.output
    used = json.loads(result.stdout)["algorithms"]
    assert (used["selector"]["name"], used["beamformer"]["name"]) == ("greedy", "los")


@pytest.mark.parametrize("command", ["design", "compare"])
def test_names_before_are_hidden_and_not_mixed_with_the_new_ones(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).stdout
    assert "--selector" in shown
    assert "--beamformer" in shown
    assert not re.search(r"--(select|beams|selectors|beamformers)\b", shown)
    old = "--select" if command == "design" else "--selectors"
    result = CliRunner().invoke(app, [command, "paper", "--selector", "greedy", old, "greedy"])
    assert isinstance(result.exception, InputError)
    assert "--selector" in str(result.exception)


def test_alternate_is_refused_with_the_selector_that_would_ignore_it() -> None:
    small = ["--set", "receivers.random.count=3", "--set", "requirements.rate_bps_hz=1", "--json", "--quiet"]
    refused = CliRunner().invoke(app, ["design", "paper", "--alternate", *small])
    assert isinstance(refused.exception, InputError)
    assert "--alternate: received --alternate with the selector joint" in str(refused.exception)
    bi = ["--alternate", "--selector", "greedy", "--scheme", "bi"]
    single = CliRunner().invoke(app, ["design", "paper", *bi, *small])
    assert isinstance(single.exception, InputError)
    assert "--alternate: received --alternate with --scheme bi" in str(single.exception)
    done = CliRunner().invoke(app, ["design", "paper", "--alternate", "--selector", "minimax_linkage", *small])
    old = CliRunner().invoke(app, ["design", "paper", "--design", "alternating", *small])
    assert done.exit_code == old.exit_code == 0, done.output
    assert json.loads(done.stdout)["beamforming"] == json.loads(old.stdout)["beamforming"]
    assert json.loads(done.stdout)["sensitivities"]["power_1db"]["change"] < 0.0  # the whole unit of the table
    assert overrides(None, None, "greedy", None, alternate=False)[-1] == "design.alternate=false"


@pytest.mark.parametrize("limit_m", [pytest.param(5, id="no method"), pytest.param(14, id="one method")])
def test_a_comparison_in_which_no_method_found_a_design_ends_with_code_3(limit_m: int) -> None:
    options = ["--selector", "greedy,joint,nearest_n,all", "--set", f"requirements.cooperation_cost_m={limit_m}"]
    small = ["--set", "requirements.rate_bps_hz=0", "--quiet"]
    result = CliRunner().invoke(app, ["compare", "paper", *options, *small], env={"COLUMNS": "300"})
    if limit_m == 14:
        assert result.exit_code == 0
        assert "above best: " in result.stdout
        assert "the limit is 14 m. Another selector may find a feasible group." in result.stdout
        return
    assert isinstance(result.exception, InfeasibleError)
    assert result.exception.exit_code == 3
    assert "no method found a design" in str(result.exception)
    assert "above best: " not in result.stdout
    lines = result.stdout.splitlines()
    (cheapest,) = (line for line in lines if "The cheapest group" in line)
    assert set(cheapest.partition(": ")[0].split(", ")) == {"greedy", "joint"}
    words = "nearest_n: The receiver nearest to the target: its cooperation cost is 13.0807 m and the limit is 5 m."
    assert f"{words} No other group is within the limit either." in lines
