"""Serving a changed source in place of a module: what is on disk stays as it is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType


class _ChangedLoader(SourceFileLoader):
    """Loads a module from `text` under its own path; no byte code is read or written."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)

    def get_source(self, fullname: str) -> str:
        return self.text


class _ChangedFinder(MetaPathFinder):
    """Finds one module, with a changed text; everything else is left to the others."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            raise ImportError(f"{fullname} is not a file")
        spec.loader = _ChangedLoader(fullname, spec.origin, self.text)
        return spec


def serve(module: str, text: str) -> None:
    """From now on `module` is what `text` says. It must not have been imported yet."""
    if module in sys.modules:
        raise RuntimeError(f"{module} has been imported already")
    sys.meta_path.insert(0, _ChangedFinder(module, text))
