"""How kernels are compiled, and where their machine code is kept (docs/architecture.md, "Compiled kernels").

The machine code of a kernel holds copies of the kernels that it calls and of the constants that it reads, from its own
file and from others, but Numba's cache looks at its own file alone: after an edit of a callee in another file it would
go on running the old one. Here the folder of the cache carries a digest of every kernel file of the package, of the
files of the package that these import, and of the versions of Numba, LLVM and NumPy. A change of any of them starts an
empty folder.

Only files that define kernels import this one. Nothing is read or written, and Numba is not imported, before the first
kernel is called.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import tempfile
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import numpy as np

from multistatic.machine_code import (
    MachineCode,
    UnsuitableError,
    described,
    generated,
    language,
    optimised,
    processor,
    with_arrays,
)

PACKAGE = Path(__file__).absolute().parent
KEPT = 8  # folders of other digests that stay, the last used first: of other installations, of a branch gone back to
_PREFIX = "multistatic-kernels-"
_MACHINERY = {PACKAGE / "compiled.py", PACKAGE / "machine_code.py"}  # of loading; no kernel is made of it
_IMPORTED = re.compile(rb"^from (multistatic(?:\.\w+)*) import (\([^)]*\)|[^\n]*)", re.M)

_Function = TypeVar("_Function", bound=Callable[..., Any])

# A callback for C would never be used.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "no_cfunc_wrapper": True}
_lock = threading.RLock()


def compiled(function: _Function) -> _Function:
    """Compile on first use and keep the machine code on disk, where a folder for it can be written.

    Floating-point operations stay in the order in which they are written.
    """
    return cast(_Function, Kernel(function, cache=True))


def vectorised(function: _Function) -> _Function:
    """`compiled`, with sums that may be reordered, so that they use vector instructions.

    The order is the same in every call, whatever the number of trials.
    """
    return cast(_Function, Kernel(function, cache=True, fastmath={"reassoc", "contract", "nsz"}))


def internal(function: _Function) -> _Function:
    """Compile for callers that are compiled themselves: their machine code holds a copy. Else it runs as Python."""
    return cast(_Function, Kernel(function, no_cpython_wrapper=True))


def standalone(function: _Function) -> _Function:
    """`compiled` to object code that is loaded without Numba.

    The function and its callees allocate nothing; it gets arrays in C order that do not overlap, numbers and tuples of
    these, and returns numbers or named tuples of them. Its calls run beside each other in threads. What object code
    cannot do is left to Numba: arguments in another order, or a version of Numba that is not understood.
    """
    return cast(_Function, StandaloneKernel(function))


class Kernel(Generic[_Function]):
    """A function that Numba compiles when it is first called; without its name in a compiled caller."""

    def __init__(self, function: _Function, *, cache: bool = False, **options: Any) -> None:
        functools.update_wrapper(self, function)
        self.py_func = function
        self._cache, self._options = cache, options
        self._file = Path(function.__code__.co_filename).absolute()
        self._stamp = _stamp(self._file)

    def __call__(self, *arguments: Any) -> Any:
        """As `py_func`."""
        if self._options.get("no_cpython_wrapper") or _interpreted():
            return self.py_func(*arguments)
        return self.dispatcher(*arguments)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dispatcher, name)

    @functools.cached_property
    def dispatcher(self) -> Any:
        """Numba's, in whose globals other kernels are dispatchers too."""
        import numba

        if _watcher.get() is not None:
            _listen_to_numba()
        scope = dict(self.py_func.__globals__)
        for name in self.py_func.__code__.co_names:
            if isinstance(scope.get(name), Kernel):
                scope[name] = scope[name].dispatcher
        copy = types.FunctionType(self.py_func.__code__, scope, self.__name__, self.py_func.__defaults__)
        copy.__qualname__ = self.__qualname__
        options, folder = {**_OPTIONS, **self._options}, self._folder() if self._cache else None
        if folder is None:
            return numba.njit(**options)(copy)
        with _numba_caches_in(folder):
            return numba.njit(cache=True, **options)(copy)

    def _folder(self) -> Path | None:
        """Where its machine code is kept.

        A file that was edited after it was imported or after the digest was taken may not leave machine code there.
        """
        folder = cache_folder()
        known = _hashes().get(self._file)
        unchanged = self._stamp == _stamp(self._file) and known is not None and known == _hash(self._file)
        return folder if unchanged else None


class StandaloneKernel(Kernel[_Function]):
    """A kernel whose object code is kept, by the kinds of its arguments."""

    def __init__(self, function: _Function) -> None:
        super().__init__(function, cache=True)
        self._codes: dict[str, MachineCode | None] = {}

    def __call__(self, *arguments: Any) -> Any:
        """As `py_func`."""
        if _interpreted():
            return self.py_func(*with_arrays(arguments))
        words: list[Any] = []
        try:
            kinds = described(arguments, words)
        except UnsuitableError:
            return self.dispatcher(*with_arrays(arguments))
        if kinds not in self._codes:
            with _lock:
                self._codes.setdefault(kinds, self._code(kinds, arguments, words))
        code = self._codes[kinds]
        return self.dispatcher(*with_arrays(arguments)) if code is None else code(words)

    @property
    def signatures(self) -> list[str]:
        """The kinds of arguments that it was compiled or loaded for."""
        return list(self._codes)

    def _code(self, kinds: str, arguments: tuple[Any, ...], words: list[Any]) -> MachineCode | None:
        """Object code from the disk, else made now; None where Numba is to do it all."""
        folder = self._folder()
        about = f"{self.__module__} {self.__qualname__} {kinds} {processor()}"
        file = folder / f"{self.__name__}-{hashlib.sha256(about.encode()).hexdigest()[:24]}.o" if folder else None
        with suppress(Exception):
            if file is not None and (code := _read(file)) is not None:
                return MachineCode(code, self.py_func, words)
        with suppress(Exception):
            text = self.shipped(kinds)
            with _compilation() if text is None else nullcontext():
                code = generated(text or self.lowered(arguments))
            ready = MachineCode(code, self.py_func, words)
            if file is not None:
                _write(file, code)
            return ready
        return None

    def lowered(self, arguments: tuple[Any, ...]) -> str:
        """The function in LLVM's language, for arguments like these, by Numba."""
        from multistatic.code_generation import lowered

        text = lowered(self.py_func, with_arrays(arguments), lambda value: getattr(value, "py_func", None))
        return str(optimised(text, vectorised=False))

    def shipped_file(self, kinds: str) -> Path:
        """Where the package may have what `lowered` gives."""
        return PACKAGE / "lowered" / f"{self.__name__}-{hashlib.sha256(kinds.encode()).hexdigest()[:8]}.ll.xz"

    def about(self) -> str:
        """What a lowered kernel is of: LLVM's dialect, and the texts of all files that it was made of."""
        files = sorted(_reachable([self._file, PACKAGE / "code_generation.py"], PACKAGE) - _MACHINERY)
        return f"; {language()} {hashlib.sha256(''.join(map(_hash, files)).encode()).hexdigest()}"

    def shipped(self, kinds: str) -> str | None:
        """The function in LLVM's language from the package, where that is of these very sources and this LLVM."""
        import lzma

        try:
            about, _, text = lzma.decompress(self.shipped_file(kinds).read_bytes()).decode().partition("\n")
        except (OSError, lzma.LZMAError):
            return None
        return text if about == self.about() else None


# Notification of a compilation

_watcher: ContextVar[Callable[[bool], None] | None] = ContextVar("_watcher", default=None)


@contextmanager
def watching_compilation(watcher: Callable[[bool], None]) -> Iterator[None]:
    """Meanwhile `watcher` is called with True when a kernel begins to be compiled, with False when it is ready.

    Machine code that is loaded from the disk, or made of what the package ships, is no compilation.
    """
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


@contextmanager
def _compilation() -> Iterator[None]:
    """Call the watcher before and after a compilation."""
    watcher = _watcher.get() or _ignored
    watcher(True)
    try:
        yield
    finally:
        watcher(False)


def _ignored(begins: bool) -> None:
    """The watcher where none is set."""


@functools.cache
def _listen_to_numba() -> None:
    """Have Numba tell the watcher of what it compiles, but for what it loads from its cache."""
    from numba.core import event

    class Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            (_watcher.get() or _ignored)(True)

        def on_end(self, event: Any) -> None:
            (_watcher.get() or _ignored)(False)

    cast(Any, event).register("numba:compile", Listener())


def _read(file: Path) -> bytes | None:
    """The object code in a file, where it is whole."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    return content[32:] if hashlib.sha256(content[32:]).digest() == content[:32] else None


def _write(file: Path, code: bytes) -> None:
    """Whole or not at all, whoever else writes it."""
    with suppress(OSError):
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as place:
            place.write(hashlib.sha256(code).digest() + code)
        os.replace(place.name, file)


def _interpreted() -> bool:
    """Whether kernels are to run as Python: NUMBA_DISABLE_JIT, as for Numba."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:  # compiled from a text that is no file
        return None
    return status.st_mtime_ns, status.st_size


@contextmanager
def _numba_caches_in(folder: Path) -> Iterator[None]:
    """Functions decorated meanwhile keep their machine code in `folder`: Numba looks up the place once, there."""
    from numba.core import config

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
    return sorted(_reachable([file for file in package.rglob("*.py") if own in file.read_bytes()], package))


def _reachable(files: list[Path], package: Path) -> set[Path]:
    """The files, and all of the package that they import."""
    waiting, found = files, set[Path]()
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting.extend(_imported(file, package))
    return found


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
    versions = f"{version('numba')} {version('llvmlite')} {np.__version__}"
    lines = [f"{file.relative_to(PACKAGE).as_posix()} {text}" for file, text in _hashes().items()]
    return hashlib.sha256("\n".join([versions, *lines]).encode()).hexdigest()[:24]


# Where it is kept


@functools.cache
def cache_folder() -> Path | None:
    """The folder of this process's kernels, made at the first call; None where none can be written.

    It lies in the folder that NUMBA_CACHE_DIR names, else beside the package's bytecode, else in the user's folder for
    caches. Beside it stay the `KEPT` most recently used folders of other digests; older ones are removed.
    """
    bases = [PACKAGE / "__pycache__", _users_caches() / "multistatic"]
    if given := os.environ.get("NUMBA_CACHE_DIR"):
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


def _users_caches() -> Path:
    """The user's folder for caches, as each system has it."""
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _remove_old(base: Path, current: Path) -> None:
    used = []
    for folder in base.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another process has removed it
            used.append((folder.stat().st_mtime, folder))
    others = [folder for _, folder in sorted(used, reverse=True) if folder != current]
    for folder in others[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)
