"""A public name means one thing in the whole package, and what is written once is not written again elsewhere."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

import multistatic

PACKAGE = Path(multistatic.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
# The verification writes its formulas again on purpose, and calls them by their names.
WRITTEN_TWICE = {"published_information"}


def test_a_public_function_or_class_is_defined_once() -> None:
    places = defaultdict(list)
    for file in FILES:
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(file.relative_to(PACKAGE).as_posix())
    several = {name: files for name, files in places.items() if len(files) > 1}
    assert several.keys() == WRITTEN_TWICE, several


@pytest.mark.parametrize(
    ("pattern", "owner"),
    [
        (r"get_close_matches", "errors.py"),
        (r"\.conj\(\)\.(swapaxes|transpose|mT)|(swapaxes|transpose)\([\w.]+\.conj\(\)", "linalg.py"),
        (r"csv\.DictWriter", "scenario/tables.py"),
    ],
)
def test_a_helper_is_written_once(pattern: str, owner: str) -> None:
    found = {file.relative_to(PACKAGE).as_posix() for file in FILES if re.search(pattern, file.read_text())}
    assert found == {owner}
