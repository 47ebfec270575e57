"""Studies that are killed, or find a full disk, often enough to meet the rare moments."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from benchmarks import study_faults

from multistatic.files.study_file import run_study

pytestmark = [pytest.mark.evidence, pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("faults") / "faults.toml"
    file.write_text(study_faults.STUDY.format(trials=300), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def expected(study: Path) -> str:
    """Digest of an undisturbed run."""
    return run_study(study, study.with_name("undisturbed.sqlite"), workers=1).digest()


def test_killed_at_random_moments(study: Path, expected: str, tmp_path: Path) -> None:
    assert study_faults.kills(tmp_path, study, expected, 100, longest_s=6.0).startswith("100 SIGKILLs")


def test_full_disks(study: Path, expected: str, tmp_path: Path) -> None:
    assert study_faults.full_disks(tmp_path, study, expected, 10).startswith("10 full disks: same bits")


def test_killed_dask_workers(study: Path, expected: str, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    assert study_faults.dask_kills(tmp_path, study, expected, 3).startswith("3 Dask workers killed: same bits")
