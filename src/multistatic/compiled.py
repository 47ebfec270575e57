"""How kernels are compiled, and where their machine code is kept (docs/architecture.md, "Compiled kernels").

The machine code of a kernel holds copies of the kernels that it calls and of the constants that it reads, from its own
file and from others, but Numba's cache looks at its own file alone: after an edit of a callee in another file it would
go on running the old one. Here the folder of the cache carries a digest of every kernel file of the package, of the
files of the package that these import, and of the versions of Numba, LLVM and NumPy. A change of any of them starts an
empty folder.

Only files that define kernels import this one. Nothing is read or written before the first kernel is defined.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import llvmlite
import numba
import numpy as np
from numba.core import config
from numba.misc.appdirs import user_cache_dir

PACKAGE = Path(__file__).absolute().parent
KEPT = 8  # folders of other digests that stay, the last used first: of other installations, of a branch gone back to
_PREFIX = "multistatic-kernels-"
_IMPORTED = re.compile(rb"^from (multistatic(?:\.\w+)*) import (\([^)]*\)|[^\n]*)", re.M)

_Function = TypeVar("_Function", bound=Callable[..., Any])

# A callback for C would never be used.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "no_cfunc_wrapper": True}
_INTERNAL: dict[str, Any] = {**_OPTIONS, "no_cpython_wrapper": True}
_lock = threading.Lock()


def compiled(function: _Function) -> _Function:
    """Compile on first use and keep the machine code on disk, where a folder for it can be written.

    Floating-point operations stay in the order in which they are written.
    """
    return _kept(function)


def vectorised(function: _Function) -> _Function:
    """`compiled`, with sums that may be reordered, so that they use vector instructions.

    The order is the same in every call, whatever the number of trials.
    """
    return _kept(function, fastmath={"reassoc", "contract", "nsz"})


def inlined(function: _Function) -> _Function:
    """`compiled`, as a part of its one caller before that is compiled; on its own only where Python calls it."""
    return _kept(function, inline="always")


def internal(function: _Function) -> _Function:
    """Compile for callers that are compiled themselves: their machine code holds a copy."""
    return cast(_Function, numba.njit(**_INTERNAL)(function))


def _kept(function: _Function, **options: Any) -> _Function:
    folder = cache_folder()
    file = Path(function.__code__.co_filename).absolute()
    # A file that was edited after the digest was taken may not leave machine code under that digest.
    if folder is None or _hashes().get(file) != _hash(file):
        return cast(_Function, numba.njit(**_OPTIONS, **options)(function))
    with _numba_caches_in(folder):
        return cast(_Function, numba.njit(cache=True, **_OPTIONS, **options)(function))


@contextmanager
def _numba_caches_in(folder: Path) -> Iterator[None]:
    """Functions decorated meanwhile keep their machine code in `folder`: Numba asks for the place once, there."""
    wanted = {"CACHE_DIR": str(folder), "CACHE_LOCATOR_CLASSES": ""}
    with _lock:
        given = {name: getattr(config, name, "") for name in wanted}
        for name, value in wanted.items():
            setattr(config, name, value)
        try:
            yield
        finally:
            for name, value in given.items():
                setattr(config, name, value)


# What the machine code depends on


def kernel_files(package: Path) -> list[Path]:
    """Every file of the package that kernels are made of, sorted: those that import this one, and what they import from
    the package in turn.
    """
    own = b"from multistatic.compiled import "
    waiting = [file for file in package.rglob("*.py") if own in file.read_bytes()]
    found: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting.extend(_imported(file, package))
    return sorted(found)


def _imported(file: Path, package: Path) -> Iterator[Path]:
    """Files of the package that `file` imports: modules, or names that may be modules."""
    for module, names in _IMPORTED.findall(file.read_bytes()):
        place = package.parent.joinpath(*module.decode().split("."))
        for path in (place, *(place / name for name in re.findall(r"\w+", names.decode()))):
            yield from (found for found in (path.with_suffix(".py"), path / "__init__.py") if found.is_file())


@functools.cache
def _hashes() -> dict[Path, str]:
    """The kernel files as they were when this process defined its first kernel."""
    return {file: _hash(file) for file in kernel_files(PACKAGE)}


def _hash(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:  # compiled from a text that is no file
        return ""


def _digest() -> str:
    """Of the kernel files, with their places in the package, and of the versions that decide about machine code."""
    versions = f"{numba.__version__} {llvmlite.__version__} {np.__version__}"
    lines = [f"{file.relative_to(PACKAGE).as_posix()} {text}" for file, text in _hashes().items()]
    return hashlib.sha256("\n".join([versions, *lines]).encode()).hexdigest()[:24]


# Where it is kept


@functools.cache
def cache_folder() -> Path | None:
    """The folder of this process's kernels, made when it is first asked for; None where none can be written.

    It lies in the folder that NUMBA_CACHE_DIR names, else beside the package's bytecode, else in the user's folder for
    caches. Beside it stay the `KEPT` most recently used folders of other digests; older ones are removed.
    """
    users = Path(user_cache_dir("numba", appauthor=False))  # type: ignore[no-untyped-call]
    bases = [PACKAGE / "__pycache__", users]
    if given := getattr(config, "CACHE_DIR", ""):
        bases.insert(0, Path(given))
    name = _PREFIX + _digest()
    for base in bases:
        folder = base / name
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
            os.utime(folder)
            _remove_old(base, folder)
            return folder
    return None


def _remove_old(base: Path, current: Path) -> None:
    used = []
    for folder in base.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another process has removed it
            used.append((folder.stat().st_mtime, folder))
    others = [folder for _, folder in sorted(used, reverse=True) if folder != current]
    for folder in others[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)
