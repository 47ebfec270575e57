"""README's Python: a strict type checker accepts it, and it runs on a network that has no design."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

BLOCKS = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
LOADED = 'load_scenario("paper")'
INFEASIBLE = 'load_scenario("paper", ["requirements.cooperation_cost_m=5"])'


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run([sys.executable, *command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_there_is_one() -> None:
    assert sum(LOADED in block for block in BLOCKS) == 1


@pytest.mark.slow
def test_a_strict_type_checker_accepts_it(tmp_path: Path) -> None:
    files = [tmp_path / f"example_{number}.py" for number in range(len(BLOCKS))]
    for file, block in zip(files, BLOCKS, strict=True):
        file.write_text(block, encoding="utf-8")
    # From the project's folder: the types of the package are known there from the check of the package itself.
    assert "no issues found" in run("-m", "mypy", "--strict", *map(str, files), cwd=ROOT)
    files[0].write_text(f"{BLOCKS[0]}\nprint(design.accuracy.position)\n", encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(files[0])], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert 'has no attribute "position"' in found.stdout, "types of the package are not seen"


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [LOADED, INFEASIBLE])
def test_it_runs_on_a_feasible_and_on_an_infeasible_network(scenario: str, tmp_path: Path) -> None:
    file = tmp_path / "example.py"
    file.write_text("\n".join(BLOCKS).replace(LOADED, scenario), encoding="utf-8")
    last = run("-W", "error", str(file), cwd=tmp_path).splitlines()[-1]
    if scenario == LOADED:
        assert last.startswith("feasible ('rx01', 'rx05', 'rx07', 'rx08') 0.0001932")
    else:
        assert "infeasible  The cheapest group (receiver rx05) costs 13.0807 m, the limit is 5 m." in last
