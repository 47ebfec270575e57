"""Writing files so that a reader sees the old content or the new, never half of it.

Temporary file in the same folder, fsync, rename over the target, fsync of the folder. On any error, and on Ctrl-C, no
temporary file stays behind.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from multistatic.errors import InputError, Problem
from multistatic.files.file_errors import reason_of


def write_bytes_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Replace the file at `path` by `data`; the folder must exist. A symbolic link keeps pointing where it did.

    Raises `InputError` with the path: no permission, disk full, a missing folder, a folder or device in its place.
    """
    target = Path(os.path.realpath(path))
    with _errors_as_input_errors(target):
        _refuse_what_is_no_file(target)
        with _temporary_files() as temporaries:
            temporary = _write_temporary(target, data, temporaries)
            os.replace(temporary, target)
    _sync_folder(target.parent)


def write_text_atomically(path: str | os.PathLike[str], text: str) -> None:
    """`write_bytes_atomically` of `text` in UTF-8, with the line ends that it has."""
    write_bytes_atomically(path, text.encode())


def write_files_atomically(
    folder: str | os.PathLike[str], files: Mapping[str, bytes], *, stale: Iterable[str] = ()
) -> None:
    """Write a set of files that belong together: the last name of `files` is there only when the whole set is.

    All contents go to temporary files first (so a full disk changes nothing); then the old last file and every name
    in `stale` that is not in `files` are removed, and the new files renamed into place in their order. `folder` is
    created where it is missing. Raises `InputError` with the path, as `write_bytes_atomically` does.
    """
    for name in (*files, *stale):
        if name != os.path.basename(name) or name in ("", ".", ".."):
            raise ValueError(f"{name!r} is not the plain name of a file")
    place = Path(os.path.realpath(folder))
    with _errors_as_input_errors(place), _created(place), _temporary_files() as temporaries:
        targets = {place / name: data for name, data in files.items()}
        for target in targets:
            _refuse_what_is_no_file(target)
        renames = [(_write_temporary(target, data, temporaries), target) for target, data in targets.items()]
        if renames:
            renames[-1][1].unlink(missing_ok=True)
        for name in sorted(set(stale) - set(files)):
            (place / name).unlink(missing_ok=True)
        for temporary, target in renames:
            os.replace(temporary, target)
    _sync_folder(place)


def _write_temporary(target: Path, data: bytes, temporaries: list[Path]) -> Path:
    """A hidden file beside `target` with `data` on the disk, recorded in `temporaries` before it exists."""
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    temporaries.append(temporary)
    # 0o666 lets the umask decide, as for any other file; O_EXCL refuses a file or link put there by somebody else.
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    return temporary


@contextmanager
def _temporary_files() -> Iterator[list[Path]]:
    """A list of files to remove at the end, where they still exist."""
    paths: list[Path] = []
    try:
        yield paths
    finally:
        for path in paths:
            with suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def _created(folder: Path) -> Iterator[None]:
    """`folder` exists inside the block; on an error the folders that were made for it are removed again."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for place in missing:
            with suppress(OSError):
                place.rmdir()
        raise


@contextmanager
def _errors_as_input_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # The name of a temporary file says nothing to the reader: name the target.
        named = error.filename if isinstance(error.filename, str) and not error.filename.endswith(".tmp") else path
        problem = Problem(str(named), reason_of(error), "a place that can be written to")
        raise InputError([problem], source=str(path)) from error


def _refuse_what_is_no_file(target: Path) -> None:
    if target.exists() and not target.is_file():
        kind = "a folder" if target.is_dir() else "a device or pipe"
        raise InputError([Problem(str(target), kind, "the name of a file")], source=str(target))


def _sync_folder(folder: Path) -> None:
    """Put the renames on the disk. The files are in place already: a system that cannot do this has not failed."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
