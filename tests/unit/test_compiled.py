"""Machine code of kernels: an edit of anything that it was made of is seen, and what is unchanged is not made again.

Most tests run a copy of the package, in processes with a cache of their own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from multistatic import compiled
from tests.support.paths import ROOT

PACKAGE = ROOT / "src" / "multistatic"
ESTIMATION = ("bins", "newton", "projection", "refinement")
DOWNLINK = ("dense", "fixed_prices", "optimal_prices")
DESCENT = ("descent", "geodesic", "value_gradient")
BARRIER = ("barrier_blocks", "barrier_memory", "newton_centre", "newton_system")
CALLEE = "from multistatic.compiled import internal\n\n\n@internal\ndef twice(x):\n    return 2.0 * x\n"
CALLER = """
from multistatic.compiled import compiled
from multistatic.bounds.kernel_callee import twice
from multistatic.bounds.kernel_constants import OFFSET


@compiled
def result(x):
    return twice(x) + OFFSET
"""
RUN = """
from multistatic.bounds.kernel_caller import result
print(result(3.0), sum(result.stats.cache_hits.values()), sum(result.stats.cache_misses.values()))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package with a kernel, a kernel that it calls and a constant that it reads, in three files."""
    copy = tmp_path / "source" / "multistatic"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "bounds" / "kernel_caller.py").write_text(CALLER)
    (copy / "bounds" / "kernel_callee.py").write_text(CALLEE)
    (copy / "bounds" / "kernel_constants.py").write_text("OFFSET = 0.5\n")
    return copy


def run(package: Path, code: str = RUN, **environment: str) -> list[float]:
    """The numbers that `code` prints in a new process; its kernels are kept beside the package, or as `environment`
    says.
    """
    home = str(package.parent.parent / "home")
    own = {"PYTHONPATH": str(package.parent), "HOME": home, "XDG_CACHE_HOME": f"{home}/caches", "NUMBA_CACHE_DIR": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **own, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [float(word) for word in done.stdout.split()]


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def folders(place: Path) -> list[Path]:
    """Those of machine code under `place`."""
    return sorted({path.parent for path in place.rglob("*.nbc")})


@pytest.mark.slow
def test_an_unchanged_kernel_is_compiled_once_and_an_edit_elsewhere_is_seen(package: Path) -> None:
    assert run(package) == [6.5, 0, 1]
    assert run(package) == [6.5, 1, 0]
    edit(package / "bounds" / "kernel_callee.py", "2.0 * x", "2.0 * x + 1000.0")
    assert run(package) == [1006.5, 0, 1]
    edit(package / "bounds" / "kernel_constants.py", "0.5", "0.25")  # a file without a kernel
    assert run(package) == [1006.25, 0, 1]
    assert run(package) == [1006.25, 1, 0]


@pytest.mark.slow
def test_an_edit_of_an_estimator_changes_what_its_callers_return(package: Path) -> None:
    code = """
import numpy as np
from multistatic.estimation.newton import _height
from multistatic.estimation.projection import Known, Projection
rng = np.random.default_rng(1)
real = rng.standard_normal((4, 600))
known = Known(0, real, real, 299.5, np.eye(4), np.ones(2))
sums = rng.standard_normal((2, 32, 4)) + 0j
print(_height(known, Projection(sums, np.ones(4)), 0.3, 1e-3).value, sum(_height.stats.cache_misses.values()))
"""
    before, misses = run(package, code)
    assert misses == 1
    assert run(package, code) == [before, 0]
    edit(package / "estimation" / "projection.py", "return 8 * ((size", "return 16 * ((size")
    after, misses = run(package, code)
    assert misses == 1
    assert after != before


@pytest.mark.slow
def test_an_edit_that_changes_no_kernel_file_keeps_the_machine_code(package: Path) -> None:
    run(package)
    edit(package / "bounds" / "surrogate.py", "from __future__", "# A comment.\nfrom __future__")
    assert run(package) == [6.5, 1, 0]


@pytest.mark.slow
def test_the_folder_of_the_environment_is_used(package: Path) -> None:
    place = package.parent.parent / "kernels"
    assert run(package, NUMBA_CACHE_DIR=str(place)) == [6.5, 0, 1]
    assert run(package, NUMBA_CACHE_DIR=str(place)) == [6.5, 1, 0]
    assert folders(place)
    assert folders(package) == []


def test_folders_of_other_digests_are_kept_up_to_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    (tmp_path / "of another package").mkdir()
    for number in range(20):
        monkeypatch.setattr(compiled, "_digest", lambda number=number: str(number))
        folder = compiled.cache_folder.__wrapped__()
        assert folder.is_dir()
        os.utime(folder, (number, number))
    left = {path.name.removeprefix("multistatic-kernels-") for path in tmp_path.iterdir()}
    assert left == {"of another package", *map(str, range(19 - compiled.KEPT, 20))}


def test_the_files_that_kernels_are_made_of_are_found(package: Path) -> None:
    found = {file.relative_to(package).as_posix() for file in compiled.kernel_files(package)}
    rooms = {
        "estimation": ESTIMATION,
        "beamforming/downlink": DOWNLINK,
        "beamforming/value_function": DESCENT,
        "beamforming/over_points": BARRIER,
    }
    kernels = {f"{room}/{name}.py" for room, names in rooms.items() for name in names}
    own = {f"bounds/kernel_{name}.py" for name in ("caller", "callee", "constants")}
    assert found == {"compiled.py", "machine_code.py", "units.py"} | kernels | own


@pytest.mark.slow
def test_where_the_package_cannot_be_written_to_the_users_folder_is_used_or_none(package: Path) -> None:
    (package / "__pycache__").write_text("a file where the folder would be")
    home = package.parent.parent / "home"
    assert run(package) == [6.5, 0, 1]
    assert run(package) == [6.5, 1, 0]
    assert folders(home)
    shutil.rmtree(home)
    home.write_text("a file where the folder would be")
    assert run(package) == [6.5, 0, 1]
    assert run(package) == [6.5, 0, 1], "compiled in each process"
    assert folders(package.parent.parent) == []


@pytest.mark.slow
def test_a_file_edited_after_the_digest_was_taken_leaves_no_machine_code(package: Path) -> None:
    callee = package / "bounds" / "kernel_caller.py"
    code = f"""
from pathlib import Path
from multistatic.compiled import cache_folder
cache_folder()
file = Path({str(callee)!r})
file.write_text(file.read_text().replace("twice(x) +", "twice(x) + 100.0 +"))
{RUN}
"""
    assert run(package, code) == [106.5, 0, 1]
    assert folders(package) == []
    edit(callee, " + 100.0", "")
    assert run(package) == [6.5, 0, 1]


def test_numba_is_left_as_it_was_found(package: Path) -> None:
    code = """
from numba import config
import multistatic.bounds.kernel_caller
print(int(config.CACHE_DIR == ""), int(getattr(config, "CACHE_LOCATOR_CLASSES", "") == ""))
"""
    assert run(package, code) == [1.0, 1.0]


def test_only_the_ground_floor_compiles() -> None:
    """A kernel that is made by Numba's own decorators would be out of the digest."""
    users = [file for file in PACKAGE.rglob("*.py") if re.search(r"^\s*(import|from) numba", file.read_text(), re.M)]
    assert sorted(file.name for file in users) == ["code_generation.py", "compiled.py"]


def test_the_exceptions_from_the_rule_of_purity_are_kept_machine_code_and_the_time_limit() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    exceptions = [line for contract in contracts for line in contract.get("ignore_imports", [])]
    assert {line.split(" -> ")[0] for line in exceptions} == {"multistatic.compiled", "multistatic.design.limits"}
