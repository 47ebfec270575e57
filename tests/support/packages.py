"""Packages of other people, installed for one test as pip leaves them: a module and its entry points."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from multistatic import registry


class Packages:
    """Installs packages behind this one on `sys.path`; what is installed is gone when the test ends."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place, self.monkeypatch, self.count = place, monkeypatch, 0

    def install(self, group: str, source: str, *names: str, package: str = "other-package") -> None:
        """A package of version 1.2 whose module `source` holds `names`, each registered in `multistatic.<group>`."""
        self.count += 1
        module = f"{package.replace('-', '_')}_{self.place.name.replace('-', '_')}_{self.count}"
        folder = self.place / module
        info = folder / f"{package.replace('-', '_')}-1.2.dist-info"
        info.mkdir(parents=True)
        (folder / f"{module}.py").write_text(dedent(source), encoding="utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n", encoding="utf-8")
        lines = "\n".join([f"[multistatic.{group}]", *(f"{name} = {module}:{name}" for name in names), ""])
        (info / "entry_points.txt").write_text(lines, encoding="utf-8")
        self.monkeypatch.setattr("sys.path", [*sys.path, str(folder)])
        registry._points.cache_clear()


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`Packages` for one test."""
    yield Packages(tmp_path, monkeypatch)
    monkeypatch.undo()
    registry._points.cache_clear()
