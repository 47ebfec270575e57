"""`multistatic design`: options that contradict each other are refused, not ignored."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.cli.design_command import overrides
from multistatic.errors import InputError


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
