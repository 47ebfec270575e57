"""One changed formula: where, from what to what, why it matters, and which tests have to notice."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "multistatic"
FORMULAS = Path(__file__).parent / "formulas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """`old` occurs exactly once in `file` (below src/multistatic) and becomes `new`.

    `why`: what a user would see if it went unnoticed. `tests`: files or node ids from the root of the project.
    `interpreted`: machine code is made of the file; kernels run as Python, so that none on disk can take its place.
    """

    file: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]
    interpreted: bool = False

    @property
    def room(self) -> str:
        """The room of the package, or the name of the module where it has none."""
        return self.file.split("/")[0].removesuffix(".py")

    @property
    def module(self) -> str:
        """The dotted name under which the file is imported."""
        return ".".join(("multistatic", *Path(self.file).with_suffix("").parts)).removesuffix(".__init__")

    @property
    def path(self) -> Path:
        """The file itself."""
        return PACKAGE / self.file

    @property
    def line(self) -> int:
        """The line on which `old` begins."""
        text = self.path.read_text()
        return text[: text.index(self.old)].count("\n") + 1

    def source(self) -> str:
        """The text of the file with the change; `ValueError` where `old` does not occur exactly once."""
        text = self.path.read_text()
        found = text.count(self.old)
        if found != 1:
            raise ValueError(f"{self.file}: {self.old!r} occurs {found} times, expected once")
        return text.replace(self.old, self.new)


def all_mutations() -> tuple[Mutation, ...]:
    """The whole list, in the order of the files; `ValueError` where two entries are the same change."""
    listed = []
    for path in sorted(FORMULAS.glob("*.toml")):
        content = tomllib.loads(path.read_text())
        kernels, tests = set(content.get("kernels", ())), tuple(content.get("tests", ()))
        for entry in content["mutation"]:
            entry = {"tests": tests, "interpreted": entry["file"] in kernels, **entry}
            listed.append(Mutation(**{**entry, "tests": tuple(entry["tests"])}))
    twice = [key for key, count in Counter((each.file, each.old, each.new) for each in listed).items() if count > 1]
    if twice:
        raise ValueError(f"listed twice: {twice}")
    return tuple(listed)
