"""The sizes that CONTRIBUTING.md states, and the few that are larger, each with its reason."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.support.paths import ROOT

SOURCE = ROOT / "src" / "multistatic"
LINES_OF_A_MODULE, LINES_OF_A_FUNCTION, ARGUMENTS = 400, 60, 7

# What stands here is what is larger today, and no more: one that has become small enough has to go.
MODULES: dict[str, str] = {}
_OPTIONS = "its options, of which each is an argument with its help"
FUNCTIONS = {
    "cli/compare_command.py:compare_command": _OPTIONS,
    "cli/design_command.py:design_command": _OPTIONS,
    "cli/estimate_command.py:estimate_command": _OPTIONS,
    "cli/localize_command.py:localize_command": _OPTIONS,
    "cli/show_command.py:show_command": _OPTIONS,
    "cli/simulate_command.py:simulate_command": _OPTIONS,
    "cli/study_command.py:study_command": _OPTIONS,
}
MANY_ARGUMENTS = {
    "cli/compare_command.py:compare_command": _OPTIONS,
    "cli/design_command.py:design_command": _OPTIONS,
    "cli/estimate_command.py:estimate_command": _OPTIONS,
    "cli/localize_command.py:localize_command": _OPTIONS,
    "cli/simulate_command.py:simulate_command": _OPTIONS,
    "cli/study_command.py:study_command": _OPTIONS,
    "design/__init__.py:design_network": "one for each part of a design that can be exchanged, all by keyword",
    "scenario/model.py:__init__": "the parts of a scenario, all by keyword; written out, since `target` is one of them",
    "study/batch.py:design_many": "those of design_network that hold for many, all by keyword",
    "beamforming/evaluate.py:evaluate": "what a method says of its beams, all by keyword",
    "beamforming/downlink/fixed_prices.py:matched": "compiled: arrays that the caller owns",
    "estimation/bins.py:add_bin": "compiled: numbers of one bin, in the innermost loop",
}


@cache
def _functions() -> list[tuple[str, ast.FunctionDef]]:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [(f"{name}:{node.name}", node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return found


def _lines(node: ast.FunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def _arguments(node: ast.FunctionDef) -> int:
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def _modules() -> set[str]:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCE.rglob("*.py")}
    return {path.relative_to(SOURCE).as_posix() for path, lines in sizes.items() if lines > LINES_OF_A_MODULE}


def _long_functions() -> set[str]:
    return {name for name, node in _functions() if _lines(node) > LINES_OF_A_FUNCTION}


def _many_arguments() -> set[str]:
    return {name for name, node in _functions() if _arguments(node) > ARGUMENTS}


@pytest.mark.parametrize(
    ("larger", "excepted"),
    [
        pytest.param(_modules, MODULES, id="modules"),
        pytest.param(
            lambda: {n for n, f in _functions() if _lines(f) > LINES_OF_A_FUNCTION}, FUNCTIONS, id="functions"
        ),
        pytest.param(lambda: {n for n, f in _functions() if _arguments(f) > ARGUMENTS}, MANY_ARGUMENTS, id="arguments"),
    ],
)
def test_what_is_larger_has_a_reason(larger, excepted: dict[str, str]) -> None:
    assert larger() == set(excepted)
    assert all(excepted.values())


def test_contributing_states_these_sizes() -> None:
    stated = (
        f"Modules up to {LINES_OF_A_MODULE} lines, functions up to {LINES_OF_A_FUNCTION}, arguments up to {ARGUMENTS}"
    )
    assert stated in Path(ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_what_counts() -> None:
    (node,) = ast.parse("def f(self, a, /, b, *c, d, **e):\n    pass\n").body
    assert isinstance(node, ast.FunctionDef)
    assert (_lines(node), _arguments(node)) == (2, 3)
