"""The list of mutations does not rot: each still applies, changes something, and names tests that exist."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from multistatic.compiled import kernel_files
from tests.mutants.mutations import FORMULAS, PACKAGE, ROOT, Mutation, all_mutations
from tests.mutants.run import Outcome, table
from tests.mutants.serving import serve

MUTATIONS = all_mutations()
LEAST = 120


def test_the_list_is_long_and_covers_every_room() -> None:
    rooms = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if not path.name.startswith("_")}
    machinery = {"compiled", "machine_code", "code_generation", "lowered", "notebook", "extras"}
    without_formulas = {"errors", "registry", "py.typed"} | machinery
    assert len(MUTATIONS) >= LEAST
    assert rooms - without_formulas == {each.room for each in MUTATIONS}
    for path in FORMULAS.glob("*.toml"):
        assert {each.room for each in MUTATIONS if each.file.split("/")[0].removesuffix(".py") == path.stem} == {
            path.stem
        }


@pytest.mark.parametrize("room", sorted({each.room for each in MUTATIONS}))
def test_every_mutation_applies_and_is_another_program(room: str) -> None:
    for each in MUTATIONS:
        if each.room != room:
            continue
        changed = each.source()
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(each.path.read_text())), each.old
        assert each.why.endswith("."), each.old
        assert each.line >= 1


def test_every_test_that_is_named_exists() -> None:
    for test in sorted({test for each in MUTATIONS for test in each.tests}):
        file, _, function = test.partition("::")
        path = ROOT / file
        assert path.is_file(), test
        if function:
            name = re.escape(function.partition("[")[0])
            assert re.search(rf"^def {name}\(", path.read_text(), re.MULTILINE), test


def test_what_machine_code_is_made_of_runs_interpreted() -> None:
    """Machine code is kept by a digest of the files on disk, which a changed import leaves as they are: it would hide
    a change of a kernel, and of a constant that a kernel holds a copy of.
    """
    made_of = set(kernel_files(PACKAGE))
    assert {each.file for each in MUTATIONS if each.path in made_of} == {
        each.file for each in MUTATIONS if each.interpreted
    }
    assert {path.parent.name for path in made_of} >= {"value_function", "estimation"}


def test_a_text_that_does_not_occur_once_is_refused() -> None:
    one = Mutation(file="units.py", old="return", new="yield", why="", tests=())
    with pytest.raises(ValueError, match="occurs 5 times, expected once"):
        one.source()


def test_a_module_that_is_imported_already_cannot_be_served() -> None:
    with pytest.raises(RuntimeError, match=r"tests\.mutants\.serving has been imported"):
        serve("tests.mutants.serving", "")


def test_the_table_counts_by_room_and_names_survivors() -> None:
    one, other = MUTATIONS[0], MUTATIONS[-1]
    verdicts = [(one, "killed"), (one, "timeout"), (other, "survived"), (other, "not run")]
    text = table([Outcome(mutation, verdict, 1.0) for mutation, verdict in verdicts])
    lines = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line}
    assert lines[one.room] == ["2", "0", "2"]
    assert lines[other.room] == ["0", "2", "2"]
    assert lines["all"] == ["2", "2", "4"]
    assert f"{other.file}:{other.line}" in text
    assert other.why in text


def test_no_mutation_is_listed_twice() -> None:
    assert max(Counter((each.file, each.old) for each in MUTATIONS).values()) <= 2
