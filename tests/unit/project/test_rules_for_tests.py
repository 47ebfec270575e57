"""Rules that tests keep: where they are, how they compare numbers, what they may not measure."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.close import assert_close, close_to
from tests.support.paths import ROOT

TESTS, PACKAGE = ROOT / "tests", ROOT / "src" / "multistatic"
FILES = sorted(TESTS.rglob("*.py"))
# What is no room of the package: the project as a whole, and what other packages register, wherever it is used.
OTHERS = {"project"}
ACROSS = {"plugins"}
KINDS = {"unit", "properties", "oracle", "statistics", "faults", "evidence"}
NO_TESTS = {"support", "mutants", "lowered", "data"}
CLOCKS = re.compile(r"perf_counter|monotonic|process_time|\btime\.time\b|thread_time")
# These wait for another process, or hand a clock to what is tested: they compare no time with a limit of their own.
MAY_NAME_A_CLOCK = {
    "faults/test_study_faults.py",
    "mutants/run.py",
    "unit/design/test_design.py",
    "unit/project/test_rules_for_tests.py",
    "unit/study/test_study_runner.py",
    "unit/suite/test_suite_worker.py",
}


def calls(path: Path) -> list[tuple[str, ast.Call]]:
    """Dotted name and node of every call in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_tests_are_in_the_rooms_of_the_package() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    found = {path.name for path in (TESTS / "unit").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert found - OTHERS <= rooms
    assert {path.name for path in TESTS.iterdir() if path.is_dir() and path.name != "__pycache__"} <= KINDS | NO_TESTS


def test_a_module_of_its_own_name_is_tested_beside_its_room() -> None:
    """Files of tests/unit itself are of the modules that are in no room."""
    modules = {path.stem for path in PACKAGE.glob("*.py")}
    assert {path.stem.removeprefix("test_") for path in (TESTS / "unit").glob("test_*.py")} <= modules | ACROSS


def test_helpers_hold_no_tests_and_tests_are_named_so() -> None:
    named = {path: bool(re.match(r"test_\w+\.py$", path.name)) for path in FILES}
    kind = {path: path.relative_to(TESTS).parts[0] for path in FILES}
    assert [path.name for path in FILES if kind[path] in NO_TESTS and named[path]] == []
    others = [path.name for path in FILES if kind[path] not in NO_TESTS and not named[path]]
    assert set(others) <= {"__init__.py", "conftest.py"}


def test_the_lint_knows_every_comparison_with_a_hidden_tolerance(tmp_path: Path) -> None:
    """Each in a file of tests/ is an error of `ruff`, whatever it is imported as."""
    lines = {
        "import pytest\npytest.approx(1.0)": "pytest.approx",
        "from pytest import approx\napprox(1.0)": "pytest.approx",
        "import numpy as np\nnp.allclose(1.0, 1.0)": "numpy.allclose",
        "import numpy as np\nnp.isclose(1.0, 1.0)": "numpy.isclose",
        "import numpy as np\nnp.testing.assert_allclose(1.0, 1.0)": "numpy.testing.assert_allclose",
        "from numpy.testing import assert_allclose\nassert_allclose(1, 1)": "numpy.testing.assert_allclose",
        "from numpy.testing import assert_almost_equal\nassert_almost_equal(1, 1)": "assert_almost_equal",
        "import math\nmath.isclose(1.0, 1.0)": "math.isclose",
    }
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251", "--output-format", "concise"]
    for code, name in lines.items():
        asked = [*command, "--config", str(ROOT / "pyproject.toml"), "--stdin-filename", "tests/unit/test_some.py", "-"]
        done = subprocess.run(asked, input=code, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 1, code
        assert name in done.stdout


def test_only_the_helper_goes_round_the_lint() -> None:
    silenced = [path.relative_to(TESTS).as_posix() for path in FILES if "noqa: TID251" in path.read_text("utf-8")]
    assert sorted(silenced) == ["support/close.py", "unit/project/test_rules_for_tests.py"]


def test_close_to_has_no_hidden_tolerance() -> None:
    assert close_to(1e-13, rel=1e-6) != 0.0
    assert close_to(1e-13) != 1.00001e-13
    assert close_to(0.0) != 1e-300
    assert close_to(0.0, abs=1e-9) == 1e-10
    assert close_to(2.0, rel=1e-3) == 2.001
    assert close_to([1e-13, 2.0], rel=1e-6) != [0.0, 2.0]


@pytest.mark.parametrize(
    ("actual", "expected", "tolerance"),
    [
        pytest.param([1e-13, 0.0], [1e-13, 1e-13], {"rel": 1e-6}, id="zero for something small"),
        pytest.param([1.0 + 1e-8], [1.0], {"abs": 1e-9}, id="nothing relative beside the absolute"),
        pytest.param([1.0, 2.1], [1.0, 2.0], {"rel": 1e-3}, id="one of two"),
        pytest.param([np.nan], [np.nan], {"rel": 1.0}, id="NaN equals nothing"),
        pytest.param([np.nan], [1.0], {"abs": np.inf}, id="NaN for a number"),
        pytest.param([5.0], [np.inf], {"rel": 1.0}, id="a number for an infinity"),
        pytest.param([np.inf], [-np.inf], {"rel": 1.0}, id="an infinity for the other"),
        pytest.param([np.inf], [5.0], {"rel": 1.0}, id="an infinity for a number"),
        pytest.param([], [], {"rel": 1.0}, id="nothing"),
        pytest.param([1.0], [1.0, 1.0], {"rel": 1.0}, id="too few"),
        pytest.param([[1.0], [1.0]], [1.0, 1.0], {"rel": 1.0}, id="another shape"),
        pytest.param([1.0 + 1e-3j], [1.0], {"abs": 1e-4}, id="an imaginary part"),
    ],
)
def test_what_assert_close_refuses(actual: object, expected: object, tolerance: dict[str, float]) -> None:
    with pytest.raises(AssertionError):
        assert_close(actual, expected, **tolerance)


def test_what_assert_close_accepts() -> None:
    assert_close([np.inf, 1.0, 1e-13], [np.inf, 1.0 + 1e-7, 1e-13], rel=1e-6)
    assert_close([[1.0, 1.1]], 1.05, abs=0.051)
    assert_close([1.0, 0.0], [1.0, 1e-9], abs=[0.0, 1e-8])
    with pytest.raises(
        AssertionError, match=r"1 of 4 entries differ; at \(1, 0\): .*3\.0.*difference 1, tolerance 0\.2"
    ):
        assert_close([[0.0, 1.0], [3.0, 5.0]], [[0.0, 1.0], [2.0, 5.0]], rel=0.1)


@pytest.mark.parametrize("folder", [PACKAGE, ROOT / "benchmarks", ROOT / "examples"], ids=lambda path: path.name)
def test_the_program_states_both_tolerances(folder: Path) -> None:
    """`numpy.allclose` and `isclose` accept 1e-8 where nobody says otherwise."""
    for path in folder.rglob("*.py"):
        for name, call in calls(path):
            if name in ("np.allclose", "np.isclose", "numpy.allclose", "numpy.isclose"):
                stated = {keyword.arg for keyword in call.keywords}
                assert {"rtol", "atol"} <= stated, f"{path.relative_to(ROOT)}:{call.lineno}"


def test_no_test_is_a_stopwatch() -> None:
    """How fast something is depends on what else runs: it is measured by `make bench`."""
    found = {path.relative_to(TESTS).as_posix() for path in FILES if CLOCKS.search(path.read_text(encoding="utf-8"))}
    assert found <= MAY_NAME_A_CLOCK
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Assert) and CLOCKS.search(ast.unparse(node.test))), path


def test_what_check_and_test_leave_out() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (check,) = re.findall(r"^check: .*\n\t(.*)", makefile, re.M)
    (everything,) = re.findall(r"^test: .*\n\t(.*)", makefile, re.M)
    (evidence,) = re.findall(r"^evidence: .*\n\t(.*)\n\t.*hypothesis-profile=fresh", makefile, re.M)
    assert check == '$(PYTEST) -m "not slow and not evidence"'
    assert everything == "$(PYTEST)"
    assert evidence == "$(PYTEST) -m evidence"
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
