"""Every study in docs/studies.md is accepted, with all of its points and methods."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from multistatic.files.study_file import load_study
from tests.support.paths import ROOT

BLOCKS = re.findall(
    r"^```toml\n(.*?)^```$", (ROOT / "docs" / "studies.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
STUDIES = [block for block in BLOCKS if re.search(r"^trials\b|^\[trials\]", block, re.MULTILINE)]


def test_the_page_has_studies() -> None:
    assert any("over_points" in block for block in STUDIES)


@pytest.mark.parametrize("number", range(len(STUDIES)))
def test_the_study_is_accepted(tmp_path: Path, number: int) -> None:
    file = tmp_path / "documented.toml"
    file.write_text(STUDIES[number], encoding="utf-8")
    study = load_study(file)
    assert study.points
    assert all(len(point.templates) == len(study.methods) for point in study.points)
