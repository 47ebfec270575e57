"""Studies under fire, a little of each; `python -m benchmarks.study_faults` does the same a hundred times."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from benchmarks import study_faults

from multistatic.files.study_file import run_study

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")]

TRIALS = 30  # of each of four points: a second or two of work


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("faults") / "faults.toml"
    file.write_text(study_faults.STUDY.format(trials=TRIALS), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def expected(study: Path) -> str:
    """Digest of an undisturbed run."""
    return run_study(study, study.with_name("undisturbed.sqlite"), workers=1).digest()


def test_killed_at_random_moments(study: Path, expected: str, tmp_path: Path) -> None:
    said = study_faults.kills(tmp_path, study, expected, 2, longest_s=3.0)
    assert said.startswith("2 SIGKILLs")


def test_full_disks(study: Path, expected: str, tmp_path: Path) -> None:
    assert study_faults.full_disks(tmp_path, study, expected, 2).startswith("2 full disks: same bits")


def test_a_killed_dask_worker(study: Path, expected: str, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    assert study_faults.dask_kills(tmp_path, study, expected, 1).startswith("1 Dask workers killed: same bits")


@pytest.mark.parametrize("whole_group", [False, True])
def test_ctrl_c_loses_only_what_is_in_flight(study: Path, expected: str, tmp_path: Path, whole_group: bool) -> None:
    """From a terminal the signal reaches the workers too; from elsewhere the command alone."""
    store = tmp_path / "interrupted.sqlite"
    code = "import sys; from multistatic.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "study", str(study), "--store", str(store), "--workers", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    end = time.monotonic() + 60
    while not (store.exists() and study_faults.stored(store)) and time.monotonic() < end:
        time.sleep(0.02)
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors.decode()
    # A slow machine writes lines of progress before it.
    last = errors.decode().strip().splitlines()[-1]
    kept = f"{store} holds every finished trial; run the same command again, without --restart, to continue."
    assert last == f"Interrupted: {kept}"
    assert 0 < len(study_faults.stored(store)) < 4 * TRIALS
    assert list(tmp_path.iterdir()) == [store]
    assert run_study(study, store, workers=1).digest() == expected
